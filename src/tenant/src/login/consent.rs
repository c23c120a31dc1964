//! The page on which a person allows or declines what an application requests.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::Scope;
use store::{ConsentRow, SessionRow, UserRow};

use super::form::Form;
use super::pages;
use super::pages::consent::{ConsentPage, Wanted, meaning};
use super::pages::layout::PageContext;
use super::pending::{LoginState, PendingLoginError, in_query};
use super::pending_consent::PendingConsent;
use super::response::page;
use crate::configuration::RequestedApi;
use crate::http::peer::Peer;
use crate::oauth::consent::{api_of, audience_of};
use crate::oauth::request::AuthorizationError;
use crate::oauth::response::{new_code, respond_with_error, respond_with_grant};
use crate::secret::random_hex;
use crate::state::Tenant;

/// `GET /u/consent?state=…`: shows the page.
pub(super) async fn show(State(tenant): State<Tenant>, request: Request) -> Response {
    let (peer, LoginState { state }) = (Peer::of(&request), in_query(request.uri()));
    match PendingConsent::find(&tenant, &peer, &state).await {
        Ok(pending) => render(&tenant, &pending),
        Err(error) => error.into_response(&tenant, &peer),
    }
}

/// `POST /u/consent` (`state`, `choice`): `accept` allows what the page showed, anything else declines it.
pub(super) async fn submit(State(tenant): State<Tenant>, request: Request) -> Response {
    let peer = Peer::of(&request);
    match answer(&tenant, &peer, request).await {
        Ok(response) => response,
        Err(error) => error.into_response(&tenant, &peer),
    }
}

/// The person whom a response is about.
struct Answered {
    session: SessionRow,
    user: UserRow,
}

async fn answer(tenant: &Tenant, peer: &Peer, request: Request) -> Result<Response, PendingLoginError> {
    let form = Form::read(tenant, peer, request).await?;
    let pending = PendingConsent::find(tenant, peer, form.text("state")).await?;
    let PendingConsent { digest, request, session, .. } = pending;
    let is_accepted = form.text("choice") == "accept";
    let (code, code_row) = new_code(tenant, &request, &session.row).unzip();
    let consent = ConsentRow {
        id: random_hex::<12>(),
        user_id: session.user.user_id.clone(),
        client_id: request.client_id.clone(),
        audience: audience_of(tenant, &request),
        scopes: request.scopes.clone(),
    };
    let (now, session, inner) = (tenant.now().millis(), session.row, tenant.clone());
    let has_id_token = request.response_type.has_id_token();
    let answered = tenant
        .0
        .store
        .write(move |unit| {
            Box::pin(async move {
                // One answer, in a session that goes on, of the account that the page showed.
                let user = unit.find_user_by_identity(&session.key).await?;
                let user = user.filter(|user| user.user_id == consent.user_id && user.blocked != Some(true));
                if !unit.remove_pending_login(&digest).await?
                    || !unit.touch_session(&session.digest, now).await?
                {
                    return Err(PendingLoginError::Gone);
                }
                let user = user.ok_or(PendingLoginError::Gone)?;
                if is_accepted {
                    unit.insert_consent(&consent).await?;
                    if has_id_token {
                        inner.note_session_client(unit, &consent.client_id, &session.sid, &user).await?;
                    }
                    if let Some(code) = &code_row {
                        unit.insert_code(code, now).await?;
                    }
                }
                Ok(is_accepted.then_some(Answered { session, user }))
            })
        })
        .await?;
    let Some(Answered { session, user }) = answered else {
        let refusal = AuthorizationError::new("access_denied", "User did not authorize the request");
        return Ok(respond_with_error(tenant, &request.reply_to, &refusal));
    };
    Ok(respond_with_grant(tenant, &request, &session, &user, code.as_ref()).await)
}

fn render(tenant: &Tenant, pending: &PendingConsent) -> Response {
    let PendingConsent { state, request, session, .. } = pending;
    let client = tenant.client(&request.client_id);
    let api = match api_of(tenant, request) {
        Some(RequestedApi::Own(api)) => Some(api),
        Some(RequestedApi::Management) | None => None,
    };
    let wanted = |scope: &Scope| {
        let described = api.and_then(|api| api.scopes.iter().find(|known| known.value == *scope));
        match (meaning(scope), described.and_then(|known| known.description.clone())) {
            (Some(meaning), _) => Wanted::Words(meaning.to_owned()),
            (None, Some(description)) => Wanted::Words(description),
            (None, None) => Wanted::Scope(scope.to_string()),
        }
    };
    let profile = &session.user.profile;
    let view = ConsentPage {
        context: PageContext {
            tenant: tenant.name(),
            client: client.map_or("", |client| &client.name),
            state,
            purpose: None,
        },
        is_first_party: client.is_some_and(|client| client.is_first_party),
        name: profile.name(),
        email: profile.email(),
        user_id: session.user.user_id.as_str(),
        api: api.map(|api| api.name.as_str()),
        wanted: request.scopes.iter().map(wanted).collect(),
    };
    page(StatusCode::OK, pages::consent::consent(&tenant.0.assets, &view))
}
