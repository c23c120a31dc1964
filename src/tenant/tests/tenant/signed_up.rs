//! The page after a sign-up in a browser, which tells of the mail (contract G113), and attacks on it.

use std::time::Duration;

use axum::http::Method;
use serde_json::json;
use tenant::configuration::{Client, ClientAuthentication};

use crate::apis::{ORDERS, open_tenant as tenant_with, orders};
use crate::form_redirect::{browser, code, target};
use crate::test_tenant::{
    Browser, CALLBACK, PASSWORD, TestResponse, TestTenant, authorize_path, claims_in, client, email,
};

const NEW: &str = "new@example.test";
const PAGE: &str = "/u/signed-up";

async fn open_tenant() -> TestTenant {
    TestTenant::with_users(&[&["auth0|1"]]).await
}

/// Signs up and returns the state of the page that follows.
async fn sign_up(browser: &mut Browser<'_>, with: &[(&str, &str)]) -> String {
    let login_state = browser.start_login(with).await;
    let fields = [("state", &*login_state), ("email", "New@Example.test"), ("password", PASSWORD)];
    let there = target(&browser.post("/u/signup", &fields).await);
    let state = there.strip_prefix("/u/signed-up?state=").unwrap_or_else(|| panic!("{there}"));
    state.to_owned()
}

async fn choose(browser: &mut Browser<'_>, state: &str, choice: &str) -> TestResponse {
    browser.post(PAGE, &[("state", state), ("choice", choice)]).await
}

async fn new_account(tenant: &TestTenant) -> store::UserRow {
    let token = tenant.machine_token("read:users").await;
    let found = tenant.call(Method::GET, &format!("/api/v2/users-by-email?email={NEW}"), &token).await.json();
    tenant.row(found[0]["user_id"].as_str().unwrap_or_else(|| panic!("{found}"))).await.unwrap()
}

/// Returns how many sessions the new account has, and how often it signed in.
async fn sessions(tenant: &TestTenant) -> (usize, i64) {
    let account = new_account(tenant).await;
    let machine = tenant.machine_token("read:sessions").await;
    let path = format!("/api/v2/users/{}/sessions", account.user_id.as_str().replace('|', "%7C"));
    let listed = tenant.call(Method::GET, &path, &machine).await.json();
    (listed["sessions"].as_array().unwrap().len(), account.logins_count)
}

fn assert_over(response: &TestResponse) {
    assert_eq!((response.status.as_u16(), response.parameter("code")), (400, None), "{}", response.text);
    assert!(response.text.contains("This sign-in is over"), "{}", response.text);
}

#[tokio::test]
async fn a_person_who_signs_up_in_a_browser_is_told_of_the_mail_and_goes_on_from_there() {
    let tenant = open_tenant().await;
    let mut browser = browser(&tenant);
    let state = sign_up(&mut browser, &[]).await;
    let page = browser.get(&format!("{PAGE}?state={state}")).await;
    assert_eq!(page.status, 200);
    for told in ["Check your mail", "We sent a mail to <bdi>new@example.test</bdi>", "Send the mail again"] {
        assert!(page.text.contains(told), "{told}: {}", page.text);
    }
    assert_eq!(tenant.take_mails().await.len(), 1);
    assert!(!tenant.stores(&state), "the state is stored by its digest");
    let there = target(&choose(&mut browser, &state, "continue").await);
    assert!(there.starts_with(&format!("{CALLBACK}?code=")) && there.contains("state=the-state"), "{there}");
    let tokens = tenant.exchange_code(&code(&there), &[]).await.json();
    let claims = claims_in(tokens["id_token"].as_str().unwrap());
    assert_eq!(claims["sub"], new_account(&tenant).await.user_id.as_str());
    assert_eq!(sessions(&tenant).await, (1, 1), "one session, one sign-in");
    let silent = browser.get(&authorize_path(&[("prompt", "none")])).await;
    assert!(silent.parameter("code").is_some());
}

#[tokio::test]
async fn the_link_in_the_mail_counts_in_this_browser_before_going_on_too() {
    let tenant = open_tenant().await;
    let mut browser = browser(&tenant);
    let state = sign_up(&mut browser, &[]).await;
    let link = tenant.take_link().await;
    let opened = browser.get(&link).await.location().to_owned();
    let confirmed = browser.post(&opened, &[]).await;
    assert!(confirmed.text.contains("E-mail address confirmed"), "without a password: {}", confirmed.text);
    assert_eq!(new_account(&tenant).await.profile.email_verified(), Some(true));
    assert!(target(&choose(&mut browser, &state, "continue").await).contains("code="));
}

#[tokio::test]
async fn a_client_without_a_page_gets_its_response_at_once() {
    let tenant = open_tenant().await;
    let mut client = Browser::new(&tenant);
    let login_state = client.start_login(&[]).await;
    let fields = [("state", &*login_state), ("email", NEW), ("password", PASSWORD)];
    let response = client.post("/u/signup", &fields).await;
    assert!(response.location().starts_with(CALLBACK), "{}", response.status_and_text());
    assert_eq!(sessions(&tenant).await, (1, 1));
}

