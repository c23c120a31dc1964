//! The check of the ID token that a code exchange returns.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::{Profile, UserId};
use serde_json::Value;

use crate::json::seconds;
use crate::settings::Tenant;

/// How much longer ago than the request for it a fresh sign-in may be, in seconds: times are in whole seconds, and a
/// tenant may have several clocks. Auth0's own library has the same leeway.
const LEEWAY: i64 = 60;

/// The claims of an ID token that passed all checks.
#[derive(Debug)]
pub(super) struct Claims {
    pub(super) user_id: UserId,
    /// When it was issued, by the tenant's clock, in seconds since 1970.
    pub(super) issued_at: i64,
    /// How long it lives from then on, in seconds.
    pub(super) lifetime: i64,
    /// How long before that the person authenticated, in seconds.
    pub(super) age: Option<i64>,
    pub(super) profile: Profile,
}

/// Why an ID token is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum IdTokenError {
    #[error("the ID token is missing or malformed")]
    Malformed,
    #[error("the ID token is not signed with RS256")]
    Algorithm,
    #[error("the ID token is from the issuer \"{0}\"; this page expects \"{1}\"")]
    Issuer(String, String),
    #[error(
        "the ID token is from the issuer \"{0}\"; this page expects \"{1}\", as Auth0 writes it: only the slash at the \
         end differs"
    )]
    IssuerSlash(String, String),
    #[error("the ID token is for another application")]
    Audience,
    #[error("the ID token answers another login")]
    Nonce,
    #[error("the ID token expires before it is issued")]
    Time,
    #[error("the tenant did not ask the person to sign in again")]
    Age,
}

/// Checks an ID token by OpenID Connect Core 3.1.3.7, as Auth0's own library does. It does not check the signature:
/// the token came straight from the tenant over TLS (or loopback), which point 6 there accepts. For the same reason
/// it was issued just now, so that its times are compared with each other, and not with the date of this device, which may
/// be wrong. `within` is how long ago, in seconds, the person was asked to sign in again, if they were.
///
/// # Errors
/// The first check that fails.
pub(super) fn check(
    token: &str,
    tenant: &Tenant,
    nonce: &str,
    within: Option<i64>,
) -> Result<Claims, IdTokenError> {
    fn part(text: Option<&str>) -> Result<Profile, IdTokenError> {
        let bytes = URL_SAFE_NO_PAD.decode(text.unwrap_or_default()).map_err(|_| IdTokenError::Malformed)?;
        match serde_json::from_slice(&bytes) {
            Ok(Value::Object(members)) => Ok(Profile(members)),
            _ => Err(IdTokenError::Malformed),
        }
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
    let time = |name: &str| claims.0.get(name).and_then(seconds).ok_or(IdTokenError::Malformed);
    let issuer = text("iss").unwrap_or_default();
    if issuer != tenant.issuer {
        let is_close = issuer.trim_end_matches('/') == tenant.origin;
        let refuse = if is_close { IdTokenError::IssuerSlash } else { IdTokenError::Issuer };
        return Err(refuse(issuer.to_owned(), tenant.issuer.clone()));
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
    let issued_at = time("iat")?;
    let lifetime = time("exp")?.saturating_sub(issued_at);
    if lifetime <= 0 {
        return Err(IdTokenError::Time);
    }
    let age = time("auth_time").ok().map(|time| issued_at.saturating_sub(time).max(0));
    let is_recent = |within: i64| age.is_some_and(|age| age <= within.saturating_add(LEEWAY));
    if !within.is_none_or(is_recent) {
        return Err(IdTokenError::Age);
    }
    let user_id =
        text("sub").filter(|sub| !sub.is_empty()).map(UserId::new).ok_or(IdTokenError::Malformed)?;
    Ok(Claims { user_id, issued_at, lifetime, age, profile: claims })
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

    fn check(claims: &Value) -> Result<Claims, IdTokenError> {
        super::check(&token(&json!({ "alg": "RS256" }), claims), &tenant(), "n0nce", None)
    }

    fn refusal(key: &str, value: Value) -> IdTokenError {
        let mut claims = claims();
        claims[key] = value;
        check(&claims).unwrap_err()
    }

    #[test]
    fn a_fresh_sign_in_must_be_one() {
        let fresh = |auth_time: Value, within| {
            let mut claims = claims();
            claims["auth_time"] = auth_time;
            super::check(&token(&json!({ "alg": "RS256" }), &claims), &tenant(), "n0nce", Some(within))
        };
        assert_eq!(fresh(Value::Null, 30).unwrap_err(), IdTokenError::Age);
        assert_eq!(fresh(json!(910), 30).unwrap().age, Some(90));
        assert_eq!(fresh(json!("910"), 30).unwrap().age, Some(90));
        assert_eq!(fresh(json!(909), 30).unwrap_err(), IdTokenError::Age);
        assert_eq!(fresh(json!(1001), 0).unwrap().age, Some(0));
    }

    #[test]
    fn a_sound_id_token_names_the_person() {
        let claims = check(&claims()).unwrap();
        assert_eq!(claims.user_id.as_str(), "auth0|1");
        assert_eq!(claims.profile.name(), Some("Ada"));
    }

    #[test]
    fn another_issuer_is_refused_and_one_without_its_slash_is_said_to_be_that() {
        let issuer = |issuer: &str| refusal("iss", json!(issuer)).to_string();
        assert_eq!(
            issuer("http://localhost:3000"),
            "the ID token is from the issuer \"http://localhost:3000\"; this page expects \
             \"http://localhost:3000/\", as Auth0 writes it: only the slash at the end differs"
        );
        assert_eq!(
            issuer("http://evil.example/"),
            "the ID token is from the issuer \"http://evil.example/\"; this page expects \"http://localhost:3000/\""
        );
        assert!(matches!(refusal("iss", json!(5)), IdTokenError::Issuer(..)));
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
        assert!(check(&claims).is_ok());
    }

    #[test]
    fn a_token_of_another_login_is_refused() {
        assert_eq!(refusal("nonce", json!("other")), IdTokenError::Nonce);
        assert_eq!(refusal("nonce", Value::Null), IdTokenError::Nonce);
    }

    #[test]
    fn the_times_are_compared_with_each_other() {
        let claims = check(&claims()).unwrap();
        assert_eq!((claims.issued_at, claims.lifetime, claims.age), (1000, 1000, None));
        assert_eq!(refusal("exp", json!(1000)), IdTokenError::Time);
        let mut odd = self::claims();
        odd["exp"] = json!(2000.5);
        odd["iat"] = json!("1000");
        assert_eq!(check(&odd).unwrap().lifetime, 1000);
    }

    #[test]
    fn any_other_algorithm_is_refused() {
        let token = token(&json!({ "alg": "none" }), &claims());
        assert_eq!(super::check(&token, &tenant(), "n0nce", None).unwrap_err(), IdTokenError::Algorithm);
    }

    #[test]
    fn a_token_in_another_shape_is_refused() {
        for token in ["", "a.b.c", "e30.e30", "e30.e30.", "e30.e30.c2ln.c2ln"] {
            assert_eq!(super::check(token, &tenant(), "n0nce", None).unwrap_err(), IdTokenError::Malformed);
        }
        for claim in ["sub", "exp", "iat"] {
            assert_eq!(refusal(claim, json!("")), IdTokenError::Malformed, "{claim}");
        }
    }
}
