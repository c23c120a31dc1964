//! The tenant, the page's settings and the page behind one address, with what holds for every answer.

use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use http::header::CACHE_CONTROL;
use model::{Settings, route};
use tenant::Issuer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, RequestId, SetRequestIdLayer};
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;
use tracing::Span;

use crate::headers;
use crate::static_files::Site;

/// Answers as soon as the server is ready.
pub(crate) const HEALTH: &str = "/health";

/// The most that a request's body may hold, as at Auth0 (contract [A1](model::contract#a1)).
const BODY_LIMIT: usize = 1024 * 1024;
/// The most that an answer may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Puts the parts behind one address.
///
/// `tenant` are the tenant's routes; `settings` are what the page boots from, absent when the tenant has no
/// single-page client; whatever nobody else wants is the page's.
pub(crate) fn router(tenant: Router, issuer: &Issuer, settings: Option<Settings>, site: Site) -> Router {
    Router::new()
        .route(HEALTH, get(async || Json(serde_json::json!({ "status": "ok" }))))
        .route(
            route::SETTINGS,
            get(async move || match settings {
                Some(settings) => ([(CACHE_CONTROL, "no-cache")], Json(settings)).into_response(),
                None => StatusCode::NOT_FOUND.into_response(),
            }),
        )
        .merge(tenant)
        .fallback(async move |request: Request| site.respond(&request))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, TIMEOUT))
        .layer(from_fn_with_state(issuer.clone(), headers::redirect_to_issuer))
        .layer(from_fn_with_state(issuer.clone(), headers::add_missing))
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(span)
                .on_request(())
                .on_response(|response: &Response, latency: Duration, span: &Span| {
                    let status = response.status();
                    span.record("status", status.as_u16());
                    if status.is_server_error() {
                        tracing::error!(?latency, "answered");
                    } else {
                        tracing::info!(?latency, "answered");
                    }
                })
                .on_failure(()),
        )
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
}

/// A request in the log. The query stays out: it may hold a code or a token.
fn span(request: &Request) -> Span {
    let id = request.extensions().get::<RequestId>().and_then(|id| id.header_value().to_str().ok());
    tracing::error_span!(
        "request",
        method = %request.method(),
        path = request.uri().path(),
        status = tracing::field::Empty,
        id = id.unwrap_or_default(),
    )
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::routing::post;
    use http::header::{ACCEPT, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
    use tower::ServiceExt;

    use super::*;

    fn issuer() -> Issuer {
        Issuer::parse("http://localhost:3000").unwrap()
    }

    fn settings() -> Settings {
        Settings {
            domain: "http://localhost:3000".to_owned(),
            client_id: "page".to_owned(),
            audience: Some("http://localhost:3000/api/v2/".to_owned()),
            bearer: model::settings::Bearer::AccessToken,
            name: Some("Acme".to_owned()),
            connections: Vec::new(),
            identity_claim: None,
            fresh_sign_in: None,
            undo_seconds: None,
            return_to: Vec::new(),
            demo: false,
        }
    }

    async fn answer(settings: Option<Settings>, request: Request) -> Response {
        let tenant = Router::new().route("/u/login", post(async |body: String| body));
        router(tenant, &issuer(), settings, Site::not_built()).oneshot(request).await.unwrap()
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
        let response = answer(None, get(HEALTH)).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(body(response).await, r#"{"status":"ok"}"#);
    }

    #[tokio::test]
    async fn the_page_learns_its_settings() {
        let response = answer(Some(settings()), get("/config.json")).await;
        assert_eq!(response.headers()[CONTENT_TYPE], "application/json");
        assert_eq!(response.headers()[CACHE_CONTROL], "no-cache");
        assert_eq!(
            body(response).await,
            r#"{"domain":"http://localhost:3000","clientId":"page","audience":"http://localhost:3000/api/v2/","bearer":"access_token","name":"Acme"}"#
        );
    }

    #[tokio::test]
    async fn a_tenant_without_a_page_has_no_settings() {
        assert_eq!(answer(None, get("/config.json")).await.status(), StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn every_answer_has_a_request_id_and_a_policy() {
        for path in [HEALTH, "/unknown.js", "/config.json"] {
            let response = answer(None, get(path)).await;
            assert!(response.headers().contains_key("x-request-id"), "{path}");
            assert!(response.headers().contains_key(CONTENT_SECURITY_POLICY), "{path}");
        }
    }

    #[tokio::test]
    async fn a_body_beyond_the_limit_is_refused() {
        let with = |size: usize| Request::post("/u/login").body(Body::from(vec![b'a'; size])).unwrap();
        assert_eq!(answer(None, with(BODY_LIMIT)).await.status(), StatusCode::OK);
        assert_eq!(answer(None, with(BODY_LIMIT + 1)).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    }

    #[tokio::test]
    async fn a_navigation_that_no_route_wants_is_the_pages() {
        let request =
            Request::get("/linked-accounts").header(ACCEPT, "text/html").body(Body::empty()).unwrap();
        assert!(body(answer(None, request).await).await.contains("not built"));
    }
}
