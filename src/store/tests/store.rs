//! The store's guarantees, tested on a database file.

#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

use std::path::Path;

use model::{ConnectionName, Identity, IdentityId, IdentityKey, Profile, Provider, UserId};
use store::{
    Address, Bounds, CandidateField, Candidates, CodeRow, CredentialRow, Digest, Error, LINKS, Order,
    PendingLoginRow, Purpose, SessionRow, Store, TicketOptions, TicketRow, UserRow,
};

const NOW: i64 = 1_700_000_000_000;
const LATER: i64 = NOW + 60_000;

async fn open(folder: &Path) -> Store {
    Store::open(&format!("sqlite:{}", folder.join("tenant db?#%41.sqlite").display())).await.unwrap()
}

fn identity(id: &str) -> Identity {
    let key = UserId::new(id).as_identity_key().unwrap();
    Identity {
        profile_data: Some(Profile::default().with("name", id)),
        connection: ConnectionName::new(key.provider.as_str()),
        is_social: key.provider.is_social(),
        user_id: key.user_id,
        provider: key.provider,
    }
}

fn user(ids: &[&str]) -> UserRow {
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

fn key(id: &str) -> IdentityKey {
    UserId::new(id).as_identity_key().unwrap()
}

async fn insert(store: &Store, user: &UserRow) -> Result<(), Error> {
    let user = user.clone();
    store.write(move |unit| Box::pin(async move { unit.insert_user(&user).await })).await
}

async fn find(store: &Store, id: &str) -> Option<UserRow> {
    store.read().await.unwrap().find_user(&UserId::new(id)).await.unwrap()
}

async fn unlink(store: &Store, primary: &str, id: &str) -> bool {
    let (primary, key) = (UserId::new(primary), key(id));
    store
        .write(move |unit| Box::pin(async move { unit.unlink_identity(&primary, &key, LATER).await }))
        .await
        .unwrap()
}

async fn link(store: &Store, primary: &str, secondary: &str) -> bool {
    let (primary, secondary) = (UserId::new(primary), UserId::new(secondary));
    store
        .write(move |unit| Box::pin(async move { unit.link_user(&primary, &secondary, LATER).await }))
        .await
        .unwrap()
}

fn ids(user: &UserRow) -> Vec<String> {
    user.identities.iter().map(|identity| identity.key().as_user_id().to_string()).collect()
}

#[tokio::test]
async fn a_user_comes_back_as_it_was_stored() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let mut stored = user(&["auth0|1", "github|42", "samlp|acme|o'neil; DROP TABLE users --/%zz\u{202e}"]);
    stored.identities[1].user_id = IdentityId::from_parts("42", true);
    insert(&store, &stored).await.unwrap();
    let found = find(&store, "auth0|1").await.unwrap();
    assert_eq!(found, stored);
    assert!(found.identities[1].user_id.is_integer());
    assert_eq!(find(&store, "github|42").await, None);
}

#[tokio::test]
async fn an_identity_exists_once_over_roots_and_linked_ones() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    insert(&store, &user(&["auth0|1", "github|42"])).await.unwrap();
    for second in [user(&["github|42"]), user(&["auth0|2", "github|42"]), user(&["auth0|1"])] {
        assert!(matches!(insert(&store, &second).await, Err(Error::Conflict)));
    }
    assert_eq!(find(&store, "auth0|2").await, None, "a failed unit leaves no changes");
}

