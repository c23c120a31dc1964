//! `/oauth/token` and `/userinfo` (contract C3, C4 and C6), and attacks on codes.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use insta::assert_snapshot;
use serde_json::json;
use tenant::secret::digest;

use crate::test_tenant::{
    API, Browser, CALLBACK, PAGE, TestResponse, TestTenant, VERIFIER, authorize_path, claims_in,
};

const INVALID_CODE: &str =
    r#"403 {"error":"invalid_grant","error_description":"Invalid authorization code"}"#;
const INVALID_VERIFIER: &str =
    r#"403 {"error":"invalid_grant","error_description":"Failed to verify code verifier"}"#;
const DENIED: &str = r#"401 {"error":"access_denied","error_description":"Unauthorized"}"#;

async fn open_tenant() -> TestTenant {
    TestTenant::with_users(&[&["auth0|1", "github|42"]]).await
}

async fn userinfo(tenant: &TestTenant, token: &str) -> TestResponse {
    let request = Request::get("/userinfo").header("authorization", format!("Bearer {token}"));
    tenant.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_code_becomes_tokens_with_the_documented_claims() {
    let tenant = open_tenant().await;
    let code = Browser::new(&tenant).sign_in("auth0|1", &[("max_age", "600")]).await;
    let response = tenant.exchange_code(&code, &[]).await;
    assert_eq!((response.header("cache-control"), response.header("pragma")), ("no-store", "no-cache"));
    let tokens = response.json();
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["expires_in"], 7200);
    assert_eq!(tokens["scope"], "openid profile email read:current_user update:current_user_identities");
    assert_eq!(tokens.get("refresh_token"), None);

    let mut access = claims_in(tokens["access_token"].as_str().unwrap());
    assert_eq!(access["sid"], claims_in(tokens["id_token"].as_str().unwrap())["sid"]);
    (access["jti"], access["sid"]) = (json!("[jti]"), json!("[sid]"));
    assert_snapshot!(access, @r#"{"aud":"http://localhost:3000/api/v2/","azp":"page","exp":1767232800,"iat":1767225600,"iss":"http://localhost:3000/","jti":"[jti]","scope":"openid profile email read:current_user update:current_user_identities","sid":"[sid]","sub":"auth0|1"}"#);
    let mut id = claims_in(tokens["id_token"].as_str().unwrap());
    assert_eq!(id["sid"].as_str().unwrap().len(), 32);
    id["sid"] = json!("[sid]");
    // The left half of the digest of the access token beside it (OpenID Connect Core 3.1.3.6).
    let whole = URL_SAFE_NO_PAD.decode(digest(tokens["access_token"].as_str().unwrap().as_bytes())).unwrap();
    assert_eq!(id["at_hash"], URL_SAFE_NO_PAD.encode(&whole[..16]));
    id.as_object_mut().unwrap().remove("at_hash");
    assert_snapshot!(id, @r#"{"aud":"page","auth_time":1767225600,"email":"auth01@example.test","email_verified":true,"exp":1767261600,"https://linked-accounts.dev/identity":{"connection":"Username-Password-Authentication","provider":"auth0","user_id":"1"},"iat":1767225600,"iss":"http://localhost:3000/","name":"auth01@example.test","nickname":"auth01","nonce":"the-nonce","picture":"https://s.gravatar.com/avatar/043d72ef7dafefaeb2b133a5b328aec4?s=480&r=pg&d=https%3A%2F%2Fcdn.auth0.com%2Favatars%2Fau.png","sid":"[sid]","sub":"auth0|1","updated_at":"2026-01-01T00:00:00.000Z"}"#);
}

// attack: tokens
#[tokio::test]
async fn scopes_that_a_person_cannot_grant_are_dropped_without_an_error() {
    let tenant = open_tenant().await;
    let scope = "openid update:users read:users delete:current_user read:current_user";
    let code = Browser::new(&tenant).sign_in("auth0|1", &[("scope", scope)]).await;
    assert_eq!(tenant.exchange_code(&code, &[]).await.json()["scope"], "openid read:current_user");
}

#[tokio::test]
async fn the_token_endpoint_accepts_json_and_forms() {
    let tenant = open_tenant().await;
    let code = Browser::new(&tenant).sign_in("auth0|1", &[]).await;
    let body = json!({ "grant_type": "authorization_code", "client_id": PAGE, "code": code,
        "redirect_uri": CALLBACK, "code_verifier": VERIFIER, "something": "else" });
    assert_eq!(tenant.post_json("/oauth/token", None, &body).await.status, 200);
}

// attack: authorization
#[tokio::test]
async fn a_code_is_valid_once() {
    let tenant = open_tenant().await;
    let code = Browser::new(&tenant).sign_in("auth0|1", &[]).await;
    assert_eq!(tenant.exchange_code(&code, &[]).await.status, 200);
    assert_eq!(tenant.exchange_code(&code, &[]).await.status_and_text(), INVALID_CODE);
}

// attack: authorization
#[tokio::test]
async fn one_of_sixteen_concurrent_exchanges_of_a_code_succeeds() {
    let tenant = std::sync::Arc::new(open_tenant().await);
    let code = Browser::new(&tenant).sign_in("auth0|1", &[]).await;
    let tries: Vec<_> = (0..16)
        .map(|_| {
            let (tenant, code) = (tenant.clone(), code.clone());
            tokio::spawn(async move { tenant.exchange_code(&code, &[]).await.status.as_u16() })
        })
        .collect();
    let mut statuses = Vec::new();
    for attempt in tries {
        statuses.push(attempt.await.unwrap());
    }
    statuses.sort_unstable();
    assert_eq!(statuses[0], 200);
    assert_eq!(statuses[1..], [403; 15]);
}

// attack: authorization
#[tokio::test]
async fn a_code_expires_after_a_minute() {
    let tenant = open_tenant().await;
    let mut browser = Browser::new(&tenant);
    let code = browser.sign_in("auth0|1", &[]).await;
    tenant.clock.advance(Duration::from_secs(59));
    assert_eq!(tenant.exchange_code(&code, &[]).await.status, 200);
    let code = browser.get(&authorize_path(&[])).await.parameter("code").unwrap();
    tenant.clock.advance(Duration::from_mins(1));
    assert_eq!(tenant.exchange_code(&code, &[]).await.status_and_text(), INVALID_CODE);
}

// attack: authorization
#[tokio::test]
async fn a_code_is_bound_to_its_client_address_and_verifier() {
    let tenant = open_tenant().await;
    let mut browser = Browser::new(&tenant);
    browser.sign_in("auth0|1", &[]).await;
    for (with, expected) in [
        (("client_id", "other"), INVALID_CODE),
        (("redirect_uri", "http://localhost:3000/other"), INVALID_CODE),
        (("redirect_uri", ""), INVALID_CODE),
        (("code_verifier", "another-verifier-of-more-than-forty-three-chars"), INVALID_VERIFIER),
        (("code_verifier", ""), INVALID_VERIFIER),
        (("code", "unknown"), INVALID_CODE),
        (("client_id", "nobody"), DENIED),
        (("client_id", ""), DENIED),
    ] {
        let code = browser.get(&authorize_path(&[])).await.parameter("code").unwrap();
        assert_eq!(tenant.exchange_code(&code, &[with]).await.status_and_text(), expected, "{with:?}");
        // A failed exchange by a known client uses up the code; one by an unknown client does not.
        let again = tenant.exchange_code(&code, &[]).await;
        if expected == DENIED || with.0 == "code" {
            assert_eq!(again.status, 200, "{with:?}");
        } else {
            assert_eq!(again.status_and_text(), INVALID_CODE, "{with:?}");
        }
    }
}

// attack: authorization
#[tokio::test]
async fn a_verifier_that_is_too_short_too_long_or_the_challenge_itself_is_refused() {
    let tenant = open_tenant().await;
    let mut browser = Browser::new(&tenant);
    browser.sign_in("auth0|1", &[]).await;
    let long = "a".repeat(129);
    let spaced = format!("{VERIFIER} ");
    for verifier in ["a", &VERIFIER[..42], &long, &spaced] {
        let challenge = digest(verifier.as_bytes());
        let path = authorize_path(&[("code_challenge", &challenge)]);
        let code = browser.get(&path).await.parameter("code").unwrap();
        assert_eq!(
            tenant.exchange_code(&code, &[("code_verifier", verifier)]).await.status_and_text(),
            INVALID_VERIFIER
        );
    }
    let code = browser.get(&authorize_path(&[])).await.parameter("code").unwrap();
    let challenge = digest(VERIFIER.as_bytes());
    assert_eq!(
        tenant.exchange_code(&code, &[("code_verifier", &challenge)]).await.status_and_text(),
        INVALID_VERIFIER
    );
}

// attack: authorization
#[tokio::test]
async fn a_verifier_without_a_challenge_is_refused() {
    let tenant = open_tenant().await;
    let without = [("client_id", "web"), ("code_challenge", ""), ("code_challenge_method", "")];
    let code = Browser::new(&tenant).sign_in("auth0|1", &without).await;
    let response =
        tenant.exchange_code(&code, &[("client_id", "web"), ("client_secret", "web secret")]).await;
    assert_eq!(response.status_and_text(), INVALID_VERIFIER);
}

#[tokio::test]
async fn a_confidential_client_authenticates_in_body_or_header() {
    let tenant = open_tenant().await;
    let mut browser = Browser::new(&tenant);
    browser.sign_in("auth0|1", &[]).await;
    for secret in ["", "wrong", "web secret "] {
        let code = browser.get(&authorize_path(&[("client_id", "web")])).await.parameter("code").unwrap();
        let response = tenant.exchange_code(&code, &[("client_id", "web"), ("client_secret", secret)]).await;
        assert_eq!(response.status_and_text(), DENIED, "{secret}");
    }
    let code = browser.get(&authorize_path(&[("client_id", "web")])).await.parameter("code").unwrap();
    let response =
        tenant.exchange_code(&code, &[("client_id", "web"), ("client_secret", "web secret")]).await;
    assert_eq!(response.status, 200);

    let code = browser.get(&authorize_path(&[("client_id", "web")])).await.parameter("code").unwrap();
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ])
        .finish();
    // web:web+secret, form-encoded within the header (RFC 6749 section 2.3.1).
    let request = Request::post("/oauth/token")
        .header("authorization", "Basic d2ViOndlYitzZWNyZXQ=")
        .header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(tenant.send(request.body(Body::from(body)).unwrap()).await.status, 200);
}

