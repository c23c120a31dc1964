//! Roles, and the roles and permissions of users (contract A17).

use axum::http::Method;
use insta::assert_snapshot;
use model::UserId;
use serde_json::{Value, json};
use store::Assignments;
use tenant::configuration::{Api, ApiScope, Parts, Permission, Role};
use tenant::{Clock, Configuration, Moment};

use crate::test_tenant::{AUDIENCE, ISSUER, START, TestResponse, TestTenant, user};

const ORDERS: &str = "https://orders.example.test/";
const ROLES: &str = "/api/v2/users/auth0%7C1/roles";
const PERMISSIONS: &str = "/api/v2/users/auth0%7C1/permissions";
const EVERYTHING: &str =
    "read:users update:users delete:users read:roles update:roles read:role_members create:users";

fn permission(scope: &str) -> Permission {
    Permission { api: ORDERS.to_owned(), scope: model::Scope::new(scope.to_owned()) }
}

/// Opens a tenant with the roles "Clerk", who may read orders, and "Manager", who may read and cancel them.
async fn open() -> TestTenant {
    let scope = |value: &str, about: Option<&str>| ApiScope {
        value: model::Scope::new(value.to_owned()),
        description: about.map(str::to_owned),
    };
    let mut orders = Api::new(ORDERS);
    "Orders".clone_into(&mut orders.name);
    orders.scopes = vec![scope("read:orders", Some("Read orders")), scope("cancel:orders", None)];
    let clerk = Role {
        description: Some("Sells".to_owned()),
        permissions: vec![permission("read:orders")],
        ..Role::new("Clerk")
    };
    let manager = Role {
        permissions: vec![permission("read:orders"), permission("cancel:orders")],
        ..Role::new("Manager")
    };
    let parts = Parts {
        apis: vec![orders],
        roles: vec![manager, clerk],
        connections: ["Username-Password-Authentication:auth0", "google-oauth2:google-oauth2"]
            .map(|one| one.split_once(':').unwrap())
            .map(|(name, strategy)| tenant::configuration::Connection::new(name, strategy))
            .to_vec(),
        ..Parts::default()
    };
    let clock = Clock::settable(Moment::from_millis(START));
    let seeds = [&["auth0|1"][..], &["auth0|2"], &["google-oauth2|115"]].map(user).to_vec();
    TestTenant::with_configuration(ISSUER, clock, Configuration::new(parts).unwrap(), seeds).await
}

fn id(role: &str) -> String {
    Role::new(role).id
}

async fn call(tenant: &TestTenant, method: Method, path: &str, body: Value) -> TestResponse {
    let token = tenant.machine_token(EVERYTHING).await;
    if body.is_null() {
        return tenant.call(method, path, &token).await;
    }
    tenant.send_json(method, path, Some(&token), &body).await
}

async fn get(tenant: &TestTenant, path: &str) -> String {
    call(tenant, Method::GET, path, Value::Null).await.status_and_text()
}

async fn assigned(tenant: &TestTenant, id: &str) -> Assignments {
    tenant.store.read().await.unwrap().find_assignments(&UserId::new(id)).await.unwrap()
}

fn permissions(scopes: &[&str]) -> Value {
    let permission = |scope| json!({ "resource_server_identifier": ORDERS, "permission_name": scope });
    json!({ "permissions": scopes.iter().map(permission).collect::<Vec<_>>() })
}

