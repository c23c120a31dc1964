//! The defaults of every request.

use gloo_net::http::{Method, RequestBuilder, Response};
use model::silent_sign_in::REQUEST_TIMEOUT_MS;
use web_sys::{AbortSignal, ReferrerPolicy, RequestCache, RequestCredentials, RequestRedirect};

/// Returns the signal that ends a request, and the reading of its response, when it takes too long.
#[must_use]
pub fn time_limit() -> AbortSignal {
    AbortSignal::timeout_with_u32(REQUEST_TIMEOUT_MS)
}

/// Starts a request to the tenant that accepts JSON. It follows no redirect, uses no cache, and carries neither
/// cookies nor a referrer.
#[must_use]
pub fn request(method: Method, url: &str) -> RequestBuilder {
    RequestBuilder::new(url)
        .method(method)
        .header("accept", "application/json")
        .redirect(RequestRedirect::Error)
        .credentials(RequestCredentials::Omit)
        .cache(RequestCache::NoStore)
        .referrer_policy(ReferrerPolicy::NoReferrer)
        .abort_signal(Some(&time_limit()))
}

/// Reads the body of a response.
///
/// # Errors
/// The browser's message when no response came, or not the whole of it.
pub async fn with_body(
    sent: Result<Response, gloo_net::Error>,
) -> Result<(Response, String), gloo_net::Error> {
    let response = sent?;
    let body = response.text().await?;
    Ok((response, body))
}
