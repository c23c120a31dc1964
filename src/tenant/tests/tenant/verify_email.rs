//! Verifying an e-mail address by a link in a mail.

use axum::http::Method;
use serde_json::{Value, json};

use crate::test_tenant::{Browser, DATABASE, PASSWORD, TestTenant, email, unproven_user, user};

const PATH: &str = "/api/v2/users/auth0%7C1";

async fn open_tenant() -> TestTenant {
    TestTenant::with_seeds(vec![unproven_user(&["auth0|1"]), user(&["google-oauth2|8"])]).await
}

async fn patch(tenant: &TestTenant, path: &str, body: &Value) -> u16 {
    let machine = tenant.machine_token("update:users").await;
    tenant.send_json(Method::PATCH, path, Some(&machine), body).await.status.as_u16()
}

async fn is_verified(tenant: &TestTenant, id: &str) -> Option<bool> {
    tenant.row(id).await.unwrap().profile.email_verified()
}

#[tokio::test]
async fn confirming_on_the_page_verifies_the_address_and_opening_the_link_does_not() {
    let tenant = open_tenant().await;
    assert_eq!(patch(&tenant, PATH, &json!({ "verify_email": true })).await, 200);
    let link = tenant.take_link().await;
    let mut browser = Browser::new(&tenant);
    // Like a mail program that previews links.
    let moved = browser.get(&link).await;
    assert_eq!(moved.location(), "/u/verify-email");
    let page = browser.get(moved.location()).await;
    assert!(page.text.contains(&email("auth0|1")), "{}", page.status_and_text());
    assert_eq!(is_verified(&tenant, "auth0|1").await, None);
    let done = browser.post("/u/verify-email", &[("password", PASSWORD)]).await;
    assert!(done.text.contains("E-mail address confirmed"), "{}", done.status_and_text());
    assert_eq!(is_verified(&tenant, "auth0|1").await, Some(true));
    browser.get(&link).await;
    assert_eq!(
        browser.post("/u/verify-email", &[("password", PASSWORD)]).await.status,
        400,
        "the link works once"
    );
}

#[tokio::test]
async fn a_new_user_gets_a_verification_mail_if_requested() {
    let tenant = open_tenant().await;
    let machine = tenant.machine_token("create:users").await;
    for (verify, mails) in [(json!(true), 1), (json!(false), 0)] {
        let body = json!({ "connection": DATABASE, "email": format!("{verify}@example.test"),
            "password": "long enough", "verify_email": verify });
        assert_eq!(tenant.post_json("/api/v2/users", Some(&machine), &body).await.status, 201);
        assert_eq!(tenant.take_mails().await.len(), mails);
    }
}

// attack: accounts
#[tokio::test]
async fn a_link_for_a_changed_address_verifies_nothing() {
    let tenant = open_tenant().await;
    patch(&tenant, PATH, &json!({ "verify_email": true })).await;
    let old = tenant.take_link().await;
    patch(&tenant, PATH, &json!({ "email": "victim@example.test", "verify_email": true })).await;
    let new = tenant.take_link().await;
    for (link, verified) in [(old, Some(false)), (new, Some(true))] {
        let mut browser = Browser::new(&tenant);
        browser.get(&link).await;
        browser.post("/u/verify-email", &[("password", PASSWORD)]).await;
        assert_eq!(is_verified(&tenant, "auth0|1").await, verified);
    }
}

// attack: accounts
#[tokio::test]
async fn a_form_of_another_site_verifies_nothing() {
    let tenant = open_tenant().await;
    patch(&tenant, PATH, &json!({ "verify_email": true })).await;
    let mut browser = Browser::new(&tenant);
    browser.get(&tenant.take_link().await).await;
    browser.origin = "http://evil.test";
    assert_eq!(browser.post("/u/verify-email", &[("password", PASSWORD)]).await.status, 403);
    assert_eq!(is_verified(&tenant, "auth0|1").await, None);
}

#[tokio::test]
async fn no_verification_mail_is_sent_for_an_address_of_another_provider() {
    let tenant = open_tenant().await;
    patch(&tenant, "/api/v2/users/google-oauth2%7C8", &json!({ "verify_email": true })).await;
    assert!(tenant.take_mails().await.is_empty());
}

// attack: accounts
#[tokio::test]
async fn the_page_that_sends_the_mail_again_knows_only_the_account_of_its_browser_and_sends_nothing_by_being_opened()
 {
    let tenant = open_tenant().await;
    let mut browser = Browser::new(&tenant);
    let page = browser.get("/u/verify-email/mail").await;
    assert!(page.status == 200 && !page.text.contains(&email("auth0|1")), "{}", page.text);
    browser.sign_in("auth0|1", &[]).await;
    let page = browser.get("/u/verify-email/mail?email=eve@example.test").await;
    assert!(page.text.contains(&email("auth0|1")) && !page.text.contains("eve@"), "{}", page.text);
    assert_eq!((page.header("cache-control"), page.header("x-frame-options")), ("no-store", "DENY"));
    assert!(tenant.take_mails().await.is_empty());
    let sent = browser.post("/u/verify-email/mail", &[("email", &*email("auth0|1"))]).await;
    assert_eq!((sent.status.as_u16(), tenant.take_mails().await.len()), (200, 1));
}
