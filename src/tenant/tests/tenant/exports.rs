//! Exports of users by the Management API (contract A20).

use std::io::Read;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request};
use flate2::read::GzDecoder;
use http_body_util::BodyExt;
use insta::assert_snapshot;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::test_tenant::{DATABASE, ISSUER, TestTenant};

const PATH: &str = "/api/v2/jobs/users-exports";

async fn people() -> TestTenant {
    TestTenant::with_users(&[&["auth0|1", "google-oauth2|115"], &["auth0|2"], &["github|42", "auth0|3"]])
        .await
}

/// Starts an export and returns the job when it is done.
async fn export(tenant: &TestTenant, body: &Value) -> Value {
    let token = tenant.machine_token("read:users").await;
    let response = tenant.post_json(PATH, Some(&token), body).await;
    assert_eq!(response.status, 200, "{}", response.text);
    let id = response.json()["id"].as_str().unwrap().to_owned();
    tenant.call(Method::GET, &format!("/api/v2/jobs/{id}"), &token).await.json()
}

fn location(job: &Value) -> String {
    job["location"].as_str().unwrap().strip_prefix(ISSUER.trim_end_matches('/')).unwrap().to_owned()
}

/// Downloads the file of an export, without a token.
async fn download(tenant: &TestTenant, job: &Value) -> String {
    let request = Request::get(location(job)).body(Body::empty()).unwrap();
    let response = tenant.router().oneshot(request).await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/gzip");
    assert_eq!(response.headers()["cache-control"], "no-store");
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    let mut text = String::new();
    GzDecoder::new(&bytes[..]).read_to_string(&mut text).unwrap();
    text
}

#[tokio::test]
async fn all_users_are_exported_a_line_each_as_the_api_shows_them() {
    let tenant = people().await;
    let file = download(&tenant, &export(&tenant, &json!({})).await).await;
    let users: Vec<Value> = file.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let token = tenant.machine_token("read:users").await;
    for user in &users {
        let path = format!("/api/v2/users/{}", user["user_id"].as_str().unwrap().replace('|', "%7C"));
        assert_eq!(*user, tenant.call(Method::GET, &path, &token).await.json());
    }
    assert_eq!(users.len(), 3);
    assert!(!file.contains("password"), "no hash leaves the tenant");
}

#[tokio::test]
async fn fields_a_limit_and_a_connection_are_chosen() {
    let tenant = people().await;
    let token = tenant.machine_token("read:connections").await;
    let path = format!("/api/v2/connections?name={DATABASE}");
    let id = tenant.call(Method::GET, &path, &token).await.json()[0]["id"].clone();
    let fields = json!([
        { "name": "email" },
        { "name": "identities[0].connection", "export_as": "provider" },
        { "name": "user_metadata.theme" },
        { "name": "nothing" },
    ]);
    let job = export(&tenant, &json!({ "connection_id": id, "format": "json", "fields": fields })).await;
    assert_snapshot!(download(&tenant, &job).await, @r#"{"email":"auth01@example.test","provider":"Username-Password-Authentication","user_metadata.theme":"dark"}
{"email":"auth02@example.test","provider":"Username-Password-Authentication","user_metadata.theme":"dark"}"#);
    let job = export(&tenant, &json!({ "format": "csv", "limit": 2, "fields": fields })).await;
    assert_snapshot!(download(&tenant, &job).await, @r#""email","provider","user_metadata.theme","nothing"
"auth01@example.test","Username-Password-Authentication","dark",""
"auth02@example.test","Username-Password-Authentication","dark","""#);
    let job = export(&tenant, &json!({ "format": "csv", "limit": 0 })).await;
    assert_snapshot!(download(&tenant, &job).await, @r#""user_id","email","email_verified","username","name","given_name","family_name","nickname","picture","created_at","updated_at","identities[0].connection""#);
}

#[tokio::test]
async fn a_job_names_its_file_for_an_hour() {
    let tenant = people().await;
    let token = tenant.machine_token("read:users").await;
    let accepted = tenant.post_json(PATH, Some(&token), &json!({ "format": "json" })).await;
    let id = accepted.json()["id"].as_str().unwrap().to_owned();
    assert_snapshot!(accepted.status_and_text().replace(&id, "ID"), @r#"200 {"type":"users_export","status":"pending","format":"json","created_at":"2026-01-01T00:00:00.000Z","id":"ID"}"#);
    let path = format!("/api/v2/jobs/{id}");
    let job = tenant.call(Method::GET, &path, &token).await;
    let code = location(&job.json()).split("code=").nth(1).unwrap().to_owned();
    assert_snapshot!(job.status_and_text().replace(&id, "ID").replace(&code, "CODE"), @r#"200 {"type":"users_export","status":"completed","format":"json","location":"http://localhost:3000/api/v2/jobs/ID/file?code=CODE","percentage_done":100,"created_at":"2026-01-01T00:00:00.000Z","id":"ID"}"#);
    assert!(!tenant.stores(&code));
    for wrong in [format!("{path}/file"), format!("{path}/file?code="), format!("{path}/file?code={id}")] {
        let refused = tenant.send(Request::get(&wrong).body(Body::empty()).unwrap()).await;
        assert_eq!(refused.json()["errorCode"], "inexistent_job", "{wrong}");
    }
    tenant.clock.advance(Duration::from_hours(1));
    let late = tenant.send(Request::get(location(&job.json())).body(Body::empty()).unwrap()).await;
    assert_eq!(late.status, 404);
    assert_eq!(tenant.call(Method::GET, &path, &token).await.json().get("location"), None);
    tenant.clock.advance(Duration::from_hours(24));
    let token = tenant.machine_token("read:users").await;
    assert_eq!(tenant.call(Method::GET, &path, &token).await.status, 404);
}

// attack: tokens
#[tokio::test]
async fn an_export_is_refused_without_its_scope_and_for_what_it_cannot_do() {
    let tenant = people().await;
    let user = tenant.user_token("auth0|1").await;
    assert_eq!(
        tenant.post_json(PATH, Some(&user), &json!({})).await.json()["errorCode"],
        "insufficient_scope"
    );
    let token = tenant.machine_token("read:users").await;
    for (body, status) in [
        (json!({ "format": "xml" }), 400),
        (json!({ "limit": "all" }), 400),
        (json!({ "fields": ["email"] }), 400),
        (json!({ "unknown": 1 }), 400),
        (json!({ "connection_id": "con_0000000000000000" }), 404),
    ] {
        let refused = tenant.post_json(PATH, Some(&token), &body).await;
        assert_eq!(refused.status.as_u16(), status, "{body}: {}", refused.text);
    }
}
