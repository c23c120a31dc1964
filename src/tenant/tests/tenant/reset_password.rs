//! Password reset: the mail, its link, and attacks on both (contract C4).

use std::time::Duration;

use serde_json::{Value, json};

use crate::test_tenant::{
    Browser, DATABASE, PAGE, PASSWORD, START, TestResponse, TestTenant, authorize_path, email,
};

const NEW: &str = "battery staple";

async fn open_tenant() -> TestTenant {
    TestTenant::with_users(&[&["auth0|1", "google-oauth2|9"], &["auth0|2"]]).await
}

/// Requests the mail at `/dbconnections/change_password`.
async fn request_reset(tenant: &TestTenant, address: &str) -> TestResponse {
    let body = json!({ "client_id": PAGE, "connection": DATABASE, "email": address });
    tenant.post_json("/dbconnections/change_password", None, &body).await
}

/// Opens the link of a mail and follows it to the page with the password form.
async fn open(browser: &mut Browser<'_>, link: &str) -> TestResponse {
    let moved = browser.get(link).await;
    assert_eq!(
        (moved.status.as_u16(), moved.location()),
        (302, "/u/reset-password"),
        "no code stays in an address"
    );
    browser.get("/u/reset-password").await
}

async fn set(browser: &mut Browser<'_>, password: &str) -> TestResponse {
    browser.post("/u/reset-password", &[("password", password)]).await
}

async fn password_opens(tenant: &TestTenant, id: &str, password: &str) -> bool {
    let mut browser = Browser::new(tenant);
    let login_state = browser.start_login(&[]).await;
    browser.type_password(&login_state, &email(id), password).await.parameter("code").is_some()
}

/// Checks that the password is unchanged.
async fn assert_unchanged(tenant: &TestTenant) {
    assert!(password_opens(tenant, "auth0|1", PASSWORD).await);
    assert!(!password_opens(tenant, "auth0|1", NEW).await);
    assert_eq!(tenant.row("auth0|1").await.unwrap().last_password_reset, None);
}

#[tokio::test]
async fn a_link_sets_a_new_password_once_and_signs_the_person_out_everywhere() {
    let tenant = open_tenant().await;
    let mut before = Browser::new(&tenant);
    let tokens = tenant.tokens(&mut before, "auth0|1", PAGE).await;
    let response = request_reset(&tenant, &email("auth0|1").to_uppercase()).await;
    assert_eq!(response.status_and_text(), "200 We've just sent you an email to reset your password.");
    let link = tenant.take_link().await;
    let mut browser = Browser::new(&tenant);
    let page = open(&mut browser, &link).await;
    assert!(page.text.contains(&email("auth0|1")) && page.text.contains("At least 8 characters"));
    assert_eq!(page.header("cache-control"), "no-store");
    let done = set(&mut browser, NEW).await;
    assert_eq!(done.status, 200);
    assert!(done.text.contains("Password changed"));

    assert!(password_opens(&tenant, "auth0|1", NEW).await);
    assert!(!password_opens(&tenant, "auth0|1", PASSWORD).await);
    assert!(password_opens(&tenant, "auth0|2", PASSWORD).await);
    let silent = before.get(&authorize_path(&[("prompt", "none")])).await;
    assert_eq!(silent.parameter("error").as_deref(), Some("login_required"));
    assert!(!tenant.has_refresh_token(tokens["refresh_token"].as_str().unwrap()).await);
    let row = tenant.row("auth0|1").await.unwrap();
    assert_eq!((row.last_password_reset, row.profile.email_verified()), (Some(START), Some(true)));

    assert_eq!(open(&mut Browser::new(&tenant), &link).await.status, 400);
    assert_eq!(set(&mut browser, "another one").await.status, 400);
    assert!(password_opens(&tenant, "auth0|1", NEW).await);
}