#[tokio::test]
async fn a_grant_must_be_known_and_allowed() {
    let tenant = open_tenant().await;
    let response = tenant.exchange_code("x", &[("grant_type", "magic")]).await;
    assert_snapshot!(response.status_and_text(), @r#"403 {"error":"unsupported_grant_type","error_description":"Unsupported grant type"}"#);
    let response = tenant.exchange_code("x", &[("grant_type", "")]).await;
    assert_snapshot!(response.status_and_text(), @r#"400 {"error":"invalid_request","error_description":"Missing required parameter: grant_type"}"#);
    let response =
        tenant.exchange_code("x", &[("client_id", "machine"), ("client_secret", "machine secret")]).await;
    assert_snapshot!(response.status_and_text(), @r#"403 {"error":"unauthorized_client","error_description":"Grant type 'authorization_code' not allowed for the client."}"#);
}

// attack: tokens
#[tokio::test]
async fn without_an_audience_the_token_is_opaque_and_valid_for_userinfo_only() {
    let tenant = open_tenant().await;
    let code = Browser::new(&tenant).sign_in("auth0|1", &[("audience", "")]).await;
    let tokens = tenant.exchange_code(&code, &[]).await.json();
    assert_eq!(tokens["scope"], "openid profile email");
    let token = tokens["access_token"].as_str().unwrap().to_owned();
    assert!(!token.contains('.'));
    let response = userinfo(&tenant, &token).await;
    assert_eq!(response.json()["sub"], "auth0|1");
    assert_eq!(response.json()["email"], "auth01@example.test");
    let refused = tenant.call(axum::http::Method::GET, "/api/v2/users/auth0%7C1", &token).await;
    assert_eq!(refused.status, 400);
    tenant.clock.advance(Duration::from_hours(2));
    assert_eq!(userinfo(&tenant, &token).await.status, 401);
}

// attack: tokens
#[tokio::test]
async fn userinfo_refuses_tokens_of_other_audiences() {
    let tenant = open_tenant().await;
    for token in [tenant.id_token("auth0|1", PAGE).await, "opaque".to_owned(), "a.b.c".to_owned()] {
        let response = userinfo(&tenant, &token).await;
        assert_eq!(response.status_and_text(), "401 Unauthorized");
        assert!(
            response
                .header("www-authenticate")
                .starts_with("Bearer realm=\"Users\", error=\"invalid_token\"")
        );
    }
    let scopeless = tenant.sign(&tenant.claims("auth0|1", "read:current_user")).await;
    assert_eq!(userinfo(&tenant, &scopeless).await.status, 401);
    assert_eq!(userinfo(&tenant, &tenant.user_token("auth0|1").await).await.status, 200);
}

// attack: tokens
#[tokio::test]
async fn no_code_is_stored_in_plain_text() {
    let tenant = open_tenant().await;
    let code = Browser::new(&tenant).sign_in("auth0|1", &[("audience", "")]).await;
    let digest = tenant::secret::Secret::new(code.clone()).digest();
    let found = tenant
        .store
        .write::<_, store::Error, _>(move |unit| {
            Box::pin(async move { unit.mark_code_used(&digest, 0).await })
        })
        .await
        .unwrap()
        .unwrap();
    assert!(!format!("{found:?}").contains(&code));
}

#[tokio::test]
async fn a_token_for_another_api_is_valid_for_userinfo_with_openid_and_not_for_the_management_api() {
    let tenant = open_tenant().await;
    let tokens = async |scope: &str| {
        let with = [("audience", API), ("scope", scope), ("prompt", "login")];
        let code = Browser::new(&tenant).sign_in("auth0|1", &with).await;
        let tokens = tenant.exchange_code(&code, &[]).await.json();
        tokens["access_token"].as_str().unwrap().to_owned()
    };
    let token = tokens("openid email read:things read:current_user").await;
    let claims = claims_in(&token);
    assert_eq!(claims["aud"], json!([API, "http://localhost:3000/userinfo"]));
    assert_eq!(claims["scope"], "openid email read:things");
    assert_eq!(userinfo(&tenant, &token).await.json()["email"], "auth01@example.test");
    let managed = tenant.call(axum::http::Method::GET, "/api/v2/users/auth0%7C1", &token).await;
    assert_eq!((managed.status.as_u16(), &managed.json()["message"]), (401, &json!("Invalid token")));
    let bare = tokens("read:things").await;
    assert_eq!(claims_in(&bare)["aud"], API);
    assert_eq!(userinfo(&tenant, &bare).await.status, 401);
}
