//! Users: what is stored, found, listed and deleted.

use model::{ConnectionName, IdentityId, UserId};
use store::{
    Address, CandidateField, Candidates, CredentialRow, Digest, Error, Order, ScanColumns, SessionRow, Store,
    UserRow,
};
use test_database::TestDatabase;

use crate::rows::{LATER, NOW, find, ids, insert, key, open, user, with_emails};

#[tokio::test]
async fn a_user_comes_back_as_it_was_stored() {
    let database = TestDatabase::new();
    let store = open(&database).await;
    let mut stored = user(&["auth0|1", "github|42", "samlp|acme|o'neil; DROP TABLE users --/%zz\u{202e}"]);
    stored.identities[1].user_id = IdentityId::from_parts("42", true);
    insert(&store, &stored).await.unwrap();
    let found = find(&store, "auth0|1").await.unwrap();
    assert_eq!(found, stored);
    assert!(found.identities[1].user_id.is_integer());
    assert_eq!(find(&store, "github|42").await, None);
}

#[tokio::test]
async fn the_texts_of_profiles_are_what_is_stored_and_a_root_has_the_primary_identity_alone() {
    let database = TestDatabase::new();
    let store = open(&database).await;
    let stored = with_emails(&["auth0|1", "github|42", "apple|7"]);
    insert(&store, &stored).await.unwrap();
    let mut reader = store.read().await.unwrap();
    let texts = reader.find_user_texts(&stored.user_id).await.unwrap().unwrap();
    assert_eq!(texts.profile, stored.profile);
    for (text, whole) in texts.identities.iter().zip(&stored.identities) {
        assert_eq!(text.key(), whole.key());
        let profile = text.profile_data.as_ref().map(|text| text.read().unwrap());
        assert_eq!(profile, whole.profile_data);
        assert_eq!(serde_json::to_value(text).unwrap(), serde_json::to_value(whole).unwrap());
    }
    let root = reader.find_user_root(&stored.user_id).await.unwrap().unwrap();
    assert_eq!((root.profile, root.identities.len()), (stored.profile.clone(), 1));
    assert_eq!(root.identities[0].key(), stored.identities[0].key());
    assert!(reader.find_user_root(&UserId::new("github|42")).await.unwrap().is_none());
    let by_identity = reader.find_user_texts_by_identity(&key("apple|7")).await.unwrap().unwrap();
    assert_eq!(by_identity.identities.len(), 3);
}

#[tokio::test]
async fn a_profile_that_is_no_json_is_never_written_into_an_answer() {
    let database = TestDatabase::in_file();
    let store = open(&database).await;
    insert(&store, &with_emails(&["auth0|1", "github|42"])).await.unwrap();
    let other = rusqlite::Connection::open(database.file().unwrap()).unwrap();
    for text in ["{}},{\"isSocial\":true}", "", "{\"name\":"] {
        other.execute("UPDATE identities SET profile = ?1 WHERE provider = 'github'", [text]).unwrap();
        let found =
            store.read().await.unwrap().find_user_texts(&UserId::new("auth0|1")).await.unwrap().unwrap();
        let profile = found.identities[1].profile_data.as_ref().unwrap();
        assert!(matches!(profile.read(), Err(Error::Damaged("profile"))), "{text}");
        assert!(serde_json::to_vec(&found.identities).is_err(), "{text}");
    }
}

async fn scan(store: &Store, by: CandidateField, value: &str) -> Vec<String> {
    let candidates = Candidates { by, values: vec![value.to_owned(), "else".to_owned()] };
    let found = store.read().await.unwrap().scan_users(Some(&candidates), "", 10).await.unwrap();
    found.iter().map(|user| user.user_id.to_string()).collect()
}

