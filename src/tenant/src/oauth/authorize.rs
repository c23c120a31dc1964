//! `/authorize`: validates an authorization request, and responds with or without a login page (contract
//! [C1](model::contract#c1), [C2](model::contract#c2)).

use axum::extract::{RawQuery, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value};

use super::request::{
    AuthorizationError, AuthorizationRequest, Checked, InvalidAuthorizationRequest, Prompt,
};
use super::response::{new_code, respond_with_error, respond_with_grant};
use super::{consent, pushed_request, request_object};
use crate::http::body::{UnreadableBody, read_form, read_form_body};
use crate::http::fetch_metadata::is_subresource_of_another_site;
use crate::http::peer::Peer;
use crate::login::pending::start_login;
use crate::login::pending_consent::start_consent;
use crate::login::response::{failure, invalid_request, problem, unreadable_form};
use crate::secret::Secret;
use crate::session::Session;
use crate::state::Tenant;

/// `GET /authorize`: responds at once if there is a sufficient session, otherwise starts a login. Nothing is done for an image of
/// another site.
pub(super) async fn from_query(
    State(tenant): State<Tenant>,
    RawQuery(query): RawQuery,
    request: Request,
) -> Response {
    if is_subresource_of_another_site(request.headers()) {
        return embedded(&tenant);
    }
    let query = read_form(query.unwrap_or_default().as_bytes());
    authorize(&tenant, &Peer::of(&request), query.map_err(|_| InvalidAuthorizationRequest::Malformed)).await
}

/// `POST /authorize`: the same request as a form (OpenID Connect Core 3.1.2.1). Whichever site sends it, it does no more
/// than a link does.
pub(super) async fn from_form(State(tenant): State<Tenant>, request: Request) -> Response {
    if is_subresource_of_another_site(request.headers()) {
        return embedded(&tenant);
    }
    let peer = Peer::of(&request);
    match read_form_body(&tenant.0.body_memory, request).await {
        Ok(form) => authorize(&tenant, &peer, Ok(form)).await,
        Err(UnreadableBody::Malformed) => {
            invalid_request(&tenant, None, InvalidAuthorizationRequest::Malformed)
        }
        Err(reason) => unreadable_form(&tenant, reason),
    }
}

/// Returns the response to a page of another site that embeds the request as an image or the like. A frame is another thing:
/// silent sign-in runs in one.
fn embedded(tenant: &Tenant) -> Response {
    let text =
        "An application opens this address as a page, or in a frame. Another site embedded it otherwise.";
    problem(tenant, None, StatusCode::FORBIDDEN, ("This is not a page of that site", text), None)
}

async fn authorize(
    tenant: &Tenant,
    peer: &Peer,
    parameters: Result<Map<String, Value>, InvalidAuthorizationRequest>,
) -> Response {
    let client_id =
        parameters.as_ref().ok().and_then(|all| all.get("client_id")?.as_str().map(str::to_owned));
    let application = client_id.and_then(|id| tenant.client(&id));
    let checked = match parameters {
        Ok(parameters) => match find_request(tenant, &parameters).await {
            Ok(checked) => checked,
            Err(error) => return failure(tenant, &error),
        },
        Err(error) => Err(error),
    };
    let request = match checked {
        Ok(Ok(request)) => request,
        Ok(Err((reply_to, refusal))) => return respond_with_error(tenant, &reply_to, &refusal),
        Err(error) => return invalid_request(tenant, application, error),
    };
    let silent = (request.prompt == Some(Prompt::None)).then(|| request.reply_to.clone());
    match (respond_to_request(tenant, request, peer).await, silent) {
        (Ok(response), _) => response,
        // Nobody sees the page of a hidden frame, and the application would wait for an answer until its time limit.
        (Err(error), Some(reply_to)) if error.is_temporary() => {
            let refusal = AuthorizationError::new(
                "temporarily_unavailable",
                "The service is unavailable, try again later",
            );
            respond_with_error(tenant, &reply_to, &refusal)
        }
        (Err(error), _) => failure(tenant, &error),
    }
}

/// Returns the request that the client pushed before, or validates the one in these parameters.
async fn find_request(
    tenant: &Tenant,
    parameters: &Map<String, Value>,
) -> Result<Result<Checked, InvalidAuthorizationRequest>, store::Error> {
    let text = |key: &str| parameters.get(key).and_then(Value::as_str).unwrap_or_default();
    if let Some(secret) = text("request_uri").strip_prefix(pushed_request::URN) {
        let pushed = pushed_request::take(tenant, text("client_id"), &Secret::new(secret)).await?;
        return Ok(pushed.map(Ok).ok_or(InvalidAuthorizationRequest::RequestUri));
    }
    let (configuration, issuer) = (&tenant.0.configuration, &tenant.0.issuer);
    let checked = request_object::read(configuration, issuer, &tenant.keys(), parameters, tenant.now());
    let client = tenant.client(text("client_id"));
    let must_be_pushed = client.is_some_and(|client| client.require_pushed_authorization_requests);
    Ok(checked.map(|checked| match checked {
        Ok(request) if must_be_pushed => {
            let description = "The client must push its authorization requests";
            Err((request.reply_to, AuthorizationError::new("invalid_request", description)))
        }
        checked => checked,
    }))
}

async fn respond_to_request(
    tenant: &Tenant,
    request: AuthorizationRequest,
    peer: &Peer,
) -> Result<Response, store::Error> {
    let session = Session::find(tenant, &peer.headers).await?;
    let session = session.filter(|session| session.serves(&tenant.0.configuration, &request, tenant.now()));
    if let Some(session) = session.filter(|_| request.prompt != Some(Prompt::Login)) {
        let mut reader = tenant.0.store.read().await?;
        let asks = request.ask_consent
            || consent::is_missing(tenant, &mut reader, &session.user.user_id, &request).await?;
        drop(reader);
        if asks && request.prompt == Some(Prompt::None) {
            let refusal = AuthorizationError::new("consent_required", "Consent required");
            return Ok(respond_with_error(tenant, &request.reply_to, &refusal));
        }
        if asks {
            return start_consent(tenant, &request, &session.row, &session.user, peer).await;
        }
        let (code, row) = new_code(tenant, &request, &session.row).unzip();
        let (now, digest, sid) = (tenant.now().millis(), session.row.digest.clone(), session.row.sid.clone());
        let (inner, user) = (tenant.clone(), session.user.clone());
        let told = request.response_type.has_id_token().then(|| request.client_id.clone());
        let still_holds = tenant
            .0
            .store
            .write::<_, store::Error, _>(move |unit| {
                Box::pin(async move {
                    // A session that ends at the same moment does not sign anybody in.
                    let touched = unit.touch_session(&digest, now).await?;
                    if let Some(row) = row.filter(|_| touched) {
                        unit.insert_code(&row, now).await?;
                    }
                    if let Some(client_id) = told.filter(|_| touched) {
                        inner.note_session_client(unit, &client_id, &sid, &user).await?;
                    }
                    Ok(touched)
                })
            })
            .await?;
        if still_holds {
            return Ok(respond_with_grant(tenant, &request, &session.row, &session.user, code.as_ref()).await);
        }
    }
    if request.prompt == Some(Prompt::None) {
        return Ok(respond_with_error(
            tenant,
            &request.reply_to,
            &AuthorizationError::new("login_required", "Login required"),
        ));
    }
    start_login(tenant, &request, peer).await
}
