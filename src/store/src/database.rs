//! Opening a database, and handing out readers and units of work.

use std::path::PathBuf;
use std::sync::Arc;

use sqlx::any::AnyPoolOptions;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AnyConnection, AnyPool, Connection, Executor, SqlSafeStr};
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::damage::Damage;
use crate::database_file::{self, DatabaseFile};
use crate::error::Error;
use crate::unit::{Reader, Unit};
use crate::writer::{Command, Done, Job, Settle, Work, write_units};

/// The migrations in order. A released migration never changes.
const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "accounts and sign-in", include_str!("../migrations/0001_accounts_and_sign_in.sql")),
    (2, "refresh tokens", include_str!("../migrations/0002_refresh_tokens.sql")),
    (3, "finding and changing users", include_str!("../migrations/0003_finding_and_changing_users.sql")),
    (4, "links in mails", include_str!("../migrations/0004_links_in_mails.sql")),
    (5, "roles and permissions", include_str!("../migrations/0005_roles_and_permissions.sql")),
    (6, "row migrations", include_str!("../migrations/0006_row_migrations.sql")),
    (7, "pushed requests", include_str!("../migrations/0007_pushed_requests.sql")),
    (8, "client secrets", include_str!("../migrations/0008_client_secrets.sql")),
    (9, "finding by session", include_str!("../migrations/0009_finding_by_session.sql")),
    (10, "ticket options", include_str!("../migrations/0010_ticket_options.sql")),
    (11, "ends of tokens", include_str!("../migrations/0011_ends_of_tokens.sql")),
    (12, "proofs to link", include_str!("../migrations/0012_proofs_to_link.sql")),
    (13, "bounds of requests", include_str!("../migrations/0013_bounds_of_requests.sql")),
    (15, "fresh sign-in and consent", include_str!("../migrations/0015_fresh_sign_in_and_consent.sql")),
    (16, "clients of sessions", include_str!("../migrations/0016_clients_of_sessions.sql")),
];

/// The number of connections for reading. The writer has a connection of its own.
const READERS: u32 = 8;

/// The number of units of work that can wait. Further callers of [`Store::write`] wait for a free place.
const WAITING_UNITS: usize = 1024;

/// An open database. Clones share the connections.
#[derive(Clone, Debug)]
pub struct Store {
    readers: AnyPool,
    units: mpsc::Sender<Command>,
    writer: Arc<Mutex<Option<JoinHandle<()>>>>,
    file: Arc<DatabaseFile>,
    damage: Damage,
}

impl Store {
    /// Opens the database at `address`, creating and migrating it as needed.
    ///
    /// `sqlite:PATH` is a file; a relative path starts at the working directory. The file is in WAL mode with
    /// full synchronisation: acknowledged changes survive a killed process and a power failure. Only its owner
    /// can read it.
    ///
    /// # Errors
    /// [`Error::Address`] for any other address, [`Error::Database`] if the file cannot be opened, created
    /// or migrated, [`Error::File`] if it is read-only or belongs to another user, [`Error::Corrupt`] if it is damaged; then
    /// nothing is written to it.
    pub async fn open(address: &str) -> Result<Self, Error> {
        let path = address
            .strip_prefix("sqlite:")
            .map(|path| path.strip_prefix("//").unwrap_or(path))
            .filter(|path| !path.is_empty())
            .ok_or_else(|| Error::Address(address.to_owned()))?;
        // The driver decodes the path and reads options behind `?`, so these characters are encoded.
        let encoded = path.replace('%', "%25").replace('?', "%3F").replace('#', "%23");
        let url = format!("sqlite:{encoded}?mode=rwc");

        let path = std::path::absolute(path).unwrap_or_else(|_| PathBuf::from(path));
        database_file::prepare(&path)?;
        sqlx::any::install_default_drivers();
        // A pool retries until a timeout. A single connection reports at once that a file cannot be opened.
        let mut first = AnyConnection::connect(&url).await?;
        first.execute("PRAGMA journal_mode = WAL").await?;
        check_pages(&mut first).await?;
        first.close().await?;
        let writers = pool(1).connect(&url).await?;
        let migrations = MIGRATIONS.iter().map(|(version, description, sql)| {
            let simple = MigrationType::Simple;
            Migration::new(*version, (*description).into(), simple, sql.into_sql_str(), false)
        });
        Migrator::with_migrations(migrations.collect()).run(&writers).await?;
        let damage = Damage::default();
        let mut unit = Unit::new(writers.acquire().await?, damage.clone());
        unit.backfill_emails().await?;
        unit.migrate_rows().await?;
        // A database that cannot be changed fails here and not at the first change.
        unit.connection().execute("BEGIN IMMEDIATE").await?;
        unit.connection().execute("COMMIT").await?;

        // All readers are open from the start: one that is opened later would look for a file that may be gone by then.
        let existing = format!("sqlite:{encoded}?mode=rw");
        let readers = pool(READERS).min_connections(READERS).connect(&existing).await?;
        let (units, waiting) = mpsc::channel(WAITING_UNITS);
        let file = Arc::new(DatabaseFile::new(path));
        let writer = tokio::spawn(write_units(writers, unit, waiting, Arc::clone(&file), damage.clone()));
        Ok(Self { readers, units, writer: Arc::new(Mutex::new(Some(writer))), file, damage })
    }

