//! The tenant file: a tenant in the keys of Auth0's Deploy CLI, so that one file describes a real tenant and
//! the local one.
//!
//! Every valid file of the Deploy CLI is read. What this tenant plays is read strictly; every other key is reported by a
//! notice, see [`Notice`]. A key that is unknown to Auth0 and close to one that is read is refused, because it is probably
//! misspelt. What Auth0 does not have is written under `linkedAccounts`, and as `pinned` on connections.

mod advice;
mod apis;
mod clients;
mod connections;
mod error;
mod keys;
mod schema;
mod section;
mod source;
mod table;
#[cfg(test)]
mod tests;

use std::num::NonZeroU32;
use std::path::Path;
use std::time::Duration;

use serde_saphyr::Spanned;
use tenant::configuration::{Client, Connection, Options, Parts, VerifiedEmailToLink};

use self::clients::texts;
use self::error::Misplaced;
use self::keys::Collector;
use self::schema::{ApiEntry, ClientEntry, DatabaseEntry, LinkedAccountsSection, TenantSection};
use self::section::Text;
use self::source::{Placed, Source, misplaced};
use super::error::{InvalidSeedFile, Place};
use super::keywords::Keywords;
use super::notices::Notice;

pub use table::table_of_keys;

/// A tenant as its file describes it.
#[derive(Debug)]
pub struct TenantFile {
    /// The parts of its configuration. Options that only a demo has are left at their defaults; the connections are the
    /// databases first, then the others, each in the order of the file.
    pub parts: Parts,
    /// What the reader should know about the file.
    pub notices: Vec<Notice>,
    /// The ids of the clients whose id is not in the file and was derived from their name.
    pub derived_client_ids: Vec<String>,
}

/// Reads a tenant file: YAML, or the directory format of the Deploy CLI, for which `path` is the folder or the
/// `tenant.json` in it. `accepted` are the keys that are ignored whatever they mean.
///
/// # Errors
/// The first mistake, with the file, line and column.
pub fn read(
    path: &Path,
    keywords: &Keywords<'_>,
    accepted: &[String],
) -> Result<TenantFile, InvalidSeedFile> {
    let source = if path.is_dir() {
        if !path.join("tenant.json").is_file() && !path.join("clients").is_dir() {
            let reason = "this folder has no tenant.json and no folder \"clients\"".to_owned();
            return Err(InvalidSeedFile { file: path.display().to_string(), place: Place::Whole, reason });
        }
        source::read_directory(path, keywords)?
    } else {
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| InvalidSeedFile {
            file: file.clone(),
            place: Place::Whole,
            reason: error.to_string(),
        })?;
        match path.parent().filter(|_| source::is_of_directory(path, &text)) {
            Some(folder) => source::read_directory(folder, keywords)?,
            None => source::read_yaml(&file, &text, keywords)?,
        }
    };
    convert(source, accepted)
}

/// Parses a tenant file in YAML. `file` is its path for messages; `accepted` are the keys that are ignored whatever they
/// mean.
///
/// # Errors
/// The first mistake, with line and column.
pub fn parse(
    file: &str,
    text: &str,
    keywords: &Keywords<'_>,
    accepted: &[String],
) -> Result<TenantFile, InvalidSeedFile> {
    convert(source::read_yaml(file, text, keywords)?, accepted)
}

