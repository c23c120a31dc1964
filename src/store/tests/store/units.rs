//! Units of work, and opening the file.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;

use model::{Profile, UserId};
use store::{Error, Store, UserRow};
use test_database::TestDatabase;
use tokio::sync::{Notify, Semaphore};
use tokio_postgres::{Client, NoTls};

use crate::rows::{LATER, find, ids, insert, key, open, unlink, user};

#[tokio::test]
async fn a_failed_unit_does_not_undo_the_other_units_of_its_commit() {
    let database = TestDatabase::new();
    let store = open(&database).await;
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

/// Where a unit waits in its middle, so that others come meanwhile and share its commit.
#[derive(Clone)]
struct Gate {
    reached: Arc<Notify>,
    opened: Arc<Semaphore>,
}

impl Gate {
    fn new() -> Self {
        Self { reached: Arc::new(Notify::new()), opened: Arc::new(Semaphore::new(0)) }
    }

    /// Waits in a unit. A unit that runs again goes on at once.
    async fn wait(&self) {
        self.reached.notify_one();
        let _open = self.opened.acquire().await.unwrap();
    }

    /// Begins a unit, and returns once it waits.
    async fn begin<F: Future>(&self, mut unit: Pin<&mut F>) {
        assert!(is_pending(unit.as_mut()).await);
        self.reached.notified().await;
    }

    fn open(&self) {
        self.opened.add_permits(1);
    }
}

/// Inserts a user, counts how often the unit ran, and fails afterwards if `fails`.
fn insert_after_change(
    store: &Store,
    counted: &Arc<AtomicU32>,
    user_id: &'static str,
    fails: bool,
) -> impl Future<Output = Result<(), Error>> + use<> {
    let (store, counted) = (store.clone(), Arc::clone(counted));
    async move {
        store
            .write(move |unit| {
                Box::pin(async move {
                    counted.fetch_add(1, Ordering::Relaxed);
                    unit.insert_user(&user(&[user_id])).await?;
                    if fails { Err(Error::Damaged("attempt")) } else { Ok(()) }
                })
            })
            .await
    }
}

#[tokio::test]
async fn the_units_of_a_commit_run_once_more_if_one_fails_after_a_change_and_not_if_it_changed_nothing() {
    let database = TestDatabase::new();
    let store = open(&database).await;
    for (fails, runs) in [(false, 1), (true, 2)] {
        let gate = Gate::new();
        let waiting = gate.clone();
        let mut first = Box::pin(store.write::<_, Error, _>(move |unit| {
            Box::pin(async move {
                waiting.wait().await;
                unit.find_user(&UserId::new("auth0|none")).await?.map(|_| ()).ok_or(Error::Busy)
            })
        }));
        gate.begin(first.as_mut()).await;
        let (counted, ids) = (Arc::default(), [["auth0|1", "auth0|2"], ["auth0|3", "auth0|4"]]);
        let [before, after] = ids[usize::from(fails)];
        let mut second = Box::pin(insert_after_change(&store, &counted, before, false));
        let mut third = Box::pin(insert_after_change(&store, &Arc::default(), after, fails));
        assert!(is_pending(second.as_mut()).await && is_pending(third.as_mut()).await, "they share a commit");
        gate.open();
        assert!(matches!(first.await, Err(Error::Busy)), "it changed nothing");
        second.await.unwrap();
        assert_eq!(third.await.is_err(), fails);
        assert_eq!(counted.load(Ordering::Relaxed), runs);
        assert!(find(&store, before).await.is_some());
        assert_eq!(find(&store, after).await.is_none(), fails);
    }
}

/// A step of the units that share a commit.
#[derive(Clone, Copy)]
enum Step {
    Unlink,
    Link,
    Rename,
    Nothing,
}

/// Reads the user and takes a step with the identity `github|42`. Returns what was read.
async fn read_and_change(store: Store, reads: &'static str, step: Step) -> Result<Option<UserRow>, Error> {
    let reads = UserId::new(reads);
    let work = store.write_user(reads.clone(), move |unit| {
        Box::pin(async move {
            let Some(user) = unit.find_user(&reads).await? else { return Ok(None) };
            match step {
                Step::Unlink => _ = unit.unlink_identity(&user, &key("github|42"), LATER).await?,
                Step::Link => _ = unit.link_user(&reads, &UserId::new("github|42"), LATER).await?,
                Step::Rename => {
                    let profile = Profile::default().with("name", "Ada");
                    unit.update_profile(&reads.as_identity_key().unwrap(), &profile).await?;
                }
                Step::Nothing => {}
            }
            Ok(Some(user))
        })
    });
    work.await
}

#[tokio::test]
async fn a_unit_reads_what_the_units_before_it_in_its_commit_changed() {
    let database = TestDatabase::new();
    let store = open(&database).await;
    insert(&store, &user(&["auth0|1", "github|42", "github|43"])).await.unwrap();
    insert(&store, &user(&["auth0|2"])).await.unwrap();
    let gate = Gate::new();
    let waiting = gate.clone();
    let mut first = Box::pin(store.write::<_, Error, _>(move |unit| {
        Box::pin(async move {
            waiting.wait().await;
            unit.touch_user(&UserId::new("auth0|2"), LATER).await
        })
    }));
    gate.begin(first.as_mut()).await;
    let steps = [
        ("auth0|1", Step::Unlink),
        ("github|42", Step::Nothing),
        ("auth0|1", Step::Link),
        ("github|42", Step::Nothing),
        ("auth0|2", Step::Nothing),
        ("auth0|2", Step::Rename),
        ("auth0|1", Step::Unlink),
        ("auth0|2", Step::Nothing),
        ("auth0|1", Step::Nothing),
    ];
    let mut units: Vec<_> =
        steps.map(|(reads, step)| Box::pin(read_and_change(store.clone(), reads, step))).into();
    for unit in &mut units {
        assert!(is_pending(unit.as_mut()).await, "it shares the commit");
    }
    gate.open();
    first.await.unwrap();
    let mut read = Vec::new();
    for unit in units {
        let user = unit.await.unwrap();
        read.push(
            user.map(|user| format!("{}, {}", ids(&user).join(" "), user.profile.name().unwrap_or_default())),
        );
    }
    let expected = [
        Some("auth0|1 github|42 github|43, auth0|1"),
        Some("github|42, github|42"),
        Some("auth0|1 github|43, auth0|1"),
        None,
        Some("auth0|2, auth0|2"),
        Some("auth0|2, auth0|2"),
        Some("auth0|1 github|43 github|42, auth0|1"),
        Some("auth0|2, Ada"),
        Some("auth0|1 github|43, auth0|1"),
    ];
    assert_eq!(read, expected.map(|user| user.map(str::to_owned)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_that_panics_changes_nothing_and_does_not_stop_the_others() {
    let database = TestDatabase::new();
    let store = open(&database).await;
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
    let database = TestDatabase::new();
    let store = open(&database).await;
    insert(&store, &user(&["auth0|1", "github|42"])).await.unwrap();
    assert!(unlink(&store, "auth0|1", "github|42").await);
    store.close().await;
    assert!(matches!(insert(&store, &user(&["auth0|2"])).await, Err(Error::Closed)));

    let store = open(&database).await;
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
    let database = TestDatabase::in_file();
    let store = open(&database).await;
    insert(&store, &user(&["auth0|1"])).await.unwrap();
    store.close().await;
    let store = open(&database).await;
    // The first page, which every connection has read, stays. The write-ahead log has no pages yet.
    let file = database.file().unwrap();
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[4096..].fill(0xa5);
    std::fs::write(&file, &bytes).unwrap();
    let found = store.read().await.unwrap().find_user(&UserId::new("auth0|1")).await;
    assert!(matches!(found, Err(Error::Corrupt)), "{found:?}");
    assert!(matches!(insert(&store, &user(&["auth0|3"])).await, Err(Error::Corrupt)));
    assert!(matches!(store.check().await, Err(Error::Corrupt)));
    store.close().await;
    let before = std::fs::read(&file).unwrap();
    let opened = Store::open(database.address()).await;
    assert!(matches!(opened, Err(Error::Corrupt)), "{opened:?}");
    assert_eq!(std::fs::read(&file).unwrap(), before);
}

// attack: files
#[tokio::test]
async fn a_database_of_another_program_is_never_written_to() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("photos.db");
    let foreign = rusqlite::Connection::open(&path).unwrap();
    foreign.execute_batch("CREATE TABLE users (name TEXT); INSERT INTO users VALUES ('Ada')").unwrap();
    foreign.close().unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let before = std::fs::read(&path).unwrap();
    let address = format!("sqlite:{}", path.display());
    assert!(matches!(Store::open(&address).await, Err(Error::Foreign(_))));
    assert!(matches!(Store::open_for_server(&address).await, Err(Error::Foreign(_))));
    assert!(matches!(
        store::backup(&path, &folder.path().join("copy.db"), |_, _| ()),
        Err(Error::Foreign(_))
    ));
    assert!(std::fs::read(&path).unwrap() == before, "nothing was changed");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o644);
    let names = std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name());
    assert_eq!(names.collect::<Vec<_>>(), ["photos.db"]);
}

// attack: files
#[tokio::test]
async fn a_second_server_does_not_get_a_file_that_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let address = format!("sqlite:{}", folder.path().join("tenant.db").display());
    let first = Store::open_for_server(&address).await.unwrap();
    assert!(matches!(Store::open_for_server(&address).await, Err(Error::InUse(_))));
    // A program that changes something for the server, such as its keys, may.
    let beside = Store::open(&address).await.unwrap();
    insert(&beside, &user(&["auth0|1"])).await.unwrap();
    assert!(find(&first, "auth0|1").await.is_some());
    beside.close().await;
    first.close().await;
    drop(first);
    assert!(Store::open_for_server(&address).await.is_ok());
}

