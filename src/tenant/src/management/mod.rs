//! The Management API (contract [A](model::contract)).
//!
//! [`endpoints`] is the table of all endpoints, from which the router and the OpenAPI document are made. One module
//! per resource has the handlers: [`users`], [`search`], [`create`], [`update`], [`identities`],
//! [`assignments`], [`roles`], [`connections`]. They share [`path`], [`query`], [`body`], [`schema`] and [`metadata`], which
//! read requests, and [`list`] and [`object`], which make responses.

mod assignments;
mod body;
mod connections;
mod create;
mod endpoints;
mod identities;
mod key_order;
mod list;
mod metadata;
mod object;
mod path;
mod query;
mod rate_limit;
mod roles;
mod schema;
mod search;
mod update;
mod users;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::any;

use crate::faults::inject;
use crate::http::cors;
use crate::http::error::ApiError;
use crate::http::rate_limit::write_headers;
use crate::state::Tenant;

/// Returns every endpoint.
///
/// Requests to an endpoint that requires a scope pass authentication, planned faults and the rate limit, in this
/// order, before the handler checks the permission and reads the request.
pub(crate) fn router(tenant: &Tenant) -> Router<Tenant> {
    endpoints::all()
        .fold(Router::new(), |router, endpoint| {
            let handler = if endpoint.is_public() {
                endpoint.handler
            } else {
                endpoint
                    .handler
                    .route_layer(from_fn_with_state(tenant.clone(), rate_limit::enforce))
                    .route_layer(from_fn_with_state(tenant.clone(), inject::inject))
            };
            router.route(endpoint.path, handler)
        })
        .route("/api/v2", any(no_route))
        .route("/api/v2/", any(no_route))
        .route("/api/v2/{*rest}", any(no_route))
        .method_not_allowed_fallback(no_route)
        .layer(from_fn(write_headers))
        .layer(cors::api())
}

async fn no_route() -> ApiError {
    ApiError::NoRoute
}
