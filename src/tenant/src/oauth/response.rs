//! Authorization responses: what goes back to the client, and how it is transported (contract [C1](model::contract#c1),
//! [C2](model::contract#c2)).

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde_json::{Map, Value, json};
use store::{CodeRow, SessionRow, UserRow};
use url::Url;

use super::id_token::{self, SignIn};
use super::request::{AuthorizationError, AuthorizationRequest, ReplyTo, ResponseMode};
use crate::http::response::{no_store, redirect_found};
use crate::login::pages::scripted;
use crate::origin::origin_of;
use crate::secret::Secret;
use crate::state::Tenant;

/// The lifetime of a code. Clients exchange it at once; RFC 6749 section 4.1.2 allows ten minutes at most.
const CODE_LIFETIME: Duration = Duration::from_mins(1);

/// Returns a new code for this request and session, with its row. `None` if the request is for an ID token.
pub(crate) fn new_code(
    tenant: &Tenant,
    request: &AuthorizationRequest,
    session: &SessionRow,
) -> Option<(Secret, CodeRow)> {
    if !request.response_type.has_code() {
        return None;
    }
    let code = Secret::random();
    let row = CodeRow {
        digest: code.digest(),
        client_id: request.client_id.clone(),
        key: session.key.clone(),
        // Strings, numbers and lists of strings: serialization cannot fail.
        request: serde_json::to_string(&request.for_code()).unwrap_or_default(),
        sid: session.sid.clone(),
        authenticated_at: session.authenticated_at,
        expires_at: tenant.now().after(CODE_LIFETIME).millis(),
    };
    Some((code, row))
}

/// Responds with what the request is for: the code, an ID token, or both.
pub(crate) async fn respond_with_grant(
    tenant: &Tenant,
    request: &AuthorizationRequest,
    session: &SessionRow,
    user: &UserRow,
    code: Option<&Secret>,
) -> Response {
    let mut parameters: Vec<(&str, &str)> = code.map(|code| ("code", code.expose())).into_iter().collect();
    if !request.response_type.has_id_token() {
        return respond(tenant, &request.reply_to, &parameters);
    }
    let (key, sid, authenticated_at) = (&session.key, &session.sid, session.authenticated_at);
    let sign_in = SignIn { key, sid, authenticated_at };
    match id_token::issue_with_code(tenant, request, user, &sign_in, code).await {
        Some(token) => {
            parameters.push(("id_token", &token));
            respond(tenant, &request.reply_to, &parameters)
        }
        None => respond_with_error(
            tenant,
            &request.reply_to,
            &AuthorizationError::new("server_error", "The token cannot be signed"),
        ),
    }
}

/// Responds with an error to the client.
pub(crate) fn respond_with_error(
    tenant: &Tenant,
    reply_to: &ReplyTo,
    refusal: &AuthorizationError,
) -> Response {
    respond(tenant, reply_to, &[("error", refusal.error), ("error_description", &refusal.description)])
}

/// Responds to the client with these parameters, its `state` and the issuer (RFC 9207), in the response mode of the
/// request.
pub(crate) fn respond(tenant: &Tenant, reply_to: &ReplyTo, parameters: &[(&str, &str)]) -> Response {
    let state = reply_to.state.as_deref().map(|state| ("state", state));
    let parameters = parameters.iter().copied().chain(state).chain([("iss", tenant.0.issuer.as_str())]);
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
                scripted::form_post(&tenant.0.assets, tenant.name(), &reply_to.redirect_uri, &fields);
            // No `form-action`: browsers apply it to the redirects of the application, too, which may lead to any
            // address. The page has one form, and no text of the request outside of its escaped values.
            with_policy(
                html,
                &format!(
                    "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src '{hash}'; \
                     frame-ancestors 'none'; base-uri 'none'"
                ),
            )
        }
        ResponseMode::WebMessage => {
            let response: Map<String, Value> =
                parameters.map(|(key, value)| (key.to_owned(), json!(value))).collect();
            let origin = origin_of(&reply_to.redirect_uri).unwrap_or_default();
            let (html, hash) = scripted::web_message(&Value::Object(response), &origin);
            with_policy(html, &format!("default-src 'none'; script-src '{hash}'; frame-ancestors {origin}"))
        }
    };
    no_store(response)
}

fn with_policy(html: String, policy: &str) -> Response {
    let mut response = Html(html).into_response();
    if let Ok(policy) = HeaderValue::from_str(policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}
