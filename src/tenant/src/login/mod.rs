//! Sign-in: the hosted pages, and everything behind them.
//!
//! An authorization request that needs a person becomes a pending login ([`pending`]), which one of the ways to sign
//! in completes (`complete`): a password (`password_sign_in`), a new account (`sign_up`), another identity provider
//! ([`upstream`]) or a stand-in for one ([`stand_in`]). `forgot_password` sends mails with links; `reset_password` and
//! `verify_email` are the pages behind them, with what they share in `ticket`, and `new_link` sends another one. `earlier_logins` asks about what was linked
//! before an address was proven.
//! Where the application needs the person's consent, a pending consent (`pending_consent`) follows, which the page of
//! `consent` answers. After a sign-up in a browser, a pending sign-up (`pending_sign_up`) waits while the page of `signed_up`
//! tells of the mail. [`pages`] has the HTML, [`response`] the responses around it.

mod complete;
mod consent;
mod earlier_logins;
mod forgot_password;
mod form;
pub(crate) mod form_redirect;
pub(crate) mod known_browser;
mod login_page;
pub(crate) mod login_throttle;
mod new_link;
pub(crate) mod pages;
mod password_sign_in;
pub(crate) mod paths;
pub(crate) mod pending;
pub(crate) mod pending_consent;
mod pending_sign_up;
mod reset_password;
pub(crate) mod response;
mod sign_up;
mod signed_up;
pub(crate) mod stand_in;
pub(crate) mod stand_in_sessions;
mod ticket;
pub(crate) mod upstream;
mod verify_email;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};

use crate::http::peer::Peer;
use crate::http::response::head_not_allowed;
use crate::state::Tenant;
use pages::assets::{self, Assets};
use pending::in_query;

/// Returns the hosted pages, their static files, and the callbacks of providers.
pub(crate) fn router(tenant: &Tenant) -> Router<Tenant> {
    let assets = Assets::new();
    Router::new()
        .route(paths::LOGIN, get(password_sign_in::show).post(password_sign_in::submit))
        .route(paths::CONSENT, get(consent::show).post(consent::submit))
        .route(paths::SIGN_UP, get(sign_up::show).post(sign_up::submit))
        .route(paths::SIGNED_UP, get(signed_up::show).post(signed_up::submit))
        .route(paths::FORGOT_PASSWORD, get(forgot_password::show).post(forgot_password::submit))
        .route(paths::RESET, get(reset_password::show).post(reset_password::submit))
        .route(paths::VERIFY, get(verify_email::show).post(verify_email::submit))
        .route(paths::RESET_MAIL, post(new_link::reset))
        .route(paths::VERIFY_MAIL, get(new_link::show_verify).post(new_link::verify))
        .route(paths::CONNECTION, get(start_connection).head(head_not_allowed))
        .route(upstream::CALLBACK, get(upstream::callback).head(head_not_allowed))
        .route(paths::STAND_IN, post(stand_in::submit))
        .route(&assets.style, get(|| async { asset("text/css; charset=utf-8", assets::STYLESHEET) }))
        .route(&assets.marks, get(|| async { asset("image/svg+xml", assets::MARKS) }))
        .route(&assets.icon, get(|| async { asset("image/svg+xml", assets::ICON) }))
        .route("/u/{*rest}", any(response::not_found))
        // A person who types the address of a form into the browser gets a page, too.
        .method_not_allowed_fallback(response::not_found)
        .route_layer(from_fn_with_state(tenant.clone(), form_redirect::continue_by_page))
}

/// Returns a static file that caches keep forever.
fn asset(content_type: &'static str, content: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    (headers, content).into_response()
}

/// `GET /u/connection?state=…&connection=…`: starts a sign-in at the connection's provider, or at its stand-in.
async fn start_connection(State(tenant): State<Tenant>, request: Request) -> Response {
    let (peer, choice) = (Peer::of(&request), in_query::<stand_in::Choice>(request.uri()));
    match tenant.0.configuration.connection(&choice.connection) {
        Some(connection) if connection.upstream.is_some() => {
            upstream::start(&tenant, &peer, &choice.state, &choice.connection).await
        }
        _ => stand_in::show(&tenant, &peer, &choice).await,
    }
}
