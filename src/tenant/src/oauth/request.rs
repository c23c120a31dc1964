//! An authorization request, read and checked (RFC 6749 section 4.1.1, RFC 7636, contract [C1](model::contract#c1)).

use model::{Scope, Scopes};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::configuration::{Client, ClientAuthentication, Configuration};
use crate::issuer::Issuer;
use crate::origin::origin_of;

/// How the answer travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ResponseMode {
    /// In the query of the redirect.
    Query,
    /// In the fragment of the redirect, which no server sees.
    Fragment,
    /// By a form that the browser posts (OAuth 2.0 Form Post Response Mode).
    FormPost,
    /// By a message to the window that asked (contract [C2](model::contract#c2)).
    WebMessage,
}

/// What the client wants back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ResponseType {
    /// A code, to be traded for tokens.
    #[default]
    Code,
    /// An ID token at once and nothing else (OpenID Connect Core 3.2).
    IdToken,
}

impl ResponseType {
    /// The grant type that a client must be allowed for it.
    fn grant_type(self) -> &'static str {
        match self {
            Self::Code => "authorization_code",
            Self::IdToken => "implicit",
        }
    }
}

/// What the client wants the person to be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Prompt {
    /// Nothing: answer at once, if need be with an error.
    None,
    /// To sign in, whatever session there is.
    Login,
}

/// Where an answer goes and how: known before anything else is, so that every later refusal can use it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReplyTo {
    pub(crate) redirect_uri: String,
    pub(crate) mode: ResponseMode,
    pub(crate) state: Option<String>,
}

/// A request that a person can be asked about.
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
    pub(crate) max_age: Option<u64>,
    /// Whether the person is likely to be new.
    #[serde(default)]
    pub(crate) sign_up: bool,
    pub(crate) login_hint: Option<String>,
    pub(crate) connection: Option<String>,
}

/// A request that cannot be answered by redirect, because the client or its address is in doubt: the person is
/// told on a page of the tenant (RFC 6749 section 4.1.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InvalidAuthorizationRequest {
    /// The query cannot be read, or a parameter stands in it twice.
    Malformed,
    /// No such client.
    UnknownClient,
    /// The address is none of the client's.
    CallbackMismatch,
    /// The address's origin may not receive messages.
    OriginMismatch,
}

/// A refusal that goes back to the client.
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

/// A request as far as it could be read.
pub(crate) type Checked = Result<AuthorizationRequest, (ReplyTo, AuthorizationError)>;

impl AuthorizationRequest {
    /// Reads and checks a query.
    pub(crate) fn read(
        configuration: &Configuration,
        issuer: &Issuer,
        query: &Map<String, Value>,
    ) -> Result<Checked, InvalidAuthorizationRequest> {
        let text = |key: &str| query.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        let owned = |key: &str| text(key).map(str::to_owned);

        let client = text("client_id")
            .and_then(|id| configuration.client(id))
            .ok_or(InvalidAuthorizationRequest::UnknownClient)?;
        // Compared as text: no two spellings of an address are the same (RFC 9700 section 4.1.3).
        let redirect_uri = text("redirect_uri")
            .filter(|uri| client.callbacks.iter().any(|callback| callback == uri))
            .ok_or(InvalidAuthorizationRequest::CallbackMismatch)?;
        let response_type = match text("response_type") {
            Some("code") => Some(ResponseType::Code),
            Some("id_token") => Some(ResponseType::IdToken),
            _ => None,
        };
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
            let response_type = response_type.ok_or_else(|| {
                let description = "Unsupported response type: ask for code or id_token";
                AuthorizationError::new("unsupported_response_type", description)
            })?;
            let grant_type = response_type.grant_type();
            if !client.may_use(grant_type) {
                let description = format!("Grant type '{grant_type}' not allowed for the client.");
                return Err(AuthorizationError::new("unauthorized_client", description));
            }
            let audience = owned("audience").or_else(|| configuration.options().default_audience.clone());
            let scopes = grantable(
                configuration,
                issuer,
                client,
                audience.as_deref(),
                &Scopes::parse(text("scope").unwrap_or("")),
            )?;
            let code_challenge = match response_type {
                ResponseType::Code => {
                    challenge(client, text("code_challenge"), text("code_challenge_method"))?
                }
                // The nonce is what binds the token to the request (OpenID Connect Core 3.2.2.1).
                ResponseType::IdToken if text("nonce").is_none() => {
                    return Err(AuthorizationError::new(
                        "invalid_request",
                        "Missing required parameter: nonce",
                    ));
                }
                ResponseType::IdToken if !scopes.contains(&Scope::OPENID) => {
                    return Err(AuthorizationError::new(
                        "invalid_request",
                        "An ID token takes the scope openid",
                    ));
                }
                ResponseType::IdToken => None,
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
                max_age: text("max_age")
                    .map(|age| {
                        age.parse().map_err(|_| AuthorizationError::new("invalid_request", "Invalid max_age"))
                    })
                    .transpose()?,
                sign_up: text("screen_hint") == Some("signup"),
                login_hint: owned("login_hint"),
                connection,
            })
        });
        Ok(checked.map_err(|refusal| (reply_to, refusal)))
    }

    /// Whether the ID token must say when the person signed in (contract [C6](model::contract#c6)).
    pub(crate) fn wants_auth_time(&self) -> bool {
        self.max_age.is_some() || self.prompt == Some(Prompt::Login)
    }
}

