//! The HTTP client of the oauth2 crate, over the browser's fetch.

use gloo_net::http::RequestBuilder;
use oauth2::http::header::CONTENT_TYPE;
use oauth2::http::{HeaderValue, Response, StatusCode};
use oauth2::{HttpRequest, HttpResponse};
use web_sys::{AbortSignal, ReferrerPolicy, RequestCache, RequestCredentials, RequestRedirect};

/// How long the tenant may take to answer, in milliseconds.
pub const REQUEST_TIMEOUT_MS: u32 = 30_000;

/// Why the token endpoint gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// No connection, no answer in time, or a redirect, which oauth2 forbids.
    #[error("{0}")]
    Fetch(#[from] gloo_net::Error),
    /// A request or an answer that cannot be expressed.
    #[error("{0}")]
    Shape(#[from] oauth2::http::Error),
}

/// Sends one request. Nothing is followed, cached or accompanied by cookies.
///
/// # Errors
/// [`HttpError::Fetch`] when no answer came.
pub async fn send(request: HttpRequest) -> Result<HttpResponse, HttpError> {
    // The one request of this page is the code exchange, whose two headers these are. Going through the
    // request's own map would bring a table of every header's name, which weighs as much as this whole client.
    let fetch = RequestBuilder::new(&request.uri().to_string())
        .method(request.method().clone())
        .header("accept", "application/json")
        .header("content-type", "application/x-www-form-urlencoded")
        .redirect(RequestRedirect::Error)
        .credentials(RequestCredentials::Omit)
        .cache(RequestCache::NoStore)
        .referrer_policy(ReferrerPolicy::NoReferrer)
        .abort_signal(Some(&AbortSignal::timeout_with_u32(REQUEST_TIMEOUT_MS)));
    let answer = fetch.body(String::from_utf8_lossy(request.body()).into_owned())?.send().await?;
    let status = StatusCode::from_u16(answer.status()).map_err(oauth2::http::Error::from)?;
    let mut response = Response::builder().status(status);
    let kind = answer.headers().get("content-type");
    if let Some(kind) = kind.and_then(|kind| HeaderValue::try_from(kind).ok()) {
        response = response.header(CONTENT_TYPE, kind);
    }
    Ok(response.body(answer.binary().await?)?)
}
