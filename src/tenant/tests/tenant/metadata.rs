//! Discovery document and key set (contract C5).

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};

use crate::test_tenant::{Browser, ISSUER, PAGE, TestTenant};

#[tokio::test]
async fn discovery_names_the_issuer_with_a_final_slash_and_the_endpoints_with_single_slashes() {
    let tenant = TestTenant::with_users(&[]).await;
    let request = Request::get("/.well-known/openid-configuration").header("origin", "https://any.test");
    let response = tenant.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(response.header("access-control-allow-origin"), "*");
    let document = response.json();
    assert_eq!(document["issuer"], ISSUER);
    assert_eq!(document["token_endpoint"], "http://localhost:3000/oauth/token");
    assert_eq!(document["jwks_uri"], "http://localhost:3000/.well-known/jwks.json");
    assert_eq!(document["code_challenge_methods_supported"], json!(["S256"]));
}

#[tokio::test]
async fn a_client_verifies_an_id_token_with_the_published_key() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let code = Browser::new(&tenant).sign_in("auth0|1", &[]).await;
    let tokens = tenant.exchange_code(&code, &[]).await.json();
    let token = tokens["id_token"].as_str().unwrap();
    let keys = tenant.send(Request::get("/.well-known/jwks.json").body(Body::empty()).unwrap()).await.json();
    let key = &keys["keys"][0];
    assert_eq!((&key["kty"], &key["use"], &key["alg"]), (&json!("RSA"), &json!("sig"), &json!("RS256")));
    assert_eq!(key.get("d"), None, "the private half stays here");
    assert_eq!(jsonwebtoken::decode_header(token).unwrap().kid.as_deref(), key["kid"].as_str());
    let public = DecodingKey::from_jwk(&serde_json::from_value(key.clone()).unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&[PAGE]);
    validation.set_issuer(&[ISSUER]);
    // The tenant's clock stands still, in the past.
    validation.validate_exp = false;
    jsonwebtoken::decode::<Value>(token, &public, &validation).unwrap();
}

/// Returns the key ids of the published key set.
async fn kids(tenant: &TestTenant) -> Vec<String> {
    let keys = tenant.send(Request::get("/.well-known/jwks.json").body(Body::empty()).unwrap()).await.json();
    let keys = keys["keys"].as_array().unwrap();
    keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

/// Returns the id of the current signing key.
async fn signing(tenant: &TestTenant) -> String {
    let code = Browser::new(tenant).sign_in("auth0|1", &[]).await;
    let tokens = tenant.exchange_code(&code, &[]).await.json();
    jsonwebtoken::decode_header(tokens["id_token"].as_str().unwrap()).unwrap().kid.unwrap()
}

#[tokio::test]
async fn a_restart_keeps_the_current_and_the_next_key() {
    let mut tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let before = kids(&tenant).await;
    assert_eq!(before.len(), 2);
    tenant.reopen().await;
    assert_eq!(kids(&tenant).await, before);
    assert_eq!(signing(&tenant).await, before[0]);
}

#[tokio::test]
async fn after_rotation_the_next_key_signs_and_the_former_verifies_until_its_tokens_expire() {
    let mut tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let before = kids(&tenant).await;
    let day = Duration::from_hours(24);
    let mut claims = tenant.claims("auth0|1", "read:current_user");
    claims["exp"] = (tenant.clock.now().after(2 * day).seconds()).into();
    let token = tenant.sign(&claims).await;
    let read = async |tenant: &TestTenant| {
        tenant.call(axum::http::Method::GET, "/api/v2/users/auth0%7C1", &token).await.status.as_u16()
    };

    let rotated = tenant::rotate_keys(&tenant.store, &tenant.clock).await.unwrap();
    assert_eq!(rotated, before[1], "the key that everybody knows already");
    assert_eq!(kids(&tenant).await, before, "an open tenant keeps its keys");
    tenant.reopen().await;
    let after = kids(&tenant).await;
    assert_eq!((&after[0], &after[2], after.len()), (&before[1], &before[0], 3));
    assert_eq!(signing(&tenant).await, before[1]);
    assert_eq!(read(&tenant).await, 200);

    tenant.clock.advance(day + Duration::from_secs(1));
    tenant.reopen().await;
    assert_eq!(kids(&tenant).await, after[..2]);
    assert_eq!(read(&tenant).await, 401, "no key signs for longer than its tokens may last");
}
