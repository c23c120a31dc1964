//! What a tenant is configured with: its options, applications, connections and client grants.
//!
//! The values are those of a real tenant's settings file; reading the file is the server's job. A
//! configuration is checked once, when it is built, and never changes while the tenant runs.

use std::collections::HashSet;
use std::time::Duration;

use model::settings::IDENTITY_CLAIM;
use model::{ConnectionName, Provider, Scopes};

pub use crate::http::rate_limit::RateLimit;
use crate::oauth::request::origin_of;
pub use crate::password::{PasswordLevel, PasswordPolicy};
use crate::secret::Secret;

/// Everything a tenant is configured with. Build it with [`Configuration::new`], which checks it.
#[derive(Clone, Debug)]
pub struct Configuration {
    options: Options,
    clients: Vec<Client>,
    connections: Vec<Connection>,
    grants: Vec<ClientGrant>,
}

/// Options of the tenant as a whole.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own, as in the tenant's settings")]
pub struct Options {
    /// What the hosted pages call the tenant.
    pub friendly_name: String,
    /// How long a sign-in lasts at the tenant at most, whatever happens.
    pub session_lifetime: Duration,
    /// How long a sign-in lasts at the tenant without being used.
    pub idle_session_lifetime: Duration,
    /// The audience of authorization requests that name none; `None` means an opaque token.
    pub default_audience: Option<String>,
    /// Where sign-out may return to when the request names no application.
    pub allowed_logout_urls: Vec<String>,
    /// Where a person goes on who is left on a page of the tenant, when the application is not known or has no address
    /// of its own for that.
    pub default_redirection_uri: Option<String>,
    /// Whether discovery names `/oidc/logout`; the endpoint is there either way (contract [C5](model::contract#c5)).
    pub end_session_discovery: bool,
    /// Whether the Management API takes a person's ID token for an access token, as old applications send it
    /// (contract E). Every application that signs the person in then holds a key to their account.
    pub id_token_bearer: bool,
    /// The claim that tells which identity is signed in, in ID tokens: a URL, as claims of one's own are named
    /// (OpenID Connect Core 5.1.2). Its value has the identity's `provider`, `user_id` and `connection`.
    pub identity_claim: String,
    /// Whether accounts can be linked only when both have a verified e-mail address. A rule of ours, beyond the
    /// contract; it keeps whoever signed up with another's address from being taken for them.
    pub verified_email_to_link: bool,
    /// How long an access token for the Management API lasts.
    pub access_token_lifetime: Duration,
    /// How many calls the Management API answers; `None` is as many as it can.
    pub rate_limit: Option<RateLimit>,
    /// How long a provider may take for one answer.
    pub provider_timeout: Duration,
    /// Certificates of the authorities that providers are believed by, DER; without any, no provider is reached by https.
    pub provider_authorities: Vec<Vec<u8>>,
    /// Whether connections without credentials of their own are served by stand-ins.
    pub stand_ins: bool,
    /// Whether people can plan faults for their own calls of the Management API, to see what a client does then. Not
    /// for a tenant that others can reach.
    pub faults: bool,
    /// Sign-ins shown on the login page of a demo tenant: e-mail address and password.
    pub demo_sign_ins: Vec<DemoSignIn>,
}

impl Default for Options {
    /// The defaults of a new tenant: a session of three days, idle for one day at most (Auth0's own are
    /// 168 and 72 hours; a tool on a developer's machine is better with less), tokens of two hours.
    fn default() -> Self {
        Self {
            friendly_name: "Linked Accounts".to_owned(),
            session_lifetime: Duration::from_hours(72),
            idle_session_lifetime: Duration::from_hours(24),
            default_audience: None,
            allowed_logout_urls: Vec::new(),
            default_redirection_uri: None,
            end_session_discovery: false,
            id_token_bearer: false,
            identity_claim: IDENTITY_CLAIM.to_owned(),
            verified_email_to_link: false,
            access_token_lifetime: Duration::from_hours(2),
            rate_limit: None,
            provider_timeout: Duration::from_secs(5),
            provider_authorities: Vec::new(),
            stand_ins: false,
            faults: false,
            demo_sign_ins: Vec::new(),
        }
    }
}

/// A sign-in that a demo tenant shows to everybody.
#[derive(Clone, Debug)]
pub struct DemoSignIn {
    /// What this person shows, in a few words: "three logins", "twelve logins, one from work".
    pub about: String,
    /// What to type as e-mail address.
    pub email: String,
    /// What to type as password.
    pub password: String,
}

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

