//! The router of the server: the tenant, the settings of the page and the page on one origin, with the layers
//! for every response.

use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderName, StatusCode};
use model::{Settings, route};
use tenant::Issuer;
use tower::ServiceBuilder;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, RequestId, SetRequestIdLayer};
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;
use tracing::Span;

use crate::headers::{self, HostPolicy};
use crate::readiness::READY;
use crate::static_files::Site;

/// The path of the health check. It responds as soon as the server is ready.
pub(crate) const HEALTH: &str = "/health";

/// The largest request body in bytes, as at Auth0 (contract [A1](model::contract#a1)).
const BODY_LIMIT: usize = 1024 * 1024;
/// The header with the id of a request.
const REQUEST_ID: &str = "x-request-id";
/// The maximum length of a request id that a proxy or a client chose.
const REQUEST_ID_LENGTH: usize = 128;
/// The type of what is written as JSON at the start.
const JSON: (HeaderName, &str) = (CONTENT_TYPE, "application/json");
/// The longest time for a response.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Returns the router of the server.
///
/// `tenant` has the routes of the tenant. `settings` are absent when the tenant has no single-page client;
/// `/config.json` is then 404. `site` responds to every request that no route matches. With `is_loopback`, which says
/// that only this machine reaches the server, requests to other names are refused.
pub(crate) fn router(
    tenant: Router,
    issuer: &Issuer,
    settings: Option<Settings>,
    site: Site,
    is_loopback: bool,
) -> Router {
    let settings = settings.map(|settings| {
        Bytes::from(serde_json::to_vec(&settings).expect("settings are texts and numbers, which JSON has"))
    });
    let routes = Router::new()
        .route(HEALTH, get(healthy))
        .route(
            route::SETTINGS,
            get(async move || match settings.clone() {
                Some(settings) => ([JSON, (CACHE_CONTROL, "no-cache")], settings).into_response(),
                None => StatusCode::NOT_FOUND.into_response(),
            }),
        )
        .merge(tenant)
        .fallback(async move |request: Request| site.respond(&request));
    let hosts = HostPolicy { issuer: issuer.clone(), is_loopback };
    let issuer = issuer.clone();
    // The first layer is the outermost. `ServiceBuilder` makes them one type; each call of `Router::layer` adds a boxed service
    // that every request clones.
    let layers = ServiceBuilder::new()
        .map_request(forget_odd_request_id)
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(span)
                .on_request(())
                .on_response(|response: &Response, latency: Duration, span: &Span| {
                    let status = response.status();
                    span.record("status", status.as_u16()).record("outcome", outcome(status));
                    if status.is_server_error() {
                        tracing::error!(?latency, "answered");
                    } else {
                        tracing::info!(?latency, "answered");
                    }
                })
                .on_failure(()),
        )
        .layer(PropagateRequestIdLayer::x_request_id())
        .map_response(move |response: Response| headers::add_missing(&issuer, response))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, TIMEOUT))
        .layer(from_fn_with_state(hosts, headers::check_host))
        .layer(DefaultBodyLimit::max(BODY_LIMIT));
    routes.layer(layers)
}

/// Returns the routes of a server that serves the page alone, in place of a tenant's. It is ready as soon as it answers.
pub(crate) fn page_health() -> Router {
    Router::new().route(READY, get(healthy))
}

