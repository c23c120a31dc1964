//! The stand-ins for social and enterprise connections.

use std::time::Duration;

use axum::http::Method;
use serde_json::json;

use crate::test_tenant::{Browser, START, TestTenant, authorize_path, claims_in, email};

#[tokio::test]
async fn a_known_person_signs_in_to_the_account_of_their_identity() {
    let tenant = TestTenant::with_users(&[&["auth0|1", "google-oauth2|9"]]).await;
    let mut browser = Browser::new(&tenant);
    let login_state = browser.start_login(&[]).await;
    let page = browser.get(&format!("/u/connection?state={login_state}&connection=google-oauth2")).await;
    assert!(page.text.contains("googleoauth29@example.test"));
    assert!(page.text.to_lowercase().contains("stand-in"));
    let response = browser.stand_in("google-oauth2", &[("choice", "9")]).await;
    assert_eq!(tenant.account_of(&response.parameter("code").unwrap()).await, "auth0|1");
}

#[tokio::test]
async fn a_new_person_gets_an_account_and_is_recognised_the_next_time() {
    let tenant = TestTenant::with_users(&[]).await;
    let typed = [("choice", ""), ("name", "Ada"), ("email", "ada@example.test"), ("email_verified", "true")];
    let response = Browser::new(&tenant).stand_in("github", &typed).await;
    let account = tenant.account_of(&response.parameter("code").unwrap()).await;
    let row = tenant.row(&account).await.unwrap();
    assert!(
        account.starts_with("github|")
            && row.identities[0].user_id.is_integer()
            && row.identities[0].is_social
    );
    assert_eq!((row.profile.name(), row.profile.email_verified()), (Some("Ada"), Some(true)));
    let again = Browser::new(&tenant).stand_in("github", &typed).await;
    assert_eq!(tenant.account_of(&again.parameter("code").unwrap()).await, account);
}

#[tokio::test]
async fn a_new_id_has_the_form_of_its_provider() {
    let tenant = TestTenant::with_users(&[]).await;
    let typed = [("choice", ""), ("email", "a@example.test"), ("phone_number", "+44 20 7946-0000")];
    for (connection, starts, length) in [
        ("google-oauth2", "google-oauth2|", 35),
        ("acme", "samlp|acme|a@example.test", 25),
        ("sms", "sms|", 28),
    ] {
        let response = Browser::new(&tenant).stand_in(connection, &typed).await;
        let account = tenant.account_of(&response.parameter("code").unwrap()).await;
        assert!(account.starts_with(starts) && account.len() == length, "{account}");
    }
}

#[tokio::test]
async fn invalid_input_is_refused_and_creates_no_user() {
    let tenant = TestTenant::with_users(&[&["google-oauth2|9"]]).await;
    for (connection, fields, sentence) in [
        ("google-oauth2", vec![("choice", "10")], "no longer here"),
        ("google-oauth2", vec![("choice", "")], "Type a name"),
        ("google-oauth2", vec![("choice", ""), ("email", "no address")], "An e-mail address looks like"),
        ("sms", vec![("choice", ""), ("phone_number", "12")], "A phone number looks like"),
    ] {
        let response = Browser::new(&tenant).stand_in(connection, &fields).await;
        assert_eq!(response.status, 422);
        assert!(response.text.contains(sentence), "{fields:?}");
    }
    let mut reader = tenant.store.read().await.unwrap();
    for connection in ["google-oauth2", "sms"] {
        let people = reader.list_identities(&model::ConnectionName::new(connection), 10).await.unwrap();
        assert_eq!(people.len(), usize::from(connection == "google-oauth2"));
    }
    assert_eq!(
        tenant.row("google-oauth2|9").await.unwrap().profile.email(),
        Some(&*email("google-oauth2|9"))
    );
}

// attack: sessions
#[tokio::test]
async fn a_connection_that_is_disabled_for_the_application_is_not_offered() {
    let tenant = TestTenant::with_users(&[]).await;
    let mut browser = Browser::new(&tenant);
    let login_state = browser.start_login(&[]).await;
    let page = browser.get(&format!("/u/login?state={login_state}")).await;
    assert!(page.text.contains("connection=github") && !page.text.contains("connection=facebook"));
    for connection in ["facebook", "unknown", crate::test_tenant::DATABASE] {
        let path = format!("/u/connection?state={login_state}&connection={connection}");
        assert_eq!(browser.get(&path).await.status, 400, "{connection}");
        let fields = [("state", &*login_state), ("connection", connection), ("choice", ""), ("name", "Eve")];
        assert_eq!(browser.post("/u/stand-in", &fields).await.status, 400, "{connection}");
    }
}

/// Starts a login at the stand-in and returns the response of its page.
async fn open_stand_in(
    browser: &mut Browser<'_>,
    connection: &str,
    with: &[(&str, &str)],
) -> crate::test_tenant::TestResponse {
    let with: Vec<_> = [("connection", connection)].into_iter().chain(with.iter().copied()).collect();
    let response = browser.get(&authorize_path(&with)).await;
    assert!(response.location().starts_with("/u/connection?"), "{}", response.location());
    let page = response.location().to_owned();
    browser.get(&page).await
}

#[tokio::test]
async fn a_hint_for_a_remembered_person_signs_in_without_interaction() {
    let tenant = TestTenant::with_users(&[&["auth0|1", "google-oauth2|9"], &["google-oauth2|10"]]).await;
    let mut browser = Browser::new(&tenant);
    browser.stand_in("google-oauth2", &[("choice", "9")]).await;
    tenant.clock.advance(Duration::from_mins(20));
    for hint in ["9", "google-oauth2|9", "GoogleOauth29@example.test"] {
        let response =
            open_stand_in(&mut browser, "google-oauth2", &[("max_age", "0"), ("login_hint", hint)]).await;
        let code =
            response.parameter("code").unwrap_or_else(|| panic!("{hint}: {}", response.status_and_text()));
        let tokens = tenant.exchange_code(&code, &[]).await.json();
        let claims = claims_in(tokens["id_token"].as_str().unwrap());
        assert_eq!((&claims["sub"], &claims["auth_time"]), (&json!("auth0|1"), &json!(START / 1000 + 1200)));
    }
    assert_eq!(tenant.row("auth0|1").await.unwrap().logins_count, 4);
}