#[tokio::test]
async fn an_unlinked_identity_becomes_a_separate_user_without_metadata() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
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
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
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
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
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
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
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
async fn a_failed_unit_does_not_undo_the_other_units_of_its_commit() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let tries: Vec<_> = (0..40)
        .map(|number| {
            let store = store.clone();
            let row = user(&[&format!("auth0|{}", number / 2)]);
            tokio::spawn(async move { insert(&store, &row).await.is_ok() })
        })
        .collect();
    let mut added = 0;
    for attempt in tries {
        added += usize::from(attempt.await.unwrap());
    }
    assert_eq!(added, 20);
    for number in 0..20 {
        assert!(find(&store, &format!("auth0|{number}")).await.is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_that_panics_changes_nothing_and_does_not_stop_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let panics = store.write(|unit| {
        Box::pin(async move {
            unit.insert_user(&user(&["auth0|half"])).await?;
            assert_eq!(
                unit.find_user(&UserId::new("auth0|half")).await?,
                None,
                "a unit reads its own changes"
            );
            Ok::<_, Error>(())
        })
    });
    let bystander = user(&["auth0|1"]);
    let (panicked, beside) = tokio::join!(panics, insert(&store, &bystander));
    assert!(matches!(panicked, Err(Error::Closed)));
    beside.unwrap();
    insert(&store, &user(&["auth0|2"])).await.unwrap();
    assert!(find(&store, "auth0|1").await.is_some() && find(&store, "auth0|2").await.is_some());
    assert!(find(&store, "auth0|half").await.is_none());
}

#[tokio::test]
async fn what_was_written_is_there_after_closing_and_opening_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    insert(&store, &user(&["auth0|1", "github|42"])).await.unwrap();
    assert!(unlink(&store, "auth0|1", "github|42").await);
    store.close().await;
    assert!(matches!(insert(&store, &user(&["auth0|2"])).await, Err(Error::Closed)));

    let store = open(folder.path()).await;
    assert_eq!(ids(&find(&store, "auth0|1").await.unwrap()), ["auth0|1"]);
    assert!(find(&store, "github|42").await.is_some());
    assert!(store.read().await.unwrap().has_users().await.unwrap());
}

#[tokio::test]
async fn a_password_and_a_code_follow_their_identity_and_a_session_ends_with_unlinking() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
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

#[tokio::test]
async fn one_of_many_concurrent_exchanges_gets_the_code() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    insert(&store, &user(&["auth0|1"])).await.unwrap();
    let code = CodeRow {
        digest: Digest::new("code"),
        client_id: "client".to_owned(),
        key: IdentityKey { provider: Provider::new("auth0"), user_id: IdentityId::text("1") },
        request: "{}".to_owned(),
        sid: "sid".to_owned(),
        authenticated_at: NOW,
        expires_at: LATER,
    };
    let made = code.clone();
    store.write(move |unit| Box::pin(async move { unit.insert_code(&made, NOW).await })).await.unwrap();
    let tries: Vec<_> = (0..16)
        .map(|_| {
            let (store, digest) = (store.clone(), code.digest.clone());
            tokio::spawn(async move {
                store
                    .write(move |unit| Box::pin(async move { unit.mark_code_used(&digest, NOW).await }))
                    .await
                    .unwrap()
            })
        })
        .collect();
    let mut won = Vec::new();
    for attempt in tries {
        won.extend(attempt.await.unwrap());
    }
    assert_eq!(won, [code]);
}

async fn scan(store: &Store, by: CandidateField, value: &str) -> Vec<String> {
    let candidates = Candidates { by, values: vec![value.to_owned(), "else".to_owned()] };
    let found = store.read().await.unwrap().scan_users(Some(&candidates), "", 10).await.unwrap();
    found.iter().map(|user| user.user_id.to_string()).collect()
}

/// Returns a [`user`] with an e-mail address on each identity: its id in upper case, at EXAMPLE.TEST.
fn with_emails(ids: &[&str]) -> UserRow {
    let email = |id: &str| format!("{}@EXAMPLE.TEST", id.to_uppercase());
    let mut user = user(ids);
    user.profile = user.profile.with("email", email(ids[0]));
    for (identity, id) in user.identities.iter_mut().zip(ids).skip(1) {
        identity.profile_data = Some(Profile::default().with("email", email(id)));
    }
    user
}

#[tokio::test]
async fn users_are_found_by_fields_of_any_of_their_identities() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    insert(&store, &with_emails(&["auth0|1", "github|42"])).await.unwrap();
    insert(&store, &with_emails(&["auth0|2", "apple|42"])).await.unwrap();
    assert_eq!(scan(&store, CandidateField::UserId, "auth0|2").await, ["auth0|2"]);
    assert_eq!(scan(&store, CandidateField::Email, "github|42@example.test").await, ["auth0|1"]);
    assert_eq!(scan(&store, CandidateField::IdentityId, "42").await, ["auth0|1", "auth0|2"]);
    assert_eq!(scan(&store, CandidateField::Connection, "apple").await, ["auth0|2"]);
    assert!(scan(&store, CandidateField::Connection, "' OR '1'='1").await.is_empty());
}

