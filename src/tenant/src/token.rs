//! JWTs: their claims, their signature and its verification (contract [C6](model::contract#c6)).

use std::num::NonZero;
use std::sync::{Arc, LazyLock};
use std::thread::available_parallelism;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, Header, Validation};
use model::{Scopes, UserId};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use store::Digest;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::clock::Moment;
use crate::keys::SigningKeys;
use crate::secret::Secret;

/// The lifetime of an access token that a client gets for itself: a day (contract [C3](model::contract#c3)).
pub(crate) const MACHINE_TOKEN_LIFETIME: Duration = Duration::from_hours(24);

/// One audience or several (RFC 7519 section 4.1.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Audience {
    pub(crate) fn contains(&self, audience: &str) -> bool {
        match self {
            Self::One(one) => one == audience,
            Self::Many(many) => many.iter().any(|one| one == audience),
        }
    }
}

/// The claims of an access token, in either form of [`TokenDialect`](crate::configuration::TokenDialect).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct AccessClaims {
    pub(crate) iss: String,
    pub(crate) sub: String,
    pub(crate) aud: Audience,
    pub(crate) iat: i64,
    pub(crate) exp: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) nbf: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) azp: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) scope: Option<Scopes>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) gty: Option<String>,
    /// The client, in a token after RFC 9068.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) client_id: Option<String>,
    /// The token's own id: in the tokens of people, where it names the row without which the token is over, and in every
    /// token after RFC 9068.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) jti: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) permissions: Option<Vec<String>>,
    /// The session that it was issued in, in the tokens of people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sid: Option<String>,
}

impl AccessClaims {
    /// Returns whether the token was issued to a client for itself.
    pub(crate) fn is_of_client(&self) -> bool {
        self.gty.as_deref() == Some("client-credentials")
    }

    /// Checks that the token is valid at `now`, as [`verify`] does.
    pub(crate) fn check_times(&self, now: Moment) -> Result<(), InvalidToken> {
        if self.exp <= now.seconds() {
            return Err(InvalidToken::Expired);
        }
        if self.nbf.is_some_and(|nbf| nbf > now.seconds()) {
            return Err(InvalidToken::Claims);
        }
        Ok(())
    }

    /// Returns the client that the token was issued to: that of an access token of either form, or the audience of an ID
    /// token.
    pub(crate) fn client(&self) -> Option<&str> {
        let named = self.azp.as_deref().or(self.client_id.as_deref());
        named.or(match &self.aud {
            Audience::One(client_id) => Some(client_id),
            Audience::Many(_) => None,
        })
    }
}

/// Returns the digest by which the row of a JWT is found. No opaque token has it, since none has a dot, so that knowing the
/// `jti` gives nothing.
pub(crate) fn row_digest(jti: &str) -> Digest {
    Secret::new(format!("jti.{jti}")).digest()
}

/// The claims that only access tokens have. Every access token has one of the first two, and no ID token has any.
const OF_ACCESS_TOKENS: [&str; 6] = ["azp", "client_id", "gty", "jti", "permissions", "scope"];

/// Returns whether a token with these claims is an access token. The audience does not tell: an API can have the id of a
/// client as its identifier.
pub(crate) fn is_access_token(claims: &Map<String, Value>) -> bool {
    OF_ACCESS_TOKENS.iter().any(|claim| claims.contains_key(*claim))
}

/// The claims of an ID token. The claims about the user are in `profile`, flattened.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct IdClaims {
    #[serde(flatten)]
    pub(crate) profile: Map<String, Value>,
    pub(crate) iss: String,
    pub(crate) aud: Audience,
    pub(crate) iat: i64,
    pub(crate) exp: i64,
    pub(crate) sub: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) auth_time: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sid: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) nonce: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) c_hash: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) at_hash: Option<String>,
}

impl IdClaims {
    /// Returns the claims of an ID token for `client_id` that is issued at `now`.
    pub(crate) fn new(issuer: &str, client_id: &str, sub: &UserId, now: Moment, lifetime: Duration) -> Self {
        Self {
            profile: Map::new(),
            iss: issuer.to_owned(),
            aud: Audience::One(client_id.to_owned()),
            iat: now.seconds(),
            exp: now.after(lifetime).seconds(),
            sub: sub.to_string(),
            auth_time: None,
            sid: None,
            nonce: None,
            c_hash: None,
            at_hash: None,
        }
    }
}

/// The reason why a token is invalid, in the order of the checks (contract [A2](model::contract#a2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InvalidToken {
    /// It does not have three parts.
    Malformed,
    /// Its header is not JSON.
    Header,
    /// The algorithm is not RS256.
    Algorithm,
    /// The signature is not by a key of this tenant.
    Signature,
    /// It has expired.
    Expired,
    /// A claim is missing or has the wrong type, or the token is not valid yet.
    Claims,
}

/// The number of signatures that are computed or wait for a processor: more than there are processors, so that a thread that is
/// done finds the next one, and not so many that passwords wait behind them.
static SIGNATURES: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(4 * available_parallelism().map_or(1, NonZero::get)));

/// Signs `claims` with the current key. Returns `None` if signing fails.
pub(crate) async fn sign(keys: Arc<SigningKeys>, claims: &impl Serialize) -> Option<String> {
    sign_message(keys.clone(), message("JWT", &keys, claims)?).await
}

