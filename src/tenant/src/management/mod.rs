//! The Management API (contract A).

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
use axum::body::Body;
use axum::extract::Request;
use axum::middleware::from_fn;
use axum::routing::any;
use serde_json::{Map, Value};

use crate::Tenant;
use crate::http::body::{Encoding, UnreadableBody, read_encoded};
use crate::http::error::ApiError;
use crate::http::{cors, limit};

pub(crate) fn router() -> Router<Tenant> {
    endpoints::all()
        .fold(Router::new(), |router, endpoint| router.route(endpoint.path, endpoint.handler))
        .route("/api/v2", any(no_route))
        .route("/api/v2/", any(no_route))
        .route("/api/v2/{*rest}", any(no_route))
        .method_not_allowed_fallback(no_route)
        .layer(from_fn(limit::announce))
        .layer(cors::api())
}

async fn no_route() -> ApiError {
    ApiError::NoRoute
}

/// The object in a request's body, and what it was written in.
async fn payload(request: Request<Body>) -> Result<(Map<String, Value>, Encoding), ApiError> {
    read_encoded(request).await.map_err(|unreadable| match unreadable {
        UnreadableBody::TooLarge => ApiError::TooLarge,
        UnreadableBody::Malformed => ApiError::Payload("Invalid type: expected object".to_owned()),
        UnreadableBody::Type => ApiError::MediaType,
    })
}
