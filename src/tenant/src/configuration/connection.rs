//! Connections: the ways to sign in.

use model::{ConnectionName, Provider};

use super::client::ClientAuthentication;
use crate::password_policy::PasswordPolicy;
use crate::secret::{Secret, digest};

/// A way to sign in.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Its id, `con_` and 16 letters or digits.
    pub id: String,
    /// Its name, unique in the tenant.
    pub name: ConnectionName,
    /// What it speaks; becomes the provider of its identities.
    pub strategy: Provider,
    /// What the sign-in button says after "Continue with"; by default the provider's own name.
    pub display_name: Option<String>,
    /// Client ids that may use it; `None` means every client.
    pub enabled_clients: Option<Vec<String>>,
    /// Whether an organisation manages it: people cannot unlink an identity of it by themselves. A rule of ours,
    /// beyond the contract.
    pub pinned: bool,
    /// The provider that signs people in; without one, a stand-in does, unless the connection is a database.
    pub upstream: Option<Upstream>,
    /// What holds for people who sign in with a password, where it is a database.
    pub database: Database,
}

impl Connection {
    /// Describes a connection open to every client; its id follows from its name, so that it is the same at
    /// every start.
    #[must_use]
    pub fn new(name: &str, strategy: &str) -> Self {
        Self {
            id: connection_id(name),
            name: ConnectionName::new(name),
            strategy: Provider::new(strategy),
            display_name: None,
            enabled_clients: None,
            pinned: false,
            upstream: None,
            database: Database::default(),
        }
    }

    /// Whether people sign in with a password kept by this tenant.
    #[must_use]
    pub fn is_database(&self) -> bool {
        self.strategy.as_str() == "auth0"
    }

    /// Whether nobody but a stand-in could sign people in.
    #[must_use]
    pub fn needs_stand_in(&self) -> bool {
        !self.is_database() && self.upstream.is_none()
    }

    /// Whether `client_id` may use it.
    #[must_use]
    pub fn is_enabled_for(&self, client_id: &str) -> bool {
        self.enabled_clients.as_ref().is_none_or(|clients| clients.iter().any(|id| id == client_id))
    }

    /// Whether any client may use it.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.enabled_clients.as_ref().is_none_or(|clients| !clients.is_empty())
    }

    /// What a person calls it.
    #[must_use]
    pub fn label(&self) -> &str {
        self.display_name.as_deref().unwrap_or_else(|| self.strategy.display_name())
    }
}

/// What holds in a database connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Database {
    /// Whether people can sign up by themselves.
    pub sign_up: bool,
    /// Whether people have user names beside their addresses, and of which length.
    pub usernames: Option<Usernames>,
    /// What is asked of new passwords.
    pub passwords: PasswordPolicy,
}

impl Default for Database {
    /// Open to everybody, without user names, as at Auth0; passwords of eight characters.
    fn default() -> Self {
        Self { sign_up: true, usernames: None, passwords: PasswordPolicy::default() }
    }
}

/// How many characters a user name has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usernames {
    /// At least.
    pub min: usize,
    /// At most.
    pub max: usize,
}

impl Default for Usernames {
    /// Auth0's.
    fn default() -> Self {
        Self { min: 1, max: 15 }
    }
}

/// A provider that signs people in by OpenID Connect, and as whom the tenant asks it.
#[derive(Clone, Debug)]
pub struct Upstream {
    /// Its issuer, to the letter; its description lies at `{issuer}/.well-known/openid-configuration`.
    pub issuer: String,
    /// The tenant's client id there.
    pub client_id: String,
    /// The tenant's secret there, which a public client does not have.
    pub client_secret: Option<Secret>,
    /// How the tenant proves who it is; `None` is by header, or by body where the provider names only that.
    pub authentication: Option<ClientAuthentication>,
    /// What is asked for besides `openid`.
    pub scopes: Vec<String>,
}

impl Upstream {
    /// Whether secrets may travel to that address: by https, or by http within this machine.
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

/// `con_` and the first 16 letters or digits of a hash of the name, which is what the API's pattern asks for.
fn connection_id(name: &str) -> String {
    let digest = digest(name.as_bytes());
    format!("con_{}", digest.chars().filter(char::is_ascii_alphanumeric).take(16).collect::<String>())
}
