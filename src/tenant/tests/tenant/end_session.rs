//! `/oidc/logout` (contract C4, OpenID Connect RP-Initiated Logout 1.0).

use axum::body::Body;
use axum::http::Request;
use std::time::Duration;

use crate::test_tenant::{Browser, PAGE, TestResponse, TestTenant, authorize_path};

/// An allowed logout URL of [`PAGE`].
const HOME: &str = "http://localhost:3000/";

fn path(parameters: &[(&str, &str)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    format!("/oidc/logout?{query}")
}

/// Returns a browser that is signed in, and the page's ID token.
async fn signed_in(tenant: &TestTenant) -> (Browser<'_>, String) {
    let mut browser = Browser::new(tenant);
    let tokens = tenant.tokens(&mut browser, "auth0|1", PAGE).await;
    (browser, tokens["id_token"].as_str().unwrap().to_owned())
}

async fn is_signed_in(browser: &mut Browser<'_>) -> bool {
    browser.get(&authorize_path(&[("prompt", "none")])).await.parameter("code").is_some()
}

fn asks_for_confirmation(response: &TestResponse) -> bool {
    response.status == 200 && response.text.contains("Do you want to sign out?")
}

async fn open_tenant() -> TestTenant {
    TestTenant::with_users(&[&["auth0|1"]]).await
}

#[tokio::test]
async fn an_id_token_hint_ends_its_session_even_if_the_token_has_expired() {
    let tenant = open_tenant().await;
    let (mut browser, hint) = signed_in(&tenant).await;
    tenant.clock.advance(Duration::from_hours(11));
    let parameters = [("id_token_hint", &*hint), ("post_logout_redirect_uri", HOME), ("state", "a b&c")];
    let kept = browser.cookies.clone();
    let response = browser.get(&path(&parameters)).await;
    assert_eq!(
        (response.status.as_u16(), response.location()),
        (302, "http://localhost:3000/?state=a+b%26c")
    );
    browser.cookies = kept;
    assert!(!is_signed_in(&mut browser).await, "the session is deleted, not only the cookie");
    let again = browser.get(&path(&parameters)).await;
    assert_eq!(again.status, 302, "without a session no confirmation is needed");
}

#[tokio::test]
async fn a_logout_hint_with_the_session_id_ends_it_and_another_does_not() {
    let tenant = open_tenant().await;
    let (mut browser, token) = signed_in(&tenant).await;
    let sid = crate::test_tenant::claims_in(&token)["sid"].as_str().unwrap().to_owned();
    let other = path(&[("client_id", PAGE), ("logout_hint", "0123456789abcdef0123456789abcdef")]);
    assert!(asks_for_confirmation(&browser.get(&other).await));
    assert!(is_signed_in(&mut browser).await);
    let response = browser.post("/oidc/logout", &[("client_id", PAGE), ("logout_hint", &sid)]).await;
    assert_eq!(response.location(), HOME);
    assert!(!is_signed_in(&mut browser).await);
}

// attack: sessions
#[tokio::test]
async fn without_a_valid_hint_sign_out_requires_confirmation_by_the_person() {
    let tenant = open_tenant().await;
    let (mut browser, _) = signed_in(&tenant).await;
    let state = "\"><script>";
    let fields = [("client_id", PAGE), ("post_logout_redirect_uri", HOME), ("state", state)];
    let page = browser.get(&path(&fields)).await;
    assert!(
        asks_for_confirmation(&page) && page.text.contains("value=\"&quot;&gt;&lt;script&gt;\""),
        "{}",
        page.text
    );
    assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"));
    let yes: Vec<_> = fields.into_iter().chain([("confirm", "true")]).collect();
    assert!(asks_for_confirmation(&browser.get(&path(&yes)).await), "a link does not confirm");
    for origin in ["http://evil.test", "null", "http://localhost:3001"] {
        browser.origin = origin;
        assert!(asks_for_confirmation(&browser.post("/oidc/logout", &yes).await), "{origin}");
    }
    browser.origin = "http://localhost:3000";
    assert!(is_signed_in(&mut browser).await);
    let response = browser.post("/oidc/logout", &yes).await;
    assert_eq!(response.parameter("state").as_deref(), Some(state));
    assert!(!is_signed_in(&mut browser).await);
}

// attack: sessions
// attack: sessions
#[tokio::test]
async fn a_hint_that_the_tenant_did_not_issue_is_ignored() {
    let tenant = open_tenant().await;
    let (mut browser, token) = signed_in(&tenant).await;
    let mut claims = crate::test_tenant::claims_in(&token);
    claims["iss"] = "http://evil.test/".into();
    let foreign = tenant.sign(&claims).await;
    let (unsigned, _) = token.rsplit_once('.').unwrap();
    let elsewhere = signed_in(&tenant).await.1;
    for hint in [&*foreign, &format!("{unsigned}."), "nonsense", &*elsewhere] {
        assert!(asks_for_confirmation(&browser.get(&path(&[("id_token_hint", hint)])).await), "{hint}");
    }
    assert!(is_signed_in(&mut browser).await);
}

// attack: sessions
// attack: sessions
#[tokio::test]
async fn a_redirect_that_is_not_allowed_is_refused_and_nobody_is_signed_out() {
    let tenant = open_tenant().await;
    let (mut browser, hint) = signed_in(&tenant).await;
    for wanted in ["http://evil.test/", "//evil.test", "\\evil.test", "javascript:alert(1)"] {
        let with = [("id_token_hint", &*hint), ("post_logout_redirect_uri", wanted)];
        let response = browser.get(&path(&with)).await;
        assert_eq!((response.status.as_u16(), response.location()), (400, ""), "{wanted}");
    }
    for with in [
        [("client_id", "other"), ("id_token_hint", &*hint)],
        [("client_id", "nobody"), ("state", "x")],
        [("post_logout_redirect_uri", HOME), ("state", "x")],
    ] {
        assert_eq!(browser.get(&path(&with)).await.status, 400, "{with:?}");
    }
    assert!(is_signed_in(&mut browser).await);
}

// attack: sessions
#[tokio::test]
async fn an_address_that_is_not_the_registered_one_to_the_letter_is_never_returned_to() {
    let tenant = open_tenant().await;
    let (mut browser, hint) = signed_in(&tenant).await;
    for wanted in [
        "http://localhost:3000/?added=query",
        "http://localhost:3000/?",
        "http://localhost:3000/#fragment",
        "http://localhost:3000",
        "http://LOCALHOST:3000/",
        "HTTP://localhost:3000/",
        "http://localhost:3000//",
        "http://localhost:3000/.",
        "http://localhost:3000/%2e",
        " http://localhost:3000/",
        "http://user@localhost:3000/",
    ] {
        for beside in [("id_token_hint", &*hint), ("client_id", PAGE)] {
            let response = browser.get(&path(&[beside, ("post_logout_redirect_uri", wanted)])).await;
            assert_eq!((response.status.as_u16(), response.location()), (400, ""), "{wanted} {beside:?}");
        }
    }
    assert!(is_signed_in(&mut browser).await);
    // Auth0's own endpoint compares as Auth0 does (contract C4).
    let lax =
        format!("/v2/logout?client_id={PAGE}&returnTo=http%3A%2F%2Flocalhost%3A3000%2F%3Fadded%3Dquery");
    assert_eq!(browser.get(&lax).await.location(), "http://localhost:3000/?added=query");
}

#[tokio::test]
async fn only_a_request_that_names_its_client_returns_to_an_address_that_it_does_not_name() {
    let tenant = open_tenant().await;
    let (mut browser, hint) = signed_in(&tenant).await;
    let response = browser.get(&path(&[("id_token_hint", &hint), ("state", "x")])).await;
    assert_eq!((response.status.as_u16(), response.location()), (200, ""));
    assert!(!is_signed_in(&mut browser).await);
    let (mut browser, hint) = signed_in(&tenant).await;
    let response = browser.get(&path(&[("id_token_hint", &hint), ("client_id", PAGE)])).await;
    assert_eq!(response.location(), HOME);
}

#[tokio::test]
async fn discovery_names_the_endpoint_if_the_option_is_set() {
    let named = async |tenant: TestTenant| {
        let request = Request::get("/.well-known/openid-configuration").body(Body::empty()).unwrap();
        tenant.send(request).await.json().get("end_session_endpoint").cloned()
    };
    assert_eq!(named(open_tenant().await).await, None);
    let options = tenant::configuration::Options { end_session_discovery: true, ..Default::default() };
    let tenant = TestTenant::with_options(Vec::new(), options).await;
    assert_eq!(named(tenant).await, Some("http://localhost:3000/oidc/logout".into()));
}

#[tokio::test]
async fn a_confirmed_federated_sign_out_ends_the_stand_in_sessions() {
    let tenant = TestTenant::with_users(&[&["google-oauth2|9"]]).await;
    let mut browser = Browser::new(&tenant);
    browser.stand_in("google-oauth2", &[("choice", "9")]).await;
    let page = browser.get(&path(&[("client_id", PAGE), ("federated", "")])).await;
    assert!(
        asks_for_confirmation(&page) && page.text.contains(r#"name="federated" value="""#),
        "{}",
        page.text
    );
    assert!(
        browser.cookies.keys().any(|name| name.contains("stand-in")),
        "the page alone ends no stand-in session"
    );
    let yes = [("client_id", PAGE), ("federated", ""), ("confirm", "true")];
    assert_eq!(browser.post("/oidc/logout", &yes).await.location(), HOME);
    assert!(!browser.cookies.keys().any(|name| name.contains("stand-in") || name.contains("session")));
}
