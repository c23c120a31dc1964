//! Attacks with an access token of a person after what it stands for has ended (contract G61).
//!
//! attacks: tokens

use axum::http::Method;
use serde_json::{Value, json};
use tenant::configuration::Options;

use crate::test_tenant::{API, AUDIENCE, Browser, DATABASE, PAGE, TestResponse, TestTenant, claims_in, user};

const ME: &str = "/api/v2/users/auth0%7C1";
const REFUSAL: &str = r#"401 {"statusCode":401,"error":"Unauthorized","message":"Invalid token","attributes":{"error":"Invalid token"}}"#;

async fn tenant() -> TestTenant {
    TestTenant::with_users(&[&["auth0|1", "google-oauth2|9", "github|42"], &["auth0|2"]]).await
}

/// Exchanges a code and returns the access token.
async fn access_token(tenant: &TestTenant, code: &str) -> String {
    let tokens = tenant.exchange_code(code, &[]).await.json();
    tokens["access_token"].as_str().unwrap_or_else(|| panic!("{tokens}")).to_owned()
}

/// Signs in with a password, once for each kind of token, and returns them: for the Management API, opaque, and for another
/// API.
async fn sign_in(tenant: &TestTenant, id: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    for audience in [AUDIENCE, "", API] {
        let code = Browser::new(tenant).sign_in(id, &[("audience", audience)]).await;
        tokens.push(access_token(tenant, &code).await);
    }
    tokens
}

/// Signs in by the stand-in for Google and returns the tokens of each kind.
async fn sign_in_by_google(tenant: &TestTenant) -> Vec<String> {
    let mut tokens = Vec::new();
    for audience in [AUDIENCE, "", API] {
        let mut browser = Browser::new(tenant);
        let with = [("connection", "google-oauth2"), ("audience", audience)];
        let state = browser.start_login(&with).await;
        let fields = [("state", state.as_str()), ("connection", "google-oauth2"), ("choice", "9")];
        let code = browser.post("/u/stand-in", &fields).await.parameter("code").unwrap();
        tokens.push(access_token(tenant, &code).await);
    }
    tokens
}

async fn userinfo(tenant: &TestTenant, token: &str) -> TestResponse {
    tenant.call(Method::GET, "/userinfo", token).await
}

async fn assert_accepted(tenant: &TestTenant, tokens: &[String]) {
    assert_eq!(tenant.call(Method::GET, ME, &tokens[0]).await.status, 200);
    for token in tokens {
        assert_eq!(userinfo(tenant, token).await.json()["sub"], "auth0|1");
    }
}

/// Checks that the tokens read and change nothing, and that nothing is stored that was not before.
async fn assert_refused(tenant: &TestTenant, tokens: &[String]) {
    let before = (tenant.row("auth0|1").await, tenant.row("auth0|2").await);
    let link = json!({ "link_with": tenant.id_token("auth0|2", PAGE).await });
    for response in [
        tenant.call(Method::GET, ME, &tokens[0]).await,
        tenant.call(Method::DELETE, &format!("{ME}/identities/github/42"), &tokens[0]).await,
        tenant.post_json(&format!("{ME}/identities"), Some(&tokens[0]), &link).await,
    ] {
        assert_eq!(response.status_and_text(), REFUSAL);
    }
    for token in tokens {
        let response = userinfo(tenant, token).await;
        assert_eq!(response.status_and_text(), "401 Unauthorized");
        assert!(response.header("www-authenticate").contains("error=\"invalid_token\""));
    }
    assert_eq!((tenant.row("auth0|1").await, tenant.row("auth0|2").await), before);
}

#[tokio::test]
async fn a_token_of_a_blocked_user_opens_nothing_until_the_block_ends() {
    let tenant = tenant().await;
    let tokens = sign_in(&tenant, "auth0|1").await;
    assert_accepted(&tenant, &tokens).await;
    tenant.block("auth0|1", true).await;
    assert_refused(&tenant, &tokens).await;
    assert_refused(&tenant, &[tenant.user_token("auth0|1").await]).await;
    tenant.block("auth0|1", false).await;
    assert_accepted(&tenant, &tokens).await;
}

