//! Guesses at the secrets of clients.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::test_tenant::{AUDIENCE, TestResponse, TestTenant};

const HERE: &str = "192.0.2.1:50000";

/// Sends a request with this secret from this address, in the body or in the header.
async fn send(
    tenant: &TestTenant,
    path: &str,
    (secret, in_header): (&str, bool),
    from: &str,
) -> TestResponse {
    let mut fields = vec![("grant_type", "client_credentials"), ("audience", AUDIENCE), ("token", "none")];
    let mut request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    if in_header {
        let credentials = STANDARD.encode(format!("machine:{secret}"));
        request = request.header(header::AUTHORIZATION, format!("Basic {credentials}"));
    } else {
        fields.extend([("client_id", "machine"), ("client_secret", secret)]);
    }
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let mut request = request.body(Body::from(body)).unwrap();
    request.extensions_mut().insert(ConnectInfo(from.parse::<SocketAddr>().unwrap()));
    tenant.send(request).await
}

// attack: guessing
#[tokio::test]
async fn a_client_secret_is_never_guessed_without_limit_at_whichever_endpoint() {
    let tenant = TestTenant::with_users(&[]).await;
    let mut answers = Vec::new();
    for guess in 0..100 {
        let path = ["/oauth/token", "/oauth/revoke", "/oauth/par"][guess % 3];
        let secret = format!("guess {guess}");
        answers.push(send(&tenant, path, (&secret, guess % 2 == 0), HERE).await.status.as_u16());
    }
    assert_eq!((answers[..5].to_vec(), answers[5..].to_vec()), (vec![401; 5], vec![429; 95]));
    let refused = send(&tenant, "/oauth/token", ("machine secret", false), HERE).await;
    assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (429, "1"));
    assert_eq!(refused.json()["error"], json!("too_many_requests"));
    assert!(refused.json().get("access_token").is_none());
    // The client itself is elsewhere, and does not wait for what strangers do.
    let client = send(&tenant, "/oauth/token", ("machine secret", false), "198.51.100.1:50000").await;
    assert_eq!(client.status, 200, "{}", client.text);
    tenant.clock.advance(Duration::from_secs(1));
    let right = send(&tenant, "/oauth/token", ("machine secret", true), HERE).await;
    assert_eq!(right.status, 200, "{}", right.text);
}

#[tokio::test]
async fn a_client_with_the_right_secret_never_waits() {
    let tenant = TestTenant::with_users(&[]).await;
    for _ in 0..200 {
        assert_eq!(send(&tenant, "/oauth/token", ("machine secret", false), HERE).await.status, 200);
    }
}
