//! Applications that are told when a session has ended (OpenID Connect Back-Channel Logout 1.0), and attacks by what they
//! are told.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use tenant::configuration::{BackchannelLogout, Client, ClientAuthentication, Initiators, Options};
use tenant::{Clock, Configuration, Moment};

use crate::test_tenant::{
    Browser, ISSUER, LogoutReceiver, PASSWORD, START, TestTenant, authorize_path, claims_in, client, email,
    parts, user,
};

/// Opens a tenant with the clients `told`, which has these initiators, and `silent`, which has none.
async fn open_tenant(url: &str, initiators: Initiators) -> TestTenant {
    let backchannel_logout = BackchannelLogout { url: Some(url.to_owned()), initiators };
    let mut parts = parts(Options::default(), Vec::new());
    parts.clients.extend([
        Client { backchannel_logout, ..client("told", ClientAuthentication::None, None) },
        client("silent", ClientAuthentication::None, None),
    ]);
    let configuration = Configuration::new(parts).unwrap();
    let clock = Clock::settable(Moment::from_millis(START));
    let users = vec![user(&["auth0|1", "github|42"]), user(&["auth0|2"])];
    TestTenant::with_configuration(ISSUER, clock, configuration, users).await
}

/// Signs in at a client and returns the claims of its ID token.
async fn sign_in(tenant: &TestTenant, browser: &mut Browser<'_>, id: &str, client_id: &str) -> Value {
    let code = browser.sign_in(id, &[("client_id", client_id), ("audience", ""), ("prompt", "login")]).await;
    let tokens = tenant.exchange_code(&code, &[("client_id", client_id)]).await.json();
    claims_in(tokens["id_token"].as_str().unwrap())
}

/// Asserts that a logout token is about the session of an ID token.
fn assert_about(token: &str, id: &Value) {
    let claims = claims_in(token);
    assert_eq!((&claims["sub"], &claims["sid"], &claims["aud"]), (&id["sub"], &id["sid"], &id["aud"]));
}

#[tokio::test]
async fn the_applications_of_a_session_are_told_when_the_person_signs_out_and_others_are_not() {
    let mut told = LogoutReceiver::start(StatusCode::OK).await;
    let tenant = open_tenant(&told.url, Initiators::default()).await;
    let mut elsewhere = Browser::new(&tenant);
    let other = sign_in(&tenant, &mut elsewhere, "auth0|2", "told").await;
    let mut browser = Browser::new(&tenant);
    sign_in(&tenant, &mut browser, "auth0|1", "silent").await;
    assert_eq!(browser.get("/v2/logout").await.status, 200, "of a session that no application is told of");
    let first = sign_in(&tenant, &mut browser, "auth0|1", "told").await;
    // A second code of the same session does not tell twice.
    let with = [("client_id", "told"), ("audience", "")];
    let code = browser.get(&authorize_path(&with)).await.parameter("code").unwrap();
    assert_eq!(tenant.exchange_code(&code, &[("client_id", "told")]).await.status, 200);

    assert_eq!(browser.get("/v2/logout").await.status, 200);
    let token = told.token().await;
    assert_about(&token, &first);
    let header = jsonwebtoken::decode_header(&token).unwrap();
    assert_eq!(header.typ.as_deref(), Some("logout+jwt"));
    let claims = claims_in(&token);
    assert_eq!(claims["events"], json!({ "http://schemas.openid.net/event/backchannel-logout": {} }));
    assert_eq!(
        (claims["exp"].as_i64(), claims.get("nonce")),
        (claims["iat"].as_i64().map(|iat| iat + 120), None)
    );

    // Signing in as somebody else is no sign-out; the session that it took the place of ends with it.
    sign_in(&tenant, &mut elsewhere, "auth0|1", "silent").await;
    assert_eq!(elsewhere.get("/v2/logout").await.status, 200);
    assert_about(&told.token().await, &other);
    assert!(told.is_empty());
}

#[tokio::test]
async fn other_ends_are_told_to_whom_asked_for_them() {
    let mut told = LogoutReceiver::start(StatusCode::NO_CONTENT).await;
    let tenant = open_tenant(&told.url, Initiators::All).await;
    let machine =
        tenant.machine_token("update:users delete:users delete:sessions delete:refresh_tokens").await;
    let mut browser = Browser::new(&tenant);

    let id = sign_in(&tenant, &mut browser, "auth0|1", "told").await;
    let path = format!("/api/v2/sessions/{}", id["sid"].as_str().unwrap());
    assert_eq!(tenant.call(Method::DELETE, &path, &machine).await.status, 202);
    assert_about(&told.token().await, &id);

    let id = sign_in(&tenant, &mut browser, "auth0|1", "told").await;
    let body = json!({ "password": "another correct horse" });
    let changed = tenant.send_json(Method::PATCH, "/api/v2/users/auth0%7C1", Some(&machine), &body).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    assert_about(&told.token().await, &id);

    let id = sign_in(&tenant, &mut browser, "auth0|2", "told").await;
    assert_eq!(tenant.call(Method::DELETE, "/api/v2/users/auth0%7C2", &machine).await.status, 204);
    assert_about(&told.token().await, &id);
    assert!(told.is_empty());
}

