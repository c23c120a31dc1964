//! `GET /api/v2/clients` (contract [A18](model::contract#a18)). Secrets are never shown.

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::connections::name_of_authentication;
use super::list::List;
use super::object::{Object, Totals};
use super::path::PathIds;
use super::query::Query;
use crate::configuration::{
    ApplicationType, BackchannelLogout, Client, ClientAuthentication, Initiators, RefreshTokens,
};
use crate::http::bearer::{Caller, READ_CLIENTS};
use crate::http::error::ApiError;
use crate::http::not_found::NotFound;
use crate::http::response::management_json;
use crate::secret::digest;
use crate::state::Tenant;

/// The keys that stay whatever `fields` names, as recorded.
const ALWAYS: &[&str] = &["tenant"];

/// An application in the representation of the API.
#[derive(Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "the keys are those of the API")]
struct ShownClient<'c> {
    tenant: &'c str,
    global: bool,
    is_token_endpoint_ip_header_trusted: bool,
    name: &'c str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logo_uri: Option<&'c str>,
    is_first_party: bool,
    oidc_conformant: bool,
    sso_disabled: bool,
    cross_origin_auth: bool,
    #[serde(skip_serializing_if = "Map::is_empty")]
    client_metadata: &'c Map<String, Value>,
    refresh_token: ShownRefreshTokens,
    callbacks: &'c [String],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    allowed_logout_urls: &'c [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    oidc_logout: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    initiate_login_uri: Option<&'c str>,
    client_id: &'c str,
    callback_url_template: bool,
    jwt_configuration: JwtConfiguration,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_endpoint_auth_method: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_authentication_methods: Option<AuthenticationMethods>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    require_pushed_authorization_requests: bool,
    app_type: &'static str,
    grant_types: &'c [String],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    web_origins: &'c [String],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    allowed_origins: &'c [String],
    custom_login_page_on: bool,
}

#[derive(Serialize)]
struct ShownRefreshTokens {
    expiration_type: &'static str,
    leeway: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_lifetime: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    idle_token_lifetime: Option<u64>,
    infinite_token_lifetime: bool,
    infinite_idle_token_lifetime: bool,
    rotation_type: &'static str,
}

#[derive(Serialize)]
struct JwtConfiguration {
    alg: &'static str,
    lifetime_in_seconds: u64,
    secret_encoded: bool,
}

#[derive(Serialize)]
struct AuthenticationMethods {
    private_key_jwt: PrivateKeyJwt,
}

#[derive(Serialize)]
struct PrivateKeyJwt {
    credentials: Vec<Credential>,
}

/// A public key, which the API names by its id only.
#[derive(Serialize)]
struct Credential {
    id: String,
}

/// Lists the clients in the order of the configuration, filtered by `is_global`, `is_first_party` and `app_type`.
pub(super) async fn list(
    State(tenant): State<Tenant>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let _permission = caller.require(READ_CLIENTS)?;
    let query = Query::parse(query.as_deref());
    let is_global = query.boolean("is_global", false)?;
    let is_first_party = match query.text("is_first_party")? {
        Some(_) => Some(query.boolean("is_first_party", true)?),
        None => None,
    };
    let types: Option<Vec<&str>> =
        query.text("app_type")?.map(|types| types.split(',').map(str::trim).collect());
    let clients = tenant.0.configuration.clients().iter();
    // The tenant has no client that stands for all others, which Auth0 calls global.
    let clients = clients.filter(|_| !is_global).map(|client| show(&tenant, client));
    let clients = clients
        .filter(|client| is_first_party.is_none_or(|wanted| client.is_first_party == wanted))
        .filter(|client| types.as_ref().is_none_or(|types| types.contains(&client.app_type)));
    let clients: Vec<_> = clients.collect();
    let list = List { name: "clients", totals: Totals::First };
    list.part_or_page(&query, &clients, |client| client.client_id, ALWAYS)
}

