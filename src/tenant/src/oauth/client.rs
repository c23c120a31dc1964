//! Client authentication at the token and revocation endpoints (RFC 6749 section 2.3).

use axum::http::header;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::client_assertion;
use crate::configuration::{Client, ClientAuthentication};
use crate::http::error::TokenError;
use crate::http::peer::Peer;
use crate::state::Tenant;

/// Authenticates the client of a request with its configured method: none for a public client, otherwise its
/// secret in the body or in the header, or an assertion (contract [C3](model::contract#c3)). Guesses at a secret are slowed
/// for the client as seen from the network, and for the network.
pub(super) async fn authenticate<'t>(
    tenant: &'t Tenant,
    peer: &Peer,
    body: &Map<String, Value>,
) -> Result<&'t Client, TokenError> {
    let basic =
        peer.headers.get(header::AUTHORIZATION).and_then(|value| basic_credentials(value.to_str().ok()?));
    let posted = |key: &str| body.get(key).and_then(Value::as_str).map(str::to_owned);
    if body.contains_key("client_assertion") || body.contains_key("client_assertion_type") {
        if basic.is_some() || posted("client_secret").is_some() {
            return Err(TokenError::InvalidRequest("Send one kind of client authentication"));
        }
        return client_assertion::authenticate(tenant, body).await;
    }
    let (id, secret) = match basic {
        Some((id, secret)) => (id, Some(secret)),
        None => (posted("client_id").ok_or(TokenError::AccessDenied)?, posted("client_secret")),
    };
    let client = tenant.client(&id).ok_or(TokenError::AccessDenied)?;
    if client.authentication == ClientAuthentication::PrivateKeyJwt {
        return Err(TokenError::InvalidClient("The client proves itself by a client_assertion"));
    }
    if client.authentication == ClientAuthentication::None {
        return Ok(client);
    }
    let secret = secret.ok_or(TokenError::AccessDenied)?;
    let is_right = || match &client.client_secret {
        Some(expected) => expected.equals(&secret),
        None => tenant.0.client_secrets.matches(&client.client_id, &secret),
    };
    let throttle = &tenant.0.login_throttle;
    let proven = throttle.check_secret(&client.client_id, peer.address(), tenant.now(), is_right);
    if proven.map_err(TokenError::TooManyRequests)? { Ok(client) } else { Err(TokenError::AccessDenied) }
}

/// Parses `Basic` credentials. Both halves are form-encoded (RFC 6749 section 2.3.1).
fn basic_credentials(value: &str) -> Option<(String, String)> {
    let (scheme, encoded) = value.split_once(' ')?;
    let decoded = STANDARD.decode(encoded.trim()).ok()?;
    let (id, secret) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    let decode = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_encoding::percent_decode_str(&spaced).decode_utf8().ok().map(std::borrow::Cow::into_owned)
    };
    scheme.eq_ignore_ascii_case("basic").then_some(())?;
    Some((decode(id)?, decode(secret)?))
}
