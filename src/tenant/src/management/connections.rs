//! `GET /api/v2/connections`, one connection, and the clients of one (contract [A16](model::contract#a16)).

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;

use super::list::List;
use super::object::{Object, Totals};
use super::path::PathIds;
use super::query::Query;
use crate::configuration::{Client, ClientAuthentication, Connection, PasswordLevel, PersonalWords};
use crate::http::bearer::{Caller, READ_CONNECTIONS};
use crate::http::error::ApiError;
use crate::http::not_found::NotFound;
use crate::http::response::management_json;
use crate::state::Tenant;

/// The keys that stay whatever `fields` names (contract [U-20](model::contract#u-20)).
const ALWAYS: &[&str] = &["id", "is_domain_connection"];

/// A connection in the representation of the API.
#[derive(Serialize)]
struct ShownConnection<'c> {
    id: &'c str,
    options: Options<'c>,
    strategy: &'c str,
    name: &'c str,
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<&'c str>,
    is_domain_connection: bool,
    realms: [&'c str; 1],
    enabled_clients: Vec<&'c str>,
}

/// The options of a connection, without credentials.
#[derive(Serialize)]
#[serde(untagged)]
enum Options<'c> {
    Database(DatabaseOptions<'c>),
    Upstream(UpstreamOptions<'c>),
    None {},
}

#[derive(Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "the keys are those of the API")]
struct DatabaseOptions<'c> {
    #[serde(skip_serializing_if = "Option::is_none")]
    validation: Option<Validation>,
    import_mode: bool,
    #[serde(rename = "passwordPolicy")]
    password_policy: &'static str,
    disable_signup: bool,
    requires_username: bool,
    brute_force_protection: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    password_complexity_options: Option<Complexity>,
    password_dictionary: Dictionary<'c>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password_no_personal_info: Option<Enabled>,
}

#[derive(Serialize)]
struct Validation {
    username: Lengths,
}

#[derive(Serialize)]
struct Lengths {
    max: usize,
    min: usize,
}

#[derive(Serialize)]
struct Complexity {
    min_length: usize,
}

#[derive(Serialize)]
struct Dictionary<'c> {
    enable: bool,
    dictionary: &'c [String],
}

#[derive(Serialize)]
struct Enabled {
    enable: bool,
}

#[derive(Serialize)]
struct UpstreamOptions<'c> {
    issuer: &'c str,
    client_id: &'c str,
    scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_endpoint_auth_method: Option<&'static str>,
}

/// A client in the list of a connection's clients.
#[derive(Serialize)]
struct EnabledClient<'c> {
    client_id: &'c str,
}

/// Lists the connections in the order of the login page; all of them, or those with a name or with
/// strategies.
pub(crate) async fn list(
    State(tenant): State<Tenant>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let _permission = caller.require(READ_CONNECTIONS)?;
    let query = Query::parse(query.as_deref());
    let name = query.text("name")?;
    let strategies: Vec<&str> = query.all("strategy").collect();
    let configuration = &tenant.0.configuration;
    let shown: Vec<ShownConnection<'_>> = configuration
        .connections()
        .iter()
        .filter(|connection| name.is_none_or(|name| connection.name.as_str() == name))
        .filter(|connection| strategies.is_empty() || strategies.contains(&connection.strategy.as_str()))
        .map(|connection| show(connection, configuration.clients()))
        .collect();
    let list = List { name: "connections", totals: Totals::First };
    list.part_or_page(&query, &shown, |connection| connection.id, ALWAYS)
}

/// `GET /api/v2/connections/{id}`.
pub(super) async fn get(
    State(tenant): State<Tenant>,
    caller: Caller,
    path: PathIds,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let _permission = caller.require(READ_CONNECTIONS)?;
    let fields = Query::parse(query.as_deref()).fields()?;
    let shown = show(find(&tenant, &path)?, tenant.0.configuration.clients());
    Ok(management_json(StatusCode::OK, &Object::of(&shown)?.with_fields(&fields, ALWAYS)))
}

