//! Authorization requests and their validation (RFC 6749 section 4.1.1, RFC 7636, contract
//! [C1](model::contract#c1)).

use model::purpose::{CONNECTION_PARAMETER, PURPOSE_PARAMETER, Purpose};
use model::{ConnectionName, Scope, Scopes, UserId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::audience::{AccessRefusal, UserAccess};
use crate::configuration::allowed_url::{is_callback, is_origin};
use crate::configuration::{Client, ClientAuthentication, Configuration};
use crate::issuer::Issuer;
use crate::keys::SigningKeys;
use crate::origin::origin_of;
use crate::token::verify_id_token_hint;

/// The maximum length of `state`, in bytes. Responses repeat it in a URL.
const STATE_LENGTH: usize = 2048;

/// The maximum length of `redirect_uri`, in bytes. Its query may be the application's own.
const REDIRECT_URI_LENGTH: usize = 2048;

/// The maximum lengths of the other parameters, in bytes. Each is stored as it is until the person has signed in, so a
/// longer one is refused by its name. ID tokens repeat the nonce and must fit into a query.
const LENGTHS: [(&str, usize); 11] = [
    ("nonce", 2048),
    ("scope", 4096),
    ("audience", 1024),
    ("login_hint", 1024),
    ("connection", 128),
    ("code_challenge", 128),
    ("code_challenge_method", 128),
    ("prompt", 128),
    ("screen_hint", 128),
    ("max_age", 128),
    ("response_mode", 128),
];

/// How a response is transported to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ResponseMode {
    /// In the query of the redirect.
    Query,
    /// In the fragment of the redirect, which is not sent to servers.
    Fragment,
    /// In a form that the browser posts (OAuth 2.0 Form Post Response Mode).
    FormPost,
    /// In a message to the window that opened the request (contract [C2](model::contract#c2)).
    WebMessage,
}

/// What the client requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ResponseType {
    /// A code, to be exchanged for tokens.
    #[default]
    Code,
    /// Only an ID token, in the response itself (OpenID Connect Core 3.2).
    IdToken,
    /// A code, and an ID token in the response itself (OpenID Connect Core 3.3).
    CodeIdToken,
}

impl ResponseType {
    /// Parses `response_type`, a list in any order. `None` for others than these three.
    fn parse(text: Option<&str>) -> Option<Self> {
        let mut values: Vec<&str> = text?.split_ascii_whitespace().collect();
        values.sort_unstable();
        match values[..] {
            ["code"] => Some(Self::Code),
            ["id_token"] => Some(Self::IdToken),
            ["code", "id_token"] => Some(Self::CodeIdToken),
            _ => None,
        }
    }

    /// Returns the grant types that the client must be allowed to use.
    fn grant_types(self) -> &'static [&'static str] {
        match self {
            Self::Code => &["authorization_code"],
            Self::IdToken => &["implicit"],
            Self::CodeIdToken => &["authorization_code", "implicit"],
        }
    }

    /// Returns whether the response has a code.
    pub(crate) fn has_code(self) -> bool {
        self != Self::IdToken
    }

    /// Returns whether the response has an ID token.
    pub(crate) fn has_id_token(self) -> bool {
        self != Self::Code
    }
}

/// The interaction that the client requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Prompt {
    /// None: respond at once, with an error if necessary.
    None,
    /// A new sign-in, even if there is a session.
    Login,
}

/// Where and how to respond. It is known before the rest of the request is validated, so that errors can be
/// sent there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReplyTo {
    pub(crate) redirect_uri: String,
    pub(crate) mode: ResponseMode,
    pub(crate) state: Option<String>,
}

/// A valid authorization request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AuthorizationRequest {
    pub(crate) client_id: String,
    pub(crate) reply_to: ReplyTo,
    #[serde(default)]
    pub(crate) response_type: ResponseType,
    pub(crate) scopes: Scopes,
    pub(crate) audience: Option<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) code_challenge: Option<String>,
    pub(crate) prompt: Option<Prompt>,
    /// Whether to ask for the consent of the person even if it was given before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) ask_consent: bool,
    pub(crate) max_age: Option<u64>,
    /// Whether to show the sign-up page first.
    #[serde(default)]
    pub(crate) sign_up: bool,
    pub(crate) login_hint: Option<String>,
    pub(crate) connection: Option<String>,
    /// Whom the response must be about.
    #[serde(default)]
    pub(crate) subject: Option<RequiredSubject>,
    /// What the sign-in is for, as far as the application says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) purpose: Option<RequestPurpose>,
}