/// `GET /api/v2/clients/{id}`.
pub(super) async fn get(
    State(tenant): State<Tenant>,
    caller: Caller,
    path: PathIds,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let _permission = caller.require(READ_CLIENTS)?;
    let fields = Query::parse(query.as_deref()).fields()?;
    let client = tenant.client(path.id()).ok_or(NotFound::Client)?;
    let client = Object::of(&show(&tenant, client))?.with_fields(&fields, ALWAYS);
    Ok(management_json(StatusCode::OK, &client))
}

fn show<'c>(tenant: &'c Tenant, client: &'c Client) -> ShownClient<'c> {
    let signs = client.authentication == ClientAuthentication::PrivateKeyJwt;
    ShownClient {
        tenant: name_of_tenant(tenant),
        global: false,
        is_token_endpoint_ip_header_trusted: false,
        name: &client.name,
        description: client.description.as_deref(),
        logo_uri: client.logo_uri.as_deref(),
        is_first_party: client.is_first_party,
        oidc_conformant: true,
        sso_disabled: false,
        cross_origin_auth: false,
        client_metadata: &client.metadata,
        refresh_token: refresh_tokens(&client.refresh_tokens),
        callbacks: &client.callbacks,
        allowed_logout_urls: &client.allowed_logout_urls,
        oidc_logout: oidc_logout(&client.backchannel_logout),
        initiate_login_uri: client.initiate_login_uri.as_deref(),
        client_id: &client.client_id,
        callback_url_template: false,
        jwt_configuration: JwtConfiguration {
            alg: "RS256",
            lifetime_in_seconds: client.id_token_lifetime.as_secs(),
            secret_encoded: false,
        },
        token_endpoint_auth_method: (!signs).then(|| name_of_authentication(client.authentication)),
        client_authentication_methods: signs.then(|| AuthenticationMethods {
            private_key_jwt: PrivateKeyJwt { credentials: credentials(client) },
        }),
        require_pushed_authorization_requests: client.require_pushed_authorization_requests,
        app_type: match client.application_type {
            ApplicationType::SinglePage => "spa",
            ApplicationType::Native => "native",
            ApplicationType::RegularWeb => "regular_web",
            ApplicationType::Machine => "non_interactive",
        },
        grant_types: &client.grant_types,
        web_origins: &client.web_origins,
        allowed_origins: &client.allowed_origins,
        custom_login_page_on: true,
    }
}

/// Returns where and of what a client is told when a session ends.
fn oidc_logout(logout: &BackchannelLogout) -> Option<Value> {
    let url = logout.url.as_deref()?;
    let initiators = match &logout.initiators {
        Initiators::All => json!({ "mode": "all" }),
        Initiators::Selected(names) => json!({ "mode": "custom", "selected_initiators": names }),
    };
    Some(json!({ "backchannel_logout_urls": [url], "backchannel_logout_initiators": initiators }))
}

/// Returns the host of the issuer with its port.
fn name_of_tenant(tenant: &Tenant) -> &str {
    let origin = tenant.0.issuer.origin();
    origin.split_once("://").map_or(origin, |(_, host)| host)
}

fn refresh_tokens(tokens: &RefreshTokens) -> ShownRefreshTokens {
    let expires = tokens.lifetime.is_some() || tokens.idle_lifetime.is_some();
    ShownRefreshTokens {
        expiration_type: if expires { "expiring" } else { "non-expiring" },
        leeway: tokens.leeway.as_secs(),
        token_lifetime: tokens.lifetime.map(|lifetime| lifetime.as_secs()),
        idle_token_lifetime: tokens.idle_lifetime.map(|lifetime| lifetime.as_secs()),
        infinite_token_lifetime: tokens.lifetime.is_none(),
        infinite_idle_token_lifetime: tokens.idle_lifetime.is_none(),
        rotation_type: if tokens.rotate { "rotating" } else { "non-rotating" },
    }
}

/// Returns the ids of a client's keys, which are the same at each start.
fn credentials(client: &Client) -> Vec<Credential> {
    let id = |place: usize| digest(format!("{} {place}", client.client_id).as_bytes());
    let id = |place| id(place).chars().filter(char::is_ascii_alphanumeric).take(22).collect::<String>();
    (0..client.keys.len()).map(|place| Credential { id: format!("cred_{}", id(place)) }).collect()
}
