//! Connections of a tenant file: databases, and providers.

use model::Provider;
use serde_saphyr::{Location, Spanned};
use tenant::configuration::{
    Client, ClientAuthentication, Connection, Database, InvalidConfiguration, PasswordLevel, PasswordPolicy,
    PersonalWords, Upstream, Usernames,
};
use tenant::secret::Secret;

use super::clients::resolve;
use super::error::Misplaced;
use super::keys::Collector;
use super::schema::{
    ConnectionEntry, DatabaseEntry, DatabaseOptions, DictionaryEntry, LengthEntry, PasswordPolicyName,
    ProviderOptions,
};
use super::section::{Text, Unread};
use super::source::Placed;
use crate::seed::keywords::{missing_in, missing_value};
use crate::seed::suggestion::closest;

impl DatabaseEntry {
    /// Returns the database. Clients are referenced by name or id.
    ///
    /// # Errors
    /// The place of a key that is missing, or of another strategy.
    pub(super) fn into_connection(
        self,
        file: &str,
        location: Location,
        clients: &[Placed<Client>],
        collector: &mut Collector<'_>,
    ) -> Result<Connection, Misplaced> {
        let name = self.name.ok_or_else(|| (location, "the key \"name\" is missing".to_owned()))?;
        if let Some(strategy) = self.strategy.filter(|strategy| strategy.value.0 != "auth0") {
            return Err((strategy.referenced, "the strategy of a database is \"auth0\"".to_owned()));
        }
        Ok(Connection {
            display_name: self.display_name.map(|name| name.0),
            enabled_clients: enabled_clients(self.enabled_clients, file, clients, collector),
            pinned: self.pinned == Some(true),
            database: self.options.unwrap_or_default().into_database(),
            ..Connection::new(&name.value.0, "auth0")
        })
    }
}

impl ConnectionEntry {
    /// Returns the connection. Clients are referenced by name or id. A connection of a strategy that this tenant does not
    /// know is left out, with a notice.
    ///
    /// # Errors
    /// The place of a key that is missing, of a misspelt strategy, or of options that cannot be used.
    pub(super) fn into_connection(
        self,
        file: &str,
        location: Location,
        clients: &[Placed<Client>],
        collector: &mut Collector<'_>,
    ) -> Result<Option<Connection>, Misplaced> {
        let name = self.name.ok_or_else(|| (location, "the key \"name\" is missing".to_owned()))?;
        let Some(strategy) = self.strategy else {
            return Err((name.referenced, "the key \"strategy\" is missing".to_owned()));
        };
        if !Provider::new(strategy.value.0.as_str()).is_known() {
            let reason = format!("unknown strategy \"{}\"", strategy.value.0);
            if let Some(meant) = closest(&strategy.value.0, Provider::all_known()) {
                return Err((strategy.referenced, format!("{reason}; did you mean \"{meant}\"?")));
            }
            let text = format!("{reason}: the connection \"{}\" is left out", name.value.0);
            collector.remark(file, strategy.referenced, &text);
            return Ok(None);
        }
        let options = self.options.unwrap_or_default();
        Ok(Some(Connection {
            display_name: self.display_name.map(|name| name.0),
            enabled_clients: enabled_clients(self.enabled_clients, file, clients, collector),
            pinned: self.pinned == Some(true),
            upstream: options.into_upstream(&name.value.0, file, collector)?,
            ..Connection::new(&name.value.0, &strategy.value.0)
        }))
    }
}

/// Returns the ids of the clients that may use a connection.
fn enabled_clients(
    references: Option<Vec<Spanned<Text>>>,
    file: &str,
    clients: &[Placed<Client>],
    collector: &mut Collector<'_>,
) -> Option<Vec<String>> {
    let references = references?;
    Some(references.iter().filter_map(|client| resolve(client, file, clients, collector)).collect())
}

impl DatabaseOptions {
    /// Returns the rules of a database.
    fn into_database(self) -> Database {
        let default = Usernames::default();
        let attributes = self.attributes.unwrap_or(Unread::Null);
        let is_identifier = attributes.at(&["username", "identifier", "active"]).is_some_and(Unread::is_true);
        let length = self.validation.and_then(|validation| validation.username);
        let length = length.map_or(default, |LengthEntry { min, max, .. }| Usernames {
            min: min.unwrap_or(default.min),
            max: max.unwrap_or(default.max),
        });
        let level = self.password_policy.map(|name| match name {
            PasswordPolicyName::None => PasswordLevel::None,
            PasswordPolicyName::Low => PasswordLevel::Low,
            PasswordPolicyName::Fair => PasswordLevel::Fair,
            PasswordPolicyName::Good => PasswordLevel::Good,
            PasswordPolicyName::Excellent => PasswordLevel::Excellent,
        });
        let default = PasswordPolicy::default();
        // What a tenant file leaves out is as safe as it can be without being noticed by most.
        let dictionary = match self.password_dictionary {
            Some(DictionaryEntry { enable: Some(false), .. }) => None,
            Some(DictionaryEntry { dictionary, .. }) => {
                Some(dictionary.into_iter().flatten().map(|word| word.0).collect())
            }
            None => default.dictionary.clone(),
        };
        let personal_words = match self.password_no_personal_info.and_then(|entry| entry.enable) {
            Some(true) => PersonalWords::NotContained,
            Some(false) => PersonalWords::Accepted,
            None => default.personal_words,
        };
        let min_length = self.password_complexity_options.and_then(|options| options.min_length);
        Database {
            sign_up: self.disable_signup != Some(true),
            usernames: (self.requires_username == Some(true) || is_identifier).then_some(length),
            passwords: PasswordPolicy {
                level: level.unwrap_or(default.level),
                min_length: min_length.or(default.min_length.filter(|_| level.is_none())),
                dictionary,
                personal_words,
            },
        }
    }
}

