//! Attacks with a code after the session that it was issued in has ended.
//!
//! attacks: sessions

use axum::http::Method;
use serde_json::{Value, json};

use crate::test_tenant::{Browser, DATABASE, PAGE, TestTenant, authorize_path, claims_in};

const SCOPE: &str = "openid offline_access";

async fn tenant() -> TestTenant {
    TestTenant::with_users(&[&["auth0|1", "google-oauth2|9"], &["auth0|2"]]).await
}

/// Signs in, and returns codes that were not exchanged: of the sign-in, and of the session in each response mode.
async fn codes(browser: &mut Browser<'_>) -> Vec<String> {
    let mut codes = vec![browser.sign_in("auth0|1", &[("scope", SCOPE)]).await];
    for mode in ["query", "fragment", "form_post", "web_message"] {
        let with = [("scope", SCOPE), ("prompt", "none"), ("response_mode", mode)];
        let response = browser.get(&authorize_path(&with)).await;
        let answer = format!("{}{}", response.location(), response.text);
        let (_, rest) =
            answer.split_once("code=").or_else(|| answer.split_once("\"code\":\"")).unwrap_or_else(|| {
                answer.split_once("name=\"code\" value=\"").unwrap_or_else(|| panic!("{mode}: {answer}"))
            });
        codes.push(rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect());
    }
    codes
}

/// Returns the number of rows that an exchange adds.
async fn grants(tenant: &TestTenant, id: &str) -> usize {
    let mut reader = tenant.store.read().await.unwrap();
    reader.list_refresh_families(&model::UserId::new(id)).await.unwrap().len()
}

async fn assert_refused(tenant: &TestTenant, codes: &[String]) {
    for code in codes {
        let response = tenant.exchange_code(code, &[]).await;
        assert_eq!((response.status.as_u16(), &response.json()["error"]), (403, &json!("invalid_grant")));
    }
    for id in ["auth0|1", "google-oauth2|9"] {
        assert_eq!(grants(tenant, id).await, 0, "{id}");
    }
}

#[tokio::test]
async fn a_code_gives_nothing_after_sign_out() {
    let tenant = tenant().await;
    let mut browser = Browser::new(&tenant);
    let by_link = codes(&mut browser).await;
    browser.get(&format!("/v2/logout?client_id={PAGE}")).await;
    assert_refused(&tenant, &by_link).await;

    let by_page = codes(&mut browser).await;
    browser.post("/oidc/logout", &[("client_id", PAGE), ("confirm", "true")]).await;
    assert_refused(&tenant, &by_page).await;

    let still = browser.sign_in("auth0|1", &[]).await;
    assert_eq!(tenant.exchange_code(&still, &[]).await.status, 200);
}

#[tokio::test]
async fn a_code_of_the_session_before_gives_nothing_after_sign_out() {
    let tenant = tenant().await;
    let mut browser = Browser::new(&tenant);
    let before = codes(&mut browser).await;
    browser.sign_in("auth0|2", &[("prompt", "login")]).await;
    browser.get(&format!("/v2/logout?client_id={PAGE}")).await;
    assert_refused(&tenant, &before).await;
}

#[tokio::test]
async fn a_code_lives_on_when_another_sign_in_takes_the_place_of_its_session() {
    let tenant = tenant().await;
    let mut browser = Browser::new(&tenant);
    let code = browser.sign_in("auth0|1", &[]).await;
    browser.sign_in("auth0|2", &[("prompt", "login")]).await;
    assert_eq!(tenant.account_of(&code).await, "auth0|1");
}

#[tokio::test]
async fn a_code_gives_nothing_after_a_new_password_a_block_or_a_revocation() {
    let tenant = tenant().await;
    let machine = tenant.machine_token("update:users delete:sessions delete:refresh_tokens").await;
    let me = "/api/v2/users/auth0%7C1";
    let password = json!({ "password": "another long password", "connection": DATABASE });
    let blocked = json!({ "blocked": true });
    let revoked = codes(&mut Browser::new(&tenant)).await;
    assert_eq!(
        tenant.post_json(&format!("{me}/revoke-access"), Some(&machine), &json!({})).await.status,
        202
    );
    assert_refused(&tenant, &revoked).await;
    for change in [password, blocked] {
        let mut browser = Browser::new(&tenant);
        let state = browser.start_login(&[("scope", SCOPE), ("connection", "google-oauth2")]).await;
        let fields = [("state", state.as_str()), ("connection", "google-oauth2"), ("choice", "9")];
        let code = browser.post("/u/stand-in", &fields).await.parameter("code").unwrap();
        assert_eq!(tenant.send_json(Method::PATCH, me, Some(&machine), &change).await.status, 200);
        assert_refused(&tenant, &[code]).await;
    }
}

#[tokio::test]
async fn a_code_gives_nothing_after_its_session_was_revoked_or_its_login_unlinked() {
    let tenant = tenant().await;
    let machine = tenant.machine_token("update:users delete:sessions").await;
    let hybrid = [("client_id", "hybrid"), ("response_type", "code id_token"), ("response_mode", "fragment")];
    let mut browser = Browser::new(&tenant);
    let waiting = codes(&mut browser).await;
    let answer = browser.get(&authorize_path(&[&hybrid[..], &[("prompt", "none")]].concat())).await;
    let (_, id_token) = answer.location().split_once("id_token=").unwrap();
    let sid: Value = claims_in(id_token.split('&').next().unwrap())["sid"].clone();
    let path = format!("/api/v2/sessions/{}", sid.as_str().unwrap());
    assert_eq!(tenant.call(Method::DELETE, &path, &machine).await.status, 202);
    assert_refused(&tenant, &waiting).await;

    let mut browser = Browser::new(&tenant);
    let state = browser.start_login(&[("scope", SCOPE), ("connection", "google-oauth2")]).await;
    let fields = [("state", state.as_str()), ("connection", "google-oauth2"), ("choice", "9")];
    let code = browser.post("/u/stand-in", &fields).await.parameter("code").unwrap();
    let unlink = "/api/v2/users/auth0%7C1/identities/google-oauth2/9";
    assert_eq!(tenant.call(Method::DELETE, unlink, &machine).await.status, 200);
    assert_refused(&tenant, &[code]).await;
}