#[tokio::test]
async fn a_password_reset_is_requested_on_the_login_page() {
    let tenant = open_tenant().await;
    let mut browser = Browser::new(&tenant);
    let login_state = browser.start_login(&[("login_hint", "auth02@example.test")]).await;
    let page = browser.get(&format!("/u/login?state={login_state}")).await;
    let path = format!("/u/forgot-password?state={login_state}");
    assert!(page.text.contains(&path));
    assert!(browser.get(&path).await.text.contains("value=\"auth02@example.test\""));
    let known =
        browser.post("/u/forgot-password", &[("state", &*login_state), ("email", &email("auth0|2"))]).await;
    let unknown =
        browser.post("/u/forgot-password", &[("state", &*login_state), ("email", "no@example.test")]).await;
    assert_eq!([known.status.as_u16(), unknown.status.as_u16()], [200, 200]);
    assert_eq!(known.text.replace(&email("auth0|2"), "x"), unknown.text.replace("no@example.test", "x"));
    let mails = tenant.take_mails().await;
    assert_eq!(mails.iter().map(|mail| &*mail.to).collect::<Vec<_>>(), [email("auth0|2")]);
}

// attack: guessing
#[tokio::test]
async fn requesting_mails_does_not_reveal_which_accounts_exist() {
    let tenant = open_tenant().await;
    // The Google identity has an address but no password.
    let strangers = [email("google-oauth2|9"), "nobody@example.test".to_owned(), "' OR 1=1 --".to_owned()];
    let known = request_reset(&tenant, &email("auth0|1")).await;
    assert_eq!(tenant.take_mails().await.len(), 1);
    for stranger in strangers {
        let response = request_reset(&tenant, &stranger).await;
        assert_eq!(
            (response.status_and_text(), response.headers),
            (known.status_and_text(), known.headers.clone()),
            "{stranger}"
        );
    }
    assert!(tenant.take_mails().await.is_empty());
}

// attack: guessing
#[tokio::test]
async fn no_answer_waits_for_a_mail_that_only_a_known_address_gets() {
    let tenant = open_tenant().await;
    let mut browser = Browser::new(&tenant);
    let login_state = browser.start_login(&[]).await;
    let addresses = [email("auth0|1"), "nobody@example.test".to_owned()];
    let held_up = tenant.hold_mails_up().await;
    let answers = async {
        for address in &addresses {
            assert_eq!(request_reset(&tenant, address).await.status, 200);
            let form = [("state", &*login_state), ("email", address)];
            assert_eq!(browser.post("/u/forgot-password", &form).await.status, 200);
        }
        let new = json!({ "client_id": PAGE, "connection": DATABASE, "email": "new@example.test", "password": NEW });
        assert_eq!(tenant.post_json("/dbconnections/signup", None, &new).await.status, 200);
    };
    // An answer that waits would never come.
    tokio::time::timeout(Duration::from_mins(1), answers).await.expect("an answer waits for a mail");
    assert_eq!(tenant.count_sent_mails(), 0);
    drop(held_up);
    let to: Vec<String> = tenant.take_mails().await.into_iter().map(|mail| mail.to).collect();
    assert_eq!(to, [&*addresses[0], &*addresses[0], "new@example.test"]);
}

// attack: guessing
#[tokio::test]
async fn requests_for_mails_are_limited_whether_or_not_the_account_exists() {
    let tenant = open_tenant().await;
    let mut refusals = Vec::new();
    for address in [email("auth0|1"), "nobody@example.test".to_owned()] {
        for _ in 0..5 {
            assert_eq!(request_reset(&tenant, &address).await.status, 200);
        }
        let response = request_reset(&tenant, &address).await;
        assert_eq!((response.status.as_u16(), response.header("retry-after")), (429, "1"));
        refusals.push(response.text);
    }
    assert_eq!(refusals[0], refusals[1]);
    assert_eq!(tenant.take_mails().await.len(), 5);
    // The limit on mails does not affect sign-in.
    assert!(password_opens(&tenant, "auth0|1", PASSWORD).await);
}

// attack: accounts
#[tokio::test]
async fn a_stranger_who_asks_for_mails_never_takes_the_link_of_the_owner() {
    let tenant = open_tenant().await;
    request_reset(&tenant, &email("auth0|1")).await;
    let first = tenant.take_link().await;
    for _ in 0..4 {
        request_reset(&tenant, &email("auth0|1")).await;
    }
    let others = tenant.take_mails().await;
    let mut browser = Browser::new(&tenant);
    tenant.clock.advance(Duration::from_secs(3599));
    assert_eq!(open(&mut browser, &first).await.status, 200);
    assert_eq!(set(&mut browser, NEW).await.status, 200);
    // One of them was used, so none of the others is good any longer.
    for mail in others {
        let link = mail.link.as_deref().unwrap().strip_prefix("http://localhost:3000").unwrap();
        assert_eq!(open(&mut Browser::new(&tenant), link).await.status, 400);
    }
    assert!(password_opens(&tenant, "auth0|1", NEW).await);
}

