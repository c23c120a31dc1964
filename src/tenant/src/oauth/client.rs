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
    let credentials = Credentials::find(peer, body)?;
    if matches!(credentials, Credentials::Assertion) {
        return client_assertion::authenticate(tenant, body).await;
    }
    let denied = || match credentials {
        Credentials::Header(..) => TokenError::BasicDenied,
        Credentials::Body(..) | Credentials::Assertion => TokenError::AccessDenied,
    };
    let (id, secret) = match &credentials {
        Credentials::Header(id, secret) => (id, Some(secret)),
        Credentials::Body(id, secret) => (id, secret.as_ref()),
        Credentials::Assertion => return Err(denied()),
    };
    let client = tenant.client(id).ok_or_else(denied)?;
    if client.authentication == ClientAuthentication::PrivateKeyJwt {
        return Err(TokenError::InvalidClient("The client proves itself by a client_assertion"));
    }
    if client.authentication == ClientAuthentication::None {
        return Ok(client);
    }
    let secret = secret.ok_or_else(denied)?;
    let is_right = match &client.client_secret {
        Some(expected) => expected.equals(secret),
        None => tenant.0.client_secrets.matches(&client.client_id, secret),
    };
    let throttle = &tenant.0.login_throttle;
    let proven = throttle.check_secret(&client.client_id, peer.address(), tenant.now(), is_right).await?;
    if proven.map_err(TokenError::TooManyRequests)? { Ok(client) } else { Err(denied()) }
}

/// How the client of a request proves itself.
enum Credentials {
    /// By the id and the secret in the header.
    Header(String, String),
    /// By the id, and perhaps the secret, in the body.
    Body(String, Option<String>),
    /// By a signed assertion in the body.
    Assertion,
}

impl Credentials {
    /// Returns the only proof in a request (RFC 6749 section 2.3). A parameter without a value counts as omitted.
    ///
    /// # Errors
    /// [`TokenError::InvalidRequest`] for more than one, because the server and what stands before it could each look at
    /// another; the refusals of an unreadable header and of a request that names no client.
    fn find(peer: &Peer, body: &Map<String, Value>) -> Result<Self, TokenError> {
        const SEVERAL: TokenError = TokenError::InvalidRequest("Send one kind of client authentication");
        let mut basic = peer.headers.get_all(header::AUTHORIZATION).iter().filter_map(|value| {
            let (scheme, encoded) = value.to_str().ok()?.split_once(' ')?;
            scheme.eq_ignore_ascii_case("basic").then(|| basic_credentials(encoded))
        });
        let in_header = basic.next();
        let posted = |key: &str| {
            body.get(key).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let secret = posted("client_secret");
        let has_assertion =
            body.contains_key("client_assertion") || body.contains_key("client_assertion_type");
        let proofs = [in_header.is_some(), secret.is_some(), has_assertion];
        if basic.next().is_some() || proofs.into_iter().filter(|is_there| *is_there).count() > 1 {
            return Err(SEVERAL);
        }
        match in_header {
            _ if has_assertion => Ok(Self::Assertion),
            Some(credentials) => {
                let (id, secret) = credentials.ok_or(TokenError::BasicDenied)?;
                if posted("client_id").is_some_and(|posted| posted != id) {
                    return Err(TokenError::InvalidRequest("client_id is not the client of the header"));
                }
                Ok(Self::Header(id, secret))
            }
            None => Ok(Self::Body(posted("client_id").ok_or(TokenError::AccessDenied)?, secret)),
        }
    }
}

/// Decodes `Basic` credentials. Both halves are form-encoded (RFC 6749 section 2.3.1).
fn basic_credentials(encoded: &str) -> Option<(String, String)> {
    let decoded = STANDARD.decode(encoded.trim()).ok()?;
    let (id, secret) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    let decode = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_encoding::percent_decode_str(&spaced).decode_utf8().ok().map(std::borrow::Cow::into_owned)
    };
    Some((decode(id)?, decode(secret)?))
}
