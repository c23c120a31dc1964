//! Attacks with ID tokens that no longer prove an account, and with accounts that must not be linked (contract G63 to G65).
//!
//! attacks: linking

use std::time::Duration;

use axum::http::Method;
use serde_json::json;
use store::UserRow;
use tenant::configuration::Options;

use crate::test_tenant::{Browser, DATABASE, PAGE, TestResponse, TestTenant, authorize_path, user};

const PATH: &str = "/api/v2/users/auth0%7C1/identities";
const GOOGLE: &str = "google-oauth2|9";
const ENDED: &str = "JWT (link_with) is of a session that has ended.";
const OLD: &str = "JWT (link_with) must be of a recent sign-in, as by max_age=0.";

async fn tenant() -> TestTenant {
    TestTenant::with_users(&[&["auth0|1"], &[GOOGLE, "github|42"], &["auth0|2", "waad|7"]]).await
}

async fn id_token(tenant: &TestTenant, code: &str) -> String {
    tenant.exchange_code(code, &[]).await.json()["id_token"].as_str().unwrap().to_owned()
}

/// Signs in by the stand-in for Google, as the page asks for it, and returns the ID token.
async fn google_token(tenant: &TestTenant, browser: &mut Browser<'_>) -> String {
    let state = browser.start_login(&[("connection", "google-oauth2"), ("max_age", "0")]).await;
    let fields = [("state", state.as_str()), ("connection", "google-oauth2"), ("choice", "9")];
    let code = browser.post("/u/stand-in", &fields).await.parameter("code").unwrap();
    id_token(tenant, &code).await
}

async fn link(tenant: &TestTenant, proof: &str) -> TestResponse {
    let token = tenant.user_token("auth0|1").await;
    tenant.post_json(PATH, Some(&token), &json!({ "link_with": proof })).await
}

async fn rows(tenant: &TestTenant) -> Vec<Option<UserRow>> {
    let mut rows = Vec::new();
    for id in ["auth0|1", "auth0|2", GOOGLE] {
        rows.push(tenant.row(id).await);
    }
    rows
}

async fn assert_refused(tenant: &TestTenant, proof: &str, message: &str) {
    let before = rows(tenant).await;
    let response = link(tenant, proof).await;
    assert_eq!((response.status.as_u16(), response.json()["message"].as_str().unwrap()), (400, message));
    assert_eq!(rows(tenant).await, before);
}

#[tokio::test]
async fn an_old_sign_in_links_nothing_even_with_a_new_id_token() {
    let tenant = tenant().await;
    let mut browser = Browser::new(&tenant);
    let proof = google_token(&tenant, &mut browser).await;
    tenant.clock.advance(Duration::from_mins(10));
    assert_refused(&tenant, &proof, OLD).await;
    let code = browser.get(&authorize_path(&[("prompt", "none")])).await.parameter("code").unwrap();
    let renewed = id_token(&tenant, &code).await;
    assert_refused(&tenant, &renewed, OLD).await;
    let proof = google_token(&tenant, &mut browser).await;
    tenant.clock.advance(Duration::from_secs(599));
    assert_eq!(link(&tenant, &proof).await.status, 201);
    assert_eq!(tenant.identities("auth0|1").await, ["auth0|1", GOOGLE, "github|42"]);
}

#[tokio::test]
async fn the_tenant_says_how_old_a_sign_in_may_be() {
    let link_proof_max_age = Duration::from_secs(5);
    let options = Options { stand_ins: true, link_proof_max_age, ..Options::default() };
    let tenant = TestTenant::with_options(vec![user(&["auth0|1"]), user(&[GOOGLE])], options).await;
    let proof = google_token(&tenant, &mut Browser::new(&tenant)).await;
    tenant.clock.advance(link_proof_max_age);
    assert_refused(&tenant, &proof, OLD).await;
}

#[tokio::test]
async fn an_id_token_of_before_signing_out_links_nothing() {
    let tenant = tenant().await;
    let mut browser = Browser::new(&tenant);
    let proof = google_token(&tenant, &mut browser).await;
    browser.get(&format!("/v2/logout?client_id={PAGE}")).await;
    assert_refused(&tenant, &proof, ENDED).await;
    // The same if another account was signed in to in between.
    let proof = google_token(&tenant, &mut browser).await;
    browser.sign_in("auth0|1", &[("prompt", "login")]).await;
    browser.sign_in("auth0|2", &[("prompt", "login")]).await;
    browser.get(&format!("/v2/logout?client_id={PAGE}")).await;
    assert_refused(&tenant, &proof, ENDED).await;
}

