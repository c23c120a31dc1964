//! `GET /api/v2/client-grants` (contract [A18](model::contract#a18)).

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::{Scope, Scopes};
use serde::Serialize;

use super::list::List;
use super::object::Totals;
use super::path::PathIds;
use super::query::{Query, invalid};
use crate::configuration::{ClientGrant, GrantSubject, GrantedScopes, RequestedApi};
use crate::http::bearer::{Caller, READ_CLIENT_GRANTS};
use crate::http::error::ApiError;
use crate::http::not_found::NotFound;
use crate::http::response::management_json;
use crate::state::Tenant;

/// A client grant in the representation of the API.
#[derive(Serialize)]
struct ShownGrant<'c> {
    id: &'c str,
    client_id: &'c str,
    audience: String,
    scope: Vec<String>,
    subject_type: &'static str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    allow_all_scopes: bool,
}

/// Lists the grants in the order of the configuration, filtered by `audience`, `client_id` and `subject_type`.
pub(super) async fn list(
    State(tenant): State<Tenant>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let _permission = caller.require(READ_CLIENT_GRANTS)?;
    let query = Query::parse(query.as_deref());
    let (client_id, subject) = (query.text("client_id")?, query.text("subject_type")?);
    if let Some(other) = subject.filter(|subject| !matches!(*subject, "client" | "user")) {
        return Err(invalid(format!("No enum match for: {other}"), "subject_type"));
    }
    let audience = query.text("audience")?.map(|audience| audience_of(&tenant, audience));
    let grants = tenant.0.configuration.grants().iter().map(|grant| show(&tenant, grant));
    let grants: Vec<_> = grants
        .filter(|grant| client_id.is_none_or(|wanted| grant.client_id == wanted))
        .filter(|grant| subject.is_none_or(|wanted| grant.subject_type == wanted))
        .filter(|grant| audience.as_ref().is_none_or(|wanted| grant.audience == *wanted))
        .collect();
    let list = List { name: "client_grants", totals: Totals::First };
    list.part_or_page(&query, &grants, |grant| grant.id, &[])
}

/// `GET /api/v2/client-grants/{id}`.
pub(super) async fn get(
    State(tenant): State<Tenant>,
    caller: Caller,
    path: PathIds,
) -> Result<Response, ApiError> {
    let _permission = caller.require(READ_CLIENT_GRANTS)?;
    let grant = tenant.0.configuration.grants().iter().find(|grant| grant.id == path.id());
    Ok(management_json(StatusCode::OK, &show(&tenant, grant.ok_or(NotFound::ClientGrant)?)))
}

fn show<'c>(tenant: &Tenant, grant: &'c ClientGrant) -> ShownGrant<'c> {
    let api = tenant.0.configuration.find_api(&tenant.0.issuer, &grant.audience);
    let scopes = api.map_or_else(Scopes::default, |api| api.granted_scopes(grant));
    ShownGrant {
        id: &grant.id,
        client_id: &grant.client_id,
        audience: audience_of(tenant, &grant.audience),
        scope: scopes.iter().map(Scope::to_string).collect(),
        subject_type: match grant.subject {
            GrantSubject::Client => "client",
            GrantSubject::User => "user",
        },
        allow_all_scopes: grant.scopes == GrantedScopes::All,
    }
}

/// Returns the identifier under which this tenant serves an API: that of the Management API can be another one in the
/// configuration.
fn audience_of(tenant: &Tenant, identifier: &str) -> String {
    match tenant.0.configuration.find_api(&tenant.0.issuer, identifier) {
        Some(api @ RequestedApi::Management) => api.audience(&tenant.0.issuer),
        _ => identifier.to_owned(),
    }
}
