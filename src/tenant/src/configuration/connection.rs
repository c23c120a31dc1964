//! Connections: the ways to sign in.

use model::{ConnectionLabel, ConnectionName, Provider};

use super::client::ClientAuthentication;
use super::identifier::derived_id;
use crate::password_policy::PasswordPolicy;
use crate::secret::Secret;

/// A connection.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Its id, `con_` and 16 letters or digits.
    pub id: String,
    /// Its name, unique in the tenant.
    pub name: ConnectionName,
    /// The strategy, which is also the provider of its identities.
    pub strategy: Provider,
    /// The label of its button after "Continue with"; without it, see [`ConnectionLabel`].
    pub display_name: Option<String>,
    /// The ids of the clients that may use it; `None` for all clients.
    pub enabled_clients: Option<Vec<String>>,
    /// Whether an organisation manages it, so that people cannot unlink its identities by themselves. Not part of
    /// Auth0's API.
    pub pinned: bool,
    /// The identity provider. Without one, a stand-in takes its place, unless the connection is a database.
    pub upstream: Option<Upstream>,
    /// The settings of a database connection.
    pub database: Database,
}

impl Connection {
    /// Creates a connection that all clients may use. Its id is derived from its name, so that it is the same at each
    /// start.
    #[must_use]
    pub fn new(name: &str, strategy: &str) -> Self {
        Self {
            id: derived_id("con_", name, 16),
            name: ConnectionName::new(name),
            strategy: Provider::new(strategy),
            display_name: None,
            enabled_clients: None,
            pinned: false,
            upstream: None,
            database: Database::default(),
        }
    }

    /// Returns whether people sign in with a password of this tenant.
    #[must_use]
    pub fn is_database(&self) -> bool {
        self.strategy.as_str() == "auth0"
    }

    /// Returns whether only a stand-in can sign people in.
    #[must_use]
    pub fn needs_stand_in(&self) -> bool {
        !self.is_database() && self.upstream.is_none()
    }

    /// Returns whether `client_id` may use it.
    #[must_use]
    pub fn is_enabled_for(&self, client_id: &str) -> bool {
        self.enabled_clients.as_ref().is_none_or(|clients| clients.iter().any(|id| id == client_id))
    }

    /// Returns whether any client may use it.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.enabled_clients.as_ref().is_none_or(|clients| !clients.is_empty())
    }

    /// Returns the name that people see: the same as on the page.
    #[must_use]
    pub fn label(&self) -> String {
        ConnectionLabel::new(self.display_name.as_deref(), &self.name, &self.strategy).into_english()
    }
}

/// The settings of a database connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Database {
    /// Whether people can sign up by themselves.
    pub sign_up: bool,
    /// The limits of usernames; `None` if users have none.
    pub usernames: Option<Usernames>,
    /// The policy for new passwords.
    pub passwords: PasswordPolicy,
}

impl Default for Database {
    /// Returns sign-up without usernames, as at Auth0, and the default policy for passwords.
    fn default() -> Self {
        Self { sign_up: true, usernames: None, passwords: PasswordPolicy::default() }
    }
}

/// The number of characters of a username.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usernames {
    /// The minimum.
    pub min: usize,
    /// The maximum.
    pub max: usize,
}

impl Default for Usernames {
    /// Returns the limits of Auth0.
    fn default() -> Self {
        Self { min: 1, max: 15 }
    }
}

/// An OpenID Connect provider, and the tenant's registration as its client.
#[derive(Clone, Debug)]
pub struct Upstream {
    /// The exact issuer. The discovery document is at `{issuer}/.well-known/openid-configuration`.
    pub issuer: String,
    /// The tenant's client id there.
    pub client_id: String,
    /// The tenant's client secret there; `None` for a public client.
    pub client_secret: Option<Secret>,
    /// The tenant's authentication method; `None` for the header, or the body if the provider supports only that.
    pub authentication: Option<ClientAuthentication>,
    /// The requested scopes besides `openid`.
    pub scopes: Vec<String>,
}

impl Upstream {
    /// Returns whether secrets may be sent to an address: by https, or by http on this machine.
    #[must_use]
    pub fn is_safe(url: &str) -> bool {
        url::Url::parse(url).is_ok_and(|url| match (url.scheme(), url.host()) {
            ("https", Some(_)) => true,
            ("http", Some(url::Host::Domain(name))) => name == "localhost",
            ("http", Some(url::Host::Ipv4(address))) => address.is_loopback(),
            ("http", Some(url::Host::Ipv6(address))) => address.is_loopback(),
            _ => false,
        })
    }
}
