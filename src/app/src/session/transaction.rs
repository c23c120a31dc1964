//! One transaction: from the authorization request to the code exchange, by the `oauth2` crate.

use std::cell::Cell;
use std::fmt;

use model::purpose::{CONNECTION_PARAMETER, PURPOSE_PARAMETER, Purpose as DeclaredPurpose};
use model::settings::Bearer;
use model::silent_sign_in::{ANY_AGE, PROMPT, RESPONSE_MODE, SCOPES};
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
use super::error::{SignInError, SignInErrorKind};
use super::http::{self, HttpError, TokenAnswer};
use super::id_token::{self, IdTokenError};
use super::intent::{Declared, Intent, LinkTarget, RememberedUser, SecondaryAccount};
use crate::settings::Tenant;
use crate::token::{BearerToken, IdToken};

/// The prefix of the `state` of a popup's authorization request. It tells the callback that another page waits for
/// the response.
const STATE_PREFIX: &str = "popup.";

/// An authorization request in flight: what is needed to accept its response. Its Debug prints nothing.
#[derive(Clone, Serialize, Deserialize)]
pub struct Transaction {
    /// Binds the response to this browser (RFC 6749 section 10.12).
    pub state: String,
    /// Binds the ID token to this transaction (OpenID Connect Core 3.1.2.1).
    nonce: String,
    /// The PKCE code verifier (RFC 7636 section 4.1).
    verifier: String,
    /// Where to go after the sign-in: path, query and hash on this origin.
    pub return_to: String,
    /// Whether the request had `prompt=none`.
    pub silent: bool,
    /// When the request was made, by the page's clock, if it was for a fresh sign-in.
    since: Option<i64>,
    /// The requested connection.
    connection: Option<ConnectionName>,
    /// What the sign-in is for.
    pub purpose: Purpose,
}

impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Transaction")
    }
}

/// What a sign-in is for.
#[derive(Clone, Serialize, Deserialize)]
pub enum Purpose {
    /// Signing in to the page.
    SignIn,
    /// A fresh sign-in as this user, for this action.
    Reauthenticate(RememberedUser, Intent),
    /// Proving the identity to link to the account of this user.
    ProveSecondary(RememberedUser, LinkTarget),
    /// A fresh sign-in as the primary user, to link the proven secondary account.
    ReauthenticatePrimary(RememberedUser, LinkTarget, Box<SecondaryAccount>),
}

/// The parameters of an authorization request.
pub struct AuthorizationRequest {
    /// How it is sent.
    pub mode: InteractionMode,
    /// Where to go after the sign-in: path, query and hash on this origin.
    pub return_to: String,
    /// What the sign-in is for.
    pub purpose: Purpose,
    /// The connection to sign in with; `None` lets the person choose.
    pub connection: Option<ConnectionName>,
    /// The `login_hint`.
    pub login_hint: Option<String>,
    /// Whether the person must authenticate now, whatever session there is (`max_age=0`).
    pub fresh: bool,
    /// What the hosted page says that the sign-in is for.
    pub declared: Option<Declared>,
}

impl AuthorizationRequest {
    /// Returns the request of an ordinary sign-in.
    #[must_use]
    pub fn sign_in(mode: InteractionMode, return_to: String) -> Self {
        Self {
            mode,
            return_to,
            purpose: Purpose::SignIn,
            connection: None,
            login_hint: None,
            fresh: false,
            declared: None,
        }
    }

    /// Returns the request of a fresh sign-in as `remembered`.
    #[must_use]
    pub fn reauthenticate(
        mode: InteractionMode,
        remembered: &RememberedUser,
        purpose: Purpose,
        declared: Option<Declared>,
    ) -> Self {
        let connection =
            remembered.current_identity.as_ref().map(|current_identity| current_identity.connection.clone());
        let (return_to, login_hint) = (String::new(), remembered.hint());
        Self { mode, return_to, purpose, connection, login_hint, fresh: true, declared }
    }