/// Why a configuration is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidConfiguration {
    /// Two clients share an id.
    #[error("two clients have the id \"{0}\"")]
    DuplicateClient(String),
    /// Two connections share a name.
    #[error("two connections have the name \"{0}\"")]
    DuplicateConnection(String),
    /// A connection's strategy is none that the Management API knows.
    #[error("connection \"{connection}\" has the unknown strategy \"{strategy}\"")]
    UnknownStrategy {
        /// The connection.
        connection: String,
        /// What its strategy says.
        strategy: String,
    },
    /// The claim of the identity has a name that could be another claim's.
    #[error("the claim of the identity is called \"{0}\", which is not an http(s) URL")]
    UnscopedClaim(String),
    /// A provider's issuer is no address that secrets may travel to.
    #[error(
        "connection \"{connection}\": the issuer \"{issuer}\" is not reached by https, nor on this machine"
    )]
    UnsafeIssuer {
        /// The connection.
        connection: String,
        /// What its issuer says.
        issuer: String,
    },
    /// A database has a provider.
    #[error("connection \"{0}\" is a database, which no provider signs in to")]
    UpstreamOfDatabase(String),
    /// A callback, logout URL or origin is no URL.
    #[error("client \"{client}\": \"{url}\" is not an absolute URL")]
    InvalidUrl {
        /// The client's name.
        client: String,
        /// What it says.
        url: String,
    },
    /// A client that must have a secret has none.
    #[error("client \"{0}\" proves itself with a secret, but has none")]
    MissingSecret(String),
    /// A grant or a connection names a client that does not exist.
    #[error("{0} names the client \"{1}\", which does not exist")]
    UnknownClient(String, String),
}

impl Configuration {
    /// Checks the parts against each other and puts them together.
    ///
    /// # Errors
    /// The first contradiction, see [`InvalidConfiguration`].
    pub fn new(
        options: Options,
        clients: Vec<Client>,
        connections: Vec<Connection>,
        grants: Vec<ClientGrant>,
    ) -> Result<Self, InvalidConfiguration> {
        let claim = &options.identity_claim;
        if !url::Url::parse(claim).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
            return Err(InvalidConfiguration::UnscopedClaim(claim.clone()));
        }
        let mut ids = HashSet::new();
        for client in &clients {
            if !ids.insert(client.client_id.as_str()) {
                return Err(InvalidConfiguration::DuplicateClient(client.client_id.clone()));
            }
            if client.authentication != ClientAuthentication::None && client.client_secret.is_none() {
                return Err(InvalidConfiguration::MissingSecret(client.name.clone()));
            }
            let urls = client.callbacks.iter().chain(&client.allowed_logout_urls).chain(&client.web_origins);
            let urls = urls.chain(&client.initiate_login_uri);
            for url in urls {
                // A logout URL may hold `*` in place of a subdomain, which no URL parser takes.
                if url::Url::parse(&url.replace('*', "any")).is_err() {
                    return Err(InvalidConfiguration::InvalidUrl {
                        client: client.name.clone(),
                        url: url.clone(),
                    });
                }
            }
        }
        let mut names = HashSet::new();
        for connection in &connections {
            let name = connection.name.as_str();
            if !names.insert(name) {
                return Err(InvalidConfiguration::DuplicateConnection(name.to_owned()));
            }
            if !connection.strategy.is_known() {
                return Err(InvalidConfiguration::UnknownStrategy {
                    connection: name.to_owned(),
                    strategy: connection.strategy.to_string(),
                });
            }
            if let Some(upstream) = &connection.upstream {
                if connection.is_database() {
                    return Err(InvalidConfiguration::UpstreamOfDatabase(name.to_owned()));
                }
                if !Upstream::is_safe(&upstream.issuer) {
                    return Err(InvalidConfiguration::UnsafeIssuer {
                        connection: name.to_owned(),
                        issuer: upstream.issuer.clone(),
                    });
                }
            }
            for client in connection.enabled_clients.iter().flatten() {
                if !ids.contains(client.as_str()) {
                    return Err(InvalidConfiguration::UnknownClient(
                        format!("connection \"{name}\""),
                        client.clone(),
                    ));
                }
            }
        }
        for grant in &grants {
            if !ids.contains(grant.client_id.as_str()) {
                return Err(InvalidConfiguration::UnknownClient(
                    format!("the grant for \"{}\"", grant.audience),
                    grant.client_id.clone(),
                ));
            }
        }
        Ok(Self { options, clients, connections, grants })
    }

    /// The options of the tenant as a whole.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Every application.
    #[must_use]
    pub fn clients(&self) -> &[Client] {
        &self.clients
    }

    /// Every connection, in the order of the login page.
    #[must_use]
    pub fn connections(&self) -> &[Connection] {
        &self.connections
    }

    /// The connections through which people can sign in to the client, in the order of the login page: those that
    /// it may use and that something answers for.
    pub fn connections_open_to(&self, client_id: &str) -> impl Iterator<Item = &Connection> {
        self.connections
            .iter()
            .filter(move |connection| connection.is_enabled_for(client_id) && self.is_served(connection))
    }

    /// Whether anything answers for the connection: the tenant's own passwords, a provider or a stand-in.
    pub(crate) fn is_served(&self, connection: &Connection) -> bool {
        !connection.needs_stand_in() || self.options.stand_ins
    }

    /// Every client grant.
    #[must_use]
    pub fn grants(&self) -> &[ClientGrant] {
        &self.grants
    }

    /// The application with that id.
    #[must_use]
    pub fn client(&self, client_id: &str) -> Option<&Client> {
        self.clients.iter().find(|client| client.client_id == client_id)
    }

    /// The connection with that name.
    #[must_use]
    pub fn connection(&self, name: &str) -> Option<&Connection> {
        self.connections.iter().find(|connection| connection.name.as_str() == name)
    }
}

