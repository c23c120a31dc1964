//! `PATCH /api/v2/users/{id}` (contract A9).

use std::time::Duration;

use axum::http::Method;
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::test_tenant::{Browser, DATABASE, PAGE, PASSWORD, START, TestResponse, TestTenant, email};

const PATH: &str = "/api/v2/users/auth0%7C1";

async fn open_tenant() -> TestTenant {
    TestTenant::with_users(&[&["auth0|1", "google-oauth2|115"], &["auth0|2"], &["github|42", "auth0|3"]])
        .await
}

async fn patch(tenant: &TestTenant, path: &str, body: &Value) -> TestResponse {
    let machine = tenant.machine_token("update:users").await;
    tenant.send_json(Method::PATCH, path, Some(&machine), body).await
}

async fn sign_in_as(tenant: &TestTenant, login: &str, password: &str) -> u16 {
    let mut browser = Browser::new(tenant);
    let login_state = browser.start_login(&[]).await;
    browser.type_password(&login_state, login, password).await.status.as_u16()
}

#[tokio::test]
async fn metadata_are_merged_at_the_first_level_and_the_change_is_dated() {
    let tenant = open_tenant().await;
    tenant.clock.advance(Duration::from_mins(1));
    let body = json!({ "user_metadata": { "a": { "x": 1, "y": null } }, "app_metadata": { "plan": "gold" } });
    let user = patch(&tenant, PATH, &body).await.json();
    assert_eq!(user["user_metadata"], json!({ "theme": "dark", "a": { "x": 1, "y": null } }));
    assert_eq!(user["app_metadata"], json!({ "plan": "gold" }));
    assert_eq!(user["updated_at"], "2026-01-01T00:01:00.000Z");
    assert_eq!(user["created_at"], "2026-01-01T00:00:00.000Z");
    let user =
        patch(&tenant, PATH, &json!({ "user_metadata": { "a": { "z": 2 }, "theme": null } })).await.json();
    assert_eq!(user["user_metadata"], json!({ "a": { "z": 2 } }));
    let user = patch(&tenant, PATH, &json!({ "user_metadata": {} })).await.json();
    assert_eq!((&user["user_metadata"], &user["app_metadata"]), (&json!({}), &json!({ "plan": "gold" })));
}

#[tokio::test]
async fn root_attributes_are_replaced_and_null_restores_the_default() {
    let tenant = open_tenant().await;
    let body =
        json!({ "name": "Ada", "given_name": "A", "picture": "https://example.test/a.png", "blocked": true });
    let user = patch(&tenant, PATH, &body).await.json();
    for (key, value) in body.as_object().unwrap() {
        assert_eq!(user[key], *value);
    }
    let user =
        patch(&tenant, PATH, &json!({ "name": null, "given_name": null, "blocked": false })).await.json();
    assert_eq!(user["name"], json!(email("auth0|1")));
    assert_eq!((user.get("given_name"), &user["blocked"]), (None, &json!(false)));
}

#[tokio::test]
async fn a_form_updates_a_user_and_its_booleans_are_text() {
    let tenant = open_tenant().await;
    let change = async |body: &str| {
        let request = axum::http::Request::patch(PATH)
            .header("authorization", format!("Bearer {}", tenant.machine_token("update:users").await))
            .header("content-type", "application/x-www-form-urlencoded");
        tenant.send(request.body(axum::body::Body::from(body.to_owned())).unwrap()).await
    };
    let user = change("blocked=true&name=Ada+L%C3%B6").await.json();
    assert_eq!((&user["blocked"], &user["name"]), (&json!(true), &json!("Ada Lö")));
    let stored = tenant.row("auth0|1").await;
    for wrong in ["blocked=perhaps", "blocked=true&blocked=false", "identities=x", "user_metadata=x"] {
        assert_eq!(change(wrong).await.json()["errorCode"], "invalid_body", "{wrong}");
    }
    assert_eq!(tenant.row("auth0|1").await, stored);
}

