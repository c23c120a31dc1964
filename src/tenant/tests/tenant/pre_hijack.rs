//! Somebody signs up with the address of somebody else and waits for its owner (Sudhodanan and Paverd: "Pre-hijacked
//! accounts", 2022). Each attack of that study that can be played here, with the rows that are stored afterwards.
//!
//! attacks: accounts

use axum::http::Method;
use serde_json::json;
use tenant::configuration::{Options, VerifiedEmailToLink};
use tenant::seed::SeedUser;

use crate::test_tenant::{PAGE, TestResponse, TestTenant, unproven_user, user};

const GOOGLE: &str = "google-oauth2|9";
const REFUSED: &str = r#"403 {"statusCode":403,"error":"Forbidden","message":"The primary account has no verified e-mail address, which linking requires.","errorCode":"unverified_email"}"#;

/// Links the account `secondary` to `primary` as the page does.
async fn link(tenant: &TestTenant, primary: &str, secondary: &str) -> TestResponse {
    let body = json!({ "link_with": tenant.id_token(secondary, PAGE).await });
    let path = format!("/api/v2/users/{}/identities", primary.replace('|', "%7C"));
    tenant.post_json(&path, Some(&tenant.user_token(primary).await), &body).await
}

/// A tenant with an account of a database, whose address nobody proved, and one of a provider.
async fn with_option(verified_email_to_link: VerifiedEmailToLink, seed: SeedUser) -> TestTenant {
    let options = Options { stand_ins: true, verified_email_to_link, ..Options::default() };
    TestTenant::with_options(vec![seed, user(&[GOOGLE])], options).await
}

#[tokio::test]
async fn an_account_whose_address_nobody_proved_is_not_linked_in_either_direction() {
    for provided in [unproven_user(&["auth0|1"]), {
        let mut changed = unproven_user(&["auth0|1"]);
        changed.user.profile = changed.user.profile.with("email_verified", false);
        changed
    }] {
        let tenant = TestTenant::with_seeds(vec![provided, user(&[GOOGLE])]).await;
        assert_eq!(link(&tenant, "auth0|1", GOOGLE).await.status_and_text(), REFUSED);
        assert_eq!(
            link(&tenant, GOOGLE, "auth0|1").await.status_and_text(),
            REFUSED.replace("primary", "secondary")
        );
        assert_eq!(tenant.identities("auth0|1").await, ["auth0|1"]);
        assert_eq!(tenant.identities(GOOGLE).await, [GOOGLE]);
    }
}

#[tokio::test]
async fn an_account_is_not_linked_through_a_linked_identity_whose_address_nobody_proved() {
    let seeds = vec![unproven_user(&["github|42", "auth0|1"]), user(&[GOOGLE])];
    let tenant = TestTenant::with_seeds(seeds).await;
    assert_eq!(link(&tenant, "github|42", GOOGLE).await.status_and_text(), REFUSED);
    assert_eq!(link(&tenant, GOOGLE, "github|42").await.status.as_u16(), 403);
    assert_eq!(tenant.identities("github|42").await, ["github|42", "auth0|1"]);
    assert_eq!(tenant.identities(GOOGLE).await, [GOOGLE]);
}

#[tokio::test]
async fn a_new_address_that_nobody_proved_yet_is_not_linked() {
    let tenant = TestTenant::with_seeds(vec![user(&["auth0|1"]), user(&[GOOGLE])]).await;
    let machine = tenant.machine_token("update:users").await;
    let body = json!({ "email": "owner@example.test" });
    let path = "/api/v2/users/auth0%7C1";
    assert_eq!(tenant.send_json(Method::PATCH, path, Some(&machine), &body).await.status, 200);
    assert_eq!(link(&tenant, "auth0|1", GOOGLE).await.status_and_text(), REFUSED);
    assert_eq!(tenant.identities("auth0|1").await, ["auth0|1"]);
}

#[tokio::test]
async fn logins_of_providers_are_linked_whatever_their_address() {
    let seeds = vec![user(&["auth0|1"]), user(&[GOOGLE]), unproven_user(&["github|42"])];
    let tenant = TestTenant::with_seeds(seeds).await;
    assert_eq!(link(&tenant, "auth0|1", GOOGLE).await.status, 201);
    assert_eq!(link(&tenant, "github|42", "auth0|1").await.status, 201);
    assert_eq!(tenant.identities("github|42").await, ["github|42", "auth0|1", GOOGLE]);
}

#[tokio::test]
async fn a_machine_links_such_an_account_by_default_and_a_person_where_the_rule_is_off() {
    let tenant = with_option(VerifiedEmailToLink::Databases, unproven_user(&["auth0|1"])).await;
    let machine = tenant.machine_token("update:users").await;
    let body = json!({ "provider": "google-oauth2", "user_id": "9" });
    let path = "/api/v2/users/auth0%7C1/identities";
    assert_eq!(tenant.post_json(path, Some(&machine), &body).await.status, 201);
    let tenant = with_option(VerifiedEmailToLink::Nobody, unproven_user(&["auth0|1"])).await;
    assert_eq!(link(&tenant, "auth0|1", GOOGLE).await.status, 201);
    assert_eq!(tenant.identities("auth0|1").await, ["auth0|1", GOOGLE]);
}