/// `con_` and the first 16 letters or digits of a hash of the name, which is what the API's pattern asks for.
fn connection_id(name: &str) -> String {
    let digest = crate::secret::digest(name.as_bytes());
    format!("con_{}", digest.chars().filter(char::is_ascii_alphanumeric).take(16).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(id: &str) -> Client {
        Client {
            client_id: id.to_owned(),
            client_secret: None,
            name: id.to_owned(),
            application_type: ApplicationType::SinglePage,
            authentication: ClientAuthentication::None,
            callbacks: vec!["http://localhost:3000/callback".to_owned()],
            allowed_logout_urls: vec!["https://*.example.test".to_owned()],
            initiate_login_uri: None,
            web_origins: vec![],
            grant_types: vec!["authorization_code".to_owned()],
            refresh_tokens: RefreshTokens::default(),
        }
    }

    fn checked(clients: Vec<Client>, connections: Vec<Connection>) -> Result<(), InvalidConfiguration> {
        Configuration::new(Options::default(), clients, connections, vec![]).map(|_| ())
    }

    #[test]
    fn contradictions_are_refused_by_name() {
        assert_eq!(
            checked(vec![client("a")], vec![Connection::new("google-oauth2", "google-oauth2")]),
            Ok(())
        );
        assert_eq!(
            checked(vec![client("a"), client("a")], vec![]),
            Err(InvalidConfiguration::DuplicateClient("a".to_owned()))
        );
        let twice = vec![Connection::new("x", "github"), Connection::new("x", "github")];
        assert_eq!(checked(vec![], twice), Err(InvalidConfiguration::DuplicateConnection("x".to_owned())));
        assert!(matches!(
            checked(vec![], vec![Connection::new("x", "gogle")]),
            Err(InvalidConfiguration::UnknownStrategy { .. })
        ));
        let secretless = Client { authentication: ClientAuthentication::SecretPost, ..client("web") };
        assert_eq!(
            checked(vec![secretless], vec![]),
            Err(InvalidConfiguration::MissingSecret("web".to_owned()))
        );
        let nowhere = Client { callbacks: vec!["/callback".to_owned()], ..client("a") };
        assert!(matches!(checked(vec![nowhere], vec![]), Err(InvalidConfiguration::InvalidUrl { .. })));
    }

    #[test]
    fn an_application_is_entered_where_it_says_or_where_it_must_be() {
        let mut app = client("a");
        assert_eq!(app.home_url().as_deref(), Some("http://localhost:3000"));
        app.allowed_logout_urls.push("https://app.example.test/bye".to_owned());
        assert_eq!(app.home_url().as_deref(), Some("https://app.example.test/bye"));
        app.initiate_login_uri = Some("https://app.example.test/login".to_owned());
        assert_eq!(app.home_url().as_deref(), Some("https://app.example.test/login"));
        let nowhere = Client { callbacks: vec!["com.example.app://callback".to_owned()], ..client("a") };
        assert_eq!(nowhere.home_url(), None, "no page leads into an app on a device");
        let broken = Client { initiate_login_uri: Some("/login".to_owned()), ..client("a") };
        assert!(matches!(checked(vec![broken], vec![]), Err(InvalidConfiguration::InvalidUrl { .. })));
    }

    #[test]
    fn a_claim_that_could_be_anothers_is_refused() {
        for name in ["identity", "sub", "urn:identity", "javascript:alert(1)", ""] {
            let options = Options { identity_claim: name.to_owned(), ..Options::default() };
            assert_eq!(
                Configuration::new(options, vec![], vec![], vec![]).map(|_| ()),
                Err(InvalidConfiguration::UnscopedClaim(name.to_owned()))
            );
        }
    }

    #[test]
    fn the_connections_open_to_a_client_are_those_that_it_may_use_and_that_answer() {
        let google = Connection {
            enabled_clients: Some(vec!["a".to_owned()]),
            pinned: true,
            ..Connection::new("google-oauth2", "google-oauth2")
        };
        let connections = vec![Connection::new("db", "auth0"), google];
        let open = |stand_ins: bool, client_id: &str| {
            let options = Options { stand_ins, ..Options::default() };
            let clients = vec![client("a"), client("b")];
            let tenant = Configuration::new(options, clients, connections.clone(), vec![]).unwrap();
            tenant.connections_open_to(client_id).map(|one| one.name.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(open(true, "a"), ["db", "google-oauth2"]);
        assert_eq!(open(true, "b"), ["db"]);
        assert_eq!(open(false, "a"), ["db"]);
    }

    #[test]
    fn a_connection_has_the_same_id_at_every_start() {
        let id = Connection::new("google-oauth2", "google-oauth2").id;
        assert_eq!(id, Connection::new("google-oauth2", "google-oauth2").id);
        assert_eq!(id.len(), 20);
        assert!(id[4..].chars().all(|c| c.is_ascii_alphanumeric()));
    }
}
