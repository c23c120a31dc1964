//! CORS: which origins may read responses (contract [A13](model::contract#a13), [C4](model::contract#c4),
//! [D3](model::contract#d3)). Responses to other origins never allow cookies.

use std::time::Duration;

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::configuration::allowed_url::is_origin;
use crate::configuration::{Client, ClientAuthentication, Configuration};

/// The headers that pages of other origins may read besides the plain ones: the rate limit, when to retry, and the
/// challenge of a 401 (RFC 9470).
const EXPOSED_HEADERS: [HeaderName; 5] = [
    HeaderName::from_static("x-ratelimit-limit"),
    HeaderName::from_static("x-ratelimit-remaining"),
    HeaderName::from_static("x-ratelimit-reset"),
    header::RETRY_AFTER,
    header::WWW_AUTHENTICATE,
];

/// Returns the layer of endpoints that need a token or a client: it allows the origins of public clients, which run in
/// browsers and on devices. Any other page that has a token or a secret has it from somebody else.
pub(crate) fn api(configuration: &Configuration) -> CorsLayer {
    of(configuration, |client| client.authentication == ClientAuthentication::None)
}

/// Returns the layer of sign-up and new passwords, which need neither: it allows the origins of every client, because
/// applications on a server have forms of their own, too.
pub(crate) fn forms(configuration: &Configuration) -> CorsLayer {
    of(configuration, |_| true)
}

/// Returns the layer of public documents and `/userinfo`: any origin.
pub(crate) fn public() -> CorsLayer {
    layer().allow_origin(AllowOrigin::any())
}

/// Returns the layer that allows the origins of some clients.
fn of(configuration: &Configuration, is_of: impl Fn(&Client) -> bool) -> CorsLayer {
    let clients = configuration.clients().iter().filter(|client| is_of(client));
    let origins: Vec<String> = clients
        .flat_map(|client| client.web_origins.iter().chain(&client.allowed_origins).chain(&client.callbacks))
        .cloned()
        .collect();
    let is_allowed = move |origin: &HeaderValue| {
        origin.to_str().is_ok_and(|origin| {
            // Pages inside a native application have an origin of another scheme, such as `capacitor://localhost`.
            origins.iter().any(|allowed| allowed == origin || is_origin(allowed, origin))
        })
    };
    layer().allow_origin(AllowOrigin::predicate(move |origin, _| is_allowed(origin)))
}

fn layer() -> CorsLayer {
    CorsLayer::new()
        .allow_methods([Method::GET, Method::POST, Method::PATCH, Method::DELETE])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            HeaderName::from_static("auth0-client"),
            HeaderName::from_static("x-correlation-id"),
        ])
        .expose_headers(EXPOSED_HEADERS)
        .max_age(Duration::from_mins(10))
}

/// Marks a response to a client that proved itself.
#[derive(Clone, Copy)]
struct Confidential;

/// Hides a response from scripts of all origins if it is to a client that proved itself: no secret belongs in a page.
/// Needs the middleware [`hide_confidential`] outside of the layer of the endpoint.
pub(crate) fn hide_from_scripts(client: &Client, mut response: Response) -> Response {
    if client.authentication != ClientAuthentication::None {
        response.extensions_mut().insert(Confidential);
    }
    response
}

/// Takes the permission to be read out of a response that [`hide_from_scripts`] marks.
pub(crate) async fn hide_confidential(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if response.extensions_mut().remove::<Confidential>().is_some() {
        response.headers_mut().remove(header::ACCESS_CONTROL_ALLOW_ORIGIN);
    }
    response
}