/// Signs the claims of an access token; the type is that of its form. Returns `None` if signing fails.
pub(crate) async fn sign_access_token(keys: Arc<SigningKeys>, claims: &AccessClaims) -> Option<String> {
    let typ = if claims.client_id.is_some() { "at+jwt" } else { "JWT" };
    sign_message(keys.clone(), message(typ, &keys, claims)?).await
}

/// The claims of a logout token (OpenID Connect Back-Channel Logout 1.0, section 2.4). It has a `jti`, so that nothing takes
/// it for an ID token.
#[derive(Serialize)]
pub(crate) struct LogoutClaims<'c> {
    pub(crate) iss: &'c str,
    pub(crate) sub: &'c str,
    pub(crate) aud: &'c str,
    pub(crate) iat: i64,
    pub(crate) exp: i64,
    pub(crate) jti: String,
    pub(crate) events: Value,
    pub(crate) sid: &'c str,
}

/// Signs a logout token. Returns `None` if signing fails.
pub(crate) async fn sign_logout_token(keys: Arc<SigningKeys>, claims: &LogoutClaims<'_>) -> Option<String> {
    sign_message(keys.clone(), message("logout+jwt", &keys, claims)?).await
}

/// Returns what is signed: header and claims in the compact form (RFC 7515 section 7.1).
fn message(typ: &str, keys: &SigningKeys, claims: &impl Serialize) -> Option<String> {
    let mut header = Header::new(Algorithm::RS256);
    header.typ = Some(typ.to_owned());
    header.kid = Some(keys.current().kid.clone());
    let mut message = String::new();
    URL_SAFE_NO_PAD.encode_string(serde_json::to_vec(&header).ok()?, &mut message);
    message.push('.');
    URL_SAFE_NO_PAD.encode_string(serde_json::to_vec(claims).ok()?, &mut message);
    Some(message)
}

/// Completes a token with its signature, which takes most of a millisecond: on a thread of its own, so that other requests go
/// on meanwhile.
async fn sign_message(keys: Arc<SigningKeys>, mut message: String) -> Option<String> {
    let permit = SIGNATURES.acquire().await.ok()?;
    let signed = spawn_blocking(move || {
        let _permit = permit;
        let signature = keys.current().sign(message.as_bytes())?;
        message.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut message);
        Some(message)
    });
    signed.await.ok()?
}

/// Returns the key id in the header of a token, which nobody has verified.
pub(crate) fn key_id(token: &str) -> Option<String> {
    jsonwebtoken::decode_header(token).ok()?.kid
}

/// Verifies a token of this tenant and its validity at `now`, and returns its claims.
///
/// There is no leeway, because the same clock issues and verifies. The caller compares issuer and audience.
///
/// # Errors
/// [`InvalidToken`].
pub(crate) fn verify<T: DeserializeOwned>(
    keys: &SigningKeys,
    token: &str,
    now: Moment,
) -> Result<T, InvalidToken> {
    let claims = verify_signature(keys, token)?;
    let expires = claims.get("exp").and_then(Value::as_i64).ok_or(InvalidToken::Claims)?;
    if expires <= now.seconds() {
        return Err(InvalidToken::Expired);
    }
    if claims.get("nbf").is_some_and(|nbf| nbf.as_i64().is_none_or(|nbf| nbf > now.seconds())) {
        return Err(InvalidToken::Claims);
    }
    serde_json::from_value(Value::Object(claims)).map_err(|_| InvalidToken::Claims)
}

/// Verifies an ID token of this tenant, expired or not, for use as a hint (RP-Initiated Logout 1.0, section
/// 2). It is not a credential.
pub(crate) fn verify_id_token_hint(keys: &SigningKeys, issuer: &str, token: &str) -> Option<IdClaims> {
    let claims = verify_signature(keys, token).ok().filter(|claims| !is_access_token(claims))?;
    let claims: IdClaims = serde_json::from_value(Value::Object(claims)).ok()?;
    (claims.iss == issuer).then_some(claims)
}

/// Verifies the RS256 signature of a token and returns the claims. Keys in the header (`jwk`, `jku`, `x5u`)
/// are ignored.
fn verify_signature(keys: &SigningKeys, token: &str) -> Result<Map<String, Value>, InvalidToken> {
    if token.split('.').count() != 3 {
        return Err(InvalidToken::Malformed);
    }
    let header = token.split('.').next().and_then(|header| URL_SAFE_NO_PAD.decode(header).ok());
    header
        .and_then(|header| serde_json::from_slice::<Map<String, Value>>(&header).ok())
        .ok_or(InvalidToken::Header)?;
    // The library cannot read a header with an algorithm that it does not know, such as `none`.
    let header = jsonwebtoken::decode_header(token).map_err(|_| InvalidToken::Algorithm)?;
    if header.alg != Algorithm::RS256 {
        return Err(InvalidToken::Algorithm);
    }
    let key = header.kid.as_deref().and_then(|kid| keys.find(kid)).ok_or(InvalidToken::Signature)?;
    let mut validation = Validation::new(Algorithm::RS256);
    // This module compares the times with the tenant's clock, the caller compares issuer and audience.
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let decoded = jsonwebtoken::decode(token, &key.verifying, &validation);
    decoded.map(|token| token.claims).map_err(|_| InvalidToken::Signature)
}
