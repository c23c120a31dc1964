//! One login: the authorize address that begins it and the exchange that ends it, by the oauth2 crate, and
//! the check of the ID token.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::settings::Bearer;
use model::{ConnectionName, Profile, Scope, UserId, route};
use oauth2::basic::{
    BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse, BasicTokenType,
};
use oauth2::url::ParseError;
use oauth2::{
    AuthUrl, AuthorizationCode, Client, ClientId, CsrfToken, EndpointNotSet, EndpointSet, ExtraTokenFields,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, StandardRevocableToken,
    StandardTokenResponse, TokenResponse, TokenUrl,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::authorization_response::Code;
use super::http::{self, HttpError};
use super::step_up::{Intent, LinkTarget, RememberedUser, SecondaryAccount};
use super::{BearerToken, Credentials, CurrentIdentity, IdToken, LoginError, LoginErrorKind, Person, popup};
use crate::settings::Tenant;

/// How far the clocks of browser and tenant may differ, in seconds: as much as Auth0's own library allows.
const LEEWAY: i64 = 60;

/// What the page asks for: who somebody is, and to read and change their own identities (contract [A15](model::contract#a15)).
const SCOPES: [Scope; 6] = [
    Scope::OPENID,
    Scope::PROFILE,
    Scope::EMAIL,
    Scope::READ_CURRENT_USER,
    Scope::UPDATE_CURRENT_USER_IDENTITIES,
    Scope::UPDATE_CURRENT_USER_METADATA,
];

/// The `max_age` of a sign-in that may be of any age: no session lasts longer than a year, and a tenant that is
/// asked for an age tells when the person signed in (OpenID Connect Core 2, `auth_time`).
const ANY_AGE: &str = "31536000";

/// A login under way: what must be known to finish it. Its Debug prints nothing.
#[derive(Clone, Serialize, Deserialize)]
pub struct Transaction {
    /// Ties the answer to this browser (RFC 6749 section 10.12).
    pub state: String,
    /// Ties the ID token to this login (OpenID Connect Core 3.1.2.1).
    nonce: String,
    /// The PKCE secret (RFC 7636 section 4.1).
    verifier: String,
    /// Where the person was going: path, query and hash on this origin.
    pub return_to: String,
    /// Whether the tenant was asked not to show anything.
    pub silent: bool,
    /// Since when the person must have proven who they are, in seconds since 1970, if that was asked.
    since: Option<i64>,
    /// The connection that was asked for.
    connection: Option<ConnectionName>,
    /// What the login is for.
    pub purpose: Purpose,
}

impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Transaction")
    }
}

/// What a login is for.
#[derive(Clone, Serialize, Deserialize)]
pub enum Purpose {
    /// Somebody signs in to the page.
    SignIn,
    /// Somebody proves again who they are, and goes on with what they were doing.
    Reauthenticate(RememberedUser, Intent),
    /// Somebody proves the login that shall be linked to the account of the first.
    ProveSecondary(RememberedUser, LinkTarget),
    /// The first proves again who they are, to link what the second proof was for.
    ReauthenticatePrimary(RememberedUser, LinkTarget, Box<SecondaryAccount>),
}

/// What to ask the tenant for.
pub struct AuthorizationRequest {
    /// How it is asked.
    pub manner: InteractionMode,
    /// Where the person goes afterwards: path, query and hash on this origin.
    pub return_to: String,
    /// What the login is for.
    pub purpose: Purpose,
    /// The one connection to sign in through.
    pub connection: Option<ConnectionName>,
    /// Who is expected to sign in.
    pub login_hint: Option<String>,
    /// Whether the person must prove now who they are, whatever session there is.
    pub fresh: bool,
}

impl AuthorizationRequest {
    /// An ordinary sign-in.
    #[must_use]
    pub fn sign_in(manner: InteractionMode, return_to: String) -> Self {
        Self { manner, return_to, purpose: Purpose::SignIn, connection: None, login_hint: None, fresh: false }
    }

    /// A fresh sign-in as somebody who is known.
    #[must_use]
    pub fn reauthenticate(
        manner: InteractionMode,
        return_to: String,
        remembered: &RememberedUser,
        purpose: Purpose,
    ) -> Self {
        let connection =
            remembered.current_identity.as_ref().map(|current_identity| current_identity.connection.clone());
        Self { manner, return_to, purpose, connection, login_hint: remembered.hint(), fresh: true }
    }

    /// A fresh sign-in with the login that shall be linked to the account of `first`.
    #[must_use]
    pub fn prove_secondary(
        manner: InteractionMode,
        return_to: String,
        first: RememberedUser,
        wanted: LinkTarget,
    ) -> Self {
        let (connection, login_hint) = (wanted.connection.clone(), wanted.hint.clone());
        let purpose = Purpose::ProveSecondary(first, wanted);
        Self { manner, return_to, purpose, connection, login_hint, fresh: true }
    }
}

