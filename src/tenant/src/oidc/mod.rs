//! OpenID Connect: discovery, keys, `/userinfo` and logout.

mod discovery;
mod logout;
mod userinfo;

use axum::Router;
use axum::routing::get;
use model::route;

use crate::http::cors;
use crate::state::Tenant;

pub(crate) fn router() -> Router<Tenant> {
    let navigation = Router::new().route(route::END_SESSION, get(logout::from_query).post(logout::from_form));
    Router::new()
        .route(route::DISCOVERY, get(discovery::configuration))
        .route(route::JWKS, get(discovery::keys))
        .route(route::USERINFO, get(userinfo::userinfo).post(userinfo::userinfo))
        .layer(cors::public())
        .merge(navigation)
}
