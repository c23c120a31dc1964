//! Refresh tokens (contract C3), and attacks on them (RFC 9700 section 4.14).

use std::sync::Arc;
use std::time::Duration;

use axum::http::Method;
use insta::assert_snapshot;
use serde_json::Value;

use crate::test_tenant::{AUDIENCE, Browser, LEEWAY, PAGE, SCOPE, TestResponse, TestTenant, claims_in};

const REFUSED: &str =
    r#"403 {"error":"invalid_grant","error_description":"Unknown or invalid refresh token."}"#;

async fn open_tenant() -> TestTenant {
    TestTenant::with_users(&[&["auth0|1"], &["auth0|2"]]).await
}

async fn start_family(tenant: &TestTenant, id: &str, client: &str) -> String {
    refresh_token(&tenant.tokens(&mut Browser::new(tenant), id, client).await)
}

fn refresh_token(tokens: &Value) -> String {
    tokens["refresh_token"].as_str().unwrap_or_else(|| panic!("no refresh token: {tokens}")).to_owned()
}

fn next(response: &TestResponse) -> String {
    assert_eq!(response.status, 200, "{}", response.text);
    refresh_token(&response.json())
}

#[tokio::test]
async fn offline_access_grants_a_refresh_token_that_is_rotated() {
    let tenant = open_tenant().await;
    let tokens = tenant.tokens(&mut Browser::new(&tenant), "auth0|1", PAGE).await;
    assert_eq!(tokens["scope"], format!("{SCOPE} offline_access"));
    tenant.clock.advance(Duration::from_hours(3));
    let first = refresh_token(&tokens);
    let response = tenant.refresh(&first, &[]).await;
    assert_eq!((response.header("cache-control"), response.header("pragma")), ("no-store", "no-cache"));
    let second = next(&response);
    assert_ne!(first, second);
    let renewed = response.json();
    assert_eq!(renewed["scope"], tokens["scope"]);
    assert_eq!(renewed["expires_in"], 7200);
    let access = claims_in(renewed["access_token"].as_str().unwrap());
    assert_eq!((&access["sub"], &access["aud"]), (&"auth0|1".into(), &AUDIENCE.into()));
    assert_eq!(access["exp"], (tenant.clock.now().seconds() + 7200));
    let (before, after) =
        (claims_in(tokens["id_token"].as_str().unwrap()), claims_in(renewed["id_token"].as_str().unwrap()));
    assert_eq!((&after["sub"], &after["sid"]), (&before["sub"], &before["sid"]));
    assert_eq!(after["auth_time"], before["auth_time"], "the person has not signed in again");
    assert_eq!(after.get("nonce"), None);
    assert_eq!(tenant.refresh(&second, &[]).await.status, 200);
}

