//! Somebody signs up with the address of somebody else and waits for its owner (Sudhodanan and Paverd: "Pre-hijacked
//! accounts", 2022). Each attack of that study that can be played here, with the rows that are stored afterwards.
//!
//! attacks: accounts

use std::time::Duration;

use axum::http::Method;
use model::UserId;
use serde_json::json;

use crate::test_tenant::{
    Browser, DATABASE, PAGE, PASSWORD, TestResponse, TestTenant, authorize_path, email, unproven_user, user,
};

const GOOGLE: &str = "google-oauth2|9";
const REFUSED: &str = r#"403 {"statusCode":403,"error":"Forbidden","message":"The primary account has no verified e-mail address, which linking requires.","errorCode":"unverified_email"}"#;

/// Links the account `secondary` to `primary` as the page does.
async fn link(tenant: &TestTenant, primary: &str, secondary: &str) -> TestResponse {
    let body = json!({ "link_with": tenant.id_token(secondary, PAGE).await });
    let path = format!("/api/v2/users/{}/identities", primary.replace('|', "%7C"));
    tenant.post_json(&path, Some(&tenant.user_token(primary).await), &body).await
}

#[tokio::test]
async fn an_account_whose_address_nobody_proved_is_not_linked_in_either_direction() {
    for provided in [unproven_user(&["auth0|1"]), {
        let mut changed = unproven_user(&["auth0|1"]);
        changed.user.profile = changed.user.profile.with("email_verified", false);
        changed
    }] {
        let tenant = TestTenant::with_seeds(vec![provided, user(&[GOOGLE])]).await;
        assert_eq!(link(&tenant, "auth0|1", GOOGLE).await.status_and_text(), REFUSED);
        assert_eq!(
            link(&tenant, GOOGLE, "auth0|1").await.status_and_text(),
            REFUSED.replace("primary", "secondary")
        );
        assert_eq!(tenant.identities("auth0|1").await, ["auth0|1"]);
        assert_eq!(tenant.identities(GOOGLE).await, [GOOGLE]);
    }
}

#[tokio::test]
async fn an_account_is_not_linked_through_a_linked_identity_whose_address_nobody_proved() {
    let seeds = vec![unproven_user(&["github|42", "auth0|1"]), user(&[GOOGLE])];
    let tenant = TestTenant::with_seeds(seeds).await;
    assert_eq!(link(&tenant, "github|42", GOOGLE).await.status_and_text(), REFUSED);
    assert_eq!(link(&tenant, GOOGLE, "github|42").await.status.as_u16(), 403);
    assert_eq!(tenant.identities("github|42").await, ["github|42", "auth0|1"]);
    assert_eq!(tenant.identities(GOOGLE).await, [GOOGLE]);
}

#[tokio::test]
async fn a_new_address_that_nobody_proved_yet_is_not_linked() {
    let tenant = TestTenant::with_seeds(vec![user(&["auth0|1"]), user(&[GOOGLE])]).await;
    let machine = tenant.machine_token("update:users").await;
    let body = json!({ "email": "owner@example.test" });
    let path = "/api/v2/users/auth0%7C1";
    assert_eq!(tenant.send_json(Method::PATCH, path, Some(&machine), &body).await.status, 200);
    assert_eq!(link(&tenant, "auth0|1", GOOGLE).await.status_and_text(), REFUSED);
    assert_eq!(tenant.identities("auth0|1").await, ["auth0|1"]);
}

/// Returns the path of the link of a mail that resets the password of `auth0|1`.
async fn reset_link(tenant: &TestTenant) -> String {
    let body = json!({ "client_id": PAGE, "connection": DATABASE, "email": email("auth0|1") });
    assert_eq!(tenant.post_json("/dbconnections/change_password", None, &body).await.status, 200);
    tenant.take_link().await
}

/// Returns the path of a link of a mail that verifies the address of `auth0|1`.
async fn verify_link(tenant: &TestTenant) -> String {
    let machine = tenant.machine_token("update:users").await;
    let body = json!({ "verify_email": true });
    let path = "/api/v2/users/auth0%7C1";
    assert_eq!(tenant.send_json(Method::PATCH, path, Some(&machine), &body).await.status, 200);
    tenant.take_link().await
}

