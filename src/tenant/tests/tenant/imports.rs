//! Imports of users by the Management API (contract A20, B4).

use axum::body::Body;
use axum::http::{Method, Request, header};
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::test_tenant::{Browser, DATABASE, PASSWORD, TestResponse, TestTenant, email};

const PATH: &str = "/api/v2/jobs/users-imports";
const BOUNDARY: &str = "a-boundary";

/// Sends a multipart form. A field with the name `users` is a file.
async fn send(tenant: &TestTenant, token: &str, fields: &[(&str, &str)]) -> TestResponse {
    let part = |(name, value): &(&str, &str)| {
        let file = if *name == "users" { "; filename=\"users.json\"" } else { "" };
        let disposition = format!("Content-Disposition: form-data; name=\"{name}\"{file}");
        format!("--{BOUNDARY}\r\n{disposition}\r\n\r\n{value}\r\n")
    };
    let body = fields.iter().map(part).chain([format!("--{BOUNDARY}--\r\n")]).collect::<String>();
    let request = Request::post(PATH)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={BOUNDARY}"))
        .body(Body::from(body))
        .unwrap();
    tenant.send(request).await
}

async fn connection_id(tenant: &TestTenant, name: &str) -> String {
    let token = tenant.machine_token("read:connections").await;
    let path = format!("/api/v2/connections?name={name}");
    tenant.call(Method::GET, &path, &token).await.json()[0]["id"].as_str().unwrap().to_owned()
}

/// Imports users and returns the job and its errors.
async fn import(tenant: &TestTenant, users: &Value, upsert: &str) -> (Value, Value) {
    let token = tenant.machine_token("create:users").await;
    let connection = connection_id(tenant, DATABASE).await;
    let fields = [("users", &*users.to_string()), ("connection_id", &*connection), ("upsert", upsert)];
    let response = send(tenant, &token, &fields).await;
    assert_eq!(response.status, 202, "{}", response.text);
    let path = format!("/api/v2/jobs/{}", response.json()["id"].as_str().unwrap());
    let job = tenant.call(Method::GET, &path, &token).await.json();
    let errors = tenant.call(Method::GET, &format!("{path}/errors"), &token).await;
    (job, if errors.status == 204 { Value::Null } else { errors.json() })
}

async fn signs_in(tenant: &TestTenant, login: &str, password: &str) -> bool {
    let mut browser = Browser::new(tenant);
    let login_state = browser.start_login(&[]).await;
    browser.type_password(&login_state, login, password).await.parameter("code").is_some()
}

#[tokio::test]
async fn imported_users_sign_in_with_the_passwords_that_they_had() {
    let tenant = TestTenant::with_users(&[]).await;
    let users = json!([
        {
            "user_id": "from-elsewhere",
            "email": "Ada@Example.Test",
            "email_verified": true,
            "given_name": "Ada",
            "password_hash": bcrypt::hash(PASSWORD, 4).unwrap(),
            "app_metadata": { "plan": "gold" },
        },
        {
            "email": "grace@example.test",
            "custom_password_hash": {
                "algorithm": "sha256",
                "hash": { "value": sha256_hex(PASSWORD), "encoding": "hex" },
            },
        },
    ]);
    let (job, errors) = import(&tenant, &users, "false").await;
    assert_eq!(job["summary"], json!({ "failed": 0, "updated": 0, "inserted": 2, "total": 2 }));
    assert_eq!(
        (&job["type"], &job["status"], errors),
        (&json!("users_import"), &json!("completed"), Value::Null)
    );
    let ada = tenant.row("auth0|from-elsewhere").await.unwrap();
    assert_eq!(ada.profile.email(), Some("ada@example.test"));
    assert_eq!(ada.app_metadata.unwrap()["plan"], "gold");
    for login in ["ada@example.test", "grace@example.test"] {
        assert!(signs_in(&tenant, login, PASSWORD).await, "{login}");
        assert!(!signs_in(&tenant, login, "wrong").await, "{login}");
    }
}

