//! `POST /api/v2/users` (contract A8).

use axum::body::Body;
use axum::http::{Method, Request};
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::test_tenant::{Browser, DATABASE, TestResponse, TestTenant};

const PATH: &str = "/api/v2/users";

async fn open_tenant() -> TestTenant {
    TestTenant::with_users(&[&["auth0|1", "google-oauth2|115"]]).await
}

fn ada() -> Value {
    json!({ "connection": DATABASE, "email": "Ada@Example.test", "password": "correct horse battery" })
}

/// Returns [`ada`] with other values; null removes a property.
fn with(changes: &Value) -> Value {
    let mut body = ada();
    for (key, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => body.as_object_mut().unwrap().remove(key),
            value => body.as_object_mut().unwrap().insert(key.clone(), value.clone()),
        };
    }
    body
}

async fn create(tenant: &TestTenant, body: &Value) -> TestResponse {
    let machine = tenant.machine_token("create:users").await;
    tenant.post_json(PATH, Some(&machine), body).await
}

async fn count(tenant: &TestTenant) -> u64 {
    tenant.store.read().await.unwrap().count_users().await.unwrap()
}

#[tokio::test]
async fn a_new_user_has_derived_attributes() {
    let tenant = open_tenant().await;
    let response = create(&tenant, &with(&json!({ "user_id": "5457edea1b8f22891a000004" }))).await;
    assert_snapshot!(response.status_and_text(), @r#"201 {"created_at":"2026-01-01T00:00:00.000Z","email":"ada@example.test","email_verified":false,"identities":[{"connection":"Username-Password-Authentication","user_id":"5457edea1b8f22891a000004","provider":"auth0","isSocial":false}],"name":"ada@example.test","nickname":"ada","picture":"https://s.gravatar.com/avatar/28ae5bf8fa0cde12855e61ac303859cc?s=480&r=pg&d=https%3A%2F%2Fcdn.auth0.com%2Favatars%2Fad.png","updated_at":"2026-01-01T00:00:00.000Z","user_id":"auth0|5457edea1b8f22891a000004"}"#);
    let machine = tenant.machine_token("read:users").await;
    let read = tenant.call(Method::GET, "/api/v2/users/auth0%7C5457edea1b8f22891a000004", &machine).await;
    assert_eq!(read.text, response.text);
}

#[tokio::test]
async fn a_new_user_signs_in_with_the_password_which_is_stored_as_a_hash_only() {
    let tenant = open_tenant().await;
    let created = create(&tenant, &ada()).await;
    assert!(!created.text.contains("correct horse"), "{}", created.text);
    let id = created.json()["user_id"].as_str().unwrap().to_owned();
    assert!(id.strip_prefix("auth0|").is_some_and(|id| id.len() == 24), "{id}");
    let mut browser = Browser::new(&tenant);
    let login_state = browser.start_login(&[]).await;
    let code = browser.type_password(&login_state, "ADA@example.test", "correct horse battery").await;
    assert_eq!(tenant.account_of(&code.parameter("code").unwrap()).await, id);
    let connection = model::ConnectionName::new(DATABASE);
    let mut reader = tenant.store.read().await.unwrap();
    let credential = reader.find_credential(&connection, "ada@example.test").await.unwrap().unwrap();
    assert!(credential.password_hash.starts_with("$argon2id$"));
}

// attack: floods
#[tokio::test]
async fn metadata_that_could_not_be_read_again_is_refused_and_not_stored() {
    let tenant = open_tenant().await;
    let before = count(&tenant).await;
    let deep = |inner: &str| format!("{}{inner}{}", "[".repeat(100), "]".repeat(100));
    let marked = deep(r#"{"$serde_json::private::RawValue":"[[1]]"}"#);
    let nested = deep(r#"{"\u0024serde_json::private::RawValue":"TEXT"}"#).replace("TEXT", &deep(""));
    for value in [marked, nested, r#"{"$serde_json::private::RawValue":"1"}"#.to_owned(), deep(&deep(""))] {
        let body = format!(
            r#"{{"connection":"{DATABASE}","email":"a@example.test","password":"correct horse battery","user_metadata":{{"a":{value}}}}}"#
        );
        let request = Request::post(PATH)
            .header("authorization", format!("Bearer {}", tenant.machine_token("create:users").await))
            .header("content-type", "application/json");
        let response = tenant.send(request.body(Body::from(body)).unwrap()).await;
        assert_eq!(response.status, 400, "{value}");
    }
    assert_eq!(count(&tenant).await, before);
}

#[tokio::test]
async fn the_documented_properties_of_a_new_user_are_stored_and_others_are_refused() {
    let tenant = open_tenant().await;
    let given = json!({ "user_id": "7", "name": "Ada L", "given_name": "Ada", "family_name": "L", "nickname": "al",
        "picture": "https://example.test/a.png", "blocked": false, "email_verified": true, "verify_email": false,
        "user_metadata": { "theme": "dark" }, "app_metadata": { "plan": { "a": null } } });
    let user = create(&tenant, &with(&given)).await.json();
    for (key, value) in given.as_object().unwrap() {
        match key.as_str() {
            "user_id" => assert_eq!(user[key], "auth0|7"),
            "verify_email" => assert_eq!(user.get(key), None),
            key => assert_eq!(user[key], *value, "{key}"),
        }
    }
    let before = count(&tenant).await;
    for attack in ["identities", "logins_count", "last_ip", "created_at", "__proto__", "provider", "isSocial"]
    {
        let response = create(&tenant, &with(&json!({ attack: 1, "email": "eve@example.test" }))).await;
        let message = format!("Payload validation error: 'Additional properties not allowed: {attack}'.");
        assert_eq!(
            (response.status.as_u16(), response.json()["message"].as_str().unwrap()),
            (400, &*message)
        );
    }
    assert_eq!(count(&tenant).await, before);
}

#[tokio::test]
async fn an_existing_id_or_address_is_a_conflict() {
    let tenant = open_tenant().await;
    let taken = create(&tenant, &with(&json!({ "email": "AUTH01@example.test" }))).await;
    assert_snapshot!(taken.status_and_text(), @r#"409 {"statusCode":409,"error":"Conflict","message":"The user already exists.","errorCode":"auth0_idp_error"}"#);
    assert_eq!(create(&tenant, &with(&json!({ "user_id": "1" }))).await.status, 409);
    assert_eq!(create(&tenant, &ada()).await.status, 201);
    assert_eq!(create(&tenant, &ada()).await.status, 409);
    // The id of a linked identity is taken too (contract U-17).
    let machine = tenant.machine_token("update:users").await;
    let sms = json!({ "connection": "sms", "phone_number": "+15550100", "user_id": "9" });
    assert_eq!(create(&tenant, &sms).await.status, 201);
    let link = json!({ "provider": "sms", "user_id": "9" });
    let linked = tenant.post_json("/api/v2/users/auth0%7C1/identities", Some(&machine), &link).await;
    assert_eq!(linked.status, 201);
    let again = json!({ "connection": "sms", "phone_number": "+15550199", "user_id": "9" });
    assert_eq!(create(&tenant, &again).await.status, 409);
    let number = json!({ "connection": "sms", "phone_number": "+15550100" });
    assert_eq!(create(&tenant, &number).await.status, 409);
    assert_eq!(tenant.identities("auth0|1").await, ["auth0|1", "google-oauth2|115", "sms|9"]);
}

#[tokio::test]
async fn one_of_many_concurrent_creations_of_a_user_succeeds() {
    let tenant = open_tenant().await;
    let machine = tenant.machine_token("create:users").await;
    let body = json!({ "connection": "sms", "phone_number": "+15550100" });
    let (one, two, three, four) = tokio::join!(
        tenant.post_json(PATH, Some(&machine), &body),
        tenant.post_json(PATH, Some(&machine), &body),
        tenant.post_json(PATH, Some(&machine), &body),
        tenant.post_json(PATH, Some(&machine), &body),
    );
    let created = [one, two, three, four].iter().filter(|response| response.status == 201).count();
    assert_eq!((created, count(&tenant).await), (1, 2));
}

#[tokio::test]
async fn a_connection_without_user_creation_has_a_documented_error() {
    let tenant = open_tenant().await;
    for (changes, message) in [
        (json!({ "connection": "nowhere" }), "Connection does not exist."),
        (
            json!({ "connection": "github" }),
            "Connection does not support user creation through the API. It must either be a database or \
             passwordless connection.",
        ),
        (json!({ "username": "ada" }), "Cannot set username for connection without requires_username."),
        (json!({ "connection": null }), "Payload validation error: 'Missing required property: connection'."),
        (json!({ "email": null }), "Payload validation error: 'Missing required property: email'."),
        (json!({ "password": null }), "Payload validation error: 'Missing required property: password'."),
        (
            json!({ "connection": "sms" }),
            "Payload validation error: 'Missing required property: phone_number'.",
        ),
        (json!({ "password": "short" }), "PasswordStrengthError: Password is too weak"),
    ] {
        let response = create(&tenant, &with(&changes)).await;
        assert_eq!((response.status.as_u16(), response.json()["message"].as_str().unwrap()), (400, message));
    }
    assert_eq!(count(&tenant).await, 1);
}

#[tokio::test]
async fn a_value_that_violates_the_schema_has_a_documented_error() {
    let tenant = open_tenant().await;
    for (changes, message) in [
        (
            json!({ "email": "ada" }),
            "'Object didn't pass validation for format email: ada' on property email",
        ),
        (json!({ "email": 7 }), "'Invalid type: number (expected string)' on property email"),
        (json!({ "blocked": "true" }), "'Invalid type: string (expected boolean)' on property blocked"),
        (json!({ "name": "" }), "'String is too short (0 chars), minimum 1' on property name"),
        (json!({ "nickname": "x".repeat(301) }), "'String is too long (301 chars), maximum 300' on property"),
        (json!({ "picture": "javascript:1" }), "'Object didn't pass validation for format strict-uri: java"),
        (
            json!({ "phone_number": "555" }),
            r"'String does not match pattern ^\+[0-9]{1,15}$: 555' on property",
        ),
        (json!({ "user_id": "a b" }), r"'String does not match pattern ^[^\s]+$: a b' on property user_id"),
        (json!({ "user_metadata": [] }), "'Invalid type: array (expected object)' on property user_metadata"),
        (
            json!({ "app_metadata": { "a": { "b.c": 1 } } }),
            "'String does not match pattern ^[^.$]*$: b.c' on",
        ),
        (json!({ "user_metadata": { "$where": 1 } }), "'String does not match pattern ^[^.$]*$: $where' on"),
        (json!({ "user_metadata": { "a": "x".repeat(70_000) } }), "'User profile is too large (70"),
    ] {
        let response = create(&tenant, &with(&changes)).await;
        let text = response.json()["message"].as_str().unwrap().to_owned();
        assert!(text.starts_with(&format!("Payload validation error: {message}")), "{text}");
        assert_eq!((response.status.as_u16(), &response.json()["errorCode"]), (400, &json!("invalid_body")));
    }
    assert_eq!(count(&tenant).await, 1);
}

#[tokio::test]
async fn a_form_creates_a_user_and_its_booleans_are_text() {
    let tenant = open_tenant().await;
    let machine = tenant.machine_token("create:users").await;
    let request = Request::post(PATH)
        .header("authorization", format!("Bearer {machine}"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from("connection=sms&phone_number=%2B15550100&phone_verified=true"))
        .unwrap();
    let response = tenant.send(request).await;
    assert_eq!((response.status.as_u16(), &response.json()["phone_verified"]), (201, &json!(true)));
}

#[tokio::test]
async fn creating_a_user_requires_the_scope_before_the_body_is_read() {
    let tenant = open_tenant().await;
    let page = tenant.user_token("auth0|1").await;
    let response = tenant.post_json(PATH, Some(&page), &json!({ "nonsense": true })).await;
    assert_snapshot!(response.status_and_text(), @r#"403 {"statusCode":403,"error":"Forbidden","message":"Insufficient scope, expected any of: create:users","errorCode":"insufficient_scope"}"#);
    assert_eq!(tenant.post_json(PATH, None, &ada()).await.status, 401);
    assert_eq!(count(&tenant).await, 1);
}
