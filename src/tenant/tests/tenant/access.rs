//! Sessions, refresh tokens and blocks by the Management API (contract A19).

use std::time::Duration;

use axum::http::Method;
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::test_tenant::{Browser, PAGE, TestResponse, TestTenant, authorize_path, claims_in, email};

const SESSIONS: &str = "/api/v2/users/auth0%7C1/sessions";
const TOKENS: &str = "/api/v2/users/auth0%7C1/refresh-tokens";
const SCOPES: &str =
    "read:users update:users read:sessions delete:sessions read:refresh_tokens delete:refresh_tokens";

async fn call(tenant: &TestTenant, method: Method, path: &str) -> TestResponse {
    tenant.call(method, path, &tenant.machine_token(SCOPES).await).await
}

async fn get(tenant: &TestTenant, path: &str) -> Value {
    let response = call(tenant, Method::GET, path).await;
    assert_eq!(response.status, 200, "{path}: {}", response.text);
    response.json()
}

/// Returns whether the browser is still signed in: whether it gets a code without a page.
async fn is_signed_in(browser: &mut Browser<'_>) -> bool {
    browser.get(&authorize_path(&[("prompt", "none")])).await.parameter("code").is_some()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

#[tokio::test]
async fn sessions_are_listed_with_their_clients_until_they_expire() {
    let tenant = TestTenant::with_users(&[&["auth0|1"], &["auth0|2"]]).await;
    let mut browser = Browser::new(&tenant);
    let tokens = tenant.tokens(&mut browser, "auth0|1", PAGE).await;
    let mut other = Browser::new(&tenant);
    other.sign_in("auth0|2", &[]).await;
    let list = get(&tenant, SESSIONS).await;
    let session = &list["sessions"][0];
    assert_eq!(list["sessions"].as_array().unwrap().len(), 1, "{list}");
    assert_eq!(session["id"], claims_in(text(&tokens["id_token"]))["sid"]);
    let id = text(&session["id"]).to_owned();
    let shown = call(&tenant, Method::GET, &format!("/api/v2/sessions/{id}")).await;
    assert_snapshot!(shown.status_and_text().replace(&id, "SID"), @r#"200 {"id":"SID","user_id":"auth0|1","created_at":"2026-01-01T00:00:00.000Z","updated_at":"2026-01-01T00:00:00.000Z","authenticated_at":"2026-01-01T00:00:00.000Z","idle_expires_at":"2026-01-02T00:00:00.000Z","expires_at":"2026-01-04T00:00:00.000Z","last_interacted_at":"2026-01-01T00:00:00.000Z","clients":[{"client_id":"page"}]}"#);
    tenant.clock.advance(Duration::from_hours(24));
    assert_eq!(get(&tenant, SESSIONS).await, json!({ "sessions": [] }));
    let gone = call(&tenant, Method::GET, &format!("/api/v2/sessions/{id}")).await;
    assert_snapshot!(gone.status_and_text(), @r#"404 {"statusCode":404,"error":"Not Found","message":"The session does not exist.","errorCode":"inexistent_session"}"#);
}

#[tokio::test]
async fn a_deleted_session_ends_in_the_browser_and_its_refresh_token_goes_on() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let mut browser = Browser::new(&tenant);
    let tokens = tenant.tokens(&mut browser, "auth0|1", PAGE).await;
    let mut elsewhere = Browser::new(&tenant);
    elsewhere.sign_in("auth0|1", &[]).await;
    assert!(is_signed_in(&mut browser).await);
    let waiting = browser.get(&authorize_path(&[("prompt", "none")])).await.parameter("code").unwrap();
    let sid = text(&claims_in(text(&tokens["id_token"]))["sid"]).to_owned();
    let path = format!("/api/v2/sessions/{sid}");
    let response = call(&tenant, Method::DELETE, &path).await;
    assert_eq!((response.status.as_u16(), response.text.as_str()), (202, ""));
    assert!(!is_signed_in(&mut browser).await, "the cookie is refused");
    assert!(is_signed_in(&mut elsewhere).await, "another session of the same user goes on");
    assert_eq!(tenant.exchange_code(&waiting, &[]).await.status, 403, "a code of the session is over");
    assert!(tenant.store.read().await.unwrap().find_session_by_sid(&sid).await.unwrap().is_none());
    assert_eq!(tenant.refresh(text(&tokens["refresh_token"]), &[]).await.status, 200);
    assert_eq!(call(&tenant, Method::DELETE, &path).await.json()["errorCode"], "inexistent_session");
}

#[tokio::test]
async fn a_revoked_session_takes_its_refresh_tokens_with_it() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let mut browser = Browser::new(&tenant);
    let tokens = tenant.tokens(&mut browser, "auth0|1", PAGE).await;
    let mut elsewhere = Browser::new(&tenant);
    let others = tenant.tokens(&mut elsewhere, "auth0|1", PAGE).await;
    let sid = text(&claims_in(text(&tokens["id_token"]))["sid"]).to_owned();
    let response = call(&tenant, Method::POST, &format!("/api/v2/sessions/{sid}/revoke")).await;
    assert_eq!(response.status, 202);
    assert!(!is_signed_in(&mut browser).await);
    assert_eq!(tenant.refresh(text(&tokens["refresh_token"]), &[]).await.status, 403);
    assert!(!tenant.has_refresh_token(text(&tokens["refresh_token"])).await);
    assert_eq!(tenant.refresh(text(&others["refresh_token"]), &[]).await.status, 200);
}

#[tokio::test]
async fn all_sessions_of_a_user_end_at_once_and_nobody_elses() {
    let tenant = TestTenant::with_users(&[&["auth0|1", "google-oauth2|115"], &["auth0|2"]]).await;
    let (mut one, mut linked, mut stranger) =
        (Browser::new(&tenant), Browser::new(&tenant), Browser::new(&tenant));
    let tokens = tenant.tokens(&mut one, "auth0|1", PAGE).await;
    linked.stand_in("google-oauth2", &[("choice", "115")]).await;
    stranger.sign_in("auth0|2", &[]).await;
    assert_eq!(call(&tenant, Method::DELETE, SESSIONS).await.status, 202);
    assert!(!is_signed_in(&mut one).await && !is_signed_in(&mut linked).await);
    assert!(is_signed_in(&mut stranger).await);
    assert_eq!(tenant.refresh(text(&tokens["refresh_token"]), &[]).await.status, 200);
    let unknown = call(&tenant, Method::DELETE, "/api/v2/users/auth0%7C9/sessions").await;
    assert_eq!(unknown.json()["errorCode"], "inexistent_user");
}

#[tokio::test]
async fn access_of_a_user_is_revoked_as_a_whole_or_for_one_session() {
    let tenant = TestTenant::with_users(&[&["auth0|1"], &["auth0|2"]]).await;
    let token = tenant.machine_token(SCOPES).await;
    let path = "/api/v2/users/auth0%7C1/revoke-access";
    let mut browser = Browser::new(&tenant);
    let tokens = tenant.tokens(&mut browser, "auth0|1", PAGE).await;
    let mut stranger = Browser::new(&tenant);
    let theirs = tenant.tokens(&mut stranger, "auth0|2", PAGE).await;
    let sid = |tokens: &Value| claims_in(text(&tokens["id_token"]))["sid"].clone();
    let foreign = tenant.post_json(path, Some(&token), &json!({ "session_id": sid(&theirs) })).await;
    assert_eq!(foreign.json()["errorCode"], "inexistent_session", "a session of another user is not found");
    assert!(is_signed_in(&mut stranger).await);
    let body = json!({ "session_id": sid(&tokens), "preserve_refresh_tokens": true });
    assert_eq!(tenant.post_json(path, Some(&token), &body).await.status, 202);
    assert!(!is_signed_in(&mut browser).await);
    assert!(tenant.has_refresh_token(text(&tokens["refresh_token"])).await);
    assert_eq!(tenant.post_json(path, Some(&token), &json!({})).await.status, 202);
    assert!(!tenant.has_refresh_token(text(&tokens["refresh_token"])).await);
    assert!(tenant.has_refresh_token(text(&theirs["refresh_token"])).await);
}

#[tokio::test]
async fn refresh_tokens_are_listed_and_revoked() {
    let tenant = TestTenant::with_users(&[&["auth0|1"], &["auth0|2"]]).await;
    let mut browser = Browser::new(&tenant);
    let tokens = tenant.tokens(&mut browser, "auth0|1", PAGE).await;
    let web = tenant.tokens(&mut browser, "auth0|1", "web").await;
    let theirs = tenant.tokens(&mut Browser::new(&tenant), "auth0|2", PAGE).await;
    let list = get(&tenant, &format!("{TOKENS}?take=1")).await;
    let next = text(&list["next"]).to_owned();
    let rest = get(&tenant, &format!("{TOKENS}?take=1&from={next}")).await;
    assert_eq!((rest["tokens"][0]["id"].as_str(), rest.get("next")), (Some(next.as_str()), None));
    let all = get(&tenant, TOKENS).await;
    let shown = all["tokens"].as_array().unwrap();
    let of = |client: &str| shown.iter().find(|token| token["client_id"] == client).unwrap();
    let (id, sid) = (text(&of(PAGE)["id"]).to_owned(), text(&of(PAGE)["session_id"]).to_owned());
    let path = format!("/api/v2/refresh-tokens/{id}");
    let one = call(&tenant, Method::GET, &path).await;
    assert_snapshot!(one.status_and_text().replace(&id, "ID").replace(&sid, "SID"), @r#"200 {"id":"ID","user_id":"auth0|1","created_at":"2026-01-01T00:00:00.000Z","idle_expires_at":"2026-01-16T00:00:00.000Z","expires_at":"2026-01-31T00:00:00.000Z","client_id":"page","session_id":"SID","rotating":true,"resource_servers":[{"audience":"http://localhost:3000/api/v2/","scopes":"openid profile email read:current_user update:current_user_identities offline_access"}]}"#);
    assert_eq!(of("web")["rotating"], false);
    assert!(!all.to_string().contains(text(&tokens["refresh_token"])), "the token itself is not shown");
    assert_eq!(call(&tenant, Method::DELETE, &path).await.status, 202);
    assert_eq!(tenant.refresh(text(&tokens["refresh_token"]), &[]).await.status, 403);
    assert!(!tenant.has_refresh_token(text(&tokens["refresh_token"])).await);
    assert!(tenant.has_refresh_token(text(&web["refresh_token"])).await);
    for method in [Method::GET, Method::DELETE] {
        let gone = call(&tenant, method, &path).await;
        assert_eq!(gone.json()["errorCode"], "inexistent_refresh_token");
    }
    assert_eq!(call(&tenant, Method::DELETE, TOKENS).await.status, 202);
    assert!(!tenant.has_refresh_token(text(&web["refresh_token"])).await);
    assert!(tenant.has_refresh_token(text(&theirs["refresh_token"])).await);
    assert!(is_signed_in(&mut browser).await, "the session goes on");
}

#[tokio::test]
async fn a_waiting_account_is_shown_and_freed() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let address = email("auth0|1");
    let by_identifier =
        format!("/api/v2/user-blocks?identifier={}", address.to_uppercase().replace('@', "%40"));
    let by_id = "/api/v2/user-blocks/auth0%7C1";
    assert_eq!(get(&tenant, by_id).await, json!({ "blocked_for": [] }));
    for path in [by_id, &by_identifier] {
        let mut browser = Browser::new(&tenant);
        let login_state = browser.start_login(&[]).await;
        for _ in 0..6 {
            browser.type_password(&login_state, &address, "wrong").await;
        }
        let right = browser.type_password(&login_state, &address, crate::test_tenant::PASSWORD).await;
        assert_eq!(right.parameter("code"), None, "the account waits");
        for shown in [by_id, &by_identifier] {
            assert_eq!(get(&tenant, shown).await, json!({ "blocked_for": [{ "identifier": address }] }));
        }
        assert_eq!(call(&tenant, Method::DELETE, path).await.status, 204);
        assert_eq!(get(&tenant, by_id).await, json!({ "blocked_for": [] }));
        let right = browser.type_password(&login_state, &address, crate::test_tenant::PASSWORD).await;
        assert!(right.parameter("code").is_some());
    }
    let missing = call(&tenant, Method::GET, "/api/v2/user-blocks").await;
    assert_snapshot!(missing.status_and_text(), @r#"400 {"statusCode":400,"error":"Bad Request","message":"Query validation error: 'Missing required property: identifier' on property identifier.","errorCode":"invalid_query_string"}"#);
    let unknown = call(&tenant, Method::DELETE, "/api/v2/user-blocks/auth0%7C9").await;
    assert_eq!(unknown.json()["errorCode"], "inexistent_user");
}

// attack: sessions
#[tokio::test]
async fn access_is_read_and_ended_by_machines_with_the_scope_only() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let mut browser = Browser::new(&tenant);
    let tokens = tenant.tokens(&mut browser, "auth0|1", PAGE).await;
    let sid = text(&claims_in(text(&tokens["id_token"]))["sid"]).to_owned();
    let family = text(&get(&tenant, TOKENS).await["tokens"][0]["id"]).to_owned();
    let user = tenant.user_token("auth0|1").await;
    let reads = tenant.machine_token("read:users update:users read:sessions read:refresh_tokens").await;
    for (method, path) in [
        (Method::DELETE, SESSIONS.to_owned()),
        (Method::DELETE, TOKENS.to_owned()),
        (Method::DELETE, format!("/api/v2/sessions/{sid}")),
        (Method::POST, format!("/api/v2/sessions/{sid}/revoke")),
        (Method::POST, "/api/v2/users/auth0%7C1/revoke-access".to_owned()),
        (Method::DELETE, format!("/api/v2/refresh-tokens/{family}")),
    ] {
        for token in [&user, &reads] {
            let response = tenant.call(method.clone(), &path, token).await;
            assert_eq!(response.json()["errorCode"], "insufficient_scope", "{method} {path}");
        }
    }
    for path in [SESSIONS, TOKENS, "/api/v2/user-blocks/auth0%7C1", "/api/v2/user-blocks?identifier=a"] {
        assert_eq!(tenant.call(Method::GET, path, &user).await.status, 403, "{path}");
    }
    assert!(is_signed_in(&mut browser).await);
    assert!(tenant.has_refresh_token(text(&tokens["refresh_token"])).await);
}