fn sha256_hex(text: &str) -> String {
    use std::fmt::Write;
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
    digest.as_ref().iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

#[tokio::test]
async fn a_user_that_is_refused_is_named_and_the_others_are_added() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let users = json!([
        { "email": email("auth0|1"), "password_hash": "$2b$04$abc", "given_name": "Thief" },
        { "email": email("auth0|1"), "given_name": "Thief" },
        { "email": "new@example.test" },
        { "email": "new@example.test" },
        { "given_name": "Nobody" },
        { "email": 7 },
        { "email": "a@example.test", "identities": [{ "provider": "github", "user_id": 42, "connection": "github" }], "user_id": "github|42" },
        { "email": "b@example.test", "user_id": ".." },
        "text",
    ]);
    let stored = tenant.row("auth0|1").await;
    let (job, errors) = import(&tenant, &users, "false").await;
    assert_eq!(job["summary"], json!({ "failed": 8, "updated": 0, "inserted": 1, "total": 9 }));
    let lines: Vec<String> = errors.as_array().unwrap().iter().map(Value::to_string).collect();
    assert_snapshot!(lines.join("\n"), @r#"{"errors":[{"code":"INVALID_FORMAT","message":"not a bcrypt hash ($2a$, $2b$ or $2y$)","path":"password_hash"}],"user":{"email":"auth01@example.test","given_name":"Thief","password_hash":"*****"}}
{"errors":[{"code":"DUPLICATED_USER","message":"The user already exists."}],"user":{"email":"auth01@example.test","given_name":"Thief"}}
{"errors":[{"code":"INVALID_FORMAT","message":"the same address or user name is already at $[2].email, and the connection \"Username-Password-Authentication\" has it once","path":"email"}],"user":{"email":"new@example.test"}}
{"errors":[{"code":"INVALID_FORMAT","message":"a user has a user_id, an e-mail address or a user name"}],"user":{"given_name":"Nobody"}}
{"errors":[{"code":"INVALID_FORMAT","message":"a user has a user_id, an e-mail address or a user name"}],"user":{"email":7}}
{"errors":[{"code":"INVALID_FORMAT","message":"A user of an import has one identity, which is of the connection of the job.","path":"identities"}],"user":{"email":"a@example.test","identities":[{"connection":"github","provider":"github","user_id":42}],"user_id":"github|42"}}
{"errors":[{"code":"INVALID_FORMAT","message":"the id is \".\" or \"..\", which cannot be a segment of a path","path":"user_id"}],"user":{"email":"b@example.test","user_id":".."}}
{"errors":[{"code":"INVALID_TYPE","message":"A user is an object."}],"user":"text"}"#);
    assert_eq!(tenant.row("auth0|1").await, stored);
    assert_eq!(tenant.store.read().await.unwrap().count_users().await.unwrap(), 2);
    assert_eq!(tenant.row("github|42").await, None);
}

#[tokio::test]
async fn an_upsert_changes_names_and_metadata_and_neither_password_nor_address() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let users = json!([
        {
            "user_id": "1",
            "email": "other@example.test",
            "email_verified": true,
            "name": "Ada",
            "username": "taken",
            "locale": "fr",
            "blocked": false,
            "password_hash": bcrypt::hash("stolen", 4).unwrap(),
            "user_metadata": { "language": "en" },
        },
    ]);
    let (job, errors) = import(&tenant, &users, "true").await;
    assert_eq!((job["summary"]["updated"].as_u64(), errors), (Some(1), Value::Null));
    let row = tenant.row("auth0|1").await.unwrap();
    assert_eq!(row.profile.email(), Some(&*email("auth0|1")));
    assert_eq!(
        (row.profile.text("name"), row.profile.text("username"), row.profile.text("locale")),
        (Some("Ada"), None, None)
    );
    assert_eq!(Value::Object(row.user_metadata.unwrap()), json!({ "theme": "dark", "language": "en" }));
    assert!(signs_in(&tenant, &email("auth0|1"), PASSWORD).await);
    assert!(!signs_in(&tenant, &email("auth0|1"), "stolen").await);
}

