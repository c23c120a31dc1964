//! Sign-up on the hosted page and at `/dbconnections/signup` (contract C4), and attacks on it.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::test_tenant::{Browser, CALLBACK, DATABASE, PAGE, PASSWORD, TestResponse, TestTenant, email};

const SIGN_UP: &str = "/dbconnections/signup";

async fn open_tenant() -> TestTenant {
    TestTenant::with_users(&[&["auth0|1"]]).await
}

/// Signs up at the endpoint. `with` replaces or adds properties; null removes one.
async fn sign_up(tenant: &TestTenant, with: Value) -> TestResponse {
    let mut body = json!({ "client_id": PAGE, "connection": DATABASE, "email": "New@Example.test",
        "password": "long enough" });
    for (name, value) in with.as_object().unwrap() {
        body[name] = value.clone();
    }
    body.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    tenant.post_json(SIGN_UP, None, &body).await
}

async fn users(tenant: &TestTenant) -> u64 {
    tenant.store.read().await.unwrap().count_users().await.unwrap()
}

async fn password_opens(tenant: &TestTenant, login: &str, password: &str) -> bool {
    let mut browser = Browser::new(tenant);
    let login_state = browser.start_login(&[("client_id", "other")]).await;
    browser.type_password(&login_state, login, password).await.parameter("code").is_some()
}

#[tokio::test]
async fn a_new_person_signs_up_on_the_hosted_page_and_is_signed_in() {
    let tenant = open_tenant().await;
    let mut browser = Browser::new(&tenant);
    let begun = browser.get(&crate::test_tenant::authorize_path(&[("screen_hint", "signup")])).await;
    assert!(begun.location().starts_with("/u/signup?state="), "{}", begun.location());
    let page = browser.get(begun.location()).await;
    assert!(
        page.text.contains("Sign up for <bdi>The page</bdi>") && page.text.contains("At least 8 characters")
    );
    let login_state = begun.parameter("state").unwrap();
    let fields = [("state", &*login_state), ("email", "New@Example.test"), ("password", "long enough")];
    let response = browser.post("/u/signup", &fields).await;
    assert!(response.location().starts_with(&format!("{CALLBACK}?code=")), "{}", response.status_and_text());
    let account = tenant.account_of(&response.parameter("code").unwrap()).await;
    let row = tenant.row(&account).await.unwrap();
    assert_eq!((row.profile.email(), row.profile.email_verified()), (Some("new@example.test"), Some(false)));
    assert_eq!(row.logins_count, 1);
    assert!(password_opens(&tenant, "NEW@example.test", "long enough").await);
    let [mail] = &tenant.take_mails().await[..] else { panic!("not one mail") };
    assert_eq!(
        (&*mail.to, mail.link.as_deref().unwrap().contains("/u/verify-email?ticket=")),
        ("new@example.test", true)
    );
    assert!(!tenant.stores("long enough"));
}

#[tokio::test]
async fn the_login_page_links_to_sign_up_if_it_is_allowed() {
    let tenant = open_tenant().await;
    let mut browser = Browser::new(&tenant);
    for (connection, offered) in [("", true), ("staff", false)] {
        let login_state = browser.start_login(&[("client_id", "other"), ("connection", connection)]).await;
        let page = browser.get(&format!("/u/login?state={login_state}")).await;
        assert_eq!(page.text.contains("/u/signup"), offered, "{connection}");
        let page = browser.get(&format!("/u/signup?state={login_state}")).await;
        assert_eq!(page.status.as_u16(), if offered { 200 } else { 403 });
        assert_eq!(page.text.contains("You can’t sign up here"), !offered, "{}", page.text);
        assert!(page.text.contains(&format!("/u/login?state={login_state}")), "{}", page.text);
        let fields = [("state", &*login_state), ("email", "x@example.test"), ("password", "long enough")];
        let response = browser.post("/u/signup", &fields).await;
        assert_eq!(
            response.parameter("code").is_some(),
            offered,
            "{connection}: {}",
            response.status_and_text()
        );
    }
    assert_eq!(users(&tenant).await, 2);
}

