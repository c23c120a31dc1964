//! The ID token claim with the identity that is signed in: after a code exchange, a refresh and a silent
//! renewal, and in the implicit flow.

use axum::http::Method;
use serde_json::{Value, json};
use tenant::configuration::Options;

use crate::test_tenant::{Browser, SCOPE, TestTenant, authorize_path, claims_in, user};

const CLAIM: &str = "https://linked-accounts.dev/identity";

/// A tenant with a user whose primary identity is Google's, with a password and a numeric GitHub id linked to
/// it.
async fn open_tenant() -> TestTenant {
    let mut seed = user(&["google-oauth2|115", "auth0|1", "github|42"]);
    let github = &mut seed.user.identities[2];
    github.user_id = model::IdentityId::from_parts(github.user_id.as_str(), true);
    TestTenant::with_seeds(vec![seed]).await
}

fn claim(response: &crate::test_tenant::TestResponse) -> Value {
    claims_in(response.json()["id_token"].as_str().unwrap())[CLAIM].clone()
}

#[tokio::test]
async fn a_code_a_refresh_and_a_silent_renewal_name_the_identity_that_is_signed_in() {
    let tenant = open_tenant().await;
    let mut browser = Browser::new(&tenant);
    let password = json!({ "provider": "auth0", "user_id": "1", "connection": crate::test_tenant::DATABASE });
    let scope = format!("{SCOPE} offline_access");
    let code = browser.sign_in("auth0|1", &[("scope", &scope)]).await;
    let first = tenant.exchange_code(&code, &[]).await;
    let claims = claims_in(first.json()["id_token"].as_str().unwrap());
    assert_eq!((&claims[CLAIM], &claims["sub"]), (&password, &json!("google-oauth2|115")));
    let refreshed = tenant.refresh(first.json()["refresh_token"].as_str().unwrap(), &[]).await;
    assert_eq!(claim(&refreshed), password);
    let silent = browser.get(&authorize_path(&[("prompt", "none")])).await;
    assert_eq!(claim(&tenant.exchange_code(&silent.parameter("code").unwrap(), &[]).await), password);
}

#[tokio::test]
async fn a_numeric_id_stays_a_number() {
    let tenant = open_tenant().await;
    let response = Browser::new(&tenant).stand_in("github", &[("choice", "42")]).await;
    let response = tenant.exchange_code(&response.parameter("code").unwrap(), &[]).await;
    assert_eq!(claim(&response), json!({ "provider": "github", "user_id": 42, "connection": "github" }));
}

#[tokio::test]
async fn the_session_of_an_identity_follows_it_to_another_account() {
    let tenant = TestTenant::with_users(&[&["auth0|1"], &["google-oauth2|115"]]).await;
    let mut browser = Browser::new(&tenant);
    browser.stand_in("google-oauth2", &[("choice", "115")]).await;
    let body = json!({ "provider": "google-oauth2", "user_id": "115" });
    let token = tenant.machine_token("update:users").await;
    let path = "/api/v2/users/auth0%7C1/identities";
    assert_eq!(tenant.send_json(Method::POST, path, Some(&token), &body).await.status, 201);
    let silent = browser.get(&authorize_path(&[("prompt", "none")])).await;
    let tokens = tenant.exchange_code(&silent.parameter("code").unwrap(), &[]).await.json();
    let claims = claims_in(tokens["id_token"].as_str().unwrap());
    assert_eq!((&claims["sub"], &claims[CLAIM]["user_id"]), (&json!("auth0|1"), &json!("115")));
}

#[tokio::test]
async fn an_id_token_of_the_implicit_flow_has_the_claim_and_its_name_is_configurable() {
    let name = "https://acme.example/in_use";
    let options = Options { identity_claim: name.to_owned(), ..Options::default() };
    let tenant = TestTenant::with_options(vec![user(&["auth0|1"])], options).await;
    let mut browser = Browser::new(&tenant);
    let with = [
        ("client_id", "implicit"),
        ("response_type", "id_token"),
        ("response_mode", "fragment"),
        ("code_challenge", ""),
        ("code_challenge_method", ""),
    ];
    let login_state = browser.start_login(&with).await;
    let response = browser
        .type_password(&login_state, &crate::test_tenant::email("auth0|1"), crate::test_tenant::PASSWORD)
        .await;
    let fragment = response.location().split_once('#').unwrap().1.to_owned();
    let token = form_urlencoded::parse(fragment.as_bytes()).find(|(key, _)| key == "id_token").unwrap().1;
    let claims = claims_in(&token);
    assert_eq!(claims[name]["connection"], json!(crate::test_tenant::DATABASE));
    assert!(claims.get(CLAIM).is_none());
}
