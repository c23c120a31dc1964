//! `/oauth/revoke`: contract C4, RFC 7009.

use axum::body::Body;
use axum::http::{Method, Request};
use insta::assert_snapshot;
use serde_json::json;

use crate::bench::{Bench, Browser, PAGE};

async fn refresh_token(bench: &Bench) -> String {
    let tokens = bench.tokens(&mut Browser::new(bench), "auth0|1", PAGE).await;
    tokens["refresh_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_client_gives_a_refresh_token_back_and_its_family_ends() {
    let bench = Bench::with_users(&[&["auth0|1"]]).await;
    let first = refresh_token(&bench).await;
    let tokens = bench.refresh(&first, &[]).await.json();
    let second = tokens["refresh_token"].as_str().unwrap();
    // Any token of the family stands for all of it, the rotated ones too.
    let body = json!({ "client_id": PAGE, "token": first, "token_type_hint": "access_token" });
    for _ in 0..2 {
        let answer = bench.post_json("/oauth/revoke", None, &body).await;
        assert_eq!((answer.said().as_str(), answer.header("cache-control")), ("200 ", "no-store"));
    }
    assert!(!bench.has_refresh_token(&first).await && !bench.has_refresh_token(second).await);
    assert_eq!(bench.refresh(second, &[]).await.status, 403);
}

#[tokio::test]
async fn an_opaque_access_token_can_be_given_back() {
    let bench = Bench::with_users(&[&["auth0|1"]]).await;
    let code = Browser::new(&bench).sign_in("auth0|1", &[("audience", "")]).await;
    let tokens = bench.trade(&code, &[]).await.json();
    let token = tokens["access_token"].as_str().unwrap();
    let status = async || bench.call(Method::GET, "/userinfo", token).await.status.as_u16();
    bench.post_form("/oauth/revoke", &[("client_id", "other"), ("token", token)]).await;
    assert_eq!(status().await, 200);
    bench.post_form("/oauth/revoke", &[("client_id", PAGE), ("token", token)]).await;
    assert_eq!(status().await, 401);
}

#[tokio::test]
async fn another_clients_token_stays_and_nobody_learns_of_it() {
    let bench = Bench::with_users(&[&["auth0|1"]]).await;
    let token = refresh_token(&bench).await;
    for token in [&*token, "unknown"] {
        let answer = bench.post_form("/oauth/revoke", &[("client_id", "other"), ("token", token)]).await;
        assert_eq!(answer.said(), "200 ");
    }
    assert!(bench.has_refresh_token(&token).await);
    let unproven = bench.post_form("/oauth/revoke", &[("client_id", "web"), ("token", &token)]).await;
    assert_snapshot!(unproven.said(), @r#"401 {"error":"access_denied","error_description":"Unauthorized"}"#);
    let nothing = bench.post_form("/oauth/revoke", &[("client_id", PAGE)]).await;
    assert_snapshot!(nothing.said(), @r#"400 {"error":"invalid_request","error_description":"Missing required parameter: token"}"#);
}

#[tokio::test]
async fn a_page_of_another_origin_may_revoke() {
    let bench = Bench::with_users(&[]).await;
    let preflight = Request::options("/oauth/revoke")
        .header("origin", "https://app.example.test")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type,auth0-client");
    let answer = bench.send(preflight.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.header("access-control-allow-origin"), "https://app.example.test");
}
