//! `/demo/faults`: planned faults affect the next requests of their own user only.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request, header};
use insta::assert_snapshot;
use serde_json::{Value, json};
use tenant::configuration::Options;

use crate::test_tenant::{START, TestResponse, TestTenant, user};

const FAULTS: &str = "/demo/faults";
const GITHUB: &str = "/api/v2/users/auth0%7C1/identities/github/42";

async fn open_tenant() -> TestTenant {
    let options = Options { faults: true, ..Options::default() };
    TestTenant::with_options(vec![user(&["auth0|1", "github|42", "sms|7"]), user(&["auth0|2"])], options)
        .await
}

async fn plan_fault(tenant: &TestTenant, id: &str, fault: Value) -> TestResponse {
    let token = tenant.user_token(id).await;
    tenant.send_json(Method::PUT, FAULTS, Some(&token), &fault).await
}

/// Reads the own user.
async fn read(tenant: &TestTenant, id: &str) -> TestResponse {
    let path = format!("/api/v2/users/{}", id.replace('|', "%7C"));
    tenant.call(Method::GET, &path, &tenant.user_token(id).await).await
}

#[tokio::test]
async fn a_fault_affects_the_planned_number_of_requests_of_its_own_user_only() {
    let tenant = open_tenant().await;
    plan_fault(&tenant, "auth0|1", json!({ "fault": "server_error", "times": 2 })).await;
    assert_eq!(read(&tenant, "auth0|2").await.status, 200);
    assert_eq!(read(&tenant, "auth0|1").await.status, 500);
    assert_eq!(read(&tenant, "auth0|1").await.status, 500);
    assert_eq!(read(&tenant, "auth0|1").await.status, 200);
}

