//! Sign-ins that say what they are for (contract G100 to G102): proofs of a login beside the session of the browser, and fresh
//! sign-ins to the account that the browser is signed in to.

use std::time::Duration;

use axum::http::Method;
use serde_json::{Value, json};
use tenant::configuration::Options;

use crate::test_tenant::{
    Browser, DATABASE, PAGE, SCOPE, TestResponse, TestTenant, authorize_path, claims_in, email, user,
};

const PATH: &str = "/api/v2/users/auth0%7C1/identities";
const GOOGLE: &str = "google-oauth2|9";
const PROOF: (&str, &str) = ("ext-purpose", "link");
const GITHUB: &str = "github|42";

async fn tenant() -> TestTenant {
    TestTenant::with_users(&[&["auth0|1", GITHUB], &[GOOGLE], &["auth0|2"]]).await
}

/// Signs in by the stand-in for Google, as the page asks for it, and returns the tokens.
async fn prove_google(tenant: &TestTenant, browser: &mut Browser<'_>, with: &[(&str, &str)]) -> Value {
    let request = [&[("connection", "google-oauth2"), ("max_age", "0")], with].concat();
    let state = browser.start_login(&request).await;
    let fields = [("state", state.as_str()), ("connection", "google-oauth2"), ("choice", "9")];
    let code = browser.post("/u/stand-in", &fields).await.parameter("code").unwrap();
    tenant.exchange_code(&code, &[]).await.json()
}

async fn link(tenant: &TestTenant, tokens: &Value) -> TestResponse {
    let token = tenant.user_token("auth0|1").await;
    tenant.post_json(PATH, Some(&token), &json!({ "link_with": tokens["id_token"] })).await
}

/// Returns the claims of a silent sign-in, or its error.
async fn silent(tenant: &TestTenant, browser: &mut Browser<'_>) -> Result<Value, String> {
    let response = browser.get(&authorize_path(&[("prompt", "none")])).await;
    let code = response.parameter("code").ok_or_else(|| response.parameter("error").unwrap())?;
    Ok(claims_in(tenant.exchange_code(&code, &[]).await.json()["id_token"].as_str().unwrap()))
}