#[tokio::test]
async fn signing_up_to_prove_a_login_tells_of_the_mail_and_moves_no_session() {
    let tenant = open_tenant().await;
    let mut browser = browser(&tenant);
    browser.accept = "*/*";
    browser.sign_in("auth0|1", &[]).await;
    browser.accept = crate::form_redirect::NAVIGATION;
    let cookies = browser.cookies.clone();
    let state = sign_up(&mut browser, &[("ext-purpose", "link"), ("max_age", "0")]).await;
    let there = target(&choose(&mut browser, &state, "continue").await);
    let account = new_account(&tenant).await;
    assert_eq!(tenant.account_of(&code(&there)).await, account.user_id.as_str());
    let session = |cookies: &std::collections::BTreeMap<String, String>| {
        cookies.iter().find(|(name, _)| name.contains("session")).map(|(_, value)| value.clone())
    };
    assert_eq!(session(&browser.cookies), session(&cookies));
    let silent = browser.get(&authorize_path(&[("prompt", "none")])).await;
    assert_eq!(tenant.account_of(&silent.parameter("code").unwrap()).await, "auth0|1");
}

#[tokio::test]
async fn consent_is_asked_for_after_the_mail_was_told_of() {
    let tenant = tenant_with(vec![orders()], |parts| {
        let partner = client("partner", ClientAuthentication::None, None);
        parts.clients.push(Client { is_first_party: false, name: "Partner".to_owned(), ..partner });
    })
    .await;
    let mut browser = browser(&tenant);
    let request = [("client_id", "partner"), ("audience", ORDERS), ("scope", "openid read:orders")];
    let state = sign_up(&mut browser, &request).await;
    let there = target(&choose(&mut browser, &state, "continue").await);
    assert!(there.starts_with("/u/consent?state="), "{there}");
    let state = there.split_once('=').unwrap().1.to_owned();
    let accepted = browser.post("/u/consent", &[("state", &*state), ("choice", "accept")]).await;
    assert!(target(&accepted).contains("code="));
}

// attack: sessions
#[tokio::test]
async fn nobody_goes_on_with_the_sign_up_of_another_browser() {
    let tenant = open_tenant().await;
    let mut owner = browser(&tenant);
    let state = sign_up(&mut owner, &[]).await;
    let mut other = browser(&tenant);
    other.start_login(&[]).await;
    for choice in ["continue", "mail"] {
        assert_over(&choose(&mut other, &state, choice).await);
    }
    assert_over(&other.get(&format!("{PAGE}?state={state}")).await);
    // With the cookie of the browser, but without that of its session.
    let session = owner.cookies.keys().find(|name| name.contains("session")).unwrap().clone();
    let cookie = owner.cookies.remove(&session).unwrap();
    assert_over(&choose(&mut owner, &state, "continue").await);
    owner.cookies.insert(session, cookie);
    let own_origin = std::mem::replace(&mut owner.origin, "http://evil.test");
    assert_eq!(choose(&mut owner, &state, "continue").await.status, 403);
    assert_eq!(sessions(&tenant).await, (1, 0), "nothing came of it");
    assert_eq!(tenant.take_mails().await.len(), 1, "only the mail of the sign-up");
    owner.origin = own_origin;
    assert!(target(&choose(&mut owner, &state, "continue").await).contains("code="));
}

// attack: sessions
#[tokio::test]
async fn a_sign_up_is_finished_once() {
    let tenant = open_tenant().await;
    let mut browser = browser(&tenant);
    let login_state = browser.start_login(&[]).await;
    let fields = [("state", &*login_state), ("email", NEW), ("password", PASSWORD)];
    let there = target(&browser.post("/u/signup", &fields).await);
    let state = there.split_once('=').unwrap().1.to_owned();
    assert!(target(&choose(&mut browser, &state, "continue").await).contains("code="));
    for choice in ["continue", "mail"] {
        assert_over(&choose(&mut browser, &state, choice).await);
    }
    // The login that it took the place of is over, too.
    assert_over(&browser.type_password(&login_state, &email("auth0|1"), PASSWORD).await);
    assert_over(&browser.post("/u/signup", &[("email", "second@example.test"), fields[0], fields[2]]).await);
    assert_eq!(sessions(&tenant).await, (1, 1));
    assert_eq!(tenant.store.read().await.unwrap().count_users().await.unwrap(), 2);
}

