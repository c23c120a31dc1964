//! Refresh tokens: contract C3, and the attacks on them (RFC 9700 section 4.14).

use std::sync::Arc;
use std::time::Duration;

use axum::http::Method;
use insta::assert_snapshot;
use serde_json::Value;

use crate::bench::{AUDIENCE, Answer, Bench, Browser, LEEWAY, PAGE, SCOPE, claims_in};

const REFUSED: &str =
    r#"403 {"error":"invalid_grant","error_description":"Unknown or invalid refresh token."}"#;

async fn bench() -> Bench {
    Bench::with_users(&[&["auth0|1"], &["auth0|2"]]).await
}

async fn begin(bench: &Bench, id: &str, client: &str) -> String {
    refresh_token(&bench.tokens(&mut Browser::new(bench), id, client).await)
}

fn refresh_token(tokens: &Value) -> String {
    tokens["refresh_token"].as_str().unwrap_or_else(|| panic!("no refresh token: {tokens}")).to_owned()
}

fn next(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{}", answer.text);
    refresh_token(&answer.json())
}

#[tokio::test]
async fn offline_access_gives_a_token_that_renews_the_others_and_itself() {
    let bench = bench().await;
    let tokens = bench.tokens(&mut Browser::new(&bench), "auth0|1", PAGE).await;
    assert_eq!(tokens["scope"], format!("{SCOPE} offline_access"));
    bench.clock.advance(Duration::from_hours(3));
    let first = refresh_token(&tokens);
    let answer = bench.refresh(&first, &[]).await;
    assert_eq!((answer.header("cache-control"), answer.header("pragma")), ("no-store", "no-cache"));
    let second = next(&answer);
    assert_ne!(first, second);
    let renewed = answer.json();
    assert_eq!(renewed["scope"], tokens["scope"]);
    assert_eq!(renewed["expires_in"], 7200);
    let access = claims_in(renewed["access_token"].as_str().unwrap());
    assert_eq!((&access["sub"], &access["aud"]), (&"auth0|1".into(), &AUDIENCE.into()));
    assert_eq!(access["exp"], (bench.clock.now().seconds() + 7200));
    let (before, after) =
        (claims_in(tokens["id_token"].as_str().unwrap()), claims_in(renewed["id_token"].as_str().unwrap()));
    assert_eq!((&after["sub"], &after["sid"]), (&before["sub"], &before["sid"]));
    assert_eq!(after["auth_time"], before["auth_time"], "the person has not signed in again");
    assert_eq!(after.get("nonce"), None);
    assert_eq!(bench.refresh(&second, &[]).await.status, 200);
}

