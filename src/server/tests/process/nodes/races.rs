//! The same thing asked for at two nodes at once.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{EMAIL, ISSUER, Nodes, PASSWORD, authorize, exchange, key_ids, refresh, submit};
use crate::durability::{IDENTITIES, identity_id, machine_token, path, primary, stored};
use crate::parameter;

const API: &str = "https://things.example.test/";
const ROUNDS: usize = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL: cargo xtask test --only postgres"]
async fn nodes_that_start_together_on_an_empty_database_have_the_same_tables_keys_and_users() {
    let nodes = Nodes::start(4, &[]);
    let keys = key_ids(&nodes.servers[0]).await;
    assert_eq!(keys.len(), 2);
    let token = machine_token(&nodes.servers[0], ISSUER).await;
    for node in &nodes.servers {
        assert_eq!(key_ids(node).await, keys);
        let (status, users) = node
            .call_management_api(Method::GET, "/api/v2/users?include_totals=true&per_page=1", &token)
            .await;
        assert_eq!((status, &users["total"]), (StatusCode::OK, &json!(17)));
    }
    assert_eq!(nodes.database.query("SELECT COUNT(*) FROM signing_keys"), ["2"]);
    assert_eq!(nodes.database.query("SELECT COUNT(*) FROM tenant_secrets"), ["1"]);
}

// attack: tokens
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL: cargo xtask test --only postgres"]
async fn a_code_that_is_redeemed_at_two_nodes_at_once_is_good_at_one() {
    let nodes = Nodes::start(2, &["--no-rate-limit"]);
    let (one, other) = nodes.pair();
    for _ in 0..ROUNDS {
        let waiting = authorize(one, API, "openid offline_access").await;
        let code = parameter(&submit(other, &waiting, EMAIL, PASSWORD).await, "code");
        let (first, second) = tokio::join!(exchange(one, &code), exchange(other, &code));
        let mut statuses = [first.0, second.0];
        statuses.sort();
        assert_eq!(statuses, [StatusCode::OK, StatusCode::FORBIDDEN], "{first:?} {second:?}");
        // The second use ends what the first one began (RFC 6749 section 4.1.2).
        let granted = if first.0 == StatusCode::OK { &first.1 } else { &second.1 };
        let token = granted["refresh_token"].as_str().unwrap();
        assert_eq!(refresh(one, token).await.0, StatusCode::FORBIDDEN);
        assert_eq!(refresh(other, token).await.0, StatusCode::FORBIDDEN);
    }
    assert_eq!(nodes.database.query("SELECT COUNT(*) FROM refresh_families"), ["0"]);
}

// attack: tokens
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL: cargo xtask test --only postgres"]
async fn a_refresh_token_that_is_used_at_two_nodes_at_once_ends_its_family() {
    let nodes = Nodes::start(2, &["--no-rate-limit"]);
    let (one, other) = nodes.pair();
    for _ in 0..ROUNDS {
        let waiting = authorize(one, API, "openid offline_access").await;
        let code = parameter(&submit(one, &waiting, EMAIL, PASSWORD).await, "code");
        let token = exchange(one, &code).await.1["refresh_token"].as_str().unwrap().to_owned();
        let (first, second) = tokio::join!(refresh(one, &token), refresh(other, &token));
        let mut statuses = [first.0, second.0];
        statuses.sort();
        assert_eq!(statuses, [StatusCode::OK, StatusCode::FORBIDDEN], "{first:?} {second:?}");
        let rotated = if first.0 == StatusCode::OK { &first.1 } else { &second.1 };
        let rotated = rotated["refresh_token"].as_str().unwrap();
        assert_eq!(refresh(one, rotated).await.0, StatusCode::FORBIDDEN, "the thief gets nothing either");
        assert_eq!(refresh(other, rotated).await.0, StatusCode::FORBIDDEN);
    }
}

