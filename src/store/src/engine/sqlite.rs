//! `SQLite`, in the thread that asks.
//!
//! A statement takes microseconds and never waits for another thread. What can take long, a search through all users, is
//! executed on a thread for blocking work: see [`Sqlite::for_scans`].

use std::ops::DerefMut;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::types::ValueRef;
use rusqlite::{CachedStatement, Connection, OpenFlags};

use super::control::Control;
use crate::database_file::DatabaseFile;
use crate::error::Error;
use crate::query::Query;
use crate::row::{Row, Rows};
use crate::value::Value;

/// How long a statement waits for another program that writes to the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The number of statements that a connection keeps prepared. The store has fewer.
const PREPARED: usize = 256;

/// The size that the write-ahead log is cut to once its changes are in the database.
const WAL_BYTES: i64 = 16 * 1024 * 1024;

/// The memory of the writer for pages, in KiB, used as they come. A change writes to pages all over the file, and reading each of
/// them anew is a call of the system.
const WRITER_CACHE: i64 = 16 * 1024;

/// The number of free pages that are left in the file, because the next rows take them.
const FREE_PAGES: i64 = 256;

/// The number of free pages that are given back at once, so that no unit of work waits long.
const PAGES_AT_ONCE: i64 = 256;

/// A connection that is owned, or taken from the pool until it is dropped.
pub(crate) type Held = Box<dyn DerefMut<Target = Connection> + Send>;

/// A connection to a file.
pub(crate) struct Sqlite {
    /// `None` while a thread for blocking work has it.
    connection: Option<Held>,
    is_for_scans: bool,
}

/// What says that a file is a database of this program (`PRAGMA application_id`): four letters.
const APPLICATION_ID: i64 = 0x4c6b_4163;

/// The size up to which the pages of a file are checked before anything is served. Reading more takes longer than a start may;
/// damage is noticed by the statement that meets it, too.
const CHECKED_BYTES: u64 = 256 * 1024 * 1024;

/// The size up to which a server rewrites a file of before version 0.3 when it starts: that takes a second or two.
const REWRITTEN_BYTES: u64 = 256 * 1024 * 1024;

/// How many times the size of the file has to be free to rewrite it: a copy is made, and written into the log.
const SPACE_TO_REWRITE: u64 = 3;

/// The value of `PRAGMA auto_vacuum` with which freed pages can be given back.
const INCREMENTAL: i64 = 2;

/// Refuses the file at `path` if it is another program's. Nothing about it is changed then, its mode neither.
///
/// # Errors
/// [`Error::Foreign`], or [`Error::Corrupt`] if the file is no database.
pub(crate) fn refuse_foreign(path: &Path) -> Result<(), Error> {
    if !path.metadata().is_ok_and(|file| file.is_file() && file.len() > 0) {
        return Ok(());
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let checked = Connection::open_with_flags(path, flags)
        .map_err(Error::from)
        .and_then(|file| check_owner(&file, path));
    match checked {
        Err(error @ (Error::Foreign(_) | Error::Corrupt)) => Err(error),
        // What else is wrong with it is found, and said, when it is opened for writing.
        _ => Ok(()),
    }
}

/// Checks that the file at `path` is a database of this program with something in it.
///
/// # Errors
/// [`Error::Foreign`].
pub(crate) fn check_is_database(path: &Path) -> Result<(), Error> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    if check_owner(&connection, path)? { Err(Error::Foreign(path.display().to_string())) } else { Ok(()) }
}

/// Opens the file at `path`, and creates it if there is none.
///
/// # Errors
/// [`Error::Database`] if it cannot be opened or created, [`Error::Foreign`] if it is another program's, [`Error::Corrupt`] if it
/// is damaged. Nothing has been written to it then.
pub(crate) fn open(path: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    let is_new = check_owner(&connection, path)?;
    if is_new {
        // Freed pages can be given back one by one. This has an effect before the first page is written only.
        connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    } else if path.metadata().is_ok_and(|file| file.len() <= CHECKED_BYTES) {
        check_pages(&connection)?;
    }
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    // A negative number is one of KiB.
    connection.pragma_update(None, "cache_size", -WRITER_CACHE)?;
    configure(&connection)?;
    Ok(connection)
}

/// Opens a file that is open already, for reading.
///
/// # Errors
/// [`Error::Database`].
pub(crate) fn open_existing(path: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    configure(&connection)?;
    Ok(connection)
}

