//! What the hosted pages say when something is wrong, and how a person goes on from there.

use std::time::Duration;

use axum::http::Method;
use serde_json::json;

use crate::test_tenant::{Browser, PASSWORD, TestResponse, TestTenant, authorize_path, email};

const OPEN: (&str, &str) = ("open", "page");
const TYPED: &str = "typed@example.test";

async fn open_tenant() -> TestTenant {
    TestTenant::with_users(&[&["auth0|1"], &["auth0|2"]]).await
}

/// Sends the mail for an account, and returns the path of its link.
async fn link(tenant: &TestTenant, reset: bool) -> String {
    if reset {
        let mut browser = Browser::new(tenant);
        let login_state = browser.start_login(&[]).await;
        let fields = [("state", &*login_state), ("email", &*email("auth0|1"))];
        assert_eq!(browser.post("/u/forgot-password", &fields).await.status, 200);
    } else {
        let machine = tenant.machine_token("update:users").await;
        let body = json!({ "email_verified": false, "verify_email": true });
        let path = "/api/v2/users/auth0%7C1";
        let response = tenant.send_json(Method::PATCH, path, Some(&machine), &body).await;
        assert_eq!(response.status, 200, "{}", response.text);
    }
    tenant.take_link().await
}

/// Says about an account whether its address is verified.
async fn set_verified(tenant: &TestTenant, number: u8, verified: bool) {
    let machine = tenant.machine_token("update:users").await;
    let (path, body) = (format!("/api/v2/users/auth0%7C{number}"), json!({ "email_verified": verified }));
    assert_eq!(tenant.send_json(Method::PATCH, &path, Some(&machine), &body).await.status, 200);
}

/// Opens a link, and returns its page.
async fn open(browser: &mut Browser<'_>, link: &str) -> TestResponse {
    let moved = browser.get(link).await;
    let path = moved.location().to_owned();
    browser.get(&path).await
}

fn value_of(page: &TestResponse, field: &str) -> Option<String> {
    let inputs = page.text.split("<input").skip(1).filter_map(|rest| rest.split('>').next());
    let input = inputs.into_iter().find(|input| input.contains(&format!("name=\"{field}\"")))?;
    Some(input.split("value=\"").nth(1)?.split('"').next()?.to_owned())
}

#[tokio::test]
async fn the_address_that_was_typed_comes_along_to_the_other_pages_of_the_login_and_stands_in_no_address_bar()
{
    let tenant = open_tenant().await;
    let mut browser = Browser::new(&tenant);
    let login_state = browser.start_login(&[]).await;
    for (path, typed_in, shown_in) in [
        ("/u/forgot-password", "username", "email"),
        ("/u/signup", "username", "email"),
        ("/u/login", "email", "username"),
    ] {
        let from = ["/u/login", "/u/signup"].into_iter().find(|from| *from != path).unwrap();
        let page = browser.get(&format!("{from}?state={login_state}")).await;
        if path != "/u/login" || from == "/u/signup" {
            assert!(
                page.text.contains(&format!("formaction=\"{path}?state={login_state}\"")),
                "{}",
                page.text
            );
        }
        let fields = [("state", &*login_state), (typed_in, TYPED), ("password", PASSWORD), OPEN];
        let opened = browser.post(path, &fields).await;
        assert_eq!(
            (opened.status.as_u16(), value_of(&opened, shown_in).as_deref()),
            (200, Some(TYPED)),
            "{path}"
        );
        assert!(
            !opened.text.contains("role=\"alert\"") && !opened.text.contains(PASSWORD),
            "{}",
            opened.text
        );
    }
    assert!(tenant.take_mails().await.is_empty());
}

#[tokio::test]
async fn the_sign_in_page_asks_for_a_user_name_too_where_there_are_some() {
    let tenant = open_tenant().await;
    let mut browser = Browser::new(&tenant);
    for (connection, label, wrong) in [
        ("members", "E-mail address or user name", "Wrong e-mail address, user name or password."),
        ("staff", "E-mail address", "Wrong e-mail address or password."),
    ] {
        let login_state = browser.start_login(&[("client_id", "other"), ("connection", connection)]).await;
        let page = browser.get(&format!("/u/login?state={login_state}")).await;
        assert!(page.text.contains(&format!("<label for=\"username\">{label}</label>")), "{}", page.text);
        assert!(page.text.contains("autocomplete=\"username\""), "{}", page.text);
        assert_eq!(page.text.contains("inputmode=\"email\""), connection == "staff", "{}", page.text);
        let refused = browser.type_password(&login_state, "nobody", "wrong").await;
        assert!(refused.text.contains(wrong), "{}", refused.text);
    }
}

// attack: guessing
#[tokio::test]
async fn a_button_to_another_page_never_signs_anybody_in_nor_checks_a_password() {
    let tenant = open_tenant().await;
    let mut browser = Browser::new(&tenant);
    let login_state = browser.start_login(&[]).await;
    for path in ["/u/login", "/u/signup", "/u/forgot-password"] {
        let right = email("auth0|1");
        let fields = [("state", &*login_state), ("username", &*right), ("password", PASSWORD), OPEN];
        let opened = browser.post(path, &fields).await;
        assert_eq!((opened.status.as_u16(), opened.parameter("code")), (200, None), "{path}");
    }
    assert_eq!(tenant.row("auth0|1").await.unwrap().logins_count, 0);
}

