//! Authorization requests that strangers send to fill the disk: each part has a length, and only so many of them wait.

use axum::body::Body;
use axum::http::Method;
use axum::http::Request;
use serde_json::Value;
use store::Digest;
use tenant::secret::Secret;

use crate::test_tenant::{
    Browser, CALLBACK, PAGE, PASSWORD, SCOPE, TestTenant, VERIFIER, authorize_path, email,
};

async fn waits(tenant: &TestTenant, login_state: &str) -> bool {
    let digest: Digest = Secret::new(login_state).digest();
    tenant.store.read().await.unwrap().find_pending_login(&digest).await.unwrap().is_some()
}

// attack: floods
#[tokio::test]
async fn a_parameter_of_any_length_is_never_stored_and_is_refused_by_its_name() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let mut browser = Browser::new(&tenant);
    for (name, most) in [
        ("nonce", 2048),
        ("scope", 4096),
        ("audience", 1024),
        ("login_hint", 1024),
        ("connection", 128),
        ("code_challenge", 128),
        ("code_challenge_method", 128),
        ("prompt", 128),
        ("screen_hint", 128),
        ("max_age", 128),
        ("response_mode", 128),
    ] {
        let response = browser.get(&authorize_path(&[(name, &"q".repeat(most + 1))])).await;
        let description = response.parameter("error_description").unwrap_or_default();
        // A response mode is judged before its length is.
        let expected = if name == "response_mode" {
            "Unsupported response_mode".to_owned()
        } else {
            format!("The {name} is too long, maximum {most}")
        };
        assert_eq!(
            (response.parameter("error").as_deref(), description),
            (Some("invalid_request"), expected)
        );
    }
    for (name, value) in
        [("state", "q".repeat(2049)), ("redirect_uri", format!("{CALLBACK}?q={}", "q".repeat(2048)))]
    {
        let response = browser.get(&authorize_path(&[(name, &value)])).await;
        assert_eq!((response.status.as_u16(), response.location()), (400, ""), "{name}");
        assert!(response.text.contains(&format!("The {name} is too long")), "{}", response.text);
        let pushed: Vec<_> = [("client_id", PAGE), ("redirect_uri", CALLBACK), (name, &*value)]
            .into_iter()
            .filter(|(key, given)| *key != name || *given == value)
            .collect();
        let response = tenant.post_form("/oauth/par", &pushed).await;
        assert_eq!(response.status, 400, "{name} {}", response.text);
        assert!(response.text.contains(&format!("The {name} is too long")), "{}", response.text);
    }
    assert!(!tenant.stores("qqqqqqqq"));
}

#[tokio::test]
async fn the_parameters_of_known_clients_are_never_too_long() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let mut browser = Browser::new(&tenant);
    let state = "s".repeat(2048);
    let with = [("state", &*state), ("nonce", &*state), ("login_hint", &state[..1024])];
    let login_state = browser.start_login(&with).await;
    let response = browser.type_password(&login_state, &email("auth0|1"), PASSWORD).await;
    assert_eq!(response.parameter("state"), Some(state));
}

// attack: floods
#[tokio::test]
async fn requests_to_sign_in_never_wait_without_bound_and_the_oldest_of_a_browser_goes_first() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let (mut browser, mut other) = (Browser::new(&tenant), Browser::new(&tenant));
    let of_other = other.start_login(&[]).await;
    let mut states = Vec::new();
    for _ in 0..25 {
        states.push(browser.start_login(&[]).await);
    }
    for (number, state) in states.iter().enumerate() {
        assert_eq!(waits(&tenant, state).await, number >= 5, "{number}");
    }
    assert!(waits(&tenant, &of_other).await, "another browser is not concerned");
    let response = browser.type_password(&states[24], &email("auth0|1"), PASSWORD).await;
    assert!(response.parameter("code").is_some());
    let over = browser.get(&format!("/u/login?state={}", states[0])).await;
    assert!(over.text.contains("This sign-in is over"), "{}", over.text);
}

// attack: floods
#[tokio::test]
async fn requests_without_cookies_never_fill_the_table_from_one_network() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let from = |address: &str, tenant| {
        let mut browser = Browser::new(tenant);
        browser.address = Some(address.parse().unwrap());
        browser
    };
    let elsewhere = from("198.51.100.1", &tenant).start_login(&[]).await;
    let first = from("2001:db8::1", &tenant).start_login(&[]).await;
    for number in 0..999 {
        from(&format!("2001:db8::{number:x}"), &tenant).start_login(&[]).await;
    }
    assert!(waits(&tenant, &first).await);
    from("2001:db8::1", &tenant).start_login(&[]).await;
    assert!(!waits(&tenant, &first).await);
    assert!(waits(&tenant, &elsewhere).await);
}

// attack: floods
#[tokio::test]
async fn a_refresh_token_never_keeps_more_of_its_request_than_a_refresh_needs() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let mut browser = Browser::new(&tenant);
    let scope = format!("{SCOPE} offline_access");
    let with = [("scope", &*scope), ("login_hint", "hint"), ("state", "state-of-the-request")];
    let code = browser.sign_in("auth0|1", &with).await;
    let tokens: Value = tenant.exchange_code(&code, &[("code_verifier", VERIFIER)]).await.json();
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let digest = Secret::new(refresh).digest();
    let row = tenant.store.read().await.unwrap().find_refresh_token(&digest).await.unwrap().unwrap();
    let kept: Value = serde_json::from_str(&row.family.request).unwrap();
    for (name, value) in kept.as_object().unwrap() {
        let expected = ["client_id", "scopes", "audience", "response_type", "reply_to", "sign_up", "subject"];
        assert!(expected.contains(&&**name) || value.is_null(), "{name}: {value}");
    }
    assert_eq!((&kept["reply_to"]["redirect_uri"], &kept["reply_to"]["state"]), (&"".into(), &Value::Null));
    let refreshed = tenant.refresh(refresh, &[]).await;
    assert_eq!(refreshed.json()["scope"], tokens["scope"], "{}", refreshed.text);
}

// attack: network
#[tokio::test]
async fn a_program_that_only_looks_at_an_address_never_gets_a_code_nor_signs_anybody_out() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let mut browser = Browser::new(&tenant);
    browser.sign_in("auth0|1", &[]).await;
    let cookies: Vec<_> = browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    for path in [
        &*authorize_path(&[]),
        "/v2/logout",
        "/oidc/logout",
        "/u/connection?state=x&connection=github",
        "/login/callback/github?state=x&code=y",
    ] {
        let request = Request::builder().method(Method::HEAD).uri(path).header("cookie", cookies.join("; "));
        let response = tenant.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!((response.status.as_u16(), response.location()), (405, ""), "{path}");
        assert_eq!(response.header("set-cookie"), "", "{path}");
    }
    assert!(browser.get(&authorize_path(&[("prompt", "none")])).await.parameter("code").is_some());
}
