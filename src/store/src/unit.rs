//! Opening a database, asking it, and changing it in units of work that share commits.

use std::future::poll_fn;
use std::ops::{Deref, DerefMut};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use sqlx::any::AnyPoolOptions;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection, AnyPool, Connection, Executor, SqlSafeStr};
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::Error;

/// Every migration in order. A released one never changes.
const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "accounts and sign-in", include_str!("../migrations/0001_accounts_and_sign_in.sql")),
    (2, "refresh tokens", include_str!("../migrations/0002_refresh_tokens.sql")),
    (3, "finding and changing users", include_str!("../migrations/0003_finding_and_changing_users.sql")),
    (4, "links in mails", include_str!("../migrations/0004_links_in_mails.sql")),
];

/// Connections that answer questions; writing has one of its own.
const READERS: u32 = 8;

/// How many units of work one commit carries at most, so that the first of them does not wait for ever.
const UNITS_PER_COMMIT: usize = 256;

/// How many units of work may wait before further ones are held back.
const WAITING_UNITS: usize = 1024;

/// An open database. Clones share it.
#[derive(Clone, Debug)]
pub struct Store {
    readers: AnyPool,
    units: mpsc::Sender<Order>,
    writer: Arc<Mutex<Option<JoinHandle<()>>>>,
}

/// Asks questions of the rows.
#[derive(Debug)]
pub struct Reader {
    pub(crate) connection: PoolConnection<Any>,
}

/// Changes rows, all or none. It can ask everything that a [`Reader`] can, and sees its own changes.
#[derive(Debug)]
pub struct Unit {
    reader: Reader,
}

impl Deref for Unit {
    type Target = Reader;

    fn deref(&self) -> &Reader {
        &self.reader
    }
}

impl DerefMut for Unit {
    fn deref_mut(&mut self) -> &mut Reader {
        &mut self.reader
    }
}

impl Reader {
    pub(crate) fn connection(&mut self) -> &mut AnyConnection {
        &mut self.connection
    }
}

/// A unit of work as a future that borrows its unit: write `|unit| Box::pin(async move { … })`.
pub type Work<'u, T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'u>>;

/// Tells whoever waits how its unit ended, once the commit has succeeded or failed.
type Settle = Box<dyn FnOnce(Result<(), Error>) + Send>;

/// What a unit of work left behind: whether its changes stay, and whom to tell.
struct Done {
    keep: bool,
    settle: Settle,
}

/// What the writer is told to do.
enum Order {
    Run(Job),
    Stop,
}

type Job = Box<dyn for<'u> FnOnce(&'u mut Unit) -> Pin<Box<dyn Future<Output = Done> + Send + 'u>> + Send>;

impl Store {
    /// Opens the database at `address`, creating and migrating it as needed.
    ///
    /// `sqlite:PATH` is a file; a relative path starts at the working directory. The file is kept in WAL
    /// mode with full synchronisation: what was acknowledged survives a killed process and a lost power line.
    ///
    /// # Errors
    /// [`Error::Address`] for any other address, [`Error::Database`] when the file cannot be opened, created
    /// or migrated.
    pub async fn open(address: &str) -> Result<Self, Error> {
        let path = address
            .strip_prefix("sqlite:")
            .map(|path| path.strip_prefix("//").unwrap_or(path))
            .filter(|path| !path.is_empty())
            .ok_or_else(|| Error::Address(address.to_owned()))?;
        // The driver decodes the path and takes what follows `?` as options, so both are encoded.
        let encoded = path.replace('%', "%25").replace('?', "%3F").replace('#', "%23");
        let url = format!("sqlite:{encoded}?mode=rwc");

        sqlx::any::install_default_drivers();
        // A pool tries again and again before it gives up; what cannot be opened is told at once.
        let mut first = AnyConnection::connect(&url).await?;
        first.execute("PRAGMA journal_mode = WAL").await?;
        first.close().await?;
        let writers = pool(1).connect(&url).await?;
        let migrations = MIGRATIONS.iter().map(|(version, description, sql)| {
            let simple = MigrationType::Simple;
            Migration::new(*version, (*description).into(), simple, sql.into_sql_str(), false)
        });
        Migrator::with_migrations(migrations.collect()).run(&writers).await?;
        let mut unit = Unit { reader: Reader { connection: writers.acquire().await? } };
        unit.backfill_emails().await?;

        let readers = pool(READERS).connect(&url).await?;
        let (units, waiting) = mpsc::channel(WAITING_UNITS);
        let writer = tokio::spawn(write_units(writers, unit, waiting));
        Ok(Self { readers, units, writer: Arc::new(Mutex::new(Some(writer))) })
    }