#[tokio::test]
async fn what_is_no_address_is_told_at_the_field_and_sends_nothing() {
    let tenant = open_tenant().await;
    let mut browser = Browser::new(&tenant);
    let login_state = browser.start_login(&[]).await;
    for path in ["/u/forgot-password", "/u/signup", "/u/reset-password/mail", "/u/verify-email/mail"] {
        for typed in ["ada", "ada@", "@example.test", "a da@example.test", ""] {
            let fields = [("state", &*login_state), ("email", typed), ("password", PASSWORD)];
            let page = browser.post(path, &fields).await;
            assert_eq!(page.status, 422, "{path} {typed}");
            assert!(page.text.contains("This isn’t an e-mail address."), "{path} {typed}");
            let told = r#"autofocus aria-invalid="true" aria-describedby="refusal""#;
            assert_eq!(page.text.matches(told).count(), 1, "{path} {typed}: {}", page.text);
            assert_eq!(value_of(&page, "email").as_deref(), Some(typed), "{path}");
        }
    }
    assert!(tenant.take_mails().await.is_empty());
}

#[tokio::test]
async fn a_link_that_expired_says_so_and_its_page_sends_a_new_mail_with_a_good_link() {
    let tenant = open_tenant().await;
    for (reset, path) in [(true, "/u/reset-password"), (false, "/u/verify-email")] {
        let old = link(&tenant, reset).await;
        tenant.clock.advance(Duration::from_hours(5 * 24));
        let mut browser = Browser::new(&tenant);
        let page = open(&mut browser, &old).await;
        assert_eq!(page.status, 400, "{path}");
        assert!(page.text.contains("<h1>This link has expired</h1>"), "{}", page.text);
        assert!(page.text.contains("Send a new mail"), "{}", page.text);
        // Whoever has the link had the mail, so they need not type where it went.
        let address = value_of(&page, "email").unwrap();
        assert_eq!(address, email("auth0|1"), "{path}");
        let sent = browser.post(&format!("{path}/mail"), &[("email", &*address)]).await;
        assert_eq!(sent.status, 200, "{path}");
        assert!(sent.text.contains("<h1>Check your mail</h1>"), "{}", sent.text);
        let page = open(&mut browser, &tenant.take_link().await).await;
        assert_eq!(page.status, 200, "{path}");
        let done = browser.post(path, &[("password", if reset { "battery staple" } else { PASSWORD })]).await;
        assert_eq!(done.status, if reset { 200 } else { 422 }, "{path}: {}", done.text);
    }
}

// attack: guessing
#[tokio::test]
async fn a_new_mail_instead_of_a_link_never_tells_whether_an_address_is_known() {
    let tenant = open_tenant().await;
    set_verified(&tenant, 1, false).await;
    set_verified(&tenant, 2, true).await;
    for (path, told) in [("/u/reset-password/mail", 2), ("/u/verify-email/mail", 1)] {
        let mut pages = Vec::new();
        for address in [email("auth0|1"), email("auth0|2"), "nobody@example.test".to_owned()] {
            let page = Browser::new(&tenant).post(path, &[("email", &*address)]).await;
            pages.push((page.status_and_text().replace(&*address, "x"), page.headers));
        }
        assert!(pages.iter().all(|page| *page == pages[0]), "{path}: {pages:?}");
        assert_eq!(tenant.take_mails().await.len(), told, "{path}");
    }
}

// attack: floods
#[tokio::test]
async fn new_mails_instead_of_a_link_are_never_sent_beyond_the_limit_on_all_of_them() {
    let tenant = open_tenant().await;
    set_verified(&tenant, 1, false).await;
    for address in [email("auth0|1"), "nobody@example.test".to_owned()] {
        for number in 0..5 {
            let path = if number % 2 == 0 { "/u/reset-password/mail" } else { "/u/verify-email/mail" };
            assert_eq!(Browser::new(&tenant).post(path, &[("email", &*address)]).await.status, 200);
        }
        for path in ["/u/reset-password/mail", "/u/verify-email/mail"] {
            let page = Browser::new(&tenant).post(path, &[("email", &*address)]).await;
            assert_eq!((page.status.as_u16(), page.header("retry-after")), (429, "1"), "{path}");
        }
    }
    assert_eq!(tenant.take_mails().await.len(), 5);
}

// attack: authorization
#[tokio::test]
async fn a_form_of_another_site_never_sends_a_mail() {
    let tenant = open_tenant().await;
    let mut browser = Browser::new(&tenant);
    browser.origin = "http://evil.test";
    for path in ["/u/reset-password/mail", "/u/verify-email/mail"] {
        assert_eq!(browser.post(path, &[("email", &*email("auth0|1"))]).await.status, 403);
    }
    assert!(tenant.take_mails().await.is_empty());
}

#[tokio::test]
async fn a_mistake_of_an_application_is_told_in_plain_words_with_a_way_back_to_it() {
    let tenant = open_tenant().await;
    for (with, detail, leads_back) in [
        ([("redirect_uri", "https://evil.test/")], "Callback URL mismatch.", true),
        ([("client_id", "nobody")], "Unknown client.", false),
    ] {
        let page = Browser::new(&tenant).get(&authorize_path(&with)).await;
        assert!(
            page.text.contains("<h1>Something went wrong</h1>") && page.text.contains(detail),
            "{}",
            page.text
        );
        assert_eq!(page.text.contains("Go to <bdi>The page</bdi>"), leads_back, "{}", page.text);
        assert!(!page.text.contains("evil.test"), "{}", page.text);
    }
}
