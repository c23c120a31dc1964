//! What the tenant tells about itself: contract C5.

use axum::body::Body;
use axum::http::Request;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};

use crate::bench::{Bench, Browser, ISSUER, PAGE};

#[tokio::test]
async fn discovery_names_the_issuer_with_a_slash_and_its_endpoints_without_two() {
    let bench = Bench::with_users(&[]).await;
    let request = Request::get("/.well-known/openid-configuration").header("origin", "https://any.test");
    let answer = bench.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    let document = answer.json();
    assert_eq!(document["issuer"], ISSUER);
    assert_eq!(document["token_endpoint"], "http://localhost:3000/oauth/token");
    assert_eq!(document["jwks_uri"], "http://localhost:3000/.well-known/jwks.json");
    assert_eq!(document["code_challenge_methods_supported"], json!(["S256"]));
}

#[tokio::test]
async fn a_client_verifies_an_id_token_with_the_published_key() {
    let bench = Bench::with_users(&[&["auth0|1"]]).await;
    let code = Browser::new(&bench).sign_in("auth0|1", &[]).await;
    let tokens = bench.trade(&code, &[]).await.json();
    let token = tokens["id_token"].as_str().unwrap();
    let keys = bench.send(Request::get("/.well-known/jwks.json").body(Body::empty()).unwrap()).await.json();
    let key = &keys["keys"][0];
    assert_eq!((&key["kty"], &key["use"], &key["alg"]), (&json!("RSA"), &json!("sig"), &json!("RS256")));
    assert_eq!(key.get("d"), None, "the private half stays here");
    assert_eq!(jsonwebtoken::decode_header(token).unwrap().kid.as_deref(), key["kid"].as_str());
    let public = DecodingKey::from_jwk(&serde_json::from_value(key.clone()).unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&[PAGE]);
    validation.set_issuer(&[ISSUER]);
    // The bench's clock stands still in the past.
    validation.validate_exp = false;
    jsonwebtoken::decode::<Value>(token, &public, &validation).unwrap();
}

#[tokio::test]
async fn a_restart_keeps_the_key() {
    let bench = Bench::with_users(&[]).await;
    let (kid, _) = bench.key().await;
    let issuer = tenant::Issuer::parse(ISSUER).unwrap();
    let configuration = tenant::Configuration::new(
        tenant::configuration::Options::default(),
        Vec::new(),
        Vec::new(),
        Vec::new(),
    )
    .unwrap();
    tenant::Tenant::open(bench.store.clone(), issuer, configuration, bench.clock.clone()).await.unwrap();
    assert_eq!(bench.store.read().await.unwrap().list_signing_keys().await.unwrap().len(), 1);
    assert_eq!(bench.key().await.0, kid);
}
