//! Queries in text form, matched against a user.

use serde_json::{Value, json};
use store::CandidateField;

use super::syntax::parse;

fn ada() -> Value {
    json!({
        "user_id": "auth0|1", "email": "Ada@Example.test", "email_verified": true, "name": "Ada Lovelace",
        "username": "Ada", "logins_count": 12, "created_at": "2026-01-01T10:00:00.000Z",
        "user_metadata": { "theme": "dark", "seen": [1, 2], "empty": null },
        "app_metadata": { "plan": { "level": "Gold" } },
        "identities": [
            { "user_id": "1", "connection": "db", "provider": "auth0" },
            { "user_id": 42, "connection": "github", "provider": "github",
              "profileData": { "email": "ada@git.test" } },
        ],
    })
}

#[test]
fn every_form_of_query_finds_a_user() {
    for query in [
        "email:\"ADA@example.TEST\"",
        "name:\"ada lovelace\"",
        "name:ADA*",
        "ada",
        "lovelace",
        "auth0|1",
        "email.domain:example.test",
        "identities.user_id:42",
        "identities.profileData.email:ada@git.test",
        "identities.connection:github AND email_verified:true",
        "app_metadata.plan.level:Gold",
        "user_metadata.theme:dark",
        "user_metadata.seen:2",
        "logins_count:12",
        "logins_count:[2 TO 12]",
        "logins_count:{11 TO *]",
        "created_at:[2026-01-01 TO 2026-01-01]",
        "created_at:[2025 TO *]",
        "created_at:{2025-12-31 TO 2026-01-02}",
        "_exists_:app_metadata.plan",
        "NOT name:bob",
        "-_exists_:user_metadata.empty",
        "user_id:(\"auth0|1\" OR \"auth0|2\")",
        "app_metadata.plan.level:Gol*",
        "*",
        "created_at:[* TO *]",
        "user_id:\"auth0|1\" -email:bob",
    ] {
        assert!(parse(query).unwrap().matches(&ada()), "{query}");
    }
}

#[test]
fn a_query_does_not_find_a_user_with_other_values() {
    for query in [
        "username:ada",
        "name:ada",
        "name:lovelace",
        "app_metadata.plan.level:gold",
        "identities.provider:GitHub",
        "user_id:AUTH0|1",
        "logins_count:{12 TO *]",
        "logins_count:[1 TO 2]",
        "logins_count:[a TO z]",
        "created_at:{2026-01-01 TO *]",
        "created_at:[* TO 2026-01-01}",
        "_exists_:last_login",
        "_exists_:user_metadata.empty",
        "_exists_:email.address",
        "identities.0.user_id:1",
        "app_metadata:Gold",
        "email:\"ada@git.test\"",
        "-ada",
        "email.domain:test",
        "blocked:false",
    ] {
        assert!(!parse(query).unwrap().matches(&ada()), "{query}");
    }
}

#[test]
fn only_queries_that_fix_an_indexed_column_select_candidates() {
    let candidates = |query: &str| {
        parse(query).unwrap().candidates().map(|selection| (selection.by, selection.values.join(" ")))
    };
    let some = |by, values: &str| Some((by, values.to_owned()));
    assert_eq!(candidates("email:\"A@b\" AND email_verified:true"), some(CandidateField::Email, "a@b"));
    assert_eq!(candidates("user_id:(a OR b)"), some(CandidateField::UserId, "a b"));
    assert_eq!(
        candidates("identities.connection:x identities.user_id:y"),
        some(CandidateField::IdentityId, "y")
    );
    for everybody in ["user_id:a OR email:b", "user_id:a OR c", "-user_id:a", "user_id:abc*", "a", "name:a"] {
        assert_eq!(candidates(everybody), None, "{everybody}");
    }
}
