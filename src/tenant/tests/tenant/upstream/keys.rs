//! The keys of a provider: which ones verify a signature, and when they are fetched again.
//!
//! attacks: providers

use std::time::Duration;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
    Ed25519KeyPair, KeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::{Attempt, FakeProvider, assert_nobody_signed_in, with_fake_provider};
use crate::test_tenant::TestTenant;

/// Replaces the provider's key by another one under the same id, as a provider without a new id for a new key does.
/// Returns the keys before.
fn replace_key(provider: &FakeProvider) -> Value {
    let before = provider.script().keys.clone();
    let mut after = before.clone();
    let other = before["keys"][1].clone();
    let key = &mut after["keys"][0];
    (key["n"], key["e"]) = (other["n"].clone(), other["e"].clone());
    after["keys"].as_array_mut().unwrap().truncate(1);
    provider.script().keys = after;
    before
}

/// Completes a login with a valid ID token and returns whether somebody was signed in.
async fn signs_in(tenant: &TestTenant, provider: &FakeProvider) -> bool {
    let attempt = Attempt::start(tenant, &[]).await;
    let (browser, response) = attempt.sign_in(provider, &json!({})).await;
    let is_signed_in = response.parameter("code").is_some();
    if !is_signed_in {
        assert_eq!(response.parameter("error").as_deref(), Some("server_error"));
        assert_nobody_signed_in(tenant, &browser, &response, 1).await;
    }
    is_signed_in
}

#[tokio::test]
async fn a_new_key_is_fetched_before_a_refusal_also_under_an_old_id() {
    for same_id in [false, true] {
        let (tenant, provider) = with_fake_provider().await;
        let keys = if same_id {
            replace_key(&provider)
        } else {
            std::mem::replace(&mut provider.script().keys, json!({ "keys": [] }))
        };
        let attempt = Attempt::start(&tenant, &[]).await;
        provider.script().keys = keys;
        let (_, response) = attempt.sign_in(&provider, &json!({})).await;
        assert!(response.parameter("code").is_some(), "{same_id} {}", response.status_and_text());
        assert_eq!(provider.script().discovery_requests, 2);
    }
}

#[tokio::test]
async fn any_number_of_forged_tokens_costs_the_provider_one_request_in_a_minute() {
    let (tenant, provider) = with_fake_provider().await;
    let keys = replace_key(&provider);
    for _ in 0..20 {
        assert!(!signs_in(&tenant, &provider).await);
    }
    assert_eq!(provider.script().discovery_requests, 2);
    // The right keys come too late for this minute.
    provider.script().keys = keys;
    tenant.clock.advance(Duration::from_secs(59));
    assert!(!signs_in(&tenant, &provider).await);
    assert_eq!(provider.script().discovery_requests, 2);
    tenant.clock.advance(Duration::from_secs(1));
    assert!(signs_in(&tenant, &provider).await);
    assert_eq!(provider.script().discovery_requests, 3);
}

#[tokio::test]
async fn a_key_that_cannot_be_read_does_not_spoil_the_others() {
    let (tenant, provider) = with_fake_provider().await;
    let mut key = provider.script().keys["keys"][0].clone();
    for (name, value) in
        [("use", json!(null)), ("key_ops", json!(null)), ("x5c", json!("text")), ("exp", json!([]))]
    {
        key[name] = value;
    }
    let changed = |name: &str, value: Value| {
        let mut key = key.clone();
        key[name] = value;
        key
    };
    provider.script().keys = json!({ "keys": [
        null, 5, "key", [], {},
        changed("kty", json!("AKP")),
        changed("kty", json!(5)),
        changed("use", json!("enc")),
        changed("alg", json!("RS512")),
        changed("alg", json!("ML-DSA-44")),
        changed("n", json!("AQAB")),
        changed("n", json!("not base64!")),
        changed("e", json!(null)),
        { "kty": "EC", "crv": "P-256", "x": "", "y": "", "kid": key["kid"] },
        { "kty": "OKP", "crv": "X448", "x": "AA" },
        key,
    ] });
    assert!(signs_in(&tenant, &provider).await);
}

#[tokio::test]
async fn a_key_for_another_use_verifies_nothing() {
    let (tenant, provider) = with_fake_provider().await;
    let key = provider.script().keys["keys"][0].clone();
    for (name, value) in [
        ("use", json!("enc")),
        ("use", json!("tls")),
        ("alg", json!("PS256")),
        ("alg", json!("RSA-OAEP")),
        ("kid", json!("another")),
        ("kty", json!("oct")),
    ] {
        let mut key = key.clone();
        key[name] = value.clone();
        provider.script().keys = json!({ "keys": [key] });
        tenant.clock.advance(Duration::from_hours(2));
        assert!(!signs_in(&tenant, &provider).await, "{name} {value}");
    }
    let mut key = key.clone();
    key.as_object_mut().unwrap().remove("use");
    key["key_ops"] = json!(["encrypt"]);
    provider.script().keys = json!({ "keys": [key] });
    tenant.clock.advance(Duration::from_hours(2));
    assert!(!signs_in(&tenant, &provider).await);
}

