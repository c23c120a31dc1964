//! Building blocks of responses: Management API bodies, redirects, cache headers.

use axum::body::Bytes;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// The body where the stored data cannot be written, as other internal errors have it.
const UNREADABLE: &[u8] =
    br#"{"statusCode":500,"error":"Internal Server Error","message":"An internal server error occurred"}"#;

/// Returns a Management API response with a JSON body and the headers of contract [A1](model::contract#a1).
pub(crate) fn management_json(status: StatusCode, body: &impl serde::Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(text) => management_text(status, text.into()),
        Err(error) => {
            // Of all that is written here, only a stored profile can be no JSON.
            tracing::error!(error = &error as &dyn std::error::Error, "a stored profile is unreadable");
            management_text(StatusCode::INTERNAL_SERVER_ERROR, Bytes::from_static(UNREADABLE))
        }
    }
}

/// Returns a Management API response with a body that is JSON already.
pub(crate) fn management_text(status: StatusCode, body: Bytes) -> Response {
    with_management_headers((status, body).into_response())
}

/// Returns a 204 of the Management API. It has a content type although it has no body, as recorded (contract
/// [A1](model::contract#a1)).
pub(crate) fn management_empty() -> Response {
    with_management_headers(StatusCode::NO_CONTENT.into_response())
}

/// Returns a 202 of the Management API, without a body. What it accepts is done already.
pub(crate) fn management_accepted() -> Response {
    with_management_headers(StatusCode::ACCEPTED.into_response())
}

/// Adds the headers of contract [A1](model::contract#a1). Nothing about people stays in a cache
/// ([G75](model::contract#g75)).
fn with_management_headers(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-store"));
    response
}

/// Forbids caches to store a response that contains or concerns a secret (RFC 6749 section 5.1).
pub(crate) fn no_store(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

/// Forbids caches to store a response whose handler says nothing of caches, errors of the router and of the store included:
/// almost all concern a person or a secret, and the public documents say for how long they may be kept
/// ([G75](model::contract#g75)).
pub(crate) fn no_store_by_default(response: Response) -> Response {
    if response.headers().contains_key(header::CACHE_CONTROL) { response } else { no_store(response) }
}

/// Returns a redirect with status 302, as Auth0 does. It turns the POST of a form into a GET as well.
pub(crate) fn redirect_found(location: &str) -> Response {
    // Serialized URLs and encoded queries are plain ASCII.
    HeaderValue::from_str(location).map_or_else(
        |_| StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        |location| (StatusCode::FOUND, [(header::LOCATION, location)]).into_response(),
    )
}

/// Refuses HEAD where GET signs in, signs out or issues something: nobody follows the response, so that a program which
/// only looks at an address changes nothing.
pub(crate) async fn head_not_allowed() -> Response {
    (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, HeaderValue::from_static("GET, POST"))]).into_response()
}