    /// Returns the request of a fresh sign-in with the identity `wanted`, to link it to the account of `first`.
    #[must_use]
    pub fn prove_secondary(mode: InteractionMode, first: RememberedUser, wanted: LinkTarget) -> Self {
        let (connection, login_hint) = (wanted.connection.clone(), wanted.hint.clone());
        let declared = Some(Declared {
            purpose: if wanted.expected.is_some() { DeclaredPurpose::Undo } else { DeclaredPurpose::Link },
            connection: None,
        });
        let purpose = Purpose::ProveSecondary(first, wanted);
        let return_to = String::new();
        Self { mode, return_to, purpose, connection, login_hint, fresh: true, declared }
    }
}

/// How an authorization request is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InteractionMode {
    /// By redirect. The tenant may show its login page.
    Redirect,
    /// By redirect with `prompt=none`.
    SilentRedirect,
    /// In a hidden frame with `prompt=none`, which responds by a message.
    SilentIframe,
    /// In a popup, which returns to the page's callback.
    Popup,
}

/// The ID token, which is beside the standard members of a token response.
#[derive(Debug, Serialize, Deserialize)]
struct IdTokenField {
    id_token: Option<String>,
}

impl ExtraTokenFields for IdTokenField {}

type TokenResponseWithId = StandardTokenResponse<IdTokenField, BasicTokenType>;
type PageClient = Client<
    BasicErrorResponse,
    TokenResponseWithId,
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