/// Checks that a file is a database of this program, or none yet. Returns whether it is none yet. Releases before version 0.3
/// wrote no id.
fn check_owner(connection: &Connection, path: &Path) -> Result<bool, Error> {
    let id: i64 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if id == APPLICATION_ID {
        return Ok(false);
    }
    let count = |condition: &str| -> Result<i64, Error> {
        let sql = format!("SELECT COUNT(*) FROM sqlite_master WHERE {condition}");
        Ok(connection.query_row(&sql, [], |row| row.get(0))?)
    };
    let is_new = count("TRUE")? == 0;
    let is_released =
        count("type = 'table' AND name IN ('_sqlx_migrations', 'users', 'identities', 'credentials')")? == 4;
    if id == 0 && (is_new || is_released) {
        Ok(is_new)
    } else {
        Err(Error::Foreign(path.display().to_string()))
    }
}

/// Checks the pages of the file. It takes as long as to read the file once.
pub(crate) fn check_pages(connection: &Connection) -> Result<(), Error> {
    let found: String = connection.pragma_query_value(None, "quick_check", |row| row.get(0))?;
    if found == "ok" {
        return Ok(());
    }
    tracing::error!(found, "the database file is damaged");
    Err(Error::Corrupt)
}

/// Sets what every connection needs: each commit is on disk before it is acknowledged.
fn configure(connection: &Connection) -> Result<(), Error> {
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    connection.pragma_update_and_check(None, "journal_size_limit", WAL_BYTES, |_| Ok(()))?;
    // The query planner stability guarantee: a prepared statement is not planned again for other bound values.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(PREPARED);
    Ok(())
}

impl Sqlite {
    pub(crate) fn new(connection: Held) -> Self {
        Self { connection: Some(connection), is_for_scans: false }
    }

    /// Like [`Sqlite::new`], with each statement on a thread for blocking work.
    pub(crate) fn for_scans(connection: Held) -> Self {
        Self { connection: Some(connection), is_for_scans: true }
    }

    fn connection(&self) -> Result<&Connection, Error> {
        // It is missing after a thread for blocking work has panicked.
        self.connection.as_ref().map(|held| &***held).ok_or(Error::Closed)
    }

    pub(super) async fn fetch(&mut self, query: Query<'_>) -> Result<Vec<Row>, Error> {
        if !self.is_for_scans {
            return fetch(self.connection()?, &query);
        }
        let (connection, query) = (self.connection.take().ok_or(Error::Closed)?, query.into_owned());
        let work = tokio::task::spawn_blocking(move || {
            let rows = fetch(&connection, &query);
            (connection, rows)
        });
        let (connection, rows) = work.await.map_err(|_| Error::Closed)?;
        self.connection = Some(connection);
        rows
    }

    pub(super) async fn fetch_each(&mut self, queries: Vec<Query<'_>>) -> Result<Vec<Vec<Row>>, Error> {
        let mut answers = Vec::with_capacity(queries.len());
        for query in queries {
            answers.push(self.fetch(query).await?);
        }
        Ok(answers)
    }

    pub(super) fn execute(&mut self, query: &Query<'_>) -> Result<u64, Error> {
        let mut statement = prepare(self.connection()?, query)?;
        Ok(u64::try_from(statement.raw_execute()?).unwrap_or(u64::MAX))
    }

    pub(super) fn control(&mut self, control: Control) -> Result<(), Error> {
        let connection = self.connection()?;
        let run = |sql| -> Result<(), Error> {
            connection.prepare_cached(sql)?.execute([])?;
            Ok(())
        };
        match control {
            Control::Begin | Control::BeginBrief => run("BEGIN IMMEDIATE"),
            Control::BeginSnapshot => run("BEGIN"),
            Control::BeginUnit => run("SAVEPOINT unit"),
            Control::KeepUnit => run("RELEASE unit"),
            Control::UndoUnit => run("ROLLBACK TO unit").and_then(|()| run("RELEASE unit")),
            Control::Commit => run("COMMIT"),
            Control::Rollback if connection.is_autocommit() => Ok(()),
            Control::Rollback => run("ROLLBACK"),
        }
    }

    pub(super) fn is_in_transaction(&self) -> bool {
        self.connection().is_ok_and(|connection| !connection.is_autocommit())
    }

    pub(super) fn batch(&mut self, sql: &str) -> Result<(), Error> {
        Ok(self.connection()?.execute_batch(sql)?)
    }

    /// Writes into the file that it is this program's.
    pub(super) fn claim(&mut self) -> Result<(), Error> {
        let connection = self.connection()?;
        let id: i64 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
        if id != APPLICATION_ID {
            connection.pragma_update(None, "application_id", APPLICATION_ID)?;
        }
        Ok(())
    }

