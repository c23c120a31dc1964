//! Applications and what they may do.

use std::time::Duration;

use model::Scopes;

use crate::origin::origin_of;
use crate::secret::Secret;

/// What kind of application a client is.
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

/// How a client proves who it is at the token endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuthentication {
    /// Not at all: a public client, which must use PKCE.
    None,
    /// With its secret in the body.
    SecretPost,
    /// With its secret in the `Authorization` header.
    SecretBasic,
}

/// An application that may ask for tokens.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its id.
    pub client_id: String,
    /// Its secret, which a public client does not have.
    pub client_secret: Option<Secret>,
    /// What people know it by.
    pub name: String,
    /// What kind of application it is.
    pub application_type: ApplicationType,
    /// How it proves who it is.
    pub authentication: ClientAuthentication,
    /// Where the answer to an authorization request may go: whole URLs.
    pub callbacks: Vec<String>,
    /// Where sign-out may return to.
    pub allowed_logout_urls: Vec<String>,
    /// Where the application begins a sign-in by itself.
    pub initiate_login_uri: Option<String>,
    /// Origins whose pages may receive an answer by `web_message`.
    pub web_origins: Vec<String>,
    /// Grant types it may use, such as `authorization_code`.
    pub grant_types: Vec<String>,
    /// How its refresh tokens live.
    pub refresh_tokens: RefreshTokens,
}

impl Client {
    /// Whether the client may use a grant type.
    #[must_use]
    pub fn may_use(&self, grant_type: &str) -> bool {
        self.grant_types.iter().any(|allowed| allowed == grant_type)
    }

    /// Where a person gets to the application from a page of the tenant: where it begins a sign-in, else where people
    /// go who signed out, else the origin of its first callback. `None` where that is no web page.
    #[must_use]
    pub fn home_url(&self) -> Option<String> {
        let after_logout = || self.allowed_logout_urls.iter().find(|url| !url.contains('*')).cloned();
        let origin = || origin_of(self.callbacks.first()?);
        let home_url = self.initiate_login_uri.clone().or_else(after_logout).or_else(origin)?;
        origin_of(&home_url).map(|_| home_url)
    }
}

/// How the refresh tokens of a client live (contract [C3](model::contract#c3)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshTokens {
    /// Whether every exchange gives a new token and voids the old one.
    pub rotate: bool,
    /// How long the token before the newest may come again without harm: for clients that lost an answer.
    pub leeway: Duration,
    /// How long all that came of one sign-in can be refreshed; `None` means without end.
    pub lifetime: Option<Duration>,
    /// How long it can go unused; `None` means without end.
    pub idle_lifetime: Option<Duration>,
}

impl Default for RefreshTokens {
    /// Rotation without leeway, thirty days at most, fifteen without use: Auth0's lifetimes. Rotation is on
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

/// What a client may do with an API by itself (client credentials).
#[derive(Clone, Debug)]
pub struct ClientGrant {
    /// The client.
    pub client_id: String,
    /// The API's identifier.
    pub audience: String,
    /// What it may do there.
    pub scopes: Scopes,
}