/// What a sign-in is for (contract [G100](model::contract#g100)).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RequestPurpose {
    pub(crate) kind: Purpose,
    /// The connection of the login that it is about, if it is one of the application's.
    pub(crate) connection: Option<ConnectionName>,
}

impl RequestPurpose {
    /// Reads the parameters. What is outside of the vocabulary, or names a connection that the client may not use, is ignored, as
    /// Auth0 ignores all of them.
    fn read(
        configuration: &Configuration,
        client: &Client,
        text: &dyn Fn(&str) -> Option<String>,
    ) -> Option<Self> {
        let kind = Purpose::parse(&text(PURPOSE_PARAMETER)?)?;
        let connection = text(CONNECTION_PARAMETER)
            .and_then(|name| configuration.connection(&name))
            .filter(|connection| connection.is_enabled_for(&client.client_id))
            .map(|connection| connection.name.clone());
        Some(Self { kind, connection })
    }
}

/// Whom a response must be about: whom `id_token_hint` names (OpenID Connect Core 3.1.2.1), and once there are tokens,
/// whom the first of them names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RequiredSubject {
    /// This user.
    User(UserId),
    /// Somebody in an ID token that this tenant cannot verify any more. No session is known to be theirs.
    Unknown,
}

/// An authorization request without a trusted redirect URI. The error is shown on a page of the tenant (RFC
/// 6749 section 4.1.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InvalidAuthorizationRequest {
    /// The query cannot be read, or has a duplicate parameter.
    Malformed,
    /// The state is too long to be repeated.
    StateTooLong,
    /// The redirect URI is too long to be stored.
    RedirectUriTooLong,
    /// The client does not exist.
    UnknownClient,
    /// The redirect URI is not one of the client's.
    CallbackMismatch,
    /// The origin of the redirect URI is not allowed to receive messages.
    OriginMismatch,
    /// The request object cannot be verified, and nothing beside it says where to send the error.
    RequestObject,
    /// The `request_uri` is unknown, used, expired or of another client.
    RequestUri,
}

/// An error response to the client (RFC 6749 section 4.1.2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AuthorizationError {
    pub(crate) error: &'static str,
    pub(crate) description: String,
}

impl AuthorizationError {
    pub(crate) fn new(error: &'static str, description: impl Into<String>) -> Self {
        Self { error, description: description.into() }
    }
}

impl From<AccessRefusal> for AuthorizationError {
    /// The errors of contract [C8](model::contract#c8).
    fn from(refusal: AccessRefusal) -> Self {
        match refusal {
            AccessRefusal::UnknownService(audience) => {
                Self::new("access_denied", format!("Service not found: {audience}"))
            }
            AccessRefusal::Ungranted { client_id, audience }
            | AccessRefusal::Closed { client_id, audience } => {
                let description = format!(
                    "Client \"{client_id}\" is not authorized to access resource server \"{audience}\"."
                );
                Self::new("invalid_request", description)
            }
        }
    }
}

/// A valid request, or an error and where to send it.
pub(crate) type Checked = Result<AuthorizationRequest, (ReplyTo, AuthorizationError)>;