impl ProviderOptions {
    /// Returns the upstream provider, if the options name an issuer and the tenant can be its client. If it cannot, a
    /// stand-in takes the place of the provider, with a notice.
    ///
    /// # Errors
    /// The place of an issuer that is not safe, or of an option beside it that is not valid.
    fn into_upstream(
        self,
        connection: &str,
        file: &str,
        collector: &mut Collector<'_>,
    ) -> Result<Option<Upstream>, Misplaced> {
        let mut stand_in = |location, because: &str| {
            let text = format!("the connection \"{connection}\" is served by a stand-in, because {because}");
            collector.remark(file, location, &text);
            Ok(None)
        };
        if let Some((location, key)) = self.keyword_without_value() {
            return stand_in(location, &missing_value(&key));
        }
        if let Some(method) = self.token_endpoint_auth_method.as_ref()
            && method.value.as_text() == Some("private_key_jwt")
        {
            return stand_in(method.referenced, "its provider wants a signature (private_key_jwt)");
        }
        let Some(issuer) = self.issuer.filter(|issuer| !issuer.value.is_empty()) else { return Ok(None) };
        let issuer_at = issuer.referenced;
        let issuer = text(issuer)?;
        if !Upstream::is_safe(&issuer) {
            let reason = "an issuer must be an https URL, or an http URL of this machine";
            return Err((issuer_at, reason.to_owned()));
        }
        let Some(client_id) = self.client_id.filter(|id| !id.value.is_empty()) else {
            return stand_in(issuer_at, "the key \"client_id\" is missing beside the issuer");
        };
        let scopes = match self.scope {
            Some(scope) => scopes(scope)?,
            None => vec!["profile".to_owned(), "email".to_owned()],
        };
        let secret = self.client_secret.filter(|secret| !secret.value.is_empty());
        Ok(Some(Upstream {
            client_id: text(client_id)?,
            client_secret: secret.map(text).transpose()?.map(Secret::new),
            authentication: self.token_endpoint_auth_method.map(authentication).transpose()?,
            scopes: scopes.into_iter().filter(|scope| scope != "openid").collect(),
            issuer,
        }))
    }

    /// Returns the first option with a keyword that has no value.
    fn keyword_without_value(&self) -> Option<(Location, String)> {
        let options = [&self.issuer, &self.client_id, &self.client_secret, &self.scope];
        options.into_iter().chain([&self.token_endpoint_auth_method]).flatten().find_map(|option| {
            let mut missing = None;
            option
                .value
                .visit_texts(&mut |text| missing = missing.take().or(missing_in(text).map(str::to_owned)));
            missing.map(|key| (option.referenced, key))
        })
    }
}

/// Returns an option that must be a text.
///
/// # Errors
/// The place of any other value.
fn text(option: Spanned<Unread>) -> Result<String, Misplaced> {
    match option.value {
        Unread::Text(text) => Ok(text),
        _ => Err((option.referenced, "not a text".to_owned())),
    }
}

/// Returns scopes: separated by spaces for some strategies of Auth0, a list for others.
fn scopes(option: Spanned<Unread>) -> Result<Vec<String>, Misplaced> {
    let (referenced, defined) = (option.referenced, option.defined);
    let text = |value| text(Spanned { value, referenced, defined });
    match option.value {
        Unread::List(scopes) => scopes.into_iter().map(text).collect(),
        value => Ok(text(value)?.split_whitespace().map(str::to_owned).collect()),
    }
}

/// Returns the method by which the tenant authenticates at a provider.
fn authentication(option: Spanned<Unread>) -> Result<ClientAuthentication, Misplaced> {
    let location = option.referenced;
    match text(option)?.as_str() {
        "none" => Ok(ClientAuthentication::None),
        "client_secret_post" => Ok(ClientAuthentication::SecretPost),
        "client_secret_basic" => Ok(ClientAuthentication::SecretBasic),
        other => {
            let known = "none, client_secret_post, client_secret_basic, private_key_jwt";
            Err((location, format!("\"{other}\" is not one of {known}")))
        }
    }
}

/// Checks that the last connection has a name of its own.
///
/// # Errors
/// The last connection, if another one has its name.
pub(super) fn check_last(connections: &[Placed<Connection>]) -> Result<(), Misplaced> {
    let Some((last, before)) = connections.split_last() else { return Ok(()) };
    if before.iter().any(|connection| connection.value.name == last.value.name) {
        let name = last.value.name.to_string();
        return Err((last.location, InvalidConfiguration::DuplicateConnection(name).to_string()));
    }
    Ok(())
}