#[tokio::test]
async fn a_unit_whose_caller_has_gone_is_not_run() {
    let database = TestDatabase::new();
    let store = open(&database).await;
    let (began, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (beginning, released) = (Arc::clone(&began), Arc::clone(&go_on));
    let holding = store.clone();
    let first = tokio::spawn(async move {
        let hold = holding.write::<_, Error, _>(move |_| {
            Box::pin(async move {
                beginning.notify_one();
                released.notified().await;
                Ok(())
            })
        });
        hold.await
    });
    began.notified().await;
    let mut abandoned = Box::pin(insert_owned(store.clone(), user(&["auth0|1"])));
    assert!(is_pending(abandoned.as_mut()).await);
    drop(abandoned);
    go_on.notify_one();
    first.await.unwrap().unwrap();
    insert(&store, &user(&["auth0|2"])).await.unwrap();
    assert!(find(&store, "auth0|1").await.is_none());
}

/// Polls a future once.
async fn is_pending<F: Future>(mut future: Pin<&mut F>) -> bool {
    poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_pending())).await
}

async fn insert_owned(store: Store, user: UserRow) -> Result<(), Error> {
    insert(&store, &user).await
}

#[tokio::test]
async fn readers_of_single_rows_do_not_wait_for_those_that_read_through_all() {
    let database = TestDatabase::new();
    let store = open(&database).await;
    insert(&store, &user(&["auth0|1"])).await.unwrap();
    let scans = [store.scan().await.unwrap(), store.scan().await.unwrap()];
    let mut third = Box::pin(store.scan());
    assert!(is_pending(third.as_mut()).await, "no more than these at once");
    assert!(find(&store, "auth0|1").await.is_some());
    drop(scans);
    assert!(third.await.is_ok());
}

