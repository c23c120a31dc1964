//! Files of `SQLite`: their size, and that of the write-ahead log.

use std::fs;
use std::path::Path;

use rusqlite::Connection;
use store::{Error, Store};
use test_database::TestDatabase;

use crate::rows::{find, insert, open, user};

/// A database of version 0.2.0, whose freed pages stay in the file.
const RELEASED: &[u8] = include_bytes!("../../../server/tests/process/data/0.2.0.db");

/// `PRAGMA auto_vacuum`: freed pages stay in the file, or can be given back.
const NONE: i64 = 0;
const INCREMENTAL: i64 = 2;

fn released() -> TestDatabase {
    let database = TestDatabase::in_file();
    fs::write(database.file().unwrap(), RELEASED).unwrap();
    database
}

fn pragma(file: &Path, name: &str) -> i64 {
    Connection::open(file).unwrap().pragma_query_value(None, name, |row| row.get(0)).unwrap()
}

/// Returns all users with their metadata, and all identities with their profiles.
fn rows(file: &Path) -> Vec<String> {
    let connection = Connection::open(file).unwrap();
    let sql = "SELECT user_id || COALESCE(user_metadata, '') FROM users \
               UNION ALL SELECT provider || id || user_id || profile FROM identities ORDER BY 1";
    let mut statement = connection.prepare(sql).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

async fn insert_large(store: &Store, id: &str) {
    let mut large = user(&[id]);
    large.user_metadata.as_mut().unwrap().insert("large".to_owned(), "x".repeat(4 << 20).into());
    insert(store, &large).await.unwrap();
}

async fn delete(store: &Store, id: &str) {
    let id = model::UserId::new(id);
    let work = store.write::<_, Error, _>(move |unit| Box::pin(async move { unit.delete_user(&id).await }));
    work.await.unwrap();
}

#[tokio::test]
async fn a_file_of_an_earlier_version_becomes_smaller_after_deletions_once_it_was_served() {
    let database = released();
    let file = database.file().unwrap();
    assert_eq!(pragma(&file, "auto_vacuum"), NONE);
    // A command beside a server does not rewrite its file.
    open(&database).await.close().await;
    assert_eq!(pragma(&file, "auto_vacuum"), NONE);
    let before = rows(&file);
    let store = Store::open_for_server(database.address()).await.unwrap();
    assert_eq!(pragma(&file, "auto_vacuum"), INCREMENTAL);
    assert_eq!(rows(&file), before);
    let log = fs::metadata(format!("{}-wal", file.display())).unwrap().len();
    assert!(log < fs::metadata(&file).unwrap().len() / 2, "the log of {log} bytes is cut");
    insert_large(&store, "auth0|large").await;
    let largest = pragma(&file, "page_count");
    delete(&store, "auth0|large").await;
    // Some pages are given back behind each unit of work behind which none waits.
    let mut units = 0;
    while pragma(&file, "page_count") >= largest - 700 {
        units += 1;
        assert!(units < 10_000, "the file keeps its {largest} pages");
        delete(&store, "auth0|nobody").await;
    }
    store.close().await;
    drop(store);
    assert_eq!(rows(&file), before);
    let store = Store::open_for_server(database.address()).await.unwrap();
    assert!(find(&store, "auth0|65a000000000000000000001").await.is_some());
    store.close().await;
}

#[tokio::test]
async fn a_backup_of_a_file_of_an_earlier_version_is_one_that_can_become_smaller() {
    let database = released();
    let file = database.file().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (copy, restored) = (folder.path().join("copy.db"), folder.path().join("restored.db"));
    store::backup(&file, &copy, |_, _| ()).unwrap();
    store::restore(&copy, &restored, false, |_, _| ()).unwrap();
    for copy in [&copy, &restored] {
        assert_eq!((pragma(copy, "auto_vacuum"), rows(copy)), (INCREMENTAL, rows(&file)));
    }
    assert_eq!(pragma(&file, "auto_vacuum"), NONE);
    let store = Store::open_for_server(&format!("sqlite:{}", restored.display())).await.unwrap();
    assert!(find(&store, "auth0|65a000000000000000000001").await.is_some());
    store.close().await;
}

#[tokio::test]
async fn a_tenant_that_is_copied_does_not_keep_the_log_of_its_server_growing() {
    let (original, copy) = (TestDatabase::in_file(), TestDatabase::in_file());
    let store = Store::open_for_server(original.address()).await.unwrap();
    for id in ["auth0|1", "auth0|2"] {
        insert(&store, &user(&[id])).await.unwrap();
    }
    let file = original.file().unwrap();
    let busy = std::cell::RefCell::new(Vec::new());
    let copied = store::copy(original.address(), copy.address(), |_| {
        // What a server does while rows are copied: it writes, and moves what is in its log into the database.
        let writer = Connection::open(&file).unwrap();
        writer.busy_timeout(std::time::Duration::ZERO).unwrap();
        writer.execute("UPDATE users SET logins_count = logins_count + 1", []).unwrap();
        busy.borrow_mut().push(
            writer.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0)).unwrap(),
        );
    });
    assert_eq!(copied.await.unwrap().users, 2);
    assert!(busy.borrow().len() > 1 && busy.borrow().iter().all(|busy| *busy == 0), "{busy:?}");
    store.close().await;
    let copied = open(&copy).await;
    assert_eq!(find(&copied, "auth0|2").await.unwrap().logins_count, 0, "the copy is of one moment");
    copied.close().await;
    let beside: Vec<_> =
        fs::read_dir(file.parent().unwrap()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!beside.iter().any(|name| name.to_string_lossy().contains("migrating")), "{beside:?}");
}
