//! The limit on password guesses at the login page.
//!
//! attacks: guessing

use std::sync::Arc;
use std::time::Duration;

use crate::test_tenant::{Browser, PASSWORD, TestResponse, TestTenant, email};

async fn open_tenant() -> TestTenant {
    TestTenant::with_users(&[&["auth0|1"], &["auth0|2"]]).await
}

fn is_refused(response: &TestResponse) -> bool {
    response.status == 429 && response.text.contains("Too many attempts. Wait a minute, then try again.")
}

#[tokio::test]
async fn after_five_wrong_passwords_even_the_right_one_has_to_wait() {
    let tenant = open_tenant().await;
    let mut browser = Browser::new(&tenant);
    let login_state = browser.start_login(&[]).await;
    for _ in 0..5 {
        assert_eq!(browser.type_password(&login_state, &email("auth0|1"), "wrong").await.status, 401);
    }
    let response = browser.type_password(&login_state, &email("auth0|1").to_uppercase(), PASSWORD).await;
    assert!(is_refused(&response), "{}", response.text);
    assert_eq!(response.header("retry-after"), "1");
    assert_eq!(tenant.row("auth0|1").await.unwrap().logins_count, 0);
    tenant.clock.advance(Duration::from_secs(1));
    let response = browser.type_password(&login_state, &email("auth0|1"), PASSWORD).await;
    assert!(response.parameter("code").is_some(), "the limit is temporary");
    let login_state = browser.start_login(&[("prompt", "login")]).await;
    let forgiven = browser.type_password(&login_state, &email("auth0|1"), "wrong").await;
    assert_eq!(forgiven.status, 401);
}

#[tokio::test]
async fn the_throttle_does_not_reveal_which_accounts_exist() {
    let tenant = open_tenant().await;
    let mut browser = Browser::new(&tenant);
    let login_state = browser.start_login(&[]).await;
    for login in ["auth01@example.test", "nobody@example.test"] {
        for _ in 0..5 {
            browser.type_password(&login_state, login, "wrong").await;
        }
    }
    let known = browser.type_password(&login_state, "auth01@example.test", "wrong").await;
    let unknown = browser.type_password(&login_state, "nobody@example.test", "wrong").await;
    assert!(is_refused(&known) && is_refused(&unknown));
    assert_eq!(known.text.replace("auth01@", "x@"), unknown.text.replace("nobody@", "x@"));
    assert_eq!(known.header("retry-after"), unknown.header("retry-after"));
}

#[tokio::test]
async fn guesses_are_limited_per_ip_address_whatever_x_forwarded_for_says() {
    let tenant = open_tenant().await;
    let mut browser = Browser::new(&tenant);
    browser.address = Some("192.0.2.1".parse().unwrap());
    let login_state = browser.start_login(&[]).await;
    for guess in 0..50 {
        browser.forwarded_for = Some(format!("198.51.100.{guess}"));
        let response = browser.type_password(&login_state, &format!("{guess}@example.test"), "wrong").await;
        assert_eq!(response.status, 401, "{guess}");
    }
    browser.forwarded_for = Some("198.51.100.99".to_owned());
    assert!(is_refused(&browser.type_password(&login_state, &email("auth0|2"), PASSWORD).await));
    browser.address = Some("192.0.2.2".parse().unwrap());
    let response = browser.type_password(&login_state, &email("auth0|2"), PASSWORD).await;
    assert!(response.parameter("code").is_some());
    assert_eq!(tenant.row("auth0|2").await.unwrap().last_ip.as_deref(), Some("192.0.2.2"));
}

