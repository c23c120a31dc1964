//! What one node began, another one knows.

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{
    EMAIL, ISSUER, Nodes, PASSWORD, Waiting, authorize, cookies_of, exchange, key_ids, parameter,
    request_authorization, start_node, submit,
};
use crate::durability::machine_token;
use crate::program_as;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL: cargo xtask test --only postgres"]
async fn a_sign_in_and_its_session_go_through_any_node() {
    let nodes = Nodes::start(2, &[]);
    let (one, other) = nodes.pair();
    let waiting = authorize(one, "", "openid").await;
    let signed_in = submit(other, &waiting, EMAIL, PASSWORD).await;
    let cookies = cookies_of(&signed_in);
    let (status, tokens) = exchange(one, &parameter(&signed_in, "code")).await;
    assert_eq!(status, StatusCode::OK, "{tokens}");
    let userinfo = other.client.get(format!("{}/userinfo", other.base));
    let userinfo = userinfo.bearer_auth(tokens["access_token"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(userinfo.status(), StatusCode::OK);
    let silent = [("prompt", "none")];
    for node in [one, other] {
        let again = request_authorization(node, "", "openid", &cookies, &silent).await;
        assert!(!parameter(&again, "code").is_empty());
    }
    // A sign-out at one node is one at all.
    let logout = other.client.get(format!("{}/v2/logout?client_id=linked-accounts", other.base));
    logout.header("cookie", &cookies).send().await.unwrap();
    let after = request_authorization(one, "", "openid", &cookies, &silent).await;
    assert_eq!(parameter(&after, "error"), "login_required");
}

// attack: sessions
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL: cargo xtask test --only postgres"]
async fn a_waiting_login_that_was_used_at_one_node_is_used_at_all() {
    let nodes = Nodes::start(2, &[]);
    let (one, other) = nodes.pair();
    for _ in 0..4 {
        let waiting = authorize(one, "", "openid").await;
        let again = Waiting { cookies: waiting.cookies.clone(), state: waiting.state.clone() };
        let (first, second) =
            tokio::join!(submit(one, &waiting, EMAIL, PASSWORD), submit(other, &again, EMAIL, PASSWORD));
        let codes = [&first, &second].map(|response| {
            response
                .url()
                .clone()
                .join(response.headers().get("location").map_or("", |to| to.to_str().unwrap()))
                .unwrap()
                .query()
                .unwrap_or_default()
                .contains("code=")
        });
        assert_eq!(codes.iter().filter(|has_code| **has_code).count(), 1, "{first:?} {second:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL: cargo xtask test --only postgres"]
async fn a_node_learns_of_keys_that_others_rotated_from_the_first_token_that_names_one() {
    let nodes = Nodes::start(2, &["--no-rate-limit"]);
    let (one, other) = nodes.pair();
    let before = key_ids(one).await;
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let rotated = program_as(folder.path(), "rotate-keys", &["--database", nodes.database.address()]);
        assert!({ rotated }.output().unwrap().status.success());
    }
    let (late, _folder) = start_node(nodes.database.address(), &[]);
    let keys = key_ids(&late).await;
    assert!(
        !before.contains(&keys[0]),
        "the node that started last signs with a key that the others do not know"
    );
    let token = machine_token(&late, ISSUER).await;
    for node in [one, other] {
        assert_eq!(key_ids(node).await, before);
        let (status, answer) =
            node.call_management_api(Method::GET, "/api/v2/users/auth0%7Cada", &token).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        assert_eq!(key_ids(node).await, keys);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL: cargo xtask test --only postgres"]
async fn a_job_of_one_node_is_found_at_all_with_its_file() {
    let nodes = Nodes::start(2, &[]);
    let (one, other) = nodes.pair();
    let token = machine_token(one, ISSUER).await;
    let export = one.client.post(format!("{}/api/v2/jobs/users-exports", one.base)).bearer_auth(&token);
    let job: serde_json::Value =
        export.json(&json!({ "format": "csv" })).send().await.unwrap().json().await.unwrap();
    let path = format!("/api/v2/jobs/{}", job["id"].as_str().unwrap_or_else(|| panic!("{job}")));
    let (status, done) = other.call_management_api(Method::GET, &path, &token).await;
    assert_eq!((status, &done["status"]), (StatusCode::OK, &json!("completed")));
    let location = done["location"].as_str().unwrap().replace(ISSUER, &other.base);
    let file = other.client.get(location).send().await.unwrap();
    assert_eq!(file.status(), StatusCode::OK);
    assert_eq!(file.bytes().await.unwrap()[..2], [0x1f, 0x8b], "compressed by gzip");
}
