//! `DELETE /api/v2/users/{id}/identities/{provider}/{user_id}`: every case of contract A12.

use axum::http::Method;
use insta::assert_snapshot;
use serde_json::json;

use crate::bench::{Bench, Browser, DATABASE, START, email, user};

const PATH: &str = "/api/v2/users/auth0%7C1/identities";

async fn three_logins() -> Bench {
    Bench::with_users(&[&["auth0|1", "google-oauth2|115", "samlp|acme|eng/ada"], &["auth0|2", "github|42"]])
        .await
}

async fn unlink(bench: &Bench, path: &str) -> crate::bench::Answer {
    let token = bench.user_token("auth0|1").await;
    bench.call(Method::DELETE, &format!("{PATH}/{path}"), &token).await
}

#[tokio::test]
async fn a_linked_identity_goes_and_the_rest_is_returned_with_profile_data_on_each() {
    let bench = three_logins().await;
    let answer = unlink(&bench, "google-oauth2/115").await;
    assert_snapshot!(answer.said(), @r#"200 [{"profileData":{"email":"auth01@example.test"},"connection":"Username-Password-Authentication","user_id":"1","provider":"auth0","isSocial":false},{"profileData":{"email":"samlpacmeengada@example.test"},"connection":"acme","user_id":"acme|eng/ada","provider":"samlp","isSocial":false}]"#);
    assert_eq!(answer.header("content-type"), "application/json; charset=utf-8");
    assert_eq!(bench.identities("auth0|1").await, ["auth0|1", "samlp|acme|eng/ada"]);
}

#[tokio::test]
async fn the_freed_identity_is_a_separate_user_without_metadata_or_past() {
    let bench = three_logins().await;
    bench.clock.advance(std::time::Duration::from_mins(1));
    unlink(&bench, "google-oauth2/115").await;
    let token = bench.machine_token("read:users").await;
    let answer = bench.call(Method::GET, "/api/v2/users/google-oauth2%7C115", &token).await;
    assert_eq!(
        answer.json(),
        json!({
            "user_id": "google-oauth2|115",
            "email": email("google-oauth2|115"),
            "identities": [{ "connection": "google-oauth2", "user_id": "115", "provider": "google-oauth2",
                "isSocial": true }],
            "created_at": "2026-01-01T00:01:00.000Z",
            "updated_at": "2026-01-01T00:01:00.000Z",
        })
    );
    let primary = bench.row("auth0|1").await.unwrap();
    assert_eq!((primary.created_at, primary.updated_at), (START, START + 60_000));
    assert_eq!(primary.user_metadata.unwrap()["theme"], "dark");
}

#[tokio::test]
async fn a_numeric_id_stays_a_number_in_the_answer_and_matches_as_text() {
    let mut seed = user(&["auth0|1", "github|42", "github|43"]);
    for identity in &mut seed.user.identities[1..] {
        identity.user_id = model::IdentityId::from_parts(identity.user_id.as_str(), true);
    }
    let bench = Bench::with_seeds(vec![seed]).await;
    let answer = unlink(&bench, "github/42").await;
    assert_eq!(answer.json()[1]["user_id"], json!(43));
    assert_eq!(bench.identities("auth0|1").await, ["auth0|1", "github|43"]);
}

#[tokio::test]
async fn an_id_with_pipes_and_slashes_is_found_in_every_encoding() {
    for segment in ["samlp/acme%7Ceng%2Fada", "samlp/acme%7ceng%2fada", "samlp/acme|eng%2Fada"] {
        let bench = three_logins().await;
        let answer = unlink(&bench, segment).await;
        assert_eq!(answer.json().as_array().unwrap().len(), 2, "{segment}: {}", answer.text);
    }
}

#[tokio::test]
async fn an_id_may_stand_behind_its_connection() {
    let bench = three_logins().await;
    assert_eq!(unlink(&bench, "google-oauth2/google-oauth2%7C115").await.json().as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn an_id_that_reads_like_anothers_behind_its_connection_is_its_own() {
    let imported = format!("auth0|{DATABASE}|7");
    let bench = Bench::with_users(&[&["google-oauth2|9", "auth0|7", &imported]]).await;
    let machine = bench.machine_token("update:users").await;
    let path = format!("/api/v2/users/google-oauth2%7C9/identities/auth0/{DATABASE}%7C7");
    for left in [&["google-oauth2|9", "auth0|7"][..], &["google-oauth2|9"]] {
        assert_eq!(bench.call(Method::DELETE, &path, &machine).await.status, 200);
        assert_eq!(bench.identities("google-oauth2|9").await, left);
    }
}

#[tokio::test]
async fn what_matches_nothing_is_answered_with_the_unchanged_list() {
    let bench = three_logins().await;
    for segment in [
        "google-oauth2/116",
        "github/115",
        "github/42",
        "google-oauth2/google-oauth2%257C115",
        "samlp/acme",
        "auth0/auth0%7C1",
    ] {
        let answer = unlink(&bench, segment).await;
        assert_eq!(answer.status, 200, "{segment}: {}", answer.text);
        assert_eq!(answer.json().as_array().unwrap().len(), 3, "{segment}");
    }
    assert_eq!(bench.identities("auth0|1").await.len(), 3);
    assert_eq!(bench.identities("auth0|2").await.len(), 2);
}

#[tokio::test]
async fn the_same_unlink_again_is_harmless() {
    let bench = three_logins().await;
    let first = unlink(&bench, "google-oauth2/115").await;
    let second = unlink(&bench, "google-oauth2/115").await;
    assert_eq!(first.said(), second.said());
}

#[tokio::test]
async fn the_primary_stays_whether_or_not_it_is_alone() {
    let bench = Bench::with_users(&[&["auth0|1", "github|42"], &["auth0|2"]]).await;
    let answer = unlink(&bench, "auth0/1").await;
    assert_snapshot!(answer.said(), @r#"400 {"statusCode":400,"error":"Bad Request","message":"Main identity cannot be removed.","errorCode":"delete_main_user_identity"}"#);
    assert_eq!(bench.identities("auth0|1").await, ["auth0|1", "github|42"]);
    let token = bench.user_token("auth0|2").await;
    let alone = bench.call(Method::DELETE, "/api/v2/users/auth0%7C2/identities/auth0/2", &token).await;
    assert_eq!(alone.said(), answer.said());
    assert_eq!(bench.identities("auth0|2").await, ["auth0|2"]);
}

#[tokio::test]
async fn an_unknown_provider_is_a_path_error() {
    let bench = three_logins().await;
    assert_snapshot!(unlink(&bench, "gogle/115").await.said(), @r#"400 {"statusCode":400,"error":"Bad Request","message":"Path validation error: 'No enum match for: gogle' on property provider.","errorCode":"invalid_uri"}"#);
}

#[tokio::test]
async fn somebody_elses_identities_are_refused_alike_whether_they_exist_or_not() {
    let bench = three_logins().await;
    let token = bench.user_token("auth0|2").await;
    let mut said = Vec::new();
    for id in ["auth0%7C1", "auth0|1", "auth0%7c1", "nobody%7C9", "google-oauth2%7C115"] {
        let path = format!("/api/v2/users/{id}/identities/google-oauth2/115");
        said.push(bench.call(Method::DELETE, &path, &token).await.said());
    }
    assert_snapshot!(said[0], @r#"403 {"statusCode":403,"error":"Forbidden","message":"User to be acted on does not match subject in bearer token.","errorCode":"unowned_resource"}"#);
    said.dedup();
    assert_eq!(said.len(), 1);
    assert_eq!(bench.identities("auth0|1").await.len(), 3);
}

#[tokio::test]
async fn an_id_that_is_no_text_is_a_path_error() {
    let bench = three_logins().await;
    let answer = unlink(&bench, "google-oauth2/%FF").await;
    assert_eq!((answer.status.as_u16(), &answer.json()["errorCode"]), (400, &json!("invalid_uri")));
}

#[tokio::test]
async fn permission_is_asked_before_the_path_is_judged() {
    let bench = three_logins().await;
    let token = bench.user_token("auth0|2").await;
    let answer = bench.call(Method::DELETE, &format!("{PATH}/gogle/115"), &token).await;
    assert_eq!(answer.status, 403);
}

#[tokio::test]
async fn without_the_scope_nothing_is_unlinked() {
    let bench = three_logins().await;
    let token = bench.sign(&bench.claims("auth0|1", "openid read:current_user")).await;
    let answer = bench.call(Method::DELETE, &format!("{PATH}/google-oauth2/115"), &token).await;
    assert_snapshot!(answer.said(), @r#"403 {"statusCode":403,"error":"Forbidden","message":"Insufficient scope, expected any of: update:users,update:current_user_identities","errorCode":"insufficient_scope"}"#);
    assert_eq!(bench.identities("auth0|1").await.len(), 3);
}

#[tokio::test]
async fn a_machine_unlinks_for_anybody_and_learns_that_somebody_does_not_exist() {
    let bench = three_logins().await;
    let token = bench.machine_token("update:users").await;
    let answer = bench.call(Method::DELETE, &format!("{PATH}/google-oauth2/115"), &token).await;
    assert_eq!(answer.status, 200);
    let answer = bench.call(Method::DELETE, "/api/v2/users/auth0%7C9/identities/auth0/1", &token).await;
    assert_snapshot!(answer.said(), @r#"404 {"statusCode":404,"error":"Not Found","message":"The user does not exist.","errorCode":"inexistent_user"}"#);
}

#[tokio::test]
async fn a_later_sign_in_with_the_freed_identity_opens_its_own_account() {
    let bench = Bench::with_users(&[&["google-oauth2|9", "auth0|1"]]).await;
    let code = Browser::new(&bench).sign_in("auth0|1", &[]).await;
    assert_eq!(bench.account_of(&code).await, "google-oauth2|9");
    let token = bench.user_token("google-oauth2|9").await;
    let path = "/api/v2/users/google-oauth2%7C9/identities/auth0/1";
    assert_eq!(bench.call(Method::DELETE, path, &token).await.status, 200);
    let code = Browser::new(&bench).sign_in("auth0|1", &[]).await;
    assert_eq!(bench.account_of(&code).await, "auth0|1");
    assert_eq!(bench.row("auth0|1").await.unwrap().logins_count, 1);
}

#[tokio::test]
async fn a_session_that_the_freed_identity_began_ends_and_others_go_on() {
    let bench = Bench::with_users(&[&["google-oauth2|9", "auth0|1"]]).await;
    let mut by_password = Browser::new(&bench);
    by_password.sign_in("auth0|1", &[]).await;
    let mut by_google = Browser::new(&bench);
    by_google.stand_in("google-oauth2", &[("choice", "9")]).await;
    let token = bench.user_token("google-oauth2|9").await;
    bench.call(Method::DELETE, "/api/v2/users/google-oauth2%7C9/identities/auth0/1", &token).await;
    let silent = crate::bench::authorize_path(&[("prompt", "none")]);
    assert_eq!(by_password.get(&silent).await.parameter("error").as_deref(), Some("login_required"));
    assert!(by_google.get(&silent).await.parameter("code").is_some());
}

#[tokio::test]
async fn an_identity_of_a_pinned_connection_is_unlinked_by_machines_only() {
    let bench = Bench::with_users(&[&["auth0|1", "waad|7", "github|42"]]).await;
    for segment in ["waad/7", "waad/waad%7C7"] {
        assert_eq!(unlink(&bench, segment).await.status, 403);
        assert_eq!(bench.identities("auth0|1").await, ["auth0|1", "waad|7", "github|42"]);
    }
    assert_snapshot!(unlink(&bench, "waad/7").await.said(), @r#"403 {"statusCode":403,"error":"Forbidden","message":"The connection of this identity is managed by an organization; only the organization can unlink it.","errorCode":"pinned_connection"}"#);
    assert!(bench.row("waad|7").await.is_none());
    assert_eq!(unlink(&bench, "github/42").await.status, 200, "others go as before");
    let token = bench.machine_token("update:users").await;
    assert_eq!(bench.call(Method::DELETE, &format!("{PATH}/waad/7"), &token).await.status, 200);
    assert_eq!(bench.identities("auth0|1").await, ["auth0|1"]);
}

#[tokio::test]
async fn the_last_identity_that_can_sign_in_is_unlinked_by_machines_only() {
    // The primary's connection is closed to every client, the other's is gone from the tenant.
    let bench = Bench::with_users(&[&["linkedin|1", "amazon|2", "auth0|3", "github|42"]]).await;
    let path = |segment: &str| format!("/api/v2/users/linkedin%7C1/identities/{segment}");
    let token = bench.user_token("linkedin|1").await;
    assert_eq!(bench.call(Method::DELETE, &path("github/42"), &token).await.status, 200);
    let answer = bench.call(Method::DELETE, &path("auth0/3"), &token).await;
    assert_snapshot!(answer.said(), @r#"403 {"statusCode":403,"error":"Forbidden","message":"No other identity of this user can sign in. Link another one first.","errorCode":"last_way_in"}"#);
    assert_eq!(bench.identities("linkedin|1").await, ["linkedin|1", "amazon|2", "auth0|3"]);
    assert!(bench.row("auth0|3").await.is_none());
    let machine = bench.machine_token("update:users").await;
    assert_eq!(bench.call(Method::DELETE, &path("auth0/3"), &machine).await.status, 200);
    assert_eq!(bench.identities("linkedin|1").await, ["linkedin|1", "amazon|2"]);
}

#[tokio::test]
async fn of_the_last_two_that_can_sign_in_parallel_unlinks_take_one() {
    let bench = std::sync::Arc::new(Bench::with_users(&[&["linkedin|1", "auth0|3", "github|42"]]).await);
    let token = bench.user_token("linkedin|1").await;
    let calls: Vec<_> = ["auth0/3", "github/42"]
        .map(|segment| {
            let (bench, token) = (bench.clone(), token.clone());
            let path = format!("/api/v2/users/linkedin%7C1/identities/{segment}");
            tokio::spawn(async move { bench.call(Method::DELETE, &path, &token).await.status.as_u16() })
        })
        .into();
    let mut statuses = Vec::new();
    for call in calls {
        statuses.push(call.await.unwrap());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 403]);
    assert_eq!(bench.identities("linkedin|1").await.len(), 2);
}

#[tokio::test]
async fn fifty_parallel_unlinks_of_all_identities_leave_the_primary_and_no_duplicate() {
    let bench = std::sync::Arc::new(three_logins().await);
    let token = bench.user_token("auth0|1").await;
    let calls: Vec<_> = (0..50)
        .map(|number| {
            let (bench, token) = (bench.clone(), token.clone());
            let path = ["google-oauth2/115", "samlp/acme%7Ceng%2Fada", "auth0/1"][number % 3];
            tokio::spawn(async move {
                bench.call(Method::DELETE, &format!("{PATH}/{path}"), &token).await.status.as_u16()
            })
        })
        .collect();
    for (number, call) in calls.into_iter().enumerate() {
        assert_eq!(call.await.unwrap(), if number % 3 == 2 { 400 } else { 200 });
    }
    assert_eq!(bench.identities("auth0|1").await, ["auth0|1"]);
    assert_eq!(bench.identities("google-oauth2|115").await, ["google-oauth2|115"]);
    assert_eq!(bench.identities("samlp|acme|eng/ada").await, ["samlp|acme|eng/ada"]);
}
