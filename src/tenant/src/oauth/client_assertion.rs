//! Client authentication by a signed assertion, `private_key_jwt` (RFC 7523 sections 2.2 and 3).

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::clock::Moment;
use crate::configuration::client_key::verify_signature;
use crate::configuration::{Client, ClientAuthentication};
use crate::http::error::TokenError;
use crate::issuer::Issuer;
use crate::secret::Secret;
use crate::state::Tenant;

/// The only value of `client_assertion_type` (RFC 7523 section 2.2).
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The longest time until an assertion expires, as at Auth0.
const LONGEST: Duration = Duration::from_mins(5);

/// How far the clock of a client may be ahead.
const SKEW: Duration = Duration::from_mins(1);

/// Authenticates the client that signed `client_assertion`, and records that the assertion was used.
///
/// # Errors
/// [`TokenError::InvalidClient`] with the claim that is wrong, once the signature has proven the client.
pub(super) async fn authenticate<'t>(
    tenant: &'t Tenant,
    body: &Map<String, Value>,
) -> Result<&'t Client, TokenError> {
    const UNVERIFIED: TokenError = TokenError::InvalidClient("The client assertion cannot be verified");
    let text = |key: &str| body.get(key).and_then(Value::as_str);
    if text("client_assertion_type") != Some(JWT_BEARER) {
        return Err(TokenError::InvalidClient("client_assertion_type must be that of RFC 7523"));
    }
    let assertion = text("client_assertion").ok_or(UNVERIFIED)?;
    let client = subject(assertion).and_then(|id| tenant.client(&id)).ok_or(UNVERIFIED)?;
    if client.authentication != ClientAuthentication::PrivateKeyJwt {
        return Err(UNVERIFIED);
    }
    let now = tenant.now();
    let claims = verify_signature(&client.keys, assertion, now).ok_or(UNVERIFIED)?;
    if text("client_id").is_some_and(|id| id != client.client_id) {
        return Err(TokenError::InvalidClient("client_id is not the subject of the client assertion"));
    }
    let (id, expires_at) = check_claims(&tenant.0.issuer, &client.client_id, &claims, now)?;
    // The ids of two clients are separate. A client id has no line feed.
    let digest = Secret::new(format!("{}\n{id}", client.client_id)).digest();
    let is_first = tenant.0.store.write::<_, store::Error, _>(move |unit| {
        Box::pin(async move { unit.use_client_assertion(&digest, expires_at.millis(), now.millis()).await })
    });
    if is_first.await? { Ok(client) } else { Err(TokenError::InvalidClient("jti was used before")) }
}

/// Returns the subject of an assertion, unverified.
fn subject(assertion: &str) -> Option<String> {
    /// The one claim that is read before the signature is verified. Others are skipped, so that they take no memory.
    #[derive(Deserialize)]
    struct Claims {
        sub: String,
    }
    let payload = URL_SAFE_NO_PAD.decode(assertion.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&payload).ok().map(|Claims { sub }| sub)
}

/// Checks the claims of a verified assertion. Returns its id and its expiry.
fn check_claims(
    issuer: &Issuer,
    client_id: &str,
    claims: &Map<String, Value>,
    now: Moment,
) -> Result<(String, Moment), TokenError> {
    let is = |key: &str, value: &str| claims.get(key).and_then(Value::as_str) == Some(value);
    let seconds = |key: &str| claims.get(key).and_then(Value::as_f64);
    if !is("iss", client_id) || !is("sub", client_id) {
        return Err(TokenError::InvalidClient("iss and sub must be the client_id"));
    }
    if !claims.get("aud").is_some_and(|audience| issuer.is_only_audience(audience)) {
        return Err(TokenError::InvalidClient(
            "aud must be the issuer or the token endpoint, and nobody else",
        ));
    }
    // Fractions are allowed (RFC 7519 section 2); a second more or less does not matter here.
    #[expect(clippy::cast_possible_truncation, reason = "saturates")]
    let expiry = seconds("exp").map(|exp| Moment::from_millis((exp.floor() as i64).saturating_mul(1000)));
    let expiry =
        expiry.filter(|exp| *exp > now).ok_or(TokenError::InvalidClient("exp is missing or over"))?;
    if expiry > now.after(LONGEST + SKEW) {
        return Err(TokenError::InvalidClient("exp must be within five minutes"));
    }
    #[expect(clippy::cast_precision_loss, reason = "seconds of this century are exact")]
    let latest = now.after(SKEW).seconds() as f64;
    if ["iat", "nbf"].iter().any(|key| claims.contains_key(*key) && seconds(key).is_none_or(|at| at > latest))
    {
        return Err(TokenError::InvalidClient("iat and nbf must not be in the future"));
    }
    let id = claims.get("jti").and_then(Value::as_str).filter(|id| (1..=255).contains(&id.len()));
    let id = id.ok_or(TokenError::InvalidClient("jti is missing or longer than 255 characters"))?;
    Ok((id.to_owned(), expiry))
}
