//! `GET /api/v2/users` (contract A6).

use axum::http::Method;
use insta::assert_snapshot;
use serde_json::{Value, json};
use tenant::seed::SeedUser;

use crate::test_tenant::{TestResponse, TestTenant, user};

const PATH: &str = "/api/v2/users";

fn named(ids: &[&str], name: &str, plan: &str) -> SeedUser {
    let mut seed = user(ids);
    seed.user.profile = seed.user.profile.with("name", name);
    seed.user.app_metadata = json!({ "plan": plan }).as_object().cloned();
    seed
}

async fn open_tenant() -> TestTenant {
    let mut ada = named(&["auth0|1", "github|42"], "Ada Lovelace", "gold");
    ada.user.profile = ada.user.profile.with("email_verified", true);
    TestTenant::with_seeds(vec![
        ada,
        named(&["auth0|2", "samlp|acme|bob"], "bob", "gold"),
        named(&["google-oauth2|9"], "Zoe", "silver"),
        named(&["google-oauth2|8"], "carl", "gold"),
    ])
    .await
}

async fn get(tenant: &TestTenant, parameters: &[(&str, &str)]) -> TestResponse {
    let machine = tenant.machine_token("read:users").await;
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    tenant.call(Method::GET, &format!("{PATH}?{query}"), &machine).await
}