/// Returns the URL of an authorization request and its transaction. `origin` is the page's own, `now` the
/// time of the page's clock.
///
/// # Errors
/// [`SignInErrorKind::Settings`] when the tenant's address does not parse.
pub fn authorize_url(
    tenant: &Tenant,
    origin: &str,
    request: AuthorizationRequest,
    now: i64,
) -> Result<(String, Transaction), SignInError> {
    let AuthorizationRequest { mode, return_to, purpose, connection, login_hint, fresh, declared } = request;
    let client = client(tenant, origin).map_err(settings_error)?;
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let nonce = CsrfToken::new_random().into_secret();
    let mut request = client
        .authorize_url(|| match mode {
            InteractionMode::Popup => popup_state(CsrfToken::new_random()),
            _ => CsrfToken::new_random(),
        })
        .set_pkce_challenge(challenge)
        .add_scopes(SCOPES.iter().map(|scope| oauth2::Scope::new(scope.to_string())))
        .add_extra_param("audience", &tenant.audience)
        .add_extra_param("nonce", &nonce)
        .add_extra_param("max_age", if fresh { "0" } else { ANY_AGE });
    let silent = matches!(mode, InteractionMode::SilentRedirect | InteractionMode::SilentIframe);
    if silent {
        request = request.add_extra_param("prompt", PROMPT);
    }
    if let Some(connection) = &connection {
        request = request.add_extra_param("connection", connection.as_str());
    }
    if let Some(hint) = &login_hint {
        request = request.add_extra_param("login_hint", hint);
    }
    if let Some(declared) = &declared {
        request = request.add_extra_param(PURPOSE_PARAMETER, declared.purpose.as_str());
        if let Some(connection) = &declared.connection {
            request = request.add_extra_param(CONNECTION_PARAMETER, connection.as_str());
        }
    }
    if mode == InteractionMode::SilentIframe {
        request = request.add_extra_param("response_mode", RESPONSE_MODE);
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

/// Returns whether `state` belongs to a popup's authorization request.
#[must_use]
pub fn is_popup_state(state: &str) -> bool {
    state.starts_with(STATE_PREFIX)
}

/// What follows from an accepted response.
#[derive(Debug, PartialEq, Eq)]
pub enum CallbackOutcome {
    /// Exchange this code.
    Exchange(Code),
    /// The tenant has no session. Only a silent request ends so, and it is not an error.
    NoSession,
}

impl Transaction {
    /// Returns the transaction of a silent sign-in that was sent with these secrets.
    #[must_use]
    pub fn silent(state: String, nonce: String, verifier: String) -> Self {
        Self {
            state,
            nonce,
            verifier,
            return_to: String::new(),
            silent: true,
            since: None,
            connection: None,
            purpose: Purpose::SignIn,
        }
    }

    /// Accepts a response to this transaction, which must be its first.
    ///
    /// # Errors
    /// Those of [`accept`].
    pub fn accept(&self, response: AuthorizationResponse) -> Result<CallbackOutcome, SignInError> {
        accept(Some(self), response)
    }
}

/// Accepts a response to `transaction`, as [`Transaction::accept`]. Without a transaction, every response is refused.
///
/// # Errors
/// [`SignInErrorKind::Stale`] for a response to no transaction or to another one; otherwise the error of the response.
/// Its description is passed on only if the state matches, so that a crafted link cannot show a text on this page.
pub fn accept(
    transaction: Option<&Transaction>,
    response: AuthorizationResponse,
) -> Result<CallbackOutcome, SignInError> {
    let AuthorizationResponse { state, answer } = response;
    let transaction = transaction.filter(|transaction| state.as_deref() == Some(transaction.state.as_str()));
    match (answer, transaction) {
        (Ok(code), Some(_)) => Ok(CallbackOutcome::Exchange(Code(code))),
        (Err((error, _)), Some(transaction)) if transaction.silent && requires_interaction(&error) => {
            Ok(CallbackOutcome::NoSession)
        }
        (Err((error, description)), Some(_)) => Err(SignInError::refused(&error, description)),
        (Err((error, _)), None) if error == "access_denied" => Err(SignInError::refused(&error, None)),
        (_, None) => Err(SignInErrorKind::Stale.into()),
    }
}

/// Whether an error of a silent authorization request means that the tenant would have to show a page (OpenID
/// Connect Core 3.1.2.6).
fn requires_interaction(error: &str) -> bool {
    matches!(
        error,
        "login_required"
            | "consent_required"
            | "interaction_required"
            | "account_selection_required"
            | "mfa_required"
    )
}

/// Exchanges `code` for tokens and checks the ID token. `now` returns the time of the page's clock. `received` is what the
/// token endpoint answered already; then nothing is sent.
///
/// # Errors
/// [`SignInErrorKind::Offline`], [`SignInErrorKind::Malformed`] or the tenant's error when there are no tokens,
/// [`SignInErrorKind::Unproven`] when the ID token fails a check, [`SignInErrorKind::Settings`] when it is from another issuer
/// than the settings say.
pub async fn exchange_code(
    tenant: &Tenant,
    origin: &str,
    code: Code,
    transaction: Transaction,
    now: impl Fn() -> i64,
    received: Option<Result<TokenAnswer, gloo_net::Error>>,
) -> Result<Authentication, SignInError> {
    let client = client(tenant, origin).map_err(settings_error)?;
    let at = received.as_ref().and_then(|answer| Some(answer.as_ref().ok()?.at));
    let received = Cell::new(received);
    let response = client
        .exchange_code(AuthorizationCode::new(code.into_secret()))
        .set_pkce_verifier(PkceCodeVerifier::new(transaction.verifier))
        .request_async(&|request| http::send(request, received.take()))
        .await
        .map_err(exchange_error)?;
    let now = at.unwrap_or_else(now);
    let id_token = response.extra_fields().id_token.as_deref().unwrap_or_default();
    let within = transaction.since.map(|since| now.saturating_sub(since).max(0));
    let claims = id_token::check(id_token, tenant, &transaction.nonce, within).map_err(unproven)?;
    let id_token = IdToken::new(id_token.to_owned());
    let (bearer, expires_at) = match tenant.bearer {
        Bearer::AccessToken => (
            response.access_token().secret().clone(),
            response.expires_in().and_then(|time| now.checked_add(i64::try_from(time.as_secs()).ok()?)),
        ),
        Bearer::IdToken => (id_token.secret().to_owned(), now.checked_add(claims.lifetime)),
    };
    let claimed = claims.profile.0.get(&tenant.identity_claim).and_then(CurrentIdentity::from_claim);
    // A tenant that grants what was requested need not say so (RFC 6749 section 5.1).
    let may_set_metadata = tenant.bearer == Bearer::IdToken
        || response.scopes().is_none_or(|granted| granted.iter().any(may_set_metadata));
    let account = Credentials {
        may_set_metadata,
        current_identity: claimed.or_else(|| {
            transaction.connection.map(|connection| CurrentIdentity { connection, identity: None })
        }),
        person: Person { user_id: claims.user_id, profile: claims.profile },
        bearer: BearerToken::new(bearer),
        expires_at,
        // A requested fresh sign-in counts from now.
        auth_time: transaction.since.map(|_| now).or_else(|| now.checked_sub(claims.age?)),
        tenant_ahead: claims.issued_at.saturating_sub(now),
        proven: None,
    };
    Ok(Authentication { account, id_token })
}

/// Whether a scope permits changes of the user's metadata (contract [A4](model::contract#a4)).
fn may_set_metadata(scope: &oauth2::Scope) -> bool {
    let permits = [Scope::UPDATE_CURRENT_USER_METADATA, Scope::CREATE_CURRENT_USER_METADATA];
    permits.iter().any(|permitting| permitting.as_str() == scope.as_str())
}

fn unproven(reason: IdTokenError) -> SignInError {
    let kind = match reason {
        IdTokenError::Issuer(..) | IdTokenError::IssuerSlash(..) => SignInErrorKind::Settings,
        _ => SignInErrorKind::Unproven,
    };
    SignInError::with(kind, reason.to_string())
}

fn settings_error(error: ParseError) -> SignInError {
    SignInError::with(SignInErrorKind::Settings, error.to_string())
}

fn exchange_error(error: RequestTokenError<HttpError, BasicErrorResponse>) -> SignInError {
    match error {
        RequestTokenError::Request(error) => SignInError::with(SignInErrorKind::Offline, error.to_string()),
        RequestTokenError::ServerResponse(refusal) => {
            SignInError::refused(refusal.error().as_ref(), refusal.error_description().map(ToOwned::to_owned))
        }
        // Without the body, which may contain tokens.
        RequestTokenError::Parse(error, _) => {
            SignInError::with(SignInErrorKind::Malformed, error.to_string())
        }
        RequestTokenError::Other(reason) => SignInError::with(SignInErrorKind::Malformed, reason),
    }
}

#[cfg(test)]
impl Transaction {
    /// A login with a known state.
    pub(super) fn for_test(state: &str, silent: bool) -> Self {
        let transaction = Self::silent(state.to_owned(), "n0nce".to_owned(), "verifier".to_owned());
        Self { return_to: "/linked-accounts".to_owned(), silent, ..transaction }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use model::UserId;
    use model::silent_sign_in::fixed_parameters;

    use super::*;

    fn tenant() -> Tenant {
        let settings = r#"{"domain":"http://localhost:3000","clientId":"client"}"#;
        Tenant::new(serde_json::from_str(settings).unwrap()).unwrap()
    }

    fn authorize(request: AuthorizationRequest) -> (String, Transaction) {
        authorize_url(&tenant(), "http://localhost:3000", request, 1000).unwrap()
    }

    fn remembered() -> RememberedUser {
        RememberedUser {
            user_id: UserId::new("auth0|1"),
            account_name: Some("ada@example.com".to_owned()),
            current_identity: None,
            proven: None,
        }
    }

    fn parameters(url: &str) -> HashMap<String, String> {
        oauth2::url::Url::parse(url).unwrap().query_pairs().into_owned().collect()
    }

    #[test]
    fn an_authorize_url_has_all_parameters_that_the_contract_requires() {
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
    fn the_pkce_verifier_is_never_in_the_url() {
        let (url, transaction) =
            authorize(AuthorizationRequest::sign_in(InteractionMode::Redirect, "/".to_owned()));
        assert!(!url.contains(&transaction.verifier));
    }

    #[test]
    fn a_request_in_a_frame_requires_a_message_and_no_page() {
        let (url, transaction) =
            authorize(AuthorizationRequest::sign_in(InteractionMode::SilentIframe, "/".to_owned()));
        let mut parameters = parameters(&url);
        assert_eq!(parameters.get("prompt").map(String::as_str), Some("none"));
        assert_eq!(parameters.get("response_mode").map(String::as_str), Some("web_message"));
        assert!(transaction.silent);
        // The early start sends the same.
        for (name, value) in fixed_parameters() {
            assert_eq!(parameters.remove(name), Some(value), "{name}");
        }
        let mut others: Vec<_> = parameters.into_keys().collect();
        others.sort();
        let named = ["audience", "client_id", "code_challenge", "nonce", "redirect_uri", "state"];
        assert_eq!(others, named);
    }

    #[test]
    fn a_secondary_account_is_proven_by_a_fresh_sign_in_with_its_connection() {
        let wanted = LinkTarget {
            connection: Some(ConnectionName::new("github")),
            hint: Some("adal".to_owned()),
            expected: None,
        };
        let (url, transaction) =
            authorize(AuthorizationRequest::prove_secondary(InteractionMode::Popup, remembered(), wanted));
        let parameters = parameters(&url);
        let get = |key: &str| parameters.get(key).map(String::as_str);
        assert_eq!(get("max_age"), Some("0"));
        assert_eq!(get("connection"), Some("github"));
        assert_eq!(get("login_hint"), Some("adal"));
        assert_eq!(get("ext-purpose"), Some("link"));
        assert_eq!(get("prompt"), None);
        assert!(is_popup_state(&transaction.state) && !transaction.silent);
    }

    #[test]
    fn two_transactions_share_no_secret() {
        let transaction =
            || authorize(AuthorizationRequest::sign_in(InteractionMode::Redirect, "/".to_owned())).1;
        let (one, other) = (transaction(), transaction());
        assert_ne!(one.state, other.state);
        assert_ne!(one.nonce, other.nonce);
        assert_ne!(one.verifier, other.verifier);
    }

    #[test]
    fn a_transaction_survives_serialization_and_prints_nothing() {
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

    fn kind(parameters: &[(&str, &str)], transaction: Option<&Transaction>) -> SignInErrorKind {
        accept(transaction, response(parameters)).unwrap_err().kind
    }

    #[test]
    fn a_code_with_the_right_state_is_exchanged() {
        let outcome = transaction(false).accept(response(&[("code", "c0de"), ("state", "st4te")])).unwrap();
        assert_eq!(outcome, CallbackOutcome::Exchange(Code("c0de".to_owned())));
    }

    #[test]
    fn a_wrong_or_missing_state_is_refused() {
        let transaction = transaction(false);
        assert_eq!(kind(&[("code", "c"), ("state", "other")], Some(&transaction)), SignInErrorKind::Stale);
        assert_eq!(kind(&[("code", "c")], Some(&transaction)), SignInErrorKind::Stale);
    }

    #[test]
    fn a_response_without_a_transaction_is_refused() {
        assert_eq!(kind(&[("code", "c"), ("state", "st4te")], None), SignInErrorKind::Stale);
    }

    #[test]
    fn a_cancelled_sign_in_is_denied() {
        let parameters = [("error", "access_denied"), ("error_description", "No"), ("state", "st4te")];
        let error = transaction(false).accept(response(&parameters)).unwrap_err();
        assert_eq!(error.kind, SignInErrorKind::Denied);
        assert_eq!(error.details.as_deref(), Some("access_denied: No"));
    }

    #[test]
    fn a_crafted_link_shows_no_text_on_the_page() {
        let parameters = [("error", "access_denied"), ("error_description", "Call this number")];
        let error = accept(None, response(&parameters)).unwrap_err();
        assert_eq!(error.details.as_deref(), Some("access_denied"));
    }

    #[test]
    fn a_silent_sign_in_without_session_is_not_an_error() {
        let parameters = [("error", "login_required"), ("state", "st4te")];
        assert_eq!(transaction(true).accept(response(&parameters)), Ok(CallbackOutcome::NoSession));
        assert_eq!(kind(&parameters, Some(&transaction(false))), SignInErrorKind::Refused);
    }

    #[test]
    fn a_response_of_a_popup_is_accepted_like_any_other() {
        let posted =
            serde_json::to_string(&response(&[("state", "popup.x"), ("error", "access_denied")])).unwrap();
        let received = serde_json::from_str(&posted).unwrap();
        let error = Transaction::for_test("popup.x", false).accept(received).unwrap_err();
        assert_eq!(error.kind, SignInErrorKind::Denied);
    }

    #[test]
    fn only_a_marked_state_belongs_to_a_popup() {
        assert!(is_popup_state("popup.x"));
        assert!(!is_popup_state("x"));
    }
}
