//! Attacks by pages of other origins, which drive the APIs with a token or a secret that they found (contract G88).
//!
//! attacks: network

use axum::body::Body;
use axum::http::{Method, Request};
use tenant::configuration::{Client, ClientAuthentication, Options};
use tenant::{Clock, Configuration, Moment};

use crate::test_tenant::{AUDIENCE, ISSUER, START, TestResponse, TestTenant, client, parts, user};

const OWN: &str = "http://localhost:3000";
const ME: &str = "/api/v2/users/auth0%7C1";

/// A tenant with a public application at two origins, and one on a server at a third.
async fn open_tenant() -> TestTenant {
    let mut parts = parts(Options::default(), Vec::new());
    parts.clients.push(Client {
        callbacks: vec!["https://app.example.test/callback".to_owned()],
        web_origins: vec!["https://*.shop.example.test".to_owned()],
        allowed_origins: vec!["capacitor://localhost".to_owned()],
        ..client("app", ClientAuthentication::None, None)
    });
    parts.clients.push(Client {
        callbacks: vec!["https://server.example.test/callback".to_owned()],
        web_origins: vec!["https://server.example.test".to_owned()],
        allowed_origins: vec!["https://server.example.test".to_owned()],
        ..client("server", ClientAuthentication::SecretPost, Some("server secret"))
    });
    let clock = Clock::settable(Moment::from_millis(START));
    let configuration = Configuration::new(parts).unwrap();
    TestTenant::with_configuration(ISSUER, clock, configuration, vec![user(&["auth0|1"])]).await
}

/// Sends a request, and the preflight for it, as a page of `origin` does. Returns the response.
async fn call(
    tenant: &TestTenant,
    origin: &str,
    method: Method,
    path: &str,
    with: &[(&str, &str)],
    body: &str,
) -> TestResponse {
    let preflight = Request::options(path)
        .header("origin", origin)
        .header("access-control-request-method", method.as_str())
        .header("access-control-request-headers", "authorization,content-type");
    let allowed = tenant.send(preflight.body(Body::empty()).unwrap()).await;
    let mut request = Request::builder().method(method).uri(path).header("origin", origin);
    for (name, value) in with {
        request = request.header(*name, *value);
    }
    let response = tenant.send(request.body(Body::from(body.to_owned())).unwrap()).await;
    if is_readable(&response, origin) {
        assert!(is_readable(&allowed, origin), "the preflight allows what the response does");
    }
    response
}

/// Returns whether a page of this origin can read a response.
fn is_readable(response: &TestResponse, origin: &str) -> bool {
    assert_eq!(response.header("access-control-allow-credentials"), "");
    [origin, "*"].contains(&response.header("access-control-allow-origin"))
}

async fn machine_token(tenant: &TestTenant, origin: &str) -> TestResponse {
    let form = format!(
        "grant_type=client_credentials&client_id=machine&client_secret=machine+secret&audience={AUDIENCE}"
    );
    let kind = [("content-type", "application/x-www-form-urlencoded")];
    call(tenant, origin, Method::POST, "/oauth/token", &kind, &form).await
}

async fn read_user(tenant: &TestTenant, origin: &str, token: &str) -> TestResponse {
    let bearer = format!("Bearer {token}");
    call(tenant, origin, Method::GET, ME, &[("authorization", &bearer)], "").await
}

#[tokio::test]
async fn no_page_reads_a_token_that_a_secret_was_exchanged_for() {
    let tenant = open_tenant().await;
    for origin in
        ["https://evil.test", "null", "https://server.example.test", OWN, "https://app.example.test"]
    {
        let response = machine_token(&tenant, origin).await;
        assert_eq!(response.status, 200, "the secret is right");
        assert!(!is_readable(&response, origin), "{origin}");
    }
    let basic = [("authorization", "Basic d2ViOndlYitzZWNyZXQ=")];
    for path in ["/oauth/token", "/oauth/revoke", "/oauth/par"] {
        let response = call(&tenant, "https://evil.test", Method::POST, path, &basic, "{}").await;
        assert!(!is_readable(&response, "https://evil.test"), "{path}");
    }
}

#[tokio::test]
async fn no_page_that_is_registered_nowhere_reads_the_management_api_or_what_a_public_client_gets() {
    let tenant = open_tenant().await;
    let machine = tenant.machine_token("read:users").await;
    let person = tenant.user_token("auth0|1").await;
    for origin in [
        "https://evil.test",
        "null",
        "http://localhost:3001",
        "https://localhost:3000",
        "http://localhost:3000.evil.test",
        "https://shop.example.test",
        "https://a.b.shop.example.test",
        "https://server.example.test",
    ] {
        for token in [&machine, &person] {
            let response = read_user(&tenant, origin, token).await;
            assert_eq!(response.status, 200);
            assert!(!is_readable(&response, origin), "{origin}");
        }
        let body = r#"{"grant_type":"refresh_token","client_id":"page","refresh_token":"x"}"#;
        let kind = [("content-type", "application/json")];
        let response = call(&tenant, origin, Method::POST, "/oauth/token", &kind, body).await;
        assert!(!is_readable(&response, origin), "{origin}");
    }
}

#[tokio::test]
async fn pages_of_public_clients_read_the_apis() {
    let tenant = open_tenant().await;
    let person = tenant.user_token("auth0|1").await;
    for origin in [OWN, "https://app.example.test", "https://a.shop.example.test", "capacitor://localhost"] {
        assert!(is_readable(&read_user(&tenant, origin, &person).await, origin), "{origin}");
        let body = r#"{"grant_type":"refresh_token","client_id":"page","refresh_token":"x"}"#;
        let kind = [("content-type", "application/json")];
        let response = call(&tenant, origin, Method::POST, "/oauth/token", &kind, body).await;
        assert_eq!((response.status.as_u16(), is_readable(&response, origin)), (403, true), "{origin}");
    }
}

#[tokio::test]
async fn pages_of_every_client_may_ask_for_a_new_password() {
    let tenant = open_tenant().await;
    let body =
        r#"{"client_id":"server","connection":"Username-Password-Authentication","email":"a@example.test"}"#;
    let kind = [("content-type", "application/json")];
    for (origin, expected) in
        [("https://server.example.test", true), (OWN, true), ("https://evil.test", false)]
    {
        let path = "/dbconnections/change_password";
        let response = call(&tenant, origin, Method::POST, path, &kind, body).await;
        assert_eq!((response.status.as_u16(), is_readable(&response, origin)), (200, expected), "{origin}");
    }
}
