//! The ways to send an access token to `/userinfo` (contract C4, RFC 6750 section 2).

use axum::body::Body;
use axum::http::{Request, header};

use crate::log;
use crate::test_tenant::{TestResponse, TestTenant};

/// Sends a token in some of the three places.
async fn ask(
    tenant: &TestTenant,
    method: &str,
    in_header: Option<&str>,
    form: Option<&str>,
    query: &str,
) -> TestResponse {
    let mut request = Request::builder().method(method).uri(format!("/userinfo{query}"));
    if let Some(token) = in_header {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    if form.is_some() {
        let content_type = "application/x-www-form-urlencoded; charset=utf-8";
        request = request.header(header::CONTENT_TYPE, content_type);
    }
    tenant.send(request.body(Body::from(form.unwrap_or_default().to_owned())).unwrap()).await
}

#[tokio::test]
async fn the_token_comes_in_the_header_in_a_form_or_in_the_query() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let token = tenant.user_token("auth0|1").await;
    let (field, query) = (format!("access_token={token}"), format!("?access_token={token}"));
    for (method, in_header, form, query) in [
        ("GET", Some(&*token), None, ""),
        ("POST", Some(&*token), None, ""),
        ("POST", Some(&*token), Some(""), "?schema=openid"),
        ("POST", None, Some(&*field), ""),
        ("GET", None, None, &*query),
        ("POST", None, None, &*query),
    ] {
        let response = ask(&tenant, method, in_header, form, query).await;
        assert_eq!(response.json()["sub"], "auth0|1", "{method} {}", response.status_and_text());
        assert_eq!(response.header("cache-control"), "no-store");
    }
    let in_body_of_get = ask(&tenant, "GET", None, Some(&field), "").await;
    assert_eq!(in_body_of_get.status, 401, "a GET has no form");
}

// attack: tokens
#[tokio::test]
async fn a_token_that_is_sent_twice_or_is_invalid_is_refused() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let token = tenant.user_token("auth0|1").await;
    let (field, query) = (format!("access_token={token}"), format!("?access_token={token}"));
    let twice = format!("{field}&{field}");
    for (in_header, form, query) in [
        (Some(&*token), Some(&*field), ""),
        (Some(&*token), None, &*query),
        (None, Some(&*field), &*query),
        (None, Some(&*twice), ""),
        (None, None, &*format!("?{twice}")),
    ] {
        let response = ask(&tenant, "POST", in_header, form, query).await;
        assert_eq!(response.status_and_text(), "400 Bad Request");
        let challenge = response.header("www-authenticate");
        assert!(challenge.starts_with("Bearer realm=\"Users\", error=\"invalid_request\""), "{challenge}");
        assert!(!challenge.contains(&token));
    }
    for (form, query) in
        [(Some("access_token=x.y.z"), ""), (None, "?access_token=opaque"), (None, "?access_token=")]
    {
        let response = ask(&tenant, "POST", None, form, query).await;
        assert_eq!(response.status_and_text(), "401 Unauthorized");
        assert!(response.header("www-authenticate").contains("error=\"invalid_token\""));
    }
}

#[tokio::test]
async fn a_token_in_the_query_is_logged_once_with_advice_and_without_the_token() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let token = tenant.user_token("auth0|1").await;
    log::collect();
    for _ in 0..2 {
        assert_eq!(ask(&tenant, "GET", None, None, &format!("?access_token={token}")).await.status, 200);
    }
    let text = log::collected();
    assert_eq!(text.matches("a client sends access tokens in the address of /userinfo").count(), 1, "{text}");
    assert!(token.split('.').all(|part| !text.contains(part)), "{text}");
}
