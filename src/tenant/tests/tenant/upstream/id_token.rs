//! ID tokens of a fake provider: which ones sign somebody in.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use model::ConnectionName;
use serde_json::{Value, json};
use tenant::seed::SeedUser;

use super::{Attempt, assert_nobody_signed_in, options, provider_connection, socket, with_fake_provider};
use crate::test_tenant::{TestTenant, authorize_path, claims_in, user};

// attack: providers
#[tokio::test]
async fn a_token_that_is_not_for_this_login_signs_nobody_in() {
    let (tenant, provider) = with_fake_provider().await;
    let issuer = provider.script().issuer.clone();
    let now = tenant.clock.now().seconds();
    for (claim, value) in [
        ("nonce", json!("another")),
        ("nonce", json!(null)),
        ("iss", json!("https://another.test/")),
        ("iss", json!(issuer.trim_end_matches('/'))),
        ("aud", json!("another")),
        ("aud", json!(["tenant", "another"])),
        ("aud", json!([])),
        ("aud", json!("tenant tenant")),
        ("aud", json!(["tenant", 5])),
        ("aud", json!({ "tenant": true })),
        ("aud", json!(null)),
        ("iss", json!([issuer])),
        ("nonce", json!(["another"])),
        ("azp", json!("another")),
        ("azp", json!(["tenant"])),
        ("at_hash", json!("another")),
        ("at_hash", json!(["another"])),
        ("nbf", json!(now + 61)),
        ("nbf", json!("soon")),
        ("iat", json!(null)),
        ("iat", json!(now.to_string())),
        ("exp", json!(now)),
        ("exp", json!((now + 60).to_string())),
        ("exp", json!(null)),
        ("sub", json!("")),
        ("sub", json!("..")),
        ("sub", json!("%2E.")),
        ("sub", json!(5)),
        ("sub", json!(["ann"])),
        ("sub", json!("a\u{0}b")),
        ("sub", json!("a".repeat(256))),
        ("sub", json!(null)),
    ] {
        let mut attempt = Attempt::start(&tenant, &[]).await;
        let mut claims = attempt.claims(&provider);
        claims[claim] = value.clone();
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(claim);
        }
        provider.respond_with(&tenant.sign(&claims).await);
        let response = attempt.call_back("&code=c").await;
        assert_eq!(response.parameter("error").as_deref(), Some("server_error"), "{claim} {value}");
        assert_nobody_signed_in(&tenant, &attempt.browser, &response, 1).await;
    }
}

// attack: providers
#[tokio::test]
async fn a_token_that_the_provider_did_not_sign_signs_nobody_in() {
    let (tenant, provider) = with_fake_provider().await;
    let keys = provider.script().keys.clone();
    let (kid, own) = tenant.key().await;
    let other = tenant.store.read().await.unwrap().list_signing_keys().await.unwrap();
    let other = EncodingKey::from_rsa_pem(other[1].pem.as_bytes()).unwrap();
    let shared = |text: &str| EncodingKey::from_secret(text.as_bytes());
    let forgeries: [(&str, Algorithm, Option<&str>, EncodingKey); 5] = [
        ("another key under this id", Algorithm::RS256, Some(&kid), other),
        ("an unknown key", Algorithm::RS256, Some("unknown"), own),
        ("the shared secret", Algorithm::HS256, None, shared("tenant secret")),
        ("the public key as a secret", Algorithm::HS256, Some(&kid), shared(&keys.to_string())),
        ("an empty secret", Algorithm::HS256, Some(&kid), shared("")),
    ];
    for (forgery, algorithm, kid, key) in forgeries {
        let mut attempt = Attempt::start(&tenant, &[]).await;
        let mut head = Header::new(algorithm);
        head.kid = kid.map(str::to_owned);
        provider.respond_with(&jsonwebtoken::encode(&head, &attempt.claims(&provider), &key).unwrap());
        let response = attempt.call_back("&code=c").await;
        assert_eq!(response.parameter("error").as_deref(), Some("server_error"), "{forgery}");
        assert_nobody_signed_in(&tenant, &attempt.browser, &response, 1).await;
    }
    // A header that requires an extension, under a valid signature.
    let (kid, own) = tenant.key().await;
    let mut head = Header::new(Algorithm::RS256);
    (head.kid, head.crit) = (Some(kid), Some(vec!["b64".to_owned()]));
    let mut attempt = Attempt::start(&tenant, &[]).await;
    provider.respond_with(&jsonwebtoken::encode(&head, &attempt.claims(&provider), &own).unwrap());
    let response = attempt.call_back("&code=c").await;
    assert_eq!(response.parameter("error").as_deref(), Some("server_error"));
    assert_nobody_signed_in(&tenant, &attempt.browser, &response, 1).await;
    for head in [json!({ "alg": "none" }), json!({ "alg": "None", "typ": "JWT" }), json!({ "alg": "RS256" })]
    {
        let mut attempt = Attempt::start(&tenant, &[]).await;
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        provider.respond_with(&format!("{}.{}.", part(&head), part(&attempt.claims(&provider))));
        let response = attempt.call_back("&code=c").await;
        assert_eq!(response.parameter("error").as_deref(), Some("server_error"), "{head}");
        assert_nobody_signed_in(&tenant, &attempt.browser, &response, 1).await;
    }
}

