//! What sign-in stores: logins that wait, codes and sessions.

use model::{IdentityId, IdentityKey, Provider, UserId};
use store::{Bounds, CodeRow, Digest, Error, PendingLoginRow, SessionRow};
use test_database::TestDatabase;

use crate::rows::{LATER, NOW, insert, key, open, user};

#[tokio::test]
async fn one_of_many_concurrent_exchanges_gets_the_code() {
    let database = TestDatabase::new();
    let store = open(&database).await;
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
    let database = TestDatabase::new();
    let store = open(&database).await;
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
    let database = TestDatabase::new();
    let store = open(&database).await;
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