#[tokio::test]
async fn without_a_matching_hint_or_with_prompt_login_the_stand_in_shows_its_page() {
    let tenant = TestTenant::with_users(&[&["google-oauth2|9"], &["google-oauth2|91"], &["github|9"]]).await;
    let mut browser = Browser::new(&tenant);
    browser.stand_in("google-oauth2", &[("choice", "91")]).await;
    for (connection, with) in [
        ("google-oauth2", vec![("max_age", "0")]),
        ("google-oauth2", vec![("max_age", "0"), ("login_hint", "9")]),
        ("google-oauth2", vec![("prompt", "login"), ("login_hint", "91")]),
        ("google-oauth2", vec![("prompt", "select_account"), ("login_hint", "91")]),
        ("github", vec![("login_hint", "9")]),
    ] {
        let page = open_stand_in(&mut browser, connection, &with).await;
        assert_eq!(page.status, 200, "{with:?}");
        if connection == "google-oauth2" {
            let (known, other) = (page.text.find(r#"value="91""#), page.text.find(r#"value="9""#));
            assert!(known.unwrap() < other.unwrap(), "the one who signed in before comes first");
            assert_eq!(page.text.matches("signed in here before").count(), 1);
        }
    }
    assert_eq!(tenant.row("google-oauth2|9").await.unwrap().logins_count, 0);
    assert_eq!(tenant.row("google-oauth2|91").await.unwrap().logins_count, 1);
}

// attack: sessions
#[tokio::test]
async fn nobody_is_remembered_in_another_browser_or_by_an_invalid_or_replaced_cookie() {
    let tenant = TestTenant::with_users(&[&["google-oauth2|9"]]).await;
    let mut browser = Browser::new(&tenant);
    browser.stand_in("google-oauth2", &[("choice", "9")]).await;
    let cookie = browser.cookies.iter().find(|(name, _)| name.contains("stand-in")).unwrap();
    let (name, old) = (cookie.0.clone(), cookie.1.clone());
    open_stand_in(&mut browser, "google-oauth2", &[("max_age", "0"), ("login_hint", "9")]).await;
    assert_ne!(browser.cookies[&name], old);
    for planted in [None, Some("9"), Some("google-oauth2|9"), Some(&*old)] {
        let mut other = Browser::new(&tenant);
        other.cookies.extend(planted.map(|value| (name.clone(), value.to_owned())));
        let page = open_stand_in(&mut other, "google-oauth2", &[("login_hint", "9")]).await;
        assert_eq!(page.status, 200, "{planted:?}");
        assert!(!page.text.contains("signed in here before"));
    }
    assert_eq!(tenant.row("google-oauth2|9").await.unwrap().logins_count, 2);
}

// attack: sessions
#[tokio::test]
async fn a_remembered_person_is_not_signed_in_by_another_browsers_link_or_another_sites_form() {
    let tenant = TestTenant::with_users(&[&["google-oauth2|9"], &["google-oauth2|10"]]).await;
    let mut victim = Browser::new(&tenant);
    victim.stand_in("google-oauth2", &[("choice", "9")]).await;
    let mut attacker = Browser::new(&tenant);
    let with = [("connection", "google-oauth2"), ("login_hint", "9")];
    let begun = attacker.get(&authorize_path(&with)).await;
    assert_eq!(victim.get(begun.location()).await.status, 400, "the login is the attacker's");
    // A form of another site neither signs in nor makes the stand-in remember a person.
    let login_state = victim.start_login(&[("connection", "google-oauth2"), ("max_age", "0")]).await;
    victim.origin = "http://evil.test";
    let fields = [("state", &*login_state), ("connection", "google-oauth2"), ("choice", "10")];
    assert_eq!(victim.post("/u/stand-in", &fields).await.status, 403);
    let page = open_stand_in(&mut victim, "google-oauth2", &[("max_age", "0"), ("login_hint", "10")]).await;
    assert_eq!(page.status, 200);
    assert_eq!(tenant.row("google-oauth2|9").await.unwrap().logins_count, 1);
    assert_eq!(tenant.row("google-oauth2|10").await.unwrap().logins_count, 0);
}

// attack: sessions
#[tokio::test]
async fn a_remembered_person_who_was_blocked_or_deleted_is_not_signed_in() {
    let tenant = TestTenant::with_users(&[&["google-oauth2|9"], &["google-oauth2|10"]]).await;
    let mut browser = Browser::new(&tenant);
    for choice in ["9", "10"] {
        browser.stand_in("google-oauth2", &[("choice", choice)]).await;
        browser.cookies.retain(|name, _| !name.contains("session"));
    }
    tenant.block("google-oauth2|9", true).await;
    let page = open_stand_in(&mut browser, "google-oauth2", &[("login_hint", "9")]).await;
    assert!(page.text.contains("account is blocked"), "{}", page.status_and_text());
    let token = tenant.machine_token("delete:users").await;
    tenant.call(Method::DELETE, "/api/v2/users/google-oauth2%7C10", &token).await;
    let page = open_stand_in(&mut browser, "google-oauth2", &[("login_hint", "10")]).await;
    assert_eq!(page.status, 200);
    assert!(!page.text.contains(r#"value="10""#));
}