#[tokio::test]
async fn a_token_of_before_a_new_password_opens_nothing() {
    let tenant = tenant().await;
    let tokens = [sign_in(&tenant, "auth0|1").await, vec![tenant.user_token("auth0|1").await]].concat();
    let linked = sign_in_by_google(&tenant).await;
    tenant.clock.advance(std::time::Duration::from_secs(1));
    let machine = tenant.machine_token("update:users").await;
    let body = json!({ "password": "another long password", "connection": DATABASE });
    assert_eq!(tenant.send_json(Method::PATCH, ME, Some(&machine), &body).await.status, 200);
    assert_refused(&tenant, &tokens).await;
    assert_refused(&tenant, &linked).await;
    assert_refused(&tenant, &tokens[3..]).await;
    assert_accepted(&tenant, &sign_in_by_google(&tenant).await).await;
}

#[tokio::test]
async fn a_token_from_an_unlinked_login_opens_nothing_even_if_it_is_linked_again() {
    let tenant = tenant().await;
    let (stolen, own) = (sign_in_by_google(&tenant).await, sign_in(&tenant, "auth0|1").await);
    assert_accepted(&tenant, &stolen).await;
    let unlink = format!("{ME}/identities/google-oauth2/9");
    assert_eq!(tenant.call(Method::DELETE, &unlink, &own[0]).await.status, 200);
    assert_refused(&tenant, &stolen).await;
    assert_accepted(&tenant, &own).await;
    let machine = tenant.machine_token("update:users").await;
    let link = json!({ "provider": "google-oauth2", "user_id": "9" });
    assert_eq!(tenant.post_json(&format!("{ME}/identities"), Some(&machine), &link).await.status, 201);
    assert_refused(&tenant, &stolen).await;
}

#[tokio::test]
async fn a_token_of_an_account_that_was_linked_away_opens_nothing_of_the_other() {
    let tenant = tenant().await;
    let tokens = sign_in(&tenant, "auth0|2").await;
    let machine = tenant.machine_token("update:users").await;
    let link = json!({ "provider": "auth0", "user_id": "2" });
    assert_eq!(tenant.post_json(&format!("{ME}/identities"), Some(&machine), &link).await.status, 201);
    assert_refused(&tenant, &tokens).await;
    let gone = tenant.call(Method::GET, "/api/v2/users/auth0%7C2", &tokens[0]).await;
    assert_eq!(gone.status_and_text(), REFUSAL);
}

#[tokio::test]
async fn a_token_of_a_deleted_user_opens_nothing() {
    let tenant = tenant().await;
    let tokens = sign_in(&tenant, "auth0|1").await;
    let machine = tenant.machine_token("delete:users").await;
    assert_eq!(tenant.call(Method::DELETE, ME, &machine).await.status, 204);
    assert_refused(&tenant, &tokens).await;
}

#[tokio::test]
async fn a_token_from_a_code_that_is_used_twice_opens_nothing() {
    let tenant = tenant().await;
    let mut tokens = Vec::new();
    let mut browser = Browser::new(&tenant);
    for audience in [AUDIENCE, "", API] {
        let code = browser.sign_in("auth0|1", &[("audience", audience), ("prompt", "login")]).await;
        let token = access_token(&tenant, &code).await;
        assert_eq!(userinfo(&tenant, &token).await.status, 200);
        assert_eq!(tenant.exchange_code(&code, &[]).await.status, 403);
        tokens.push(token);
    }
    assert_refused(&tenant, &tokens).await;
}

#[tokio::test]
async fn a_token_from_a_refresh_token_that_is_used_twice_or_revoked_opens_nothing() {
    let tenant = tenant().await;
    let text = |tokens: &Value, name: &str| tokens[name].as_str().unwrap().to_owned();
    let first = tenant.tokens(&mut Browser::new(&tenant), "auth0|1", PAGE).await;
    let second = tenant.refresh(&text(&first, "refresh_token"), &[]).await.json();
    let tokens = [text(&first, "access_token"), text(&second, "access_token")];
    assert_accepted(&tenant, &tokens).await;
    assert_eq!(tenant.refresh(&text(&first, "refresh_token"), &[]).await.status, 403);
    assert_refused(&tenant, &tokens).await;
    assert_refused(&tenant, &tokens[1..]).await;

    let third = tenant.tokens(&mut Browser::new(&tenant), "auth0|1", PAGE).await;
    let fields = [("client_id", PAGE), ("token", &*text(&third, "refresh_token"))];
    assert_eq!(tenant.post_form("/oauth/revoke", &fields).await.status, 200);
    assert_refused(&tenant, &[text(&third, "access_token")]).await;
}

