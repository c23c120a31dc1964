//! OAuth 2.0: authorization, tokens, revocation and logout.

mod access_token;
pub(crate) mod audience;
mod authorize;
mod client;
mod client_assertion;
pub(crate) mod consent;
mod id_token;
pub(crate) mod logout;
mod pushed_request;
pub(crate) mod request;
mod request_object;
pub(crate) mod response;
mod revoke;
mod token;

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{any, get, post};
use model::route;

use crate::http::cors;
use crate::http::response::head_not_allowed;
use crate::state::Tenant;

pub(crate) fn router(tenant: &Tenant) -> Router<Tenant> {
    // Only the endpoints that scripts call allow other origins. The rest are navigations.
    let apis = Router::new()
        .route(route::TOKEN, post(token::exchange))
        .route(route::REVOKE, post(revoke::revoke))
        .route(route::PUSHED_REQUESTS, post(pushed_request::push))
        .layer(cors::api(&tenant.0.configuration))
        .layer(from_fn(cors::hide_confidential));
    Router::new()
        .route(route::AUTHORIZE, get(authorize::from_query).post(authorize::from_form).head(head_not_allowed))
        .route(route::LOGOUT, get(logout::logout).head(head_not_allowed))
        .route("/oauth/{*rest}", any(crate::login::response::not_found))
        .route("/v2/{*rest}", any(crate::login::response::not_found))
        .merge(apis)
}