#[tokio::test]
async fn each_planned_error_is_the_documented_one() {
    let tenant = open_tenant().await;
    plan_fault(&tenant, "auth0|1", json!({ "fault": "expired_token" })).await;
    assert_snapshot!(read(&tenant, "auth0|1").await.status_and_text(), @r#"401 {"statusCode":401,"error":"Unauthorized","message":"Expired token received for JSON Web Token validation","attributes":{"error":"Expired token received for JSON Web Token validation"}}"#);

    plan_fault(&tenant, "auth0|1", json!({ "fault": "rate_limited", "retry_after": 7 })).await;
    let response = read(&tenant, "auth0|1").await;
    assert_snapshot!(response.status_and_text(), @r#"429 {"statusCode":429,"error":"Too Many Requests","message":"Global limit has been reached","errorCode":"too_many_requests"}"#);
    assert_eq!((response.header("retry-after"), response.header("x-ratelimit-remaining")), ("7", "0"));
    assert_eq!(response.header("x-ratelimit-reset"), (START / 1000 + 7).to_string());

    plan_fault(&tenant, "auth0|1", json!({ "fault": "unavailable" })).await;
    let response = read(&tenant, "auth0|1").await;
    assert_snapshot!(response.status_and_text(), @r#"503 {"statusCode":503,"error":"Service Unavailable","message":"Service Unavailable"}"#);
    assert_eq!(response.header("retry-after"), "2");
}

#[tokio::test]
async fn a_refused_unlink_changes_nothing() {
    let tenant = open_tenant().await;
    let token = tenant.user_token("auth0|1").await;
    for fault in ["expired_token", "old_sign_in", "rate_limited", "unavailable", "server_error"] {
        plan_fault(&tenant, "auth0|1", json!({ "fault": fault })).await;
        assert!(!tenant.call(Method::DELETE, GITHUB, &token).await.status.is_success(), "{fault}");
        assert_eq!(tenant.identities("auth0|1").await.len(), 3, "{fault}");
    }
}

#[tokio::test]
async fn a_slow_response_is_delayed_but_sent() {
    let tenant = open_tenant().await;
    plan_fault(&tenant, "auth0|1", json!({ "fault": "slow", "delay": 20_000 })).await;
    let hurried = tokio::time::timeout(Duration::from_millis(200), read(&tenant, "auth0|1")).await;
    assert!(hurried.is_err(), "it was not delayed");
    plan_fault(&tenant, "auth0|1", json!({ "fault": "slow", "delay": 1 })).await;
    assert_eq!(read(&tenant, "auth0|1").await.status, 200);
}

#[tokio::test]
async fn an_identity_unlinked_elsewhere_is_unlinked_before_the_request_is_handled() {
    let tenant = open_tenant().await;
    plan_fault(&tenant, "auth0|1", json!({ "fault": "unlinked_elsewhere" })).await;
    // A request that names no identity does not use up the fault.
    assert_eq!(read(&tenant, "auth0|1").await.json()["identities"].as_array().unwrap().len(), 3);
    let token = tenant.user_token("auth0|1").await;
    let response = tenant.call(Method::DELETE, GITHUB, &token).await;
    assert_eq!((response.status.as_u16(), response.json().as_array().unwrap().len()), (200, 2));
    assert_eq!(tenant.identities("auth0|1").await, ["auth0|1", "sms|7"]);
    assert_eq!(tenant.identities("github|42").await, ["github|42"]);
    let mine = tenant.call(Method::GET, FAULTS, &token).await;
    assert_eq!(mine.json(), json!({ "planned": null }));
}

// attack: accounts
#[tokio::test]
async fn a_planned_fault_cannot_unlink_an_identity_of_another_user() {
    let tenant = open_tenant().await;
    plan_fault(&tenant, "auth0|2", json!({ "fault": "unlinked_elsewhere" })).await;
    let token = tenant.user_token("auth0|2").await;
    assert_eq!(tenant.call(Method::DELETE, GITHUB, &token).await.status, 403);
    assert_eq!(tenant.identities("auth0|1").await.len(), 3);
}

#[tokio::test]
async fn a_planned_fault_is_shown_replaced_and_cleared() {
    let tenant = open_tenant().await;
    let token = tenant.user_token("auth0|1").await;
    plan_fault(&tenant, "auth0|1", json!({ "fault": "slow" })).await;
    let response = plan_fault(&tenant, "auth0|1", json!({ "fault": "rate_limited", "times": 3 })).await;
    assert_snapshot!(response.status_and_text(), @r#"200 {"planned":{"delay":3000,"fault":"rate_limited","retry_after":2,"times":3}}"#);
    assert_eq!(tenant.call(Method::GET, FAULTS, &token).await.text, response.text);
    assert_eq!(tenant.call(Method::DELETE, FAULTS, &token).await.status, 204);
    assert_eq!(tenant.call(Method::GET, FAULTS, &token).await.json(), json!({ "planned": null }));
    assert_eq!(read(&tenant, "auth0|1").await.status, 200);
}

#[tokio::test]
async fn an_invalid_fault_is_refused() {
    let tenant = open_tenant().await;
    for body in [
        json!({}),
        json!({ "fault": "earthquake" }),
        json!({ "fault": "slow", "times": 0 }),
        json!({ "fault": "slow", "times": 101 }),
        json!({ "fault": "slow", "delay": 20_001 }),
        json!({ "fault": "rate_limited", "retry_after": 61 }),
        json!({ "fault": "slow", "user_id": "auth0|2" }),
    ] {
        let response = plan_fault(&tenant, "auth0|1", body.clone()).await;
        assert_eq!(
            (response.status.as_u16(), &response.json()["errorCode"]),
            (400, &json!("invalid_body")),
            "{body}"
        );
    }
    let nobody = tenant.send_json(Method::PUT, FAULTS, None, &json!({ "fault": "slow" })).await;
    assert_eq!(nobody.status, 401);
    assert_eq!(read(&tenant, "auth0|1").await.status, 200);
}

#[tokio::test]
async fn cors_allows_planning_faults() {
    let tenant = open_tenant().await;
    let preflight = Request::options(FAULTS)
        .header(header::ORIGIN, "http://localhost:3000")
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "PUT")
        .header(header::ACCESS_CONTROL_REQUEST_HEADERS, "authorization,content-type")
        .body(Body::empty())
        .unwrap();
    let response = tenant.send(preflight).await;
    assert_eq!(response.header("access-control-allow-origin"), "http://localhost:3000");
    assert!(response.header("access-control-allow-methods").contains("PUT"));
}

#[tokio::test]
async fn without_the_option_there_is_no_such_endpoint() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    assert_eq!(plan_fault(&tenant, "auth0|1", json!({ "fault": "server_error" })).await.status, 404);
    assert_eq!(read(&tenant, "auth0|1").await.status, 200);
}
