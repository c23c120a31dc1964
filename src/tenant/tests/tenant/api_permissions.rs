//! Roles and permissions in access tokens, for APIs that enforce them (contract C8).

use axum::http::Method;
use model::{Scope, UserId};
use serde_json::{Value, json};
use store::{AssignedPermission, Assignments};
use tenant::configuration::{Api, ApiAccess, GrantSubject, Parts, Permission, Role, TokenDialect};

use crate::apis::{ORDERS, access, api, grant, machine_token, open_tenant, orders, sign_in};
use crate::test_tenant::{PAGE, TestTenant};

const OTHER: &str = "https://other.example.test/";
const WANTED: [(&str, &str); 2] =
    [("audience", ORDERS), ("scope", "openid read:orders write:orders delete:orders offline_access")];

/// An API that enforces permissions and lists them in its tokens.
fn enforced() -> Api {
    Api {
        enforce_policies: true,
        permissions_in_token: true,
        scopes: api(ORDERS, "write:orders read:orders delete:orders").scopes,
        ..orders()
    }
}

fn permission(api: &str, scope: &str) -> Permission {
    Permission { api: api.to_owned(), scope: Scope::new(scope) }
}

fn roles(parts: &mut Parts) {
    let clerk = vec![permission(ORDERS, "read:orders"), permission(OTHER, "delete:orders")];
    let chief = vec![permission(ORDERS, "write:orders"), permission(ORDERS, "approve:orders")];
    parts.roles = vec![
        Role { permissions: clerk, ..Role::new("Clerk") },
        Role { permissions: chief, ..Role::new("Chief") },
    ];
}

fn role(name: &str) -> String {
    Role::new(name).id
}

async fn assign_roles(tenant: &TestTenant, user_id: &str, roles: &[String]) {
    let (user_id, roles) = (UserId::new(user_id), roles.to_vec());
    let assigned = tenant.store.write::<_, store::Error, _>(move |unit| {
        Box::pin(async move { unit.assign_roles(&user_id, &roles).await })
    });
    assigned.await.unwrap();
}

async fn remove_roles(tenant: &TestTenant, user_id: &str, roles: &[String]) {
    let (user_id, roles) = (UserId::new(user_id), roles.to_vec());
    let removed = tenant.store.write::<_, store::Error, _>(move |unit| {
        Box::pin(async move { unit.remove_roles(&user_id, &roles).await })
    });
    removed.await.unwrap();
}

async fn assign_permission(tenant: &TestTenant, user_id: &str, api: &str, scope: &str) {
    let user_id = UserId::new(user_id);
    let permissions = [AssignedPermission { api: api.to_owned(), scope: Scope::new(scope) }];
    let assigned = tenant.store.write::<_, store::Error, _>(move |unit| {
        Box::pin(async move { unit.assign_permissions(&user_id, &permissions).await })
    });
    assigned.await.unwrap();
}

async fn assignments(tenant: &TestTenant, user_id: &str) -> Assignments {
    tenant.store.read().await.unwrap().find_assignments(&UserId::new(user_id)).await.unwrap()
}

/// Returns scopes and permissions of an access token.
fn permitted(tokens: &Value) -> (Value, Value) {
    let claims = access(tokens);
    assert_eq!(claims["scope"], tokens["scope"]);
    (claims["scope"].clone(), claims["permissions"].clone())
}

#[tokio::test]
async fn a_person_gets_the_requested_scopes_that_roles_and_permissions_grant() {
    let tenant = open_tenant(vec![enforced()], roles).await;
    let nothing = sign_in(&tenant, &WANTED).await;
    assert_eq!(permitted(&nothing), (json!("openid offline_access"), json!([])));

    assign_roles(&tenant, "auth0|1", &[role("Clerk"), role("Chief"), role("Removed")]).await;
    let tokens = sign_in(&tenant, &WANTED).await;
    let both =
        (json!("openid read:orders write:orders offline_access"), json!(["read:orders", "write:orders"]));
    assert_eq!(permitted(&tokens), both, "neither another API's permission nor a scope that the API has not");
    let few = [("audience", ORDERS), ("scope", "read:orders")];
    assert_eq!(
        permitted(&sign_in(&tenant, &few).await),
        (json!("read:orders"), both.1),
        "all that the person may do"
    );

    assign_permission(&tenant, "auth0|1", ORDERS, "delete:orders").await;
    assign_permission(&tenant, "auth0|1", OTHER, "read:orders").await;
    let tokens = sign_in(&tenant, &WANTED).await;
    assert_eq!(tokens["scope"], "openid read:orders write:orders delete:orders offline_access");
}