    /// A connection for questions.
    ///
    /// # Errors
    /// [`Error::Database`] when none can be had.
    pub async fn read(&self) -> Result<Reader, Error> {
        Ok(Reader { connection: self.readers.acquire().await? })
    }

    /// Does `work` as one unit: all of its changes are on disk when this returns `Ok`, none of them when it
    /// returns `Err`. Units run one after the other; those that wait at the same time share a commit, so that
    /// many together cost little more than one.
    ///
    /// # Errors
    /// What `work` returns; or the store's own error when the commit fails, the store is closed or `work` panics.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'u> FnOnce(&'u mut Unit) -> Work<'u, T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (answer, outcome) = oneshot::channel();
        let job: Job = Box::new(move |unit| {
            Box::pin(async move {
                let result = work(unit).await;
                let keep = result.is_ok();
                let settle: Settle = Box::new(move |committed| {
                    // Whoever asked may have gone away; the change stands all the same.
                    let _ = answer.send(match committed {
                        Err(error) if keep => Err(error.into()),
                        _ => result,
                    });
                });
                Done { keep, settle }
            })
        });
        self.units.send(Order::Run(job)).await.map_err(|_| Error::Closed)?;
        outcome.await.map_err(|_| Error::Closed)?
    }

    /// Finishes the units that wait and closes the database. Later calls fail with [`Error::Closed`] or find
    /// no connection; calling it again does nothing.
    pub async fn close(&self) {
        let Some(writer) = self.writer.lock().await.take() else { return };
        // Neither can fail in a way that matters: without a writer there is nothing to stop.
        let _ = self.units.send(Order::Stop).await;
        let _ = writer.await;
        self.readers.close().await;
    }
}

fn pool(size: u32) -> AnyPoolOptions {
    AnyPoolOptions::new().max_connections(size).idle_timeout(None).max_lifetime(None).after_connect(
        |connection, _| {
            Box::pin(async move {
                for pragma in [
                    "PRAGMA journal_mode = WAL",
                    "PRAGMA synchronous = FULL",
                    "PRAGMA foreign_keys = ON",
                    "PRAGMA busy_timeout = 5000",
                ] {
                    connection.execute(pragma).await?;
                }
                Ok(())
            })
        },
    )
}

/// Runs units of work until it is told to stop: takes what waits, does it in one transaction with a
/// savepoint around each unit, commits, and only then tells anybody.
async fn write_units(writers: AnyPool, mut unit: Unit, mut waiting: mpsc::Receiver<Order>) {
    while let Some(order) = waiting.recv().await {
        let Order::Run(first) = order else {
            waiting.close();
            continue;
        };
        let (settled, outcome) = write_together(&mut unit, first, &mut waiting).await;
        if let Err(error) = &outcome {
            tracing::error!(error = error as &dyn std::error::Error, "a commit failed");
            let _ = execute(&mut unit, "ROLLBACK").await;
        }
        for settle in settled {
            settle(outcome.clone());
        }
    }
    drop(unit);
    writers.close().await;
}

async fn write_together(
    unit: &mut Unit,
    first: Job,
    waiting: &mut mpsc::Receiver<Order>,
) -> (Vec<Settle>, Result<(), Error>) {
    let mut settled = Vec::new();
    let mut outcome = execute(unit, "BEGIN IMMEDIATE").await;
    let mut next = Some(first);
    while let Some(job) = next {
        if outcome.is_ok() {
            outcome = execute(unit, "SAVEPOINT unit").await;
        }
        // Without a transaction the work must not run: it would commit by itself.
        if outcome.is_err() {
            drop(job);
            break;
        }
        let done = unbroken(job(unit)).await;
        let keep = done.as_ref().is_some_and(|done| done.keep);
        settled.extend(done.map(|done| done.settle));
        outcome = execute(unit, if keep { "RELEASE unit" } else { "ROLLBACK TO unit" }).await;
        next = match (settled.len() < UNITS_PER_COMMIT).then(|| waiting.try_recv()) {
            Some(Ok(Order::Run(job))) => Some(job),
            Some(Ok(Order::Stop)) => {
                waiting.close();
                None
            }
            _ => None,
        };
    }
    if outcome.is_ok() {
        outcome = execute(unit, "COMMIT").await;
    }
    (settled, outcome)
}

/// What `work` leaves behind; `None` when it panicked, which its own asker learns as [`Error::Closed`]: the writer goes
/// on for all others.
async fn unbroken(mut work: Pin<Box<dyn Future<Output = Done> + Send + '_>>) -> Option<Done> {
    poll_fn(|context| {
        let polled = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context)));
        polled.map_or(Poll::Ready(None), |polled| polled.map(Some))
    })
    .await
}

async fn execute(unit: &mut Unit, statement: &'static str) -> Result<(), Error> {
    unit.connection().execute(statement).await?;
    Ok(())
}