// attack: providers
#[tokio::test]
async fn among_several_audiences_the_authorized_party_decides() {
    let (tenant, provider) = with_fake_provider().await;
    for (aud, azp, taken) in [
        (json!(["tenant", "project"]), json!("tenant"), true),
        (json!(["project", "tenant", "sibling"]), json!("tenant"), true),
        (json!(["tenant", "tenant"]), json!(null), true),
        (json!("tenant"), json!("tenant"), true),
        (json!(["tenant", "project"]), json!("project"), false),
        (json!(["tenant", "project"]), json!(null), false),
        (json!(["tenant", "project"]), json!(["tenant"]), false),
        (json!(["project"]), json!("tenant"), false),
    ] {
        let attempt = Attempt::start(&tenant, &[]).await;
        let change = json!({ "aud": aud, "azp": azp, "sub": format!("ann{taken}") });
        let (browser, response) = attempt.sign_in(&provider, &change).await;
        assert_eq!(response.parameter("code").is_some(), taken, "{aud} {azp} {}", response.status_and_text());
        let is_signed_in = browser.cookies.keys().any(|name| name.contains("session"));
        assert_eq!(is_signed_in, taken, "{aud} {azp}");
    }
    assert!(tenant.row("oidc|elsewhere|anntrue").await.is_some());
    assert_eq!(tenant.row("oidc|elsewhere|annfalse").await, None);
}

// attack: providers
#[tokio::test]
async fn auth_time_is_the_time_of_the_sign_in_at_the_provider() {
    let (tenant, provider) = with_fake_provider().await;
    let now = tenant.clock.now().seconds();
    let month = 30 * 24 * 3600;
    for (max_age, prompt, at, taken) in [
        ("", "", now - 5000, true),
        ("600", "", now - 300, true),
        ("600", "", now - 5000, false),
        ("0", "", now, true),
        ("", "login", now - 5, true),
        ("", "login", now - month, false),
        ("99999999", "login", now - month, false),
    ] {
        let mut attempt = Attempt::start(&tenant, &[("max_age", max_age), ("prompt", prompt)]).await;
        let mut claims = attempt.claims(&provider);
        claims["auth_time"] = json!(at);
        provider.respond_with(&tenant.sign(&claims).await);
        let response = attempt.call_back("&code=c").await;
        if !taken {
            assert_eq!(response.parameter("error").as_deref(), Some("access_denied"), "{max_age} {at}");
            assert!(!attempt.browser.cookies.keys().any(|name| name.contains("session")));
            continue;
        }
        let silent = authorize_path(&[("prompt", "none"), ("max_age", "6000")]);
        let code = attempt.browser.get(&silent).await.parameter("code").unwrap();
        let tokens = tenant.exchange_code(&code, &[]).await.json();
        assert_eq!(claims_in(tokens["id_token"].as_str().unwrap())["auth_time"], at, "{max_age}");
    }
}

// attack: providers
#[tokio::test]
async fn an_id_that_two_connections_share_belongs_to_the_first() {
    let (listener, issuer) = socket().await;
    let (tenant, provider) = with_fake_provider().await;
    drop((tenant, listener));
    let connections = vec![provider_connection("elsewhere", "oidc", &provider.script().issuer), {
        // The user id of "y" in connection "elsewhere|x" equals that of "x|y" in "elsewhere".
        provider_connection("elsewhere|x", "oidc", &issuer)
    }];
    let tenant = TestTenant::with_connections(vec![], options(), connections).await;
    let mut first = user(&["auth0|1"]).user;
    first.user_id = model::UserId::new("oidc|elsewhere|x|y");
    first.identities[0].provider = model::Provider::new("oidc");
    first.identities[0].user_id = model::IdentityId::text("elsewhere|x|y");
    first.identities[0].connection = ConnectionName::new("elsewhere|x");
    tenant.seed(vec![SeedUser { user: first, password: None }]).await;
    let mut attempt = Attempt::start(&tenant, &[]).await;
    let mut claims = attempt.claims(&provider);
    claims["sub"] = json!("x|y");
    provider.respond_with(&tenant.sign(&claims).await);
    let response = attempt.call_back("&code=c").await;
    assert_eq!(
        response.parameter("error").as_deref(),
        Some("access_denied"),
        "{}",
        response.status_and_text()
    );
    assert_nobody_signed_in(&tenant, &attempt.browser, &response, 1).await;
    assert_eq!(tenant.row("oidc|elsewhere|x|y").await.unwrap().logins_count, 0);
}

#[tokio::test]
async fn auth_time_is_read_from_text_and_must_be_readable_if_a_fresh_sign_in_was_requested() {
    let (tenant, provider) = with_fake_provider().await;
    let now = tenant.clock.now();
    for (max_age, auth_time, taken) in [
        ("600", json!((now.seconds() - 300).to_string()), true),
        ("600", json!(now.iso()), true),
        ("600", json!((now.seconds() - 5000).to_string()), false),
        ("600", json!({ "seconds": now.seconds() }), false),
        ("", json!({ "seconds": now.seconds() }), true),
    ] {
        let attempt = Attempt::start(&tenant, &[("max_age", max_age)]).await;
        let (browser, response) = attempt.sign_in(&provider, &json!({ "auth_time": auth_time })).await;
        assert_eq!(response.parameter("code").is_some(), taken, "{auth_time} {}", response.status_and_text());
        assert_eq!(browser.cookies.keys().any(|name| name.contains("session")), taken, "{auth_time}");
    }
}
