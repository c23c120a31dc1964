//! The claim that tells which identity is signed in: after a code, a refresh, a silent renewal, and by form post.

use axum::http::Method;
use serde_json::{Value, json};
use tenant::configuration::Options;

use crate::bench::{Bench, Browser, SCOPE, authorize_path, claims_in, user};

const CLAIM: &str = "https://linked-accounts.dev/identity";

/// Katherine: her main login is Google's, her password and a numeric GitHub id are linked.
async fn bench() -> Bench {
    let mut seed = user(&["google-oauth2|115", "auth0|1", "github|42"]);
    let github = &mut seed.user.identities[2];
    github.user_id = model::IdentityId::from_parts(github.user_id.as_str(), true);
    Bench::with_seeds(vec![seed]).await
}

fn claim(answer: &crate::bench::Answer) -> Value {
    claims_in(answer.json()["id_token"].as_str().unwrap())[CLAIM].clone()
}

#[tokio::test]
async fn a_code_a_refresh_and_a_silent_renewal_name_the_linked_identity_in_use() {
    let bench = bench().await;
    let mut browser = Browser::new(&bench);
    let password = json!({ "provider": "auth0", "user_id": "1", "connection": crate::bench::DATABASE });
    let scope = format!("{SCOPE} offline_access");
    let code = browser.sign_in("auth0|1", &[("scope", &scope)]).await;
    let first = bench.trade(&code, &[]).await;
    let claims = claims_in(first.json()["id_token"].as_str().unwrap());
    assert_eq!((&claims[CLAIM], &claims["sub"]), (&password, &json!("google-oauth2|115")));
    let refreshed = bench.refresh(first.json()["refresh_token"].as_str().unwrap(), &[]).await;
    assert_eq!(claim(&refreshed), password);
    let silent = browser.get(&authorize_path(&[("prompt", "none")])).await;
    assert_eq!(claim(&bench.trade(&silent.parameter("code").unwrap(), &[]).await), password);
}

#[tokio::test]
async fn a_numeric_id_stays_a_number() {
    let bench = bench().await;
    let answer = Browser::new(&bench).stand_in("github", &[("choice", "42")]).await;
    let answer = bench.trade(&answer.parameter("code").unwrap(), &[]).await;
    assert_eq!(claim(&answer), json!({ "provider": "github", "user_id": 42, "connection": "github" }));
}

#[tokio::test]
async fn an_identity_that_is_linked_elsewhere_takes_its_session_along() {
    let bench = Bench::with_users(&[&["auth0|1"], &["google-oauth2|115"]]).await;
    let mut browser = Browser::new(&bench);
    browser.stand_in("google-oauth2", &[("choice", "115")]).await;
    let body = json!({ "provider": "google-oauth2", "user_id": "115" });
    let token = bench.machine_token("update:users").await;
    let path = "/api/v2/users/auth0%7C1/identities";
    assert_eq!(bench.send_json(Method::POST, path, Some(&token), &body).await.status, 201);
    let silent = browser.get(&authorize_path(&[("prompt", "none")])).await;
    let tokens = bench.trade(&silent.parameter("code").unwrap(), &[]).await.json();
    let claims = claims_in(tokens["id_token"].as_str().unwrap());
    assert_eq!((&claims["sub"], &claims[CLAIM]["user_id"]), (&json!("auth0|1"), &json!("115")));
}

#[tokio::test]
async fn an_id_token_by_form_post_has_it_and_the_name_is_the_tenants_to_choose() {
    let name = "https://acme.example/in_use";
    let options = Options { identity_claim: name.to_owned(), ..Options::default() };
    let bench = Bench::with_options(vec![user(&["auth0|1"])], options).await;
    let mut browser = Browser::new(&bench);
    let with = [
        ("client_id", "implicit"),
        ("response_type", "id_token"),
        ("response_mode", "fragment"),
        ("code_challenge", ""),
        ("code_challenge_method", ""),
    ];
    let handle = browser.begin(&with).await;
    let answer =
        browser.type_password(&handle, &crate::bench::email("auth0|1"), crate::bench::PASSWORD).await;
    let fragment = answer.location().split_once('#').unwrap().1.to_owned();
    let token = form_urlencoded::parse(fragment.as_bytes()).find(|(key, _)| key == "id_token").unwrap().1;
    let claims = claims_in(&token);
    assert_eq!(claims[name]["connection"], json!(crate::bench::DATABASE));
    assert!(claims.get(CLAIM).is_none());
}
