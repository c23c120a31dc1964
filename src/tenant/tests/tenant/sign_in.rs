//! Sign-in from `/authorize` through the login page to a code (contract C1), and attacks on it.

use std::time::Duration;

use axum::http::StatusCode;
use tenant::configuration::Options;
use tenant::secret::Secret;
use tenant::seed::SeedPassword;

use crate::test_tenant::{
    Browser, CALLBACK, DATABASE, PASSWORD, START, TestTenant, UNFRAMED, authorize_path, email, user,
};

async fn open_tenant() -> TestTenant {
    TestTenant::with_users(&[&["auth0|1"], &["auth0|2"]]).await
}

#[tokio::test]
async fn a_sign_in_with_a_password_is_counted() {
    let tenant = open_tenant().await;
    let mut browser = Browser::new(&tenant);
    let login_state = browser.start_login(&[]).await;
    let page = browser.get(&format!("/u/login?state={login_state}")).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("The page"));
    assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"));
    assert!(!page.header("content-security-policy").contains("unsafe"));

    let response = browser.type_password(&login_state, &email("auth0|1").to_uppercase(), PASSWORD).await;
    assert!(response.location().starts_with(&format!("{CALLBACK}?code=")), "{}", response.location());
    assert_eq!(response.parameter("state").as_deref(), Some("the-state"));
    assert_eq!(tenant.account_of(&response.parameter("code").unwrap()).await, "auth0|1");
    let row = tenant.row("auth0|1").await.unwrap();
    assert_eq!((row.logins_count, row.last_login), (1, Some(START)));
}

// attack: guessing
#[tokio::test]
async fn a_wrong_password_and_an_unknown_person_have_the_same_response() {
    let tenant = open_tenant().await;
    let mut browser = Browser::new(&tenant);
    let login_state = browser.start_login(&[]).await;
    let known = browser.type_password(&login_state, "auth01@example.test", "wrong").await;
    let unknown = browser.type_password(&login_state, "nobody@example.test", "wrong").await;
    assert_eq!(known.status, StatusCode::UNAUTHORIZED);
    assert!(known.text.contains("Wrong e-mail address or password."));
    assert_eq!(known.text.replace("auth01@", "x@"), unknown.text.replace("nobody@", "x@"));
    assert!(!browser.cookies.keys().any(|name| name.contains("session")));
    assert_eq!(tenant.row("auth0|1").await.unwrap().logins_count, 0);
    let right = browser.type_password(&login_state, "auth01@example.test", PASSWORD).await;
    assert!(right.parameter("code").is_some());
}

/// Returns the median time that refusing a sign-in takes, for each identifier. The identifiers take turns.
async fn refusal_times(tenant: &TestTenant, logins: [&str; 2]) -> [Duration; 2] {
    let mut browser = Browser::new(tenant);
    let login_state = browser.start_login(&[]).await;
    let mut times = [const { Vec::new() }; 2];
    for _ in 0..9 {
        for (login, times) in logins.iter().zip(&mut times) {
            // The throttle forgets each guess before the next one.
            tenant.clock.advance(Duration::from_mins(2));
            let start = tokio::time::Instant::now();
            assert_eq!(
                browser.type_password(&login_state, login, "wrong").await.status,
                StatusCode::UNAUTHORIZED
            );
            times.push(start.elapsed());
        }
    }
    times.map(|mut times| {
        times.sort_unstable();
        times[times.len() / 2]
    })
}

// attack: guessing
#[tokio::test]
async fn an_unknown_person_takes_as_much_work_as_a_wrong_password() {
    let mut seed = user(&["auth0|1"]);
    // The tenant's own hash algorithm. The other users have imported hashes with the lowest cost.
    seed.password = Some(SeedPassword::Clear(Secret::new(PASSWORD)));
    let tenant = TestTenant::with_seeds(vec![seed]).await;
    let known = email("auth0|1");
    refusal_times(&tenant, [&known, "nobody@example.test"]).await;
    let [known, unknown] = refusal_times(&tenant, [&known, "nobody@example.test"]).await;
    // Without the dummy hash, the time would be a hundredth.
    assert!(unknown * 3 > known && known * 3 > unknown, "{known:?} and {unknown:?}");
}