/// Checks the parts and returns the tenant.
///
/// # Errors
/// The place of the first mistake.
fn convert(source: Source, accepted: &[String]) -> Result<TenantFile, InvalidSeedFile> {
    let mut collector = Collector::new(accepted);
    for unread in &source.unread {
        collector.note_key(&unread.file, "", &unread.value).map_err(|error| misplaced(unread, error))?;
    }

    let mut options = Options { end_session_discovery: true, ..Options::default() };
    if let Some(tenant) = source.tenant {
        let Placed { file, location, value } = tenant;
        let converted = note_tenant(&file, &value, &mut collector).and_then(|()| value.into_options());
        options = converted.map_err(|error| misplaced(&Placed { file, location, value: () }, error))?;
    }
    source.linked_accounts.apply_to(&mut options);
    if options.verified_email_to_link == VerifiedEmailToLink::Nobody {
        let words = "linkedAccounts.verified_email_to_link is off: somebody who signs up with the address of somebody else can \
                     link a login of their own, and wait for the owner";
        collector.notices.push(Notice::Remark(words.to_owned()));
    }

    let mut derived_client_ids = Vec::new();
    let mut clients: Vec<Placed<Client>> = Vec::new();
    for entry in source.clients {
        let is_derived = entry.value.client_id.is_none();
        let Placed { file, location, value } = entry;
        let converted = note_client(&file, &value, &mut collector)
            .and_then(|()| value.into_client(&file, location, &clients, &mut collector));
        let (location, client) = converted
            .map_err(|error| misplaced(&Placed { file: file.clone(), location, value: () }, error))?;
        derived_client_ids.extend(is_derived.then(|| client.client_id.clone()));
        clients.push(Placed { file, location, value: client });
        if let Some(last) = clients.last() {
            clients::check_last(&clients).map_err(|error| misplaced(last, error))?;
        }
    }

    let mut connections = Vec::new();
    for entry in source.databases {
        convert_entry(entry, &mut connections, |file, location, entry| {
            note_database(file, &entry, &mut collector)?;
            let at = entry.name.as_ref().map_or(location, |name| name.referenced);
            Ok(Some((at, entry.into_connection(file, location, &clients, &mut collector)?)))
        })?;
        check_last_name(&connections)?;
    }
    for entry in source.connections {
        convert_entry(entry, &mut connections, |file, location, entry| {
            collector.note(file, "connections", &entry)?;
            if let Some(options) = &entry.options {
                collector.note(file, "connections.options", options)?;
            }
            let at = entry.name.as_ref().map_or(location, |name| name.referenced);
            let connection = entry.into_connection(file, location, &clients, &mut collector)?;
            Ok(connection.map(|connection| (at, connection)))
        })?;
        check_last_name(&connections)?;
    }

    let mut apis = Vec::new();
    for entry in source.apis {
        convert_entry(entry, &mut apis, |file, location, entry| {
            note_api(file, &entry, &mut collector)?;
            let api = entry.into_api(file, location, &mut collector)?;
            Ok(api.map(|api| (location, api)))
        })?;
        if let Some((last, before)) = apis.split_last() {
            apis::check_identifier(last, before).map_err(|error| misplaced(last, error))?;
        }
    }

    let mut roles = Vec::new();
    for entry in source.roles {
        convert_entry(entry, &mut roles, |file, location, entry| {
            collector.note(file, "roles", &entry)?;
            for permission in entry.permissions.iter().flatten() {
                collector.note(file, "roles.permissions", &permission.value)?;
            }
            Ok(Some((location, entry.into_role(location)?)))
        })?;
    }

    let mut grants = Vec::new();
    for entry in source.grants {
        convert_entry(entry, &mut grants, |file, location, entry| {
            collector.note(file, "clientGrants", &entry)?;
            let grant = entry.into_grant(file, location, &clients, &mut collector)?;
            Ok(grant.map(|grant| (location, grant)))
        })?;
    }

    let parts = Parts {
        options,
        clients: values(clients),
        connections: values(connections),
        apis: values(apis),
        roles: values(roles),
        grants: values(grants),
    };
    Ok(TenantFile { parts, notices: collector.notices, derived_client_ids })
}

/// Converts one entry and adds the result, if there is one, at its place.
fn convert_entry<T, U>(
    entry: Placed<T>,
    converted: &mut Vec<Placed<U>>,
    convert: impl FnOnce(
        &str,
        serde_saphyr::Location,
        T,
    ) -> Result<Option<(serde_saphyr::Location, U)>, Misplaced>,
) -> Result<(), InvalidSeedFile> {
    let Placed { file, location, value } = entry;
    match convert(&file, location, value) {
        Ok(Some((location, value))) => converted.push(Placed { file, location, value }),
        Ok(None) => {}
        Err(error) => return Err(misplaced(&Placed { file, location, value: () }, error)),
    }
    Ok(())
}

/// Checks that the last connection has a name of its own.
fn check_last_name(connections: &[Placed<Connection>]) -> Result<(), InvalidSeedFile> {
    connections
        .last()
        .map_or(Ok(()), |last| connections::check_last(connections).map_err(|error| misplaced(last, error)))
}

fn values<T>(placed: Vec<Placed<T>>) -> Vec<T> {
    placed.into_iter().map(|placed| placed.value).collect()
}

fn note_tenant(file: &str, tenant: &TenantSection, collector: &mut Collector<'_>) -> Result<(), Misplaced> {
    collector.note(file, "tenant", tenant)?;
    if let Some(flags) = &tenant.flags {
        collector.note(file, "tenant.flags", flags)?;
    }
    match &tenant.oidc_logout {
        Some(section) => collector.note(file, "tenant.oidc_logout", section),
        None => Ok(()),
    }
}

fn note_client(file: &str, client: &ClientEntry, collector: &mut Collector<'_>) -> Result<(), Misplaced> {
    collector.note(file, "clients", client)?;
    if let Some(methods) = &client.client_authentication_methods {
        let path = "clients.client_authentication_methods";
        collector.note(file, path, methods)?;
        if let Some(method) = &methods.private_key_jwt {
            let path = format!("{path}.private_key_jwt");
            collector.note(file, &path, method)?;
            for credential in method.credentials.iter().flatten() {
                collector.note(file, &format!("{path}.credentials"), &credential.value)?;
            }
        }
    }
    for logout in [&client.oidc_logout, &client.oidc_backchannel_logout].into_iter().flatten() {
        collector.note(file, "clients.oidc_logout", logout)?;
        if let Some(initiators) = &logout.backchannel_logout_initiators {
            collector.note(file, "clients.oidc_logout.backchannel_logout_initiators", initiators)?;
        }
    }
    if let Some(jwt) = &client.jwt_configuration {
        collector.note(file, "clients.jwt_configuration", jwt)?;
    }
    match &client.refresh_token {
        Some(section) => collector.note(file, "clients.refresh_token", section),
        None => Ok(()),
    }
}

