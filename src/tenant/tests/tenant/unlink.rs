//! `DELETE /api/v2/users/{id}/identities/{provider}/{user_id}`: every case of contract A12.

use axum::http::Method;
use insta::assert_snapshot;
use serde_json::json;

use crate::test_tenant::{Browser, DATABASE, START, TestTenant, email, user};

const PATH: &str = "/api/v2/users/auth0%7C1/identities";

async fn three_logins() -> TestTenant {
    TestTenant::with_users(&[
        &["auth0|1", "google-oauth2|115", "samlp|acme|eng/ada"],
        &["auth0|2", "github|42"],
    ])
    .await
}

async fn unlink(tenant: &TestTenant, path: &str) -> crate::test_tenant::TestResponse {
    let token = tenant.user_token("auth0|1").await;
    tenant.call(Method::DELETE, &format!("{PATH}/{path}"), &token).await
}

#[tokio::test]
async fn an_identity_is_unlinked_and_the_remaining_ones_are_returned_with_profile_data() {
    let tenant = three_logins().await;
    let response = unlink(&tenant, "google-oauth2/115").await;
    assert_snapshot!(response.status_and_text(), @r#"200 [{"profileData":{"email":"auth01@example.test","email_verified":true},"connection":"Username-Password-Authentication","user_id":"1","provider":"auth0","isSocial":false},{"profileData":{"email":"samlpacmeengada@example.test"},"connection":"acme","user_id":"acme|eng/ada","provider":"samlp","isSocial":false}]"#);
    assert_eq!(response.header("content-type"), "application/json; charset=utf-8");
    assert_eq!(tenant.identities("auth0|1").await, ["auth0|1", "samlp|acme|eng/ada"]);
}

#[tokio::test]
async fn the_unlinked_identity_is_a_separate_user_without_metadata_or_history() {
    let tenant = three_logins().await;
    tenant.clock.advance(std::time::Duration::from_mins(1));
    unlink(&tenant, "google-oauth2/115").await;
    let token = tenant.machine_token("read:users").await;
    let response = tenant.call(Method::GET, "/api/v2/users/google-oauth2%7C115", &token).await;
    assert_eq!(
        response.json(),
        json!({
            "user_id": "google-oauth2|115",
            "email": email("google-oauth2|115"),
            "identities": [{ "connection": "google-oauth2", "user_id": "115", "provider": "google-oauth2",
                "isSocial": true }],
            "created_at": "2026-01-01T00:01:00.000Z",
            "updated_at": "2026-01-01T00:01:00.000Z",
        })
    );
    let primary = tenant.row("auth0|1").await.unwrap();
    assert_eq!((primary.created_at, primary.updated_at), (START, START + 60_000));
    assert_eq!(primary.user_metadata.unwrap()["theme"], "dark");
}

#[tokio::test]
async fn a_numeric_id_stays_a_number_in_the_response_and_matches_as_text() {
    let mut seed = user(&["auth0|1", "github|42", "github|43"]);
    for identity in &mut seed.user.identities[1..] {
        identity.user_id = model::IdentityId::from_parts(identity.user_id.as_str(), true);
    }
    let tenant = TestTenant::with_seeds(vec![seed]).await;
    let response = unlink(&tenant, "github/42").await;
    assert_eq!(response.json()[1]["user_id"], json!(43));
    assert_eq!(tenant.identities("auth0|1").await, ["auth0|1", "github|43"]);
}

#[tokio::test]
async fn an_id_with_pipes_and_slashes_is_found_in_every_encoding() {
    for segment in ["samlp/acme%7Ceng%2Fada", "samlp/acme%7ceng%2fada", "samlp/acme|eng%2Fada"] {
        let tenant = three_logins().await;
        let response = unlink(&tenant, segment).await;
        assert_eq!(response.json().as_array().unwrap().len(), 2, "{segment}: {}", response.text);
    }
}

#[tokio::test]
async fn an_id_can_be_prefixed_with_its_connection() {
    let tenant = three_logins().await;
    assert_eq!(
        unlink(&tenant, "google-oauth2/google-oauth2%7C115").await.json().as_array().unwrap().len(),
        2
    );
}

#[tokio::test]
async fn an_exact_id_has_precedence_over_one_prefixed_with_its_connection() {
    let imported = format!("auth0|{DATABASE}|7");
    let tenant = TestTenant::with_users(&[&["google-oauth2|9", "auth0|7", &imported]]).await;
    let machine = tenant.machine_token("update:users").await;
    let path = format!("/api/v2/users/google-oauth2%7C9/identities/auth0/{DATABASE}%7C7");
    for left in [&["google-oauth2|9", "auth0|7"][..], &["google-oauth2|9"]] {
        assert_eq!(tenant.call(Method::DELETE, &path, &machine).await.status, 200);
        assert_eq!(tenant.identities("google-oauth2|9").await, left);
    }
}

#[tokio::test]
async fn an_unlink_that_matches_nothing_returns_the_unchanged_list() {
    let tenant = three_logins().await;
    for segment in [
        "google-oauth2/116",
        "github/115",
        "github/42",
        "google-oauth2/google-oauth2%257C115",
        "samlp/acme",
        "auth0/auth0%7C1",
    ] {
        let response = unlink(&tenant, segment).await;
        assert_eq!(response.status, 200, "{segment}: {}", response.text);
        assert_eq!(response.json().as_array().unwrap().len(), 3, "{segment}");
    }
    assert_eq!(tenant.identities("auth0|1").await.len(), 3);
    assert_eq!(tenant.identities("auth0|2").await.len(), 2);
}

#[tokio::test]
async fn repeating_an_unlink_is_harmless() {
    let tenant = three_logins().await;
    let first = unlink(&tenant, "google-oauth2/115").await;
    let second = unlink(&tenant, "google-oauth2/115").await;
    assert_eq!(first.status_and_text(), second.status_and_text());
}

// attack: linking
#[tokio::test]
async fn the_primary_cannot_be_unlinked() {
    let tenant = TestTenant::with_users(&[&["auth0|1", "github|42"], &["auth0|2"]]).await;
    let response = unlink(&tenant, "auth0/1").await;
    assert_snapshot!(response.status_and_text(), @r#"400 {"statusCode":400,"error":"Bad Request","message":"Main identity cannot be removed.","errorCode":"delete_main_user_identity"}"#);
    assert_eq!(tenant.identities("auth0|1").await, ["auth0|1", "github|42"]);
    let token = tenant.user_token("auth0|2").await;
    let alone = tenant.call(Method::DELETE, "/api/v2/users/auth0%7C2/identities/auth0/2", &token).await;
    assert_eq!(alone.status_and_text(), response.status_and_text());
    assert_eq!(tenant.identities("auth0|2").await, ["auth0|2"]);
}

#[tokio::test]
async fn an_unknown_provider_is_a_path_error() {
    let tenant = three_logins().await;
    assert_snapshot!(unlink(&tenant, "gogle/115").await.status_and_text(), @r#"400 {"statusCode":400,"error":"Bad Request","message":"Path validation error: 'No enum match for: gogle' on property provider.","errorCode":"invalid_uri"}"#);
}

// attack: accounts
#[tokio::test]
async fn another_users_identities_are_refused_alike_whether_or_not_they_exist() {
    let tenant = three_logins().await;
    let token = tenant.user_token("auth0|2").await;
    let mut responses = Vec::new();
    for id in ["auth0%7C1", "auth0|1", "auth0%7c1", "nobody%7C9", "google-oauth2%7C115"] {
        let path = format!("/api/v2/users/{id}/identities/google-oauth2/115");
        responses.push(tenant.call(Method::DELETE, &path, &token).await.status_and_text());
    }
    assert_snapshot!(responses[0], @r#"403 {"statusCode":403,"error":"Forbidden","message":"User to be acted on does not match subject in bearer token.","errorCode":"unowned_resource"}"#);
    responses.dedup();
    assert_eq!(responses.len(), 1);
    assert_eq!(tenant.identities("auth0|1").await.len(), 3);
}

#[tokio::test]
async fn an_id_that_is_not_utf_8_is_a_path_error() {
    let tenant = three_logins().await;
    let response = unlink(&tenant, "google-oauth2/%FF").await;
    assert_eq!((response.status.as_u16(), &response.json()["errorCode"]), (400, &json!("invalid_uri")));
}

#[tokio::test]
async fn permission_is_checked_before_the_path_is_validated() {
    let tenant = three_logins().await;
    let token = tenant.user_token("auth0|2").await;
    let response = tenant.call(Method::DELETE, &format!("{PATH}/gogle/115"), &token).await;
    assert_eq!(response.status, 403);
}

// attack: linking
#[tokio::test]
async fn without_the_scope_nothing_is_unlinked() {
    let tenant = three_logins().await;
    let token = tenant.sign(&tenant.claims("auth0|1", "openid read:current_user")).await;
    let response = tenant.call(Method::DELETE, &format!("{PATH}/google-oauth2/115"), &token).await;
    assert_snapshot!(response.status_and_text(), @r#"403 {"statusCode":403,"error":"Forbidden","message":"Insufficient scope, expected any of: update:users,update:current_user_identities","errorCode":"insufficient_scope"}"#);
    assert_eq!(tenant.identities("auth0|1").await.len(), 3);
}

#[tokio::test]
async fn a_machine_unlinks_for_any_user_and_gets_404_for_an_unknown_one() {
    let tenant = three_logins().await;
    let token = tenant.machine_token("update:users").await;
    let response = tenant.call(Method::DELETE, &format!("{PATH}/google-oauth2/115"), &token).await;
    assert_eq!(response.status, 200);
    let response = tenant.call(Method::DELETE, "/api/v2/users/auth0%7C9/identities/auth0/1", &token).await;
    assert_snapshot!(response.status_and_text(), @r#"404 {"statusCode":404,"error":"Not Found","message":"The user does not exist.","errorCode":"inexistent_user"}"#);
}

#[tokio::test]
async fn a_later_sign_in_with_the_unlinked_identity_opens_its_own_account() {
    let tenant = TestTenant::with_users(&[&["google-oauth2|9", "auth0|1"]]).await;
    let code = Browser::new(&tenant).sign_in("auth0|1", &[]).await;
    assert_eq!(tenant.account_of(&code).await, "google-oauth2|9");
    let token = tenant.user_token("google-oauth2|9").await;
    let path = "/api/v2/users/google-oauth2%7C9/identities/auth0/1";
    assert_eq!(tenant.call(Method::DELETE, path, &token).await.status, 200);
    let code = Browser::new(&tenant).sign_in("auth0|1", &[]).await;
    assert_eq!(tenant.account_of(&code).await, "auth0|1");
    assert_eq!(tenant.row("auth0|1").await.unwrap().logins_count, 1);
}

#[tokio::test]
async fn unlinking_ends_the_sessions_of_the_identity_only() {
    let tenant = TestTenant::with_users(&[&["google-oauth2|9", "auth0|1"]]).await;
    let mut by_password = Browser::new(&tenant);
    by_password.sign_in("auth0|1", &[]).await;
    let mut by_google = Browser::new(&tenant);
    by_google.stand_in("google-oauth2", &[("choice", "9")]).await;
    let token = tenant.user_token("google-oauth2|9").await;
    tenant.call(Method::DELETE, "/api/v2/users/google-oauth2%7C9/identities/auth0/1", &token).await;
    let silent = crate::test_tenant::authorize_path(&[("prompt", "none")]);
    assert_eq!(by_password.get(&silent).await.parameter("error").as_deref(), Some("login_required"));
    assert!(by_google.get(&silent).await.parameter("code").is_some());
}

// attack: linking
#[tokio::test]
async fn an_identity_of_a_pinned_connection_is_unlinked_by_machines_only() {
    let tenant = TestTenant::with_users(&[&["auth0|1", "waad|7", "github|42"]]).await;
    for segment in ["waad/7", "waad/waad%7C7"] {
        assert_eq!(unlink(&tenant, segment).await.status, 403);
        assert_eq!(tenant.identities("auth0|1").await, ["auth0|1", "waad|7", "github|42"]);
    }
    assert_snapshot!(unlink(&tenant, "waad/7").await.status_and_text(), @r#"403 {"statusCode":403,"error":"Forbidden","message":"The connection of this identity is managed by an organization; only the organization can unlink it.","errorCode":"pinned_connection"}"#);
    assert!(tenant.row("waad|7").await.is_none());
    assert_eq!(unlink(&tenant, "github/42").await.status, 200, "other identities can be unlinked");
    let token = tenant.machine_token("update:users").await;
    assert_eq!(tenant.call(Method::DELETE, &format!("{PATH}/waad/7"), &token).await.status, 200);
    assert_eq!(tenant.identities("auth0|1").await, ["auth0|1"]);
}

// attack: linking
#[tokio::test]
async fn the_last_identity_that_can_sign_in_is_unlinked_by_machines_only() {
    // The primary's connection is disabled for every client, and that of `amazon` is not configured.
    let tenant = TestTenant::with_users(&[&["linkedin|1", "amazon|2", "auth0|3", "github|42"]]).await;
    let path = |segment: &str| format!("/api/v2/users/linkedin%7C1/identities/{segment}");
    let token = tenant.user_token("linkedin|1").await;
    assert_eq!(tenant.call(Method::DELETE, &path("github/42"), &token).await.status, 200);
    let response = tenant.call(Method::DELETE, &path("auth0/3"), &token).await;
    assert_snapshot!(response.status_and_text(), @r#"403 {"statusCode":403,"error":"Forbidden","message":"No other identity of this user can sign in. Link another one first.","errorCode":"last_way_in"}"#);
    assert_eq!(tenant.identities("linkedin|1").await, ["linkedin|1", "amazon|2", "auth0|3"]);
    assert!(tenant.row("auth0|3").await.is_none());
    let machine = tenant.machine_token("update:users").await;
    assert_eq!(tenant.call(Method::DELETE, &path("auth0/3"), &machine).await.status, 200);
    assert_eq!(tenant.identities("linkedin|1").await, ["linkedin|1", "amazon|2"]);
}

// attack: linking
#[tokio::test]
async fn concurrent_unlinks_leave_one_identity_that_can_sign_in() {
    let tenant =
        std::sync::Arc::new(TestTenant::with_users(&[&["linkedin|1", "auth0|3", "github|42"]]).await);
    let token = tenant.user_token("linkedin|1").await;
    let calls: Vec<_> = ["auth0/3", "github/42"]
        .map(|segment| {
            let (tenant, token) = (tenant.clone(), token.clone());
            let path = format!("/api/v2/users/linkedin%7C1/identities/{segment}");
            tokio::spawn(async move { tenant.call(Method::DELETE, &path, &token).await.status.as_u16() })
        })
        .into();
    let mut statuses = Vec::new();
    for call in calls {
        statuses.push(call.await.unwrap());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 403]);
    assert_eq!(tenant.identities("linkedin|1").await.len(), 2);
}

// attack: linking
#[tokio::test]
async fn fifty_parallel_unlinks_of_all_identities_leave_the_primary_and_no_duplicate() {
    let tenant = std::sync::Arc::new(three_logins().await);
    let token = tenant.user_token("auth0|1").await;
    let calls: Vec<_> = (0..50)
        .map(|number| {
            let (tenant, token) = (tenant.clone(), token.clone());
            let path = ["google-oauth2/115", "samlp/acme%7Ceng%2Fada", "auth0/1"][number % 3];
            tokio::spawn(async move {
                tenant.call(Method::DELETE, &format!("{PATH}/{path}"), &token).await.status.as_u16()
            })
        })
        .collect();
    for (number, call) in calls.into_iter().enumerate() {
        assert_eq!(call.await.unwrap(), if number % 3 == 2 { 400 } else { 200 });
    }
    assert_eq!(tenant.identities("auth0|1").await, ["auth0|1"]);
    assert_eq!(tenant.identities("google-oauth2|115").await, ["google-oauth2|115"]);
    assert_eq!(tenant.identities("samlp|acme|eng/ada").await, ["samlp|acme|eng/ada"]);
}
