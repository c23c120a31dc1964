//! Deleting users, and finding them by e-mail address (contract A7 and A9).

use axum::http::Method;
use insta::assert_snapshot;
use serde_json::json;

use crate::test_tenant::{Browser, TestTenant, email, user};

const EVERYBODY: &str = "/api/v2/users-by-email";

async fn people() -> TestTenant {
    TestTenant::with_users(&[&["auth0|1", "google-oauth2|115", "samlp|acme|eng/ada"], &["auth0|2"]]).await
}

#[tokio::test]
async fn deleting_a_user_deletes_every_identity_and_prevents_sign_in() {
    let tenant = people().await;
    let machine = tenant.machine_token("delete:users read:users").await;
    let response = tenant.call(Method::DELETE, "/api/v2/users/auth0%7C1", &machine).await;
    assert_eq!((response.status.as_u16(), response.text.as_str()), (204, ""));
    assert_eq!(response.header("content-type"), "application/json; charset=utf-8");
    let read = tenant.call(Method::GET, "/api/v2/users/auth0%7C1", &machine).await;
    assert_eq!(read.status, 404);
    for id in ["auth0|1", "google-oauth2|115", "samlp|acme|eng/ada"] {
        let key = model::UserId::new(id).as_identity_key().unwrap();
        let mut reader = tenant.store.read().await.unwrap();
        assert_eq!(reader.find_user_by_identity(&key).await.unwrap(), None, "{id}");
    }
    let mut browser = Browser::new(&tenant);
    let login_state = browser.start_login(&[]).await;
    let typed = browser.type_password(&login_state, &email("auth0|1"), crate::test_tenant::PASSWORD).await;
    assert_eq!(typed.status, 401);
    assert!(tenant.row("auth0|2").await.is_some());
}

#[tokio::test]
async fn deleting_an_unknown_or_linked_id_succeeds_and_deletes_nothing() {
    let tenant = people().await;
    let machine = tenant.machine_token("delete:users").await;
    for path in ["google-oauth2%7C115", "auth0%7C99", "nonsense", "auth0%257C1"] {
        let response = tenant.call(Method::DELETE, &format!("/api/v2/users/{path}"), &machine).await;
        assert_eq!((response.status.as_u16(), response.text.as_str()), (204, ""), "{path}");
    }
    assert_eq!(tenant.identities("auth0|1").await.len(), 3);
    for _ in 0..2 {
        assert_eq!(tenant.call(Method::DELETE, "/api/v2/users/auth0%7C2", &machine).await.status, 204);
    }
    assert_eq!(tenant.row("auth0|2").await, None);
}

#[tokio::test]
async fn an_id_is_deleted_in_every_encoding() {
    for path in ["auth0|a%2Fb@c+d", "auth0%7Ca%2Fb%40c%2Bd", "auth0%7ca%2fb%40c+d"] {
        let tenant = TestTenant::with_users(&[&["auth0|a/b@c+d"]]).await;
        let machine = tenant.machine_token("delete:users").await;
        assert_eq!(tenant.call(Method::DELETE, &format!("/api/v2/users/{path}"), &machine).await.status, 204);
        assert_eq!(tenant.row("auth0|a/b@c+d").await, None, "{path}");
    }
}