// attack: sessions
#[tokio::test]
async fn the_page_of_a_sign_up_signs_nobody_in_again_once_the_browser_is_signed_out_or_somebody_else() {
    let tenant = open_tenant().await;
    let mut browser = browser(&tenant);
    let state = sign_up(&mut browser, &[]).await;
    browser.accept = "*/*";
    browser.sign_in("auth0|1", &[("prompt", "login")]).await;
    assert_over(&choose(&mut browser, &state, "continue").await);
    let silent = browser.get(&authorize_path(&[("prompt", "none")])).await;
    assert_eq!(tenant.account_of(&silent.parameter("code").unwrap()).await, "auth0|1");

    let mut other = crate::form_redirect::browser(&tenant);
    let login_state = other.start_login(&[]).await;
    let fields = [("state", &*login_state), ("email", "second@example.test"), ("password", PASSWORD)];
    let there = target(&other.post("/u/signup", &fields).await);
    let state = there.split_once('=').unwrap().1.to_owned();
    other.get("/v2/logout").await;
    assert_over(&choose(&mut other, &state, "continue").await);
    let silent = other.get(&authorize_path(&[("prompt", "none")])).await;
    assert_eq!(silent.parameter("error").as_deref(), Some("login_required"));
}

// attack: sessions
#[tokio::test]
async fn what_waits_for_something_else_is_no_sign_up_and_a_sign_up_is_no_login() {
    let tenant = open_tenant().await;
    let mut browser = browser(&tenant);
    let state = sign_up(&mut browser, &[]).await;
    let login_state = browser.start_login(&[("prompt", "login")]).await;
    assert_over(&choose(&mut browser, &login_state, "continue").await);
    assert_over(&browser.type_password(&state, &email("auth0|1"), PASSWORD).await);
    assert_over(&browser.post("/u/consent", &[("state", &*state), ("choice", "accept")]).await);
    assert_over(&browser.get(&format!("/u/connection?state={state}&connection=github")).await);
    assert_eq!(sessions(&tenant).await, (1, 0));
}

// attack: accounts
#[tokio::test]
async fn a_blocked_or_deleted_account_does_not_go_on() {
    for deletes in [false, true] {
        let tenant = open_tenant().await;
        let mut browser = browser(&tenant);
        let state = sign_up(&mut browser, &[]).await;
        let id = new_account(&tenant).await.user_id.to_string();
        if deletes {
            let machine = tenant.machine_token("delete:users").await;
            let path = format!("/api/v2/users/{}", id.replace('|', "%7C"));
            assert_eq!(tenant.call(Method::DELETE, &path, &machine).await.status, 204);
        } else {
            tenant.block(&id, true).await;
        }
        assert_over(&choose(&mut browser, &state, "continue").await);
        assert_eq!(tenant.row(&id).await.map(|row| row.logins_count), (!deletes).then_some(0));
    }
}

// attack: sessions
#[tokio::test]
async fn a_sign_up_that_waited_for_too_long_is_over() {
    let tenant = open_tenant().await;
    let mut browser = browser(&tenant);
    let state = sign_up(&mut browser, &[]).await;
    tenant.clock.advance(Duration::from_mins(30));
    assert_over(&choose(&mut browser, &state, "continue").await);
    assert_eq!(sessions(&tenant).await, (1, 0));
}

// attack: floods
#[tokio::test]
async fn sending_the_mail_again_fills_no_mailbox_and_reaches_no_other_address() {
    let tenant = open_tenant().await;
    let mut browser = browser(&tenant);
    browser.address = Some("192.0.2.1".parse().unwrap());
    let state = sign_up(&mut browser, &[]).await;
    tenant.take_mails().await;
    let fields = [("state", &*state), ("choice", "mail"), ("email", "victim@example.test")];
    let again = browser.post(PAGE, &fields).await;
    assert!(again.status == 200 && again.text.contains("a mail with a link is on its way"), "{}", again.text);
    let mut refused = 0;
    for _ in 0..60 {
        let response = browser.post(PAGE, &fields).await;
        if response.status == 429 {
            refused += 1;
            assert!(!response.header("retry-after").is_empty());
        }
    }
    let mails = tenant.take_mails().await;
    assert!(mails.len() <= 5 && refused >= 55, "{} mails, {refused} refused", mails.len());
    assert!(mails.iter().all(|mail| mail.to == NEW));
    assert!(
        target(&choose(&mut browser, &state, "continue").await).contains("code="),
        "it goes on all the same"
    );
}

#[tokio::test]
async fn a_confirmed_address_gets_no_further_mail() {
    let tenant = open_tenant().await;
    let mut browser = browser(&tenant);
    let state = sign_up(&mut browser, &[]).await;
    let id = new_account(&tenant).await.user_id.to_string();
    let machine = tenant.machine_token("update:users").await;
    let path = format!("/api/v2/users/{}", id.replace('|', "%7C"));
    let verified = json!({ "email_verified": true });
    assert_eq!(tenant.send_json(Method::PATCH, &path, Some(&machine), &verified).await.status, 200);
    tenant.take_mails().await;
    assert_eq!(choose(&mut browser, &state, "mail").await.status, 200);
    assert!(tenant.take_mails().await.is_empty());
}
