//! Links with which people verify an address or set a password, made by the Management API (contract A20).

use axum::http::Method;
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::test_tenant::{
    Browser, DATABASE, ISSUER, PAGE, PASSWORD, TestResponse, TestTenant, email, unproven_user, user,
};

const VERIFY: &str = "/api/v2/tickets/email-verification";
const RESET: &str = "/api/v2/tickets/password-change";
const NEW_PASSWORD: &str = "another correct horse";
/// The decision about the login that was linked before the address was proven.
const STAYS: (&str, &str) = ("login google-oauth2|115", "stays");
/// The form that confirms an address in a browser that is not signed in.
const MINE: &[(&str, &str)] = &[("password", PASSWORD), STAYS];

async fn people() -> TestTenant {
    TestTenant::with_seeds(vec![unproven_user(&["auth0|1", "google-oauth2|115"]), user(&["github|42"])]).await
}

async fn post(tenant: &TestTenant, path: &str, body: Value) -> TestResponse {
    let token = tenant.machine_token("create:user_tickets update:users read:users").await;
    tenant.post_json(path, Some(&token), &body).await
}

/// Creates a link and returns its path.
async fn link(tenant: &TestTenant, path: &str, body: Value) -> String {
    let response = post(tenant, path, body).await;
    assert_eq!(response.status, 201, "{}", response.text);
    let ticket = response.json()["ticket"].as_str().unwrap().to_owned();
    let path = ticket.strip_prefix(ISSUER.trim_end_matches('/')).unwrap();
    path.strip_suffix('#').unwrap().to_owned()
}

/// Opens a link and presses the button.
async fn redeem(browser: &mut Browser<'_>, link: &str, fields: &[(&str, &str)]) -> TestResponse {
    let opened = browser.get(link).await;
    assert_eq!(opened.status, 302, "{}", opened.text);
    let path = opened.location().to_owned();
    browser.post(&path, fields).await
}

async fn is_verified(tenant: &TestTenant, id: &str) -> bool {
    tenant.row(id).await.unwrap().profile.email_verified() == Some(true)
}

#[tokio::test]
async fn a_link_of_the_api_verifies_the_address_once_and_goes_where_it_was_told() {
    let tenant = people().await;
    let body = json!({
        "user_id": "auth0|1",
        "result_url": "https://app.example.test/done?from=mail",
        "includeEmailInRedirect": true,
        "ttl_sec": 3600,
    });
    let link = link(&tenant, VERIFY, body).await;
    assert!(tenant.take_mails().await.is_empty(), "nothing is mailed");
    assert!(!tenant.stores(link.split('=').nth(1).unwrap()), "the code is not stored");
    let mut browser = Browser::new(&tenant);
    let done = redeem(&mut browser, &link, MINE).await;
    assert_snapshot!(done.location(), @"https://app.example.test/done?from=mail&email=auth01%40example.test&success=true&message=Thank+you.+You+can+close+this+page.");
    assert!(is_verified(&tenant, "auth0|1").await);
    assert_eq!(redeem(&mut browser, &link, MINE).await.status, 400, "it works once");
}

#[tokio::test]
async fn a_link_of_the_api_sets_a_password_and_leaves_the_address_as_it_is() {
    let tenant = people().await;
    let body = json!({ "email": email("auth0|1"), "connection_id": connection_id(&tenant).await });
    for (with, verified) in [(json!({}), false), (json!({ "mark_email_as_verified": true }), true)] {
        let mut body = body.clone();
        body.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
        let link = link(&tenant, RESET, body).await;
        let done = redeem(&mut Browser::new(&tenant), &link, &[("password", NEW_PASSWORD), STAYS]).await;
        assert_eq!(done.status, 200, "{}", done.text);
        assert_eq!(is_verified(&tenant, "auth0|1").await, verified);
    }
    let mut browser = Browser::new(&tenant);
    let login_state = browser.start_login(&[]).await;
    assert_eq!(
        browser.type_password(&login_state, &email("auth0|1"), PASSWORD).await.parameter("code"),
        None
    );
    let signed_in = browser.type_password(&login_state, &email("auth0|1"), NEW_PASSWORD).await;
    assert!(signed_in.parameter("code").is_some());
}

