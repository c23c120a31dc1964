//! OAuth 2.0: asking for a code, trading it for tokens, giving tokens back, signing out.

pub(crate) mod authorize;
mod client;
pub(crate) mod logout;
pub(crate) mod request;
mod revoke;
pub(crate) mod token;

use axum::Router;
use axum::routing::{any, get, post};
use model::route;

use crate::Tenant;
use crate::http::cors;

pub(crate) fn router() -> Router<Tenant> {
    // Only what scripts call is opened to other origins; the rest are navigations.
    let apis = Router::new()
        .route(route::TOKEN, post(token::exchange))
        .route(route::REVOKE, post(revoke::revoke))
        .layer(cors::api());
    Router::new()
        .route(route::AUTHORIZE, get(authorize::authorize))
        .route(route::LOGOUT, get(logout::logout))
        .route("/oauth/{*rest}", any(crate::login::not_found))
        .route("/v2/{*rest}", any(crate::login::not_found))
        .merge(apis)
}