#[tokio::test]
async fn a_new_password_signs_in_and_ends_earlier_sessions() {
    let tenant = open_tenant().await;
    let mut browser = Browser::new(&tenant);
    browser.sign_in("auth0|1", &[]).await;
    let response =
        patch(&tenant, PATH, &json!({ "password": "battery staple", "connection": DATABASE })).await;
    let user = response.json();
    assert_eq!(user["last_password_reset"], "2026-01-01T00:00:00.000Z");
    for never in ["password", "connection", "client_id"] {
        assert_eq!(user.get(never), None);
    }
    assert!(!response.text.contains("battery"));
    assert_eq!(sign_in_as(&tenant, &email("auth0|1"), PASSWORD).await, 401);
    assert_eq!(sign_in_as(&tenant, &email("auth0|1"), "battery staple").await, 302);
    let silent = browser.get(&crate::test_tenant::authorize_path(&[("prompt", "none")])).await;
    assert_eq!(silent.parameter("error").as_deref(), Some("login_required"));
}

#[tokio::test]
async fn a_new_password_signs_out_its_account_everywhere_and_no_other() {
    let tenant = TestTenant::with_users(&[&["auth0|1", "google-oauth2|9"], &["auth0|2"]]).await;
    let (mut mine, mut theirs) = (Browser::new(&tenant), Browser::new(&tenant));
    let by_password = tenant.tokens(&mut mine, "auth0|1", PAGE).await;
    let of_others = tenant.tokens(&mut theirs, "auth0|2", PAGE).await;
    let mut linked = Browser::new(&tenant);
    linked.stand_in("google-oauth2", &[("choice", "9")]).await;
    let pending = mine.get(&crate::test_tenant::authorize_path(&[])).await.parameter("code").unwrap();
    assert_eq!(patch(&tenant, PATH, &json!({ "password": "battery staple" })).await.status, 200);
    let refresh = |tokens: &Value| tokens["refresh_token"].as_str().unwrap().to_owned();
    assert!(!tenant.has_refresh_token(&refresh(&by_password)).await);
    assert_eq!(tenant.refresh(&refresh(&by_password), &[]).await.status, 403);
    assert_eq!(tenant.exchange_code(&pending, &[]).await.status, 403);
    let silent = crate::test_tenant::authorize_path(&[("prompt", "none")]);
    assert_eq!(linked.get(&silent).await.parameter("error").as_deref(), Some("login_required"));
    assert_eq!(tenant.refresh(&refresh(&of_others), &[]).await.status, 200);
    assert!(theirs.get(&silent).await.parameter("code").is_some());
}