#[tokio::test]
async fn a_refresh_token_requires_offline_access_and_the_grant_type() {
    let tenant = open_tenant().await;
    let code = Browser::new(&tenant).sign_in("auth0|1", &[]).await;
    assert_eq!(tenant.exchange_code(&code, &[]).await.json().get("refresh_token"), None);
    let with = [("scope", "openid offline_access"), ("client_id", "simple")];
    let code = Browser::new(&tenant).sign_in("auth0|1", &with).await;
    let tokens = tenant.exchange_code(&code, &[("client_id", "simple")]).await.json();
    assert_eq!((tokens.get("refresh_token"), &tokens["scope"]), (None, &"openid".into()));
    let token = start_family(&tenant, "auth0|1", PAGE).await;
    let response = tenant.refresh(&token, &[("client_id", "simple")]).await;
    assert_snapshot!(response.status_and_text(), @r#"403 {"error":"unauthorized_client","error_description":"Grant type 'refresh_token' not allowed for the client."}"#);
}

// attack: tokens
#[tokio::test]
async fn a_missing_unknown_or_foreign_refresh_token_is_refused() {
    let tenant = open_tenant().await;
    let token = start_family(&tenant, "auth0|1", PAGE).await;
    let missing = tenant.refresh("", &[]).await;
    assert_snapshot!(missing.status_and_text(), @r#"400 {"error":"invalid_request","error_description":"Missing Refresh Token"}"#);
    assert_eq!(tenant.refresh("unknown", &[]).await.status_and_text(), REFUSED);
    assert_eq!(tenant.refresh(&token, &[("client_id", "other")]).await.status_and_text(), REFUSED);
    let digest = tenant::secret::Secret::new(token.clone()).digest();
    assert_eq!(
        tenant.refresh(digest.as_str(), &[]).await.status_and_text(),
        REFUSED,
        "what is stored opens nothing"
    );
    assert_eq!(tenant.refresh(&token, &[]).await.status, 200, "the owner's token stays valid");
}

// attack: tokens
#[tokio::test]
async fn reusing_a_rotated_token_revokes_the_family() {
    let tenant = open_tenant().await;
    let mut browser = Browser::new(&tenant);
    let stolen = refresh_token(&tenant.tokens(&mut browser, "auth0|1", PAGE).await);
    let bystander = refresh_token(&tenant.tokens(&mut browser, "auth0|1", PAGE).await);
    let newest = next(&tenant.refresh(&stolen, &[]).await);
    assert_eq!(tenant.refresh(&stolen, &[]).await.status_and_text(), REFUSED);
    assert_eq!(tenant.refresh(&newest, &[]).await.status_and_text(), REFUSED);
    for token in [&stolen, &newest] {
        assert!(!tenant.has_refresh_token(token).await);
    }
    assert_eq!(tenant.refresh(&bystander, &[]).await.status, 200, "another sign-in is another family");
}

#[tokio::test]
async fn within_the_leeway_the_previous_token_can_be_reused() {
    let tenant = open_tenant().await;
    let again = [("client_id", "patient")];
    let first = start_family(&tenant, "auth0|1", "patient").await;
    let second = next(&tenant.refresh(&first, &again).await);
    tenant.clock.advance(LEEWAY.saturating_sub(Duration::from_millis(1)));
    let other = next(&tenant.refresh(&first, &again).await);
    tenant.clock.advance(Duration::from_millis(1));
    assert_eq!(
        tenant.refresh(&first, &again).await.status_and_text(),
        REFUSED,
        "the leeway is over to the millisecond"
    );
    assert_eq!(tenant.refresh(&second, &again).await.status_and_text(), REFUSED);
    assert_eq!(tenant.refresh(&other, &again).await.status_and_text(), REFUSED);
}

// attack: tokens
#[tokio::test]
async fn within_the_leeway_an_older_token_revokes_the_family() {
    let tenant = open_tenant().await;
    let again = [("client_id", "patient")];
    let first = start_family(&tenant, "auth0|1", "patient").await;
    let second = next(&tenant.refresh(&first, &again).await);
    let third = next(&tenant.refresh(&second, &again).await);
    assert_eq!(tenant.refresh(&first, &again).await.status_and_text(), REFUSED);
    assert_eq!(tenant.refresh(&third, &again).await.status_and_text(), REFUSED);
}

/// Exchanges one token sixteen times concurrently; returns the number of successes and the new tokens.
async fn sixteen(tenant: &Arc<TestTenant>, token: &str, client: &'static str) -> Vec<String> {
    let tries: Vec<_> = (0..16)
        .map(|_| {
            let (tenant, token) = (tenant.clone(), token.to_owned());
            tokio::spawn(async move { tenant.refresh(&token, &[("client_id", client)]).await })
        })
        .collect();
    let mut won = Vec::new();
    for attempt in tries {
        let response = attempt.await.unwrap();
        if response.status == 200 {
            won.push(refresh_token(&response.json()));
        } else {
            assert_eq!(response.status_and_text(), REFUSED);
        }
    }
    won
}

// attack: tokens
#[tokio::test]
async fn one_of_sixteen_concurrent_refreshes_succeeds_and_the_others_revoke_the_family() {
    let tenant = Arc::new(open_tenant().await);
    let token = start_family(&tenant, "auth0|1", PAGE).await;
    let won = sixteen(&tenant, &token, PAGE).await;
    assert_eq!(won.len(), 1);
    assert!(!tenant.has_refresh_token(&won[0]).await);
}

#[tokio::test]
async fn all_of_sixteen_concurrent_refreshes_succeed_within_the_leeway() {
    let tenant = Arc::new(open_tenant().await);
    let token = start_family(&tenant, "auth0|1", "patient").await;
    let won = sixteen(&tenant, &token, "patient").await;
    assert_eq!(won.len(), 16);
    assert!(tenant.has_refresh_token(&won[15]).await);
}

#[tokio::test]
async fn a_family_expires_at_its_absolute_lifetime() {
    let tenant = open_tenant().await;
    let mut token = start_family(&tenant, "auth0|1", PAGE).await;
    for _ in 0..2 {
        tenant.clock.advance(Duration::from_hours(14 * 24));
        token = next(&tenant.refresh(&token, &[]).await);
    }
    tenant.clock.advance(Duration::from_hours(2 * 24) - Duration::from_millis(1));
    token = next(&tenant.refresh(&token, &[]).await);
    tenant.clock.advance(Duration::from_millis(1));
    assert_eq!(tenant.refresh(&token, &[]).await.status_and_text(), REFUSED);
    start_family(&tenant, "auth0|1", PAGE).await;
    assert!(!tenant.has_refresh_token(&token).await, "expired families are deleted");
}

#[tokio::test]
async fn an_idle_family_expires() {
    let tenant = open_tenant().await;
    let token = start_family(&tenant, "auth0|1", PAGE).await;
    tenant.clock.advance(Duration::from_hours(15 * 24));
    assert_eq!(tenant.refresh(&token, &[]).await.status_and_text(), REFUSED);
}

#[tokio::test]
async fn without_rotation_a_refresh_token_stays_valid_and_is_not_returned_again() {
    let tenant = open_tenant().await;
    let token = start_family(&tenant, "auth0|1", "web").await;
    let with = [("client_id", "web"), ("client_secret", "web secret")];
    for _ in 0..2 {
        let response = tenant.refresh(&token, &with).await;
        assert_eq!((response.status.as_u16(), response.json().get("refresh_token")), (200, None));
    }
    let unproven = tenant.refresh(&token, &[("client_id", "web")]).await;
    assert_snapshot!(unproven.status_and_text(), @r#"401 {"error":"access_denied","error_description":"Unauthorized"}"#);
}

// attack: tokens
#[tokio::test]
async fn a_refresh_can_narrow_the_scope_and_never_widen_it() {
    let tenant = open_tenant().await;
    let first = start_family(&tenant, "auth0|1", PAGE).await;
    let scope = [("scope", "read:current_user update:users create:current_user_metadata")];
    let response = tenant.refresh(&first, &scope).await;
    assert_eq!(response.json()["scope"], "read:current_user");
    assert_eq!(response.json().get("id_token"), None);
    let whole = tenant.refresh(&next(&response), &[]).await.json();
    assert_eq!(whole["scope"], format!("{SCOPE} offline_access"), "the grant itself is as wide as before");
}

// attack: tokens
#[tokio::test]
async fn a_refresh_token_never_becomes_one_of_another_user_by_a_link() {
    let tenant = open_tenant().await;
    let token = start_family(&tenant, "auth0|2", PAGE).await;
    let keeps = start_family(&tenant, "auth0|1", PAGE).await;
    let machine = tenant.machine_token("update:users").await;
    let body = serde_json::json!({ "provider": "auth0", "user_id": "2" });
    let linked = tenant.post_json("/api/v2/users/auth0%7C1/identities", Some(&machine), &body).await;
    assert_eq!(linked.status, 201);
    // The client expects the same `sub` as before (OpenID Connect Core 12.2).
    let stored = async || {
        let digest = tenant::secret::Secret::new(token.clone()).digest();
        let row = tenant.store.read().await.unwrap().find_refresh_token(&digest).await.unwrap();
        format!("{:?}", row.unwrap())
    };
    let before = stored().await;
    assert_eq!(tenant.refresh(&token, &[]).await.status_and_text(), REFUSED);
    assert_eq!(tenant.refresh(&token, &[]).await.status_and_text(), REFUSED, "nor the second time");
    assert_eq!(stored().await, before, "it was not rotated, nor its family touched");
    let kept = next(&tenant.refresh(&keeps, &[]).await);
    let fresh = tenant.tokens(&mut Browser::new(&tenant), "auth0|2", PAGE).await;
    assert_eq!(claims_in(fresh["id_token"].as_str().unwrap())["sub"], "auth0|1");
    let fresh = tenant.refresh(&refresh_token(&fresh), &[]).await;
    assert_eq!(claims_in(fresh.json()["id_token"].as_str().unwrap())["sub"], "auth0|1");
    let fresh = next(&fresh);

    let unlinked = tenant.call(Method::DELETE, "/api/v2/users/auth0%7C1/identities/auth0/2", &machine).await;
    assert_eq!(unlinked.status, 200);
    for token in [&token, &fresh] {
        assert_eq!(tenant.refresh(token, &[]).await.status_and_text(), REFUSED);
        assert!(!tenant.has_refresh_token(token).await);
    }
    assert_eq!(tenant.refresh(&kept, &[]).await.status, 200);
}

#[tokio::test]
async fn reusing_a_code_revokes_the_tokens_that_descend_from_it() {
    let tenant = open_tenant().await;
    let with = [("audience", ""), ("scope", "openid offline_access")];
    let code = Browser::new(&tenant).sign_in("auth0|1", &with).await;
    let tokens = tenant.exchange_code(&code, &[]).await.json();
    let refreshed = tenant.refresh(&refresh_token(&tokens), &[]).await;
    let newest = next(&refreshed);
    let opaque = [tokens["access_token"].clone(), refreshed.json()["access_token"].clone()];
    for token in &opaque {
        assert_eq!(tenant.call(Method::GET, "/userinfo", token.as_str().unwrap()).await.status, 200);
    }
    // The code still identifies its family after its own row has been deleted.
    tenant.clock.advance(Duration::from_mins(5));
    Browser::new(&tenant).sign_in("auth0|2", &[]).await;
    let again = tenant.exchange_code(&code, &[]).await;
    assert_snapshot!(again.status_and_text(), @r#"403 {"error":"invalid_grant","error_description":"Invalid authorization code"}"#);
    for token in &opaque {
        assert_eq!(tenant.call(Method::GET, "/userinfo", token.as_str().unwrap()).await.status, 401);
    }
    assert_eq!(tenant.refresh(&newest, &[]).await.status_and_text(), REFUSED);
    assert!(!tenant.has_refresh_token(&newest).await);
}

// attack: tokens
#[tokio::test]
async fn a_blocked_or_deleted_user_cannot_refresh() {
    let tenant = open_tenant().await;
    let token = start_family(&tenant, "auth0|1", PAGE).await;
    tenant.block("auth0|1", true).await;
    assert_eq!(tenant.refresh(&token, &[]).await.status_and_text(), REFUSED);
    tenant.block("auth0|1", false).await;
    let token = next(&tenant.refresh(&token, &[]).await);
    tenant
        .store
        .write::<_, store::Error, _>(|unit| {
            Box::pin(async move { unit.delete_user(&model::UserId::new("auth0|1")).await })
        })
        .await
        .unwrap();
    assert_eq!(tenant.refresh(&token, &[]).await.status_and_text(), REFUSED);
    assert!(!tenant.has_refresh_token(&token).await);
}