#[tokio::test]
async fn a_published_shared_key_verifies_nothing() {
    let (tenant, provider) = with_fake_provider().await;
    let shared =
        json!({ "kty": "oct", "k": URL_SAFE_NO_PAD.encode("published"), "kid": "k", "alg": "HS256" });
    provider.script().keys = json!({ "keys": [shared] });
    let mut attempt = Attempt::start(&tenant, &[]).await;
    let mut head = Header::new(Algorithm::HS256);
    head.kid = Some("k".to_owned());
    let key = EncodingKey::from_secret(b"published");
    provider.respond_with(&jsonwebtoken::encode(&head, &attempt.claims(&provider), &key).unwrap());
    let response = attempt.call_back("&code=c").await;
    assert_eq!(response.parameter("error").as_deref(), Some("server_error"));
    assert_nobody_signed_in(&tenant, &attempt.browser, &response, 1).await;
}

fn ecdsa(algorithm: &'static EcdsaSigningAlgorithm, crv: &str) -> (EncodingKey, Value) {
    let pair = EcdsaKeyPair::generate(algorithm).unwrap();
    let point = pair.public_key().as_ref()[1..].to_vec();
    let (x, y) = point.split_at(point.len() / 2);
    let encode = |part: &[u8]| URL_SAFE_NO_PAD.encode(part);
    let key = json!({ "kty": "EC", "crv": crv, "x": encode(x), "y": encode(y) });
    (EncodingKey::from_ec_der(pair.to_pkcs8v1().unwrap().as_ref()), key)
}

#[tokio::test]
async fn every_algorithm_with_a_private_key_is_accepted_and_its_token_hash_is_checked() {
    let (tenant, provider) = with_fake_provider().await;
    let (_, rsa) = tenant.key().await;
    let rsa_key = provider.script().keys["keys"][0].clone();
    let rsa_key = json!({ "kty": "RSA", "n": rsa_key["n"], "e": rsa_key["e"] });
    let (p256, p256_key) = ecdsa(&ECDSA_P256_SHA256_FIXED_SIGNING, "P-256");
    let (p384, p384_key) = ecdsa(&ECDSA_P384_SHA384_FIXED_SIGNING, "P-384");
    let pair = Ed25519KeyPair::generate().unwrap();
    let ed_key = json!({ "kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(pair.public_key()) });
    let ed = EncodingKey::from_ed_der(pair.to_pkcs8().unwrap().as_ref());
    // The left halves of the hashes of "a".
    let (sha256, sha384, sha512) = (
        "ypeBEsobvcr6wjGzmiPcTQ",
        "VKWbnyKwuAiA2EJ-VIt8I6vYc0huHwNd",
        "H0D8ktokFpR1CXnubPWC8tXX0o4YM13gWrxU0FYOD1M",
    );
    for (algorithm, key, public, at_hash) in [
        (Algorithm::RS256, &rsa, &rsa_key, sha256),
        (Algorithm::RS384, &rsa, &rsa_key, sha384),
        (Algorithm::RS512, &rsa, &rsa_key, sha512),
        (Algorithm::PS256, &rsa, &rsa_key, sha256),
        (Algorithm::PS384, &rsa, &rsa_key, sha384),
        (Algorithm::PS512, &rsa, &rsa_key, sha512),
        (Algorithm::ES256, &p256, &p256_key, sha256),
        (Algorithm::ES384, &p384, &p384_key, sha384),
        (Algorithm::EdDSA, &ed, &ed_key, sha512),
    ] {
        provider.script().keys = json!({ "keys": [public] });
        tenant.clock.advance(Duration::from_hours(2));
        for (at_hash, taken) in [(at_hash, true), (&at_hash[1..], false)] {
            let mut attempt = Attempt::start(&tenant, &[]).await;
            let mut claims = attempt.claims(&provider);
            claims["at_hash"] = json!(at_hash);
            provider.respond_with(&jsonwebtoken::encode(&Header::new(algorithm), &claims, key).unwrap());
            let response = attempt.call_back("&code=c").await;
            let is_signed_in = response.parameter("code").is_some();
            assert_eq!(is_signed_in, taken, "{algorithm:?} {at_hash} {}", response.status_and_text());
        }
    }
}