#[tokio::test]
async fn a_link_is_never_good_for_more_than_an_hour() {
    let tenant = open_tenant().await;
    request_reset(&tenant, &email("auth0|1")).await;
    let mut browser = Browser::new(&tenant);
    assert_eq!(open(&mut browser, &tenant.take_link().await).await.status, 200);
    tenant.clock.advance(Duration::from_hours(1));
    assert_eq!(set(&mut browser, NEW).await.status, 400);
    assert_unchanged(&tenant).await;
}

// attack: floods
#[tokio::test]
async fn strangers_never_send_mails_to_one_address_without_bound_and_a_good_link_is_always_there() {
    let tenant = open_tenant().await;
    let mut sent = Vec::new();
    for minute in 0..24 * 60 {
        for address in [email("auth0|1"), "nobody@example.test".to_owned()] {
            request_reset(&tenant, &address).await;
        }
        sent.extend(tenant.take_mails().await.into_iter().map(|mail| (minute, mail)));
        let latest = sent.last().map(|(minute, _)| *minute);
        assert!(latest.is_some_and(|latest| minute - latest <= 60), "no link in minute {minute}");
        tenant.clock.advance(Duration::from_mins(1));
    }
    assert_eq!(sent.len(), 28);
    assert!(sent.iter().all(|(_, mail)| mail.to == email("auth0|1")));
}

// attack: accounts
#[tokio::test]
async fn an_invalid_code_or_one_with_another_purpose_sets_nothing() {
    let tenant = open_tenant().await;
    let machine = tenant.machine_token("update:users").await;
    let body = json!({ "verify_email": true });
    tenant.send_json(axum::http::Method::PATCH, "/api/v2/users/auth0%7C1", Some(&machine), &body).await;
    let verify = tenant.take_link().await;
    let code = verify.split('=').nth(1).unwrap();
    let long = "x".repeat(43);
    for code in [code, "", "x", &*long, "../../etc", "x%0d%0aSet-Cookie:%20a=b", "%00", "x%3B%20Path=/"] {
        let mut browser = Browser::new(&tenant);
        let page = open(&mut browser, &format!("/u/reset-password?ticket={code}")).await;
        assert_eq!(page.status, 400, "{code}");
        assert_eq!(set(&mut browser, NEW).await.status, 400, "{code}");
    }
    assert_eq!(set(&mut Browser::new(&tenant), NEW).await.status, 400, "without any");
    assert_unchanged(&tenant).await;
}

// attack: accounts
#[tokio::test]
async fn opening_a_link_or_a_form_of_another_site_changes_nothing() {
    let tenant = open_tenant().await;
    request_reset(&tenant, &email("auth0|1")).await;
    let link = tenant.take_link().await;
    let mut browser = Browser::new(&tenant);
    for _ in 0..3 {
        assert_eq!(open(&mut browser, &link).await.status, 200);
    }
    for origin in ["http://evil.test", "null"] {
        browser.origin = origin;
        assert_eq!(set(&mut browser, NEW).await.status, 403, "{origin}");
    }
    assert_unchanged(&tenant).await;
    browser.origin = "http://localhost:3000";
    assert_eq!(set(&mut browser, NEW).await.status, 200);
}

#[tokio::test]
async fn a_weak_password_is_refused_and_the_link_stays_valid() {
    let tenant = open_tenant().await;
    request_reset(&tenant, &email("auth0|1")).await;
    let mut browser = Browser::new(&tenant);
    open(&mut browser, &tenant.take_link().await).await;
    let refused = set(&mut browser, "short").await;
    assert_eq!(refused.status, 422);
    assert!(refused.text.contains("too weak") && !refused.text.contains("\"short\""));
    assert_unchanged(&tenant).await;
    assert_eq!(set(&mut browser, NEW).await.status, 200);
}

