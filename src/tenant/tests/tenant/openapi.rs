//! The OpenAPI document, compared to the behaviour of the router.

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};

use crate::test_tenant::TestTenant;

async fn document(tenant: &TestTenant) -> Value {
    tenant.send(Request::get("/api/v2/openapi.json").body(Body::empty()).unwrap()).await.json()
}

/// Returns a path of the document with ids in place of its parameters.
fn filled(path: &str) -> String {
    path.replace("{id}", "auth0%7C1").replace("{provider}", "github").replace("{user_id}", "42")
}

#[tokio::test]
async fn exactly_the_documented_methods_are_routed() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let document = document(&tenant).await;
    assert_eq!((&document["openapi"], document["paths"].as_object().unwrap().len()), (&json!("3.1.0"), 42));
    let without_scope = tenant.machine_token("openid").await;
    for (path, operations) in document["paths"].as_object().unwrap() {
        for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            let response = tenant.call(method.clone(), &filled(path), &without_scope).await;
            let operation = operations.get(method.as_str().to_lowercase());
            let body = response.json();
            let message = body["message"].as_str().unwrap_or_default();
            let no_route = message == "Not Found"
                || message.starts_with("This tenant does not have ")
                || body["errorCode"] == "read_only_configuration";
            assert_eq!(operation.is_none(), no_route, "{method} {path}: {}", response.status_and_text());
            if let Some(operation) = operation {
                let responses = operation["responses"].as_object().unwrap();
                assert!(responses.contains_key(&response.status.as_u16().to_string()), "{method} {path}");
            }
        }
    }
}

#[tokio::test]
async fn exactly_the_documented_scopes_permit_each_request() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let document = document(&tenant).await;
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let scopes: Vec<Vec<&str>> = operation["security"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| {
                    one["bearer"].as_array().unwrap().iter().map(|scope| scope.as_str().unwrap()).collect()
                })
                .collect();
            let (quantity, scopes) = match &scopes[..] {
                [] => continue,
                [all] if all.len() > 1 => ("all", all.join(",")),
                any => ("any", any.concat().join(",")),
            };
            let refused =
                tenant.call(method.clone(), &filled(path), &tenant.machine_token("openid").await).await;
            let expected = format!("Insufficient scope, expected {quantity} of: {scopes}");
            assert_eq!(refused.json()["message"], json!(expected), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn every_reference_resolves() {
    fn check(value: &Value, document: &Value) {
        match value {
            Value::Object(object) => object.iter().for_each(|(key, inner)| {
                if key == "$ref" {
                    let pointer = inner.as_str().unwrap().trim_start_matches('#');
                    assert!(document.pointer(pointer).is_some(), "{inner}");
                }
                check(inner, document);
            }),
            Value::Array(items) => items.iter().for_each(|item| check(item, document)),
            _ => {}
        }
    }
    let document = document(&TestTenant::with_users(&[]).await).await;
    check(&document, &document);
}

/// Returns a value that does not have the documented type.
fn unfit(schema: &Value) -> Value {
    match schema["type"].as_str() {
        Some("boolean" | "object") => json!("neither"),
        _ => json!(["neither"]),
    }
}

#[tokio::test]
async fn exactly_the_documented_properties_of_a_user_are_accepted_by_type() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let machine = tenant.machine_token("create:users update:users").await;
    let document = document(&tenant).await;
    for (method, path) in [(Method::POST, "/api/v2/users"), (Method::PATCH, "/api/v2/users/{id}")] {
        let operation = &document["paths"][path][method.as_str().to_lowercase()];
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        let needed = schema["required"].as_array().cloned().unwrap_or_default();
        assert_eq!(schema["additionalProperties"], json!(false), "{path}");
        for (name, property) in schema["properties"].as_object().unwrap() {
            let mut body: serde_json::Map<_, _> =
                needed.iter().map(|needed| (needed.as_str().unwrap().to_owned(), json!("x"))).collect();
            body.insert(name.clone(), unfit(property));
            let response =
                tenant.send_json(method.clone(), &filled(path), Some(&machine), &Value::Object(body)).await;
            let message = response.json()["message"].as_str().unwrap().to_owned();
            assert_eq!(response.status, 400, "{method} {path} {name}");
            assert!(
                message.contains(&format!("' on property {name} (")),
                "{method} {path} {name}: {message}"
            );
        }
        let other = json!({ "connection": "x", "undocumented": 1 });
        let response = tenant.send_json(method.clone(), &filled(path), Some(&machine), &other).await;
        assert_eq!(
            response.json()["message"],
            "Payload validation error: 'Additional properties not allowed: undocumented'."
        );
    }
    assert_eq!(tenant.store.read().await.unwrap().count_users().await.unwrap(), 1);
}

/// Returns every scope of the API.
fn every_scope() -> String {
    model::Scope::MANAGEMENT.iter().map(model::Scope::as_str).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn every_documented_number_and_boolean_of_a_query_is_validated() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let machine = tenant.machine_token(&every_scope()).await;
    let document = document(&tenant).await;
    let mut read = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        for parameter in operations["get"]["parameters"].as_array().into_iter().flatten() {
            let (name, kind) =
                (parameter["name"].as_str().unwrap(), parameter["schema"]["type"].as_str().unwrap());
            if parameter["in"] != "query" || kind == "string" {
                continue;
            }
            let response =
                tenant.call(Method::GET, &format!("{}?email=a&{name}=neither", filled(path)), &machine).await;
            let expected = format!("Expected type {kind} but found type string' on property {name}.");
            assert!(response.text.contains(&expected), "{path} {name}: {}", response.status_and_text());
            read += 1;
        }
    }
    assert_eq!(read, 60);
}