/// Returns the response of a process that lives.
async fn healthy() -> impl IntoResponse {
    ([JSON], Bytes::from_static(br#"{"status":"ok"}"#))
}

/// Removes a request id that is too long, repeated, or not of letters, digits and `-_.:/+=`, so that it gets one of the server's:
/// the id is in the response and in every line of the log.
fn forget_odd_request_id(mut request: Request) -> Request {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:/+=".contains(byte);
    let mut ids = request.headers().get_all(REQUEST_ID).iter();
    let first = ids.next().map(http::HeaderValue::as_bytes);
    let is_fine =
        first.is_none_or(|id| (1..=REQUEST_ID_LENGTH).contains(&id.len()) && id.iter().all(is_plain));
    if !is_fine || ids.next().is_some() {
        request.headers_mut().remove(REQUEST_ID);
    }
    request
}

/// Says in a word how a request ended.
fn outcome(status: StatusCode) -> &'static str {
    if status.is_server_error() {
        "failed"
    } else if status.is_client_error() {
        "refused"
    } else {
        "done"
    }
}

/// Returns the log span of a request. It leaves out the query, which may contain a code or a token. Where the request has an
/// access token, the tenant adds the actor, whom the token is of, and the target, whom or what the request is about.
fn span(request: &Request) -> Span {
    let id = request.extensions().get::<RequestId>().and_then(|id| id.header_value().to_str().ok());
    tracing::error_span!(
        "request",
        method = %request.method(),
        path = request.uri().path(),
        status = tracing::field::Empty,
        outcome = tracing::field::Empty,
        id = id.unwrap_or_default(),
        actor = tracing::field::Empty,
        target = tracing::field::Empty,
    )
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::routing::post;
    use http::header::{ACCEPT, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST};
    use tower::ServiceExt;

    use super::*;

    fn issuer() -> Issuer {
        Issuer::parse("http://localhost:3000").unwrap()
    }

    fn settings() -> Settings {
        Settings {
            audience: Some("http://localhost:3000/api/v2/".to_owned()),
            name: Some("Acme".to_owned()),
            ..Settings::new("http://localhost:3000", "page")
        }
    }

    async fn response_to(settings: Option<Settings>, mut request: Request) -> Response {
        request.headers_mut().insert(HOST, "localhost:3000".parse().unwrap());
        let tenant = Router::new().route("/u/login", post(async |body: String| body));
        router(tenant, &issuer(), settings, Site::not_built(), true).oneshot(request).await.unwrap()
    }

    async fn body(response: Response) -> String {
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    fn get(path: &str) -> Request {
        Request::get(path).body(Body::empty()).unwrap()
    }

    #[tokio::test]
    async fn a_ready_server_is_healthy() {
        let response = response_to(None, get(HEALTH)).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(body(response).await, r#"{"status":"ok"}"#);
    }

    #[tokio::test]
    async fn the_page_gets_its_settings() {
        let response = response_to(Some(settings()), get("/config.json")).await;
        assert_eq!(response.headers()[CONTENT_TYPE], "application/json");
        assert_eq!(response.headers()[CACHE_CONTROL], "no-cache");
        assert_eq!(
            body(response).await,
            r#"{"domain":"http://localhost:3000","clientId":"page","audience":"http://localhost:3000/api/v2/","bearer":"access_token","name":"Acme"}"#
        );
    }

    #[tokio::test]
    async fn a_tenant_without_a_page_has_no_settings() {
        assert_eq!(response_to(None, get("/config.json")).await.status(), StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn every_response_has_a_request_id_and_a_policy() {
        for path in [HEALTH, "/unknown.js", "/config.json"] {
            let response = response_to(None, get(path)).await;
            assert!(response.headers().contains_key("x-request-id"), "{path}");
            assert!(response.headers().contains_key(CONTENT_SECURITY_POLICY), "{path}");
        }
    }

    #[tokio::test]
    async fn a_request_id_of_any_length_or_form_is_never_repeated() {
        let long = "x".repeat(REQUEST_ID_LENGTH + 1);
        for (id, is_kept) in [
            ("4bf92f35-77b3.4da6:a3ce/929d_0e0e+47==", true),
            (&long[1..], true),
            (&*long, false),
            ("", false),
            ("a b", false),
            ("<script>", false),
            ("a,b", false),
        ] {
            let request = Request::get(HEALTH).header(REQUEST_ID, id).body(Body::empty()).unwrap();
            let response = response_to(None, request).await;
            let answered = &response.headers()[REQUEST_ID];
            assert_eq!(answered == id, is_kept, "{id}");
            assert!(is_kept || answered.len() == 36, "{id}");
        }
        let request = Request::get(HEALTH).header(REQUEST_ID, "a").header(REQUEST_ID, "b");
        let response = response_to(None, request.body(Body::empty()).unwrap()).await;
        assert_eq!(response.headers()[REQUEST_ID].len(), 36);
    }

    #[tokio::test]
    async fn a_body_beyond_the_limit_is_refused() {
        let with = |size: usize| Request::post("/u/login").body(Body::from(vec![b'a'; size])).unwrap();
        assert_eq!(response_to(None, with(BODY_LIMIT)).await.status(), StatusCode::OK);
        assert_eq!(response_to(None, with(BODY_LIMIT + 1)).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    }

    #[tokio::test]
    async fn a_navigation_that_no_route_matches_is_answered_by_the_site() {
        let request =
            Request::get("/linked-accounts").header(ACCEPT, "text/html").body(Body::empty()).unwrap();
        assert!(body(response_to(None, request).await).await.contains("not built"));
    }
}
