//! Authorization requests, by the `oauth2` crate.

use model::purpose::{CONNECTION_PARAMETER, PURPOSE_PARAMETER, Purpose as DeclaredPurpose};
use model::silent_sign_in::{ANY_AGE, PROMPT, RESPONSE_MODE, SCOPES};
use model::{ConnectionName, route};
use oauth2::basic::{
    BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse, BasicTokenType,
};
use oauth2::url::ParseError;
use oauth2::{
    AuthUrl, Client, ClientId, CsrfToken, EndpointNotSet, EndpointSet, ExtraTokenFields, PkceCodeChallenge,
    RedirectUrl, StandardRevocableToken, StandardTokenResponse, TokenUrl,
};
use serde::{Deserialize, Serialize};

use super::error::{SignInError, SignInErrorKind};
use super::intent::{Declared, LinkTarget, RememberedUser};
use super::transaction::{Purpose, STATE_PREFIX, Transaction};
use crate::settings::Tenant;

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
pub(super) struct IdTokenField {
    pub(super) id_token: Option<String>,
}

impl ExtraTokenFields for IdTokenField {}

pub(super) type TokenResponseWithId = StandardTokenResponse<IdTokenField, BasicTokenType>;
pub(super) type PageClient = Client<
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

/// Returns the client of the `oauth2` crate for this tenant.
///
/// # Errors
/// When an address does not parse.
pub(super) fn client(tenant: &Tenant, origin: &str) -> Result<PageClient, ParseError> {
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

pub(super) fn settings_error(error: ParseError) -> SignInError {
    SignInError::with(SignInErrorKind::Settings, error.to_string())
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use model::UserId;
    use model::silent_sign_in::fixed_parameters;

    use super::super::transaction::is_popup_state;
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
}