/// Opens a link, and sends the form of its page.
async fn redeem(browser: &mut Browser<'_>, link: &str, fields: &[(&str, &str)]) -> TestResponse {
    let opened = browser.get(link).await;
    let path = opened.location().to_owned();
    assert_eq!(browser.get(&path).await.status, 200);
    browser.post(&path, fields).await
}

/// Returns the account that an identity signs in to, by what is stored.
async fn account_of(tenant: &TestTenant, id: &str) -> String {
    let key = UserId::new(id).as_identity_key().unwrap();
    let user = tenant.store.read().await.unwrap().find_user_by_identity(&key).await.unwrap();
    user.unwrap().user_id.to_string()
}

async fn is_verified(tenant: &TestTenant, id: &str) -> bool {
    let key = UserId::new(id).as_identity_key().unwrap();
    let user = tenant.row(&account_of(tenant, id).await).await.unwrap();
    let identity = user.identity(&key).unwrap();
    identity.profile_data.as_ref().unwrap_or(&user.profile).email_verified() == Some(true)
}

/// A stranger's account with the address of somebody else, and two logins that were linked before anybody confirmed it.
async fn hijacked() -> TestTenant {
    TestTenant::with_seeds(vec![unproven_user(&["auth0|1", GOOGLE, "github|42"])]).await
}

const NEW: (&str, &str) = ("password", "battery staple");
const GOOGLE_FIELD: &str = "login google-oauth2|9";
const GITHUB_FIELD: &str = "login github|42";

#[tokio::test]
async fn a_login_that_a_stranger_linked_never_outlives_the_reset_that_first_proves_the_address() {
    let tenant = hijacked().await;
    let mut stranger = Browser::new(&tenant);
    let tokens = tenant.tokens(&mut stranger, "auth0|1", PAGE).await;
    let access_token = tokens["access_token"].as_str().unwrap().to_owned();
    let path = "/api/v2/users/auth0%7C1";
    assert_eq!(tenant.call(Method::GET, path, &access_token).await.status, 200);

    let link = reset_link(&tenant).await;
    let mut owner = Browser::new(&tenant);
    owner.get(&link).await;
    let page = owner.get("/u/reset-password").await;
    for part in ["Are these logins yours?", GOOGLE_FIELD, GITHUB_FIELD, &email(GOOGLE), &email("github|42")] {
        assert!(page.text.contains(part), "{part} in {}", page.text);
    }
    assert!(!page.text.contains("checked"));
    let done =
        owner.post("/u/reset-password", &[NEW, (GOOGLE_FIELD, "leaves"), (GITHUB_FIELD, "stays")]).await;
    assert_eq!(done.status, 200, "{}", done.text);
    assert!(done.text.contains("One login no longer opens your account."));

    assert_eq!(tenant.identities("auth0|1").await, ["auth0|1", "github|42"]);
    assert_eq!(tenant.identities(GOOGLE).await, [GOOGLE]);
    assert!(is_verified(&tenant, "auth0|1").await);
    assert_eq!(tenant.call(Method::GET, path, &access_token).await.status, 401);
    assert!(!tenant.has_refresh_token(tokens["refresh_token"].as_str().unwrap()).await);
    let silent = stranger.get(&authorize_path(&[("prompt", "none")])).await;
    assert_eq!(silent.parameter("error").as_deref(), Some("login_required"));
}

