//! The configuration of a tenant: options, applications, connections and client grants.
//!
//! The values are those of a tenant's settings file, which the server reads. [`Configuration::new`] checks them
//! once; a configuration does not change while the tenant runs.

mod check;
mod client;
mod client_key;
mod connection;
mod options;

pub use crate::http::rate_limit::RateLimit;
pub use crate::password_policy::{PasswordLevel, PasswordPolicy};
pub use check::InvalidConfiguration;
pub use client::{ApplicationType, Client, ClientAuthentication, ClientGrant, RefreshTokens};
pub use client_key::{ClientKey, InvalidClientKey};
pub use connection::{Connection, Database, Upstream, Usernames};
pub use options::{DemoSignIn, Options};

/// A checked configuration; see [`Configuration::new`].
#[derive(Clone, Debug)]
pub struct Configuration {
    options: Options,
    clients: Vec<Client>,
    connections: Vec<Connection>,
    grants: Vec<ClientGrant>,
}

impl Configuration {
    /// Checks the parts and creates a configuration.
    ///
    /// # Errors
    /// The first contradiction, see [`InvalidConfiguration`].
    pub fn new(
        options: Options,
        clients: Vec<Client>,
        connections: Vec<Connection>,
        grants: Vec<ClientGrant>,
    ) -> Result<Self, InvalidConfiguration> {
        check::check(&options, &clients, &connections, &grants)?;
        Ok(Self { options, clients, connections, grants })
    }

    /// Returns the options of the tenant.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Returns all applications.
    #[must_use]
    pub fn clients(&self) -> &[Client] {
        &self.clients
    }

    /// Returns all connections, in the order of the login page.
    #[must_use]
    pub fn connections(&self) -> &[Connection] {
        &self.connections
    }

    /// Returns the connections through which people can sign in to a client, in the order of the login page: those that
    /// it may use and that are served.
    pub fn connections_open_to(&self, client_id: &str) -> impl Iterator<Item = &Connection> {
        self.connections
            .iter()
            .filter(move |connection| connection.is_enabled_for(client_id) && self.is_served(connection))
    }

    /// Returns whether people can sign in through the connection: by a password, a provider or a stand-in.
    pub(crate) fn is_served(&self, connection: &Connection) -> bool {
        !connection.needs_stand_in() || self.options.stand_ins
    }

    /// Returns all client grants.
    #[must_use]
    pub fn grants(&self) -> &[ClientGrant] {
        &self.grants
    }

    /// Returns the application with this id.
    #[must_use]
    pub fn client(&self, client_id: &str) -> Option<&Client> {
        self.clients.iter().find(|client| client.client_id == client_id)
    }

    /// Returns the connection with this name.
    #[must_use]
    pub fn connection(&self, name: &str) -> Option<&Connection> {
        self.connections.iter().find(|connection| connection.name.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(id: &str) -> Client {
        Client {
            client_id: id.to_owned(),
            client_secret: None,
            keys: vec![],
            name: id.to_owned(),
            application_type: ApplicationType::SinglePage,
            authentication: ClientAuthentication::None,
            callbacks: vec!["http://localhost:3000/callback".to_owned()],
            allowed_logout_urls: vec!["https://*.example.test".to_owned()],
            initiate_login_uri: None,
            web_origins: vec![],
            grant_types: vec!["authorization_code".to_owned()],
            require_pushed_authorization_requests: false,
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
