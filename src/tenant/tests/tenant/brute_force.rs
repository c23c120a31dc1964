//! Guessing passwords at the login page.

use std::sync::Arc;
use std::time::Duration;

use crate::bench::{Answer, Bench, Browser, PASSWORD, email};

async fn bench() -> Bench {
    Bench::with_users(&[&["auth0|1"], &["auth0|2"]]).await
}

fn is_refused(answer: &Answer) -> bool {
    answer.status == 429 && answer.text.contains("Too many attempts. Wait a minute, then try again.")
}

#[tokio::test]
async fn after_five_wrong_passwords_even_the_right_one_waits_a_moment() {
    let bench = bench().await;
    let mut browser = Browser::new(&bench);
    let handle = browser.begin(&[]).await;
    for _ in 0..5 {
        assert_eq!(browser.type_password(&handle, &email("auth0|1"), "wrong").await.status, 401);
    }
    let answer = browser.type_password(&handle, &email("auth0|1").to_uppercase(), PASSWORD).await;
    assert!(is_refused(&answer), "{}", answer.text);
    assert_eq!(answer.header("retry-after"), "1");
    assert_eq!(bench.row("auth0|1").await.unwrap().logins_count, 0);
    bench.clock.advance(Duration::from_secs(1));
    let answer = browser.type_password(&handle, &email("auth0|1"), PASSWORD).await;
    assert!(answer.parameter("code").is_some(), "nobody is locked out for good");
    let handle = browser.begin(&[("prompt", "login")]).await;
    let forgiven = browser.type_password(&handle, &email("auth0|1"), "wrong").await;
    assert_eq!(forgiven.status, 401);
}

#[tokio::test]
async fn nobody_learns_who_exists_by_being_made_to_wait() {
    let bench = bench().await;
    let mut browser = Browser::new(&bench);
    let handle = browser.begin(&[]).await;
    for login in ["auth01@example.test", "nobody@example.test"] {
        for _ in 0..5 {
            browser.type_password(&handle, login, "wrong").await;
        }
    }
    let known = browser.type_password(&handle, "auth01@example.test", "wrong").await;
    let unknown = browser.type_password(&handle, "nobody@example.test", "wrong").await;
    assert!(is_refused(&known) && is_refused(&unknown));
    assert_eq!(known.text.replace("auth01@", "x@"), unknown.text.replace("nobody@", "x@"));
    assert_eq!(known.header("retry-after"), unknown.header("retry-after"));
}

#[tokio::test]
async fn an_address_cannot_guess_at_everybody_nor_hide_behind_a_header() {
    let bench = bench().await;
    let mut browser = Browser::new(&bench);
    browser.address = Some("192.0.2.1".parse().unwrap());
    let handle = browser.begin(&[]).await;
    for guess in 0..50 {
        browser.forwarded_for = Some(format!("198.51.100.{guess}"));
        let answer = browser.type_password(&handle, &format!("{guess}@example.test"), "wrong").await;
        assert_eq!(answer.status, 401, "{guess}");
    }
    browser.forwarded_for = Some("198.51.100.99".to_owned());
    assert!(is_refused(&browser.type_password(&handle, &email("auth0|2"), PASSWORD).await));
    browser.address = Some("192.0.2.2".parse().unwrap());
    let answer = browser.type_password(&handle, &email("auth0|2"), PASSWORD).await;
    assert!(answer.parameter("code").is_some());
    assert_eq!(bench.row("auth0|2").await.unwrap().last_ip.as_deref(), Some("192.0.2.2"));
}

#[tokio::test]
async fn many_guesses_at_once_gain_nothing() {
    let bench = Arc::new(bench().await);
    let mut browser = Browser::new(&bench);
    let handle = browser.begin(&[]).await;
    let cookies = browser.cookies.clone();
    let tries: Vec<_> = (0..16)
        .map(|_| {
            let (bench, handle, cookies) = (bench.clone(), handle.clone(), cookies.clone());
            tokio::spawn(async move {
                let mut browser = Browser::new(&bench);
                browser.cookies = cookies;
                browser.type_password(&handle, &email("auth0|1"), "wrong").await.status.as_u16()
            })
        })
        .collect();
    let mut statuses = Vec::new();
    for attempt in tries {
        statuses.push(attempt.await.unwrap());
    }
    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 5);
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 11);
    assert_eq!(bench.row("auth0|1").await.unwrap().logins_count, 0);
}