/// `GET /api/v2/connections/{id}/clients`: the clients that may use a connection, after a checkpoint.
pub(super) async fn list_clients(
    State(tenant): State<Tenant>,
    caller: Caller,
    path: PathIds,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let _permission = caller.require(READ_CONNECTIONS)?;
    let query = Query::parse(query.as_deref());
    query.checkpoint()?;
    let enabled = enabled_clients(find(&tenant, &path)?, tenant.0.configuration.clients());
    let shown: Vec<_> = enabled.into_iter().map(|client_id| EnabledClient { client_id }).collect();
    List { name: "clients", totals: Totals::First }.part(&query, &shown, |client| client.client_id)
}

fn find<'t>(tenant: &'t Tenant, path: &PathIds) -> Result<&'t Connection, ApiError> {
    let connections = tenant.0.configuration.connections();
    connections.iter().find(|connection| connection.id == path.id()).ok_or(NotFound::Connection.into())
}

fn show<'c>(connection: &'c Connection, clients: &'c [Client]) -> ShownConnection<'c> {
    ShownConnection {
        id: &connection.id,
        options: options(connection),
        strategy: connection.strategy.as_str(),
        name: connection.name.as_str(),
        display_name: connection.display_name.as_deref(),
        is_domain_connection: false,
        realms: [connection.name.as_str()],
        enabled_clients: enabled_clients(connection, clients),
    }
}

fn enabled_clients<'c>(connection: &Connection, clients: &'c [Client]) -> Vec<&'c str> {
    let enabled = clients.iter().filter(|client| connection.is_enabled_for(&client.client_id));
    enabled.map(|client| client.client_id.as_str()).collect()
}

/// Returns the options that the tenant acts on. The secret of a provider is never among them.
fn options(connection: &Connection) -> Options<'_> {
    if let Some(upstream) = &connection.upstream {
        let scopes = std::iter::once("openid").chain(upstream.scopes.iter().map(String::as_str));
        return Options::Upstream(UpstreamOptions {
            issuer: &upstream.issuer,
            client_id: &upstream.client_id,
            scope: scopes.collect::<Vec<_>>().join(" "),
            token_endpoint_auth_method: upstream.authentication.map(name_of_authentication),
        });
    }
    if !connection.is_database() {
        return Options::None {};
    }
    let database = &connection.database;
    Options::Database(DatabaseOptions {
        validation: database
            .usernames
            .map(|lengths| Validation { username: Lengths { max: lengths.max, min: lengths.min } }),
        import_mode: false,
        password_policy: match database.passwords.level {
            PasswordLevel::None => "none",
            PasswordLevel::Low => "low",
            PasswordLevel::Fair => "fair",
            PasswordLevel::Good => "good",
            PasswordLevel::Excellent => "excellent",
        },
        disable_signup: !database.sign_up,
        requires_username: database.usernames.is_some(),
        brute_force_protection: true,
        password_complexity_options: database
            .passwords
            .min_length
            .map(|min_length| Complexity { min_length }),
        password_dictionary: Dictionary {
            enable: database.passwords.dictionary.is_some(),
            dictionary: database.passwords.dictionary.as_deref().unwrap_or_default(),
        },
        // Without the key, a tenant file means what lies between the two.
        password_no_personal_info: match database.passwords.personal_words {
            PersonalWords::Accepted => Some(Enabled { enable: false }),
            PersonalWords::NotAlone => None,
            PersonalWords::NotContained => Some(Enabled { enable: true }),
        },
    })
}

/// Returns the name of an authentication method (OpenID Connect Dynamic Client Registration 1.0 section 2).
pub(super) fn name_of_authentication(authentication: ClientAuthentication) -> &'static str {
    match authentication {
        ClientAuthentication::None => "none",
        ClientAuthentication::SecretPost => "client_secret_post",
        ClientAuthentication::SecretBasic => "client_secret_basic",
        ClientAuthentication::PrivateKeyJwt => "private_key_jwt",
    }
}