#[tokio::test]
async fn a_token_of_a_session_that_a_machine_revokes_opens_nothing() {
    let tenant = tenant().await;
    let tokens = sign_in(&tenant, "auth0|1").await;
    let other = sign_in(&tenant, "auth0|1").await;
    let machine = tenant.machine_token("delete:sessions delete:refresh_tokens").await;
    for token in [&tokens[0], &tokens[2]] {
        let sid = claims_in(token)["sid"].as_str().unwrap().to_owned();
        let path = format!("/api/v2/sessions/{sid}/revoke");
        assert_eq!(tenant.call(Method::POST, &path, &machine).await.status, 202);
    }
    assert_refused(&tenant, &[tokens[0].clone(), tokens[2].clone()]).await;
    assert_accepted(&tenant, &other).await;
    let path = format!("{ME}/revoke-access");
    assert_eq!(tenant.post_json(&path, Some(&machine), &json!({})).await.status, 202);
    assert_refused(&tenant, &other).await;
}

#[tokio::test]
async fn signing_out_ends_the_session_and_leaves_tokens_until_they_expire() {
    let tenant = tenant().await;
    let mut browser = Browser::new(&tenant);
    let code = browser.sign_in("auth0|1", &[]).await;
    let token = access_token(&tenant, &code).await;
    browser.get(&format!("/v2/logout?client_id={PAGE}")).await;
    assert_accepted(&tenant, std::slice::from_ref(&token)).await;
    tenant.clock.advance(Options::default().access_token_lifetime);
    let expired = tenant.call(Method::GET, ME, &token).await;
    assert_eq!(expired.json()["message"], "Expired token received for JSON Web Token validation");
}

#[tokio::test]
async fn a_jwt_is_not_revoked_and_its_id_is_no_token() {
    let tenant = tenant().await;
    let tokens = sign_in(&tenant, "auth0|1").await;
    let id = claims_in(&tokens[0])["jti"].as_str().unwrap().to_owned();
    let row = format!("jti.{id}");
    for token in [&tokens[0], &tokens[2], &row] {
        let response = tenant.post_form("/oauth/revoke", &[("client_id", PAGE), ("token", token)]).await;
        assert_eq!(
            (response.status.as_u16(), &response.json()["error"]),
            (400, &json!("unsupported_token_type"))
        );
    }
    for guess in [&id, &row] {
        assert_eq!(userinfo(&tenant, guess).await.status, 401);
        tenant.post_form("/oauth/revoke", &[("client_id", PAGE), ("token", guess)]).await;
    }
    assert_accepted(&tenant, &tokens).await;
}

#[tokio::test]
async fn an_id_token_in_place_of_an_access_token_ends_with_its_session_and_its_user() {
    let options = Options { id_token_bearer: true, ..Options::default() };
    let tenant =
        TestTenant::with_options(vec![user(&["auth0|1", "github|42"]), user(&["auth0|2"])], options).await;
    let mut browser = Browser::new(&tenant);
    let code = browser.sign_in("auth0|1", &[]).await;
    let id_token = tenant.exchange_code(&code, &[]).await.json()["id_token"].as_str().unwrap().to_owned();
    let status = async || tenant.call(Method::GET, ME, &id_token).await.status.as_u16();
    assert_eq!(status().await, 200);
    tenant.block("auth0|1", true).await;
    assert_eq!(status().await, 401);
    tenant.block("auth0|1", false).await;
    assert_eq!(status().await, 200);
    browser.get(&format!("/v2/logout?client_id={PAGE}")).await;
    assert_eq!(status().await, 401);
    assert_eq!(tenant.identities("auth0|1").await, ["auth0|1", "github|42"]);
}