#[tokio::test]
async fn signing_in_to_the_other_account_in_the_same_browser_keeps_the_proof() {
    let tenant = tenant().await;
    let mut browser = Browser::new(&tenant);
    let proof = google_token(&tenant, &mut browser).await;
    let before = browser.cookies.clone();
    browser.sign_in("auth0|1", &[("prompt", "login")]).await;
    let mut old = Browser::new(&tenant);
    old.cookies = before;
    let silent = old.get(&authorize_path(&[("prompt", "none")])).await;
    assert_eq!(silent.parameter("error").as_deref(), Some("login_required"), "its cookie is over");
    let machine = tenant.machine_token("read:sessions").await;
    let listed = tenant.call(Method::GET, "/api/v2/users/google-oauth2%7C9/sessions", &machine).await;
    assert_eq!(listed.json()["sessions"], json!([]), "and it is shown to nobody");
    assert_eq!(link(&tenant, &proof).await.status, 201);
}

#[tokio::test]
async fn an_id_token_links_once() {
    let tenant = tenant().await;
    let proof = google_token(&tenant, &mut Browser::new(&tenant)).await;
    assert_eq!(link(&tenant, &proof).await.status, 201);
    let machine = tenant.machine_token("update:users").await;
    for path in ["github/42", "google-oauth2/9"] {
        assert_eq!(tenant.call(Method::DELETE, &format!("{PATH}/{path}"), &machine).await.status, 200);
    }
    Browser::new(&tenant).stand_in("google-oauth2", &[("choice", "9")]).await;
    assert_refused(&tenant, &proof, ENDED).await;
}

/// The session of the token lives on: it is of a login that was never unlinked, and that comes back into the account that the
/// token names.
#[tokio::test]
async fn an_id_token_that_linked_links_nothing_else_when_its_account_is_whole_again() {
    let tenant = tenant().await;
    let mut browser = Browser::new(&tenant);
    let state = browser.start_login(&[("connection", "github"), ("max_age", "0")]).await;
    let fields = [("state", state.as_str()), ("connection", "github"), ("choice", "42")];
    let code = browser.post("/u/stand-in", &fields).await.parameter("code").unwrap();
    let proof = id_token(&tenant, &code).await;
    assert_eq!(link(&tenant, &proof).await.status, 201);
    let machine = tenant.machine_token("update:users").await;
    let unlinked = tenant.call(Method::DELETE, &format!("{PATH}/google-oauth2/9"), &machine).await;
    assert_eq!(unlinked.status, 200);
    let back = json!({ "provider": "auth0", "user_id": "1" });
    let path = "/api/v2/users/google-oauth2%7C9/identities";
    assert_eq!(tenant.post_json(path, Some(&machine), &back).await.status, 201);
    assert_eq!(tenant.identities(GOOGLE).await, [GOOGLE, "auth0|1", "github|42"]);

    let before = rows(&tenant).await;
    let thief = tenant.user_token("auth0|2").await;
    let body = json!({ "link_with": proof });
    let response = tenant.post_json("/api/v2/users/auth0%7C2/identities", Some(&thief), &body).await;
    let message = response.json()["message"].as_str().unwrap().to_owned();
    assert_eq!((response.status.as_u16(), &*message), (400, "JWT (link_with) was used before."));
    assert_eq!(rows(&tenant).await, before);
}

#[tokio::test]
async fn an_id_token_of_before_a_new_password_links_nothing() {
    let tenant = TestTenant::with_users(&[&["auth0|1"], &["auth0|2"]]).await;
    let code = Browser::new(&tenant).sign_in("auth0|2", &[("max_age", "0")]).await;
    let proof = id_token(&tenant, &code).await;
    tenant.clock.advance(Duration::from_secs(1));
    let machine = tenant.machine_token("update:users").await;
    let body = json!({ "password": "another long password", "connection": DATABASE });
    let changed = tenant.send_json(Method::PATCH, "/api/v2/users/auth0%7C2", Some(&machine), &body).await;
    assert_eq!(changed.status, 200);
    assert_refused(&tenant, &proof, ENDED).await;
}

