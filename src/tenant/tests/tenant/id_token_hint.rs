//! `id_token_hint` and `registration` of authorization requests (OpenID Connect Core 3.1.2.1 and 7.2.1), and `iss` in every
//! response to one (RFC 9207).

use serde_json::json;

use crate::test_tenant::{Browser, ISSUER, PASSWORD, TestResponse, TestTenant, authorize_path, email};

async fn open_tenant() -> TestTenant {
    TestTenant::with_users(&[&["auth0|1"], &["auth0|2"]]).await
}

/// The error of a response to the application, whose `state` and `iss` are right.
fn error(response: &TestResponse) -> Option<String> {
    assert!(response.location().starts_with("http://localhost:3000/callback?"), "{}", response.location());
    assert_eq!(response.parameter("state").as_deref(), Some("the-state"));
    assert_eq!(response.parameter("iss").as_deref(), Some(ISSUER));
    response.parameter("error")
}

// attack: authorization
#[tokio::test]
async fn a_session_of_somebody_else_never_answers_a_request_about_the_person_in_id_token_hint() {
    let tenant = open_tenant().await;
    let mut browser = Browser::new(&tenant);
    browser.sign_in("auth0|1", &[]).await;
    let own = tenant.id_token("auth0|1", "other").await;
    let other = tenant.id_token("auth0|2", "page").await;
    let forged = {
        let (unsigned, _) = own.rsplit_once('.').unwrap();
        format!("{unsigned}.AAAA")
    };
    let access = tenant.user_token("auth0|1").await;
    let silent = async |browser: &mut Browser<'_>, hint: &str| {
        browser.get(&authorize_path(&[("prompt", "none"), ("id_token_hint", hint)])).await
    };
    let answer = silent(&mut browser, &own).await;
    assert_eq!((error(&answer), answer.parameter("code").is_some()), (None, true), "own, of another client");
    tenant.clock.advance(std::time::Duration::from_hours(2));
    assert_eq!(error(&silent(&mut browser, &own).await), None, "a hint may have expired");
    for hint in [&*other, &forged, &access, "nonsense"] {
        let answer = silent(&mut browser, hint).await;
        assert_eq!(error(&answer).as_deref(), Some("login_required"), "{hint}");
        assert_eq!(answer.parameter("code"), None);
        let asked = browser.get(&authorize_path(&[("id_token_hint", hint)])).await;
        assert!(asked.location().starts_with("/u/login?state="), "{hint}: {}", asked.location());
    }
    assert!(silent(&mut browser, "").await.parameter("code").is_some());
}

// attack: authorization
#[tokio::test]
async fn somebody_else_than_id_token_hint_names_never_signs_in_by_that_request() {
    let tenant = open_tenant().await;
    let hint = tenant.id_token("auth0|2", "page").await;
    let mut browser = Browser::new(&tenant);
    let login_state = browser.start_login(&[("id_token_hint", &hint)]).await;
    let answer = browser.type_password(&login_state, &email("auth0|1"), PASSWORD).await;
    assert_eq!(error(&answer).as_deref(), Some("login_required"));
    assert_eq!(answer.parameter("code"), None);
    assert!(!browser.cookies.keys().any(|name| name.contains("session")), "nobody is signed in");
    let row = tenant.row("auth0|1").await.unwrap();
    assert_eq!(row.logins_count, 0, "no sign-in was recorded: {row:?}");
    let again = browser.type_password(&login_state, &email("auth0|2"), PASSWORD).await;
    assert_eq!(again.status, 400, "the request is over");

    // A stranger gets no account by it either.
    let login_state = browser.start_login(&[("id_token_hint", &hint), ("connection", "github")]).await;
    let fields =
        [("state", &*login_state), ("connection", "github"), ("email", "new@example.test"), ("name", "New")];
    assert_eq!(error(&browser.post("/u/stand-in", &fields).await).as_deref(), Some("login_required"));
    let machine = tenant.machine_token("read:users").await;
    let found =
        tenant.call(axum::http::Method::GET, "/api/v2/users-by-email?email=new@example.test", &machine).await;
    assert_eq!(found.json(), json!([]));

    let login_state = browser.start_login(&[("id_token_hint", &hint)]).await;
    let answer = browser.type_password(&login_state, &email("auth0|2"), PASSWORD).await;
    assert_eq!(tenant.account_of(&answer.parameter("code").unwrap()).await, "auth0|2");
    // Whom an unreadable hint names is not known, so that whoever signs in is right.
    let login_state = browser.start_login(&[("id_token_hint", "old")]).await;
    let answer = browser.type_password(&login_state, &email("auth0|1"), PASSWORD).await;
    assert_eq!(tenant.account_of(&answer.parameter("code").unwrap()).await, "auth0|1");
}

#[tokio::test]
async fn what_is_not_supported_is_refused_by_its_own_error() {
    let tenant = open_tenant().await;
    let mut browser = Browser::new(&tenant);
    browser.sign_in("auth0|1", &[]).await;
    for (name, value, expected) in [
        ("request", "e30.e30.", "request_not_supported"),
        ("request_uri", "https://client.example.test/request.jwt", "request_uri_not_supported"),
        ("registration", "{\"redirect_uris\":[\"http://evil.test/\"]}", "registration_not_supported"),
        ("registration", "x", "registration_not_supported"),
    ] {
        for prompt in ["none", "login", ""] {
            let answer = browser.get(&authorize_path(&[(name, value), ("prompt", prompt)])).await;
            assert_eq!(error(&answer).as_deref(), Some(expected), "{name} {prompt}");
        }
    }
    let pushed = crate::authorization_requests::parameters(&authorize_path(&[("registration", "{}")]));
    let pushed: Vec<_> = pushed.iter().map(|(name, value)| (&**name, &**value)).collect();
    let answer = tenant.post_form("/oauth/par", &pushed).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["error"]),
        (400, &json!("registration_not_supported"))
    );
    assert!(browser.get(&authorize_path(&[("registration", "")])).await.parameter("code").is_some());
}

#[tokio::test]
async fn every_response_names_the_issuer_in_whichever_mode() {
    let tenant = open_tenant().await;
    let mut browser = Browser::new(&tenant);
    browser.sign_in("auth0|1", &[]).await;
    let fragment = browser.get(&authorize_path(&[("response_mode", "fragment")])).await;
    assert!(fragment.location().contains("&iss=http%3A%2F%2Flocalhost%3A3000%2F"), "{}", fragment.location());
    let form = browser.get(&authorize_path(&[("response_mode", "form_post")])).await;
    assert!(form.text.contains(r#"name="iss" value="http://localhost:3000/""#), "{}", form.text);
    let message = browser.get(&authorize_path(&[("response_mode", "web_message"), ("prompt", "none")])).await;
    assert!(message.text.contains(r#""iss":"http://localhost:3000/""#), "{}", message.text);
    let added = "http://localhost:3000/callback?iss=http%3A%2F%2Fevil.test";
    assert_eq!(browser.get(&authorize_path(&[("redirect_uri", added)])).await.status, 403);
}
