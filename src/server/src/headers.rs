//! What every answer tells the browser about safety. A header that a handler has set is never touched: the
//! tenant's hosted pages know their own policy.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{
    CONTENT_SECURITY_POLICY, HOST, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderName, HeaderValue};
use sha2::{Digest, Sha256};
use tenant::Issuer;

use crate::address;
use crate::static_files::is_navigation;

/// `Cross-Origin-Opener-Policy`. Only the page has one: a tenant's page in a popup must keep its opener, which
/// may live on another origin.
pub(crate) const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// What an answer without a policy of its own may load: nothing.
const STRICT_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// The page's policy, with the hash of each of its inline scripts.
///
/// # Panics
/// Never: hashes are printable ASCII.
pub(crate) fn page_policy(html: &str) -> HeaderValue {
    let hashes = inline_scripts(html).fold(String::new(), |hashes, script| {
        format!("{hashes} 'sha256-{}'", STANDARD.encode(Sha256::digest(script)))
    });
    let policy = format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'{hashes}; style-src 'self'; img-src 'self' data:; \
         font-src 'self'; connect-src 'self'; frame-src 'self'; manifest-src 'self'; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'; object-src 'none'"
    );
    HeaderValue::from_str(&policy).expect("a policy is printable ASCII")
}

/// The text of every script element without a `src`, exactly as it stands between its tags.
fn inline_scripts(html: &str) -> impl Iterator<Item = &str> {
    html.split("<script").skip(1).filter_map(|element| {
        let (attributes, rest) = element.split_once('>')?;
        let (script, _) = rest.split_once("</script")?;
        (!attributes.contains(" src")).then_some(script)
    })
}

/// Adds the headers that are still missing.
pub(crate) async fn add_missing(State(issuer): State<Issuer>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let mut missing = |name, value| {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    };
    missing(CONTENT_SECURITY_POLICY, STRICT_POLICY);
    missing(X_CONTENT_TYPE_OPTIONS, "nosniff");
    // Not `no-referrer`: with it a form's POST says `Origin: null`, and the tenant could not tell its own pages.
    missing(REFERRER_POLICY, "same-origin");
    missing(PERMISSIONS_POLICY, "camera=(), geolocation=(), microphone=(), payment=(), usb=()");
    // A browser applies it to the host with all its ports: on this machine, to other people's programs, too.
    if issuer.is_https() && !address::is_local(&issuer) {
        missing(STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    response
}

/// Leads a navigation to another loopback name of this machine (`127.0.0.1` for `localhost`) to the issuer's
/// origin, where cookies and callbacks belong.
pub(crate) async fn redirect_to_issuer(
    State(issuer): State<Issuer>,
    request: Request<Body>,
    next: Next,
) -> Response {
    match other_loopback_name(&issuer, &request) {
        Some(target) => Redirect::temporary(&target).into_response(),
        None => next.run(request).await,
    }
}

fn other_loopback_name(issuer: &Issuer, request: &Request<Body>) -> Option<String> {
    let (_, own) = issuer.origin().split_once("://")?;
    let asked = request.headers().get(HOST)?.to_str().ok()?;
    let (own_host, own_port) = address::split(own);
    let (asked_host, asked_port) = address::split(asked);
    let is_other = own_host != asked_host && own_port == asked_port;
    if !is_other || !address::is_loopback(own_host) || !address::is_loopback(asked_host) {
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

    async fn answer(issuer: Issuer, own_policy: Option<&'static str>) -> Response {
        let handler = async move || {
            let mut response = "text".into_response();
            if let Some(policy) = own_policy {
                response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
            }
            response
        };
        let router = Router::new().route("/", get(handler)).layer(from_fn_with_state(issuer, add_missing));
        router.oneshot(Request::new(Body::empty())).await.unwrap()
    }

    #[tokio::test]
    async fn an_answer_without_a_policy_may_load_nothing() {
        let response = answer(issuer("http://localhost:3000"), None).await;
        assert_eq!(response.headers()[CONTENT_SECURITY_POLICY], STRICT_POLICY);
        assert_eq!(response.headers()[X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(response.headers()[REFERRER_POLICY], "same-origin");
    }

    #[tokio::test]
    async fn a_policy_that_a_handler_set_is_left_alone() {
        let response = answer(issuer("http://localhost:3000"), Some("frame-ancestors *")).await;
        assert_eq!(response.headers()[CONTENT_SECURITY_POLICY], "frame-ancestors *");
    }

    #[tokio::test]
    async fn only_an_https_issuer_elsewhere_asks_for_transport_security() {
        for without in ["http://login.example.com", "https://localhost:3000", "https://127.0.0.1"] {
            let response = answer(issuer(without), None).await;
            assert!(!response.headers().contains_key(STRICT_TRANSPORT_SECURITY), "{without}");
        }
        let secure = answer(issuer("https://login.example.com"), None).await;
        assert_eq!(secure.headers()[STRICT_TRANSPORT_SECURITY], "max-age=31536000");
    }

    #[test]
    fn the_pages_policy_names_the_hash_of_its_inline_script_and_nothing_unsafe() {
        // The SHA-256 of "abc" (FIPS 180-2, appendix B.1) in base64.
        let policy = page_policy("<script type=\"module\">abc</script><script src=\"/x.js\"></script>");
        let policy = policy.to_str().unwrap();
        assert!(policy.contains(
            "script-src 'self' 'wasm-unsafe-eval' 'sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=';"
        ));
        assert!(policy.contains("frame-ancestors 'none'"));
        assert!(!policy.contains("unsafe-inline"));
    }

    async fn redirect_target(issuer_text: &str, host: &str, accept: &str) -> Option<String> {
        let router = Router::new()
            .fallback(|| async { "here" })
            .layer(from_fn_with_state(issuer(issuer_text), redirect_to_issuer));
        let request =
            Request::get("/a/b?c=d").header(HOST, host).header(ACCEPT, accept).body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        response.headers().get(LOCATION).map(|location| location.to_str().unwrap().to_owned())
    }

    #[tokio::test]
    async fn a_navigation_to_another_loopback_name_is_led_to_the_issuer() {
        let expected = Some("http://localhost:3000/a/b?c=d".to_owned());
        assert_eq!(redirect_target("http://localhost:3000", "127.0.0.1:3000", "text/html").await, expected);
        assert_eq!(redirect_target("http://localhost:3000", "[::1]:3000", "text/html").await, expected);
    }

    #[tokio::test]
    async fn anything_else_is_answered_where_it_arrives() {
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
