//! The OpenAPI document, against what the router answers.

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};

use crate::bench::Bench;

async fn document(bench: &Bench) -> Value {
    bench.send(Request::get("/api/v2/openapi.json").body(Body::empty()).unwrap()).await.json()
}

/// A path of the document with ids in place of its parameters.
fn filled(path: &str) -> String {
    path.replace("{id}", "auth0%7C1").replace("{provider}", "github").replace("{user_id}", "42")
}

#[tokio::test]
async fn every_documented_call_is_routed_and_every_other_method_is_not() {
    let bench = Bench::with_users(&[&["auth0|1"]]).await;
    let document = document(&bench).await;
    assert_eq!((&document["openapi"], document["paths"].as_object().unwrap().len()), (&json!("3.1.0"), 7));
    let without_scope = bench.machine_token("openid").await;
    for (path, operations) in document["paths"].as_object().unwrap() {
        for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            let answer = bench.call(method.clone(), &filled(path), &without_scope).await;
            let operation = operations.get(method.as_str().to_lowercase());
            let no_route = answer.status == 404 && answer.json()["message"] == "Not Found";
            assert_eq!(operation.is_none(), no_route, "{method} {path}: {}", answer.said());
            if let Some(operation) = operation {
                let responses = operation["responses"].as_object().unwrap();
                assert!(responses.contains_key(&answer.status.as_u16().to_string()), "{method} {path}");
            }
        }
    }
}

#[tokio::test]
async fn every_documented_scope_opens_its_call_and_no_other_does() {
    let bench = Bench::with_users(&[&["auth0|1"]]).await;
    let document = document(&bench).await;
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let scopes: Vec<&str> = operation["security"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| one["bearer"][0].as_str().unwrap())
                .collect();
            if scopes.is_empty() {
                continue;
            }
            let refused =
                bench.call(method.clone(), &filled(path), &bench.machine_token("openid").await).await;
            let expected = format!("Insufficient scope, expected any of: {}", scopes.join(","));
            assert_eq!(refused.json()["message"], json!(expected), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn every_reference_leads_somewhere() {
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
    let document = document(&Bench::with_users(&[]).await).await;
    check(&document, &document);
}
