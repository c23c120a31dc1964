//! A tenant whose clock is before 1970, as that of a machine whose battery is empty can be.

use std::time::Duration;

use axum::http::Method;
use serde_json::{Value, json};
use tenant::{Clock, Configuration, Moment};

use crate::test_tenant::{Browser, DATABASE, ISSUER, PAGE, SCOPE, TestTenant, claims_in, email, parts, user};

const ME: &str = "/api/v2/users/auth0%7C1";

async fn tenant(millis: i64) -> TestTenant {
    let clock = Clock::settable(Moment::from_millis(millis));
    let configuration = Configuration::new(parts(options(), Vec::new())).unwrap();
    let seeds = vec![user(&["auth0|1"]), user(&["google-oauth2|9"])];
    TestTenant::with_configuration(ISSUER, clock, configuration, seeds).await
}

fn options() -> tenant::configuration::Options {
    tenant::configuration::Options { stand_ins: true, ..Default::default() }
}

/// Signs in, links, refreshes, unlinks, asks for a mail and signs out; checks the responses.
async fn use_everything(tenant: &TestTenant) {
    let mut browser = Browser::new(tenant);
    let tokens = tenant.tokens(&mut browser, "auth0|1", PAGE).await;
    let text = |tokens: &Value, name: &str| tokens[name].as_str().unwrap().to_owned();
    let claims = claims_in(&text(&tokens, "id_token"));
    assert_eq!(claims["iat"], tenant.clock.now().seconds());
    let access = text(&tokens, "access_token");
    assert_eq!(tenant.call(Method::GET, ME, &access).await.status, 200);

    let mut other = Browser::new(tenant);
    let state = other.start_login(&[("connection", "google-oauth2"), ("max_age", "0")]).await;
    let fields = [("state", state.as_str()), ("connection", "google-oauth2"), ("choice", "9")];
    let code = other.post("/u/stand-in", &fields).await.parameter("code").unwrap();
    let proof = text(&tenant.exchange_code(&code, &[]).await.json(), "id_token");
    let link =
        tenant.post_json(&format!("{ME}/identities"), Some(&access), &json!({ "link_with": proof })).await;
    assert_eq!(link.status, 201, "{}", link.text);

    tenant.clock.advance(Duration::from_secs(90));
    let refreshed = tenant.refresh(&text(&tokens, "refresh_token"), &[("scope", SCOPE)]).await;
    assert_eq!(refreshed.status, 200, "{}", refreshed.text);
    let access = text(&refreshed.json(), "access_token");
    let unlinked = tenant.call(Method::DELETE, &format!("{ME}/identities/google-oauth2/9"), &access).await;
    assert_eq!(unlinked.status, 200, "{}", unlinked.text);

    let body = json!({ "client_id": PAGE, "connection": DATABASE, "email": email("auth0|1") });
    assert_eq!(tenant.post_json("/dbconnections/change_password", None, &body).await.status, 200);
    let wrong = browser.start_login(&[("prompt", "login")]).await;
    assert_eq!(browser.type_password(&wrong, &email("auth0|1"), "a wrong password").await.status, 401);
    assert_eq!(browser.get(&format!("/v2/logout?client_id={PAGE}")).await.status, 302);
    let machine = tenant.machine_token("read:users").await;
    let listed = tenant.call(Method::GET, "/api/v2/users?include_totals=true", &machine).await;
    assert_eq!((listed.status.as_u16(), &listed.json()["total"]), (200, &json!(2)));
}

#[tokio::test]
async fn everything_works_before_1970_and_on_the_way_into_it() {
    // The first is a day in 1901, the last becomes 1970 while it is used.
    for start in [-2_177_452_800_000, -1_000, -60_000] {
        use_everything(&tenant(start).await).await;
    }
}

#[tokio::test]
async fn everything_works_after_a_restart_with_a_clock_that_was_set_back_before_1970() {
    let mut tenant = tenant(1_767_225_600_000).await;
    use_everything(&tenant).await;
    tenant.clock = Clock::settable(Moment::from_millis(-86_400_000));
    tenant.reopen().await;
    use_everything(&tenant).await;
}
