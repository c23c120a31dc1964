//! `/v2/logout` (contract C4).

use crate::test_tenant::{Browser, PAGE, TestTenant, authorize_path};

async fn signed_in(tenant: &TestTenant) -> Browser<'_> {
    let mut browser = Browser::new(tenant);
    browser.sign_in("auth0|1", &[]).await;
    browser
}

async fn is_signed_in(browser: &mut Browser<'_>) -> bool {
    browser.get(&authorize_path(&[("prompt", "none")])).await.parameter("code").is_some()
}

#[tokio::test]
async fn signing_out_ends_the_session_and_redirects_to_an_allowed_url() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let mut browser = signed_in(&tenant).await;
    let kept = browser.cookies.clone();
    let target = "http://localhost:3000/?bye=1";
    let path =
        format!("/v2/logout?client_id={PAGE}&returnTo={}", "http%3A%2F%2Flocalhost%3A3000%2F%3Fbye%3D1");
    let response = browser.get(&path).await;
    assert_eq!((response.status.as_u16(), response.location()), (302, target));
    assert!(!browser.cookies.keys().any(|name| name.contains("session")));
    browser.cookies = kept;
    assert!(!is_signed_in(&mut browser).await, "the row is gone, not only the cookie");
}

#[tokio::test]
async fn without_a_return_url_the_first_allowed_url_or_a_page_follows() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let mut browser = signed_in(&tenant).await;
    let response = browser.get(&format!("/v2/logout?client_id={PAGE}")).await;
    assert_eq!(response.location(), "http://localhost:3000/");
    let response = browser.get("/v2/logout").await;
    assert_eq!(response.status, 200);
    assert!(response.text.contains("You are signed out"));
}

// attack: authorization
#[tokio::test]
async fn a_redirect_that_is_not_allowed_is_refused_and_nobody_is_signed_out() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let mut browser = signed_in(&tenant).await;
    for query in [
        "client_id=page&returnTo=http%3A%2F%2Fevil.test%2F",
        "client_id=page&returnTo=%2F%2Fevil.test",
        "client_id=page&returnTo=%5Cevil.test",
        "client_id=page&returnTo=javascript%3Aalert(1)",
        "client_id=page&returnTo=http%3A%2F%2Flocalhost%3A3000%40evil.test%2F",
        "client_id=nobody&returnTo=http%3A%2F%2Flocalhost%3A3000%2F",
        "returnTo=http%3A%2F%2Flocalhost%3A3000%2F",
    ] {
        let response = browser.get(&format!("/v2/logout?{query}")).await;
        assert_eq!((response.status.as_u16(), response.location()), (400, ""), "{query}");
    }
    assert!(is_signed_in(&mut browser).await);
}

#[tokio::test]
async fn a_return_url_in_any_script_is_encoded() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let mut browser = signed_in(&tenant).await;
    let path =
        format!("/v2/logout?client_id={PAGE}&returnTo=http%3A%2F%2Flocalhost%3A3000%2F%3Fname%3DZo%C3%AB");
    assert_eq!(browser.get(&path).await.location(), "http://localhost:3000/?name=Zo%C3%AB");
}

/// Returns whether the stand-in of Google remembers the browser.
async fn is_remembered(browser: &mut Browser<'_>) -> bool {
    let with = [("connection", "google-oauth2"), ("prompt", "login")];
    let way = browser.get(&authorize_path(&with)).await.location().to_owned();
    browser.get(&way).await.text.contains("signed in here before")
}

#[tokio::test]
async fn only_a_federated_sign_out_ends_stand_in_sessions() {
    let tenant = TestTenant::with_users(&[&["google-oauth2|9"]]).await;
    let mut browser = Browser::new(&tenant);
    for (path, remembered) in [
        ("/v2/logout", true),
        ("/v2/logout?federated=false", true),
        ("/v2/logout?client_id=nobody&federated", true),
        ("/v2/logout?federated", false),
        ("/v2/logout?federated=&client_id=page", false),
        ("/v2/logout?federated=true", false),
    ] {
        browser.stand_in("google-oauth2", &[("choice", "9"), ("prompt", "login")]).await;
        assert!(is_remembered(&mut browser).await);
        let kept = browser.cookies.clone();
        browser.get(path).await;
        assert_eq!(is_remembered(&mut browser).await, remembered, "{path}");
        assert_eq!(browser.cookies.keys().any(|name| name.contains("stand-in")), remembered, "{path}");
        browser.cookies = kept;
        assert_eq!(is_remembered(&mut browser).await, remembered, "{path}: more than the cookie is gone");
        browser.cookies.clear();
    }
}