fn note_database(
    file: &str,
    database: &DatabaseEntry,
    collector: &mut Collector<'_>,
) -> Result<(), Misplaced> {
    collector.note(file, "databases", database)?;
    let Some(options) = &database.options else { return Ok(()) };
    collector.note(file, "databases.options", options)?;
    if let Some(validation) = &options.validation {
        collector.note(file, "databases.options.validation", validation)?;
        if let Some(username) = &validation.username {
            collector.note(file, "databases.options.validation.username", username)?;
        }
    }
    if let Some(section) = &options.password_complexity_options {
        collector.note(file, "databases.options.password_complexity_options", section)?;
    }
    if let Some(section) = &options.password_dictionary {
        collector.note(file, "databases.options.password_dictionary", section)?;
    }
    match &options.password_no_personal_info {
        Some(section) => collector.note(file, "databases.options.password_no_personal_info", section),
        None => Ok(()),
    }
}

fn note_api(file: &str, api: &ApiEntry, collector: &mut Collector<'_>) -> Result<(), Misplaced> {
    collector.note(file, "resourceServers", api)?;
    for scope in api.scopes.iter().flatten() {
        collector.note(file, "resourceServers.scopes", scope)?;
    }
    let Some(access) = &api.subject_type_authorization else { return Ok(()) };
    let path = "resourceServers.subject_type_authorization";
    collector.note(file, path, access)?;
    for (subject, policy) in [("user", &access.user), ("client", &access.client)] {
        if let Some(policy) = policy {
            collector.note(file, &format!("{path}.{subject}"), policy)?;
        }
    }
    Ok(())
}

impl TenantSection {
    /// Returns the options of the tenant. Lifetimes are in hours.
    ///
    /// # Errors
    /// The place of a value that is not valid.
    fn into_options(self) -> Result<Options, Misplaced> {
        let default = Options::default();
        Ok(Options {
            friendly_name: self.friendly_name.map_or(default.friendly_name, |name| name.0),
            session_lifetime: hours(self.session_lifetime, default.session_lifetime)?,
            idle_session_lifetime: hours(self.idle_session_lifetime, default.idle_session_lifetime)?,
            default_audience: self
                .default_audience
                .map(|audience| audience.0)
                .filter(|audience| !audience.is_empty()),
            allowed_logout_urls: texts(self.allowed_logout_urls.unwrap_or_default()),
            default_redirection_uri: self.default_redirection_uri.map(web_address).transpose()?.flatten(),
            end_session_discovery: self
                .oidc_logout
                .and_then(|section| section.rp_logout_end_session_endpoint_discovery)
                // As for every tenant of Auth0 since November 2023.
                .unwrap_or(true),
            id_token_bearer: self.flags.is_some_and(|flags| flags.enable_idtoken_api2 == Some(true)),
            ..default
        })
    }
}

impl LinkedAccountsSection {
    /// Sets the options of this section.
    fn apply_to(self, options: &mut Options) {
        if let Some(Text(name)) = self.identity_claim {
            options.identity_claim = name;
        }
        options.verified_email_to_link = match self.verified_email_to_link {
            None => VerifiedEmailToLink::default(),
            Some(true) => VerifiedEmailToLink::Everybody,
            Some(false) => VerifiedEmailToLink::Nobody,
        };
        let seconds = |seconds: NonZeroU32| Duration::from_secs(u64::from(seconds.get()));
        if let Some(limit) = self.link_proof_max_age {
            options.link_proof_max_age = seconds(limit);
        }
        options.fresh_sign_in = self.fresh_sign_in.map(seconds);
        options.faults = self.faults;
    }
}

/// Returns an http or https URL; an empty text counts as absent.
///
/// # Errors
/// The place of any other text.
fn web_address(text: Spanned<Text>) -> Result<Option<String>, Misplaced> {
    let is_web = |text: &str| text.starts_with("https://") || text.starts_with("http://");
    match text.value.0 {
        empty if empty.is_empty() => Ok(None),
        address if is_web(&address) => Ok(Some(address)),
        _ => Err((text.referenced, "not an http or https URL".to_owned())),
    }
}

/// Returns a lifetime given in hours, which may be a fraction.
///
/// # Errors
/// The place of a lifetime that is not positive.
fn hours(value: Option<Spanned<f64>>, default: Duration) -> Result<Duration, Misplaced> {
    let Some(hours) = value else { return Ok(default) };
    Duration::try_from_secs_f64(hours.value * 3600.0).ok().filter(|lifetime| !lifetime.is_zero()).ok_or_else(
        || (hours.referenced, format!("a lifetime must be more than 0 hours, not {}", hours.value)),
    )
}
