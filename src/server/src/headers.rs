//! Security headers of every response, and the host that every request must name.
//!
//! A header that a handler has set is kept: the hosted pages of the tenant have policies of their own.
//! `tower-http` sets single headers but decides none of them; the two that depend on the issuer and on the
//! handler need this layer.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::uri::Authority;
use http::{HeaderName, HeaderValue, StatusCode, Version};
use tenant::Issuer;

use crate::address;
use crate::navigation::is_navigation;

const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// The content security policy of a response that has none of its own: it may load nothing.
const STRICT_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// Adds each security header that the response does not have yet.
pub(crate) fn add_missing(issuer: &Issuer, mut response: Response) -> Response {
    let mut add = |name, value| {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    };
    add(CONTENT_SECURITY_POLICY, STRICT_POLICY);
    add(X_CONTENT_TYPE_OPTIONS, "nosniff");
    // Whatever may be kept says for how long.
    add(CACHE_CONTROL, "no-store");
    // Not `no-referrer`: with it a form is posted with `Origin: null`, and the tenant could not recognise its
    // own pages.
    add(REFERRER_POLICY, "same-origin");
    add(PERMISSIONS_POLICY, "camera=(), geolocation=(), microphone=(), payment=(), usb=()");
    // A browser applies it to all ports of the host: on this machine it would affect other programs.
    if issuer.is_https() && !address::is_local(issuer) {
        add(STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    response
}

/// The hosts that requests may name.
#[derive(Clone)]
pub(crate) struct HostPolicy {
    /// The issuer, whose host is one of them.
    pub(crate) issuer: Issuer,
    /// Whether only this machine reaches the server: other names are then refused.
    pub(crate) is_loopback: bool,
}

/// Answers 400 to a request without exactly one valid `Host`, redirects navigations from another loopback name to the issuer,
/// answers 421 to other names on loopback, and passes the rest on. It is one middleware, because each one costs time at every
/// request.
pub(crate) async fn check_host(
    State(policy): State<HostPolicy>,
    request: Request<Body>,
    next: Next,
) -> Response {
    if !has_one_valid_host(&request) {
        return (StatusCode::BAD_REQUEST, "The request must have one Host header.\n").into_response();
    }
    if let Some(target) = issuer_url(&policy.issuer, &request) {
        return Redirect::temporary(&target).into_response();
    }
    if policy.is_loopback && !names_allowed_host(&policy.issuer, &request) {
        let reason =
            "This server has another name. A proxy in front of it must pass the host of --issuer on.\n";
        return (StatusCode::MISDIRECTED_REQUEST, reason).into_response();
    }
    next.run(request).await
}

/// Returns whether a request to a server that listens on loopback only names this machine or the issuer's host: a website whose
/// name is made to lead to this machine (DNS rebinding) would otherwise be of the same origin.
fn names_allowed_host(issuer: &Issuer, request: &Request<Body>) -> bool {
    let allows = |host: &str| {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        address::is_loopback(host) || bare.eq_ignore_ascii_case(address::host(issuer))
    };
    let named = request.headers().get_all(HOST).iter();
    named.map(|host| host.to_str().unwrap_or_default()).all(|host| allows(address::split(host).0))
        && request.uri().host().is_none_or(allows)
}

/// Returns whether a request has one `Host`, and not two, and one that is a host (RFC 9112 section 3.2): what stands in front of
/// the server could look at another one. HTTP/1.0 has no such header, HTTP/2 has the name in its target.
fn has_one_valid_host(request: &Request<Body>) -> bool {
    let mut hosts = request.headers().get_all(HOST).iter();
    let is_plain = |host: &HeaderValue| {
        Authority::try_from(host.as_bytes()).is_ok_and(|authority| !authority.as_str().contains('@'))
    };
    match (hosts.next(), hosts.next()) {
        (None, _) => request.version() != Version::HTTP_11,
        (Some(host), None) => is_plain(host),
        (Some(_), Some(_)) => false,
    }
}

/// Returns the URL of `request` at the issuer's origin, if the request is a navigation to another loopback
/// name of it (`127.0.0.1` for `localhost`): cookies and callbacks belong to that origin.
fn issuer_url(issuer: &Issuer, request: &Request<Body>) -> Option<String> {
    let (_, authority) = issuer.origin().split_once("://")?;
    let requested = request.headers().get(HOST)?.to_str().ok()?;
    let (issuer_host, issuer_port) = address::split(authority);
    let (requested_host, requested_port) = address::split(requested);
    let is_other = issuer_host != requested_host && issuer_port == requested_port;
    if !is_other || !address::is_loopback(issuer_host) || !address::is_loopback(requested_host) {
        return None;
    }
    let path = request.uri().path_and_query()?;
    is_navigation(request).then(|| format!("{}{path}", issuer.origin()))
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::middleware::from_fn_with_state;
    use axum::routing::get;
    use http::header::{ACCEPT, LOCATION};
    use tower::ServiceExt;

    use super::*;

    fn issuer(text: &str) -> Issuer {
        Issuer::parse(text).unwrap()
    }

    async fn response_of(issuer: Issuer, own_policy: Option<&'static str>) -> Response {
        let handler = async move || {
            let mut response = "text".into_response();
            if let Some(policy) = own_policy {
                response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
            }
            response
        };
        let router = Router::new().route("/", get(handler));
        add_missing(&issuer, router.oneshot(Request::new(Body::empty())).await.unwrap())
    }

    #[tokio::test]
    async fn a_response_without_a_policy_may_load_nothing() {
        let response = response_of(issuer("http://localhost:3000"), None).await;
        assert_eq!(response.headers()[CONTENT_SECURITY_POLICY], STRICT_POLICY);
        assert_eq!(response.headers()[X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
        assert_eq!(response.headers()[REFERRER_POLICY], "same-origin");
    }

    #[tokio::test]
    async fn a_policy_that_a_handler_set_is_kept() {
        let response = response_of(issuer("http://localhost:3000"), Some("frame-ancestors *")).await;
        assert_eq!(response.headers()[CONTENT_SECURITY_POLICY], "frame-ancestors *");
    }

    #[tokio::test]
    async fn only_an_https_issuer_on_another_host_requires_transport_security() {
        for issuer_without in ["http://login.example.com", "https://localhost:3000", "https://127.0.0.1"] {
            let response = response_of(issuer(issuer_without), None).await;
            assert!(!response.headers().contains_key(STRICT_TRANSPORT_SECURITY), "{issuer_without}");
        }
        let secure = response_of(issuer("https://login.example.com"), None).await;
        assert_eq!(secure.headers()[STRICT_TRANSPORT_SECURITY], "max-age=31536000");
    }

    async fn redirect_target(issuer_text: &str, host: &str, accept: &str) -> Option<String> {
        let router = Router::new().fallback(|| async { "here" }).layer(from_fn_with_state(
            HostPolicy { issuer: issuer(issuer_text), is_loopback: false },
            check_host,
        ));
        let request =
            Request::get("/a/b?c=d").header(HOST, host).header(ACCEPT, accept).body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        response.headers().get(LOCATION).map(|location| location.to_str().unwrap().to_owned())
    }

    #[tokio::test]
    async fn a_navigation_to_another_loopback_name_is_redirected_to_the_issuer() {
        let expected = Some("http://localhost:3000/a/b?c=d".to_owned());
        assert_eq!(redirect_target("http://localhost:3000", "127.0.0.1:3000", "text/html").await, expected);
        assert_eq!(redirect_target("http://localhost:3000", "[::1]:3000", "text/html").await, expected);
    }

    #[tokio::test]
    async fn any_other_request_is_not_redirected() {
        for (issuer, host, accept) in [
            ("http://localhost:3000", "localhost:3000", "text/html"),
            ("http://localhost:3000", "127.0.0.1:3001", "text/html"),
            ("http://localhost:3000", "127.0.0.1:3000", "application/json"),
            ("http://localhost:3000", "example.com:3000", "text/html"),
            ("https://login.example.com", "127.0.0.1", "text/html"),
        ] {
            assert_eq!(redirect_target(issuer, host, accept).await, None, "{issuer} {host} {accept}");
        }
    }
}
