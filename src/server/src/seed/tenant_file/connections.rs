//! Connections of a tenant file: databases, and providers.

use std::collections::BTreeSet;

use model::Provider;
use serde_saphyr::Location;
use tenant::configuration::{
    Client, ClientAuthentication, Connection, Database, InvalidConfiguration, PasswordLevel, PasswordPolicy,
    Upstream, Usernames,
};
use tenant::secret::Secret;

use super::clients::resolve;
use super::error::Misplaced;
use super::schema::{
    AuthMethod, ConnectionEntry, LengthEntry, OptionsEntry, PasswordPolicyName, ScopeOption,
};

impl ConnectionEntry {
    /// Returns the connection. Clients are referenced by name or id.
    ///
    /// # Errors
    /// The place of an unknown strategy or client, or of a provider that is not complete.
    pub(super) fn into_connection(
        self,
        is_database: bool,
        clients: &[(Location, Client)],
    ) -> Result<Connection, Misplaced> {
        let strategy = match self.strategy {
            Some(strategy) if is_database && strategy.value != "auth0" => {
                return Err((strategy.referenced, "the strategy of a database is \"auth0\"".to_owned()));
            }
            Some(strategy) if !Provider::new(strategy.value.as_str()).is_known() => {
                return Err((strategy.referenced, format!("unknown strategy \"{}\"", strategy.value)));
            }
            Some(strategy) => strategy.value,
            None if is_database => "auth0".to_owned(),
            None => return Err((self.name.referenced, "the key \"strategy\" is missing".to_owned())),
        };
        let enabled_clients = self
            .enabled_clients
            .map(|names| names.iter().map(|name| resolve(name, clients)).collect::<Result<_, _>>())
            .transpose()?;
        Ok(Connection {
            display_name: self.display_name,
            enabled_clients,
            pinned: self.pinned,
            database: self.options.as_ref().map(OptionsEntry::database).unwrap_or_default(),
            upstream: self.options.filter(|_| !is_database).map_or(Ok(None), OptionsEntry::into_upstream)?,
            ..Connection::new(&self.name.value, &strategy)
        })
    }
}

impl OptionsEntry {
    /// Returns the rules of a database.
    fn database(&self) -> Database {
        let length = self.validation.as_ref().and_then(|validation| validation.username);
        let length =
            length.map_or_else(Usernames::default, |LengthEntry { min, max }| Usernames { min, max });
        let level = self.password_policy.map(|name| match name {
            PasswordPolicyName::None => PasswordLevel::None,
            PasswordPolicyName::Low => PasswordLevel::Low,
            PasswordPolicyName::Fair => PasswordLevel::Fair,
            PasswordPolicyName::Good => PasswordLevel::Good,
            PasswordPolicyName::Excellent => PasswordLevel::Excellent,
        });
        let default = PasswordPolicy::default();
        let min_length = self.password_complexity_options.map(|options| options.min_length);
        Database {
            sign_up: !self.disable_signup,
            usernames: self.requires_username.then_some(length),
            passwords: PasswordPolicy {
                level: level.unwrap_or(default.level),
                min_length: min_length.or(default.min_length.filter(|_| level.is_none())),
            },
        }
    }

    /// Returns the upstream provider, if the options name an issuer.
    ///
    /// # Errors
    /// The place of an issuer that is not safe, or that has no client id.
    fn into_upstream(self) -> Result<Option<Upstream>, Misplaced> {
        let Some(issuer) = self.issuer else { return Ok(None) };
        if !Upstream::is_safe(&issuer.value) {
            let reason = "an issuer must be an https URL, or an http URL of this machine";
            return Err((issuer.referenced, reason.to_owned()));
        }
        let missing = || (issuer.referenced, "an issuer requires the key \"client_id\"".to_owned());
        let scopes = match self.scope {
            Some(ScopeOption::Words(words)) => words.split_whitespace().map(str::to_owned).collect(),
            Some(ScopeOption::List(list)) => list,
            None => vec!["profile".to_owned(), "email".to_owned()],
        };
        Ok(Some(Upstream {
            client_id: self.client_id.ok_or_else(missing)?,
            client_secret: self.client_secret.map(Secret::new),
            authentication: self.token_endpoint_auth_method.map(|method| match method {
                AuthMethod::None => ClientAuthentication::None,
                AuthMethod::ClientSecretPost => ClientAuthentication::SecretPost,
                AuthMethod::ClientSecretBasic => ClientAuthentication::SecretBasic,
            }),
            scopes: scopes.into_iter().filter(|scope| scope != "openid").collect(),
            issuer: issuer.value,
        }))
    }
}

/// Checks that no two connections have the same name.
///
/// # Errors
/// The second connection of a name.
pub(super) fn check_names(connections: &[(Location, Connection)]) -> Result<(), Misplaced> {
    let mut names = BTreeSet::new();
    match connections.iter().find(|(_, connection)| !names.insert(connection.name.as_str())) {
        Some((location, connection)) => Err((
            *location,
            InvalidConfiguration::DuplicateConnection(connection.name.to_string()).to_string(),
        )),
        None => Ok(()),
    }
}