    /// Rewrites a file of before version 0.3, if it is small and there is space, so that its freed pages can be given back. A file
    /// for which that fails is served as it is.
    pub(super) fn rewrite_old_file(&mut self, file: &DatabaseFile) {
        let rewritten = self.connection().and_then(|connection| {
            if can_shrink(connection)? {
                return Ok(());
            }
            let size = file.size();
            if size > REWRITTEN_BYTES || !file.has_space_for(size.saturating_mul(SPACE_TO_REWRITE)) {
                tracing::info!(size, "the database file does not become smaller when rows are deleted: a backup of it that is restored does");
                return Ok(());
            }
            rewrite(connection)?;
            // The log is as large as the file. Nobody else has it open, or it is cut later.
            connection.pragma_update_and_check(None, "wal_checkpoint", "TRUNCATE", |_| Ok(()))?;
            tracing::info!(size, "rewrote the database file, which becomes smaller when rows are deleted from now on");
            Ok(())
        });
        if let Err(error) = rewritten {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the database file was not rewritten and is served as it is"
            );
        }
    }

    pub(super) fn tidy(&mut self) {
        let given_back = self.connection().and_then(give_pages_back);
        if let Err(error) = given_back {
            tracing::debug!(error = &error as &dyn std::error::Error, "free pages stay in the file");
        }
    }
}

/// Returns whether the freed pages of a file can be given back.
///
/// # Errors
/// [`Error::Database`].
pub(crate) fn can_shrink(connection: &Connection) -> Result<bool, Error> {
    let mode: i64 = connection.pragma_query_value(None, "auto_vacuum", |row| row.get(0))?;
    Ok(mode == INCREMENTAL)
}

/// Rewrites a file as one whose freed pages can be given back. It is the one or the other whenever the program is stopped.
///
/// # Errors
/// [`Error::Database`], such as without space for the copy. The file is as it was then.
pub(crate) fn rewrite(connection: &Connection) -> Result<(), Error> {
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    Ok(connection.execute_batch("VACUUM")?)
}

/// Gives some of the free pages back to the file system, if there are many.
fn give_pages_back(connection: &Connection) -> Result<(), Error> {
    let free: i64 = connection.pragma_query_value(None, "freelist_count", |row| row.get(0))?;
    if free > FREE_PAGES {
        let sql = format!("PRAGMA incremental_vacuum({PAGES_AT_ONCE})");
        // It gives one page back at each step.
        let mut statement = connection.prepare(&sql)?;
        let mut steps = statement.raw_query();
        while steps.next()?.is_some() {}
    }
    Ok(())
}

/// Prepares a statement and binds its values. `SQLite` numbers `$1` and `$2` in the order in which a statement has them, so the
/// values follow the names.
fn prepare<'c>(connection: &'c Connection, query: &Query<'_>) -> Result<CachedStatement<'c>, Error> {
    let mut statement = connection.prepare_cached(&query.sql)?;
    for place in 1..=statement.parameter_count() {
        let number = statement.parameter_name(place).and_then(|name| name[1..].parse::<usize>().ok());
        let value = number.and_then(|number| query.values.get(number - 1));
        match value.ok_or(Error::Damaged("statement"))? {
            Value::Text(text) => statement.raw_bind_parameter(place, text.as_deref())?,
            Value::Integer(number) => statement.raw_bind_parameter(place, number)?,
        }
    }
    Ok(statement)
}

fn fetch(connection: &Connection, query: &Query<'_>) -> Result<Vec<Row>, Error> {
    let mut statement = prepare(connection, query)?;
    let mut found = Rows::new(statement.column_names());
    let mut rows = statement.raw_query();
    while let Some(values) = rows.next()? {
        for place in 0..found.width() {
            match values.get_ref(place)? {
                ValueRef::Null => found.push_null(),
                ValueRef::Integer(number) => found.push_integer(number),
                ValueRef::Text(text) => {
                    found.push_text(std::str::from_utf8(text).map_err(|_| Error::Damaged("text"))?);
                }
                ValueRef::Real(_) | ValueRef::Blob(_) => return Err(Error::Damaged("value")),
            }
        }
    }
    Ok(found.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_rewritten_is_served_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = DatabaseFile::at(&folder.path().join("old.db"));
        let connection = Connection::open(file.path()).unwrap();
        connection
            .execute_batch("CREATE TABLE kept (one BIGINT); INSERT INTO kept VALUES (1); BEGIN")
            .unwrap();
        let mut sqlite = Sqlite::new(Box::new(Box::new(connection)));
        // Within a transaction SQLite refuses to rewrite it.
        sqlite.rewrite_old_file(&file);
        sqlite.batch("COMMIT").unwrap();
        assert!(!can_shrink(sqlite.connection().unwrap()).unwrap());
        sqlite.batch("INSERT INTO kept VALUES (2)").unwrap();
        sqlite.rewrite_old_file(&file);
        assert!(can_shrink(sqlite.connection().unwrap()).unwrap());
        check_pages(sqlite.connection().unwrap()).unwrap();
    }
}
