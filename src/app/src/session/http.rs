//! The HTTP client of the `oauth2` crate, over the browser's fetch.

use oauth2::http::header::CONTENT_TYPE;
use oauth2::http::{HeaderValue, Response, StatusCode};
use oauth2::{HttpRequest, HttpResponse};

use crate::fetch;

/// Why the token endpoint returned no response.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// No connection, no response in time, or a redirect, which the `oauth2` crate forbids.
    #[error("{0}")]
    Fetch(#[from] gloo_net::Error),
    /// A request or a response that cannot be expressed.
    #[error("{0}")]
    Shape(#[from] oauth2::http::Error),
}

/// Sends one request of the `oauth2` crate.
///
/// # Errors
/// [`HttpError::Fetch`] when no response came.
pub async fn send(request: HttpRequest) -> Result<HttpResponse, HttpError> {
    // The only request is the code exchange, which has these two headers. Reading the map of headers would link a
    // table of all header names, which weighs as much as this whole client.
    let fetch = fetch::request(request.method().clone(), &request.uri().to_string())
        .header("content-type", "application/x-www-form-urlencoded");
    let answer = fetch.body(String::from_utf8_lossy(request.body()).into_owned())?.send().await?;
    let status = StatusCode::from_u16(answer.status()).map_err(oauth2::http::Error::from)?;
    let mut response = Response::builder().status(status);
    let kind = answer.headers().get("content-type");
    if let Some(kind) = kind.and_then(|kind| HeaderValue::try_from(kind).ok()) {
        response = response.header(CONTENT_TYPE, kind);
    }
    Ok(response.body(answer.binary().await?)?)
}