async fn sessions(tenant: &TestTenant, id: &str) -> usize {
    let machine = tenant.machine_token("read:sessions").await;
    let path = format!("/api/v2/users/{}/sessions", id.replace('|', "%7C"));
    let listed = tenant.call(Method::GET, &path, &machine).await;
    listed.json()["sessions"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_proof_links_and_leaves_the_browser_signed_in_as_it_was() {
    let tenant = tenant().await;
    let mut browser = Browser::new(&tenant);
    browser.sign_in("auth0|1", &[]).await;
    let session = |browser: &Browser<'_>| {
        let mut cookies = browser.cookies.iter();
        cookies.find(|(name, _)| name.contains("session")).map(|(_, value)| value.clone()).unwrap()
    };
    let cookie = session(&browser);
    let before = silent(&tenant, &mut browser).await.unwrap();
    let proof = prove_google(&tenant, &mut browser, &[PROOF]).await;
    assert_eq!(claims_in(proof["id_token"].as_str().unwrap())["sub"], GOOGLE);
    assert_eq!(session(&browser), cookie);
    assert_eq!(link(&tenant, &proof).await.status, 201);
    let after = silent(&tenant, &mut browser).await.unwrap();
    assert_eq!((&after["sub"], &after["sid"]), (&json!("auth0|1"), &before["sid"]));
}

#[tokio::test]
async fn without_the_parameter_a_sign_in_takes_the_place_of_the_one_before_as_at_auth0() {
    let tenant = tenant().await;
    let mut browser = Browser::new(&tenant);
    browser.sign_in("auth0|1", &[]).await;
    for with in [&[][..], &[("ext-purpose", "linking")], &[("ext-purpose", "")]] {
        prove_google(&tenant, &mut browser, with).await;
        assert_eq!(silent(&tenant, &mut browser).await.unwrap()["sub"], GOOGLE);
    }
}

// attack: sessions
#[tokio::test]
async fn a_proof_signs_nobody_in() {
    let tenant = tenant().await;
    let mut browser = Browser::new(&tenant);
    let proof = prove_google(&tenant, &mut browser, &[PROOF]).await;
    assert_eq!(silent(&tenant, &mut browser).await.unwrap_err(), "login_required");
    assert_eq!(sessions(&tenant, GOOGLE).await, 0, "it is a session of nobody");
    assert_eq!(link(&tenant, &proof).await.status, 201);
    assert_eq!(sessions(&tenant, "auth0|1").await, 0);
}

// attack: tokens
#[tokio::test]
async fn a_proof_gets_no_refresh_token() {
    let tenant = tenant().await;
    let scope = format!("{SCOPE} offline_access");
    let mut browser = Browser::new(&tenant);
    let tokens = prove_google(&tenant, &mut browser, &[("scope", &scope)]).await;
    assert!(tokens["refresh_token"].is_string(), "{tokens}");
    let proof = prove_google(&tenant, &mut browser, &[("scope", &scope), PROOF]).await;
    assert_eq!(proof.get("refresh_token"), None);
}

// attack: linking
#[tokio::test]
async fn a_proof_ends_with_the_session_of_its_browser() {
    let tenant = tenant().await;
    let mut browser = Browser::new(&tenant);
    browser.sign_in("auth0|1", &[]).await;
    let proof = prove_google(&tenant, &mut browser, &[PROOF]).await;
    browser.get(&format!("/v2/logout?client_id={PAGE}")).await;
    let refused = link(&tenant, &proof).await;
    assert_eq!(refused.json()["message"], "JWT (link_with) is of a session that has ended.");
    assert_eq!(tenant.identities("auth0|1").await, ["auth0|1", GITHUB]);
}

// attack: linking
#[tokio::test]
async fn a_code_of_a_proof_is_worth_nothing_once_the_proof_is_old() {
    let link_proof_max_age = Duration::from_secs(20);
    let options = Options { stand_ins: true, link_proof_max_age, ..Options::default() };
    let tenant = TestTenant::with_options(vec![user(&["auth0|1"]), user(&[GOOGLE])], options).await;
    let mut browser = Browser::new(&tenant);
    let request = [("connection", "google-oauth2"), PROOF];
    let state = browser.start_login(&request).await;
    let fields = [("state", state.as_str()), ("connection", "google-oauth2"), ("choice", "9")];
    let code = browser.post("/u/stand-in", &fields).await.parameter("code").unwrap();
    tenant.clock.advance(link_proof_max_age);
    assert_eq!(tenant.exchange_code(&code, &[]).await.json()["error"], "invalid_grant");
}

// attack: sessions
#[tokio::test]
async fn a_session_that_somebody_left_behind_cannot_be_kept_under_cover_of_a_fresh_sign_in() {
    let tenant = tenant().await;
    let mut browser = Browser::new(&tenant);
    browser.sign_in("auth0|1", &[]).await;
    // A fresh sign-in is one: whoever signs in has the browser's session from then on, and the other one no cookie.
    browser.sign_in("auth0|2", &[("max_age", "0"), ("ext-purpose", "confirm-unlink")]).await;
    assert_eq!(silent(&tenant, &mut browser).await.unwrap()["sub"], "auth0|2");
}

async fn login_page(browser: &mut Browser<'_>, with: &[(&str, &str)]) -> String {
    let state = browser.start_login(with).await;
    browser.get(&format!("/u/login?state={state}")).await.text
}

#[tokio::test]
async fn a_fresh_sign_in_offers_the_ways_in_of_its_account_and_no_sign_up() {
    let tenant = tenant().await;
    let mut browser = Browser::new(&tenant);
    let any = login_page(&mut browser, &[]).await;
    assert!(any.contains("Continue with <bdi>Google</bdi>") && any.contains("/u/signup"), "{any}");
    browser.sign_in("auth0|1", &[]).await;
    let fresh = [
        ("max_age", "0"),
        ("connection", DATABASE),
        ("ext-purpose", "confirm-unlink"),
        ("ext-connection", "github"),
    ];
    let page = login_page(&mut browser, &fresh).await;
    assert!(page.contains("<title>Confirm it's you to unlink \u{2068}GitHub\u{2069} ·"), "{page}");
    assert!(page.contains(&format!("value=\"{}\"", email("auth0|1"))), "{page}");
    assert!(page.contains("Continue with <bdi>GitHub</bdi>"), "{page}");
    assert!(!page.contains("Google") && !page.contains("/u/signup"), "{page}");
    // A stand-in offers the account's person alone.
    let state = browser.start_login(&fresh).await;
    let page = browser.get(&format!("/u/connection?state={state}&connection=github")).await.text;
    assert!(page.contains("value=\"42\"") && !page.contains("somebody new"), "{page}");
}

#[tokio::test]
async fn a_fresh_sign_in_for_another_account_than_the_browsers_offers_every_way_in() {
    let tenant = tenant().await;
    let mut browser = Browser::new(&tenant);
    browser.sign_in("auth0|2", &[]).await;
    let address = email("auth0|1");
    let with = [("max_age", "0"), ("ext-purpose", "confirm-link"), ("login_hint", &*address)];
    let page = login_page(&mut browser, &with).await;
    assert!(page.contains(&format!("value=\"{address}\"")) && page.contains("Google"), "{page}");
    assert!(!page.contains(&email("auth0|2")), "{page}");
}

// attack: page
#[tokio::test]
async fn no_website_puts_words_of_its_own_on_the_hosted_pages() {
    let tenant = tenant().await;
    let mut browser = Browser::new(&tenant);
    let words = "Call 555 now";
    let unknown = login_page(&mut browser, &[("ext-purpose", words), ("ext-connection", words)]).await;
    assert!(unknown.contains("<title>Sign in to ") && !unknown.contains(words), "{unknown}");
    let request = [("ext-purpose", "confirm-unlink"), ("ext-connection", words)];
    let known = login_page(&mut browser, &request).await;
    assert!(
        known.contains("<title>Confirm it's you to unlink logins ·") && !known.contains(words),
        "{known}"
    );
}
