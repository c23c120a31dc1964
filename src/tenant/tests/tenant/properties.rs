//! Properties of all ids in all encodings. The cases are generated with a fixed seed, so that every run has
//! the same.

use axum::http::Method;
use model::{IdentityId, IdentityKey, Provider, UserId, route};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::json;
use tokio::runtime::Runtime;

use crate::test_tenant::{TestTenant, user};

/// The id of the victim, with every character that is special in a path.
const VICTIM: &str = "samlp|acme|a/b c%7C+d@e";

fn runner(cases: u32) -> TestRunner {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

/// Generates ids, common and unusual ones. `.` and `..` are excluded, because a path cannot contain them as a
/// segment (RFC 3986 section 5.2.4).
fn id() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-zA-Z0-9._~@+-]{1,8}",
        select(vec![
            "|", "/", "%", "%2F", "%7C", "?", "#", ";", "&", "=", "\\", "\"", " ", "..", "ü", "日本", "🦀"
        ])
        .prop_map(str::to_owned),
    ];
    vec(piece, 1..6).prop_map(|pieces| pieces.concat()).prop_filter("dots", |id| id != "." && id != "..")
}

/// Generates the forms of one byte in a path: literal if that is allowed, or percent-encoded in either case.
fn spelled(text: &str, choices: &[u8]) -> String {
    let spell = |(byte, choice): (u8, &u8)| {
        let may_stand = byte.is_ascii_alphanumeric() || b"-._~|@+:;=&!$'()*,".contains(&byte);
        match choice % 3 {
            0 if may_stand => char::from(byte).to_string(),
            1 => format!("%{byte:02x}"),
            _ => format!("%{byte:02X}"),
        }
    };
    text.bytes().zip(choices.iter().cycle()).map(spell).collect()
}

#[test]
fn every_id_is_found_in_every_encoding() {
    let runtime = Runtime::new().unwrap();
    let tenant = runtime.block_on(TestTenant::with_users(&[]));
    let machine = runtime.block_on(tenant.machine_token("read:users update:users"));
    let property = |(id, choices): (String, Vec<u8>)| {
        let key = IdentityKey { provider: Provider::new("google-oauth2"), user_id: IdentityId::text(&*id) };
        let whole = key.as_user_id();
        runtime.block_on(async {
            if tenant.row(whole.as_str()).await.is_none() {
                tenant.seed(vec![user(&[whole.as_str()])]).await;
            }
            for path in [route::user(&whole), format!("/api/v2/users/{}", spelled(whole.as_str(), &choices))]
            {
                let response = tenant.call(Method::GET, &path, &machine).await;
                prop_assert_eq!(response.status.as_u16(), 200, "{}", path);
                prop_assert_eq!(&response.json()["user_id"], whole.as_str());
            }
            // The primary is found, and so refused.
            let own = format!("/api/v2/users/{}/identities", spelled(whole.as_str(), &choices));
            for path in
                [route::identity(&whole, &key), format!("{own}/google-oauth2/{}", spelled(&id, &choices))]
            {
                let response = tenant.call(Method::DELETE, &path, &machine).await;
                prop_assert_eq!(response.status.as_u16(), 400, "{}", path);
                prop_assert_eq!(&response.json()["errorCode"], "delete_main_user_identity");
            }
            Ok(())
        })
    };
    runner(200).run(&(id(), vec(any::<u8>(), 1..40)), property).unwrap();
}

// attack: accounts
#[test]
fn a_user_bound_token_is_limited_to_its_user_in_every_encoding() {
    let runtime = Runtime::new().unwrap();
    let tenant = runtime.block_on(TestTenant::with_users(&[&["auth0|1"], &[VICTIM, "github|42"]]));
    let scope =
        "read:current_user update:current_user_identities update:current_user_metadata delete:current_user";
    let token = runtime.block_on(async { tenant.sign(&tenant.claims("auth0|1", scope)).await });
    let id_token = runtime.block_on(tenant.id_token("auth0|1", crate::test_tenant::PAGE));
    let before = runtime.block_on(tenant.row(VICTIM));
    let property = |(id, choices): (String, Vec<u8>)| {
        let segment = spelled(&id, &choices);
        let one = format!("/api/v2/users/{segment}");
        runtime.block_on(async {
            let responses = [
                tenant.call(Method::GET, &one, &token).await,
                tenant.call(Method::DELETE, &one, &token).await,
                tenant.call(Method::DELETE, &format!("{one}/identities/github/42"), &token).await,
                tenant
                    .send_json(Method::PATCH, &one, Some(&token), &json!({ "user_metadata": { "a": 1 } }))
                    .await,
                tenant
                    .post_json(&format!("{one}/identities"), Some(&token), &json!({ "link_with": id_token }))
                    .await,
            ];
            for response in responses {
                // The response is the same for existing and unknown users.
                prop_assert_eq!(response.status.as_u16(), 403, "{} {}", segment, response.text);
                prop_assert_eq!(&response.json()["errorCode"], "unowned_resource");
            }
            prop_assert_eq!(&tenant.row(VICTIM).await, &before);
            Ok(())
        })
    };
    let ids = prop_oneof![
        2 => Just(VICTIM.to_owned()),
        1 => select(vec!["auth0|2", "auth0%7C1", "AUTH0|1", "auth0|1 ", "auth0|1\u{0}", "auth0|01", "auth0||1"])
            .prop_map(str::to_owned),
        2 => id().prop_map(|id| UserId::new(format!("auth0|{id}")).to_string()).prop_filter("own", |id| id != "auth0|1"),
    ];
    runner(200).run(&(ids, vec(any::<u8>(), 1..40)), property).unwrap();
}
