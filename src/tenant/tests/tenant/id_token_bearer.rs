//! ID tokens in place of access tokens (contract C7 and E).

use axum::http::Method;
use insta::assert_snapshot;
use serde_json::json;
use tenant::configuration::Options;

use crate::log;
use crate::test_tenant::{AUDIENCE, PAGE, TestTenant, user};

const ME: &str = "/api/v2/users/auth0%7C1";

async fn open_tenant(id_token_bearer: bool) -> TestTenant {
    let seeds = vec![user(&["auth0|1", "github|42"]), user(&["auth0|2"])];
    TestTenant::with_options(seeds, Options { id_token_bearer, ..Options::default() }).await
}

// attack: tokens
#[tokio::test]
async fn without_the_option_an_id_token_is_refused() {
    let tenant = open_tenant(false).await;
    let token = tenant.id_token("auth0|1", PAGE).await;
    let response = tenant.call(Method::GET, ME, &token).await;
    assert_snapshot!(response.status_and_text(), @r#"401 {"statusCode":401,"error":"Unauthorized","message":"Invalid token","attributes":{"error":"Invalid token"}}"#);
}

#[tokio::test]
async fn with_the_option_an_id_token_reads_links_and_unlinks_the_own_account() {
    let tenant = open_tenant(true).await;
    let token = tenant.id_token("auth0|1", PAGE).await;
    assert_eq!(tenant.call(Method::GET, ME, &token).await.status, 200);
    let unlinked = tenant.call(Method::DELETE, &format!("{ME}/identities/github/42"), &token).await;
    assert_eq!(unlinked.status, 200);
    assert_eq!(tenant.identities("auth0|1").await, ["auth0|1"]);
    let elsewhere = json!({ "link_with": tenant.id_token("github|42", "other").await });
    let refused = tenant.post_json(&format!("{ME}/identities"), Some(&token), &elsewhere).await;
    assert_snapshot!(refused.status_and_text(), @r#"400 {"statusCode":400,"error":"Bad Request","message":"JWT (link_with) contains an invalid aud claim","errorCode":"invalid_body"}"#);
    let here = json!({ "link_with": tenant.id_token("github|42", PAGE).await });
    assert_eq!(tenant.post_json(&format!("{ME}/identities"), Some(&token), &here).await.status, 201);
    assert_eq!(tenant.identities("auth0|1").await, ["auth0|1", "github|42"]);
    assert_eq!(tenant.call(Method::GET, ME, &tenant.user_token("auth0|1").await).await.status, 200);
}

// attack: tokens
#[tokio::test]
async fn with_the_option_an_id_token_is_limited_to_the_own_account() {
    let tenant = open_tenant(true).await;
    let other = tenant.id_token("auth0|2", PAGE).await;
    let unlink = format!("{ME}/identities/github/42");
    for (method, path) in [(Method::GET, ME), (Method::DELETE, unlink.as_str())] {
        let response = tenant.call(method, path, &other).await;
        assert_eq!(response.json()["errorCode"], "unowned_resource");
    }
    let by_id = json!({ "provider": "auth0", "user_id": "2" });
    let own = tenant.id_token("auth0|1", PAGE).await;
    let response = tenant.post_json(&format!("{ME}/identities"), Some(&own), &by_id).await;
    assert_eq!(response.json()["errorCode"], "insufficient_scope");
    assert_eq!(tenant.identities("auth0|1").await, ["auth0|1", "github|42"]);
}

// attack: tokens
#[tokio::test]
async fn with_the_option_other_tokens_are_still_refused() {
    let tenant = open_tenant(true).await;
    let now = tenant.clock.now().seconds();
    let good =
        json!({ "iss": "http://localhost:3000/", "sub": "auth0|1", "aud": PAGE, "iat": now, "exp": now + 9 });
    for (key, value) in [
        ("aud", json!("nobody")),
        ("aud", json!([PAGE, "other"])),
        ("aud", json!("http://localhost:3000/userinfo")),
        ("iss", json!("http://evil.test/")),
        ("scope", json!("read:users")),
        ("azp", json!(PAGE)),
        ("gty", json!("client-credentials")),
        ("nbf", json!(now + 1)),
        ("exp", json!(now)),
    ] {
        let mut claims = good.clone();
        claims[key] = value;
        let response = tenant.call(Method::GET, ME, &tenant.sign(&claims).await).await;
        assert_eq!(response.status, 401, "{claims}");
    }
    assert_eq!(tenant.call(Method::GET, ME, &tenant.sign(&good).await).await.status, 200);
    let mut access = tenant.claims("auth0|1", "");
    access["aud"] = json!(AUDIENCE);
    assert_eq!(tenant.call(Method::GET, ME, &tenant.sign(&access).await).await.status, 403);
}

#[tokio::test]
async fn each_use_of_an_id_token_is_logged_without_the_token() {
    let tenant = open_tenant(true).await;
    let token = tenant.id_token("auth0|1", PAGE).await;
    log::collect();
    for _ in 0..2 {
        assert_eq!(tenant.call(Method::GET, ME, &token).await.status, 200);
    }
    let text = log::collected();
    let line = "an ID token was taken for an access token client_id=\"page\" user_id=\"auth0|1\"";
    assert_eq!(text.matches(line).count(), 2, "{text}");
    for part in token.split('.') {
        assert!(!text.contains(part), "{text}");
    }
}