#[tokio::test]
async fn a_first_proof_without_a_decision_about_each_login_never_changes_anything() {
    for (with_link, expected) in [(true, "/u/reset-password"), (false, "/u/verify-email")] {
        let tenant = hijacked().await;
        let link = if with_link { reset_link(&tenant).await } else { verify_link(&tenant).await };
        let mut browser = Browser::new(&tenant);
        let password = if with_link { NEW } else { ("password", PASSWORD) };
        assert_eq!(browser.get(&link).await.location(), expected);
        for decisions in [
            vec![],
            vec![(GOOGLE_FIELD, "leaves")],
            vec![(GOOGLE_FIELD, "leaves"), (GITHUB_FIELD, "")],
            vec![(GOOGLE_FIELD, "leaves"), (GITHUB_FIELD, "perhaps")],
            vec![(GOOGLE_FIELD, "leaves"), ("login github|43", "stays")],
        ] {
            let fields: Vec<_> = [password].into_iter().chain(decisions.clone()).collect();
            let refused = browser.post(expected, &fields).await;
            assert_eq!(refused.status, 422, "{decisions:?}: {}", refused.text);
            assert!(refused.text.contains("Say for each login whether it stays."));
            // What was chosen stays chosen.
            assert_eq!(refused.text.contains("value=\"leaves\" required checked"), !decisions.is_empty());
            assert_eq!(tenant.identities("auth0|1").await, ["auth0|1", GOOGLE, "github|42"]);
            assert!(!is_verified(&tenant, "auth0|1").await);
            assert_eq!(tenant.row("auth0|1").await.unwrap().last_password_reset, None);
        }
        Browser::new(&tenant).sign_in("auth0|1", &[]).await;
    }
}

#[tokio::test]
async fn a_login_that_is_linked_while_the_page_is_open_never_stays_unasked() {
    let tenant = TestTenant::with_seeds(vec![unproven_user(&["auth0|1"]), user(&[GOOGLE])]).await;
    let mut owner = Browser::new(&tenant);
    owner.get(&reset_link(&tenant).await).await;
    assert!(!owner.get("/u/reset-password").await.text.contains("Are these logins yours?"));
    let machine = tenant.machine_token("update:users").await;
    let body = json!({ "provider": "google-oauth2", "user_id": "9" });
    let linked = tenant.post_json("/api/v2/users/auth0%7C1/identities", Some(&machine), &body).await;
    assert_eq!(linked.status, 201);
    let refused = owner.post("/u/reset-password", &[NEW]).await;
    assert!(refused.status == 422 && refused.text.contains(GOOGLE_FIELD), "{}", refused.text);
    let done = owner.post("/u/reset-password", &[NEW, (GOOGLE_FIELD, "leaves")]).await;
    assert_eq!((done.status.as_u16(), account_of(&tenant, GOOGLE).await.as_str()), (200, GOOGLE));
}

#[tokio::test]
async fn an_account_that_a_stranger_made_with_another_login_never_keeps_the_owner_of_the_address() {
    let seeds = vec![unproven_user(&[GOOGLE, "auth0|1", "github|42"])];
    let tenant = TestTenant::with_seeds(seeds).await;
    let link = reset_link(&tenant).await;
    let decisions = [NEW, (GOOGLE_FIELD, "leaves"), (GITHUB_FIELD, "stays")];
    let mut owner = Browser::new(&tenant);
    owner.get(&link).await;
    assert!(owner.get("/u/reset-password").await.text.contains("The account was made with this login."));
    assert_eq!(owner.post("/u/reset-password", &decisions).await.status, 200);
    assert_eq!(tenant.identities("auth0|1").await, ["auth0|1", "github|42"]);
    assert_eq!(tenant.identities(GOOGLE).await, [GOOGLE]);
    // What the stranger stored stays with the stranger's account.
    assert_eq!(tenant.row("auth0|1").await.unwrap().user_metadata, None);
    assert!(tenant.row("auth0|1").await.unwrap().last_password_reset.is_some());
    assert!(is_verified(&tenant, "auth0|1").await);
}

#[tokio::test]
async fn a_reset_link_of_a_server_never_keeps_a_login_of_a_stranger_silently() {
    let tenant = hijacked().await;
    let machine = tenant.machine_token("create:user_tickets").await;
    for mark in [json!(false), json!(true)] {
        let body = json!({ "user_id": "auth0|1", "mark_email_as_verified": mark });
        let made = tenant.post_json("/api/v2/tickets/password-change", Some(&machine), &body).await.json();
        let link = made["ticket"].as_str().unwrap().strip_prefix("http://localhost:3000").unwrap().to_owned();
        let refused = redeem(&mut Browser::new(&tenant), link.trim_end_matches('#'), &[NEW]).await;
        assert_eq!(refused.status, 422);
        assert_eq!(tenant.identities("auth0|1").await, ["auth0|1", GOOGLE, "github|42"]);
        assert_eq!(tenant.row("auth0|1").await.unwrap().last_password_reset, None);
    }
}

