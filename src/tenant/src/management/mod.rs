//! The Management API (contract A).

mod identities;
mod path;
mod users;

use axum::Router;
use axum::routing::{any, delete, get, post};
use model::route;

use crate::Tenant;
use crate::http::cors;
use crate::http::error::ApiError;

pub(crate) fn router() -> Router<Tenant> {
    Router::new()
        .route(route::USER, get(users::get))
        .route(route::IDENTITIES, post(identities::link))
        .route(route::IDENTITY, delete(identities::unlink))
        .route("/api/v2", any(no_route))
        .route("/api/v2/", any(no_route))
        .route("/api/v2/{*rest}", any(no_route))
        .method_not_allowed_fallback(no_route)
        .layer(cors::api())
}

async fn no_route() -> ApiError {
    ApiError::NoRoute
}