#[tokio::test]
async fn a_new_address_signs_in_is_unverified_and_unique() {
    let tenant = open_tenant().await;
    let user = patch(&tenant, PATH, &json!({ "email": "New@Example.test" })).await.json();
    assert_eq!((&user["email"], &user["email_verified"]), (&json!("new@example.test"), &json!(false)));
    assert_eq!(sign_in_as(&tenant, "new@example.test", PASSWORD).await, 302);
    assert_eq!(sign_in_as(&tenant, &email("auth0|1"), PASSWORD).await, 401);
    let user =
        patch(&tenant, PATH, &json!({ "email": "newer@example.test", "email_verified": true })).await.json();
    assert_eq!(user["email_verified"], true);
    let taken = patch(&tenant, PATH, &json!({ "email": email("auth0|2").to_uppercase() })).await;
    assert_snapshot!(taken.status_and_text(), @r#"400 {"statusCode":400,"error":"Bad Request","message":"The specified new email already exists","errorCode":"auth0_idp_error"}"#);
    assert_eq!(tenant.row("auth0|1").await.unwrap().profile.email(), Some("newer@example.test"));
}

#[tokio::test]
async fn a_secondary_changes_its_address_and_password_by_naming_its_connection() {
    let tenant = open_tenant().await;
    let path = "/api/v2/users/github%7C42";
    let body = json!({ "email": "new@example.test", "connection": DATABASE });
    let user = patch(&tenant, path, &body).await.json();
    assert_eq!(user["email"], json!(email("github|42")));
    assert_eq!(user["identities"][1]["profileData"]["email"], "new@example.test");
    let body = json!({ "password": "battery staple", "connection": DATABASE });
    assert_eq!(patch(&tenant, path, &body).await.status, 200);
    assert_eq!(sign_in_as(&tenant, "new@example.test", "battery staple").await, 302);
    let names = patch(&tenant, path, &json!({ "name": "x", "nickname": "y", "connection": DATABASE })).await;
    assert_snapshot!(names.status_and_text(), @r#"400 {"statusCode":400,"error":"Bad Request","message":"The following user attributes cannot be updated: name, nickname. The specified connection belongs to a secondary identity.","errorCode":"invalid_body"}"#);
}

// attack: accounts
#[tokio::test]
async fn immutable_attributes_are_refused_with_the_documented_error() {
    let tenant = open_tenant().await;
    let (database, social) = (PATH, "/api/v2/users/github%7C42");
    let stored = [tenant.row("auth0|1").await, tenant.row("github|42").await];
    for (path, body, message) in [
        (
            database,
            json!({ "password": "x", "email": "a@b" }),
            "Cannot update password and email simultaneously.",
        ),
        (
            database,
            json!({ "password": "x", "email_verified": true }),
            "Cannot update password and email_verified simultaneously.",
        ),
        (
            database,
            json!({ "username": "x", "email": "a@b" }),
            "Cannot update username and email simultaneously.",
        ),
        (
            database,
            json!({ "username": "x", "email_verified": true }),
            "Cannot update username and email_verified simultaneously.",
        ),
        (
            database,
            json!({ "username": "x", "password": "y" }),
            "Cannot update username and password simultaneously.",
        ),
        (
            database,
            json!({ "username": "x" }),
            "Cannot set username for connection without requires_username.",
        ),
        (social, json!({ "email": "a@b" }), "Cannot update email for non-database user."),
        (social, json!({ "password": "battery staple" }), "Connection is not supported for this operation."),
        (
            social,
            json!({ "name": "x", "phone_number": "+1" }),
            "Your account is not allowed to update the following user attributes: name, phone_number",
        ),
        (database, json!({ "blocked": true, "connection": "nowhere" }), "Connection does not exist."),
        (
            database,
            json!({ "blocked": true, "connection": "github" }),
            "Connection is not supported for this operation.",
        ),
        (database, json!({ "password": "short" }), "PasswordStrengthError: Password is too weak"),
        (database, json!({}), "Payload validation error: 'Too few properties defined (0), minimum 1'."),
    ] {
        let response = patch(&tenant, path, &body).await;
        assert_eq!((response.status.as_u16(), response.json()["message"].as_str().unwrap()), (400, message));
    }
    assert_eq!([tenant.row("auth0|1").await, tenant.row("github|42").await], stored);
}

#[tokio::test]
async fn an_enterprise_address_is_not_verified_here() {
    let tenant = TestTenant::with_users(&[&["samlp|acme|ada"]]).await;
    let response =
        patch(&tenant, "/api/v2/users/samlp%7Cacme%7Cada", &json!({ "email_verified": true })).await;
    assert_snapshot!(response.status_and_text(), @r#"400 {"statusCode":400,"error":"Bad Request","message":"Email verification is not supported for enterprise users.","errorCode":"invalid_body"}"#);
}

// attack: accounts
#[tokio::test]
async fn a_user_bound_token_changes_its_own_user_metadata_and_nothing_else() {
    let tenant = open_tenant().await;
    let token =
        tenant.sign(&tenant.claims("auth0|1", "read:current_user update:current_user_metadata")).await;
    let patch =
        async |path: &str, body: Value| tenant.send_json(Method::PATCH, path, Some(&token), &body).await;
    let response = patch(PATH, json!({ "user_metadata": { "theme": "light" } })).await;
    assert_eq!(
        (response.status.as_u16(), &response.json()["user_metadata"]["theme"]),
        (200, &json!("light"))
    );
    let stored = [tenant.row("auth0|1").await, tenant.row("auth0|2").await];
    let response = patch(PATH, json!({ "app_metadata": { "plan": "gold" } })).await;
    assert_snapshot!(response.status_and_text(), @r#"403 {"statusCode":403,"error":"Forbidden","message":"Insufficient scope, expected any of: update:users,update:users_app_metadata","errorCode":"insufficient_scope"}"#);
    let response = patch(PATH, json!({ "user_metadata": {}, "email_verified": true })).await;
    assert_snapshot!(response.status_and_text(), @r#"403 {"statusCode":403,"error":"Forbidden","message":"Insufficient scope, expected any of: update:users","errorCode":"insufficient_scope"}"#);
    for attack in ["blocked", "connection", "email", "password", "identities", "user_id", "last_login"] {
        assert_eq!(patch(PATH, json!({ attack: true, "user_metadata": {} })).await.status, 403, "{attack}");
    }
    let foreign = json!({ "user_metadata": { "theme": "stolen" } });
    let existing = patch("/api/v2/users/auth0|2", foreign.clone()).await;
    assert_snapshot!(existing.status_and_text(), @r#"403 {"statusCode":403,"error":"Forbidden","message":"User to be acted on does not match subject in bearer token.","errorCode":"unowned_resource"}"#);
    for path in ["auth0%7C99", "auth0%7c2", "auth0%257C1", "auth0%7C1%00", "AUTH0%7C1", "google-oauth2%7C115"]
    {
        let response = patch(&format!("/api/v2/users/{path}"), foreign.clone()).await;
        assert_eq!(response.status_and_text(), existing.status_and_text(), "{path}");
    }
    assert_eq!([tenant.row("auth0|1").await, tenant.row("auth0|2").await], stored);
}

// attack: accounts
#[tokio::test]
async fn mass_assignment_by_a_machine_changes_nothing() {
    let tenant = open_tenant().await;
    let stored = tenant.row("auth0|1").await;
    for attack in ["identities", "user_id", "logins_count", "last_login", "created_at", "last_password_reset"]
    {
        let response = patch(&tenant, PATH, &json!({ attack: 1, "blocked": true })).await;
        let message = format!("Payload validation error: 'Additional properties not allowed: {attack}'.");
        assert_eq!(
            (response.status.as_u16(), response.json()["message"].as_str().unwrap()),
            (400, &*message)
        );
    }
    assert_eq!(tenant.row("auth0|1").await, stored);
}

// attack: floods
#[tokio::test]
async fn the_size_of_a_profile_is_limited() {
    let tenant = open_tenant().await;
    for key in ["a", "b"] {
        let body = json!({ "app_metadata": { key: "x".repeat(30_000) } });
        assert_eq!(patch(&tenant, PATH, &body).await.status, 200);
    }
    let body = json!({ "app_metadata": { "c": "x".repeat(30_000) } });
    let response = patch(&tenant, PATH, &body).await;
    assert_eq!((response.status.as_u16(), &response.json()["errorCode"]), (400, &json!("invalid_body")));
    assert_eq!(tenant.row("auth0|1").await.unwrap().app_metadata.unwrap().len(), 2);
}

#[tokio::test]
async fn an_unknown_user_and_the_id_of_a_linked_identity_are_not_found() {
    let tenant = open_tenant().await;
    for path in ["auth0%7C99", "google-oauth2%7C115"] {
        let response = patch(&tenant, &format!("/api/v2/users/{path}"), &json!({ "blocked": true })).await;
        assert_eq!(
            (response.status.as_u16(), &response.json()["errorCode"]),
            (404, &json!("inexistent_user"))
        );
    }
    assert_eq!(tenant.row("auth0|1").await.unwrap().updated_at, START);
}

#[tokio::test]
async fn the_app_metadata_scope_changes_app_metadata_of_any_user_and_nothing_else() {
    let tenant = open_tenant().await;
    let token = tenant.machine_token("update:users_app_metadata").await;
    let patch =
        async |body: Value| tenant.send_json(Method::PATCH, PATH, Some(&token), &body).await.status.as_u16();
    assert_eq!(patch(json!({ "app_metadata": { "plan": "gold" } })).await, 200);
    assert_eq!(patch(json!({ "user_metadata": { "theme": "light" } })).await, 403);
    assert_eq!(patch(json!({ "blocked": true })).await, 403);
}