// attack: accounts
#[tokio::test]
async fn a_user_bound_token_can_delete_its_own_account_only() {
    let tenant = people().await;
    let page = tenant.user_token("auth0|1").await;
    let response = tenant.call(Method::DELETE, "/api/v2/users/auth0%7C1", &page).await;
    assert_snapshot!(response.status_and_text(), @r#"403 {"statusCode":403,"error":"Forbidden","message":"Insufficient scope, expected any of: delete:users,delete:current_user","errorCode":"insufficient_scope"}"#);
    let own = tenant.sign(&tenant.claims("auth0|1", "delete:current_user")).await;
    let existing = tenant.call(Method::DELETE, "/api/v2/users/auth0%7C2", &own).await;
    let missing = tenant.call(Method::DELETE, "/api/v2/users/auth0%7C99", &own).await;
    assert_eq!(existing.status_and_text(), missing.status_and_text());
    assert_snapshot!(existing.status_and_text(), @r#"403 {"statusCode":403,"error":"Forbidden","message":"User to be acted on does not match subject in bearer token.","errorCode":"unowned_resource"}"#);
    assert!(tenant.row("auth0|2").await.is_some());
    assert_eq!(tenant.call(Method::DELETE, "/api/v2/users/auth0|1", &own).await.status, 204);
    assert_eq!(tenant.row("auth0|1").await, None);
}

#[tokio::test]
async fn unlinking_and_deleting_removes_an_identity_for_good() {
    let tenant = people().await;
    let machine = tenant.machine_token("update:users delete:users").await;
    let ids = ["google-oauth2/115", "samlp/acme%7Ceng%2Fada"];
    for id in ids {
        let path = format!("/api/v2/users/auth0%7C1/identities/{id}");
        assert_eq!(tenant.call(Method::DELETE, &path, &machine).await.status, 200);
        let path = format!("/api/v2/users/{}", id.replacen('/', "%7C", 1));
        assert_eq!(tenant.call(Method::DELETE, &path, &machine).await.status, 204);
    }
    assert_eq!(tenant.identities("auth0|1").await, ["auth0|1"]);
    assert_eq!(tenant.row("google-oauth2|115").await, None);
    assert_eq!(tenant.row("samlp|acme|eng/ada").await, None);
}

#[tokio::test]
async fn users_are_found_by_the_case_sensitive_address_of_their_root_profile() {
    let mut mixed = user(&["google-oauth2|9"]);
    mixed.user.profile = mixed.user.profile.with("email", "AUTH01@example.test");
    let tenant =
        TestTenant::with_seeds(vec![user(&["auth0|1", "github|42"]), mixed, user(&["auth0|2"])]).await;
    let machine = tenant.machine_token("read:users").await;
    let find = async |query: &str| {
        let response =
            tenant.call(Method::GET, &format!("{EVERYBODY}?fields=user_id&email={query}"), &machine).await;
        response.json()
    };
    assert_eq!(find("auth01@example.test").await, json!([{ "user_id": "auth0|1" }]));
    assert_eq!(find("AUTH01%40example.test").await, json!([{ "user_id": "google-oauth2|9" }]));
    // A linked identity is not found by its own address.
    assert_eq!(find("github42@example.test").await, json!([]));
    assert_eq!(find("'%20OR%201=1--").await, json!([]));
    let whole = tenant.call(Method::GET, &format!("{EVERYBODY}?email=auth02@example.test"), &machine).await;
    assert_eq!(whole.json()[0]["identities"][0]["user_id"], "2");
}

#[tokio::test]
async fn finding_by_address_requires_an_address_and_the_scope() {
    let tenant = people().await;
    let machine = tenant.machine_token("read:users").await;
    let response = tenant.call(Method::GET, EVERYBODY, &machine).await;
    assert_snapshot!(response.status_and_text(), @r#"400 {"statusCode":400,"error":"Bad Request","message":"Query validation error: 'Missing required property: email' on property email.","errorCode":"invalid_query_string"}"#);
    let page = tenant.user_token("auth0|1").await;
    let response = tenant.call(Method::GET, &format!("{EVERYBODY}?email=auth01@example.test"), &page).await;
    assert_snapshot!(response.status_and_text(), @r#"403 {"statusCode":403,"error":"Forbidden","message":"Insufficient scope, expected any of: read:users","errorCode":"insufficient_scope"}"#);
}

// attack: accounts
#[tokio::test]
async fn another_users_id_is_refused_alike_whether_or_not_it_exists() {
    let tenant = TestTenant::with_users(&[&["auth0|1"], &["auth0|2", "github|42"]]).await;
    let scope =
        "read:current_user update:current_user_identities update:current_user_metadata delete:current_user";
    let token = tenant.sign(&tenant.claims("auth0|1", scope)).await;
    assert_eq!(tenant.call(Method::GET, "/api/v2/users/auth0%7C1", &token).await.status, 200);
    let mut responses = Vec::new();
    for id in ["auth0%7C2", "github%7C42", "auth0%7C404", "nobody"] {
        responses
            .push(tenant.call(Method::GET, &format!("/api/v2/users/{id}"), &token).await.status_and_text());
        let unlink = format!("/api/v2/users/{id}/identities/github/42");
        responses.push(tenant.call(Method::DELETE, &unlink, &token).await.status_and_text());
        let user = format!("/api/v2/users/{id}");
        responses.push(tenant.call(Method::DELETE, &user, &token).await.status_and_text());
        let change = json!({ "user_metadata": { "theme": "light" } });
        responses.push(tenant.send_json(Method::PATCH, &user, Some(&token), &change).await.status_and_text());
        let body = json!({ "link_with": "x" });
        responses.push(
            tenant
                .post_json(&format!("/api/v2/users/{id}/identities"), Some(&token), &body)
                .await
                .status_and_text(),
        );
    }
    responses.dedup();
    assert_eq!(
        responses,
        [
            r#"403 {"statusCode":403,"error":"Forbidden","message":"User to be acted on does not match subject in bearer token.","errorCode":"unowned_resource"}"#
        ]
    );
}