impl AuthorizationRequest {
    /// Validates the parameters of an authorization request. Those of a request object are validated in its place, see
    /// [`request_object`](super::request_object).
    pub(crate) fn read(
        configuration: &Configuration,
        issuer: &Issuer,
        keys: &SigningKeys,
        query: &Map<String, Value>,
    ) -> Result<Checked, InvalidAuthorizationRequest> {
        let text = |key: &str| query.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        let owned = |key: &str| text(key).map(str::to_owned);

        let client = text("client_id")
            .and_then(|id| configuration.client(id))
            .ok_or(InvalidAuthorizationRequest::UnknownClient)?;
        if text("redirect_uri").is_some_and(|uri| uri.len() > REDIRECT_URI_LENGTH) {
            return Err(InvalidAuthorizationRequest::RedirectUriTooLong);
        }
        let redirect_uri = text("redirect_uri")
            .filter(|uri| client.callbacks.iter().any(|callback| is_callback(callback, uri)))
            .ok_or(InvalidAuthorizationRequest::CallbackMismatch)?;
        // The response to a longer one could not be matched to its request.
        if text("state").is_some_and(|state| state.len() > STATE_LENGTH) {
            return Err(InvalidAuthorizationRequest::StateTooLong);
        }
        let response_type = ResponseType::parse(text("response_type"));
        let (mode, otherwise) = response_mode(text("response_mode"), response_type, redirect_uri);
        if mode == Ok(ResponseMode::WebMessage) && !may_receive_messages(client, redirect_uri) {
            return Err(InvalidAuthorizationRequest::OriginMismatch);
        }
        let reply_to = ReplyTo {
            redirect_uri: redirect_uri.to_owned(),
            mode: *mode.as_ref().unwrap_or(&otherwise),
            state: owned("state"),
        };

        let checked = mode.and_then(|_| {
            let is_too_long =
                |(name, most): &&(&str, usize)| text(name).is_some_and(|text| text.len() > *most);
            if let Some((name, most)) = LENGTHS.iter().find(is_too_long) {
                let description = format!("The {name} is too long, maximum {most}");
                return Err(AuthorizationError::new("invalid_request", description));
            }
            if query.get("registration").is_some_and(|value| *value != "") {
                let description = "Clients cannot register themselves in a request";
                return Err(AuthorizationError::new("registration_not_supported", description));
            }
            let response_type = response_type.ok_or_else(|| {
                let description = "Unsupported response type: ask for code, id_token or code id_token";
                AuthorizationError::new("unsupported_response_type", description)
            })?;
            let mut grant_types = response_type.grant_types().iter();
            if let Some(grant_type) = grant_types.find(|grant_type| !client.may_use(grant_type)) {
                let description = format!("Grant type '{grant_type}' not allowed for the client.");
                return Err(AuthorizationError::new("unauthorized_client", description));
            }
            let audience = owned("audience").or_else(|| configuration.options().default_audience.clone());
            let purpose = RequestPurpose::read(configuration, client, &owned);
            let mut scopes = UserAccess::find(configuration, issuer, client, audience.as_deref())?
                .grantable(&Scopes::parse(text("scope").unwrap_or("")));
            // A proof outlives nothing.
            if purpose.as_ref().is_some_and(|purpose| purpose.kind.is_proof()) {
                scopes = scopes.iter().filter(|scope| **scope != Scope::OFFLINE_ACCESS).cloned().collect();
            }
            // The nonce binds the token to the request (OpenID Connect Core 3.2.2.1).
            if response_type.has_id_token() && text("nonce").is_none() {
                let description = "Missing required parameter: nonce";
                return Err(AuthorizationError::new("invalid_request", description));
            }
            if response_type.has_id_token() && !scopes.contains(&Scope::OPENID) {
                return Err(AuthorizationError::new("invalid_request", "An ID token takes the scope openid"));
            }
            let code_challenge = if response_type.has_code() {
                challenge(client, text("code_challenge"), text("code_challenge_method"))?
            } else {
                None
            };
            let connection = owned("connection");
            if let Some(name) = &connection {
                let known = configuration.connection(name);
                if known.is_none_or(|connection| !connection.is_enabled_for(&client.client_id)) {
                    return Err(AuthorizationError::new("invalid_request", "the connection was not found"));
                }
            }
            Ok(Self {
                client_id: client.client_id.clone(),
                reply_to: reply_to.clone(),
                response_type,
                scopes,
                audience,
                nonce: owned("nonce"),
                code_challenge,
                prompt: prompt(text("prompt"))?,
                ask_consent: has_prompt(text("prompt"), "consent"),
                max_age: text("max_age")
                    .map(|age| {
                        age.parse().map_err(|_| AuthorizationError::new("invalid_request", "Invalid max_age"))
                    })
                    .transpose()?,
                sign_up: text("screen_hint") == Some("signup") || has_prompt(text("prompt"), "create"),
                login_hint: owned("login_hint"),
                connection,
                subject: text("id_token_hint").map(|hint| {
                    let claims = verify_id_token_hint(keys, issuer.as_str(), hint);
                    claims.map_or(RequiredSubject::Unknown, |claims| {
                        RequiredSubject::User(UserId::new(claims.sub))
                    })
                }),
                purpose,
            })
        });
        Ok(checked.map_err(|refusal| (reply_to, refusal)))
    }

    /// Returns what the exchange of a code needs of the request. The rest is not stored any longer.
    pub(crate) fn for_code(&self) -> Self {
        let reply_to = ReplyTo { state: None, ..self.reply_to.clone() };
        Self {
            reply_to,
            login_hint: None,
            connection: None,
            sign_up: false,
            ask_consent: false,
            purpose: None,
            ..self.clone()
        }
    }

    /// Returns what later refreshes need of the request: who may get which scopes at which API, about this user. The rest
    /// is not stored any longer.
    pub(crate) fn for_refresh(&self, user_id: &UserId) -> Self {
        let reply_to = ReplyTo { redirect_uri: String::new(), ..self.for_code().reply_to };
        let subject = Some(RequiredSubject::User(user_id.clone()));
        Self { reply_to, nonce: None, code_challenge: None, subject, ..self.for_code() }
    }