#[tokio::test]
async fn a_refresh_asks_for_the_permissions_of_today() {
    let tenant = open_tenant(vec![enforced()], roles).await;
    assign_roles(&tenant, "auth0|1", &[role("Clerk")]).await;
    let tokens = sign_in(&tenant, &WANTED).await;
    assert_eq!(tokens["scope"], "openid read:orders offline_access");
    assign_roles(&tenant, "auth0|1", &[role("Chief")]).await;
    let tokens = tenant.refresh(tokens["refresh_token"].as_str().unwrap(), &[]).await.json();
    let all =
        (json!("openid read:orders write:orders offline_access"), json!(["read:orders", "write:orders"]));
    assert_eq!(permitted(&tokens), all);
    remove_roles(&tenant, "auth0|1", &[role("Clerk"), role("Chief")]).await;
    let tokens = tenant.refresh(tokens["refresh_token"].as_str().unwrap(), &[]).await.json();
    assert_eq!(permitted(&tokens), (json!("openid offline_access"), json!([])));
}

#[tokio::test]
async fn a_grant_for_people_bounds_what_their_roles_grant() {
    let bounded = Api { user_access: ApiAccess::RequireClientGrant, ..enforced() };
    let tenant = open_tenant(vec![bounded], |parts| {
        roles(parts);
        parts.grants.push(grant(PAGE, GrantSubject::User, "read:orders delete:orders"));
    })
    .await;
    assign_roles(&tenant, "auth0|1", &[role("Clerk"), role("Chief")]).await;
    let tokens = sign_in(&tenant, &WANTED).await;
    assert_eq!(permitted(&tokens), (json!("openid read:orders offline_access"), json!(["read:orders"])));
}

#[tokio::test]
async fn permissions_stand_only_in_tokens_of_apis_that_say_so() {
    let silent = Api { permissions_in_token: false, ..enforced() };
    let free = Api { enforce_policies: false, identifier: OTHER.to_owned(), ..enforced() };
    let standard = Api {
        token_dialect: TokenDialect::Rfc9068,
        identifier: "https://standard.example.test/".to_owned(),
        ..enforced()
    };
    let tenant = open_tenant(vec![silent, free, standard], roles).await;
    assign_roles(&tenant, "auth0|1", &[role("Clerk")]).await;
    let scope = "read:orders write:orders";
    let tokens = sign_in(&tenant, &[("audience", ORDERS), ("scope", scope)]).await;
    assert_eq!((&tokens["scope"], access(&tokens).get("permissions")), (&json!("read:orders"), None));
    let tokens = sign_in(&tenant, &[("audience", OTHER), ("scope", scope)]).await;
    assert_eq!((&tokens["scope"], access(&tokens).get("permissions")), (&json!(scope), None));
    assign_permission(&tenant, "auth0|1", "https://standard.example.test/", "write:orders").await;
    let tokens = sign_in(&tenant, &[("audience", "https://standard.example.test/"), ("scope", scope)]).await;
    assert_eq!(permitted(&tokens), (json!("write:orders"), json!(["write:orders"])));
}

#[tokio::test]
async fn a_machines_permissions_are_the_scopes_of_its_grant() {
    let tenant = open_tenant(vec![enforced()], |parts| {
        roles(parts);
        parts.grants.push(grant("machine", GrantSubject::Client, "write:orders read:orders"));
    })
    .await;
    let tokens = machine_token(&tenant, "machine", &[("scope", "read:orders")]).await.json();
    assert_eq!(permitted(&tokens), (json!("read:orders"), json!(["read:orders", "write:orders"])));
}

#[tokio::test]
async fn links_keep_the_roles_of_the_primary_and_drop_those_of_the_secondary() {
    let tenant = open_tenant(vec![enforced()], roles).await;
    assign_roles(&tenant, "auth0|1", &[role("Clerk")]).await;
    assign_roles(&tenant, "auth0|2", &[role("Chief")]).await;
    assign_permission(&tenant, "auth0|2", ORDERS, "delete:orders").await;
    let own = tenant.user_token("auth0|1").await;
    let identities = "/api/v2/users/auth0%7C1/identities";
    let body = json!({ "link_with": tenant.id_token("auth0|2", PAGE).await });
    assert_eq!(tenant.post_json(identities, Some(&own), &body).await.status, 201);
    assert_eq!(assignments(&tenant, "auth0|1").await.roles, [role("Clerk")]);
    assert_eq!(sign_in(&tenant, &WANTED).await["scope"], "openid read:orders offline_access");
    assert_eq!(tenant.call(Method::DELETE, &format!("{identities}/auth0/2"), &own).await.status, 200);
    assert_eq!(assignments(&tenant, "auth0|2").await, Assignments::default());
    assert_eq!(assignments(&tenant, "auth0|1").await.roles, [role("Clerk")]);
}
