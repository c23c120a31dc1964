//! What a browser gets in place of a redirect after a hosted form.

use crate::test_tenant::{
    Browser, CALLBACK, PAGE, PASSWORD, TestResponse, TestTenant, authorize_path, email,
};

/// The value of `Accept` when Chromium navigates.
pub(crate) const NAVIGATION: &str =
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";

pub(crate) fn browser(tenant: &TestTenant) -> Browser<'_> {
    let mut browser = Browser::new(tenant);
    browser.accept = NAVIGATION;
    browser
}

/// Checks that a response is the page that goes on, and returns the address that it leads to.
pub(crate) fn target(response: &TestResponse) -> String {
    assert_eq!((response.status.as_u16(), response.location()), (200, ""), "{}", response.text);
    assert_eq!(response.header("cache-control"), "no-store");
    assert_eq!(response.header("referrer-policy"), "no-referrer");
    assert_eq!(response.header("content-type"), "text/html; charset=utf-8");
    let policy = response.header("content-security-policy");
    assert!(policy.contains("form-action 'none'") && policy.contains("script-src 'sha256-"), "{policy}");
    assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
    let (_, rest) = response.text.split_once("<a class=\"button solid wide\" href=\"").unwrap();
    let target = rest.split('"').next().unwrap();
    let refresh = format!("<noscript><meta http-equiv=\"refresh\" content=\"0; url={target}\"></noscript>");
    assert!(response.text.contains(&refresh), "without scripts: {}", response.text);
    target.replace("&amp;", "&")
}

pub(crate) fn code(target: &str) -> String {
    let url = url::Url::parse(target).unwrap();
    url.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned()
}

#[tokio::test]
async fn a_browser_goes_on_from_a_page_after_every_form_that_signs_in() {
    let tenant = TestTenant::with_users(&[&["auth0|1"], &["google-oauth2|9"]]).await;
    let mut by_password = browser(&tenant);
    let login_state = by_password.start_login(&[("state", "\"><script>&")]).await;
    let page = by_password.get(&format!("/u/login?state={login_state}")).await;
    assert!(page.header("content-security-policy").contains("form-action 'self';"));
    let response = by_password.type_password(&login_state, &email("auth0|1"), PASSWORD).await;
    let there = target(&response);
    assert!(there.starts_with(&format!("{CALLBACK}?code=")), "{there}");
    assert!(there.contains("&state=%22%3E%3Cscript%3E%26&iss="), "{there}");
    assert_eq!(tenant.account_of(&code(&there)).await, "auth0|1");
    let silent = by_password.get(&authorize_path(&[("prompt", "none")])).await;
    assert!(silent.parameter("code").is_some(), "the page sets the session's cookie");

    let response = browser(&tenant).stand_in("google-oauth2", &[("choice", "9")]).await;
    assert_eq!(tenant.account_of(&code(&target(&response))).await, "google-oauth2|9");

    let mut signing_up = browser(&tenant);
    let login_state = signing_up.start_login(&[]).await;
    let fields = [("state", &*login_state), ("email", "new@example.test"), ("password", PASSWORD)];
    let response = signing_up.post("/u/signup", &fields).await;
    let there = target(&response);
    assert!(there.starts_with("/u/signed-up?state="), "{there}");
    let state = there.split_once('=').unwrap().1;
    let response = signing_up.post("/u/signed-up", &[("state", state), ("choice", "continue")]).await;
    assert!(tenant.account_of(&code(&target(&response))).await.starts_with("auth0|"));
}

#[tokio::test]
async fn a_browser_goes_on_from_a_page_after_confirming_to_sign_out() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let mut browser = browser(&tenant);
    let login_state = browser.start_login(&[]).await;
    browser.type_password(&login_state, &email("auth0|1"), PASSWORD).await;
    let response = browser.post("/oidc/logout", &[("client_id", PAGE), ("confirm", "true")]).await;
    assert_eq!(target(&response), "http://localhost:3000/");
    assert!(!browser.cookies.keys().any(|name| name.contains("session")), "the cookie is removed");
}

#[tokio::test]
async fn other_clients_and_links_get_the_redirect_itself() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    for accept in ["*/*", "", "application/json", "text/html-not"] {
        let mut client = Browser::new(&tenant);
        client.accept = accept;
        let login_state = client.start_login(&[]).await;
        let response = client.type_password(&login_state, &email("auth0|1"), PASSWORD).await;
        assert!(response.location().starts_with(CALLBACK), "{accept}: {}", response.text);
    }
    let mut browser = browser(&tenant);
    let refused = browser.start_login(&[]).await;
    let refused = browser.type_password(&refused, &email("auth0|1"), "wrong").await;
    assert_eq!(refused.status, 401, "a form that is shown again is not a redirect");
}
