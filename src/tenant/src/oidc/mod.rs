//! OpenID Connect: discovery, keys, `/userinfo` and logout.

pub(crate) mod backchannel_logout;
mod discovery;
mod logout;
mod userinfo;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use model::route;

use crate::http::cors;
use crate::http::response::head_not_allowed;
use crate::login::form_redirect::continue_by_page;
use crate::state::Tenant;

pub(crate) fn router(tenant: &Tenant) -> Router<Tenant> {
    let navigation = Router::new()
        .route(route::END_SESSION, get(logout::from_query).post(logout::from_form).head(head_not_allowed))
        .route_layer(from_fn_with_state(tenant.clone(), continue_by_page));
    Router::new()
        .route(route::DISCOVERY, discovery::configuration(tenant))
        .route(route::JWKS, get(discovery::keys))
        .route(route::USERINFO, get(userinfo::userinfo).post(userinfo::userinfo))
        .layer(cors::public())
        .merge(navigation)
}
