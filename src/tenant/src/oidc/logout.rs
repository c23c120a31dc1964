//! `/oidc/logout` (contract [C4](model::contract#c4), OpenID Connect RP-Initiated Logout 1.0).

use axum::body::Body;
use axum::extract::{RawQuery, Request, State};
use axum::http::{HeaderMap, header};
use axum::response::Response;
use serde_json::{Map, Value};
use url::Url;

use crate::configuration::allowed_url::is_post_logout_redirect_uri;
use crate::http::body::{read_form, read_form_body};
use crate::http::cookie::Cookie;
use crate::http::fetch_metadata::is_hidden;
use crate::login;
use crate::oauth::logout;
use crate::state::Tenant;
use crate::token::{self, IdClaims};

/// `GET /oidc/logout`: from a client.
pub(super) async fn from_query(
    State(tenant): State<Tenant>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let parameters = read_form(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    logout(&tenant, &headers, &parameters, false)
        .await
        .unwrap_or_else(|error| login::response::failure(&tenant, &error))
}

/// `POST /oidc/logout`: from a client, or from the tenant's own confirmation page.
pub(super) async fn from_form(State(tenant): State<Tenant>, request: Request<Body>) -> Response {
    let headers = request.headers().clone();
    let parameters = match read_form_body(&tenant.0.body_memory, request).await {
        Ok(parameters) => parameters,
        Err(reason) => return login::response::unreadable_form(&tenant, reason),
    };
    // Browsers send the origin of every posted form, so that no other site can confirm for the person.
    let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    let agreed = origin == Some(tenant.0.issuer.origin())
        && parameters.get("confirm").is_some_and(|yes| yes == "true");
    logout(&tenant, &headers, &parameters, agreed)
        .await
        .unwrap_or_else(|error| login::response::failure(&tenant, &error))
}

/// Ends the session of this browser if the client identifies it, by its ID token or by the session's id, or
/// if the person confirms. A return URL that is not allowed is refused before the session ends.
async fn logout(
    tenant: &Tenant,
    headers: &HeaderMap,
    parameters: &Map<String, Value>,
    agreed: bool,
) -> Result<Response, store::Error> {
    let text = |key: &str| parameters.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    // An invalid hint, or one signed by a key that was removed, is ignored.
    let hint = text("id_token_hint")
        .and_then(|hint| token::verify_id_token_hint(&tenant.keys(), tenant.0.issuer.as_str(), hint));
    let client_id = match (text("client_id"), &hint) {
        (Some(id), Some(hint)) if !hint.aud.contains(id) => {
            return Ok(logout::invalid_return_url(tenant, "The id_token_hint was given to another client."));
        }
        (Some(id), _) => Some(id.to_owned()),
        (None, Some(IdClaims { aud: token::Audience::One(id), .. })) => Some(id.clone()),
        (None, _) => None,
    };
    let wanted = text("post_logout_redirect_uri");
    let found = logout::return_url(tenant, client_id.as_deref(), wanted, is_post_logout_redirect_uri);
    let target = match found {
        // As at Auth0, only a request that names its client returns to an address that it does not name.
        Ok(_) if wanted.is_none() && text("client_id").is_none() => None,
        Ok(target) => target,
        Err(detail) => return Ok(logout::invalid_return_url(tenant, detail)),
    };
    let session = match Cookie::Session.read(tenant, headers) {
        Some(cookie) => tenant.0.store.read().await?.find_session(&cookie.digest()).await?,
        None => None,
    };
    let has_hint = hint.is_some();
    let named = [hint.and_then(|hint| hint.sid), text("logout_hint").map(str::to_owned)];
    let is_known = |sid: &str| named.iter().flatten().any(|known| known == sid);
    if session.is_some_and(|session| !agreed && !is_known(&session.sid)) {
        let fields: Vec<(&str, &str)> = [
            ("client_id", client_id.as_deref()),
            ("post_logout_redirect_uri", wanted),
            ("state", text("state")),
            ("federated", logout::is_federated(parameters).then_some("")),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect();
        return Ok(login::response::confirm_logout(tenant, &fields));
    }
    // Nobody is signed in, and another site must not make the stand-ins forget the browser. The client's own hint may come from
    // a frame.
    if !agreed && !has_hint && is_hidden(headers) {
        return Ok(logout::hidden(tenant));
    }
    let target = target.map(|target| with_state(target, text("state")));
    Ok(logout::end_session(tenant, headers, target, logout::is_federated(parameters)).await)
}

/// Adds the `state` of the request to the return URL (RP-Initiated Logout 1.0, section 3).
fn with_state(target: String, state: Option<&str>) -> String {
    let (Some(state), Ok(mut url)) = (state, Url::parse(&target)) else { return target };
    url.query_pairs_mut().append_pair("state", state);
    url.into()
}