#[tokio::test]
async fn an_imported_hash_is_replaced_at_the_first_sign_in_and_not_by_a_wrong_password() {
    let tenant = open_tenant().await;
    let connection = model::ConnectionName::new(DATABASE);
    let stored = async || {
        let mut reader = tenant.store.read().await.unwrap();
        reader.find_credential(&connection, &email("auth0|1")).await.unwrap().unwrap().password_hash
    };
    let mut browser = Browser::new(&tenant);
    let login_state = browser.start_login(&[]).await;
    browser.type_password(&login_state, &email("auth0|1"), "wrong").await;
    assert!(stored().await.starts_with("$2"));
    for _ in 0..2 {
        Browser::new(&tenant).sign_in("auth0|1", &[]).await;
        assert!(stored().await.starts_with("$argon2id$"));
    }
}

#[tokio::test]
async fn a_session_signs_in_without_interaction_until_it_expires() {
    let tenant = open_tenant().await;
    let mut browser = Browser::new(&tenant);
    browser.sign_in("auth0|1", &[]).await;
    let silent = authorize_path(&[("prompt", "none")]);
    assert!(browser.get(&silent).await.parameter("code").is_some());
    assert!(browser.get(&authorize_path(&[])).await.parameter("code").is_some());

    // Used once a day, the session lasts three days.
    for _ in 0..3 {
        tenant.clock.advance(Duration::from_hours(23));
        assert!(browser.get(&silent).await.parameter("code").is_some());
    }
    tenant.clock.advance(Duration::from_hours(3));
    let response = browser.get(&silent).await;
    assert_eq!(response.parameter("error").as_deref(), Some("login_required"));
    assert_eq!(response.parameter("error_description").as_deref(), Some("Login required"));
    assert_eq!(response.parameter("state").as_deref(), Some("the-state"));
}

#[tokio::test]
async fn an_idle_session_expires() {
    let tenant = open_tenant().await;
    let mut browser = Browser::new(&tenant);
    browser.sign_in("auth0|1", &[]).await;
    tenant.clock.advance(Duration::from_hours(24));
    let response = browser.get(&authorize_path(&[("prompt", "none")])).await;
    assert_eq!(response.parameter("error").as_deref(), Some("login_required"));
}

#[tokio::test]
async fn prompt_and_max_age_require_a_new_sign_in() {
    let tenant = open_tenant().await;
    let mut browser = Browser::new(&tenant);
    browser.sign_in("auth0|1", &[]).await;
    tenant.clock.advance(Duration::from_secs(61));
    for with in [("prompt", "login"), ("max_age", "0"), ("max_age", "60")] {
        let response = browser.get(&authorize_path(&[with])).await;
        assert!(response.location().starts_with("/u/login?state="), "{with:?}: {}", response.location());
    }
    assert!(browser.get(&authorize_path(&[("max_age", "61")])).await.parameter("code").is_some());
    let stale = browser.get(&authorize_path(&[("max_age", "60"), ("prompt", "none")])).await;
    assert_eq!(stale.parameter("error").as_deref(), Some("login_required"));
}

// attack: authorization
#[tokio::test]
async fn a_redirect_uri_is_compared_exactly_and_an_invalid_one_is_never_followed() {
    let tenant = open_tenant().await;
    for uri in [
        "http://localhost:3000/Callback",
        "http://LOCALHOST:3000/callback",
        "http://localhost:3001/callback",
        "http://localhost/callback",
        "https://localhost:3000/callback",
        "http://localhost:3000/callback/",
        "http://localhost:3000/callback#x",
        "http://localhost:3000/callback?x=1#x",
        "http://localhost:3000/callback?code=x",
        "http://localhost:3000/callback?x=1&STATE=y",
        "http://user@localhost:3000/callback",
        "http://localhost:3000/a/../callback",
        "http://localhost:3000/%2e%2e/callback",
        "http://localhost:3000/callback/../evil",
        "http://evil.test/callback",
        "//evil.test",
        "javascript:alert(1)",
        "",
    ] {
        let response = Browser::new(&tenant).get(&authorize_path(&[("redirect_uri", uri)])).await;
        assert_eq!(response.status, 403, "{uri}");
        assert_eq!(response.location(), "", "{uri}");
        assert!(response.text.contains("Callback URL mismatch."), "{uri}");
        assert_eq!(response.header("set-cookie"), "", "{uri}");
    }
    assert!(!tenant.stores("the-state"), "no pending login is stored");
}

#[tokio::test]
async fn an_unknown_client_and_a_duplicate_parameter_have_an_error_page() {
    let tenant = open_tenant().await;
    let response = Browser::new(&tenant).get(&authorize_path(&[("client_id", "nobody")])).await;
    assert_eq!((response.status.as_u16(), response.location()), (403, ""));
    let doubled = format!("{}&redirect_uri=http://evil.test/", authorize_path(&[]));
    let response = Browser::new(&tenant).get(&doubled).await;
    assert_eq!((response.status.as_u16(), response.location()), (400, ""));
}

