//! Identities: that each exists once, and moves with what belongs to it.

use model::{ConnectionName, UserId};
use store::{CredentialRow, Digest, Error, SessionRow, Store};
use test_database::TestDatabase;

use crate::rows::{LATER, NOW, find, ids, insert, key, open, unlink, user};

async fn link(store: &Store, primary: &str, secondary: &str) -> bool {
    let (primary, secondary) = (UserId::new(primary), UserId::new(secondary));
    store
        .write(move |unit| Box::pin(async move { unit.link_user(&primary, &secondary, LATER).await }))
        .await
        .unwrap()
}

#[tokio::test]
async fn an_identity_exists_once_over_roots_and_linked_ones() {
    let database = TestDatabase::new();
    let store = open(&database).await;
    insert(&store, &user(&["auth0|1", "github|42"])).await.unwrap();
    for second in [user(&["github|42"]), user(&["auth0|2", "github|42"]), user(&["auth0|1"])] {
        assert!(matches!(insert(&store, &second).await, Err(Error::Conflict)));
    }
    assert_eq!(find(&store, "auth0|2").await, None, "a failed unit leaves no changes");
}

#[tokio::test]
async fn an_unlinked_identity_becomes_a_separate_user_without_metadata() {
    let database = TestDatabase::new();
    let store = open(&database).await;
    insert(&store, &user(&["auth0|1", "github|42", "apple|7"])).await.unwrap();
    assert!(unlink(&store, "auth0|1", "github|42").await);

    let primary = find(&store, "auth0|1").await.unwrap();
    assert_eq!(ids(&primary), ["auth0|1", "apple|7"]);
    assert_eq!((primary.created_at, primary.updated_at), (NOW, LATER));
    assert!(primary.user_metadata.is_some());

    let freed = find(&store, "github|42").await.unwrap();
    assert_eq!(ids(&freed), ["github|42"]);
    assert_eq!(freed.profile.name(), Some("github|42"));
    assert_eq!((freed.user_metadata, freed.app_metadata), (None, None));
    assert_eq!((freed.created_at, freed.logins_count, freed.last_login), (LATER, 0, None));
}

#[tokio::test]
async fn unlinking_the_primary_another_users_identity_or_an_unlinked_one_matches_nothing() {
    let database = TestDatabase::new();
    let store = open(&database).await;
    insert(&store, &user(&["auth0|1", "github|42"])).await.unwrap();
    insert(&store, &user(&["auth0|2", "github|43"])).await.unwrap();
    assert!(!unlink(&store, "auth0|1", "auth0|1").await);
    assert!(!unlink(&store, "auth0|1", "github|43").await);
    assert!(unlink(&store, "auth0|1", "github|42").await);
    assert!(!unlink(&store, "auth0|1", "github|42").await);
    assert_eq!(ids(&find(&store, "auth0|2").await.unwrap()), ["auth0|2", "github|43"]);
}

#[tokio::test]
async fn linking_moves_all_identities_in_order_and_deletes_their_account() {
    let database = TestDatabase::new();
    let store = open(&database).await;
    insert(&store, &user(&["auth0|1", "apple|7"])).await.unwrap();
    insert(&store, &user(&["google-oauth2|9", "github|42"])).await.unwrap();
    assert!(link(&store, "auth0|1", "google-oauth2|9").await);

    let primary = find(&store, "auth0|1").await.unwrap();
    assert_eq!(ids(&primary), ["auth0|1", "apple|7", "google-oauth2|9", "github|42"]);
    assert_eq!(primary.profile.name(), Some("auth0|1"));
    assert_eq!(find(&store, "google-oauth2|9").await, None);
    assert!(!link(&store, "auth0|1", "google-oauth2|9").await);
    assert!(!link(&store, "auth0|1", "auth0|1").await);
    assert!(!link(&store, "auth0|0", "auth0|1").await);

    assert!(unlink(&store, "auth0|1", "google-oauth2|9").await);
    assert!(link(&store, "auth0|1", "google-oauth2|9").await);
    let again = find(&store, "auth0|1").await.unwrap();
    assert_eq!(ids(&again), ["auth0|1", "apple|7", "github|42", "google-oauth2|9"]);
}

#[tokio::test]
async fn one_of_many_concurrent_unlinks_matches() {
    let database = TestDatabase::new();
    let store = open(&database).await;
    insert(&store, &user(&["auth0|1", "github|42"])).await.unwrap();
    let tries: Vec<_> = (0..50)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { unlink(&store, "auth0|1", "github|42").await })
        })
        .collect();
    let mut matched = 0;
    for attempt in tries {
        matched += usize::from(attempt.await.unwrap());
    }
    assert_eq!(matched, 1);
}

#[tokio::test]
async fn a_password_and_a_code_follow_their_identity_and_a_session_ends_with_unlinking() {
    let database = TestDatabase::new();
    let store = open(&database).await;
    insert(&store, &user(&["google-oauth2|9", "auth0|1"])).await.unwrap();
    let connection = ConnectionName::new("Username-Password-Authentication");
    let credential = CredentialRow {
        connection: connection.clone(),
        identifier: "ada@example.test".to_owned(),
        key: key("auth0|1"),
        password_hash: "$argon2id$…".to_owned(),
    };
    let session = SessionRow {
        digest: Digest::new("cookie"),
        sid: "sid".to_owned(),
        key: key("auth0|1"),
        authenticated_at: NOW,
        used_at: NOW,
        expires_at: LATER,
        replaced: false,
    };
    let (kept, begun) = (credential.clone(), session.clone());
    store
        .write::<_, Error, _>(move |unit| {
            Box::pin(async move {
                unit.insert_credential(&kept).await?;
                unit.insert_session(&begun).await
            })
        })
        .await
        .unwrap();
    let mut reader = store.read().await.unwrap();
    assert_eq!(reader.find_session(&session.digest).await.unwrap(), Some(session.clone()));
    let opened = reader.find_user_by_identity(&session.key).await.unwrap().unwrap();
    assert_eq!(opened.user_id.as_str(), "google-oauth2|9");

    let touch = async || {
        let digest = session.digest.clone();
        let work = store
            .write::<_, Error, _>(|unit| Box::pin(async move { unit.touch_session(&digest, LATER).await }));
        work.await.unwrap()
    };
    assert!(touch().await);
    assert!(unlink(&store, "google-oauth2|9", "auth0|1").await);
    assert_eq!(reader.find_session(&session.digest).await.unwrap(), None);
    assert!(!touch().await, "a deleted session cannot be used");
    let found = reader.find_credential(&connection, "ada@example.test").await.unwrap();
    assert_eq!(found, Some(credential));
}
