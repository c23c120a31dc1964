//! Sizes of what a provider says about a person.

use axum::http::{Method, StatusCode};
use model::{Profile, UserId};
use serde_json::json;

use super::{Attempt, with_fake_provider};
use crate::test_tenant::{TestTenant, claims_in};

const ID: &str = "oidc|elsewhere|ann";
const PATH: &str = "/api/v2/users/oidc%7Celsewhere%7Cann";

/// Returns a picture as data, as providers send it in place of an address.
fn picture(length: usize) -> String {
    format!("data:image/png;base64,{}", "A".repeat(length))
}

/// Replaces the stored profile, as a version without limits could have stored it.
async fn store_profile(tenant: &TestTenant, profile: Profile) {
    let key = UserId::new(ID).as_identity_key().unwrap();
    tenant
        .store
        .write::<_, store::Error, _>(move |unit| {
            Box::pin(async move { unit.update_profile(&key, &profile).await })
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn an_attribute_that_is_too_long_is_left_out_and_the_sign_in_goes_on() {
    let (tenant, provider) = with_fake_provider().await;
    for (claim, value) in [
        ("picture", picture(500_000)),
        ("picture", picture(2048)),
        ("name", "n".repeat(301)),
        ("nickname", "n".repeat(301)),
        ("given_name", "n".repeat(151)),
        ("family_name", "n".repeat(151)),
        ("locale", "n".repeat(301)),
        ("email", format!("{}@example.test", "n".repeat(320))),
    ] {
        let attempt = Attempt::start(&tenant, &[]).await;
        let change = json!({ claim: value, "gender": "a", "email_verified": true });
        let (mut browser, response) = attempt.sign_in(&provider, &change).await;
        let code =
            response.parameter("code").unwrap_or_else(|| panic!("{claim} {}", response.status_and_text()));
        let profile = tenant.row(ID).await.unwrap().profile;
        assert_ne!(profile.text(claim), Some(value.as_str()), "{claim}");
        assert_eq!(profile.text("gender"), Some("a"));
        let tokens = tenant.exchange_code(&code, &[]).await.json();
        let id_token = tokens["id_token"].as_str().unwrap();
        assert!(id_token.len() < 4096, "{claim} {}", id_token.len());
        let machine = tenant.machine_token("update:users").await;
        let body = json!({ "user_metadata": { "theme": "dark" } });
        let changed = tenant.send_json(Method::PATCH, PATH, Some(&machine), &body).await;
        assert_eq!(changed.status, StatusCode::OK, "{claim} {}", changed.text);
        let path = format!("/oidc/logout?id_token_hint={id_token}");
        assert!(browser.get(&path).await.status.as_u16() < 400, "{claim}");
    }
}

// attack: providers
#[tokio::test]
async fn an_address_that_is_too_long_does_not_verify_the_stored_one() {
    let (tenant, provider) = with_fake_provider().await;
    for (email, verified) in
        [("ann@example.test".to_owned(), false), (format!("{}@a.test", "n".repeat(320)), true)]
    {
        let attempt = Attempt::start(&tenant, &[]).await;
        let change = json!({ "email": email, "email_verified": verified });
        let (_, response) = attempt.sign_in(&provider, &change).await;
        assert!(response.parameter("code").is_some(), "{}", response.status_and_text());
        let profile = tenant.row(ID).await.unwrap().profile;
        assert_eq!((profile.email(), profile.email_verified()), (Some("ann@example.test"), Some(false)));
    }
}

#[tokio::test]
async fn a_longer_attribute_of_an_older_version_is_not_in_tokens_and_leaves_at_the_next_sign_in() {
    let (tenant, provider) = with_fake_provider().await;
    let attempt = Attempt::start(&tenant, &[]).await;
    let (mut browser, response) = attempt.sign_in(&provider, &json!({ "name": "Ann" })).await;
    assert!(response.parameter("code").is_some());
    let profile = tenant.row(ID).await.unwrap().profile;
    store_profile(&tenant, profile.with("picture", picture(70_000))).await;

    let silent = crate::test_tenant::authorize_path(&[("prompt", "none")]);
    let code = browser.get(&silent).await.parameter("code").unwrap();
    let tokens = tenant.exchange_code(&code, &[]).await.json();
    let claims = claims_in(tokens["id_token"].as_str().unwrap());
    assert_eq!((claims.get("picture"), &claims["name"]), (None, &json!("Ann")));

    // The user is larger than permitted, and can still be changed in a way that does not enlarge it.
    let machine = tenant.machine_token("update:users").await;
    let patch = async |body| tenant.send_json(Method::PATCH, PATH, Some(&machine), &body).await.status;
    assert_eq!(patch(json!({ "blocked": false })).await, StatusCode::OK);
    assert_eq!(patch(json!({ "user_metadata": { "theme": "dark" } })).await, StatusCode::BAD_REQUEST);

    let attempt = Attempt::start(&tenant, &[]).await;
    let (_, response) = attempt.sign_in(&provider, &json!({ "picture": picture(70_000) })).await;
    assert!(response.parameter("code").is_some());
    assert_eq!(tenant.row(ID).await.unwrap().profile.picture(), None);
    assert_eq!(patch(json!({ "user_metadata": { "theme": "dark" } })).await, StatusCode::OK);
}