#[tokio::test]
async fn an_id_token_without_a_session_or_with_another_accounts_links_nothing() {
    let tenant = tenant().await;
    let now = tenant.clock.now().seconds();
    let mut claims = json!({ "iss": crate::test_tenant::ISSUER, "sub": GOOGLE, "aud": PAGE, "iat": now,
        "exp": now + 60 });
    assert_refused(&tenant, &tenant.sign(&claims).await, ENDED).await;
    let own = tenant.id_token("auth0|1", PAGE).await;
    claims["sid"] = crate::test_tenant::claims_in(&own)["sid"].clone();
    assert_refused(&tenant, &tenant.sign(&claims).await, ENDED).await;
}

#[tokio::test]
async fn a_blocked_account_is_not_linked_by_anybody_in_either_direction() {
    let tenant = tenant().await;
    let proof = google_token(&tenant, &mut Browser::new(&tenant)).await;
    let machine = tenant.machine_token("update:users").await;
    let refusal = |role: &str| {
        let message = format!("The {role} account is blocked.");
        json!({ "statusCode": 403, "error": "Forbidden", "message": message, "errorCode": "blocked_account" })
    };
    tenant.block(GOOGLE, true).await;
    let before = rows(&tenant).await;
    let by_id = json!({ "provider": "google-oauth2", "user_id": "9" });
    assert_eq!(link(&tenant, &proof).await.json(), refusal("secondary"));
    assert_eq!(tenant.post_json(PATH, Some(&machine), &by_id).await.json(), refusal("secondary"));
    let by_id = json!({ "provider": "auth0", "user_id": "1" });
    let path = "/api/v2/users/google-oauth2%7C9/identities";
    assert_eq!(tenant.post_json(path, Some(&machine), &by_id).await.json(), refusal("primary"));
    assert_eq!(rows(&tenant).await, before);
}

#[tokio::test]
async fn a_block_is_not_left_behind_by_unlinking() {
    let tenant = TestTenant::with_users(&[&["auth0|1", GOOGLE]]).await;
    tenant.block("auth0|1", true).await;
    let machine = tenant.machine_token("update:users").await;
    let unlinked = tenant.call(Method::DELETE, &format!("{PATH}/google-oauth2/9"), &machine).await;
    assert_eq!(unlinked.status, 200);
    assert_eq!(tenant.row(GOOGLE).await.unwrap().blocked, Some(true));
    assert_eq!(tenant.row("auth0|1").await.unwrap().blocked, Some(true));
    let response = Browser::new(&tenant).stand_in("google-oauth2", &[("choice", "9")]).await;
    assert_eq!(response.parameter("code"), None, "{}", response.status_and_text());
}

#[tokio::test]
async fn a_pinned_login_does_not_leave_with_its_whole_account() {
    let tenant = tenant().await;
    let code = Browser::new(&tenant).sign_in("auth0|2", &[("max_age", "0")]).await;
    let proof = id_token(&tenant, &code).await;
    let before = rows(&tenant).await;
    let refused = link(&tenant, &proof).await;
    assert_eq!((refused.status.as_u16(), &refused.json()["errorCode"]), (403, &json!("pinned_secondary")));
    assert_eq!(rows(&tenant).await, before);
    assert_eq!(tenant.identities("auth0|2").await, ["auth0|2", "waad|7"]);

    // The account with the pinned login takes others in, and a machine moves what it wants.
    let code = Browser::new(&tenant).sign_in("auth0|1", &[("max_age", "0")]).await;
    let body = json!({ "link_with": id_token(&tenant, &code).await });
    let token = tenant.user_token("auth0|2").await;
    let path = "/api/v2/users/auth0%7C2/identities";
    assert_eq!(tenant.post_json(path, Some(&token), &body).await.status, 201);
    let machine = tenant.machine_token("update:users").await;
    let body = json!({ "provider": "auth0", "user_id": "2" });
    let path = "/api/v2/users/google-oauth2%7C9/identities";
    assert_eq!(tenant.post_json(path, Some(&machine), &body).await.status, 201);
}