#[tokio::test]
async fn concurrent_guesses_do_not_evade_the_limit() {
    let tenant = Arc::new(open_tenant().await);
    let mut browser = Browser::new(&tenant);
    let login_state = browser.start_login(&[]).await;
    let cookies = browser.cookies.clone();
    let tries: Vec<_> = (0..16)
        .map(|_| {
            let (tenant, login_state, cookies) = (tenant.clone(), login_state.clone(), cookies.clone());
            tokio::spawn(async move {
                let mut browser = Browser::new(&tenant);
                browser.cookies = cookies;
                browser.type_password(&login_state, &email("auth0|1"), "wrong").await.status.as_u16()
            })
        })
        .collect();
    let mut statuses = Vec::new();
    for attempt in tries {
        statuses.push(attempt.await.unwrap());
    }
    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 5);
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 11);
    assert_eq!(tenant.row("auth0|1").await.unwrap().logins_count, 0);
}

/// Types wrong passwords from an address until the throttle refuses.
async fn guess(browser: &mut Browser<'_>, address: &str, id: &str) {
    browser.address = Some(address.parse().unwrap());
    let login_state = browser.start_login(&[]).await;
    for _ in 0..22 {
        browser.type_password(&login_state, &email(id), "wrong").await;
    }
    assert!(is_refused(&browser.type_password(&login_state, &email(id), PASSWORD).await));
}

#[tokio::test]
async fn a_stranger_never_keeps_the_owner_of_an_account_out() {
    let tenant = open_tenant().await;
    let mut stranger = Browser::new(&tenant);
    for _ in 0..22 {
        guess(&mut stranger, "192.0.2.1", "auth0|1").await;
        let mut owner = Browser::new(&tenant);
        owner.address = Some("198.51.100.1".parse().unwrap());
        owner.sign_in("auth0|1", &[]).await;
        tenant.clock.advance(Duration::from_secs(1));
    }
    assert_eq!(tenant.row("auth0|1").await.unwrap().logins_count, 22);
}

#[tokio::test]
async fn a_browser_of_the_owner_is_never_slowed_by_strangers_at_its_own_address() {
    let tenant = open_tenant().await;
    let mut owner = Browser::new(&tenant);
    owner.address = Some("192.0.2.1".parse().unwrap());
    owner.sign_in("auth0|1", &[]).await;
    let mut stranger = Browser::new(&tenant);
    guess(&mut stranger, "192.0.2.1", "auth0|1").await;
    owner.sign_in("auth0|1", &[("prompt", "login")]).await;
    // The browser itself guesses no faster than others.
    let login_state = owner.start_login(&[("prompt", "login")]).await;
    for _ in 0..5 {
        assert_eq!(owner.type_password(&login_state, &email("auth0|1"), "wrong").await.status, 401);
    }
    assert!(is_refused(&owner.type_password(&login_state, &email("auth0|1"), PASSWORD).await));
}

#[tokio::test]
async fn a_browser_that_is_known_to_one_account_is_never_known_to_another() {
    let tenant = open_tenant().await;
    let mut stranger = Browser::new(&tenant);
    stranger.address = Some("192.0.2.1".parse().unwrap());
    stranger.sign_in("auth0|2", &[]).await;
    let name = stranger.cookies.keys().find(|name| name.contains("known-browser")).unwrap().clone();
    let cookie = stranger.cookies[&name].clone();
    let (random, mac) = cookie.split_once('.').unwrap();
    stranger.cookies.retain(|name, _| !name.contains("session"));
    for forged in
        [cookie.clone(), random.to_owned(), format!("{random}."), format!(".{mac}"), format!("{mac}.{mac}")]
    {
        let mut browser = Browser::new(&tenant);
        browser.cookies.insert(name.clone(), forged.clone());
        browser.address = Some("192.0.2.1".parse().unwrap());
        let login_state = browser.start_login(&[]).await;
        // All forged cookies share the count of their address.
        for _ in 0..5 {
            browser.type_password(&login_state, &email("auth0|1"), "wrong").await;
        }
        assert!(
            is_refused(&browser.type_password(&login_state, &email("auth0|1"), PASSWORD).await),
            "{forged}"
        );
    }
    assert_eq!(tenant.row("auth0|1").await.unwrap().logins_count, 0);
}
