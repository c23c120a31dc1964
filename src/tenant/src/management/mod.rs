//! The Management API (contract [A](model::contract)).
//!
//! [`endpoints`] is the table of all endpoints, from which the router and the OpenAPI document are made. One module
//! per resource has the handlers: [`users`], [`search`], [`create`], [`update`], [`identities`],
//! [`assignments`], [`sessions`],
//! [`refresh_tokens`], [`grants`], [`user_blocks`], [`tickets`], [`jobs`], [`exports`], [`imports`]; of the configuration [`roles`], [`connections`], [`clients`], [`client_grants`],
//! [`resource_servers`], [`tenant_settings`], which [`read_only`] refuses to change; [`not_served`] names what is missing
//! in comparison with Auth0. They share [`path`], [`query`], [`body`], [`schema`] and [`metadata`], which
//! read requests, and [`list`] and [`object`], which make responses.

mod assignments;
mod body;
mod client_grants;
mod clients;
mod connections;
mod create;
mod empty_lists;
mod endpoints;
mod exports;
mod grants;
mod identities;
mod imports;
mod jobs;
mod key_order;
mod list;
mod metadata;
mod not_served;
mod object;
mod path;
mod query;
mod rate_limit;
mod read_only;
mod refresh_tokens;
mod resource_servers;
mod roles;
mod schema;
mod search;
mod sessions;
mod tenant_settings;
mod tickets;
mod update;
mod user_blocks;
mod users;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, any};

use crate::http::cors;
use crate::state::Tenant;

/// Returns every endpoint.
///
/// Requests to an endpoint that requires a scope pass authentication, planned faults and the rate limit, in this
/// order, before the handler checks the permission and reads the request.
pub(crate) fn router(tenant: &Tenant) -> Router<Tenant> {
    endpoints::all()
        .fold(Router::new(), |router, endpoint| {
            let handler =
                if endpoint.is_public() { endpoint.handler } else { limited(tenant, endpoint.handler) };
            router.route(endpoint.path, handler)
        })
        .merge(
            read_only::PATHS
                .iter()
                .fold(Router::new(), |router, path| router.route(path, limited(tenant, read_only::writes()))),
        )
        .route("/api/v2", any(not_served::respond))
        .route("/api/v2/", any(not_served::respond))
        .route("/api/v2/{*rest}", any(not_served::respond))
        .method_not_allowed_fallback(not_served::respond)
        .layer(cors::api(&tenant.0.configuration))
}

/// Puts an endpoint behind planned faults and the rate limit.
fn limited(tenant: &Tenant, handler: MethodRouter<Tenant>) -> MethodRouter<Tenant> {
    handler.route_layer(from_fn_with_state(tenant.clone(), rate_limit::enforce))
}