#[tokio::test]
async fn a_user_of_another_database_is_not_changed_by_an_import() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let stored = tenant.row("auth0|1").await;
    let token = tenant.machine_token("create:users").await;
    let staff = connection_id(&tenant, "staff").await;
    let users = json!([{ "user_id": "1", "email": email("auth0|1"), "name": "Thief" }]).to_string();
    let fields =
        [("users", &*users), ("connection_id", &*staff), ("upsert", "true"), ("external_id", "mine")];
    let response = send(&tenant, &token, &fields).await;
    let id = response.json()["id"].as_str().unwrap().to_owned();
    assert_snapshot!(response.status_and_text().replace(&id, "ID"), @r#"202 {"type":"users_import","status":"pending","connection_id":"con_FWIgZUPadkEjwhvV","connection":"staff","external_id":"mine","created_at":"2026-01-01T00:00:00.000Z","id":"ID"}"#);
    let job = tenant.call(Method::GET, &format!("/api/v2/jobs/{id}"), &token).await;
    assert_snapshot!(job.status_and_text().replace(&id, "ID"), @r#"200 {"type":"users_import","status":"completed","connection_id":"con_FWIgZUPadkEjwhvV","connection":"staff","external_id":"mine","percentage_done":100,"summary":{"failed":1,"updated":0,"inserted":0,"total":1},"created_at":"2026-01-01T00:00:00.000Z","id":"ID"}"#);
    assert_eq!(tenant.row("auth0|1").await, stored);
}

#[tokio::test]
async fn a_form_that_cannot_be_read_is_refused_and_adds_nobody() {
    let tenant = TestTenant::with_users(&[]).await;
    let token = tenant.machine_token("create:users").await;
    let (database, social) = (connection_id(&tenant, DATABASE).await, connection_id(&tenant, "github").await);
    let users = json!([{ "email": "a@example.test" }]).to_string();
    let large = format!("[{}]", " ".repeat(1024 * 1024));
    for (fields, status, message) in [
        (vec![("connection_id", &*database)], 400, "Missing required property: users"),
        (vec![("users", &*users)], 400, "Missing required property: connection_id"),
        (vec![("users", &*users), ("connection_id", "con_x")], 400, "The connection does not exist."),
        (vec![("users", &*users), ("connection_id", &*social)], 400, "to a database connection"),
        (vec![("users", "{}"), ("connection_id", &*database)], 400, "expected an array of users"),
        (vec![("users", &*users), ("connection_id", &*database), ("other", "1")], 400, "not allowed: other"),
        (vec![("users", &*large), ("connection_id", &*database)], 413, "1048576"),
    ] {
        let response = send(&tenant, &token, &fields).await;
        assert_eq!(response.status.as_u16(), status, "{message}: {}", response.text);
        assert!(response.text.contains(message), "{message}: {}", response.text);
    }
    let json = tenant.post_json(PATH, Some(&token), &json!({ "users": [] })).await;
    assert_eq!(json.status, 415);
    let fields = [("users", &*users), ("connection_id", &*database)];
    let reader = tenant.machine_token("read:users update:users").await;
    assert_eq!(send(&tenant, &reader, &fields).await.json()["errorCode"], "insufficient_scope");
    assert_eq!(tenant.store.read().await.unwrap().count_users().await.unwrap(), 0);
}

#[tokio::test]
async fn what_was_exported_is_imported_again() {
    let tenant = TestTenant::with_users(&[&["auth0|1"], &["auth0|2"]]).await;
    let token = tenant.machine_token("read:users").await;
    let users = tenant.call(Method::GET, "/api/v2/users", &token).await.json();
    let fresh = TestTenant::with_users(&[]).await;
    let (job, errors) = import(&fresh, &users, "false").await;
    assert_eq!(job["summary"]["inserted"], 2, "{errors}");
    assert_eq!(fresh.row("auth0|2").await.unwrap().profile.email(), Some(&*email("auth0|2")));
}
