//! CORS: which origins may read responses (contract [A13](model::contract#a13), [C4](model::contract#c4),
//! [D3](model::contract#d3)). Responses to other origins never allow cookies.

use std::time::Duration;

use axum::http::{HeaderName, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

/// The headers that pages of other origins may read besides the plain ones: the rate limit, when to retry, and the
/// challenge of a 401 (RFC 9470).
const EXPOSED_HEADERS: [HeaderName; 5] = [
    HeaderName::from_static("x-ratelimit-limit"),
    HeaderName::from_static("x-ratelimit-remaining"),
    HeaderName::from_static("x-ratelimit-reset"),
    header::RETRY_AFTER,
    header::WWW_AUTHENTICATE,
];

/// Returns the layer of the APIs, which are protected by tokens: it mirrors the origin of the request.
pub(crate) fn api() -> CorsLayer {
    layer().allow_origin(AllowOrigin::mirror_request())
}

/// Returns the layer of public documents and `/userinfo`: any origin.
pub(crate) fn public() -> CorsLayer {
    layer().allow_origin(AllowOrigin::any())
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
