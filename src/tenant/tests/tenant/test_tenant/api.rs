//! Requests of API clients: the Management API and the token endpoint.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

use super::{Browser, CALLBACK, ISSUER, PAGE, SCOPE, TestTenant, VERIFIER};

/// Where the public documents are, which caches may keep.
pub(crate) const PUBLIC: [&str; 5] =
    ["/.well-known/openid-configuration", "/.well-known/jwks.json", "/u/style-", "/u/marks-", "/u/icon-"];

/// A response with its whole body.
pub(crate) struct TestResponse {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// The body, without the places at which names may break: what is asserted about pages is their words.
    pub(crate) text: String,
}

impl TestResponse {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {} {}", self.status, self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn location(&self) -> &str {
        self.header("location")
    }

    /// Returns a query parameter of the `location` header.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        let url = url::Url::parse(ISSUER).unwrap().join(self.location()).unwrap();
        url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    /// Returns status and body as one text, for snapshots.
    pub(crate) fn status_and_text(&self) -> String {
        format!("{} {}", self.status.as_u16(), self.text)
    }
}

impl TestTenant {
    pub(crate) async fn send(&self, request: Request<Body>) -> TestResponse {
        let path = request.uri().path().to_owned();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let caches = response.headers().get(header::CACHE_CONTROL).map(|value| value.to_str().unwrap());
        // Every response of every test is looked at.
        assert!(
            caches.is_some_and(|caches| caches.contains("no-store"))
                || response.status() == 200 && PUBLIC.iter().any(|public| path.starts_with(public)),
            "{} of {path} may stay in a cache: {caches:?}",
            response.status()
        );
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        TestResponse {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap().replace("<wbr>", ""),
        }
    }

    /// Sends a request without a body, with a bearer token.
    pub(crate) async fn call(&self, method: Method, path: &str, token: &str) -> TestResponse {
        let request = Request::builder().method(method).uri(path);
        let request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        self.send(request.body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post_json(&self, path: &str, token: Option<&str>, body: &Value) -> TestResponse {
        self.send_json(Method::POST, path, token, body).await
    }

    pub(crate) async fn send_json(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: &Value,
    ) -> TestResponse {
        let request = Request::builder().method(method).uri(path);
        let mut request = request.header(header::CONTENT_TYPE, "application/json; charset=utf-8");
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    pub(crate) async fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> TestResponse {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body))
            .unwrap();
        self.send(request).await
    }

    /// Exchanges a code like the page. `with` replaces or adds parameters; an empty value removes one.
    pub(crate) async fn exchange_code(&self, code: &str, with: &[(&str, &str)]) -> TestResponse {
        let mut fields: BTreeMap<&str, &str> = BTreeMap::from([
            ("grant_type", "authorization_code"),
            ("client_id", PAGE),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ]);
        fields.extend(with.iter().copied());
        fields.retain(|_, value| !value.is_empty());
        let fields: Vec<_> = fields.into_iter().collect();
        self.post_form("/oauth/token", &fields).await
    }

    /// Signs in with `offline_access`, exchanges the code and returns the tokens.
    pub(crate) async fn tokens(&self, browser: &mut Browser<'_>, id: &str, client: &str) -> Value {
        let scope = format!("{SCOPE} offline_access");
        let code =
            browser.sign_in(id, &[("scope", &scope), ("client_id", client), ("prompt", "login")]).await;
        let response =
            self.exchange_code(&code, &[("client_id", client), ("client_secret", "web secret")]).await;
        assert_eq!(response.status, 200, "{}", response.text);
        response.json()
    }

    /// Exchanges a refresh token. `with` replaces or adds parameters; an empty value removes one.
    pub(crate) async fn refresh(&self, token: &str, with: &[(&str, &str)]) -> TestResponse {
        let mut fields: BTreeMap<&str, &str> =
            BTreeMap::from([("grant_type", "refresh_token"), ("client_id", PAGE), ("refresh_token", token)]);
        fields.extend(with.iter().copied());
        fields.retain(|_, value| !value.is_empty());
        let fields: Vec<_> = fields.into_iter().collect();
        self.post_form("/oauth/token", &fields).await
    }
}