    /// Returns whether a response may be about this user. It may be about anybody who has just signed in if nobody knows
    /// whom it must be about.
    pub(crate) fn may_be_about(&self, user_id: &UserId) -> bool {
        !matches!(&self.subject, Some(RequiredSubject::User(wanted)) if wanted != user_id)
    }

    /// Returns whether the sign-in proves a login to be linked, and signs nobody in.
    pub(crate) fn is_proof(&self) -> bool {
        self.purpose.as_ref().is_some_and(|purpose| purpose.kind.is_proof())
    }

    /// Returns whether the sign-in is a fresh one to the account that the browser is signed in to.
    pub(crate) fn is_confirmation(&self) -> bool {
        self.purpose.as_ref().is_some_and(|purpose| !purpose.kind.is_proof())
    }

    /// Returns whether the ID token must have `auth_time` (contract [C6](model::contract#c6)).
    pub(crate) fn wants_auth_time(&self) -> bool {
        self.max_age.is_some() || self.prompt == Some(Prompt::Login)
    }
}

/// Returns the response mode, or an error, and the mode to use for errors. An ID token is never sent in a
/// query, which servers log (OAuth 2.0 Multiple Response Types section 5).
fn response_mode(
    mode: Option<&str>,
    response_type: Option<ResponseType>,
    redirect_uri: &str,
) -> (Result<ResponseMode, AuthorizationError>, ResponseMode) {
    let is_id_token = response_type.is_some_and(ResponseType::has_id_token);
    let otherwise = if is_id_token { ResponseMode::Fragment } else { ResponseMode::Query };
    let mode = match mode {
        None => Ok(otherwise),
        Some("query") if !is_id_token => Ok(ResponseMode::Query),
        Some("fragment") => Ok(ResponseMode::Fragment),
        Some("form_post") if origin_of(redirect_uri).is_some() => Ok(ResponseMode::FormPost),
        Some("web_message") if !is_id_token => Ok(ResponseMode::WebMessage),
        Some(_) => Err(AuthorizationError::new("invalid_request", "Unsupported response_mode")),
    };
    (mode, otherwise)
}

fn may_receive_messages(client: &Client, redirect_uri: &str) -> bool {
    origin_of(redirect_uri)
        .is_some_and(|origin| client.web_origins.iter().any(|allowed| is_origin(allowed, &origin)))
}

/// Validates the challenge of RFC 7636: required for a public client, with S256 as the only method.
fn challenge(
    client: &Client,
    challenge: Option<&str>,
    method: Option<&str>,
) -> Result<Option<String>, AuthorizationError> {
    match (challenge, method) {
        (Some(challenge), Some("S256")) if challenge.len() == 43 => Ok(Some(challenge.to_owned())),
        (Some(_), Some("S256")) => Err(AuthorizationError::new("invalid_request", "Invalid code_challenge")),
        (Some(_), _) | (None, Some(_)) => {
            Err(AuthorizationError::new("invalid_request", "code_challenge_method must be S256"))
        }
        (None, None) if client.authentication == ClientAuthentication::None => {
            Err(AuthorizationError::new("invalid_request", "Parameter 'code_challenge' is required"))
        }
        (None, None) => Ok(None),
    }
}

/// Returns whether `prompt` has a value.
fn has_prompt(prompt: Option<&str>, wanted: &str) -> bool {
    prompt.is_some_and(|list| list.split_ascii_whitespace().any(|value| value == wanted))
}

/// Parses `prompt`, a list in any order (OpenID Connect Core 3.1.2.1). Consent is asked for besides it. Selecting or creating an account means signing in again, because there is one account at a time.
fn prompt(prompt: Option<&str>) -> Result<Option<Prompt>, AuthorizationError> {
    let values: Vec<&str> = prompt.unwrap_or_default().split_ascii_whitespace().collect();
    if values
        .iter()
        .any(|value| !matches!(*value, "none" | "login" | "consent" | "select_account" | "create"))
    {
        return Err(AuthorizationError::new("invalid_request", "Invalid prompt"));
    }
    if values.contains(&"none") {
        let is_alone = values.iter().all(|value| *value == "none");
        let refusal = || AuthorizationError::new("invalid_request", "prompt=none excludes other values");
        return if is_alone { Ok(Some(Prompt::None)) } else { Err(refusal()) };
    }
    Ok(values.iter().any(|value| *value != "consent").then_some(Prompt::Login))
}
