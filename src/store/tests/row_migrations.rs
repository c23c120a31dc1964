//! Changes of the rows of an older database, when it is opened.

#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

use std::path::Path;

use model::{ConnectionName, Identity, IdentityKey, Profile, UserId};
use rusqlite::Connection;
use store::{Address, CredentialRow, Error, Store, UserRow};

const COMPOSED: &str = "j\u{f6}rg@example.com";
const DECOMPOSED: &str = "jo\u{308}rg@example.com";

fn address(folder: &Path) -> String {
    format!("sqlite:{}", folder.join("tenant.db").display())
}

fn key(id: &str) -> IdentityKey {
    UserId::new(id).as_identity_key().unwrap()
}

fn user(id: &str, email: &str) -> UserRow {
    let IdentityKey { provider, user_id } = key(id);
    let identity = Identity {
        profile_data: None,
        connection: ConnectionName::new(provider.as_str()),
        user_id,
        provider,
        is_social: false,
    };
    UserRow::new(UserId::new(id), Profile::default().with("email", email), vec![identity], 0)
}

/// Makes a database as version 0.2 left it: with addresses and identifiers in lower case, in the form in which they were
/// typed. Each user has a password, which names the user.
async fn old_database(folder: &Path, users: &[(&str, &str)]) {
    let store = Store::open(&address(folder)).await.unwrap();
    for (place, (id, _)) in users.iter().enumerate() {
        let row = user(id, &format!("{place}@example.com"));
        let credential = CredentialRow {
            connection: row.identities[0].connection.clone(),
            identifier: format!("{place}@example.com"),
            key: key(id),
            password_hash: (*id).to_owned(),
        };
        let write = store.write::<_, Error, _>(move |unit| {
            Box::pin(async move {
                unit.insert_user(&row).await?;
                unit.insert_credential(&credential).await
            })
        });
        write.await.unwrap();
    }
    store.close().await;
    let old = raw(folder);
    for (place, (_, email)) in users.iter().enumerate() {
        let (from, to) = (format!("{place}@example.com"), email.to_lowercase());
        let profile = format!(r#"{{"email":"{email}"}}"#);
        let sql = "UPDATE identities SET email = ?2, profile = ?3 WHERE email = ?1";
        old.execute(sql, [&from, &to, &profile]).unwrap();
        old.execute("UPDATE credentials SET login = ?2 WHERE login = ?1", [&from, &to]).unwrap();
    }
    old.execute("DROP TABLE row_migrations", []).unwrap();
    old.execute("DELETE FROM schema_migrations WHERE version = 6", []).unwrap();
    old.close().unwrap();
}

fn raw(folder: &Path) -> Connection {
    Connection::open(folder.join("tenant.db")).unwrap()
}

/// Returns the user whose password belongs to an identifier of a database.
async fn owner(store: &Store, login: &str) -> Option<String> {
    let mut reader = store.read().await.unwrap();
    let found = reader.find_credential(&ConnectionName::new("auth0"), login).await.unwrap();
    found.map(|credential| credential.password_hash)
}

async fn email(store: &Store, id: &str) -> String {
    let user = store.read().await.unwrap().find_user(&UserId::new(id)).await.unwrap().unwrap();
    user.profile.text("email").unwrap().to_owned()
}

#[tokio::test]
async fn identifiers_of_an_old_database_get_their_one_form() {
    let folder = tempfile::tempdir().unwrap();
    old_database(
        folder.path(),
        &[("auth0|1", DECOMPOSED), ("auth0|2", "ADA@example.com"), ("github|3", "JO\u{308}RG@example.com")],
    )
    .await;
    let store = Store::open(&address(folder.path())).await.unwrap();
    assert_eq!(owner(&store, COMPOSED).await.as_deref(), Some("auth0|1"));
    assert_eq!(owner(&store, DECOMPOSED).await, None);
    assert_eq!(email(&store, "auth0|1").await, COMPOSED);
    assert_eq!(email(&store, "auth0|2").await, "ada@example.com");
    assert_eq!(email(&store, "github|3").await, "JO\u{308}RG@example.com", "as the provider sent it");
    let mut reader = store.read().await.unwrap();
    for (connection, id) in [("auth0", "auth0|1"), ("github", "github|3")] {
        let connection = ConnectionName::new(connection);
        for typed in [COMPOSED, DECOMPOSED, "JO\u{308}RG@example.com"] {
            let address = Address::Email(typed.to_owned());
            let found = reader.find_identity_by_address(&connection, &address, None).await.unwrap();
            assert_eq!(found, Some(key(id)), "{typed:?}");
        }
    }
}

#[tokio::test]
async fn duplicates_stay_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    old_database(folder.path(), &[("auth0|1", COMPOSED), ("auth0|2", DECOMPOSED)]).await;
    for _ in 0..2 {
        let store = Store::open(&address(folder.path())).await.unwrap();
        assert_eq!(owner(&store, COMPOSED).await.as_deref(), Some("auth0|1"));
        assert_eq!(owner(&store, DECOMPOSED).await.as_deref(), Some("auth0|2"));
        assert_eq!(store.read().await.unwrap().count_users().await.unwrap(), 2);
        store.close().await;
    }
}

#[tokio::test]
async fn a_duplicate_can_be_renamed() {
    let folder = tempfile::tempdir().unwrap();
    old_database(folder.path(), &[("auth0|1", COMPOSED), ("auth0|2", DECOMPOSED)]).await;
    let store = Store::open(&address(folder.path())).await.unwrap();
    let rename = store.write::<_, Error, _>(|unit| {
        Box::pin(async move { unit.rename_identifier(&key("auth0|2"), COMPOSED, "other@example.com").await })
    });
    assert!(rename.await.unwrap());
    assert_eq!(owner(&store, COMPOSED).await.as_deref(), Some("auth0|1"));
    assert_eq!(owner(&store, DECOMPOSED).await, None);
    assert_eq!(owner(&store, "other@example.com").await.as_deref(), Some("auth0|2"));
}

#[tokio::test]
async fn rows_are_changed_once() {
    let folder = tempfile::tempdir().unwrap();
    old_database(folder.path(), &[("auth0|1", DECOMPOSED)]).await;
    Store::open(&address(folder.path())).await.unwrap().close().await;
    let database = raw(folder.path());
    database.execute("UPDATE credentials SET login = ?1", [DECOMPOSED]).unwrap();
    let done: i64 = database.query_row("SELECT COUNT(*) FROM row_migrations", [], |row| row.get(0)).unwrap();
    assert_eq!(done, 1);
    database.close().unwrap();
    let store = Store::open(&address(folder.path())).await.unwrap();
    assert_eq!(owner(&store, DECOMPOSED).await.as_deref(), Some("auth0|1"));
}
