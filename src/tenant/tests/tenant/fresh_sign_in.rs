//! Attacks with tokens of an old sign-in on a tenant that asks for a recent one before logins change (RFC 9470).
//!
//! attacks: linking

use std::time::Duration;

use axum::http::Method;
use insta::assert_snapshot;
use serde_json::{Value, json};
use tenant::configuration::Options;

use crate::test_tenant::{Browser, PAGE, TestResponse, TestTenant, authorize_path, user};

const IDENTITIES: &str = "/api/v2/users/auth0%7C1/identities";
const GITHUB: &str = "/api/v2/users/auth0%7C1/identities/github/42";
const LIMIT: Duration = Duration::from_mins(15);

async fn strict_tenant(id_token_bearer: bool) -> TestTenant {
    let seeds = vec![user(&["auth0|1", "github|42"]), user(&["google-oauth2|9"])];
    let options = Options { fresh_sign_in: Some(LIMIT), id_token_bearer, ..Options::default() };
    TestTenant::with_options(seeds, options).await
}

fn text<'t>(tokens: &'t Value, name: &str) -> &'t str {
    tokens[name].as_str().unwrap_or_else(|| panic!("no {name}: {tokens}"))
}

async fn unlink(tenant: &TestTenant, token: &str) -> TestResponse {
    tenant.call(Method::DELETE, GITHUB, token).await
}

async fn link(tenant: &TestTenant, token: &str) -> TestResponse {
    let proof = tenant.id_token("google-oauth2|9", PAGE).await;
    tenant.post_json(IDENTITIES, Some(token), &json!({ "link_with": proof })).await
}

async fn assert_refused(tenant: &TestTenant, token: &str) {
    for response in [unlink(tenant, token).await, link(tenant, token).await] {
        assert_eq!(response.status, 401, "{}", response.text);
        assert_eq!(response.json()["errorCode"], "insufficient_user_authentication");
    }
    assert_eq!(tenant.identities("auth0|1").await, ["auth0|1", "github|42"]);
    assert_eq!(tenant.identities("google-oauth2|9").await, ["google-oauth2|9"]);
}

#[tokio::test]
async fn an_access_token_of_an_old_sign_in_changes_no_logins() {
    let tenant = strict_tenant(false).await;
    let tokens = tenant.tokens(&mut Browser::new(&tenant), "auth0|1", PAGE).await;
    let access = text(&tokens, "access_token");
    tenant.clock.advance(LIMIT + Duration::from_secs(1));
    assert_refused(&tenant, access).await;
    assert_eq!(tenant.call(Method::GET, "/api/v2/users/auth0%7C1", access).await.status, 200);
}

#[tokio::test]
async fn a_new_access_token_of_an_old_sign_in_changes_no_logins() {
    let tenant = strict_tenant(false).await;
    let mut browser = Browser::new(&tenant);
    let tokens = tenant.tokens(&mut browser, "auth0|1", PAGE).await;
    tenant.clock.advance(LIMIT + Duration::from_secs(1));
    let refreshed = tenant.refresh(text(&tokens, "refresh_token"), &[]).await.json();
    assert_refused(&tenant, text(&refreshed, "access_token")).await;
    let code = browser.get(&authorize_path(&[("prompt", "none")])).await.parameter("code").unwrap();
    let silent = tenant.exchange_code(&code, &[]).await.json();
    assert_refused(&tenant, text(&silent, "access_token")).await;
}

#[tokio::test]
async fn an_id_token_of_an_old_sign_in_changes_no_logins() {
    let tenant = strict_tenant(true).await;
    let tokens = tenant.tokens(&mut Browser::new(&tenant), "auth0|1", PAGE).await;
    tenant.clock.advance(LIMIT + Duration::from_secs(1));
    assert_refused(&tenant, text(&tokens, "id_token")).await;
}

#[tokio::test]
async fn a_token_that_does_not_say_when_the_person_signed_in_changes_no_logins() {
    let tenant = strict_tenant(false).await;
    assert_refused(&tenant, &tenant.user_token("auth0|1").await).await;
}

#[tokio::test]
async fn the_refusal_says_how_recent_the_sign_in_must_be_and_pages_may_read_it() {
    let tenant = strict_tenant(false).await;
    let refused = unlink(&tenant, &tenant.user_token("auth0|1").await).await;
    assert_snapshot!(refused.status_and_text(), @r#"401 {"statusCode":401,"error":"Unauthorized","message":"A more recent sign-in is required for this change.","errorCode":"insufficient_user_authentication"}"#);
    assert_snapshot!(refused.header("www-authenticate"), @r#"Bearer error="insufficient_user_authentication", error_description="A more recent sign-in is required for this change.", max_age="900""#);
    assert!(refused.header("access-control-expose-headers").contains("www-authenticate"));
}

#[tokio::test]
async fn a_recent_sign_in_changes_logins_until_the_limit() {
    let tenant = strict_tenant(true).await;
    let tokens = tenant.tokens(&mut Browser::new(&tenant), "auth0|1", PAGE).await;
    tenant.clock.advance(LIMIT);
    assert_eq!(unlink(&tenant, text(&tokens, "access_token")).await.status, 200);
    assert_eq!(link(&tenant, text(&tokens, "id_token")).await.status, 201);
}

#[tokio::test]
async fn machines_do_not_sign_in_and_are_not_asked_to() {
    let tenant = strict_tenant(false).await;
    let token = tenant.machine_token("update:users").await;
    tenant.clock.advance(LIMIT / 2);
    assert_eq!(unlink(&tenant, &token).await.status, 200);
}

#[tokio::test]
async fn another_account_or_a_missing_scope_is_refused_before_the_age_of_the_sign_in() {
    let tenant = strict_tenant(false).await;
    let other = tenant.user_token("google-oauth2|9").await;
    assert_eq!(unlink(&tenant, &other).await.json()["errorCode"], "unowned_resource");
    let reader = tenant.sign(&tenant.claims("auth0|1", "read:current_user")).await;
    assert_eq!(unlink(&tenant, &reader).await.json()["errorCode"], "insufficient_scope");
}
