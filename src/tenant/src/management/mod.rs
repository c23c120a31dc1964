//! The Management API (contract [A](model::contract)).
//!
//! [`endpoints`] is the table of all endpoints, from which the router and the OpenAPI document are made. One module
//! per resource has the handlers: [`users`], [`search`], [`create`], [`update`], [`identities`],
//! [`connections`]. They share [`path`], [`query`], [`body`], [`schema`] and [`metadata`], which read
//! requests.

mod body;
mod connections;
mod create;
mod endpoints;
mod identities;
mod metadata;
mod path;
mod query;
mod schema;
mod search;
mod update;
mod users;

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::any;

use crate::Tenant;
use crate::http::error::ApiError;
use crate::http::{cors, rate_limit};

pub(crate) fn router() -> Router<Tenant> {
    endpoints::all()
        .fold(Router::new(), |router, endpoint| router.route(endpoint.path, endpoint.handler))
        .route("/api/v2", any(no_route))
        .route("/api/v2/", any(no_route))
        .route("/api/v2/{*rest}", any(no_route))
        .method_not_allowed_fallback(no_route)
        .layer(from_fn(rate_limit::write_headers))
        .layer(cors::api())
}

async fn no_route() -> ApiError {
    ApiError::NoRoute
}