    /// Returns a connection for reading.
    ///
    /// # Errors
    /// [`Error::Database`] if no connection is available.
    pub async fn read(&self) -> Result<Reader, Error> {
        Ok(Reader::new(self.readers.acquire().await?, self.damage.clone()))
    }

    /// Runs `work` as one unit of work.
    ///
    /// All of its changes are on disk when this returns `Ok`, and none of them when it returns `Err`. Units
    /// run one after the other. Units that wait at the same time share a commit, so that many of them cost
    /// little more than one.
    ///
    /// # Errors
    /// The error of `work`; [`Error::Database`] if the commit fails; [`Error::Corrupt`] once a statement has found the file
    /// damaged; [`Error::Closed`] if the store is closed or `work` panics.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'u> FnOnce(&'u mut Unit) -> Work<'u, T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (sender, outcome) = oneshot::channel();
        let job: Job = Box::new(move |unit| {
            Box::pin(async move {
                let result = work(unit).await;
                let keep = result.is_ok();
                let settle: Settle = Box::new(move |committed| {
                    // The caller may have been dropped. The change is kept.
                    let _ = sender.send(match committed {
                        Err(error) if keep => Err(error.into()),
                        _ => result,
                    });
                });
                Done { keep, settle }
            })
        });
        self.units.send(Command::Run(job)).await.map_err(|_| Error::Closed)?;
        // The writer drops what it refuses.
        outcome.await.map_err(|_| self.damage.check().err().unwrap_or(Error::Closed))?
    }

    /// Checks that changes can be made: that no statement found the file damaged, that the writer commits, that the files of
    /// the database are the ones that were opened, and that there is space.
    ///
    /// # Errors
    /// What [`write`](Self::write) would fail with; [`Error::Full`] before it does.
    pub async fn check(&self) -> Result<(), Error> {
        self.damage.check()?;
        self.file.check_space()?;
        self.write(|unit| Box::pin(async move { unit.check_schema().await })).await
    }

    /// Finishes the waiting units and closes the database. Later writes fail with [`Error::Closed`], later
    /// reads with [`Error::Database`]. Closing twice is harmless.
    pub async fn close(&self) {
        let Some(writer) = self.writer.lock().await.take() else { return };
        // Both fail only if the writer has stopped already.
        let _ = self.units.send(Command::Stop).await;
        let _ = writer.await;
        self.readers.close().await;
    }
}

impl Unit {
    /// Checks that the commits of other programs have left the tables as they are: reads the number of migrations.
    async fn check_schema(&mut self) -> Result<(), Error> {
        let (found,): (i64,) =
            sqlx::query_as("SELECT count(*) FROM _sqlx_migrations").fetch_one(self.connection()).await?;
        if usize::try_from(found).is_ok_and(|found| found >= MIGRATIONS.len()) {
            Ok(())
        } else {
            Err(Error::Damaged("list of migrations"))
        }
    }
}

/// Checks the pages of the file, before anything is written to it. It takes as long as to read the file once.
///
/// # Errors
/// [`Error::Corrupt`] with what is wrong in the log.
async fn check_pages(connection: &mut AnyConnection) -> Result<(), Error> {
    let (found,): (String,) = sqlx::query_as("PRAGMA quick_check(1)").fetch_one(connection).await?;
    if found == "ok" {
        return Ok(());
    }
    tracing::error!(found, "the database file is damaged");
    Err(Error::Corrupt)
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