/// Returns the ids of the users found.
async fn find(tenant: &TestTenant, parameters: &[(&str, &str)]) -> Vec<String> {
    let response = get(tenant, parameters).await;
    assert_eq!(response.status, 200, "{}", response.text);
    let found = response.json();
    let users = found.as_array().unwrap_or_else(|| found["users"].as_array().unwrap());
    users.iter().map(|user| user["user_id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn users_are_listed_by_pages_ordered_by_id() {
    let tenant = open_tenant().await;
    assert_eq!(find(&tenant, &[]).await, ["auth0|1", "auth0|2", "google-oauth2|8", "google-oauth2|9"]);
    assert_eq!(find(&tenant, &[("per_page", "3"), ("page", "1")]).await, ["google-oauth2|9"]);
    assert_eq!(find(&tenant, &[("page", "7")]).await, [""; 0]);
    let parameters =
        [("per_page", "1"), ("page", "1"), ("include_totals", "true"), ("fields", "user_id,name")];
    assert_snapshot!(get(&tenant, &parameters).await.status_and_text(), @r#"200 {"start":1,"limit":1,"length":1,"users":[{"name":"bob","user_id":"auth0|2"}],"total":4}"#);
}

#[tokio::test]
async fn users_are_listed_by_checkpoints_beyond_what_pages_reach() {
    let tenant = open_tenant().await;
    let fields = ("fields", "user_id");
    assert_snapshot!(get(&tenant, &[("take", "3"), fields]).await.status_and_text(), @r#"200 {"users":[{"user_id":"auth0|1"},{"user_id":"auth0|2"},{"user_id":"google-oauth2|8"}],"next":"google-oauth2|8"}"#);
    assert_snapshot!(get(&tenant, &[("take", "3"), ("from", "google-oauth2|8"), fields]).await.status_and_text(), @r#"200 {"users":[{"user_id":"google-oauth2|9"}]}"#);
    // A checkpoint is a place, also after its user was deleted.
    assert_eq!(find(&tenant, &[("from", "google-oauth2|0")]).await, ["google-oauth2|8", "google-oauth2|9"]);
    let gold = [("q", "app_metadata.plan:gold"), ("take", "2")];
    assert_eq!(find(&tenant, &gold).await, ["auth0|1", "auth0|2"]);
    assert_eq!(find(&tenant, &[gold[0], gold[1], ("from", "auth0|2")]).await, ["google-oauth2|8"]);
    for wrong in [("take", "0"), ("take", "101"), ("sort", "name:1")] {
        assert_eq!(get(&tenant, &[("from", "a"), wrong]).await.status, 400, "{wrong:?}");
    }
}

#[tokio::test]
async fn a_listed_user_equals_the_user_read_by_id() {
    let tenant = open_tenant().await;
    let machine = tenant.machine_token("read:users").await;
    let read = tenant.call(Method::GET, "/api/v2/users/auth0%7C1", &machine).await.json();
    assert_eq!(get(&tenant, &[]).await.json()[0], read);
    assert_eq!(get(&tenant, &[("q", "user_id:\"auth0|1\"")]).await.json(), json!([read]));
}

#[tokio::test]
async fn searches_find_the_matching_users() {
    let tenant = open_tenant().await;
    for (query, expected) in [
        ("email:\"AUTH01@example.test\"", vec!["auth0|1"]),
        ("email:\"auth01@example.test\" AND email_verified:true -user_id:\"auth0|2\"", vec!["auth0|1"]),
        ("email:\"auth01@example.test\" AND email_verified:true -user_id:\"auth0|1\"", vec![]),
        ("identities.user_id:acme|bob AND identities.connection:acme", vec!["auth0|2"]),
        ("identities.profileData.email:github42@example.test", vec!["auth0|1"]),
        // The address of a linked identity is not that of the user.
        ("email:github42@example.test", vec![]),
        ("app_metadata.plan:gold AND NOT name:\"ada lovelace\"", vec!["auth0|2", "google-oauth2|8"]),
        ("user_id:(\"auth0|1\" OR \"google-oauth2|9\")", vec!["auth0|1", "google-oauth2|9"]),
        ("name:lov* OR name:ada*", vec!["auth0|1"]),
        ("lovelace", vec!["auth0|1"]),
        (
            "updated_at:[2016-01-01 TO *] identities.connection:google-oauth2",
            vec!["google-oauth2|8", "google-oauth2|9"],
        ),
        ("_exists_:last_login", vec![]),
        ("name:\"' OR 1=1 --\"", vec![]),
        ("identities.connection:\"') OR 1=1 --\"", vec![]),
        ("email:\"x'; DELETE FROM users; --\"", vec![]),
        ("user_id:(\"a\" OR \"b') OR ('1'='1\")", vec![]),
    ] {
        assert_eq!(find(&tenant, &[("q", query), ("search_engine", "v3")]).await, expected, "{query}");
        let counted =
            get(&tenant, &[("q", query), ("include_totals", "true"), ("per_page", "1")]).await.json();
        assert_eq!(counted["total"], expected.len(), "{query}");
    }
    for attack in
        [("sort", "name;DROP TABLE users:1"), ("fields", "1); DELETE FROM users; --"), ("per_page", "1 OR 1")]
    {
        get(&tenant, &[attack]).await;
    }
    assert_eq!(find(&tenant, &[]).await.len(), 4, "no user is deleted");
}

#[tokio::test]
async fn results_are_sorted_and_users_without_a_value_come_last() {
    let tenant = open_tenant().await;
    let names = [("sort", "name:1"), ("fields", "user_id,name")];
    assert_eq!(find(&tenant, &names).await, ["auth0|1", "auth0|2", "google-oauth2|8", "google-oauth2|9"]);
    let down = [("sort", "name:-1"), ("per_page", "2"), ("page", "1")];
    assert_eq!(find(&tenant, &down).await, ["auth0|2", "auth0|1"]);
    assert_eq!(find(&tenant, &[("sort", "created_at:-1"), ("per_page", "1")]).await, ["auth0|1"]);
    assert_eq!(find(&tenant, &[("sort", "email_verified:-1")]).await[0], "auth0|1");
    assert_eq!(find(&tenant, &[("sort", "user_id:-1")]).await[0], "google-oauth2|9");
}

#[tokio::test]
async fn an_invalid_search_is_refused_with_a_reason() {
    let tenant = open_tenant().await;
    let deep = "(".repeat(100);
    let wide = "a ".repeat(600);
    for (parameters, message) in [
        ([("search_engine", "v1"), ("q", "a")], "You are not allowed to use search_engine=v1."),
        (
            [("search_engine", "v2"), ("q", "a")],
            "You are not allowed to use search_engine=v2. Use search_engine=v3 instead.",
        ),
        (
            [("search_engine", "v9"), ("q", "a")],
            "Query validation error: 'No enum match for: v9' on property search_engine.",
        ),
        ([("q", "(a"), ("x", "")], "Query validation error: 'A parenthesis is not closed' on property q."),
        (
            [("q", &deep), ("x", "")],
            "Query validation error: 'The query is nested too deeply' on property q.",
        ),
        (
            [("q", &wide), ("x", "")],
            "Query validation error: 'The query has too many clauses' on property q.",
        ),
        ([("q", "a"), ("q", "b")], "Query validation error: 'Expected a single value' on property q."),
        (
            [("sort", "name"), ("x", "")],
            "Query validation error: 'String does not match pattern ^[A-Za-z0-9_.-]+:(1|-1)$: name' on property sort.",
        ),
        (
            [("per_page", "101"), ("x", "")],
            "Query validation error: 'Value 101 is greater than maximum 100' on property per_page.",
        ),
    ] {
        let response = get(&tenant, &parameters).await;
        assert_eq!((response.status.as_u16(), response.json()["message"].as_str().unwrap()), (400, message));
        assert_eq!(response.json()["errorCode"], Value::from("invalid_query_string"));
    }
    assert_snapshot!(get(&tenant, &[("page", "20")]).await.status_and_text(), @r#"400 {"statusCode":400,"error":"Bad Request","message":"You can only page through the first 1000 records. See https://auth0.com/docs/users/search/v3/view-search-results-by-page#limitation","errorCode":"invalid_paging"}"#);
}

#[tokio::test]
async fn searching_requires_the_scope_before_the_query_is_read() {
    let tenant = open_tenant().await;
    let page = tenant.user_token("auth0|1").await;
    let response = tenant.call(Method::GET, &format!("{PATH}?q=(("), &page).await;
    assert_snapshot!(response.status_and_text(), @r#"403 {"statusCode":403,"error":"Forbidden","message":"Insufficient scope, expected any of: read:users","errorCode":"insufficient_scope"}"#);
}

#[tokio::test]
async fn a_search_times_out_after_two_seconds() {
    let seeds = (0..300).map(|number| user(&[&format!("github|{number}")])).collect();
    let tenant = TestTenant::with_seeds(seeds).await;
    let path = format!("{PATH}?q=name:nobody&search_engine=v3");
    let machine = tenant.machine_token("read:users").await;
    // The clock advances whenever the search waits, which it does before it reads.
    let flying = async {
        loop {
            tenant.clock.advance(std::time::Duration::from_secs(3));
            tokio::task::yield_now().await;
        }
    };
    let response = tokio::select! {
        biased;
        response = tenant.call(Method::GET, &path, &machine) => response,
        () = flying => unreachable!("time does not end"),
    };
    assert_snapshot!(response.status_and_text(), @r#"503 {"statusCode":503,"error":"Service Unavailable","message":"The query exceeded the timeout. Please try refining your search criteria.","errorCode":"query_timeout"}"#);
}