#[tokio::test]
async fn the_owner_of_an_address_never_confirms_the_account_of_a_stranger_by_the_mail_alone() {
    let tenant = TestTenant::with_seeds(vec![unproven_user(&["auth0|1"]), user(&["auth0|2"])]).await;
    let link = verify_link(&tenant).await;
    let mut owner = Browser::new(&tenant);
    // Signed in to another account in this browser, or to none.
    for signed_in in [false, true] {
        if signed_in {
            owner.sign_in("auth0|2", &[]).await;
        }
        owner.get(&link).await;
        assert!(owner.get("/u/verify-email").await.text.contains("is not signed in to the account"));
        for fields in [&[][..], &[("password", "")], &[("password", "a guess")]] {
            let refused = owner.post("/u/verify-email", fields).await;
            assert_eq!(refused.status, 422, "{}", refused.text);
            assert!(refused.text.contains("This is not the password of the account."));
        }
        assert!(!is_verified(&tenant, "auth0|1").await);
        tenant.clock.advance(Duration::from_hours(1));
    }
    // With the password, or from the browser that signed up, it counts.
    assert_eq!(owner.post("/u/verify-email", &[("password", PASSWORD)]).await.status, 200);
    assert!(is_verified(&tenant, "auth0|1").await);
}

#[tokio::test]
async fn nobody_guesses_the_password_on_the_page_that_confirms_an_address_without_being_slowed() {
    let tenant = TestTenant::with_seeds(vec![unproven_user(&["auth0|1"])]).await;
    let mut browser = Browser::new(&tenant);
    browser.get(&verify_link(&tenant).await).await;
    for _ in 0..5 {
        assert_eq!(browser.post("/u/verify-email", &[("password", "a guess")]).await.status, 422);
    }
    let slowed = browser.post("/u/verify-email", &[("password", PASSWORD)]).await;
    assert_eq!((slowed.status.as_u16(), slowed.header("retry-after")), (429, "1"));
    assert!(!is_verified(&tenant, "auth0|1").await);
}

#[tokio::test]
async fn what_others_began_never_outlives_the_confirmation_in_the_browser_that_signed_up() {
    let tenant = hijacked().await;
    let mut other = Browser::new(&tenant);
    let tokens = tenant.tokens(&mut other, "auth0|1", PAGE).await;
    let mut browser = Browser::new(&tenant);
    let own = tenant.tokens(&mut browser, "auth0|1", PAGE).await;
    let link = verify_link(&tenant).await;
    browser.get(&link).await;
    assert!(!browser.get("/u/verify-email").await.text.contains("is not signed in to the account"));
    let decisions = [(GOOGLE_FIELD, "leaves"), (GITHUB_FIELD, "leaves")];
    let done = browser.post("/u/verify-email", &decisions).await;
    assert!(done.text.contains("2 logins no longer open your account."), "{}", done.status_and_text());
    assert_eq!(tenant.identities("auth0|1").await, ["auth0|1"]);
    assert!(is_verified(&tenant, "auth0|1").await);
    assert!(!tenant.has_refresh_token(tokens["refresh_token"].as_str().unwrap()).await);
    assert!(tenant.has_refresh_token(own["refresh_token"].as_str().unwrap()).await);
    let silent = |browser: TestResponse| browser.parameter("error");
    assert_eq!(
        silent(other.get(&authorize_path(&[("prompt", "none")])).await).as_deref(),
        Some("login_required")
    );
    assert_eq!(silent(browser.get(&authorize_path(&[("prompt", "none")])).await), None);
}

#[tokio::test]
async fn a_login_with_the_same_address_never_opens_or_changes_the_account_of_a_database() {
    let tenant = TestTenant::with_seeds(vec![unproven_user(&["auth0|1"])]).await;
    let before = tenant.row("auth0|1").await;
    let fields = [("user_id", "new"), ("email", &*email("auth0|1")), ("email_verified", "true")];
    let response = Browser::new(&tenant).stand_in("google-oauth2", &fields).await;
    let account = tenant.account_of(&response.parameter("code").unwrap()).await;
    assert_ne!(account, "auth0|1");
    assert_eq!(tenant.row("auth0|1").await, before);
}
