//! Tells navigations of a browser from other requests.

use http::header::ACCEPT;
use http::{Method, Request};

use crate::list_header;

/// Whether a browser navigates to a page: the method is GET or HEAD, HTML is accepted, and the last segment
/// of the path does not look like a file name.
pub(crate) fn is_navigation<B>(request: &Request<B>) -> bool {
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD);
    let accepts_html =
        list_header::items(request.headers(), &ACCEPT).any(|item| item.starts_with("text/html"));
    let last_segment = request.uri().path().rsplit('/').next().unwrap_or_default();
    is_safe && accepts_html && !last_segment.contains('.')
}
