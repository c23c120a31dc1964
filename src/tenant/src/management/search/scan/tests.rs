//! A scan finds the users that the query matches whole.

use std::collections::BTreeSet;

use model::{ConnectionName, Identity, IdentityKey, Profile};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};
use store::{Store, UserRow};
use test_database::TestDatabase;

use super::super::query::{Bound, Field, Test};
use super::*;
use crate::management::users::to_json;

/// Texts that are written with escapes, that fold to other letters, or that look like other types.
const TEXTS: [&str; 26] = [
    "Jane Doe",
    "JANE DOE",
    "jane \"the\" doe",
    "back\\slash jane",
    "line\nbreak\tjane",
    "\u{1}\u{1f}\u{7f}",
    "\u{212a}elvin jane",
    "kelvin",
    "\u{ff2a}ane",
    "\u{fb01}rst",
    "first",
    "J\u{d6}RG",
    "jo\u{308}rg",
    "\u{130}stanbul",
    "i\u{307}stanbul",
    "q\u{307}\u{323}\u{37e}",
    "12",
    "12.0",
    "1e1",
    "true",
    "null",
    "a@b.test",
    " Jane@Example.TEST ",
    "\u{1f600}</script>\u{2028}",
    "/slash/jane",
    "",
];

const FIELDS: [&str; 30] = [
    "name",
    "given_name",
    "family_name",
    "nickname",
    "email",
    "email.domain",
    "username",
    "phone_number",
    "picture",
    "user_id",
    "identities",
    "identities.user_id",
    "identities.connection",
    "identities.provider",
    "identities.isSocial",
    "identities.profileData.email",
    "identities.profileData.name",
    "created_at",
    "updated_at",
    "last_login",
    "last_ip",
    "logins_count",
    "last_password_reset",
    "blocked",
    "user_metadata.a",
    "user_metadata.a.b",
    "app_metadata.a",
    "app_metadata.a.b",
    "odd \"key\"\\",
    "email_verified",
];

fn any_text() -> impl Strategy<Value = String> {
    let whole = || select(&TEXTS[..]).prop_map(str::to_owned);
    let part =
        |(text, from, length): (&str, usize, usize)| text.chars().skip(from).take(length).collect::<String>();
    prop_oneof![
        whole(),
        (select(&TEXTS[..]), 0..4_usize, 1..9_usize).prop_map(part),
        whole().prop_map(|text| text.to_uppercase()),
        select(vec![
            "2026-01-01",
            "1970",
            "auth0|1",
            "u1",
            "github",
            "Users",
            "42",
            "192.0.2.1",
            "https",
            "jane"
        ])
        .prop_map(str::to_owned),
    ]
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        6 => any_text().prop_map(Value::from),
        1 => select(vec![json!(null), json!(true), json!(false), json!(12), json!(12.0), json!(1e1), json!(-0.0)]),
        1 => select(vec![json!(u64::MAX), json!(1e300), json!([]), json!({})]),
    ];
    leaf.prop_recursive(2, 6, 3, |value| {
        prop_oneof![
            proptest::collection::vec(value.clone(), 0..3).prop_map(Value::from),
            (select(vec!["a", "b", "email", "odd \"key\"\\"]), value)
                .prop_map(|(key, value)| json!({ key: value })),
        ]
    })
}

fn any_profile() -> impl Strategy<Value = Profile> {
    // Attributes may have the names of columns, and any type.
    let key = select(&FIELDS[..]).prop_map(|field| field.split('.').next().unwrap_or_default().to_owned());
    let usual = (select(&["name", "nickname", "email", "given_name", "picture"][..]), any_text());
    let entries = (
        proptest::collection::vec((key, any_value()), 0..4),
        proptest::collection::vec(usual.prop_map(|(key, text)| (key.to_owned(), Value::from(text))), 0..4),
    );
    entries.prop_map(|(odd, usual)| Profile(odd.into_iter().chain(usual).collect()))
}

fn identity(provider: &str, id: &str, profile_data: Option<Profile>) -> Identity {
    Identity {
        profile_data,
        connection: ConnectionName::new(if provider == "auth0" { "Users" } else { provider }),
        user_id: model::IdentityId::text(id),
        provider: model::Provider::new(provider),
        is_social: provider == "github",
    }
}