#[tokio::test]
async fn the_sign_up_endpoint_returns_the_new_id_and_ignores_other_properties() {
    let tenant = open_tenant().await;
    let response = sign_up(
        &tenant,
        json!({
            "given_name": "New", "picture": "https://example.test/new.svg", "user_metadata": { "theme": "dark" },
            // Properties that a person cannot set.
            "email_verified": true, "user_id": "auth0|1", "_id": "1", "blocked": false, "phone_verified": true,
            "app_metadata": { "plan": "pro" }, "identities": [{ "provider": "github", "user_id": "1" }],
        }),
    )
    .await;
    let mut body = response.json();
    let id = body["_id"].take();
    assert_snapshot!(body, @r#"{"_id":null,"email":"new@example.test","email_verified":false,"given_name":"New","picture":"https://example.test/new.svg","user_metadata":{"theme":"dark"}}"#);
    assert_eq!(response.header("cache-control"), "no-store");
    let row = tenant.row(&format!("auth0|{}", id.as_str().unwrap())).await.unwrap();
    assert_eq!((row.identities.len(), row.app_metadata, row.blocked), (1, None, None));
    assert_eq!(row.profile.email_verified(), Some(false));
    assert_eq!(row.user_metadata.unwrap()["theme"], "dark");
    assert!(password_opens(&tenant, "new@example.test", "long enough").await);
}

#[tokio::test]
async fn invalid_input_is_refused_and_creates_no_user() {
    let tenant = open_tenant().await;
    for (with, code) in [
        (json!({ "client_id": null }), "invalid_request"),
        (json!({ "client_id": "nobody" }), "invalid_request"),
        (json!({ "connection": "github" }), "invalid_request"),
        (json!({ "connection": "members" }), "invalid_request"),
        (json!({ "connection": "staff", "client_id": "other" }), "unauthorized"),
        (json!({ "email": null }), "invalid_request"),
        (json!({ "email": "nobody" }), "invalid_signup"),
        (json!({ "email": "a@b\r\nBcc: c@d" }), "invalid_signup"),
        (json!({ "email": ["a@b"] }), "invalid_request"),
        (json!({ "password": "short" }), "invalid_password"),
        (json!({ "password": "x".repeat(1025) }), "invalid_password"),
        (json!({ "username": "new" }), "invalid_signup"),
        (json!({ "picture": "javascript:alert(1)" }), "invalid_request"),
        (json!({ "user_metadata": { "a.b": "c" } }), "invalid_request"),
        (json!({ "user_metadata": { "deep": {} } }), "invalid_request"),
        (json!({ "user_metadata": { "long": "x".repeat(501) } }), "invalid_request"),
    ] {
        let response = sign_up(&tenant, with.clone()).await;
        assert_eq!((response.status.as_u16(), &response.json()["code"]), (400, &json!(code)), "{with}");
    }
    assert_eq!(users(&tenant).await, 1);
    assert!(tenant.take_mails().await.is_empty());
}

#[tokio::test]
async fn a_weak_password_has_auth0s_error_with_the_rules() {
    let tenant = open_tenant().await;
    let response = sign_up(&tenant, json!({ "password": "short" })).await;
    assert_snapshot!(response.status_and_text(), @r#"400 {"code":"invalid_password","description":{"rules":[{"code":"lengthAtLeast","format":[8],"message":"At least %d characters in length","verified":false}],"verified":false},"message":"Password is too weak","name":"PasswordStrengthError","policy":"* At least 8 characters in length","statusCode":400}"#);
}

// attack: accounts
#[tokio::test]
async fn signing_up_with_an_existing_address_is_invalid_and_changes_nothing() {
    let tenant = open_tenant().await;
    let before = tenant.row("auth0|1").await;
    for taken in [email("auth0|1"), email("auth0|1").to_uppercase()] {
        let response = sign_up(&tenant, json!({ "email": taken })).await;
        assert_eq!(
            response.status_and_text(),
            r#"400 {"code":"invalid_signup","description":"Invalid sign up","name":"BadRequestError","statusCode":400}"#
        );
    }
    assert_eq!((users(&tenant).await, tenant.row("auth0|1").await), (1, before));
    assert!(password_opens(&tenant, &email("auth0|1"), PASSWORD).await);
    assert!(!password_opens(&tenant, &email("auth0|1"), "long enough").await);
    assert!(tenant.take_mails().await.is_empty());
}

#[tokio::test]
async fn a_username_signs_in_and_is_unique_among_usernames_and_addresses() {
    let tenant = open_tenant().await;
    let member = |address: &str, username: Value| {
        json!({ "client_id": "other", "connection": "members", "email": address, "username": username,
            "password": "Long-enough-1" })
    };
    let response = sign_up(&tenant, member("ada@example.test", json!("Ada_1815"))).await;
    assert_eq!(response.json()["username"], "ada_1815", "{}", response.text);
    assert!(password_opens(&tenant, "ADA_1815", "Long-enough-1").await);
    assert!(password_opens(&tenant, "ada@example.test", "Long-enough-1").await);
    for (address, username) in [
        ("eve@example.test", json!("ADA_1815")),
        ("eve@example.test", json!("ada@example.test")),
        ("eve@example.test", json!("grace@example.test")),
        ("eve@example.test", json!("longer than fifteen")),
        ("eve@example.test", json!("e v e")),
        ("eve@example.test", Value::Null),
    ] {
        let response = sign_up(&tenant, member(address, username.clone())).await;
        assert_eq!(
            (response.status.as_u16(), &response.json()["code"]),
            (400, &json!("invalid_signup")),
            "{username}"
        );
    }
    assert_eq!(users(&tenant).await, 2);
}

// attack: accounts
#[tokio::test]
async fn one_of_many_concurrent_sign_ups_with_an_address_succeeds() {
    let tenant = std::sync::Arc::new(open_tenant().await);
    let tries: Vec<_> = (0..8)
        .map(|_| {
            let tenant = tenant.clone();
            tokio::spawn(async move { sign_up(&tenant, json!({})).await.status.as_u16() })
        })
        .collect();
    let mut statuses = Vec::new();
    for attempt in tries {
        statuses.push(attempt.await.unwrap());
    }
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(users(&tenant).await, 2);
}

// attack: floods
#[tokio::test]
async fn frequent_sign_ups_are_limited() {
    let tenant = open_tenant().await;
    let mut browser = Browser::new(&tenant);
    browser.address = Some("192.0.2.1".parse().unwrap());
    let login_state = browser.start_login(&[]).await;
    let mut last = None;
    for guess in 0..51 {
        let address = format!("{guess}@example.test");
        let fields = [("state", &*login_state), ("email", &*address), ("password", "short")];
        last = Some(browser.post("/u/signup", &fields).await);
    }
    let last = last.unwrap();
    assert_eq!((last.status.as_u16(), last.header("retry-after")), (429, "1"));
    assert_eq!(users(&tenant).await, 1);
}

// attack: accounts
#[tokio::test]
async fn a_form_of_another_site_or_another_browsers_login_signs_nobody_up() {
    let tenant = open_tenant().await;
    let mut attacker = Browser::new(&tenant);
    let login_state = attacker.start_login(&[]).await;
    let fields = [("state", &*login_state), ("email", "eve@example.test"), ("password", "long enough")];
    let mut victim = Browser::new(&tenant);
    victim.start_login(&[]).await;
    assert_eq!(victim.post("/u/signup", &fields).await.status, 400);
    attacker.origin = "http://evil.test";
    assert_eq!(attacker.post("/u/signup", &fields).await.status, 403);
    assert_eq!(users(&tenant).await, 1);
}
