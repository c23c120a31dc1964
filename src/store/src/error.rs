//! The error of every operation of the store.

use std::path::PathBuf;
use std::sync::Arc;

use rusqlite::ffi::{
    SQLITE_BUSY, SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE, SQLITE_CORRUPT, SQLITE_FULL,
    SQLITE_LOCKED, SQLITE_NOTADB,
};
use tokio_postgres::error::SqlState;

/// The error of an operation of the store. A missing row is not an error but `None`.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// A row with the same key exists already.
    #[error("a row with this key exists already")]
    Conflict,
    /// The address does not name a database that the store can open.
    #[error("cannot open \"{0}\": write sqlite:PATH or postgres://USER@HOST/DATABASE")]
    Address(String),
    /// A stored value cannot be decoded: it was damaged, or written by another program.
    #[error("a stored {0} is unreadable")]
    Damaged(&'static str),
    /// The database is damaged, or its file is no database.
    #[error(
        "the database is damaged, so that nothing is changed. Stop the server and put a backup in its place"
    )]
    Corrupt,
    /// The database refused a statement.
    #[error("the database failed")]
    Database(#[source] Cause),
    /// The database cannot be reached, or the connection to it was lost.
    #[error("the database cannot be reached")]
    Unavailable(#[source] Cause),
    /// The certificate of the database is of no known authority, or of another host.
    #[error(
        "the certificate of the database is not trusted. Name the file of its authority by sslrootcert=FILE in the address, or write \
         sslmode=disable if nobody else can reach the way to it"
    )]
    Untrusted(#[source] Cause),
    /// The database has too much to do, or another program holds its locks.
    #[error("the database is busy")]
    Busy,
    /// Transactions of other servers were in the way, each time that the change was tried.
    #[error("changes by other servers were in the way")]
    Serialization,
    /// A newer version of the program has changed the tables. Contains the number of its migration.
    #[error("a newer version of this program has changed the database (migration {0}): start that version")]
    Newer(i64),
    /// The database belongs to another program.
    #[error("{0} is a database of another program, so that nothing is written to it")]
    Foreign(String),
    /// Another server has the database open.
    #[error("{} is open in another server: one server serves a file. For several servers use PostgreSQL", .0.display())]
    InUse(PathBuf),
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
    /// There was no space left for a change.
    #[error("there is no space left for the database")]
    NoSpace,
    /// The store was closed while the unit of work waited, or the unit panicked.
    #[error("the store is closed")]
    Closed,
}

impl Error {
    /// Whether the same may succeed a little later without anybody's help: the database has too much to do, has no space, or cannot
    /// be reached.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Busy
            | Self::Serialization
            | Self::Unavailable(_)
            | Self::Untrusted(_)
            | Self::Full { .. }
            | Self::NoSpace
            | Self::Closed => true,
            Self::Conflict
            | Self::Address(_)
            | Self::Damaged(_)
            | Self::Corrupt
            | Self::Database(_)
            | Self::Newer(_)
            | Self::Foreign(_)
            | Self::InUse(_)
            | Self::File(..)
            | Self::Lost(_) => false,
        }
    }
}

/// The error of the database's driver behind an [`Error`].
pub type Cause = Arc<dyn std::error::Error + Send + Sync>;

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        let code = error.sqlite_error().map(|error| error.extended_code);
        match (code, code.map(|code| code & 0xff)) {
            (Some(SQLITE_CONSTRAINT_PRIMARYKEY | SQLITE_CONSTRAINT_UNIQUE), _) => Self::Conflict,
            (_, Some(SQLITE_CORRUPT | SQLITE_NOTADB)) => Self::Corrupt,
            (_, Some(SQLITE_BUSY | SQLITE_LOCKED)) => Self::Busy,
            (_, Some(SQLITE_FULL)) => Self::NoSpace,
            _ => Self::Database(Arc::new(error)),
        }
    }
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(state) = error.code() else {
            // Without an answer of the server: the connection.
            let is_untrusted = is_certificate_error(&error);
            return if is_untrusted {
                Self::Untrusted(Arc::new(error))
            } else {
                Self::Unavailable(Arc::new(error))
            };
        };
        match *state {
            SqlState::UNIQUE_VIOLATION => Self::Conflict,
            SqlState::DATA_CORRUPTED | SqlState::INDEX_CORRUPTED => Self::Corrupt,
            SqlState::DISK_FULL => Self::NoSpace,
            SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED => Self::Serialization,
            SqlState::LOCK_NOT_AVAILABLE | SqlState::QUERY_CANCELED | SqlState::TOO_MANY_CONNECTIONS => {
                Self::Busy
            }
            // A database that was the primary and is a copy now refuses changes by 25006.
            SqlState::READ_ONLY_SQL_TRANSACTION
            | SqlState::ADMIN_SHUTDOWN
            | SqlState::CRASH_SHUTDOWN
            | SqlState::CANNOT_CONNECT_NOW
            | SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT => Self::Unavailable(Arc::new(error)),
            ref state if state.code().starts_with("08") => Self::Unavailable(Arc::new(error)),
            _ => Self::Database(Arc::new(error)),
        }
    }
}

fn is_certificate_error(error: &tokio_postgres::Error) -> bool {
    let handshake = std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<std::io::Error>());
    let refusal = handshake.and_then(std::io::Error::get_ref).and_then(|cause| cause.downcast_ref());
    matches!(refusal, Some(rustls::Error::InvalidCertificate(_)))
}