#[tokio::test]
async fn without_initiators_only_a_sign_out_is_told_and_nothing_is_kept() {
    let mut told = LogoutReceiver::start(StatusCode::OK).await;
    let tenant = open_tenant(&told.url, Initiators::Selected(vec!["account-deleted".to_owned()])).await;
    let machine = tenant.machine_token("delete:sessions").await;
    let mut browser = Browser::new(&tenant);
    let id = sign_in(&tenant, &mut browser, "auth0|1", "told").await;
    let path = format!("/api/v2/sessions/{}", id["sid"].as_str().unwrap());
    assert_eq!(tenant.call(Method::DELETE, &path, &machine).await.status, 202);
    let id = sign_in(&tenant, &mut browser, "auth0|1", "told").await;
    browser.get("/v2/logout").await;
    assert_about(&told.token().await, &id);
    assert!(told.is_empty(), "the end by the API was not told, and is not told later");
    assert!(!tenant.store.read().await.unwrap().has_ended_sessions().await.unwrap());
}

#[tokio::test]
async fn sessions_that_expire_are_forgotten_without_telling_anybody() {
    let mut told = LogoutReceiver::start(StatusCode::OK).await;
    let tenant = open_tenant(&told.url, Initiators::All).await;
    sign_in(&tenant, &mut Browser::new(&tenant), "auth0|2", "told").await;
    tenant.clock.advance(Duration::from_hours(24 * 60));
    let mut browser = Browser::new(&tenant);
    let id = sign_in(&tenant, &mut browser, "auth0|1", "told").await;
    browser.get("/v2/logout").await;
    assert_about(&told.token().await, &id);
    assert!(told.is_empty());
}

// attack: network
#[tokio::test]
async fn an_application_that_fails_or_redirects_is_asked_once_and_delays_nobody() {
    for status in [StatusCode::INTERNAL_SERVER_ERROR, StatusCode::TEMPORARY_REDIRECT] {
        let mut told = LogoutReceiver::start(status).await;
        let tenant = open_tenant(&told.url, Initiators::default()).await;
        for _ in 0..2 {
            let mut browser = Browser::new(&tenant);
            let id = sign_in(&tenant, &mut browser, "auth0|1", "told").await;
            assert_eq!(browser.get("/v2/logout").await.status, 200);
            assert_about(&told.token().await, &id);
        }
        assert!(told.is_empty(), "{status}");
    }
    // One that takes connections and never answers, and one at an address where tokens must not be sent to.
    let deaf = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    for url in [format!("http://{}/", deaf.local_addr().unwrap()), "http://198.51.100.1/".to_owned()] {
        let tenant = open_tenant(&url, Initiators::default()).await;
        for _ in 0..3 {
            let mut browser = Browser::new(&tenant);
            sign_in(&tenant, &mut browser, "auth0|1", "told").await;
            assert_eq!(browser.get("/v2/logout").await.status, 200);
            let silent = browser.get(&authorize_path(&[("prompt", "none")])).await;
            assert_eq!(silent.parameter("error").as_deref(), Some("login_required"));
        }
    }
}

// attack: tokens
#[tokio::test]
async fn a_logout_token_is_never_taken_for_another_token() {
    let mut told = LogoutReceiver::start(StatusCode::OK).await;
    let tenant = open_tenant(&told.url, Initiators::default()).await;
    let mut browser = Browser::new(&tenant);
    sign_in(&tenant, &mut browser, "auth0|2", "told").await;
    browser.get("/v2/logout").await;
    let token = told.token().await;
    for path in ["/userinfo", "/api/v2/users/auth0%7C2"] {
        assert_eq!(tenant.call(Method::GET, path, &token).await.status, 401, "{path}");
    }
    let link = json!({ "link_with": token });
    let own = tenant.user_token("auth0|1").await;
    let refused = tenant.post_json("/api/v2/users/auth0%7C1/identities", Some(&own), &link).await;
    assert!(refused.status.is_client_error(), "{}", refused.text);
    assert_eq!(tenant.identities("auth0|1").await, ["auth0|1", "github|42"]);
    let id = sign_in(&tenant, &mut browser, "auth0|2", "told").await;
    let hinted = [("prompt", "none"), ("id_token_hint", &*token)];
    assert_eq!(
        browser.get(&authorize_path(&hinted)).await.parameter("error").as_deref(),
        Some("login_required")
    );
    let page = browser.get(&format!("/oidc/logout?id_token_hint={token}")).await;
    assert!(page.text.contains("Do you want to sign out?"), "{id}");
    let login_state = browser.start_login(&[("prompt", "login")]).await;
    assert_eq!(browser.type_password(&login_state, &email("auth0|2"), PASSWORD).await.status, 302);
}