#[tokio::test]
async fn an_invalid_request_redirects_with_error_and_state() {
    let tenant = open_tenant().await;
    for (with, error) in [
        ([("response_type", "token")], "unsupported_response_type"),
        ([("response_mode", "pigeon")], "invalid_request"),
        ([("response_type", "code token")], "unsupported_response_type"),
        ([("code_challenge", "")], "invalid_request"),
        ([("code_challenge", "short")], "invalid_request"),
        ([("code_challenge_method", "plain")], "invalid_request"),
        ([("code_challenge_method", "")], "invalid_request"),
        ([("prompt", "perhaps")], "invalid_request"),
        ([("max_age", "soon")], "invalid_request"),
        ([("audience", "http://unknown.test/")], "access_denied"),
        ([("connection", "unknown")], "invalid_request"),
        ([("connection", "facebook")], "invalid_request"),
    ] {
        let response = Browser::new(&tenant).get(&authorize_path(&with)).await;
        assert!(response.location().starts_with(CALLBACK), "{with:?}: {}", response.status_and_text());
        assert_eq!(response.parameter("error").as_deref(), Some(error), "{with:?}");
        assert_eq!(response.parameter("state").as_deref(), Some("the-state"), "{with:?}");
        assert_eq!(response.parameter("code"), None);
    }
    assert!(!tenant.stores("the-state"), "no pending login is stored");
    Browser::new(&tenant).start_login(&[]).await;
    assert!(tenant.stores("the-state"), "a valid request stores one");
}

// attack: sessions
#[tokio::test]
async fn a_pending_login_is_bound_to_its_browser() {
    let tenant = open_tenant().await;
    let mut attacker = Browser::new(&tenant);
    let login_state = attacker.start_login(&[]).await;
    // The victim opens the attacker's login page, with and without a pending login of their own.
    let mut victim = Browser::new(&tenant);
    let response = victim.type_password(&login_state, &email("auth0|2"), PASSWORD).await;
    assert_eq!((response.status.as_u16(), response.location()), (400, ""));
    victim.start_login(&[]).await;
    let response = victim.type_password(&login_state, &email("auth0|2"), PASSWORD).await;
    assert_eq!((response.status.as_u16(), response.location()), (400, ""));
    assert_eq!(tenant.row("auth0|2").await.unwrap().logins_count, 0);
}

// attack: sessions
#[tokio::test]
async fn a_form_of_another_site_is_refused() {
    let tenant = open_tenant().await;
    let mut browser = Browser::new(&tenant);
    let login_state = browser.start_login(&[]).await;
    for origin in ["http://evil.test", "null", "http://localhost:3001"] {
        browser.origin = origin;
        let response = browser.type_password(&login_state, &email("auth0|1"), PASSWORD).await;
        assert_eq!((response.status.as_u16(), response.location()), (403, ""), "{origin}");
    }
    assert_eq!(tenant.row("auth0|1").await.unwrap().logins_count, 0);
}

// attack: sessions
#[tokio::test]
async fn a_pending_login_opens_one_session_and_expires() {
    let tenant = open_tenant().await;
    let mut browser = Browser::new(&tenant);
    let login_state = browser.start_login(&[]).await;
    assert!(
        browser.type_password(&login_state, &email("auth0|1"), PASSWORD).await.parameter("code").is_some()
    );
    assert_eq!(browser.type_password(&login_state, &email("auth0|1"), PASSWORD).await.status, 400);
    let login_state = browser.start_login(&[("prompt", "login")]).await;
    tenant.clock.advance(Duration::from_hours(1));
    assert_eq!(browser.type_password(&login_state, &email("auth0|1"), PASSWORD).await.status, 400);
    assert_eq!(tenant.row("auth0|1").await.unwrap().logins_count, 1);
}

// attack: sessions
#[tokio::test]
async fn every_sign_in_starts_a_new_session_and_ends_the_previous_one() {
    let tenant = open_tenant().await;
    let mut browser = Browser::new(&tenant);
    browser.sign_in("auth0|1", &[]).await;
    let before = browser.cookies.clone();
    browser.sign_in("auth0|2", &[("prompt", "login")]).await;
    assert_ne!(before, browser.cookies);
    // A planted cookie and the cookie of the previous session are invalid.
    let mut old = Browser::new(&tenant);
    old.cookies = before;
    let silent = authorize_path(&[("prompt", "none")]);
    assert_eq!(old.get(&silent).await.parameter("error").as_deref(), Some("login_required"));
    assert_eq!(tenant.account_of(&browser.get(&silent).await.parameter("code").unwrap()).await, "auth0|2");
}

