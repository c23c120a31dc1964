//! The configuration of a tenant: options, applications, connections, APIs, roles and client grants.
//!
//! The values are those of a tenant's settings file, which the server reads. [`Configuration::new`] checks them
//! once; a configuration does not change while the tenant runs.

pub(crate) mod allowed_url;
mod api;
mod check;
mod client;
pub(crate) mod client_key;
mod connection;
mod identifier;
mod options;
mod parts;

pub use crate::http::rate_limit::RateLimit;
pub use crate::password_policy::{PasswordLevel, PasswordPolicy, PersonalWords};
pub use allowed_url::{can_match, is_script};
pub use api::{
    Api, ApiAccess, ApiScope, ClientGrant, GrantSubject, GrantedScopes, Permission, Role, TokenDialect,
};
pub use check::InvalidConfiguration;
pub use client::{
    ApplicationType, BackchannelLogout, Client, ClientAuthentication, Initiators, RefreshTokens,
};
pub use client_key::{ClientKey, InvalidClientKey};
pub use connection::{Connection, Database, Upstream, Usernames};
pub use options::{DemoSignIn, Options, VerifiedEmailToLink};
pub use parts::Parts;

use model::{ConnectionLabel, ConnectionName, Identity, Provider, Scope, Scopes};

use crate::issuer::Issuer;

/// A checked configuration; see [`Configuration::new`].
#[derive(Clone, Debug)]
pub struct Configuration {
    parts: Parts,
    /// How many of the APIs are declared. The others, after them, exist only by their grants.
    declared_apis: usize,
    /// The identifiers of the Management API at other addresses of the same tenant; see [`Configuration::find_api`].
    management_identifiers: Vec<String>,
}

/// An API that a request names by its identifier.
#[derive(Clone, Copy, Debug)]
pub enum RequestedApi<'a> {
    /// The tenant's Management API.
    Management,
    /// An API of the tenant's owner.
    Own(&'a Api),
}

impl RequestedApi<'_> {
    /// Returns the audience of a token for the API.
    pub(crate) fn audience(self, issuer: &Issuer) -> String {
        match self {
            Self::Management => issuer.management_audience(),
            Self::Own(api) => api.identifier.clone(),
        }
    }

    /// Returns the scopes that a grant for this API permits.
    pub(crate) fn granted_scopes(self, grant: &ClientGrant) -> Scopes {
        match (&grant.scopes, self) {
            (GrantedScopes::Listed(scopes), _) => scopes.clone(),
            (GrantedScopes::All, Self::Management) => Scope::MANAGEMENT.into_iter().collect(),
            (GrantedScopes::All, Self::Own(api)) => api.all_scopes(),
        }
    }
}

impl Configuration {
    /// Checks the parts and creates a configuration.
    ///
    /// # Errors
    /// The first contradiction, see [`InvalidConfiguration`].
    pub fn new(parts: Parts) -> Result<Self, InvalidConfiguration> {
        check::check(&parts)?;
        let Parts { mut apis, .. } = parts;
        let management_identifiers = management_identifiers(&parts.options, &parts.grants, &apis);
        let declared_apis = apis.len();
        for grant in &parts.grants {
            if !management_identifiers.contains(&grant.audience) {
                add_granted_scopes(&mut apis, declared_apis, grant);
            }
        }
        Ok(Self { parts: Parts { apis, ..parts }, declared_apis, management_identifiers })
    }

    /// Returns the API with this identifier.
    ///
    /// The Management API has the identifier `{issuer}api/v2/`. A tenant file names the one of the real tenant, so each
    /// identifier of that form in its grants means the Management API, unless the file declares it as an API.
    #[must_use]
    pub fn find_api(&self, issuer: &Issuer, identifier: &str) -> Option<RequestedApi<'_>> {
        if identifier == issuer.management_audience()
            || self.management_identifiers.iter().any(|one| one == identifier)
        {
            return Some(RequestedApi::Management);
        }
        self.parts.apis.iter().find(|api| api.identifier == identifier).map(RequestedApi::Own)
    }

    /// Returns the grants for an API.
    pub fn grants_for(&self, issuer: &Issuer, api: RequestedApi<'_>) -> impl Iterator<Item = &ClientGrant> {
        let management_audience = issuer.management_audience();
        self.parts.grants.iter().filter(move |grant| match api {
            RequestedApi::Management => {
                grant.audience == management_audience || self.management_identifiers.contains(&grant.audience)
            }
            RequestedApi::Own(api) => grant.audience == api.identifier,
        })
    }

    /// Returns the options of the tenant.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.parts.options
    }

    /// Returns the options of the tenant, to set what depends on the process and not on the tenant's settings.
    pub fn options_mut(&mut self) -> &mut Options {
        &mut self.parts.options
    }

    /// Returns all applications.
    #[must_use]
    pub fn clients(&self) -> &[Client] {
        &self.parts.clients
    }

    /// Returns all connections, in the order of the login page.
    #[must_use]
    pub fn connections(&self) -> &[Connection] {
        &self.parts.connections
    }

    /// Returns the connections through which people can sign in to a client, in the order of the login page: those that
    /// it may use and that are served.
    pub fn connections_open_to(&self, client_id: &str) -> impl Iterator<Item = &Connection> {
        self.parts
            .connections
            .iter()
            .filter(move |connection| connection.is_enabled_for(client_id) && self.is_served(connection))
    }

    /// Returns whether people can sign in to a client by an identity: whether the tenant has its connection, the client
    /// may use it, and it is served. A session, a code or a refresh token of the identity gives the client no more than a
    /// new sign-in does.
    pub(crate) fn admits<P>(&self, identity: &Identity<P>, client_id: &str) -> bool {
        self.connection(identity.connection.as_str())
            .is_some_and(|connection| connection.is_enabled_for(client_id) && self.is_served(connection))
    }

    /// Returns whether people can sign in through the connection: by a password, a provider or a stand-in.
    pub(crate) fn is_served(&self, connection: &Connection) -> bool {
        !connection.needs_stand_in() || self.parts.options.stand_ins
    }

    /// Returns all APIs besides the Management API.
    #[must_use]
    pub fn apis(&self) -> &[Api] {
        &self.parts.apis
    }

    /// Returns whether an API is declared, not only named by a grant.
    pub(crate) fn declares(&self, api: &Api) -> bool {
        let declared = self.parts.apis.iter().take(self.declared_apis);
        declared.into_iter().any(|known| known.identifier == api.identifier)
    }

    /// Returns all roles.
    #[must_use]
    pub fn roles(&self) -> &[Role] {
        &self.parts.roles
    }

    /// Returns all client grants.
    #[must_use]
    pub fn grants(&self) -> &[ClientGrant] {
        &self.parts.grants
    }

    /// Returns the application with this id.
    #[must_use]
    pub fn client(&self, client_id: &str) -> Option<&Client> {
        self.parts.clients.iter().find(|client| client.client_id == client_id)
    }

    /// Returns the connection with this name.
    #[must_use]
    pub fn connection(&self, name: &str) -> Option<&Connection> {
        self.parts.connections.iter().find(|connection| connection.name.as_str() == name)
    }

    /// Returns what people call a login of `connection`, also if the connection is not configured any more.
    #[must_use]
    pub fn login_label(&self, connection: &ConnectionName, provider: &Provider) -> String {
        let without_settings = || ConnectionLabel::new(None, connection, provider).into_english();
        self.connection(connection.as_str()).map_or_else(without_settings, Connection::label)
    }
}