#[tokio::test]
async fn nobody_gets_a_refresh_token_unasked_or_without_leave() {
    let bench = bench().await;
    let code = Browser::new(&bench).sign_in("auth0|1", &[]).await;
    assert_eq!(bench.trade(&code, &[]).await.json().get("refresh_token"), None);
    let with = [("scope", "openid offline_access"), ("client_id", "simple")];
    let code = Browser::new(&bench).sign_in("auth0|1", &with).await;
    let tokens = bench.trade(&code, &[("client_id", "simple")]).await.json();
    assert_eq!((tokens.get("refresh_token"), &tokens["scope"]), (None, &"openid".into()));
    let token = begin(&bench, "auth0|1", PAGE).await;
    let answer = bench.refresh(&token, &[("client_id", "simple")]).await;
    assert_snapshot!(answer.said(), @r#"403 {"error":"unauthorized_client","error_description":"Grant type 'refresh_token' not allowed for the client."}"#);
}

#[tokio::test]
async fn a_token_that_is_missing_unknown_or_another_clients_is_refused() {
    let bench = bench().await;
    let token = begin(&bench, "auth0|1", PAGE).await;
    let missing = bench.refresh("", &[]).await;
    assert_snapshot!(missing.said(), @r#"400 {"error":"invalid_request","error_description":"Missing Refresh Token"}"#);
    assert_eq!(bench.refresh("unknown", &[]).await.said(), REFUSED);
    assert_eq!(bench.refresh(&token, &[("client_id", "other")]).await.said(), REFUSED);
    let digest = tenant::secret::Secret::new(token.clone()).digest();
    assert_eq!(bench.refresh(digest.as_str(), &[]).await.said(), REFUSED, "what is stored opens nothing");
    assert_eq!(bench.refresh(&token, &[]).await.status, 200, "and none of it harms the owner");
}

#[tokio::test]
async fn a_rotated_token_that_comes_again_ends_the_family() {
    let bench = bench().await;
    let mut browser = Browser::new(&bench);
    let stolen = refresh_token(&bench.tokens(&mut browser, "auth0|1", PAGE).await);
    let bystander = refresh_token(&bench.tokens(&mut browser, "auth0|1", PAGE).await);
    let newest = next(&bench.refresh(&stolen, &[]).await);
    assert_eq!(bench.refresh(&stolen, &[]).await.said(), REFUSED);
    assert_eq!(bench.refresh(&newest, &[]).await.said(), REFUSED);
    for token in [&stolen, &newest] {
        assert!(!bench.has_refresh_token(token).await);
    }
    assert_eq!(bench.refresh(&bystander, &[]).await.status, 200, "another sign-in is another family");
}

#[tokio::test]
async fn within_the_leeway_the_token_before_the_newest_may_come_again() {
    let bench = bench().await;
    let again = [("client_id", "patient")];
    let first = begin(&bench, "auth0|1", "patient").await;
    let second = next(&bench.refresh(&first, &again).await);
    bench.clock.advance(LEEWAY.saturating_sub(Duration::from_millis(1)));
    let other = next(&bench.refresh(&first, &again).await);
    bench.clock.advance(Duration::from_millis(1));
    assert_eq!(bench.refresh(&first, &again).await.said(), REFUSED, "the leeway is over to the millisecond");
    assert_eq!(bench.refresh(&second, &again).await.said(), REFUSED);
    assert_eq!(bench.refresh(&other, &again).await.said(), REFUSED);
}

#[tokio::test]
async fn within_the_leeway_an_older_token_ends_the_family_all_the_same() {
    let bench = bench().await;
    let again = [("client_id", "patient")];
    let first = begin(&bench, "auth0|1", "patient").await;
    let second = next(&bench.refresh(&first, &again).await);
    let third = next(&bench.refresh(&second, &again).await);
    assert_eq!(bench.refresh(&first, &again).await.said(), REFUSED);
    assert_eq!(bench.refresh(&third, &again).await.said(), REFUSED);
}

/// How many of sixteen exchanges of one token at once succeed, and what they got.
async fn sixteen(bench: &Arc<Bench>, token: &str, client: &'static str) -> Vec<String> {
    let tries: Vec<_> = (0..16)
        .map(|_| {
            let (bench, token) = (bench.clone(), token.to_owned());
            tokio::spawn(async move { bench.refresh(&token, &[("client_id", client)]).await })
        })
        .collect();
    let mut won = Vec::new();
    for attempt in tries {
        let answer = attempt.await.unwrap();
        if answer.status == 200 {
            won.push(refresh_token(&answer.json()));
        } else {
            assert_eq!(answer.said(), REFUSED);
        }
    }
    won
}

#[tokio::test]
async fn of_sixteen_exchanges_at_once_one_wins_and_the_others_give_the_theft_away() {
    let bench = Arc::new(bench().await);
    let token = begin(&bench, "auth0|1", PAGE).await;
    let won = sixteen(&bench, &token, PAGE).await;
    assert_eq!(won.len(), 1);
    assert!(!bench.has_refresh_token(&won[0]).await);
}

#[tokio::test]
async fn of_sixteen_exchanges_at_once_all_win_within_the_leeway() {
    let bench = Arc::new(bench().await);
    let token = begin(&bench, "auth0|1", "patient").await;
    let won = sixteen(&bench, &token, "patient").await;
    assert_eq!(won.len(), 16);
    assert!(bench.has_refresh_token(&won[15]).await);
}

#[tokio::test]
async fn a_family_ends_at_its_age_however_much_it_is_used() {
    let bench = bench().await;
    let mut token = begin(&bench, "auth0|1", PAGE).await;
    for _ in 0..2 {
        bench.clock.advance(Duration::from_hours(14 * 24));
        token = next(&bench.refresh(&token, &[]).await);
    }
    bench.clock.advance(Duration::from_hours(2 * 24) - Duration::from_millis(1));
    token = next(&bench.refresh(&token, &[]).await);
    bench.clock.advance(Duration::from_millis(1));
    assert_eq!(bench.refresh(&token, &[]).await.said(), REFUSED);
    begin(&bench, "auth0|1", PAGE).await;
    assert!(!bench.has_refresh_token(&token).await, "what ended is forgotten");
}

#[tokio::test]
async fn a_family_ends_when_nobody_uses_it() {
    let bench = bench().await;
    let token = begin(&bench, "auth0|1", PAGE).await;
    bench.clock.advance(Duration::from_hours(15 * 24));
    assert_eq!(bench.refresh(&token, &[]).await.said(), REFUSED);
}

#[tokio::test]
async fn without_rotation_a_token_stays_and_is_not_repeated() {
    let bench = bench().await;
    let token = begin(&bench, "auth0|1", "web").await;
    let with = [("client_id", "web"), ("client_secret", "web secret")];
    for _ in 0..2 {
        let answer = bench.refresh(&token, &with).await;
        assert_eq!((answer.status.as_u16(), answer.json().get("refresh_token")), (200, None));
    }
    let unproven = bench.refresh(&token, &[("client_id", "web")]).await;
    assert_snapshot!(unproven.said(), @r#"401 {"error":"access_denied","error_description":"Unauthorized"}"#);
}

#[tokio::test]
async fn an_exchange_may_ask_for_less_and_never_gets_more() {
    let bench = bench().await;
    let first = begin(&bench, "auth0|1", PAGE).await;
    let scope = [("scope", "read:current_user update:users create:current_user_metadata")];
    let answer = bench.refresh(&first, &scope).await;
    assert_eq!(answer.json()["scope"], "read:current_user");
    assert_eq!(answer.json().get("id_token"), None);
    let whole = bench.refresh(&next(&answer), &[]).await.json();
    assert_eq!(whole["scope"], format!("{SCOPE} offline_access"), "the grant itself is as wide as before");
}

#[tokio::test]
async fn a_linked_login_refreshes_into_the_primary_and_unlinking_ends_it() {
    let bench = bench().await;
    let token = begin(&bench, "auth0|2", PAGE).await;
    let keeps = begin(&bench, "auth0|1", PAGE).await;
    let machine = bench.machine_token("update:users").await;
    let body = serde_json::json!({ "provider": "auth0", "user_id": "2" });
    let linked = bench.post_json("/api/v2/users/auth0%7C1/identities", Some(&machine), &body).await;
    assert_eq!(linked.status, 201);
    let answer = bench.refresh(&token, &[]).await;
    let token = next(&answer);
    assert_eq!(claims_in(answer.json()["access_token"].as_str().unwrap())["sub"], "auth0|1");
    let unlinked = bench.call(Method::DELETE, "/api/v2/users/auth0%7C1/identities/auth0/2", &machine).await;
    assert_eq!(unlinked.status, 200);
    assert_eq!(bench.refresh(&token, &[]).await.said(), REFUSED);
    assert!(!bench.has_refresh_token(&token).await);
    assert_eq!(bench.refresh(&keeps, &[]).await.status, 200);
}

#[tokio::test]
async fn a_code_that_comes_again_takes_back_what_it_gave() {
    let bench = bench().await;
    let with = [("audience", ""), ("scope", "openid offline_access")];
    let code = Browser::new(&bench).sign_in("auth0|1", &with).await;
    let tokens = bench.trade(&code, &[]).await.json();
    let refreshed = bench.refresh(&refresh_token(&tokens), &[]).await;
    let newest = next(&refreshed);
    let opaque = [tokens["access_token"].clone(), refreshed.json()["access_token"].clone()];
    for token in &opaque {
        assert_eq!(bench.call(Method::GET, "/userinfo", token.as_str().unwrap()).await.status, 200);
    }
    // Long after its row is forgotten, the code still names what it gave.
    bench.clock.advance(Duration::from_mins(5));
    Browser::new(&bench).sign_in("auth0|2", &[]).await;
    let again = bench.trade(&code, &[]).await;
    assert_snapshot!(again.said(), @r#"403 {"error":"invalid_grant","error_description":"Invalid authorization code"}"#);
    for token in &opaque {
        assert_eq!(bench.call(Method::GET, "/userinfo", token.as_str().unwrap()).await.status, 401);
    }
    assert_eq!(bench.refresh(&newest, &[]).await.said(), REFUSED);
    assert!(!bench.has_refresh_token(&newest).await);
}

#[tokio::test]
async fn a_person_who_is_blocked_or_gone_refreshes_nothing() {
    let bench = bench().await;
    let token = begin(&bench, "auth0|1", PAGE).await;
    bench.block("auth0|1", true).await;
    assert_eq!(bench.refresh(&token, &[]).await.said(), REFUSED);
    bench.block("auth0|1", false).await;
    let token = next(&bench.refresh(&token, &[]).await);
    bench
        .store
        .write::<_, store::Error, _>(|unit| {
            Box::pin(async move { unit.delete_user(&model::UserId::new("auth0|1")).await })
        })
        .await
        .unwrap();
    assert_eq!(bench.refresh(&token, &[]).await.said(), REFUSED);
    assert!(!bench.has_refresh_token(&token).await);
}
