//! `/oauth/revoke` (contract C4, RFC 7009).

use axum::body::Body;
use axum::http::{Method, Request};
use insta::assert_snapshot;
use serde_json::json;

use crate::test_tenant::{Browser, PAGE, TestTenant};

async fn refresh_token(tenant: &TestTenant) -> String {
    let tokens = tenant.tokens(&mut Browser::new(tenant), "auth0|1", PAGE).await;
    tokens["refresh_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn revoking_a_refresh_token_revokes_its_family() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let first = refresh_token(&tenant).await;
    let tokens = tenant.refresh(&first, &[]).await.json();
    let second = tokens["refresh_token"].as_str().unwrap();
    // Any token of the family revokes all of it, also a rotated one.
    let body = json!({ "client_id": PAGE, "token": first, "token_type_hint": "access_token" });
    for _ in 0..2 {
        let response = tenant.post_json("/oauth/revoke", None, &body).await;
        assert_eq!(
            (response.status_and_text().as_str(), response.header("cache-control")),
            ("200 ", "no-store")
        );
    }
    assert!(!tenant.has_refresh_token(&first).await && !tenant.has_refresh_token(second).await);
    assert_eq!(tenant.refresh(second, &[]).await.status, 403);
}

#[tokio::test]
async fn an_opaque_access_token_can_be_revoked() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let code = Browser::new(&tenant).sign_in("auth0|1", &[("audience", "")]).await;
    let tokens = tenant.exchange_code(&code, &[]).await.json();
    let token = tokens["access_token"].as_str().unwrap();
    let status = async || tenant.call(Method::GET, "/userinfo", token).await.status.as_u16();
    tenant.post_form("/oauth/revoke", &[("client_id", "other"), ("token", token)]).await;
    assert_eq!(status().await, 200);
    tenant.post_form("/oauth/revoke", &[("client_id", PAGE), ("token", token)]).await;
    assert_eq!(status().await, 401);
}

// attack: tokens
#[tokio::test]
async fn a_token_of_another_client_is_not_revoked_and_the_response_does_not_reveal_it() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let token = refresh_token(&tenant).await;
    for token in [&*token, "unknown"] {
        let response = tenant.post_form("/oauth/revoke", &[("client_id", "other"), ("token", token)]).await;
        assert_eq!(response.status_and_text(), "200 ");
    }
    assert!(tenant.has_refresh_token(&token).await);
    let unproven = tenant.post_form("/oauth/revoke", &[("client_id", "web"), ("token", &token)]).await;
    assert_snapshot!(unproven.status_and_text(), @r#"401 {"error":"access_denied","error_description":"Unauthorized"}"#);
    let nothing = tenant.post_form("/oauth/revoke", &[("client_id", PAGE)]).await;
    assert_snapshot!(nothing.status_and_text(), @r#"400 {"error":"invalid_request","error_description":"Missing required parameter: token"}"#);
}

#[tokio::test]
async fn cors_allows_revocation() {
    let tenant = TestTenant::with_users(&[]).await;
    let preflight = Request::options("/oauth/revoke")
        .header("origin", "http://localhost:3000")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type,auth0-client");
    let response = tenant.send(preflight.body(Body::empty()).unwrap()).await;
    assert_eq!(response.header("access-control-allow-origin"), "http://localhost:3000");
}