// attack: accounts
#[tokio::test]
async fn one_of_many_concurrent_uses_of_a_link_sets_the_password() {
    let tenant = std::sync::Arc::new(open_tenant().await);
    request_reset(&tenant, &email("auth0|1")).await;
    let mut browser = Browser::new(&tenant);
    open(&mut browser, &tenant.take_link().await).await;
    let cookies = browser.cookies.clone();
    let tries: Vec<_> = (0..8)
        .map(|number| {
            let (tenant, cookies) = (tenant.clone(), cookies.clone());
            tokio::spawn(async move {
                let mut browser = Browser::new(&tenant);
                browser.cookies = cookies;
                set(&mut browser, &format!("password {number}")).await.status.as_u16()
            })
        })
        .collect();
    let mut won = Vec::new();
    for (number, attempt) in tries.into_iter().enumerate() {
        if attempt.await.unwrap() == 200 {
            won.push(number);
        }
    }
    let [won] = won[..] else { panic!("{won:?}") };
    assert!(password_opens(&tenant, "auth0|1", &format!("password {won}")).await);
}

// attack: accounts
#[tokio::test]
async fn a_link_is_invalid_after_a_change_of_address_or_password() {
    for change in [json!({ "email": "other@example.test" }), json!({ "password": "changed by hand" })] {
        let tenant = open_tenant().await;
        request_reset(&tenant, &email("auth0|1")).await;
        let mut browser = Browser::new(&tenant);
        open(&mut browser, &tenant.take_link().await).await;
        let machine = tenant.machine_token("update:users").await;
        let path = "/api/v2/users/auth0%7C1";
        let response = tenant.send_json(axum::http::Method::PATCH, path, Some(&machine), &change).await;
        assert_eq!(response.status, 200, "{}", response.text);
        let before = tenant.row("auth0|1").await.unwrap().last_password_reset;
        assert_eq!(set(&mut browser, NEW).await.status, 400, "{change}");
        assert_eq!(tenant.row("auth0|1").await.unwrap().last_password_reset, before);
    }
}

#[tokio::test]
async fn a_reset_of_a_linked_identity_changes_its_password_only() {
    let tenant = TestTenant::with_users(&[&["google-oauth2|9", "auth0|1"]]).await;
    request_reset(&tenant, &email("auth0|1")).await;
    let mut browser = Browser::new(&tenant);
    open(&mut browser, &tenant.take_link().await).await;
    assert_eq!(set(&mut browser, NEW).await.status, 200);
    let code = {
        let mut browser = Browser::new(&tenant);
        let login_state = browser.start_login(&[]).await;
        browser.type_password(&login_state, &email("auth0|1"), NEW).await.parameter("code").unwrap()
    };
    assert_eq!(tenant.account_of(&code).await, "google-oauth2|9");
    let row = tenant.row("google-oauth2|9").await.unwrap();
    assert_eq!((row.profile.email_verified(), row.identities.len()), (None, 2));
    let linked = row.identities[1].profile_data.as_ref().unwrap();
    assert_eq!(linked.email_verified(), Some(true));
}

#[tokio::test]
async fn a_code_and_a_password_are_stored_as_digests_only() {
    let tenant = open_tenant().await;
    request_reset(&tenant, &email("auth0|1")).await;
    let link = tenant.take_link().await;
    let code = link.split('=').nth(1).unwrap();
    assert_eq!(code.len(), 43);
    assert!(tenant.stores("reset-password") && !tenant.stores(code));
    let mut browser = Browser::new(&tenant);
    open(&mut browser, &link).await;
    set(&mut browser, NEW).await;
    assert!(!tenant.stores(NEW));
}

#[tokio::test]
async fn missing_or_unknown_parameters_are_refused_before_the_address_is_looked_up() {
    let tenant = open_tenant().await;
    let whole = json!({ "client_id": PAGE, "connection": DATABASE, "email": email("auth0|1") });
    for (name, value, words) in [
        ("client_id", Value::Null, "client_id is required"),
        ("client_id", json!("nobody"), "Unknown client"),
        ("connection", json!("github"), "the connection was not found"),
        ("connection", json!("members"), "the connection was not found"),
        ("email", Value::Null, "email is required"),
    ] {
        let mut body = whole.clone();
        body[name] = value;
        let response = tenant.post_json("/dbconnections/change_password", None, &body).await;
        assert_eq!((response.status.as_u16(), &response.json()["description"]), (400, &json!(words)));
    }
    assert!(tenant.take_mails().await.is_empty());
}