#[tokio::test]
async fn missing_email_columns_of_older_rows_are_backfilled() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    insert(&store, &with_emails(&["auth0|1", "github|42"])).await.unwrap();
    store.close().await;
    let url = format!("sqlite:{}", folder.path().join("tenant db%3F%23%2541.sqlite").display());
    let mut old = <sqlx::AnyConnection as sqlx::Connection>::connect(&url).await.unwrap();
    sqlx::query("UPDATE identities SET email = NULL").execute(&mut old).await.unwrap();
    sqlx::Connection::close(old).await.unwrap();
    let store = open(folder.path()).await;
    assert_eq!(scan(&store, CandidateField::Email, "auth0|1@example.test").await, ["auth0|1"]);
    assert_eq!(scan(&store, CandidateField::Email, "github|42@example.test").await, ["auth0|1"]);
}

#[tokio::test]
async fn all_users_are_listed_in_order_and_by_pages() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
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
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
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

fn ticket(code: &str, email: &str, key: Option<IdentityKey>) -> TicketRow {
    TicketRow {
        digest: Digest::new(code),
        purpose: Purpose::ResetPassword,
        connection: ConnectionName::new("auth0"),
        email: email.to_owned(),
        key,
        expires_at: LATER,
        options: TicketOptions::default(),
    }
}

async fn insert_ticket(store: &Store, ticket: &TicketRow, now: i64) {
    let ticket = ticket.clone();
    let work = store.write(move |unit| Box::pin(async move { unit.insert_ticket(&ticket, now).await }));
    work.await.unwrap();
}

#[tokio::test]
async fn a_ticket_has_one_purpose_and_is_removed_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    insert(&store, &user(&["auth0|1"])).await.unwrap();
    let first = ticket("first", "ada@example.test", Some(key("auth0|1")));
    let second = TicketRow { digest: Digest::new("second"), ..first.clone() };
    let nobodys = ticket("nobody", "nobody@example.test", None);
    for ticket in [&first, &second, &nobodys] {
        insert_ticket(&store, ticket, NOW).await;
    }
    let mut reader = store.read().await.unwrap();
    let mut find = async |purpose, row: &TicketRow| reader.find_ticket(purpose, &row.digest).await.unwrap();
    assert_eq!(find(Purpose::ResetPassword, &first).await, Some(first.clone()));
    assert_eq!(find(Purpose::VerifyEmail, &second).await, None);
    assert_eq!(find(Purpose::ResetPassword, &second).await, Some(second.clone()));
    assert_eq!(find(Purpose::ResetPassword, &nobodys).await, Some(nobodys.clone()));
    let digest = second.digest.clone();
    let taken = store.write::<_, Error, _>(move |unit| {
        Box::pin(async move { Ok([unit.remove_ticket(&digest).await?, unit.remove_ticket(&digest).await?]) })
    });
    assert_eq!(taken.await.unwrap(), [true, false]);
    // Expired tickets are deleted with the next insert, and the tickets of an identity with the identity.
    let third = TicketRow { digest: Digest::new("third"), ..first.clone() };
    insert_ticket(&store, &third, LATER).await;
    assert_eq!(find(Purpose::ResetPassword, &nobodys).await, None);
    let deleted = store.write(|unit| Box::pin(async { unit.delete_user(&UserId::new("auth0|1")).await }));
    assert!(deleted.await.unwrap());
    assert_eq!(find(Purpose::ResetPassword, &third).await, None);
}

