//! The claims of an ID token that security depends on (OpenID Connect Core 3.1.3.7). They are read strictly: a claim of
//! another type than the specification's is refused.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::keys::Signed;
use super::values;
use crate::clock::Moment;

/// The permitted difference between a provider's clock and the tenant's.
pub(super) const LEEWAY: Duration = Duration::from_mins(1);

/// What a token must say to be for this sign-in.
pub(super) struct Expected<'e> {
    pub(super) issuer: &'e str,
    pub(super) client_id: &'e str,
    pub(super) nonce: &'e str,
    /// The access token that came with it.
    pub(super) access_token: &'e str,
    pub(super) now: Moment,
}

/// The reason why an ID token is not for this sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum InvalidIdToken {
    #[error("the ID token is of another issuer")]
    Issuer,
    #[error("the ID token does not name this client as its audience")]
    Audience,
    #[error("the ID token has several audiences or another authorized party, and its azp is not this client")]
    AuthorizedParty,
    #[error("the ID token has expired, is not valid yet, or does not say when")]
    Time,
    #[error("the ID token has another nonce")]
    Nonce,
    #[error("the ID token names nobody")]
    Subject,
    #[error("the ID token came with another access token")]
    AccessToken,
}

/// Checks a token and returns its subject.
///
/// # Errors
/// [`InvalidIdToken`].
pub(super) fn check<'t>(token: &'t Signed, expected: &Expected<'_>) -> Result<&'t str, InvalidIdToken> {
    let claims = &token.claims;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if text("iss") != Some(expected.issuer) {
        return Err(InvalidIdToken::Issuer);
    }
    check_audience(claims, expected.client_id)?;
    check_times(claims, expected.now)?;
    if text("nonce") != Some(expected.nonce) {
        return Err(InvalidIdToken::Nonce);
    }
    if let Some(at_hash) = present(claims, "at_hash")
        && at_hash.as_str() != Some(half_hash(token.algorithm, expected.access_token).as_str())
    {
        return Err(InvalidIdToken::AccessToken);
    }
    text("sub").filter(|subject| !subject.is_empty()).ok_or(InvalidIdToken::Subject)
}

/// Returns the time of the sign-in at the provider. `None` if the token does not say.
///
/// # Errors
/// [`InvalidIdToken::Time`] if it is not a time.
pub(super) fn auth_time(token: &Signed) -> Option<Result<Moment, InvalidIdToken>> {
    let auth_time = present(&token.claims, "auth_time")?;
    Some(values::moment(auth_time).ok_or(InvalidIdToken::Time))
}

/// Returns a claim that is neither missing nor null.
fn present<'c>(claims: &'c Map<String, Value>, name: &str) -> Option<&'c Value> {
    claims.get(name).filter(|value| !value.is_null())
}

/// Checks that the token is for the client. Among several audiences, `azp` says which one it was issued to.
fn check_audience(claims: &Map<String, Value>, client_id: &str) -> Result<(), InvalidIdToken> {
    let audiences: Option<Vec<&str>> = match claims.get("aud") {
        Some(Value::String(one)) => Some(vec![one]),
        Some(Value::Array(many)) => many.iter().map(Value::as_str).collect(),
        _ => None,
    };
    let audiences = audiences.filter(|all| all.contains(&client_id)).ok_or(InvalidIdToken::Audience)?;
    let is_only = audiences.iter().all(|audience| *audience == client_id);
    match present(claims, "azp") {
        None if is_only => Ok(()),
        Some(party) if party.as_str() == Some(client_id) => Ok(()),
        _ => Err(InvalidIdToken::AuthorizedParty),
    }
}

fn check_times(claims: &Map<String, Value>, now: Moment) -> Result<(), InvalidIdToken> {
    let time = |name: &str| {
        present(claims, name).map(|value| value.as_f64().ok_or(InvalidIdToken::Time)).transpose()
    };
    #[expect(clippy::cast_precision_loss, reason = "times are far below 2^53 seconds")]
    let seconds = |moment: Moment| moment.seconds() as f64;
    let latest = now.after(LEEWAY);
    let is_valid = time("exp")?.is_some_and(|exp| exp > seconds(now))
        && time("iat")?.is_some()
        && time("nbf")?.is_none_or(|nbf| nbf <= seconds(latest));
    if is_valid { Ok(()) } else { Err(InvalidIdToken::Time) }
}

/// Returns the left half of the hash of a token, with the hash function of the signature (OpenID Connect Core 3.1.3.6).
fn half_hash(algorithm: Algorithm, token: &str) -> String {
    let hash = match algorithm {
        Algorithm::RS384 | Algorithm::PS384 | Algorithm::ES384 => Sha384::digest(token).to_vec(),
        Algorithm::RS512 | Algorithm::PS512 | Algorithm::EdDSA => Sha512::digest(token).to_vec(),
        _ => Sha256::digest(token).to_vec(),
    };
    URL_SAFE_NO_PAD.encode(&hash[..hash.len() / 2])
}