// attack: sessions
#[tokio::test]
async fn cookies_are_http_only_and_same_site() {
    let tenant = open_tenant().await;
    let mut browser = Browser::new(&tenant);
    let login_state = browser.start_login(&[]).await;
    let response = browser.type_password(&login_state, &email("auth0|1"), PASSWORD).await;
    let cookie = response.header("set-cookie");
    assert!(cookie.starts_with("linked-accounts-session-3000="), "{cookie}");
    assert!(cookie.ends_with("; HttpOnly; SameSite=Lax; Path=/"), "{cookie}");
}

// attack: sessions
#[tokio::test]
async fn a_blocked_user_cannot_sign_in() {
    let mut blocked = user(&["auth0|1"]);
    blocked.user.blocked = Some(true);
    let tenant = TestTenant::with_seeds(vec![blocked]).await;
    let mut browser = Browser::new(&tenant);
    let login_state = browser.start_login(&[]).await;
    let response = browser.type_password(&login_state, &email("auth0|1"), PASSWORD).await;
    assert!(response.text.contains("This account is blocked."));
    assert!(!browser.cookies.keys().any(|name| name.contains("session")));
    assert_eq!(tenant.row("auth0|1").await.unwrap().logins_count, 0);
}

#[tokio::test]
async fn the_login_hint_is_filled_in() {
    let tenant = open_tenant().await;
    let mut browser = Browser::new(&tenant);
    let login_state = browser.start_login(&[("login_hint", "ada@example.test\"><script>")]).await;
    let page = browser.get(&format!("/u/login?state={login_state}")).await;
    assert!(page.text.contains("value=\"ada@example.test&quot;&gt;&lt;script&gt;\""));
}

#[tokio::test]
async fn a_web_message_response_is_sent_to_an_allowed_origin() {
    let tenant = open_tenant().await;
    let mut browser = Browser::new(&tenant);
    let silent = authorize_path(&[("prompt", "none"), ("response_mode", "web_message")]);
    let refused = browser.get(&silent).await;
    assert!(refused.text.contains("login_required"));
    browser.sign_in("auth0|1", &[]).await;
    let response = browser.get(&silent).await;
    assert_eq!(response.status, 200);
    assert!(response.text.contains("authorization_response"));
    assert!(response.text.contains("\"http://localhost:3000\""));
    let policy = response.header("content-security-policy");
    assert!(
        policy.contains("frame-ancestors http://localhost:3000") && !policy.contains("unsafe"),
        "{policy}"
    );
    assert_eq!(response.header("cache-control"), "no-store");
}

// attack: authorization
#[tokio::test]
async fn an_error_page_links_to_the_application_that_started_the_login_only() {
    let tenant = open_tenant().await;
    let mut browser = Browser::new(&tenant);
    let login_state = browser.start_login(&[]).await;
    browser.type_password(&login_state, &email("auth0|1"), PASSWORD).await;
    let back = r#"href="http://localhost:3000/">Go to <bdi>The page</bdi></a>"#;
    for page in ["login", "signup", "forgot-password", "connection", "reset-password", "verify-email"] {
        // The URL has no influence on the link.
        for path in [
            format!("/u/{page}?state={login_state}&connection=github"),
            format!("/u/{page}?state=x&client_id=other&redirect_uri=http://evil.test/&returnTo=//evil.test"),
        ] {
            let over = browser.get(&path).await;
            assert_eq!(over.status, 400, "{path}");
            assert!(over.text.contains(back) && !over.text.contains("evil"), "{path}: {}", over.text);
        }
    }
    assert!(browser.type_password(&login_state, "", "").await.text.contains(back));
    browser.origin = "http://evil.test";
    assert!(browser.type_password(&login_state, "", "").await.text.contains(back));
}