/// How the answer travels, and how a refusal does if that cannot be. An ID token never travels in a query, which
/// servers log (OAuth 2.0 Multiple Response Types section 5).
fn response_mode(
    mode: Option<&str>,
    response_type: Option<ResponseType>,
    redirect_uri: &str,
) -> (Result<ResponseMode, AuthorizationError>, ResponseMode) {
    let is_id_token = response_type == Some(ResponseType::IdToken);
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
    let origin = origin_of(redirect_uri);
    origin.is_some()
        && client.web_origins.iter().any(|allowed| origin_of(allowed).is_some_and(|o| Some(o) == origin))
}

/// The challenge of RFC 7636: a public client must send one, and S256 is the only method.
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

/// A person's applications are the tenant's own, so there is nothing to consent to, and one account at a time
/// leaves nothing to select but another sign-in.
fn prompt(prompt: Option<&str>) -> Result<Option<Prompt>, AuthorizationError> {
    match prompt {
        None | Some("consent") => Ok(None),
        Some("none") => Ok(Some(Prompt::None)),
        Some("login" | "select_account" | "login consent" | "consent login") => Ok(Some(Prompt::Login)),
        Some(_) => Err(AuthorizationError::new("invalid_request", "Invalid prompt")),
    }
}

/// What of the wanted scopes a person's token may hold. For the Management API the rest is silently dropped
/// (contract [A15](model::contract#a15)).
fn grantable(
    configuration: &Configuration,
    issuer: &Issuer,
    client: &Client,
    audience: Option<&str>,
    wanted: &Scopes,
) -> Result<Scopes, AuthorizationError> {
    const IDENTITY: [Scope; 3] = [Scope::OPENID, Scope::PROFILE, Scope::EMAIL];
    let of_api: Vec<Scope> = match audience {
        None => Vec::new(),
        Some(audience) if audience == issuer.management_audience() => Scope::USER_GRANTABLE.to_vec(),
        Some(audience) => {
            let mut grants =
                configuration.grants().iter().filter(|grant| grant.audience == audience).peekable();
            if grants.peek().is_none() {
                return Err(AuthorizationError::new(
                    "access_denied",
                    format!("Service not found: {audience}"),
                ));
            }
            grants.flat_map(|grant| grant.scopes.iter().cloned()).collect()
        }
    };
    let refreshes = client.may_use("refresh_token");
    Ok(wanted
        .iter()
        .filter(|scope| {
            IDENTITY.contains(scope)
                || of_api.contains(scope)
                || (**scope == Scope::OFFLINE_ACCESS && refreshes)
        })
        .cloned()
        .collect())
}
