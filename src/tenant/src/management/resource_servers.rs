//! `GET /api/v2/resource-servers`: the APIs (contract [A18](model::contract#a18)).

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::{Scope, Scopes};
use serde::Serialize;

use super::list::List;
use super::object::{Object, Totals};
use super::path::PathIds;
use super::query::Query;
use super::roles::MANAGEMENT_API_NAME;
use crate::configuration::{Api, ApiAccess, RequestedApi, TokenDialect};
use crate::http::bearer::{Caller, READ_RESOURCE_SERVERS};
use crate::http::error::ApiError;
use crate::http::not_found::NotFound;
use crate::http::response::management_json;
use crate::state::Tenant;
use crate::token::MACHINE_TOKEN_LIFETIME;

/// An API in the representation of the API.
#[derive(Serialize)]
struct ShownApi<'c> {
    id: &'c str,
    name: &'c str,
    identifier: String,
    scopes: Vec<ShownScope<'c>>,
    signing_alg: &'static str,
    allow_offline_access: bool,
    token_lifetime: u64,
    token_lifetime_for_web: u64,
    skip_consent_for_verifiable_first_party_clients: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_system: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    enforce_policies: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_dialect: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject_type_authorization: Option<Authorization>,
}

#[derive(Serialize)]
struct ShownScope<'c> {
    value: &'c str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'c str>,
}

#[derive(Serialize)]
struct Authorization {
    user: Policy,
    client: Policy,
}

#[derive(Serialize)]
struct Policy {
    policy: &'static str,
}

impl From<ApiAccess> for Policy {
    fn from(access: ApiAccess) -> Self {
        let policy = match access {
            ApiAccess::AllowAll => "allow_all",
            ApiAccess::RequireClientGrant => "require_client_grant",
            ApiAccess::DenyAll => "deny_all",
        };
        Self { policy }
    }
}

/// Lists the Management API and then the APIs of the configuration; all of them, or those with given `identifiers`.
pub(super) async fn list(
    State(tenant): State<Tenant>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let _permission = caller.require(READ_RESOURCE_SERVERS)?;
    let query = Query::parse(query.as_deref());
    let wanted: Vec<&str> = query.all("identifiers").flat_map(|text| text.split(',')).collect();
    let management_scopes = Scope::MANAGEMENT.into_iter().collect();
    let own = tenant.0.configuration.apis().iter().map(show);
    let apis = std::iter::once(management(&tenant, &management_scopes)).chain(own);
    let apis = apis.filter(|api| wanted.is_empty() || wanted.contains(&api.identifier.as_str()));
    let list = List { name: "resource_servers", totals: Totals::First };
    list.part_or_page(&query, &apis.collect::<Vec<_>>(), |api| api.id, &[])
}

/// `GET /api/v2/resource-servers/{id}`: by id or by identifier.
pub(super) async fn get(
    State(tenant): State<Tenant>,
    caller: Caller,
    path: PathIds,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let _permission = caller.require(READ_RESOURCE_SERVERS)?;
    let fields = Query::parse(query.as_deref()).fields()?;
    let management_scopes = Scope::MANAGEMENT.into_iter().collect();
    let configuration = &tenant.0.configuration;
    let by_id = configuration.apis().iter().find(|api| api.id == path.id()).map(RequestedApi::Own);
    let api = match by_id.or_else(|| configuration.find_api(&tenant.0.issuer, path.id())) {
        Some(RequestedApi::Own(api)) => show(api),
        Some(RequestedApi::Management) => management(&tenant, &management_scopes),
        None if path.id() == MANAGEMENT_API_ID => management(&tenant, &management_scopes),
        None => return Err(NotFound::ResourceServer.into()),
    };
    Ok(management_json(StatusCode::OK, &Object::of(&api)?.with_fields(&fields, &[])))
}

/// The id of the Management API.
const MANAGEMENT_API_ID: &str = "000000000000000000000001";

fn management<'c>(tenant: &Tenant, scopes: &'c Scopes) -> ShownApi<'c> {
    ShownApi {
        id: MANAGEMENT_API_ID,
        name: MANAGEMENT_API_NAME,
        identifier: tenant.0.issuer.management_audience(),
        scopes: scopes.iter().map(|scope| ShownScope { value: scope.as_str(), description: None }).collect(),
        signing_alg: "RS256",
        allow_offline_access: false,
        token_lifetime: MACHINE_TOKEN_LIFETIME.as_secs(),
        token_lifetime_for_web: tenant.0.configuration.options().access_token_lifetime.as_secs(),
        skip_consent_for_verifiable_first_party_clients: true,
        is_system: true,
        enforce_policies: None,
        token_dialect: None,
        subject_type_authorization: None,
    }
}

fn show(api: &Api) -> ShownApi<'_> {
    let scopes = api.scopes.iter();
    ShownApi {
        id: &api.id,
        name: &api.name,
        identifier: api.identifier.clone(),
        scopes: scopes
            .map(|scope| ShownScope {
                value: scope.value.as_str(),
                description: scope.description.as_deref(),
            })
            .collect(),
        signing_alg: "RS256",
        allow_offline_access: api.allow_offline_access,
        token_lifetime: api.token_lifetime.as_secs(),
        token_lifetime_for_web: api.token_lifetime_for_web.as_secs(),
        skip_consent_for_verifiable_first_party_clients: api.skip_consent,
        is_system: false,
        enforce_policies: Some(api.enforce_policies),
        token_dialect: Some(match (api.token_dialect, api.permissions_in_token) {
            (TokenDialect::Auth0, false) => "access_token",
            (TokenDialect::Auth0, true) => "access_token_authz",
            (TokenDialect::Rfc9068, false) => "rfc9068_profile",
            (TokenDialect::Rfc9068, true) => "rfc9068_profile_authz",
        }),
        subject_type_authorization: Some(Authorization {
            user: api.user_access.into(),
            client: api.client_access.into(),
        }),
    }
}