#[tokio::test]
async fn roles_are_read_from_the_configuration() {
    let tenant = open().await;
    assert_snapshot!(get(&tenant, "/api/v2/roles?per_page=100&page=0&include_totals=true&type=tenant").await, @r#"200 {"roles":[{"id":"rol_iyCF9036nHiiO31X","name":"Manager","description":null},{"id":"rol_3RkiiM7W6Ygz7O14","name":"Clerk","description":"Sells"}],"start":0,"limit":100,"total":2}"#);
    assert_snapshot!(get(&tenant, "/api/v2/roles?name_filter=cLE").await, @r#"200 [{"id":"rol_3RkiiM7W6Ygz7O14","name":"Clerk","description":"Sells"}]"#);
    assert_snapshot!(get(&tenant, &format!("/api/v2/roles/{}", id("Manager"))).await, @r#"200 {"id":"rol_iyCF9036nHiiO31X","name":"Manager","description":null}"#);
    assert_snapshot!(get(&tenant, &format!("/api/v2/roles/{}/permissions?include_totals=true", id("Manager"))).await, @r#"200 {"permissions":[{"permission_name":"read:orders","description":"Read orders","resource_server_name":"Orders","resource_server_identifier":"https://orders.example.test/"},{"permission_name":"cancel:orders","resource_server_name":"Orders","resource_server_identifier":"https://orders.example.test/"}],"start":0,"limit":50,"total":2}"#);
    assert_snapshot!(get(&tenant, "/api/v2/roles/rol_0000000000000000").await, @r#"404 {"statusCode":404,"error":"Not Found","message":"The role does not exist."}"#);
    assert_snapshot!(get(&tenant, "/api/v2/roles/rol_0000000000000000/permissions").await, @r#"404 {"statusCode":404,"error":"Not Found","message":"The role does not exist."}"#);
}

#[tokio::test]
async fn roles_are_assigned_to_a_user_and_removed() {
    let tenant = open().await;
    let body = json!({ "roles": [id("Clerk"), id("Manager")] });
    for _ in 0..2 {
        let response = call(&tenant, Method::POST, ROLES, body.clone()).await;
        assert_eq!((response.status.as_u16(), response.text.as_str()), (204, ""));
    }
    assert_snapshot!(get(&tenant, &format!("{ROLES}?include_totals=true&per_page=1&page=1")).await, @r#"200 {"roles":[{"id":"rol_3RkiiM7W6Ygz7O14","name":"Clerk","description":"Sells"}],"start":1,"limit":1,"total":2}"#);
    assert_snapshot!(get(&tenant, PERMISSIONS).await, @r#"200 [{"permission_name":"cancel:orders","resource_server_name":"Orders","resource_server_identifier":"https://orders.example.test/","sources":[{"source_id":"rol_iyCF9036nHiiO31X","source_name":"Manager","source_type":"ROLE"}]},{"permission_name":"read:orders","description":"Read orders","resource_server_name":"Orders","resource_server_identifier":"https://orders.example.test/","sources":[{"source_id":"rol_iyCF9036nHiiO31X","source_name":"Manager","source_type":"ROLE"},{"source_id":"rol_3RkiiM7W6Ygz7O14","source_name":"Clerk","source_type":"ROLE"}]}]"#);
    let response =
        call(&tenant, Method::DELETE, ROLES, json!({ "roles": [id("Manager"), "rol_unknown"] })).await;
    assert_eq!(response.status, 204);
    assert_eq!(assigned(&tenant, "auth0|1").await.roles, [id("Clerk")]);
    assert_snapshot!(get(&tenant, ROLES).await, @r#"200 [{"id":"rol_3RkiiM7W6Ygz7O14","name":"Clerk","description":"Sells"}]"#);
    assert_eq!(assigned(&tenant, "auth0|2").await, Assignments::default());
}

#[tokio::test]
async fn permissions_are_assigned_directly_and_named_with_their_sources() {
    let tenant = open().await;
    call(&tenant, Method::POST, ROLES, json!({ "roles": [id("Clerk")] })).await;
    let response =
        call(&tenant, Method::POST, PERMISSIONS, permissions(&["read:orders", "cancel:orders"])).await;
    assert_snapshot!(response.status_and_text(), @"201 {}");
    assert_snapshot!(get(&tenant, &format!("{PERMISSIONS}?include_totals=true")).await, @r#"200 {"permissions":[{"permission_name":"cancel:orders","resource_server_name":"Orders","resource_server_identifier":"https://orders.example.test/","sources":[{"source_id":"","source_name":"","source_type":"DIRECT"}]},{"permission_name":"read:orders","description":"Read orders","resource_server_name":"Orders","resource_server_identifier":"https://orders.example.test/","sources":[{"source_id":"","source_name":"","source_type":"DIRECT"},{"source_id":"rol_3RkiiM7W6Ygz7O14","source_name":"Clerk","source_type":"ROLE"}]}],"start":0,"limit":50,"total":2}"#);
    let response = call(&tenant, Method::DELETE, PERMISSIONS, permissions(&["read:orders", "x"])).await;
    assert_eq!((response.status.as_u16(), response.text.as_str()), (204, ""));
    assert_eq!(assigned(&tenant, "auth0|1").await.permissions.len(), 1);
    assert_snapshot!(get(&tenant, PERMISSIONS).await, @r#"200 [{"permission_name":"cancel:orders","resource_server_name":"Orders","resource_server_identifier":"https://orders.example.test/","sources":[{"source_id":"","source_name":"","source_type":"DIRECT"}]},{"permission_name":"read:orders","description":"Read orders","resource_server_name":"Orders","resource_server_identifier":"https://orders.example.test/","sources":[{"source_id":"rol_3RkiiM7W6Ygz7O14","source_name":"Clerk","source_type":"ROLE"}]}]"#);
    let management = json!({ "permissions": [
        { "resource_server_identifier": AUDIENCE, "permission_name": "read:users" },
    ] });
    assert_eq!(call(&tenant, Method::POST, PERMISSIONS, management).await.status, 201);
}

#[tokio::test]
async fn what_does_not_exist_is_not_assigned_and_changes_nothing() {
    let tenant = open().await;
    let clerk = id("Clerk");
    for (path, body, message) in [
        (ROLES, json!({ "roles": [&clerk, "Manager"] }), "The role Manager does not exist."),
        (ROLES, json!({ "roles": [] }), "Array is too short (0), minimum 1"),
        (ROLES, json!({ "roles": [""] }), "String is too short (0 chars), minimum 1"),
        (ROLES, json!({ "roles": [1] }), "Invalid type: number (expected string)"),
        (ROLES, json!({ "roles": clerk }), "Invalid type: string (expected array)"),
        (ROLES, json!({ "roles": [&clerk], "more": 1 }), "Additional properties not allowed: more"),
        (ROLES, json!({}), "Missing required property: roles"),
        (PERMISSIONS, permissions(&["read:orders", "eat:orders"]), "eat:orders of the resource server"),
        (
            PERMISSIONS,
            json!({ "permissions": [{ "resource_server_identifier": "x", "permission_name": "y" }] }),
            "The resource server x does not exist.",
        ),
        (PERMISSIONS, json!({ "permissions": ["read:orders"] }), "Invalid type: string (expected object)"),
        (
            PERMISSIONS,
            json!({ "permissions": [{ "permission_name": "y" }] }),
            "Missing required property: resource_server_identifier",
        ),
    ] {
        let response = call(&tenant, Method::POST, path, body.clone()).await;
        let found = response.json();
        assert_eq!((response.status.as_u16(), &found["errorCode"]), (400, &json!("invalid_body")), "{body}");
        assert!(found["message"].as_str().unwrap().contains(message), "{body}: {found}");
    }
    assert_eq!(assigned(&tenant, "auth0|1").await, Assignments::default());
    for path in ["/api/v2/users/auth0%7C9", "/api/v2/users/google-oauth2%7C9"] {
        for (method, part, body) in [
            (Method::GET, "roles", Value::Null),
            (Method::GET, "permissions", Value::Null),
            (Method::POST, "roles", json!({ "roles": [&clerk] })),
            (Method::DELETE, "roles", json!({ "roles": [&clerk] })),
            (Method::POST, "permissions", permissions(&["read:orders"])),
            (Method::DELETE, "permissions", permissions(&["read:orders"])),
        ] {
            let response = call(&tenant, method.clone(), &format!("{path}/{part}"), body).await;
            assert_eq!(response.json()["errorCode"], "inexistent_user", "{method} {path}/{part}");
        }
    }
}

// attack: accounts
#[tokio::test]
async fn nobody_gives_themselves_a_role() {
    let tenant = open().await;
    let scopes = "read:current_user update:current_user_identities update:current_user_metadata \
                  create:users update:users_app_metadata read:users read:roles";
    let token = tenant.sign(&tenant.claims("auth0|1", scopes)).await;
    let users = format!("/api/v2/roles/{}/users", id("Manager"));
    for (path, body) in [
        (ROLES, json!({ "roles": [id("Manager")] })),
        (PERMISSIONS, permissions(&["cancel:orders"])),
        (&*users, json!({ "users": ["auth0|1"] })),
    ] {
        for method in [Method::POST, Method::DELETE] {
            let response = tenant.send_json(method.clone(), path, Some(&token), &body).await;
            let expected = if path == users && method == Method::DELETE { 404 } else { 403 };
            assert_eq!(response.status.as_u16(), expected, "{method} {path}");
        }
    }
    assert_eq!(assigned(&tenant, "auth0|1").await, Assignments::default());
    assert_eq!(tenant.call(Method::GET, ROLES, &token).await.status, 403);
    for scopes in ["read:users read:roles", "read:users read:role_members", "read:roles read:role_members"] {
        let response = tenant.call(Method::GET, ROLES, &tenant.machine_token(scopes).await).await;
        assert_eq!(response.status, 403, "{scopes}");
    }
    let response = tenant.call(Method::GET, ROLES, &tenant.machine_token("read:users").await).await;
    assert_snapshot!(response.status_and_text(), @r#"403 {"statusCode":403,"error":"Forbidden","message":"Insufficient scope, expected all of: read:users,read:roles,read:role_members","errorCode":"insufficient_scope"}"#);
}

#[tokio::test]
async fn the_users_of_a_role_are_assigned_and_listed() {
    let tenant = open().await;
    let path = format!("/api/v2/roles/{}/users", id("Clerk"));
    let response =
        call(&tenant, Method::POST, &path, json!({ "users": ["auth0|1", "auth0|2", "google-oauth2|115"] }))
            .await;
    assert_snapshot!(response.status_and_text(), @"200 {}");
    assert_snapshot!(get(&tenant, &format!("{path}?include_totals=true&per_page=1")).await, @r#"200 {"users":[{"user_id":"auth0|1","email":"auth01@example.test","picture":"https://s.gravatar.com/avatar/043d72ef7dafefaeb2b133a5b328aec4?s=480&r=pg&d=https%3A%2F%2Fcdn.auth0.com%2Favatars%2Fau.png","name":"auth01@example.test"}],"start":0,"limit":1,"total":3}"#);
    assert_snapshot!(get(&tenant, &format!("{path}?take=2")).await, @r#"200 {"users":[{"user_id":"auth0|1","email":"auth01@example.test","picture":"https://s.gravatar.com/avatar/043d72ef7dafefaeb2b133a5b328aec4?s=480&r=pg&d=https%3A%2F%2Fcdn.auth0.com%2Favatars%2Fau.png","name":"auth01@example.test"},{"user_id":"auth0|2","email":"auth02@example.test","picture":"https://s.gravatar.com/avatar/5248b17fbd5cf006d2e746744ee014f5?s=480&r=pg&d=https%3A%2F%2Fcdn.auth0.com%2Favatars%2Fau.png","name":"auth02@example.test"}],"next":"auth0|2"}"#);
    assert_snapshot!(get(&tenant, &format!("{path}?take=2&from=auth0%7C2")).await, @r#"200 {"users":[{"user_id":"google-oauth2|115","email":"googleoauth2115@example.test"}]}"#);
    let manager = format!("/api/v2/roles/{}/users", id("Manager"));
    let response = call(&tenant, Method::POST, &manager, json!({ "users": ["auth0|1", "auth0|9"] })).await;
    assert_snapshot!(response.status_and_text(), @r#"404 {"statusCode":404,"error":"Not Found","message":"One or more of the users do not exist."}"#);
    assert_eq!(assigned(&tenant, "auth0|1").await.roles, [id("Clerk")], "all of them or none");
    let nobody = call(&tenant, Method::POST, "/api/v2/roles/x/users", json!({ "users": ["auth0|1"] })).await;
    assert_eq!(nobody.json()["message"], "The role does not exist.");
}

#[tokio::test]
async fn roles_stay_with_the_user_when_logins_are_linked_and_unlinked() {
    let tenant = open().await;
    let secondary = "/api/v2/users/google-oauth2%7C115/roles";
    call(&tenant, Method::POST, ROLES, json!({ "roles": [id("Clerk")] })).await;
    call(&tenant, Method::POST, secondary, json!({ "roles": [id("Manager")] })).await;
    let body = json!({ "provider": "google-oauth2", "user_id": "115" });
    let linked = call(&tenant, Method::POST, "/api/v2/users/auth0%7C1/identities", body).await;
    assert_eq!(linked.status, 201);
    assert_eq!(assigned(&tenant, "auth0|1").await.roles, [id("Clerk")]);
    assert_eq!(assigned(&tenant, "google-oauth2|115").await, Assignments::default());
    let path = "/api/v2/users/auth0%7C1/identities/google-oauth2/115";
    assert_eq!(call(&tenant, Method::DELETE, path, Value::Null).await.status, 200);
    assert_eq!(assigned(&tenant, "google-oauth2|115").await, Assignments::default());
    assert_eq!(call(&tenant, Method::DELETE, "/api/v2/users/auth0%7C1", Value::Null).await.status, 204);
    assert_eq!(assigned(&tenant, "auth0|1").await, Assignments::default());
}