#[tokio::test]
async fn a_unit_that_could_not_begin_says_why() {
    let database = TestDatabase::in_file();
    let store = open(&database).await;
    let other = rusqlite::Connection::open(database.file().unwrap()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = insert(&store, &user(&["auth0|1"])).await;
    assert!(matches!(refused, Err(Error::Busy)), "{refused:?}");
}

/// Waits until a session on the server waits for a lock.
async fn wait_until_locked_out(watcher: &Client, session: i32) {
    let sql = "SELECT 1 FROM pg_stat_activity WHERE pid = $1 AND wait_event_type = 'Lock'";
    while watcher.query_opt(sql, &[&session]).await.unwrap().is_none() {}
}

async fn connect(database: &TestDatabase) -> Client {
    let (client, connection) = tokio_postgres::connect(database.address(), NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

#[tokio::test]
async fn the_units_of_a_commit_run_again_together_if_another_transaction_is_in_the_way() {
    let database = TestDatabase::new();
    // One program at a time writes to a file, so that nothing is in the way there.
    if database.file().is_some() {
        return;
    }
    let store = open(&database).await;
    for id in ["auth0|1", "auth0|2"] {
        insert(&store, &user(&[id])).await.unwrap();
    }
    // It has the row of one user and wants that of the other, as the unit does the other way round.
    let (other, watcher) = (Arc::new(connect(&database).await), Arc::new(connect(&database).await));
    let session: i32 = other.query_one("SELECT pg_backend_pid()", &[]).await.unwrap().get(0);
    let transaction = "SET deadlock_timeout = '1h'; BEGIN; \
                       UPDATE users SET blocked = 0 WHERE user_id = 'auth0|2'";
    other.batch_execute(transaction).await.unwrap();

    let gate = Gate::new();
    let waiting = gate.clone();
    let mut first = Box::pin(store.write::<_, Error, _>(move |unit| {
        Box::pin(async move {
            waiting.wait().await;
            unit.insert_user(&user(&["auth0|3"])).await
        })
    }));
    gate.begin(first.as_mut()).await;
    let runs = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&runs);
    let mut second = Box::pin(store.write::<_, Error, _>(move |unit| {
        Box::pin(async move {
            unit.touch_user(&UserId::new("auth0|1"), LATER).await?;
            if counted.fetch_add(1, Ordering::Relaxed) == 0 {
                let end = "UPDATE users SET blocked = 0 WHERE user_id = 'auth0|1'; COMMIT";
                tokio::spawn(async move { other.batch_execute(end).await });
                wait_until_locked_out(&watcher, session).await;
            }
            unit.touch_user(&UserId::new("auth0|2"), LATER).await
        })
    }));
    assert!(is_pending(second.as_mut()).await, "it waits for the first, and is of the same commit");
    gate.open();
    let (first, second) = (first.await, second.await);
    assert!(matches!((&first, &second), (Ok(()), Ok(true))), "{first:?} {second:?}");
    assert_eq!(runs.load(Ordering::Relaxed), 2);
    assert!(find(&store, "auth0|3").await.is_some());
    let touched = find(&store, "auth0|2").await.unwrap();
    assert_eq!((touched.updated_at, touched.blocked), (LATER, Some(false)));
}

#[tokio::test]
async fn the_pages_of_deleted_users_are_given_back_bit_by_bit() {
    let database = TestDatabase::in_file();
    let store = open(&database).await;
    let insert = store.write::<_, Error, _>(|unit| {
        Box::pin(async move {
            for number in 0..1000 {
                let mut user = user(&[&format!("auth0|{number}")]);
                user.profile = user.profile.with("about", "x".repeat(4000));
                unit.insert_user(&user).await?;
            }
            Ok(())
        })
    });
    insert.await.unwrap();
    let pages = || {
        let file = rusqlite::Connection::open(database.file().unwrap()).unwrap();
        file.query_row("PRAGMA page_count", [], |row| row.get::<_, i64>(0)).unwrap()
    };
    let full = pages();
    assert!(full > 1000);
    for number in 0..1000 {
        let id = UserId::new(format!("auth0|{number}"));
        let delete = store.write(move |unit| Box::pin(async move { unit.delete_user(&id).await }));
        assert!(delete.await.unwrap());
    }
    store.close().await;
    assert!(pages() < full / 2, "{} of {full}", pages());
}