async fn connection_id(tenant: &TestTenant) -> String {
    let token = tenant.machine_token("read:connections").await;
    let path = "/api/v2/connections?name=Username-Password-Authentication";
    tenant.call(Method::GET, path, &token).await.json()[0]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_link_expires_when_it_was_told_and_a_later_one_ends_it_when_it_is_used() {
    let tenant = people().await;
    let first = link(&tenant, RESET, json!({ "user_id": "auth0|1", "ttl_sec": 60 })).await;
    tenant.clock.advance(std::time::Duration::from_mins(1));
    let late = redeem(&mut Browser::new(&tenant), &first, &[("password", NEW_PASSWORD), STAYS]).await;
    assert_eq!(late.status, 400);
    let second = link(&tenant, RESET, json!({ "user_id": "auth0|1" })).await;
    let third = link(&tenant, RESET, json!({ "user_id": "auth0|1", "client_id": "page" })).await;
    let done = redeem(&mut Browser::new(&tenant), &third, &[("password", NEW_PASSWORD), STAYS]).await;
    assert!(done.status == 200 && done.text.contains("href=\"http://localhost:3000/\""), "{}", done.text);
    let ended = redeem(&mut Browser::new(&tenant), &second, &[("password", NEW_PASSWORD), STAYS]).await;
    assert_eq!(ended.status, 400);
}

/// Opens a link of the API an hour after it expired, while other links are made, asks for another one, and redeems that.
async fn renew(
    tenant: &TestTenant,
    path: &str,
    typed: &str,
    body: Value,
    fields: &[(&str, &str)],
) -> TestResponse {
    let link = link(tenant, path, body).await;
    tenant.clock.advance(std::time::Duration::from_hours(1));
    let mut browser = Browser::new(tenant);
    // Adding another ticket removes those that have expired.
    let reset = json!({ "client_id": PAGE, "connection": DATABASE, "email": "nobody@example.test" });
    assert_eq!(tenant.post_json("/dbconnections/change_password", None, &reset).await.status, 200);
    let opened = browser.get(&link).await.location().to_owned();
    assert_eq!(browser.get(&opened).await.status, 400);
    let sent = browser.post(&format!("{opened}/mail"), &[("email", typed)]).await;
    assert_eq!(sent.status, 200, "{}", sent.text);
    let mails = tenant.take_mails().await;
    let Some(link) = mails.iter().rev().find_map(|mail| mail.link.clone()) else { return sent };
    let link = link.strip_prefix(ISSUER.trim_end_matches('/')).unwrap().to_owned();
    redeem(&mut browser, &link, fields).await
}

#[tokio::test]
async fn a_link_that_is_sent_in_place_of_one_of_the_api_goes_where_that_one_went() {
    let tenant = people().await;
    let result =
        json!({ "user_id": "auth0|1", "result_url": "https://app.example.test/done", "ttl_sec": 60 });
    let mut with_email = result.clone();
    with_email["includeEmailInRedirect"] = json!(true);
    let done =
        renew(&tenant, RESET, &email("auth0|1"), with_email, &[("password", NEW_PASSWORD), STAYS]).await;
    assert!(
        done.location().starts_with("https://app.example.test/done?email="),
        "{}",
        done.status_and_text()
    );
    assert!(!is_verified(&tenant, "auth0|1").await, "the address stays as the first link would have left it");
    let fields = &[("password", NEW_PASSWORD), STAYS];
    let done = renew(&tenant, VERIFY, &email("auth0|1"), result, fields).await;
    assert!(done.location().starts_with("https://app.example.test/done?success=true"), "{}", done.text);
    assert!(is_verified(&tenant, "auth0|1").await);
}

// attack: accounts
#[tokio::test]
async fn a_link_for_another_address_takes_over_nothing_from_the_one_of_this_browser() {
    let tenant = TestTenant::with_seeds(vec![unproven_user(&["auth0|1"]), user(&["auth0|2"])]).await;
    let body = json!({ "user_id": "auth0|1", "result_url": "https://app.example.test/done", "ttl_sec": 60 });
    let done = renew(&tenant, RESET, &email("auth0|2"), body, &[("password", NEW_PASSWORD)]).await;
    assert_eq!((done.status.as_u16(), done.location()), (200, ""), "{}", done.text);
    assert!(done.text.contains("Password changed"), "{}", done.text);
}

#[tokio::test]
async fn a_link_that_cannot_be_made_is_refused_with_the_reason() {
    let tenant = people().await;
    for (path, body, message) in [
        (VERIFY, json!({}), "Missing required property: user_id"),
        (VERIFY, json!({ "user_id": "github|42" }), "does not support this operation"),
        (RESET, json!({ "user_id": "github|42" }), "does not support this operation"),
        (RESET, json!({ "ttl_sec": 5 }), "Missing required property: user_id"),
        (RESET, json!({ "email": "a@b.c" }), "Missing required property: connection_id"),
        (
            RESET,
            json!({ "email": "a@b.c", "connection_id": "con_x" }),
            "The connection with id con_x does not exist.",
        ),
        (RESET, json!({ "user_id": "auth0|1", "client_id": "nobody" }), "The client does not exist"),
        (RESET, json!({ "user_id": "auth0|1", "ttl_sec": -1 }), "Invalid type: number (expected integer)"),
        (RESET, json!({ "user_id": "auth0|1", "result_url": "javascript:alert(1)" }), "strict-uri"),
        (
            RESET,
            json!({ "user_id": "auth0|1", "organization_id": "org_1" }),
            "Additional properties not allowed",
        ),
        (
            VERIFY,
            json!({ "user_id": "auth0|1", "identity": { "user_id": "9", "provider": "auth0" } }),
            "does not contain the given identity",
        ),
        (
            VERIFY,
            json!({ "user_id": "auth0|1", "identity": { "user_id": "115", "provider": "google-oauth2" } }),
            "does not support this operation",
        ),
    ] {
        let response = post(&tenant, path, body.clone()).await;
        let found = response.json()["message"].as_str().unwrap().to_owned();
        assert!(response.status == 400 && found.contains(message), "{body}: {}", response.text);
    }
    assert_eq!(
        post(&tenant, VERIFY, json!({ "user_id": "auth0|9" })).await.json()["errorCode"],
        "inexistent_user"
    );
    let user = tenant.user_token("auth0|1").await;
    for path in [VERIFY, RESET] {
        let refused = tenant.post_json(path, Some(&user), &json!({ "user_id": "auth0|1" })).await;
        assert_eq!(refused.json()["errorCode"], "insufficient_scope");
    }
}

#[tokio::test]
async fn a_job_mails_the_link_that_verifies_an_address() {
    let tenant = people().await;
    let response = post(&tenant, "/api/v2/jobs/verification-email", json!({ "user_id": "auth0|1" })).await;
    let id = response.json()["id"].as_str().unwrap().to_owned();
    assert_snapshot!(response.status_and_text().replace(&id, "ID"), @r#"201 {"type":"verification_email","status":"pending","created_at":"2026-01-01T00:00:00.000Z","id":"ID"}"#);
    let path = tenant.take_link().await;
    assert!(path.starts_with("/u/verify-email?ticket="), "{path}");
    redeem(&mut Browser::new(&tenant), &path, MINE).await;
    assert!(is_verified(&tenant, "auth0|1").await);
    let token = tenant.machine_token("read:users").await;
    let job = tenant.call(Method::GET, &format!("/api/v2/jobs/{id}"), &token).await;
    assert_snapshot!(job.status_and_text().replace(&id, "ID"), @r#"200 {"type":"verification_email","status":"completed","created_at":"2026-01-01T00:00:00.000Z","id":"ID"}"#);
    let errors = tenant.call(Method::GET, &format!("/api/v2/jobs/{id}/errors"), &token).await;
    assert_eq!((errors.status.as_u16(), errors.text.as_str()), (204, ""));
    let unknown = tenant.call(Method::GET, "/api/v2/jobs/job_0000000000000000", &token).await;
    assert_snapshot!(unknown.status_and_text(), @r#"404 {"statusCode":404,"error":"Not Found","message":"The job does not exist.","errorCode":"inexistent_job"}"#);
    let refused = post(&tenant, "/api/v2/jobs/verification-email", json!({ "user_id": "github|42" })).await;
    assert_eq!((refused.status.as_u16(), tenant.take_mails().await.len()), (400, 0));
}