#[tokio::test]
async fn without_a_known_application_an_error_page_links_to_the_configured_url_or_none() {
    let tenant = open_tenant().await;
    let mut browser = Browser::new(&tenant);
    let nowhere = async |browser: &mut Browser<'_>| {
        let over = browser.get("/u/login?state=x").await;
        assert_eq!((over.status.as_u16(), over.text.contains("Go to")), (400, false), "{}", over.text);
    };
    nowhere(&mut browser).await;
    browser.start_login(&[]).await;
    let name = browser.cookies.keys().find(|name| name.contains("application")).unwrap().clone();
    for planted in ["http://evil.test/", "page", ""] {
        browser.cookies.insert(name.clone(), planted.to_owned());
        nowhere(&mut browser).await;
    }
    let there = Some("https://acme.example.test/".to_owned());
    let options = Options { default_redirection_uri: there, ..Options::default() };
    let tenant = TestTenant::with_options(Vec::new(), options).await;
    let over = Browser::new(&tenant).get("/u/login?state=x").await;
    assert!(over.text.contains(r#"href="https://acme.example.test/">Go to <bdi>Linked Accounts</bdi>"#));
}

// attack: authorization
#[tokio::test]
async fn no_web_message_is_sent_to_an_origin_that_is_not_allowed() {
    let tenant = open_tenant().await;
    let mut browser = Browser::new(&tenant);
    browser.sign_in("auth0|1", &[]).await;
    let with = [("client_id", "simple"), ("redirect_uri", UNFRAMED), ("prompt", "none")];
    assert!(
        browser.get(&authorize_path(&with)).await.location().starts_with(UNFRAMED),
        "a redirect is allowed"
    );
    let framed: Vec<_> = with.into_iter().chain([("response_mode", "web_message")]).collect();
    for who in [&mut browser, &mut Browser::new(&tenant)] {
        let response = who.get(&authorize_path(&framed)).await;
        assert_eq!(response.status, 403);
        assert!(response.text.contains("Web origin mismatch.") && !response.text.contains("<script"));
        assert!(response.header("content-security-policy").contains("frame-ancestors 'none'"));
    }
}

#[tokio::test]
async fn every_request_to_a_hosted_page_has_a_page_as_response() {
    let tenant = open_tenant().await;
    let mut browser = Browser::new(&tenant);
    let login_state = browser.start_login(&[]).await;
    for path in [
        format!("/u/login?state={login_state}&state=x"),
        "/u/login?state=%FF".to_owned(),
        format!("/u/connection?state={login_state}&connection=github&connection=google-oauth2"),
        "/u/connection".to_owned(),
        "/u/stand-in".to_owned(),
        "/u/nothing".to_owned(),
        format!("/login/callback/github?state={login_state}.x"),
        "/login/callback/%FF?state=x".to_owned(),
    ] {
        let response = browser.get(&path).await;
        assert!([400, 404].contains(&response.status.as_u16()), "{path}: {}", response.status);
        assert!(
            response.text.contains("Go to <bdi>The page</bdi>"),
            "{path}: {}",
            response.status_and_text()
        );
        assert!(response.header("content-security-policy").contains("frame-ancestors 'none'"), "{path}");
    }
    for path in ["/u/connection", "/u/nothing", "/login/callback/github"] {
        assert_eq!(browser.post(path, &[("state", &login_state)]).await.status, 404, "{path}");
    }
    assert!(
        browser.type_password(&login_state, &email("auth0|1"), PASSWORD).await.parameter("code").is_some()
    );
}

#[tokio::test]
async fn a_browser_without_cookies_is_told_so_and_led_back_to_the_application() {
    let tenant = open_tenant().await;
    let mut browser = Browser::new(&tenant);
    let login_state = browser.start_login(&[]).await;
    let kept = std::mem::take(&mut browser.cookies);
    let page = browser.get(&format!("/u/login?state={login_state}")).await;
    let form = browser.type_password(&login_state, &email("auth0|1"), PASSWORD).await;
    for response in [&page, &form] {
        assert_eq!((response.status.as_u16(), response.location()), (400, ""));
        assert!(response.text.contains("<h1>Cookies are needed to sign in</h1>"), "{}", response.text);
        assert!(
            response.text.contains("Allow cookies for <bdi>http://localhost:3000</bdi> in"),
            "{}",
            response.text
        );
        assert!(response.text.contains("href=\"http://localhost:3000/\">Go to <bdi>The page<"));
        assert_eq!(response.header("set-cookie"), "");
    }
    let unknown = browser.type_password("nothing", &email("auth0|1"), PASSWORD).await;
    assert!(unknown.text.contains("Cookies are needed") && !unknown.text.contains("Go to"));
    assert_eq!(tenant.row("auth0|1").await.unwrap().logins_count, 0);
    browser.cookies = kept;
    let response = browser.type_password(&login_state, &email("auth0|1"), PASSWORD).await;
    assert!(response.parameter("code").is_some(), "the pending login was left as it was");
}