#[tokio::test]
async fn requests_for_mails_never_take_the_last_links_of_an_address_nor_space_without_bound() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    insert(&store, &user(&["auth0|1"])).await.unwrap();
    let links = 2 * usize::try_from(LINKS).unwrap();
    for number in 0..links {
        insert_ticket(
            &store,
            &ticket(&format!("ada {number}"), "ada@example.test", Some(key("auth0|1"))),
            NOW,
        )
        .await;
    }
    let insertions = (0..1010).map(|number| {
        let ticket = ticket(&format!("nobody {number}"), &format!("{number}@example.test"), None);
        store
            .write::<_, Error, _>(move |unit| Box::pin(async move { unit.insert_ticket(&ticket, NOW).await }))
    });
    for insertion in insertions {
        insertion.await.unwrap();
    }
    let mut reader = store.read().await.unwrap();
    let mut exists = async |code: String| {
        reader.find_ticket(Purpose::ResetPassword, &Digest::new(code)).await.unwrap().is_some()
    };
    for number in 0..links {
        assert_eq!(exists(format!("ada {number}")).await, number >= links / 2, "{number}");
    }
    assert!(!exists("nobody 9".to_owned()).await);
    assert!(exists("nobody 10".to_owned()).await);
}

fn pending(number: u32, browser: &str, network: &str) -> PendingLoginRow {
    PendingLoginRow {
        digest: Digest::new(number.to_string()),
        browser: Digest::new(browser),
        network: network.to_owned(),
        request: "{}".to_owned(),
        expires_at: LATER,
    }
}

#[tokio::test]
async fn waiting_logins_never_exceed_their_bounds_and_the_oldest_make_room() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let bounds = Bounds { per_browser: 2, per_network: 3, in_all: 4 };
    let rows = [
        pending(1, "a", "x"),
        pending(2, "a", "x"),
        pending(3, "a", "x"),
        pending(4, "b", "x"),
        pending(5, "c", "x"),
        pending(6, "d", "y"),
        pending(7, "e", "z"),
    ];
    let mut kept = Vec::new();
    for row in rows {
        let insertion = store.write::<_, Error, _>(move |unit| {
            Box::pin(async move { unit.insert_pending_login(&row, bounds, NOW).await })
        });
        insertion.await.unwrap();
        let mut reader = store.read().await.unwrap();
        let mut alive = Vec::new();
        for number in 1..=7_u32 {
            if reader.find_pending_login(&Digest::new(number.to_string())).await.unwrap().is_some() {
                alive.push(number);
            }
        }
        kept.push(alive);
    }
    let expected: [&[u32]; 7] =
        [&[1], &[1, 2], &[2, 3], &[2, 3, 4], &[3, 4, 5], &[3, 4, 5, 6], &[4, 5, 6, 7]];
    assert_eq!(kept, expected);
}

#[tokio::test]
async fn signing_a_user_out_ends_the_sessions_of_all_of_its_identities_and_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    insert(&store, &user(&["auth0|1", "github|42"])).await.unwrap();
    insert(&store, &user(&["auth0|2"])).await.unwrap();
    let session = |id: &str| SessionRow {
        digest: Digest::new(id),
        sid: id.to_owned(),
        key: key(id),
        authenticated_at: NOW,
        used_at: NOW,
        expires_at: LATER,
        replaced: false,
    };
    let sessions = ["auth0|1", "github|42", "auth0|2"].map(session);
    let begun = sessions.clone();
    store
        .write::<_, Error, _>(move |unit| {
            Box::pin(async move {
                for session in &begun {
                    unit.insert_session(session).await?;
                }
                unit.sign_out(&UserId::new("auth0|1")).await
            })
        })
        .await
        .unwrap();
    let mut reader = store.read().await.unwrap();
    let mut left = Vec::new();
    for session in &sessions {
        left.extend(reader.find_session(&session.digest).await.unwrap().map(|session| session.sid));
    }
    assert_eq!(left, ["auth0|2"]);
}

#[tokio::test]
async fn an_address_is_unique_within_its_connection() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
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
async fn an_address_that_is_not_a_sqlite_file_is_refused() {
    for address in ["", "sqlite:", "postgres://localhost/x", "file.db"] {
        assert!(matches!(Store::open(address).await, Err(Error::Address(_))), "{address}");
    }
    assert!(matches!(Store::open("sqlite:/no/such/folder/x.db").await, Err(Error::Database(_))));
}

#[tokio::test]
async fn a_file_that_is_not_a_database_is_refused_and_not_changed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("letter.txt");
    let letter = "Dear Ada, ".repeat(500);
    std::fs::write(&file, &letter).unwrap();
    let opened = Store::open(&format!("sqlite:{}", file.display())).await;
    assert!(matches!(opened, Err(Error::Database(_))));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), letter);
}
