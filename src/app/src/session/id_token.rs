//! The check of the ID token that a code exchange returns.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::{Profile, UserId};
use serde_json::Value;

use crate::settings::Tenant;

/// The greatest difference between the clocks of browser and tenant, in seconds: that of Auth0's own library.
const LEEWAY: i64 = 60;

/// The claims of an ID token that passed all checks.
#[derive(Debug)]
pub(super) struct Claims {
    pub(super) user_id: UserId,
    pub(super) expires_at: i64,
    pub(super) auth_time: Option<i64>,
    pub(super) profile: Profile,
}

/// Why an ID token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum IdTokenError {
    #[error("the ID token is missing or malformed")]
    Malformed,
    #[error("the ID token is not signed with RS256")]
    Algorithm,
    #[error("the ID token is from another issuer")]
    Issuer,
    #[error("the ID token is for another application")]
    Audience,
    #[error("the ID token answers another login")]
    Nonce,
    #[error("the ID token has expired, or the clock of this device is wrong")]
    Time,
    #[error("the tenant did not ask the person to sign in again")]
    Age,
}

/// Checks an ID token by OpenID Connect Core 3.1.3.7, as Auth0's own library does. It does not check the signature:
/// the token came straight from the tenant over TLS (or loopback), which point 6 there accepts. `since` is the
/// earliest acceptable `auth_time`; it and `now` are in seconds since 1970.
///
/// # Errors
/// The first check that fails.
pub(super) fn check(
    token: &str,
    tenant: &Tenant,
    nonce: &str,
    since: Option<i64>,
    now: i64,
) -> Result<Claims, IdTokenError> {
    fn part(text: Option<&str>) -> Result<Profile, IdTokenError> {
        let bytes = URL_SAFE_NO_PAD.decode(text.unwrap_or_default()).map_err(|_| IdTokenError::Malformed)?;
        serde_json::from_slice(&bytes).map_err(|_| IdTokenError::Malformed)
    }
    let mut parts = token.split('.');
    let header = part(parts.next())?;
    let claims = part(parts.next())?;
    if parts.next().is_none_or(str::is_empty) || parts.next().is_some() {
        return Err(IdTokenError::Malformed);
    }
    if header.0.get("alg").and_then(Value::as_str) != Some("RS256") {
        return Err(IdTokenError::Algorithm);
    }
    let text = |name: &str| claims.0.get(name).and_then(Value::as_str);
    let time = |name: &str| claims.0.get(name).and_then(Value::as_i64).ok_or(IdTokenError::Malformed);
    if text("iss") != Some(&tenant.issuer) {
        return Err(IdTokenError::Issuer);
    }
    let us = Some(tenant.client_id.as_str());
    let for_us = match claims.0.get("aud") {
        Some(Value::Array(audiences)) => {
            audiences.iter().any(|audience| audience.as_str() == us)
                && (audiences.len() == 1 || text("azp") == us)
        }
        _ => text("aud") == us,
    };
    if !for_us {
        return Err(IdTokenError::Audience);
    }
    if text("nonce") != Some(nonce) {
        return Err(IdTokenError::Nonce);
    }
    let expires_at = time("exp")?;
    if now > expires_at.saturating_add(LEEWAY) || now < time("iat")?.saturating_sub(LEEWAY) {
        return Err(IdTokenError::Time);
    }
    let auth_time = claims.0.get("auth_time").and_then(Value::as_i64);
    let is_recent = |since: i64| auth_time.is_some_and(|time| time >= since.saturating_sub(LEEWAY));
    if !since.is_none_or(is_recent) {
        return Err(IdTokenError::Age);
    }
    let user_id =
        text("sub").filter(|sub| !sub.is_empty()).map(UserId::new).ok_or(IdTokenError::Malformed)?;
    Ok(Claims { user_id, expires_at, auth_time, profile: claims })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tenant() -> Tenant {
        let settings = r#"{"domain":"http://localhost:3000","clientId":"client"}"#;
        Tenant::new(serde_json::from_str(settings).unwrap()).unwrap()
    }

    fn claims() -> Value {
        json!({
            "iss": "http://localhost:3000/", "sub": "auth0|1", "aud": "client", "exp": 2000, "iat": 1000,
            "nonce": "n0nce", "name": "Ada"
        })
    }

    fn token(header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.c2ln", part(header), part(claims))
    }

    fn check(claims: &Value, now: i64) -> Result<Claims, IdTokenError> {
        super::check(&token(&json!({ "alg": "RS256" }), claims), &tenant(), "n0nce", None, now)
    }

    fn refusal(key: &str, value: Value) -> IdTokenError {
        let mut claims = claims();
        claims[key] = value;
        check(&claims, 1500).unwrap_err()
    }

    #[test]
    fn a_fresh_sign_in_must_be_one() {
        let fresh = |claims: &Value, since| {
            let token = token(&json!({ "alg": "RS256" }), claims);
            super::check(&token, &tenant(), "n0nce", Some(since), 1500)
        };
        let mut claims = claims();
        assert_eq!(fresh(&claims, 1400).unwrap_err(), IdTokenError::Age);
        claims["auth_time"] = json!(1340);
        assert_eq!(fresh(&claims, 1400).unwrap().auth_time, Some(1340));
        claims["auth_time"] = json!(1339);
        assert_eq!(fresh(&claims, 1400).unwrap_err(), IdTokenError::Age);
    }

    #[test]
    fn a_sound_id_token_names_the_person() {
        let claims = check(&claims(), 1500).unwrap();
        assert_eq!(claims.user_id.as_str(), "auth0|1");
        assert_eq!(claims.profile.name(), Some("Ada"));
    }

    #[test]
    fn another_issuer_is_refused_even_when_only_a_slash_differs() {
        assert_eq!(refusal("iss", json!("http://localhost:3000")), IdTokenError::Issuer);
    }

    #[test]
    fn a_token_for_another_application_is_refused() {
        assert_eq!(refusal("aud", json!("other")), IdTokenError::Audience);
        assert_eq!(refusal("aud", json!(["client", "other"])), IdTokenError::Audience);
    }

    #[test]
    fn several_audiences_need_the_authorized_party_to_be_us() {
        let mut claims = claims();
        claims["aud"] = json!(["client", "other"]);
        claims["azp"] = json!("client");
        assert!(check(&claims, 1500).is_ok());
    }

    #[test]
    fn a_token_of_another_login_is_refused() {
        assert_eq!(refusal("nonce", json!("other")), IdTokenError::Nonce);
        assert_eq!(refusal("nonce", Value::Null), IdTokenError::Nonce);
    }

    #[test]
    fn time_is_checked_with_a_minute_of_leeway() {
        assert!(check(&claims(), 2060).is_ok());
        assert_eq!(check(&claims(), 2061).unwrap_err(), IdTokenError::Time);
        assert!(check(&claims(), 940).is_ok());
        assert_eq!(check(&claims(), 939).unwrap_err(), IdTokenError::Time);
    }

    #[test]
    fn any_other_algorithm_is_refused() {
        let token = token(&json!({ "alg": "none" }), &claims());
        assert_eq!(
            super::check(&token, &tenant(), "n0nce", None, 1500).unwrap_err(),
            IdTokenError::Algorithm
        );
    }

    #[test]
    fn a_token_in_another_shape_is_refused() {
        for token in ["", "a.b.c", "e30.e30", "e30.e30.", "e30.e30.c2ln.c2ln"] {
            assert_eq!(
                super::check(token, &tenant(), "n0nce", None, 1500).unwrap_err(),
                IdTokenError::Malformed
            );
        }
        for claim in ["sub", "exp", "iat"] {
            assert_eq!(refusal(claim, json!("")), IdTokenError::Malformed, "{claim}");
        }
    }
}