// attack: linking
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL: cargo xtask test --only postgres"]
async fn an_identity_that_is_linked_and_unlinked_at_two_nodes_at_once_exists_once() {
    let nodes = Nodes::start(2, &["--no-rate-limit"]);
    let (one, other) = nodes.pair();
    let token = machine_token(one, ISSUER).await;
    let call =
        async |node: &crate::Server, linking: bool, person: usize, number: usize| -> (StatusCode, Value) {
            let identities = format!("{}{}/identities", node.base, path(&primary(person)));
            let id = identity_id(0, number);
            let request = if linking {
                node.client.post(identities).json(&json!({ "provider": "google-oauth2", "user_id": id }))
            } else {
                node.client.delete(format!("{identities}/google-oauth2/{id}"))
            };
            let response = request.bearer_auth(&token).send().await.unwrap();
            (response.status(), response.json().await.unwrap())
        };
    for _ in 0..ROUNDS {
        for number in 0..IDENTITIES {
            let (first, second) = tokio::join!(call(one, false, 0, number), call(other, false, 0, number));
            // Unlinking what is not there matches nothing: each answer has the logins that remain.
            for (status, remaining) in [first, second] {
                assert_eq!(status, StatusCode::OK, "{remaining}");
                assert!(!remaining.to_string().contains(&identity_id(0, number)));
            }
            // Two people want the login: one gets it.
            let (first, second) = tokio::join!(call(one, true, 0, number), call(other, true, 1, number));
            let mut statuses = [first.0, second.0];
            statuses.sort();
            assert_eq!(statuses[0], StatusCode::CREATED, "{first:?} {second:?}");
            assert!(statuses[1].is_client_error(), "{first:?} {second:?}");
            if second.0 == StatusCode::CREATED {
                assert_eq!(call(one, false, 1, number).await.0, StatusCode::OK);
                assert_eq!(call(other, true, 0, number).await.0, StatusCode::CREATED);
            }
        }
    }
    assert_eq!(stored(one, &token, 0).await, stored(other, &token, 0).await);
    let twice = "SELECT provider FROM identities GROUP BY provider, id HAVING COUNT(*) > 1";
    assert_eq!(nodes.database.query(twice), Vec::<String>::new());
    let lost = "SELECT user_id FROM users WHERE user_id NOT IN (SELECT user_id FROM identities)";
    assert_eq!(nodes.database.query(lost), Vec::<String>::new());
}

// attack: guessing
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL: cargo xtask test --only postgres"]
async fn guesses_are_slowed_however_many_nodes_they_reach() {
    let nodes = Nodes::start(2, &[]);
    let (one, other) = nodes.pair();
    let mut guesses = Vec::new();
    for number in 0..24 {
        let node = if number % 2 == 0 { one } else { other };
        guesses.push(async move {
            let waiting = authorize(node, API, "openid").await;
            submit(node, &waiting, EMAIL, "wrong").await.headers().contains_key("retry-after")
        });
    }
    let refused = futures_util::future::join_all(guesses).await;
    let counted = nodes
        .database
        .query("SELECT (value::json)->>'value' FROM shared_values WHERE kind = 'wrong passwords'");
    let tried = refused.iter().filter(|refused| !**refused).count();
    assert!(counted.contains(&tried.to_string()), "{tried} of {counted:?}");
    // Five are free. Each further one needs twice the time of the one before, beginning with a second.
    assert!((5..9).contains(&tried), "{tried} guesses");
}

// attack: floods
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL: cargo xtask test --only postgres"]
async fn the_rate_limit_is_that_of_the_tenant_and_not_of_each_node() {
    let nodes = Nodes::start(2, &[]);
    let (one, other) = nodes.pair();
    let token = machine_token(one, ISSUER).await;
    let address = path(&primary(0));
    let started = now();
    let calls = (0..240).map(|number| {
        let node = if number % 2 == 0 { one } else { other };
        node.call_management_api(Method::GET, &address, &token)
    });
    let answers = futures_util::future::join_all(calls).await;
    let permitted = answers.iter().filter(|(status, _)| *status == StatusCode::OK).count();
    let refused = answers.iter().filter(|(status, _)| *status == StatusCode::TOO_MANY_REQUESTS).count();
    assert_eq!(permitted + refused, 240);
    // Fifty at once, and fifty more in each second.
    let most = 51 + 50 * (started.elapsed().as_millis() + 1000) / 1000;
    assert!(permitted as u128 <= most, "{permitted} of {most}");
}

#[expect(clippy::disallowed_methods, reason = "bounds what a limit by the second permits")]
fn now() -> std::time::Instant {
    std::time::Instant::now()
}
