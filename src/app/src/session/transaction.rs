//! One login: the authorize address that begins it and the exchange that ends it, by the oauth2 crate, and
//! the check of the ID token.

use std::fmt;

use model::settings::Bearer;
use model::{ConnectionName, Scope, route};
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

use super::authorization_response::{AuthorizationResponse, Code};
use super::credentials::{Authentication, Credentials, CurrentIdentity, Person};
use super::error::{LoginError, LoginErrorKind};
use super::http::{self, HttpError};
use super::id_token;
use super::intent::{Intent, LinkTarget, RememberedUser, SecondaryAccount};
use crate::settings::Tenant;
use crate::token::{BearerToken, IdToken};

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

/// The prefix of the `state` of a popup's authorization request: by it the callback knows that another page waits
/// for the response.
const STATE_PREFIX: &str = "popup.";

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
            InteractionMode::Popup => popup_state(CsrfToken::new_random()),
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

/// Marks the `state` of a popup's authorization request.
fn popup_state(state: CsrfToken) -> CsrfToken {
    CsrfToken::new(format!("{STATE_PREFIX}{}", state.into_secret()))
}

/// Whether `state` is that of a popup's authorization request.
#[must_use]
pub fn is_popup_state(state: &str) -> bool {
    state.starts_with(STATE_PREFIX)
}

/// What to do with a response.
#[derive(Debug, PartialEq, Eq)]
pub enum CallbackOutcome {
    /// Spend this code.
    Exchange(Code),
    /// A silent sign-in found that the tenant has no session: nobody is signed in, and nothing is wrong.
    NoSession,
}

impl Transaction {
    /// Accepts a response that answers this transaction, which this browser began and nothing has answered before.
    ///
    /// # Errors
    /// Those of [`accept`].
    pub fn accept(&self, response: AuthorizationResponse) -> Result<CallbackOutcome, LoginError> {
        accept(Some(self), response)
    }
}

/// Accepts a response that answers `transaction`, as [`Transaction::accept`]; without a transaction every response
/// is refused.
///
/// # Errors
/// [`LoginErrorKind::Stale`] for a response to no transaction or to another one; the tenant's own refusal otherwise.
/// A description is passed on only when the state matches, so that nobody can put words on this page by a crafted
/// link.
pub fn accept(
    transaction: Option<&Transaction>,
    response: AuthorizationResponse,
) -> Result<CallbackOutcome, LoginError> {
    let AuthorizationResponse { state, answer } = response;
    let transaction = transaction.filter(|transaction| state.as_deref() == Some(transaction.state.as_str()));
    match (answer, transaction) {
        (Ok(code), Some(_)) => Ok(CallbackOutcome::Exchange(Code(code))),
        (Err((error, _)), Some(transaction)) if transaction.silent && needs_a_person(&error) => {
            Ok(CallbackOutcome::NoSession)
        }
        (Err((error, description)), Some(_)) => Err(LoginError::refused(&error, description)),
        (Err((error, _)), None) if error == "access_denied" => Err(LoginError::refused(&error, None)),
        (_, None) => Err(LoginErrorKind::Stale.into()),
    }
}

/// Whether an error of a silent authorization request means that the tenant would have to show a page (OpenID
/// Connect Core 3.1.2.6).
fn needs_a_person(error: &str) -> bool {
    matches!(
        error,
        "login_required"
            | "consent_required"
            | "interaction_required"
            | "account_selection_required"
            | "mfa_required"
    )
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
    let claims = id_token::check(id_token, tenant, &transaction.nonce, transaction.since, now)
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

    use model::UserId;

    use super::*;

    fn tenant() -> Tenant {
        let settings = r#"{"domain":"http://localhost:3000","clientId":"client"}"#;
        Tenant::new(serde_json::from_str(settings).unwrap()).unwrap()
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
        assert!(is_popup_state(&transaction.state) && !transaction.silent);
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

    fn response(parameters: &[(&str, &str)]) -> AuthorizationResponse {
        AuthorizationResponse::read(|name| {
            parameters.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
        .unwrap()
    }

    fn transaction(silent: bool) -> Transaction {
        Transaction::for_test("st4te", silent)
    }

    fn kind(parameters: &[(&str, &str)], transaction: Option<&Transaction>) -> LoginErrorKind {
        accept(transaction, response(parameters)).unwrap_err().kind
    }

    #[test]
    fn a_code_with_the_right_state_is_spent() {
        let outcome = transaction(false).accept(response(&[("code", "c0de"), ("state", "st4te")])).unwrap();
        assert_eq!(outcome, CallbackOutcome::Exchange(Code("c0de".to_owned())));
    }

    #[test]
    fn a_wrong_or_missing_state_is_refused() {
        let transaction = transaction(false);
        assert_eq!(kind(&[("code", "c"), ("state", "other")], Some(&transaction)), LoginErrorKind::Stale);
        assert_eq!(kind(&[("code", "c")], Some(&transaction)), LoginErrorKind::Stale);
    }

    #[test]
    fn a_response_without_a_transaction_is_refused() {
        assert_eq!(kind(&[("code", "c"), ("state", "st4te")], None), LoginErrorKind::Stale);
    }

    #[test]
    fn a_cancelled_sign_in_is_called_that() {
        let parameters = [("error", "access_denied"), ("error_description", "No"), ("state", "st4te")];
        let error = transaction(false).accept(response(&parameters)).unwrap_err();
        assert_eq!(error.kind, LoginErrorKind::Denied);
        assert_eq!(error.details.as_deref(), Some("access_denied: No"));
    }

    #[test]
    fn a_crafted_link_puts_no_words_on_the_page() {
        let parameters = [("error", "access_denied"), ("error_description", "Call this number")];
        let error = accept(None, response(&parameters)).unwrap_err();
        assert_eq!(error.details.as_deref(), Some("access_denied"));
    }

    #[test]
    fn a_silent_sign_in_without_session_is_no_failure() {
        let parameters = [("error", "login_required"), ("state", "st4te")];
        assert_eq!(transaction(true).accept(response(&parameters)), Ok(CallbackOutcome::NoSession));
        assert_eq!(kind(&parameters, Some(&transaction(false))), LoginErrorKind::Refused);
    }

    #[test]
    fn a_popups_response_is_judged_like_any_other() {
        let posted =
            serde_json::to_string(&response(&[("state", "popup.x"), ("error", "access_denied")])).unwrap();
        let received = serde_json::from_str(&posted).unwrap();
        let error = Transaction::for_test("popup.x", false).accept(received).unwrap_err();
        assert_eq!(error.kind, LoginErrorKind::Denied);
    }

    #[test]
    fn only_the_state_of_a_popup_is_one() {
        assert!(is_popup_state("popup.x"));
        assert!(!is_popup_state("x"));
    }
}
