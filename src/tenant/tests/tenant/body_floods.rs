//! Bodies that strangers send to take memory: none of them becomes a tree of values, and none is larger than a form.
//!
//! attacks: floods

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};

use crate::test_tenant::{Browser, DATABASE, PAGE, PASSWORD, TestResponse, TestTenant, email};

/// The endpoints of programs that read a body before anybody is known.
const OF_PROGRAMS: [&str; 5] = [
    "/oauth/token",
    "/oauth/revoke",
    "/oauth/par",
    "/dbconnections/signup",
    "/dbconnections/change_password",
];

/// The endpoints of pages that read a body before anybody is known.
const OF_PAGES: [&str; 8] = [
    "/authorize",
    "/oidc/logout",
    "/u/login",
    "/u/signup",
    "/u/forgot-password",
    "/u/reset-password",
    "/u/verify-email",
    "/u/stand-in",
];

async fn post(tenant: &TestTenant, path: &str, content_type: &str, body: String) -> TestResponse {
    let request = Request::post(path).header(header::CONTENT_TYPE, content_type);
    tenant.send(request.body(Body::from(body)).unwrap()).await
}

#[tokio::test]
async fn a_body_larger_than_a_form_is_never_read_before_anybody_is_known() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let objects = format!("{{\"a\":[{}0]}}", "{\"\":0},".repeat(131_000));
    let form = format!("a={}", "x".repeat(64 * 1024));
    for path in OF_PROGRAMS {
        let response = post(&tenant, path, "application/json", objects.clone()).await;
        assert_eq!(response.status, 413, "{path} {}", response.text);
    }
    for path in OF_PROGRAMS.iter().chain(&OF_PAGES) {
        let response = post(&tenant, path, "application/x-www-form-urlencoded", form.clone()).await;
        assert_eq!(response.status, 413, "{path} {}", response.text);
    }
    assert_eq!(tenant.identities("auth0|1").await, ["auth0|1"]);
}

#[tokio::test]
async fn a_hosted_page_never_reads_anything_but_a_form() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let mut browser = Browser::new(&tenant);
    let login_state = browser.start_login(&[]).await;
    let fields = json!({ "state": login_state, "username": email("auth0|1"), "password": PASSWORD });
    let cookies: Vec<_> = browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    for path in OF_PAGES {
        for content_type in ["application/json", "text/plain", "multipart/form-data; boundary=x"] {
            let request = Request::post(path)
                .header(header::CONTENT_TYPE, content_type)
                .header(header::COOKIE, cookies.join("; "));
            let response = tenant.send(request.body(Body::from(fields.to_string())).unwrap()).await;
            assert_eq!(response.status, 415, "{path} {content_type} {}", response.text);
        }
    }
    assert_eq!(tenant.row("auth0|1").await.unwrap().logins_count, 0);
    let response = browser.type_password(&login_state, &email("auth0|1"), PASSWORD).await;
    assert!(response.parameter("code").is_some(), "the login still waits");
}

#[tokio::test]
async fn what_an_endpoint_does_not_know_changes_nothing_and_is_not_kept() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let unknown: Value = serde_json::from_str(&format!("[{}0]", "{\"\":0},".repeat(7000))).unwrap();
    let with = |mut body: Value| {
        body["unknown"] = unknown.clone();
        body
    };
    let token = with(json!({ "grant_type": "refresh_token", "client_id": PAGE, "refresh_token": "none" }));
    let response = tenant.post_json("/oauth/token", None, &token).await;
    assert_eq!((response.status.as_u16(), &response.json()["error"]), (403, &json!("invalid_grant")));
    let revoke = with(json!({ "client_id": PAGE, "token": "none" }));
    assert_eq!(tenant.post_json("/oauth/revoke", None, &revoke).await.status, 200);
    let sign_up = with(json!({ "client_id": PAGE, "connection": DATABASE, "email": "new@example.test",
        "password": "correct horse battery", "user_metadata": { "colour": "red" } }));
    let response = tenant.post_json("/dbconnections/signup", None, &sign_up).await;
    assert_eq!(
        (response.status.as_u16(), &response.json()["user_metadata"]),
        (200, &json!({ "colour": "red" }))
    );
    assert_eq!(response.json().get("unknown"), None);
}

#[tokio::test]
async fn metadata_of_any_shape_is_never_taken_at_sign_up() {
    let tenant = TestTenant::with_users(&[]).await;
    let crowd: serde_json::Map<_, _> = (0..101).map(|key| (key.to_string(), json!("x"))).collect();
    for metadata in [
        json!({ "a": { "b": "c" } }),
        json!({ "a": ["b"] }),
        json!({ "a": 1 }),
        json!(["a"]),
        json!("a"),
        json!(crowd),
    ] {
        let body = json!({ "client_id": PAGE, "connection": DATABASE, "email": "new@example.test",
            "password": "correct horse battery", "user_metadata": metadata });
        let response = tenant.post_json("/dbconnections/signup", None, &body).await;
        assert_eq!(response.status, 400, "{metadata}");
    }
    let machine = tenant.machine_token("read:users").await;
    let users = tenant.call(axum::http::Method::GET, "/api/v2/users", &machine).await;
    assert_eq!(users.text, "[]");
}

#[tokio::test]
async fn a_caller_never_takes_more_memory_than_a_body_of_many_values_needs() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let token = tenant.machine_token("update:users").await;
    let body = format!("{{\"user_metadata\":{{\"a\":[{}0]}}}}", "{\"\":0},".repeat(100_000));
    let request = Request::patch("/api/v2/users/auth0%7C1")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::AUTHORIZATION, format!("Bearer {token}"));
    let response = tenant.send(request.body(Body::from(body)).unwrap()).await;
    assert_eq!(response.status, 413, "{}", response.text);
    assert_eq!(
        tenant.row("auth0|1").await.unwrap().user_metadata,
        crate::test_tenant::user(&["auth0|1"]).user.user_metadata
    );
}
