//! Applications (OAuth clients) and their refresh tokens.

use std::time::Duration;

use serde_json::{Map, Value};
use store::SessionEnd;

use super::client_key::ClientKey;
use crate::origin::origin_of;
use crate::secret::Secret;

/// The type of an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApplicationType {
    /// Runs in the browser and keeps no secret.
    SinglePage,
    /// Runs on a person's device and keeps no secret.
    Native,
    /// Runs on a server and signs people in.
    RegularWeb,
    /// Runs on a server by itself.
    Machine,
}

/// The authentication method of a client at the token endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuthentication {
    /// None: a public client, which must use PKCE.
    None,
    /// The secret in the body.
    SecretPost,
    /// The secret in the `Authorization` header.
    SecretBasic,
    /// A text that the client signs with a key of its own (RFC 7523 section 2.2).
    PrivateKeyJwt,
}

/// An application that may request tokens.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its id.
    pub client_id: String,
    /// Its secret, which a public client does not have.
    pub client_secret: Option<Secret>,
    /// Its public keys. They prove a client with [`ClientAuthentication::PrivateKeyJwt`], and verify the request objects
    /// of any client.
    pub keys: Vec<ClientKey>,
    /// The name that people see.
    pub name: String,
    /// The type of the application.
    pub application_type: ApplicationType,
    /// The authentication method.
    pub authentication: ClientAuthentication,
    /// The allowed redirect URIs of authorization requests: complete URLs, maybe with a wildcard in the left-most label
    /// of the host.
    pub callbacks: Vec<String>,
    /// The allowed return URLs of logout.
    pub allowed_logout_urls: Vec<String>,
    /// The URL where the application starts a sign-in by itself.
    pub initiate_login_uri: Option<String>,
    /// Where the application is told that a session has ended.
    pub backchannel_logout: BackchannelLogout,
    /// The origins that may receive a response by `web_message`.
    pub web_origins: Vec<String>,
    /// Further origins whose pages may call the APIs.
    pub allowed_origins: Vec<String>,
    /// The allowed grant types, such as `authorization_code`.
    pub grant_types: Vec<String>,
    /// Whether its authorization requests must be pushed (RFC 9126 section 6).
    pub require_pushed_authorization_requests: bool,
    /// The settings of its refresh tokens.
    pub refresh_tokens: RefreshTokens,
    /// The lifetime of its ID tokens.
    pub id_token_lifetime: Duration,
    /// Whether it belongs to the owner of the tenant.
    pub is_first_party: bool,
    /// What it is for.
    pub description: Option<String>,
    /// The address of its logo.
    pub logo_uri: Option<String>,
    /// Free data of its owner.
    pub metadata: Map<String, Value>,
}

impl Client {
    /// The lifetime of ID tokens of a client without one: ten hours, as recorded (contract [C6](model::contract#c6)).
    pub const ID_TOKEN_LIFETIME: Duration = Duration::from_hours(10);

    /// Creates a single-page application of the tenant's owner, without addresses.
    #[must_use]
    pub fn new(client_id: &str, name: &str) -> Self {
        Self {
            client_id: client_id.to_owned(),
            client_secret: None,
            name: name.to_owned(),
            application_type: ApplicationType::SinglePage,
            authentication: ClientAuthentication::None,
            callbacks: Vec::new(),
            allowed_logout_urls: Vec::new(),
            initiate_login_uri: None,
            backchannel_logout: BackchannelLogout::default(),
            web_origins: Vec::new(),
            allowed_origins: Vec::new(),
            keys: Vec::new(),
            grant_types: vec!["authorization_code".to_owned(), "refresh_token".to_owned()],
            require_pushed_authorization_requests: false,
            refresh_tokens: RefreshTokens::default(),
            id_token_lifetime: Self::ID_TOKEN_LIFETIME,
            is_first_party: true,
            description: None,
            logo_uri: None,
            metadata: Map::new(),
        }
    }

    /// Returns whether the client authenticates with a secret and the configuration has none.
    #[must_use]
    pub fn lacks_secret(&self) -> bool {
        let takes_secret = matches!(
            self.authentication,
            ClientAuthentication::SecretPost | ClientAuthentication::SecretBasic
        );
        takes_secret && self.client_secret.is_none()
    }

    /// Returns whether the client may use a grant type.
    #[must_use]
    pub fn may_use(&self, grant_type: &str) -> bool {
        self.grant_types.iter().any(|allowed| allowed == grant_type)
    }

    /// Returns the URL of the application for links on pages of the tenant: where it starts a sign-in, else its first
    /// logout URL, else the origin of its first callback. Returns `None` if that is not a web page.
    #[must_use]
    pub fn home_url(&self) -> Option<String> {
        let after_logout = || self.allowed_logout_urls.iter().find(|url| !url.contains('*')).cloned();
        let origin = || origin_of(self.callbacks.iter().find(|url| !url.contains('*'))?);
        let home_url = self.initiate_login_uri.clone().or_else(after_logout).or_else(origin)?;
        origin_of(&home_url).map(|_| home_url)
    }
}

/// Where an application is told that a session has ended, and of which ends (OpenID Connect Back-Channel Logout 1.0).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BackchannelLogout {
    /// The address that gets the logout token.
    pub url: Option<String>,
    /// The ends that the application is told of, beside a sign-out.
    pub initiators: Initiators,
}

/// The ends of sessions that an application is told of, by Auth0's names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Initiators {
    /// All that there are.
    All,
    /// These, and always `rp-logout`.
    Selected(Vec<String>),
}

impl Default for Initiators {
    fn default() -> Self {
        Self::Selected(Vec::new())
    }
}

impl BackchannelLogout {
    /// Returns the address to tell of this end, if the application is told of it.
    #[must_use]
    pub fn url_for(&self, end: SessionEnd) -> Option<&str> {
        let is_told = match &self.initiators {
            Initiators::All => true,
            Initiators::Selected(names) => {
                end == SessionEnd::Logout || names.iter().any(|name| name == end.as_str())
            }
        };
        self.url.as_deref().filter(|_| is_told)
    }
}

/// The settings of a client's refresh tokens (contract [C3](model::contract#c3)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshTokens {
    /// Whether each exchange returns a new token and invalidates the old one.
    pub rotate: bool,
    /// How long the previous token may be used again, for clients that did not receive the response.
    pub leeway: Duration,
    /// The lifetime of all refresh tokens of one sign-in; `None` for no limit.
    pub lifetime: Option<Duration>,
    /// How long they may stay unused; `None` for no limit.
    pub idle_lifetime: Option<Duration>,
}

impl Default for RefreshTokens {
    /// Returns rotation without leeway, a lifetime of 30 days and 15 days without use, as at Auth0. Rotation is enabled
    /// because public clients have no other protection (RFC 9700 section 2.2.2).
    fn default() -> Self {
        Self {
            rotate: true,
            leeway: Duration::ZERO,
            lifetime: Some(Duration::from_hours(30 * 24)),
            idle_lifetime: Some(Duration::from_hours(15 * 24)),
        }
    }
}
