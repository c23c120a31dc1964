//! Units of work, and opening the file.

use model::UserId;
use store::{Error, Store};

use crate::rows::{find, ids, insert, open, unlink, user};

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
async fn an_address_of_something_else_is_refused() {
    for address in ["", "sqlite:", "mysql://localhost/x", "file.db"] {
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
    assert!(matches!(opened, Err(Error::Corrupt)), "{opened:?}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), letter);
}

// attack: files
#[tokio::test]
async fn nothing_is_changed_once_any_read_has_found_the_file_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    insert(&store, &user(&["auth0|1"])).await.unwrap();
    store.close().await;
    let store = open(folder.path()).await;
    // The first page, which every connection has read, stays. The write-ahead log has no pages yet.
    let file = folder.path().join("tenant db?#%41.sqlite");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[4096..].fill(0xa5);
    std::fs::write(&file, &bytes).unwrap();
    let found = store.read().await.unwrap().find_user(&UserId::new("auth0|1")).await;
    assert!(matches!(found, Err(Error::Corrupt)), "{found:?}");
    assert!(matches!(insert(&store, &user(&["auth0|3"])).await, Err(Error::Corrupt)));
    assert!(matches!(store.check().await, Err(Error::Corrupt)));
    store.close().await;
    let before = std::fs::read(&file).unwrap();
    let opened =
        Store::open(&format!("sqlite:{}", folder.path().join("tenant db?#%41.sqlite").display())).await;
    assert!(matches!(opened, Err(Error::Corrupt)), "{opened:?}");
    assert_eq!(std::fs::read(&file).unwrap(), before);
}