/// Returns the identifiers that mean the Management API of the tenant at another address: those of the form
/// `https://HOST/api/v2/` in the grants or as the default audience, which are not declared as APIs.
fn management_identifiers(options: &Options, grants: &[ClientGrant], apis: &[Api]) -> Vec<String> {
    let named = grants.iter().map(|grant| &grant.audience).chain(&options.default_audience);
    named
        .filter(|audience| {
            let is_declared = apis.iter().any(|api| api.identifier == **audience);
            !is_declared
                && url::Url::parse(audience).is_ok_and(|url| {
                    matches!(url.scheme(), "http" | "https")
                        && url.path() == "/api/v2/"
                        && url.query().is_none()
                        && url.fragment().is_none()
                })
        })
        .cloned()
        .collect()
}

/// Adds the API of a grant if it is not among the first, which are declared. An API that exists only by its grants has
/// their scopes.
fn add_granted_scopes(apis: &mut Vec<Api>, declared: usize, grant: &ClientGrant) {
    let position = apis.iter().position(|api| api.identifier == grant.audience);
    let api = match position {
        Some(position) if position < declared => return,
        Some(position) => &mut apis[position],
        None => {
            apis.push(Api { allow_offline_access: true, ..Api::new(&grant.audience) });
            let last = apis.len() - 1;
            &mut apis[last]
        }
    };
    if let GrantedScopes::Listed(scopes) = &grant.scopes {
        let new: Vec<ApiScope> = scopes
            .iter()
            .filter(|scope| !api.has_scope(scope))
            .map(|scope| ApiScope { value: scope.clone(), description: None })
            .collect();
        api.scopes.extend(new);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(id: &str) -> Client {
        Client {
            callbacks: vec!["http://localhost:3000/callback".to_owned()],
            allowed_logout_urls: vec!["https://*.example.test".to_owned()],
            ..Client::new(id, id)
        }
    }

    fn checked(clients: Vec<Client>, connections: Vec<Connection>) -> Result<(), InvalidConfiguration> {
        Configuration::new(Parts { clients, connections, ..Parts::default() }).map(|_| ())
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
                Configuration::new(Parts { options, ..Parts::default() }).map(|_| ()),
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
            let connections = connections.clone();
            let tenant =
                Configuration::new(Parts { options, clients, connections, ..Parts::default() }).unwrap();
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

    #[test]
    fn a_grant_for_the_real_tenants_management_api_is_for_this_one() {
        let issuer = Issuer::parse("http://localhost:3000").unwrap();
        let grant = |audience: &str| ClientGrant::new("a", audience, model::Scopes::parse("read:users"));
        let real = "https://acme.eu.auth0.com/api/v2/";
        let grants = vec![grant(real), grant("https://orders.example.com/")];
        let parts = Parts { clients: vec![client("a")], grants, ..Parts::default() };
        let tenant = Configuration::new(parts.clone()).unwrap();
        let management = tenant.find_api(&issuer, real);
        assert!(matches!(management, Some(RequestedApi::Management)));
        assert!(matches!(
            tenant.find_api(&issuer, &issuer.management_audience()),
            Some(RequestedApi::Management)
        ));
        assert_eq!(tenant.grants_for(&issuer, RequestedApi::Management).count(), 1);
        let Some(RequestedApi::Own(orders)) = tenant.find_api(&issuer, "https://orders.example.com/") else {
            panic!("a grant implies its API")
        };
        assert!(orders.has_scope(&model::Scope::READ_USERS));
        assert!(tenant.find_api(&issuer, "https://other.eu.auth0.com/api/v2/").is_none());

        let declared = Parts { apis: vec![Api::new(real)], ..parts };
        let tenant = Configuration::new(declared).unwrap();
        let Some(RequestedApi::Own(api)) = tenant.find_api(&issuer, real) else {
            panic!("it is declared as an API")
        };
        assert!(api.scopes.is_empty(), "a grant adds no scope to an API that the file declares");
    }
}
