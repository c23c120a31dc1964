//! The stand-ins for social and company logins.

use std::time::Duration;

use axum::http::Method;
use serde_json::json;

use crate::bench::{Bench, Browser, START, authorize_path, claims_in, email};

#[tokio::test]
async fn a_known_person_opens_the_account_that_their_identity_is_linked_to() {
    let bench = Bench::with_users(&[&["auth0|1", "google-oauth2|9"]]).await;
    let mut browser = Browser::new(&bench);
    let handle = browser.begin(&[]).await;
    let page = browser.get(&format!("/u/connection?state={handle}&connection=google-oauth2")).await;
    assert!(page.text.contains("googleoauth29@example.test"));
    assert!(page.text.to_lowercase().contains("stand-in"));
    let answer = browser.stand_in("google-oauth2", &[("choice", "9")]).await;
    assert_eq!(bench.account_of(&answer.parameter("code").unwrap()).await, "auth0|1");
}

#[tokio::test]
async fn a_new_person_gets_an_account_and_is_known_the_next_time() {
    let bench = Bench::with_users(&[]).await;
    let typed = [("choice", ""), ("name", "Ada"), ("email", "ada@example.test"), ("email_verified", "true")];
    let answer = Browser::new(&bench).stand_in("github", &typed).await;
    let account = bench.account_of(&answer.parameter("code").unwrap()).await;
    let row = bench.row(&account).await.unwrap();
    assert!(
        account.starts_with("github|")
            && row.identities[0].user_id.is_integer()
            && row.identities[0].is_social
    );
    assert_eq!((row.profile.name(), row.profile.email_verified()), (Some("Ada"), Some(true)));
    let again = Browser::new(&bench).stand_in("github", &typed).await;
    assert_eq!(bench.account_of(&again.parameter("code").unwrap()).await, account);
}

#[tokio::test]
async fn a_new_id_has_the_form_of_its_provider() {
    let bench = Bench::with_users(&[]).await;
    let typed = [("choice", ""), ("email", "a@example.test"), ("phone_number", "+44 20 7946-0000")];
    for (connection, starts, length) in [
        ("google-oauth2", "google-oauth2|", 35),
        ("acme", "samlp|acme|a@example.test", 25),
        ("sms", "sms|", 28),
    ] {
        let answer = Browser::new(&bench).stand_in(connection, &typed).await;
        let account = bench.account_of(&answer.parameter("code").unwrap()).await;
        assert!(account.starts_with(starts) && account.len() == length, "{account}");
    }
}

#[tokio::test]
async fn what_cannot_be_is_refused_and_adds_nobody() {
    let bench = Bench::with_users(&[&["google-oauth2|9"]]).await;
    for (connection, fields, sentence) in [
        ("google-oauth2", vec![("choice", "10")], "no longer here"),
        ("google-oauth2", vec![("choice", "")], "Type a name"),
        ("google-oauth2", vec![("choice", ""), ("email", "no address")], "An e-mail address looks like"),
        ("sms", vec![("choice", ""), ("phone_number", "12")], "A phone number looks like"),
    ] {
        let answer = Browser::new(&bench).stand_in(connection, &fields).await;
        assert_eq!(answer.status, 422);
        assert!(answer.text.contains(sentence), "{fields:?}");
    }
    let mut reader = bench.store.read().await.unwrap();
    for connection in ["google-oauth2", "sms"] {
        let people = reader.list_people(&model::ConnectionName::new(connection), 10).await.unwrap();
        assert_eq!(people.len(), usize::from(connection == "google-oauth2"));
    }
    assert_eq!(bench.row("google-oauth2|9").await.unwrap().profile.email(), Some(&*email("google-oauth2|9")));
}

#[tokio::test]
async fn a_connection_that_the_application_may_not_use_is_not_offered() {
    let bench = Bench::with_users(&[]).await;
    let mut browser = Browser::new(&bench);
    let handle = browser.begin(&[]).await;
    let page = browser.get(&format!("/u/login?state={handle}")).await;
    assert!(page.text.contains("connection=github") && !page.text.contains("connection=facebook"));
    for connection in ["facebook", "unknown", crate::bench::DATABASE] {
        let path = format!("/u/connection?state={handle}&connection={connection}");
        assert_eq!(browser.get(&path).await.status, 400, "{connection}");
        let fields = [("state", &*handle), ("connection", connection), ("choice", ""), ("name", "Eve")];
        assert_eq!(browser.post("/u/stand-in", &fields).await.status, 400, "{connection}");
    }
}

/// Asks for the stand-in with a hint, and follows to its page: the answer of that page.
async fn ask(browser: &mut Browser<'_>, connection: &str, with: &[(&str, &str)]) -> crate::bench::Answer {
    let with: Vec<_> = [("connection", connection)].into_iter().chain(with.iter().copied()).collect();
    let answer = browser.get(&authorize_path(&with)).await;
    assert!(answer.location().starts_with("/u/connection?"), "{}", answer.location());
    let page = answer.location().to_owned();
    browser.get(&page).await
}

