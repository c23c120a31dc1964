//! Redirects in response to the hosted pages' forms.
//!
//! Browsers apply the `form-action` of a page to every redirect that follows its form, also to those of applications
//! and providers, whose targets the tenant cannot know. A browser therefore gets a page in place of the redirect, from
//! which it goes on by itself: that is a new navigation, and the hosted pages keep `form-action 'self'`.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use url::Url;

use super::pages::scripted;
use crate::http::response::no_store;
use crate::state::Tenant;

/// Replaces a redirect in response to a `POST` of a browser by a page that goes on to the same address. Cookies and other
/// headers stay.
///
/// A browser is a client that accepts `text/html` by name, as all of them do when they navigate. Other clients have no
/// `form-action` and follow the redirect.
pub(crate) async fn continue_by_page(State(tenant): State<Tenant>, request: Request, next: Next) -> Response {
    let is_form_of_browser = request.method() == Method::POST && accepts_html(request.headers());
    let response = next.run(request).await;
    let target = response.headers().get(header::LOCATION).and_then(|location| location.to_str().ok());
    let target = target.filter(|target| is_form_of_browser && is_navigable(&tenant, target));
    let Some((html, hash)) = target.map(|target| scripted::go_on(&tenant.0.assets, tenant.name(), target))
    else {
        return response;
    };
    let (parts, _) = response.into_parts();
    let mut page = Html(html).into_response();
    let mut headers = parts.headers;
    for name in [header::LOCATION, header::CONTENT_LENGTH, header::CONTENT_TYPE] {
        headers.remove(name);
    }
    page.headers_mut().extend(headers);
    with_headers(page, &hash)
}

/// Returns whether the client accepts `text/html` by name.
pub(super) fn accepts_html(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|range| {
        range.split(';').next().is_some_and(|media| media.trim().eq_ignore_ascii_case("text/html"))
    })
}

/// Returns whether a page may lead to an address. Those that would run or show their own text are left to the browser,
/// which does not follow a redirect to them.
fn is_navigable(tenant: &Tenant, target: &str) -> bool {
    const REFUSED: [&str; 6] = ["javascript", "data", "vbscript", "blob", "filesystem", "file"];
    Url::parse(tenant.0.issuer.as_str())
        .and_then(|base| base.join(target))
        .is_ok_and(|url| !REFUSED.contains(&url.scheme()))
}

fn with_headers(mut page: Response, hash: &str) -> Response {
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src '{hash}'; form-action 'none'; \
         frame-ancestors 'none'; base-uri 'none'"
    );
    let headers = page.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    no_store(page)
}
