//! Copies of a tenant between databases, of either engine.

use store::{CopyError, Digest, Error, SessionRow, SigningKeyRow, Store};
use test_database::TestDatabase;

use crate::rows::{LATER, NOW, find, insert, key, open, user, with_emails};

async fn insert_key(store: &Store, kid: &str) {
    let key = SigningKeyRow { kid: kid.to_owned(), pem: "pem".to_owned(), created_at: NOW };
    let write =
        store.write::<_, Error, _>(move |unit| Box::pin(async move { unit.insert_signing_key(&key).await }));
    write.await.unwrap();
}

#[tokio::test]
async fn a_tenant_is_the_same_in_any_database_that_it_is_copied_to() {
    let (file, database, back) = (TestDatabase::in_file(), TestDatabase::new(), TestDatabase::in_file());
    let store = open(&file).await;
    insert_key(&store, "first").await;
    let people = [with_emails(&["auth0|1", "github|42"]), user(&["github|a\0b\u{10fffe}0"])];
    for person in &people {
        insert(&store, person).await.unwrap();
    }
    let session = SessionRow {
        digest: Digest::new("cookie"),
        sid: "sid".to_owned(),
        key: key("github|42"),
        authenticated_at: NOW,
        used_at: NOW,
        expires_at: LATER,
        replaced: false,
    };
    let begun = session.clone();
    let write =
        store.write::<_, Error, _>(move |unit| Box::pin(async move { unit.insert_session(&begun).await }));
    write.await.unwrap();
    store.close().await;
    drop(store);

    let copied = store::copy(file.address(), database.address(), |_| ()).await.unwrap();
    assert_eq!(copied.users, 2);
    // It can be run again.
    assert_eq!(store::copy(file.address(), database.address(), |_| ()).await.unwrap(), copied);
    assert_eq!(store::copy(database.address(), back.address(), |_| ()).await.unwrap(), copied);
    for copy in [&database, &back] {
        let store = open(copy).await;
        for person in &people {
            assert_eq!(find(&store, person.user_id.as_str()).await.as_ref(), Some(person));
        }
        let mut reader = store.read().await.unwrap();
        assert_eq!(reader.find_session(&session.digest).await.unwrap(), Some(session.clone()));
        drop(reader);
        store.close().await;
    }
}

// attack: files
#[tokio::test]
async fn no_copy_replaces_another_tenant() {
    let (one, other) = (TestDatabase::in_file(), TestDatabase::new());
    for (database, kid, id) in [(&one, "first", "auth0|1"), (&other, "second", "auth0|2")] {
        let store = open(database).await;
        insert_key(&store, kid).await;
        insert(&store, &user(&[id])).await.unwrap();
        store.close().await;
    }
    let refused = store::copy(one.address(), other.address(), |_| ()).await;
    assert!(matches!(refused, Err(CopyError::OtherTenant)), "{refused:?}");
    let store = open(&other).await;
    assert_eq!(find(&store, "auth0|2").await, Some(user(&["auth0|2"])));
    assert_eq!(find(&store, "auth0|1").await, None);
}