#[tokio::test]
async fn users_are_found_by_fields_of_any_of_their_identities() {
    let database = TestDatabase::new();
    let store = open(&database).await;
    insert(&store, &with_emails(&["auth0|1", "github|42"])).await.unwrap();
    insert(&store, &with_emails(&["auth0|2", "apple|42"])).await.unwrap();
    assert_eq!(scan(&store, CandidateField::UserId, "auth0|2").await, ["auth0|2"]);
    assert_eq!(scan(&store, CandidateField::Email, "github|42@example.test").await, ["auth0|1"]);
    assert_eq!(scan(&store, CandidateField::IdentityId, "42").await, ["auth0|1", "auth0|2"]);
    assert_eq!(scan(&store, CandidateField::Connection, "apple").await, ["auth0|2"]);
    assert!(scan(&store, CandidateField::Connection, "' OR '1'='1").await.is_empty());
    let nobody = Candidates { by: CandidateField::UserId, values: Vec::new() };
    assert!(store.read().await.unwrap().scan_users(Some(&nobody), "", 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn missing_email_columns_of_older_rows_are_backfilled() {
    let database = TestDatabase::in_file();
    let store = open(&database).await;
    insert(&store, &with_emails(&["auth0|1", "github|42"])).await.unwrap();
    store.close().await;
    let old = rusqlite::Connection::open(database.file().unwrap()).unwrap();
    old.execute("UPDATE identities SET email = NULL", []).unwrap();
    old.close().unwrap();
    let store = open(&database).await;
    assert_eq!(scan(&store, CandidateField::Email, "auth0|1@example.test").await, ["auth0|1"]);
    assert_eq!(scan(&store, CandidateField::Email, "github|42@example.test").await, ["auth0|1"]);
}

#[tokio::test]
async fn all_users_are_listed_in_order_and_by_pages() {
    let database = TestDatabase::new();
    let store = open(&database).await;
    for (place, id) in ["auth0|3", "auth0|1", "auth0|2"].into_iter().enumerate() {
        let created_at = NOW + i64::try_from(place).unwrap();
        let row = UserRow { created_at, ..user(&[id, &format!("github|{place}")]) };
        insert(&store, &row).await.unwrap();
    }
    let mut reader = store.read().await.unwrap();
    let mut list = async |order, descending, offset| {
        let users = reader.list_users(order, descending, 2, offset).await.unwrap();
        users.iter().map(|user| user.user_id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(list(Order::UserId, false, 0).await, ["auth0|1", "auth0|2"]);
    assert_eq!(list(Order::UserId, false, 2).await, ["auth0|3"]);
    assert_eq!(list(Order::CreatedAt, true, 0).await, ["auth0|2", "auth0|1"]);
    assert_eq!(list(Order::LastLogin, true, 0).await, ["auth0|1", "auth0|2"]);
    assert_eq!(reader.count_users().await.unwrap(), 3);
    let rest = reader.scan_users(None, "auth0|1", 10).await.unwrap();
    assert_eq!(rest.iter().map(ids).collect::<Vec<_>>(), [["auth0|2", "github|2"], ["auth0|3", "github|0"]]);
}

#[tokio::test]
async fn deleting_a_user_deletes_its_identities_passwords_and_sessions() {
    let database = TestDatabase::new();
    let store = open(&database).await;
    insert(&store, &user(&["auth0|1", "github|42"])).await.unwrap();
    let connection = ConnectionName::new("auth0");
    let credential = CredentialRow {
        connection: connection.clone(),
        identifier: "ada".to_owned(),
        key: key("auth0|1"),
        password_hash: "$".to_owned(),
    };
    let session = SessionRow {
        digest: Digest::new("cookie"),
        sid: "sid".to_owned(),
        key: key("github|42"),
        authenticated_at: NOW,
        used_at: NOW,
        expires_at: LATER,
        replaced: false,
    };
    let digest = session.digest.clone();
    let deleted = store
        .write::<_, Error, _>(move |unit| {
            Box::pin(async move {
                unit.insert_credential(&credential).await?;
                unit.insert_session(&session).await?;
                let user = UserId::new("auth0|1");
                Ok([unit.delete_user(&user).await?, unit.delete_user(&user).await?])
            })
        })
        .await
        .unwrap();
    assert_eq!(deleted, [true, false]);
    let mut reader = store.read().await.unwrap();
    assert_eq!(reader.find_user_by_identity(&key("github|42")).await.unwrap(), None);
    assert_eq!(reader.find_credential(&connection, "ada").await.unwrap(), None);
    assert_eq!(reader.find_session(&digest).await.unwrap(), None);
    assert!(insert(&store, &user(&["github|42"])).await.is_ok());
}

#[tokio::test]
async fn an_address_is_unique_within_its_connection() {
    let database = TestDatabase::new();
    let store = open(&database).await;
    let mut phone = with_emails(&["sms|1"]);
    phone.profile = phone.profile.with("phone_number", "+15550100");
    insert(&store, &phone).await.unwrap();
    let mut reader = store.read().await.unwrap();
    let sms = ConnectionName::new("sms");
    let email = Address::Email("SMS|1@example.test".to_owned());
    let number = |digits: &str| Address::Phone(digits.to_owned());
    assert_eq!(reader.find_identity_by_address(&sms, &email, None).await.unwrap(), Some(key("sms|1")));
    assert_eq!(
        reader.find_identity_by_address(&sms, &number("+15550100"), None).await.unwrap(),
        Some(key("sms|1"))
    );
    assert_eq!(reader.find_identity_by_address(&sms, &number("+1555010"), None).await.unwrap(), None);
    assert_eq!(reader.find_identity_by_address(&sms, &email, Some(&key("sms|1"))).await.unwrap(), None);
    assert_eq!(
        reader.find_identity_by_address(&ConnectionName::new("email"), &email, None).await.unwrap(),
        None
    );
}

#[tokio::test]
async fn candidates_are_few_up_to_a_thousand_identities() {
    let database = TestDatabase::new();
    let store = open(&database).await;
    let inserted = store.write::<_, Error, _>(|unit| {
        Box::pin(async move {
            for number in 0..=1000 {
                unit.insert_user(&user(&[&format!("github|{number}")])).await?;
            }
            unit.insert_user(&user(&["apple|1"])).await
        })
    });
    inserted.await.unwrap();
    let mut reader = store.read().await.unwrap();
    for (by, value, few) in [
        (CandidateField::Connection, "github", false),
        (CandidateField::Connection, "apple", true),
        (CandidateField::IdentityId, "1", true),
        (CandidateField::UserId, "github|1", true),
    ] {
        let candidates = Candidates { by, values: vec![value.to_owned()] };
        let found = reader.few_candidates(candidates.clone()).await.unwrap();
        assert_eq!(found, few.then_some(candidates), "{by:?}");
    }
}

#[tokio::test]
async fn a_scan_of_some_columns_has_the_same_users_as_one_of_whole_users() {
    let database = TestDatabase::new();
    let store = open(&database).await;
    insert(&store, &with_emails(&["auth0|1", "github|42", "apple|7"])).await.unwrap();
    insert(&store, &with_emails(&["auth0|2"])).await.unwrap();
    insert(&store, &with_emails(&["auth0|3", "github|43"])).await.unwrap();
    let mut reader = store.read().await.unwrap();
    for (account, identities) in [(false, false), (true, false), (false, true), (true, true)] {
        let columns = ScanColumns { account, identities };
        let mut scanned = reader.scan_columns(columns, None, "", 2).await.unwrap();
        let last = scanned[1].user_id().unwrap().to_owned();
        scanned.extend(reader.scan_columns(columns, None, &last, 2).await.unwrap());
        let whole = reader.scan_users(None, "", 10).await.unwrap();
        assert_eq!(scanned.len(), whole.len());
        for (part, whole) in scanned.iter().zip(&whole) {
            assert_eq!(part.user_id().unwrap(), whole.user_id.as_str());
            assert_eq!(part.attributes(|_| true).unwrap(), whole.profile);
            assert_eq!(
                part.account().ok().map(|account| account.created_at),
                account.then_some(whole.created_at)
            );
            let read = part.identities().ok().map(|identities| {
                let profiles =
                    identities.iter().map(|one| one.profile_data.as_ref().map(|text| text.read().unwrap()));
                profiles.collect::<Vec<_>>()
            });
            let expected = whole.identities.iter().map(|one| one.profile_data.clone()).collect();
            assert_eq!(read, identities.then_some(expected));
        }
        let of_one = Candidates { by: CandidateField::IdentityId, values: vec!["43".to_owned()] };
        let found = reader.scan_columns(columns, Some(&of_one), "", 2).await.unwrap();
        assert_eq!(found.iter().map(|user| user.user_id().unwrap()).collect::<Vec<_>>(), ["auth0|3"]);
    }
}
