//! Changes of the configuration, which are refused: it comes from the tenant file (contract
//! [G33](model::contract#g33)).

use axum::routing::{MethodFilter, MethodRouter, on};

use crate::http::bearer::Caller;
use crate::http::error::ApiError;
use crate::state::Tenant;

/// The paths of the configuration. Their writing methods are refused, except for those that are endpoints of their own.
pub(super) const PATHS: &[&str] = &[
    "/api/v2/clients",
    "/api/v2/clients/{id}",
    "/api/v2/clients/{id}/{*rest}",
    "/api/v2/client-grants",
    "/api/v2/client-grants/{id}",
    "/api/v2/client-grants/{id}/{*rest}",
    "/api/v2/connections",
    "/api/v2/connections/{id}",
    "/api/v2/connections/{id}/clients",
    "/api/v2/connections/{id}/{*rest}",
    "/api/v2/resource-servers",
    "/api/v2/resource-servers/{id}",
    "/api/v2/roles",
    "/api/v2/roles/{id}",
    "/api/v2/roles/{id}/permissions",
    "/api/v2/tenants/settings",
];

/// Returns the writing methods of a path of the configuration.
pub(super) fn writes() -> MethodRouter<Tenant> {
    let methods = MethodFilter::POST.or(MethodFilter::PUT).or(MethodFilter::PATCH).or(MethodFilter::DELETE);
    on(methods, refuse)
}

/// Refuses a change. The caller must be authenticated.
async fn refuse(_: Caller) -> ApiError {
    ApiError::ReadOnlyConfiguration
}