/// A user with the number `number`, and up to two linked identities.
fn any_user(number: usize) -> impl Strategy<Value = UserRow> {
    let metadata = || {
        let odd = (select(vec!["a", "b"]), any_value()).prop_map(|(key, value)| json!({ key: value }));
        proptest::option::of(odd.prop_map(|value| value.as_object().cloned().unwrap_or_default()))
    };
    let account = (metadata(), metadata(), proptest::option::of(any::<bool>()), 0..3_i64, any::<[bool; 3]>());
    let profiles = (any_profile(), proptest::collection::vec(any_profile(), 0..3));
    (select(vec!["auth0", "email", "github"]), profiles, account).prop_map(
        move |(provider, (profile, linked), (user_metadata, app_metadata, blocked, logins_count, set))| {
            let id = format!("u{number}");
            let key = IdentityKey {
                provider: model::Provider::new(provider),
                user_id: model::IdentityId::text(&id),
            };
            let linked = linked.into_iter().enumerate();
            let linked =
                linked.map(|(place, profile)| identity("apple", &format!("{number}-{place}"), Some(profile)));
            let identities = std::iter::once(identity(provider, &id, None)).chain(linked).collect();
            let mut row = UserRow::new(key.as_user_id(), profile, identities, 1_767_225_600_000);
            (row.user_metadata, row.app_metadata, row.blocked) = (user_metadata, app_metadata, blocked);
            row.logins_count = logins_count;
            row.last_login = set[0].then_some(1_767_225_600_001);
            row.last_ip = set[1].then(|| "192.0.2.1".to_owned());
            row.last_password_reset = set[2].then_some(0);
            row
        },
    )
}

fn any_query() -> impl Strategy<Value = Query> {
    let field = || select(&FIELDS[..]).prop_filter_map("a field", |name| Field::parse(name).ok());
    let bound = || {
        let bound = (any_text(), any::<bool>()).prop_map(|(value, inclusive)| Bound { value, inclusive });
        proptest::option::of(bound)
    };
    let leaf = prop_oneof![
        1 => Just(Query::All),
        2 => field().prop_map(Query::Exists),
        6 => (proptest::option::of(field()), any_text()).prop_map(|(field, text)| Query::Match(field, Test::Term(text))),
        6 => (proptest::option::of(field()), any_text()).prop_map(|(field, text)| Query::Match(field, Test::Prefix(text))),
        3 => (field(), bound(), bound()).prop_map(|(field, from, to)| Query::Match(Some(field), Test::Range { from, to })),
    ];
    leaf.prop_recursive(3, 8, 3, |part| {
        prop_oneof![
            proptest::collection::vec(part.clone(), 2..4).prop_map(Query::And),
            proptest::collection::vec(part.clone(), 2..4).prop_map(Query::Or),
            part.prop_map(|part| Query::Not(Box::new(part))),
        ]
    })
}

async fn insert(store: &Store, users: Vec<UserRow>) {
    let work = store.write::<_, store::Error, _>(move |unit| {
        Box::pin(async move {
            for user in &users {
                unit.insert_user(user).await?;
            }
            Ok(())
        })
    });
    work.await.unwrap();
}

/// Returns the users that a scan finds, with what the query looks at.
async fn find(store: &Store, query: &Query) -> Vec<(String, Value)> {
    let mut reader = store.scan().await.unwrap();
    let mut scan = Scan::begin(&mut reader, query, None, "").await.unwrap().at_most(64);
    let mut found = Vec::new();
    loop {
        let (users, is_last) = scan.next().await.unwrap();
        for user in &users {
            let part = scan.find(user).unwrap();
            found.extend(part.map(|part| (user.user_id().unwrap().to_owned(), part)));
        }
        if is_last {
            return found;
        }
    }
}

/// Returns some hundred users of [`any_user`], the same in each run.
fn some_users(runner: &mut TestRunner) -> Vec<UserRow> {
    (0..150).map(|number| any_user(number).new_tree(runner).unwrap().current()).collect()
}

#[test]
fn a_scan_finds_the_users_that_the_query_matches_whole() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let database = TestDatabase::new();
    let config = Config { cases: 300, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let store = runtime.block_on(Store::open(database.address())).unwrap();
    runtime.block_on(insert(&store, some_users(&mut runner)));
    let users = runtime.block_on(async {
        let rows = store.scan().await.unwrap().scan_users(None, "", 1000).await.unwrap();
        rows.iter().map(|row| (row.user_id.to_string(), to_json(row).unwrap())).collect::<Vec<_>>()
    });
    let (mut none, mut some) = (0, 0);
    let results = std::cell::RefCell::new((&mut none, &mut some));
    let property = |query: Query| {
        let found = runtime.block_on(find(&store, &query));
        let whole: Vec<_> = users.iter().filter(|(_, user)| query.matches(user)).collect();
        let mut results = results.borrow_mut();
        *(if whole.is_empty() { &mut *results.0 } else { &mut *results.1 }) += 1;
        let ids = |(id, _): &(String, Value)| id.clone();
        let (found_ids, whole_ids): (Vec<_>, Vec<_>) =
            (found.iter().map(ids).collect(), whole.iter().copied().map(ids).collect());
        prop_assert_eq!(found_ids, whole_ids, "{}", query);
        let mut keys = BTreeSet::new();
        query.add_keys(&mut keys);
        for ((id, part), (_, whole)) in found.iter().zip(whole) {
            for key in keys.iter().filter(|key| *key != "identities" || query.reads_linked_profiles()) {
                prop_assert_eq!(part.get(key), whole.get(key), "{} of {}", key, id);
            }
        }
        Ok(())
    };
    runner.run(&any_query(), property).unwrap();
    assert!(none > 30 && some > 80, "{none} queries find nobody, {some} find users");
}
