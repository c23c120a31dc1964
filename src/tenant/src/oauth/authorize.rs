//! `/authorize`: from a request to an answer, with or without asking the person (contract [C1](model::contract#c1), [C2](model::contract#c2)).

use std::time::Duration;

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde_json::{Map, Value, json};
use store::{CodeRow, SessionRow, UserRow};
use url::Url;

use super::request::{
    AuthorizationError, AuthorizationRequest, InvalidAuthorizationRequest, Prompt, ReplyTo, ResponseMode,
    ResponseType, origin_of,
};
use super::token::SignIn;
use crate::Tenant;
use crate::http::body::read_form;
use crate::http::error::uncached;
use crate::login::{self, pages};
use crate::secret::Secret;
use crate::session::Session;

/// How long a code is good. It is traded at once; ten minutes are the most that RFC 6749 section 4.1.2 allows.
const CODE_LIFETIME: Duration = Duration::from_mins(1);

/// Begins an authorization: answers at once when there is a session that will do, asks the person otherwise.
pub(super) async fn authorize(
    State(tenant): State<Tenant>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let query =
        read_form(query.unwrap_or_default().as_bytes()).map_err(|_| InvalidAuthorizationRequest::Malformed);
    let request = match query.and_then(|query| AuthorizationRequest::read(&tenant, &query)) {
        Ok(Ok(request)) => request,
        Ok(Err((reply_to, refusal))) => return respond_with_error(&tenant, &reply_to, &refusal),
        Err(error) => return login::invalid_request(&tenant, error),
    };
    match respond_to_request(&tenant, request, &headers).await {
        Ok(response) => response,
        Err(error) => login::failure(&tenant, &error),
    }
}

async fn respond_to_request(
    tenant: &Tenant,
    request: AuthorizationRequest,
    headers: &HeaderMap,
) -> Result<Response, store::Error> {
    let wanted = request.connection.as_deref().and_then(|name| tenant.0.configuration.connection(name));
    let session = Session::find(tenant, headers).await?.filter(|session| {
        session.is_fresh_enough(request.max_age, tenant.now())
            && wanted.is_none_or(|connection| session.uses_connection(connection))
    });
    if let Some(session) = session.filter(|_| request.prompt != Some(Prompt::Login)) {
        let (code, row) = new_code(tenant, &request, &session.row).unzip();
        let (now, digest) = (tenant.now().millis(), session.row.digest.clone());
        let still_holds = tenant
            .0
            .store
            .write::<_, store::Error, _>(move |unit| {
                Box::pin(async move {
                    // Whoever signs out at the same moment is not signed in by it.
                    let touched = unit.touch_session(&digest, now).await?;
                    if let Some(row) = row.filter(|_| touched) {
                        unit.insert_code(&row, now).await?;
                    }
                    Ok(touched)
                })
            })
            .await?;
        if still_holds {
            return Ok(respond_with_grant(tenant, &request, &session.row, &session.user, code.as_ref()));
        }
    }
    if request.prompt == Some(Prompt::None) {
        return Ok(respond_with_error(
            tenant,
            &request.reply_to,
            &AuthorizationError::new("login_required", "Login required"),
        ));
    }
    login::start_login(tenant, &request, headers).await
}

/// A code for this request out of this session, and its row; `None` when the request is for an ID token.
pub(crate) fn new_code(
    tenant: &Tenant,
    request: &AuthorizationRequest,
    session: &SessionRow,
) -> Option<(Secret, CodeRow)> {
    if request.response_type == ResponseType::IdToken {
        return None;
    }
    let code = Secret::random();
    let row = CodeRow {
        digest: code.digest(),
        client_id: request.client_id.clone(),
        key: session.key.clone(),
        // Texts, numbers and lists of texts: nothing in it can fail to be written.
        request: serde_json::to_string(request).unwrap_or_default(),
        sid: session.sid.clone(),
        authenticated_at: session.authenticated_at,
        expires_at: tenant.now().after(CODE_LIFETIME).millis(),
    };
    Some((code, row))
}

/// Sends back what the request is for: the code that was made for it, or an ID token.
pub(crate) fn respond_with_grant(
    tenant: &Tenant,
    request: &AuthorizationRequest,
    session: &SessionRow,
    user: &UserRow,
    code: Option<&Secret>,
) -> Response {
    if let Some(code) = code {
        return respond(tenant, &request.reply_to, &[("code", code.expose())]);
    }
    let nonce = request.nonce.clone();
    let (key, sid, authenticated_at) = (&session.key, &session.sid, session.authenticated_at);
    let sign_in = SignIn { key, sid, authenticated_at };
    match tenant.id_token(request, &request.scopes, user, &sign_in, nonce) {
        Some(token) => respond(tenant, &request.reply_to, &[("id_token", &token)]),
        None => respond_with_error(
            tenant,
            &request.reply_to,
            &AuthorizationError::new("server_error", "The token cannot be signed"),
        ),
    }
}

/// Sends a refusal back to the client.
pub(crate) fn respond_with_error(
    tenant: &Tenant,
    reply_to: &ReplyTo,
    refusal: &AuthorizationError,
) -> Response {
    respond(tenant, reply_to, &[("error", refusal.error), ("error_description", &refusal.description)])
}

/// Sends an answer back to the client, its state with it.
pub(crate) fn respond(tenant: &Tenant, reply_to: &ReplyTo, parameters: &[(&str, &str)]) -> Response {
    let state = reply_to.state.as_deref().map(|state| ("state", state));
    let parameters = parameters.iter().copied().chain(state);
    let response = match reply_to.mode {
        ResponseMode::Query | ResponseMode::Fragment => {
            let Ok(mut url) = Url::parse(&reply_to.redirect_uri) else {
                return StatusCode::BAD_REQUEST.into_response();
            };
            if reply_to.mode == ResponseMode::Query {
                url.query_pairs_mut().extend_pairs(parameters);
            } else {
                let fragment =
                    form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
                url.set_fragment(Some(&fragment));
            }
            redirect_found(url.as_str())
        }
        ResponseMode::FormPost => {
            let fields: Vec<_> = parameters.collect();
            let (html, hash) =
                pages::form_post(&tenant.0.assets, tenant.name(), &reply_to.redirect_uri, &fields);
            let origin = origin_of(&reply_to.redirect_uri).unwrap_or_default();
            with_policy(
                html,
                &format!(
                    "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src '{hash}'; \
                     form-action {origin}; frame-ancestors 'none'; base-uri 'none'"
                ),
            )
        }
        ResponseMode::WebMessage => {
            let response: Map<String, Value> =
                parameters.map(|(key, value)| (key.to_owned(), json!(value))).collect();
            let origin = origin_of(&reply_to.redirect_uri).unwrap_or_default();
            let (html, hash) = pages::web_message(&Value::Object(response), &origin);
            with_policy(html, &format!("default-src 'none'; script-src '{hash}'; frame-ancestors {origin}"))
        }
    };
    uncached(response)
}

fn with_policy(html: String, policy: &str) -> Response {
    let mut response = Html(html).into_response();
    if let Ok(policy) = HeaderValue::from_str(policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// A redirect, as Auth0 answers: 302, which turns a form's POST into a GET as well.
pub(crate) fn redirect_found(location: &str) -> Response {
    // Parsed URLs and our own encoded queries are plain ASCII.
    HeaderValue::from_str(location).map_or_else(
        |_| StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        |location| (StatusCode::FOUND, [(header::LOCATION, location)]).into_response(),
    )
}