/// What a finished login proves: who signed in, with the token to show for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Authentication {
    /// Who signed in.
    pub account: Credentials,
    /// The proof.
    pub id_token: IdToken,
}

/// How the tenant is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InteractionMode {
    /// By going there: it may show its login page.
    Redirect,
    /// By going there, but it must come straight back.
    SilentRedirect,
    /// In a hidden frame that answers by a message.
    SilentIframe,
    /// In a window of its own, which comes back to the page's callback.
    Popup,
}

/// The ID token beside the standard members of a token answer.
#[derive(Debug, Serialize, Deserialize)]
struct IdTokenField {
    id_token: Option<String>,
}

impl ExtraTokenFields for IdTokenField {}

type TokenAnswer = StandardTokenResponse<IdTokenField, BasicTokenType>;
type PageClient = Client<
    BasicErrorResponse,
    TokenAnswer,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

fn client(tenant: &Tenant, origin: &str) -> Result<PageClient, ParseError> {
    Ok(Client::new(ClientId::new(tenant.client_id.clone()))
        .set_auth_uri(AuthUrl::new(format!("{}{}", tenant.origin, route::AUTHORIZE))?)
        .set_token_uri(TokenUrl::new(format!("{}{}", tenant.origin, route::TOKEN))?)
        .set_redirect_uri(RedirectUrl::new(format!("{origin}{}", route::CALLBACK))?))
}

/// Begins a login: the address to ask at, and what to keep until the answer. `origin` is the page's own, `now` in
/// seconds since 1970.
///
/// # Errors
/// [`LoginErrorKind::Settings`] when the tenant's address does not parse.
pub fn authorize_url(
    tenant: &Tenant,
    origin: &str,
    ask: AuthorizationRequest,
    now: i64,
) -> Result<(String, Transaction), LoginError> {
    let AuthorizationRequest { manner, return_to, purpose, connection, login_hint, fresh } = ask;
    let client = client(tenant, origin).map_err(settings_trouble)?;
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let nonce = CsrfToken::new_random().into_secret();
    let mut request = client
        .authorize_url(|| match manner {
            InteractionMode::Popup => popup::popup_state(CsrfToken::new_random()),
            _ => CsrfToken::new_random(),
        })
        .set_pkce_challenge(challenge)
        .add_scopes(SCOPES.iter().map(|scope| oauth2::Scope::new(scope.to_string())))
        .add_extra_param("audience", &tenant.audience)
        .add_extra_param("nonce", &nonce)
        .add_extra_param("max_age", if fresh { "0" } else { ANY_AGE });
    let silent = matches!(manner, InteractionMode::SilentRedirect | InteractionMode::SilentIframe);
    if silent {
        request = request.add_extra_param("prompt", "none");
    }
    if let Some(connection) = &connection {
        request = request.add_extra_param("connection", connection.as_str());
    }
    if let Some(hint) = &login_hint {
        request = request.add_extra_param("login_hint", hint);
    }
    if manner == InteractionMode::SilentIframe {
        request = request.add_extra_param("response_mode", "web_message");
    }
    let (url, state) = request.url();
    let transaction = Transaction {
        state: state.into_secret(),
        nonce,
        verifier: verifier.into_secret(),
        return_to,
        silent,
        since: fresh.then_some(now),
        connection,
        purpose,
    };
    Ok((url.to_string(), transaction))
}

/// Spends `code` for tokens and checks whom they are for. `now` is in seconds since 1970.
///
/// # Errors
/// What went wrong, by what the person can do about it.
pub async fn exchange_code(
    tenant: &Tenant,
    origin: &str,
    code: Code,
    transaction: Transaction,
    now: impl Fn() -> i64,
) -> Result<Authentication, LoginError> {
    let client = client(tenant, origin).map_err(settings_trouble)?;
    let answer = client
        .exchange_code(AuthorizationCode::new(code.into_secret()))
        .set_pkce_verifier(PkceCodeVerifier::new(transaction.verifier))
        .request_async(&http::send)
        .await
        .map_err(exchange_trouble)?;
    let now = now();
    let id_token = answer.extra_fields().id_token.as_deref().unwrap_or_default();
    let claims = check_id_token(id_token, tenant, &transaction.nonce, transaction.since, now)
        .map_err(|reason| LoginError::with(LoginErrorKind::Unproven, reason.to_string()))?;
    let id_token = IdToken::new(id_token.to_owned());
    let (bearer, expires_at) = match tenant.bearer {
        Bearer::AccessToken => (
            answer.access_token().secret().clone(),
            answer.expires_in().and_then(|time| now.checked_add(i64::try_from(time.as_secs()).ok()?)),
        ),
        Bearer::IdToken => (id_token.secret().to_owned(), Some(claims.expires_at)),
    };
    let claimed = claims.profile.0.get(&tenant.identity_claim).and_then(CurrentIdentity::from_claim);
    let account = Credentials {
        current_identity: claimed.or_else(|| {
            transaction.connection.map(|connection| CurrentIdentity { connection, identity: None })
        }),
        person: Person { user_id: claims.user_id, profile: claims.profile },
        bearer: BearerToken::new(bearer),
        expires_at,
        // A proof that was asked for now is as old as this moment, whatever the tenant's clock says.
        auth_time: transaction.since.map(|_| now).or(claims.auth_time),
    };
    Ok(Authentication { account, id_token })
}

