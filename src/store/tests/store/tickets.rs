//! Links in mails.

use model::{ConnectionName, IdentityKey, UserId};
use store::{Digest, Error, LINKS, Purpose, Store, TicketOptions, TicketRow};
use test_database::TestDatabase;

use crate::rows::{LATER, NOW, insert, key, open, user};

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
    let database = TestDatabase::new();
    let store = open(&database).await;
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
    let database = TestDatabase::new();
    let store = open(&database).await;
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
