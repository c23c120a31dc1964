//! The rows of the tests, and what several of them do.

use model::{ConnectionName, Identity, IdentityKey, Profile, UserId};
use store::{Error, Store, UserRow};
use test_database::TestDatabase;

pub(crate) const NOW: i64 = 1_700_000_000_000;
pub(crate) const LATER: i64 = NOW + 60_000;

pub(crate) async fn open(database: &TestDatabase) -> Store {
    Store::open(database.address()).await.unwrap()
}

pub(crate) fn identity(id: &str) -> Identity {
    let key = UserId::new(id).as_identity_key().unwrap();
    Identity {
        profile_data: Some(Profile::default().with("name", id)),
        connection: ConnectionName::new(key.provider.as_str()),
        is_social: key.provider.is_social(),
        user_id: key.user_id,
        provider: key.provider,
    }
}

pub(crate) fn user(ids: &[&str]) -> UserRow {
    let mut identities: Vec<Identity> = ids.iter().map(|id| identity(id)).collect();
    let profile = identities[0].profile_data.take().unwrap();
    UserRow {
        user_id: UserId::new(ids[0]),
        profile,
        identities,
        user_metadata: Some(serde_json::Map::from_iter([("theme".to_owned(), "dark".into())])),
        app_metadata: None,
        blocked: None,
        created_at: NOW,
        updated_at: NOW,
        last_login: None,
        last_ip: None,
        logins_count: 0,
        last_password_reset: None,
    }
}

pub(crate) fn key(id: &str) -> IdentityKey {
    UserId::new(id).as_identity_key().unwrap()
}

pub(crate) async fn insert(store: &Store, user: &UserRow) -> Result<(), Error> {
    let user = user.clone();
    store.write(move |unit| Box::pin(async move { unit.insert_user(&user).await })).await
}

pub(crate) async fn find(store: &Store, id: &str) -> Option<UserRow> {
    store.read().await.unwrap().find_user(&UserId::new(id)).await.unwrap()
}

pub(crate) fn ids(user: &UserRow) -> Vec<String> {
    user.identities.iter().map(|identity| identity.key().as_user_id().to_string()).collect()
}

/// Returns a [`user`] with an e-mail address on each identity: its id in upper case, at EXAMPLE.TEST.
pub(crate) fn with_emails(ids: &[&str]) -> UserRow {
    let email = |id: &str| format!("{}@EXAMPLE.TEST", id.to_uppercase());
    let mut user = user(ids);
    user.profile = user.profile.with("email", email(ids[0]));
    for (identity, id) in user.identities.iter_mut().zip(ids).skip(1) {
        identity.profile_data = Some(Profile::default().with("email", email(id)));
    }
    user
}

pub(crate) async fn unlink(store: &Store, primary: &str, id: &str) -> bool {
    let (primary, key) = (UserId::new(primary), key(id));
    store
        .write(move |unit| {
            Box::pin(async move {
                let Some(user) = unit.find_user(&primary).await? else { return Ok(false) };
                unit.unlink_identity(&user, &key, LATER).await
            })
        })
        .await
        .unwrap()
}