fn settings_trouble(error: ParseError) -> LoginError {
    LoginError::with(LoginErrorKind::Settings, error.to_string())
}

fn exchange_trouble(error: RequestTokenError<HttpError, BasicErrorResponse>) -> LoginError {
    match error {
        RequestTokenError::Request(error) => LoginError::with(LoginErrorKind::Offline, error.to_string()),
        RequestTokenError::ServerResponse(refusal) => {
            LoginError::refused(refusal.error().as_ref(), refusal.error_description().map(ToOwned::to_owned))
        }
        // The body stays out of sight: it may hold tokens.
        RequestTokenError::Parse(error, _) => LoginError::with(LoginErrorKind::Malformed, error.to_string()),
        RequestTokenError::Other(reason) => LoginError::with(LoginErrorKind::Malformed, reason),
    }
}

/// What a sound ID token says.
#[derive(Debug)]
struct Claims {
    user_id: UserId,
    expires_at: i64,
    auth_time: Option<i64>,
    profile: Profile,
}

/// Why an ID token proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum IdTokenError {
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

/// The checks of OpenID Connect Core 3.1.3.7, as Auth0's own library makes them. The signature is not one of
/// them: the token came straight from the tenant over TLS (or loopback), which point 6 there accepts.
/// `since` is when the person must have proven at the earliest who they are.
fn check_id_token(
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

/// A place on this origin to go to after signing in: `wanted` when it is a path and nothing else, else the
/// list. `//host` and `/\host` are other hosts to a browser, and the callback itself is no place to return to.
#[must_use]
pub fn safe_return(wanted: &str) -> &str {
    let bytes = wanted.as_bytes();
    let is_path = bytes.first() == Some(&b'/')
        && !matches!(bytes.get(1), Some(b'/' | b'\\'))
        && !wanted.chars().any(char::is_control);
    let path = wanted.split(['?', '#']).next().unwrap_or_default();
    if is_path && path != route::CALLBACK { wanted } else { crate::LIST }
}

#[cfg(test)]
impl Transaction {
    /// A login with a known state.
    pub(super) fn for_test(state: &str, silent: bool) -> Self {
        Self {
            state: state.to_owned(),
            nonce: "n0nce".to_owned(),
            verifier: "verifier".to_owned(),
            return_to: "/linked-accounts".to_owned(),
            silent,
            since: None,
            connection: None,
            purpose: Purpose::SignIn,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

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
        check_id_token(&token(&json!({ "alg": "RS256" }), claims), &tenant(), "n0nce", None, now)
    }

    fn refusal(key: &str, value: Value) -> IdTokenError {
        let mut claims = claims();
        claims[key] = value;
        check(&claims, 1500).unwrap_err()
    }

    fn authorize(ask: AuthorizationRequest) -> (String, Transaction) {
        authorize_url(&tenant(), "http://localhost:3000", ask, 1000).unwrap()
    }

    fn remembered() -> RememberedUser {
        RememberedUser {
            user_id: UserId::new("auth0|1"),
            who: Some("ada@example.com".to_owned()),
            current_identity: None,
        }
    }

    fn parameters(url: &str) -> HashMap<String, String> {
        oauth2::url::Url::parse(url).unwrap().query_pairs().into_owned().collect()
    }

    #[test]
    fn an_authorize_address_carries_everything_the_contract_asks_for() {
        let (url, transaction) =
            authorize(AuthorizationRequest::sign_in(InteractionMode::Redirect, "/x".to_owned()));
        assert!(url.starts_with("http://localhost:3000/authorize?"));
        let parameters = parameters(&url);
        let get = |key: &str| parameters.get(key).map(String::as_str);
        assert_eq!(get("response_type"), Some("code"));
        assert_eq!(get("client_id"), Some("client"));
        assert_eq!(get("redirect_uri"), Some("http://localhost:3000/callback"));
        assert_eq!(
            get("scope"),
            Some(
                "openid profile email read:current_user update:current_user_identities \
                 update:current_user_metadata"
            )
        );
        assert_eq!(get("max_age"), Some(ANY_AGE));
        assert_eq!(get("connection"), None);
        assert_eq!(get("audience"), Some("http://localhost:3000/api/v2/"));
        assert_eq!(get("code_challenge_method"), Some("S256"));
        assert_eq!(get("state"), Some(transaction.state.as_str()));
        assert_eq!(get("nonce"), Some(transaction.nonce.as_str()));
        assert_eq!(get("prompt"), None);
        assert_eq!(get("response_mode"), None);
    }

    #[test]
    fn the_pkce_secret_never_enters_the_address() {
        let (url, transaction) =
            authorize(AuthorizationRequest::sign_in(InteractionMode::Redirect, "/".to_owned()));
        assert!(!url.contains(&transaction.verifier));
    }

    #[test]
    fn a_framed_login_asks_for_a_message_and_no_page() {
        let (url, transaction) =
            authorize(AuthorizationRequest::sign_in(InteractionMode::SilentIframe, "/".to_owned()));
        let parameters = parameters(&url);
        assert_eq!(parameters.get("prompt").map(String::as_str), Some("none"));
        assert_eq!(parameters.get("response_mode").map(String::as_str), Some("web_message"));
        assert!(transaction.silent);
    }

    #[test]
    fn a_login_to_be_linked_is_asked_for_anew_in_its_connection() {
        let wanted = LinkTarget {
            connection: Some(ConnectionName::new("github")),
            hint: Some("adal".to_owned()),
            expected: None,
        };
        let (url, transaction) = authorize(AuthorizationRequest::prove_secondary(
            InteractionMode::Popup,
            "/".to_owned(),
            remembered(),
            wanted,
        ));
        let parameters = parameters(&url);
        let get = |key: &str| parameters.get(key).map(String::as_str);
        assert_eq!(get("max_age"), Some("0"));
        assert_eq!(get("connection"), Some("github"));
        assert_eq!(get("login_hint"), Some("adal"));
        assert_eq!(get("prompt"), None);
        assert!(popup::is_popup_state(&transaction.state) && !transaction.silent);
    }

    #[test]
    fn a_fresh_sign_in_must_be_one() {
        let fresh = |claims: &Value, since| {
            let token = token(&json!({ "alg": "RS256" }), claims);
            check_id_token(&token, &tenant(), "n0nce", Some(since), 1500)
        };
        let mut claims = claims();
        assert_eq!(fresh(&claims, 1400).unwrap_err(), IdTokenError::Age);
        claims["auth_time"] = json!(1340);
        assert_eq!(fresh(&claims, 1400).unwrap().auth_time, Some(1340));
        claims["auth_time"] = json!(1339);
        assert_eq!(fresh(&claims, 1400).unwrap_err(), IdTokenError::Age);
    }

    #[test]
    fn two_logins_share_no_secret() {
        let transaction =
            || authorize(AuthorizationRequest::sign_in(InteractionMode::Redirect, "/".to_owned())).1;
        let (one, other) = (transaction(), transaction());
        assert_ne!(one.state, other.state);
        assert_ne!(one.nonce, other.nonce);
        assert_ne!(one.verifier, other.verifier);
    }

    #[test]
    fn a_login_survives_its_storage_and_prints_nothing() {
        let transaction = Transaction::for_test("st4te", false);
        let again: Transaction = serde_json::from_str(&serde_json::to_string(&transaction).unwrap()).unwrap();
        assert_eq!(again.verifier, "verifier");
        assert_eq!(format!("{again:?}"), "Transaction");
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
            check_id_token(&token, &tenant(), "n0nce", None, 1500).unwrap_err(),
            IdTokenError::Algorithm
        );
    }

    #[test]
    fn a_token_in_another_shape_is_refused() {
        for token in ["", "a.b.c", "e30.e30", "e30.e30.", "e30.e30.c2ln.c2ln"] {
            assert_eq!(
                check_id_token(token, &tenant(), "n0nce", None, 1500).unwrap_err(),
                IdTokenError::Malformed
            );
        }
        for claim in ["sub", "exp", "iat"] {
            assert_eq!(refusal(claim, json!("")), IdTokenError::Malformed, "{claim}");
        }
    }

    #[test]
    fn only_a_path_on_this_origin_is_returned_to() {
        assert_eq!(safe_return("/linked-accounts?a=b#c"), "/linked-accounts?a=b#c");
        for other in ["//evil.example", "/\\evil.example", "https://evil.example", "", "/\t/evil.example"] {
            assert_eq!(safe_return(other), "/linked-accounts", "{other}");
        }
    }

    #[test]
    fn the_callback_is_no_place_to_return_to() {
        assert_eq!(safe_return("/callback?code=1"), "/linked-accounts");
    }
}
