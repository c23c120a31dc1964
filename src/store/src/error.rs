//! The error of every operation of the store.

use std::path::PathBuf;
use std::sync::Arc;

use sqlx::migrate::MigrateError;

/// The error of an operation of the store. A missing row is not an error but `None`.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// A row with the same key exists already.
    #[error("a row with this key exists already")]
    Conflict,
    /// The address does not name a database that the store can open.
    #[error("cannot open \"{0}\": write sqlite:PATH")]
    Address(String),
    /// A stored value cannot be decoded: it was damaged, or written by another program.
    #[error("a stored {0} is unreadable")]
    Damaged(&'static str),
    /// The file of the database is damaged, or is no database.
    #[error(
        "the database file is damaged, so that nothing is changed. Stop the server and put a backup in its place"
    )]
    Corrupt,
    /// The database failed or is unreachable.
    #[error("the database failed")]
    Database(#[source] Arc<sqlx::Error>),
    /// A file of the database is read-only, belongs to another user or cannot be opened.
    #[error("{}: {}", .0.display(), .1)]
    File(PathBuf, String),
    /// A file of the database was deleted or replaced while it was open: no other program would find a change.
    #[error(
        "{} was deleted or replaced while it was open, so that changes are refused. Put it back, or start again",
        .0.display()
    )]
    Lost(PathBuf),
    /// There is little space left for the database.
    #[error("{} has {free} bytes of free space left", path.display())]
    Full {
        /// The database file.
        path: PathBuf,
        /// The free space in bytes.
        free: u64,
    },
    /// The store was closed while the unit of work waited, or the unit panicked.
    #[error("the store is closed")]
    Closed,
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(source) if source.is_unique_violation() => Self::Conflict,
            error if is_damage(error) => Self::Corrupt,
            _ => Self::Database(Arc::new(error)),
        }
    }
}

impl From<MigrateError> for Error {
    fn from(error: MigrateError) -> Self {
        sqlx::Error::from(error).into()
    }
}

/// Whether `SQLite` says that the file is damaged (`SQLITE_CORRUPT` and its extended codes) or no database
/// (`SQLITE_NOTADB`).
pub(crate) fn is_damage(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(source) => {
            let code = source.code().and_then(|code| code.parse::<u32>().ok());
            code.is_some_and(|code| matches!(code & 0xff, 11 | 26))
        }
        sqlx::Error::Migrate(source) => match source.as_ref() {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => is_damage(error),
            _ => false,
        },
        _ => false,
    }
}