#[tokio::test]
async fn a_remembered_person_who_is_hinted_at_goes_straight_through_and_has_signed_in_now() {
    let bench = Bench::with_users(&[&["auth0|1", "google-oauth2|9"], &["google-oauth2|10"]]).await;
    let mut browser = Browser::new(&bench);
    browser.stand_in("google-oauth2", &[("choice", "9")]).await;
    bench.clock.advance(Duration::from_mins(20));
    for hint in ["9", "google-oauth2|9", "GoogleOauth29@example.test"] {
        let answer = ask(&mut browser, "google-oauth2", &[("max_age", "0"), ("login_hint", hint)]).await;
        let code = answer.parameter("code").unwrap_or_else(|| panic!("{hint}: {}", answer.said()));
        let tokens = bench.trade(&code, &[]).await.json();
        let claims = claims_in(tokens["id_token"].as_str().unwrap());
        assert_eq!((&claims["sub"], &claims["auth_time"]), (&json!("auth0|1"), &json!(START / 1000 + 1200)));
    }
    assert_eq!(bench.row("auth0|1").await.unwrap().logins_count, 4);
}

#[tokio::test]
async fn without_a_fitting_hint_or_when_asked_to_the_stand_in_asks() {
    let bench = Bench::with_users(&[&["google-oauth2|9"], &["google-oauth2|91"], &["github|9"]]).await;
    let mut browser = Browser::new(&bench);
    browser.stand_in("google-oauth2", &[("choice", "91")]).await;
    for (connection, with) in [
        ("google-oauth2", vec![("max_age", "0")]),
        ("google-oauth2", vec![("max_age", "0"), ("login_hint", "9")]),
        ("google-oauth2", vec![("prompt", "login"), ("login_hint", "91")]),
        ("google-oauth2", vec![("prompt", "select_account"), ("login_hint", "91")]),
        ("github", vec![("login_hint", "9")]),
    ] {
        let page = ask(&mut browser, connection, &with).await;
        assert_eq!(page.status, 200, "{with:?}");
        if connection == "google-oauth2" {
            let (known, other) = (page.text.find(r#"value="91""#), page.text.find(r#"value="9""#));
            assert!(known.unwrap() < other.unwrap(), "the one who signed in before comes first");
            assert_eq!(page.text.matches("signed in here before").count(), 1);
        }
    }
    assert_eq!(bench.row("google-oauth2|9").await.unwrap().logins_count, 0);
    assert_eq!(bench.row("google-oauth2|91").await.unwrap().logins_count, 1);
}

#[tokio::test]
async fn nobody_is_remembered_in_another_browser_or_by_a_cookie_that_was_made_up_or_replaced() {
    let bench = Bench::with_users(&[&["google-oauth2|9"]]).await;
    let mut browser = Browser::new(&bench);
    browser.stand_in("google-oauth2", &[("choice", "9")]).await;
    let cookie = browser.cookies.iter().find(|(name, _)| name.contains("stand-in")).unwrap();
    let (name, old) = (cookie.0.clone(), cookie.1.clone());
    ask(&mut browser, "google-oauth2", &[("max_age", "0"), ("login_hint", "9")]).await;
    assert_ne!(browser.cookies[&name], old);
    for planted in [None, Some("9"), Some("google-oauth2|9"), Some(&*old)] {
        let mut other = Browser::new(&bench);
        other.cookies.extend(planted.map(|value| (name.clone(), value.to_owned())));
        let page = ask(&mut other, "google-oauth2", &[("login_hint", "9")]).await;
        assert_eq!(page.status, 200, "{planted:?}");
        assert!(!page.text.contains("signed in here before"));
    }
    assert_eq!(bench.row("google-oauth2|9").await.unwrap().logins_count, 2);
}

#[tokio::test]
async fn a_remembered_person_is_not_signed_in_by_another_browsers_link_or_another_sites_form() {
    let bench = Bench::with_users(&[&["google-oauth2|9"], &["google-oauth2|10"]]).await;
    let mut victim = Browser::new(&bench);
    victim.stand_in("google-oauth2", &[("choice", "9")]).await;
    let mut attacker = Browser::new(&bench);
    let with = [("connection", "google-oauth2"), ("login_hint", "9")];
    let begun = attacker.get(&authorize_path(&with)).await;
    assert_eq!(victim.get(begun.location()).await.status, 400, "the login is the attacker's");
    // A form of another site neither signs in nor makes the stand-in remember its choice.
    let handle = victim.begin(&[("connection", "google-oauth2"), ("max_age", "0")]).await;
    victim.origin = "http://evil.test";
    let fields = [("state", &*handle), ("connection", "google-oauth2"), ("choice", "10")];
    assert_eq!(victim.post("/u/stand-in", &fields).await.status, 403);
    let page = ask(&mut victim, "google-oauth2", &[("max_age", "0"), ("login_hint", "10")]).await;
    assert_eq!(page.status, 200);
    assert_eq!(bench.row("google-oauth2|9").await.unwrap().logins_count, 1);
    assert_eq!(bench.row("google-oauth2|10").await.unwrap().logins_count, 0);
}

#[tokio::test]
async fn a_remembered_person_who_was_blocked_or_deleted_is_not_signed_in() {
    let bench = Bench::with_users(&[&["google-oauth2|9"], &["google-oauth2|10"]]).await;
    let mut browser = Browser::new(&bench);
    for choice in ["9", "10"] {
        browser.stand_in("google-oauth2", &[("choice", choice)]).await;
        browser.cookies.retain(|name, _| !name.contains("session"));
    }
    bench.block("google-oauth2|9", true).await;
    let page = ask(&mut browser, "google-oauth2", &[("login_hint", "9")]).await;
    assert!(page.text.contains("account is blocked"), "{}", page.said());
    let token = bench.machine_token("delete:users").await;
    bench.call(Method::DELETE, "/api/v2/users/google-oauth2%7C10", &token).await;
    let page = ask(&mut browser, "google-oauth2", &[("login_hint", "10")]).await;
    assert_eq!(page.status, 200);
    assert!(!page.text.contains(r#"value="10""#));
}
