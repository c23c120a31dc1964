//! `GET /api/v2/connections` (contract A16).

use axum::http::Method;
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::test_tenant::{TestResponse, TestTenant};

const PATH: &str = "/api/v2/connections";

async fn list(query: &str) -> TestResponse {
    let tenant = TestTenant::with_users(&[]).await;
    let token = tenant.machine_token("read:connections").await;
    tenant.call(Method::GET, &format!("{PATH}{query}"), &token).await
}

async fn names(query: &str) -> Vec<String> {
    let response = list(query).await.json();
    let connections = response.as_array().unwrap_or_else(|| response["connections"].as_array().unwrap());
    connections.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_connection_has_the_recorded_form() {
    let response = list("?name=facebook&include_totals=true").await;
    assert_snapshot!(response.status_and_text(), @r#"200 {"total":1,"start":0,"limit":50,"connections":[{"id":"con_PVn3VI4a8hUbZBNQ","options":{},"strategy":"facebook","name":"facebook","is_domain_connection":false,"realms":["facebook"],"enabled_clients":["other"]}]}"#);
}

#[tokio::test]
async fn connections_are_found_by_name_strategy_and_page() {
    assert_eq!(names("").await.len(), 10);
    assert_eq!(names("?strategy=samlp&strategy=sms").await, ["acme", "sms"]);
    assert_eq!(names("?name=acme&strategy=sms").await, [""; 0]);
    assert_eq!(names("?per_page=2&page=1").await, ["github", "acme"]);
    assert_eq!(
        list("?per_page=2&page=9&include_totals=true").await.json(),
        json!({ "total": 10, "start": 18, "limit": 2, "connections": [] })
    );
    let bare = list("?name=sms&fields=name,strategy").await.json();
    let id = &bare[0]["id"];
    assert_eq!(bare, json!([{ "id": id, "is_domain_connection": false, "name": "sms", "strategy": "sms" }]));
}

#[tokio::test]
async fn connections_are_paged_by_checkpoint() {
    let mut seen = Vec::new();
    let mut query = "?take=4&fields=name,id".to_owned();
    loop {
        let part = list(&query).await.json();
        seen.extend(part["connections"].as_array().unwrap().iter().map(|one| one["name"].clone()));
        let Some(next) = part["next"].as_str() else { break };
        query = format!("?from={next}&take=4");
    }
    let all = names("").await;
    assert_eq!(seen, all);
    assert_eq!(list(&format!("?take={}", all.len())).await.json().get("next"), None);
    for refused in ["?from=con_nowhere", "?take=0", "?take=101"] {
        assert_eq!(list(refused).await.json()["errorCode"], "invalid_query_string", "{refused}");
    }
}

#[tokio::test]
async fn listing_connections_requires_its_scope() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let everything_else = tenant.machine_token("read:users update:users create:users").await;
    let response = tenant.call(Method::GET, PATH, &everything_else).await;
    assert_snapshot!(response.status_and_text(), @r#"403 {"statusCode":403,"error":"Forbidden","message":"Insufficient scope, expected any of: read:connections","errorCode":"insufficient_scope"}"#);
    assert_eq!(tenant.call(Method::GET, PATH, &tenant.user_token("auth0|1").await).await.status, 403);
    assert_eq!(list("?per_page=1000").await.json()["errorCode"], Value::from("invalid_query_string"));
}
