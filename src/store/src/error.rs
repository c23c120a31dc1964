//! What can go wrong with rows: a conflict that callers act on, or one opaque failure.

use std::sync::Arc;

/// Why the store did not do what it was asked. A row that is not there is no error but a `None`.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// A row with the same key exists already.
    #[error("a row with this key exists already")]
    Conflict,
    /// The address is none that the store opens.
    #[error("cannot open \"{0}\": write sqlite:PATH")]
    Address(String),
    /// A stored value cannot be read: it was written by something else, or damaged.
    #[error("a stored {0} is unreadable")]
    Damaged(&'static str),
    /// The database refused, or could not be reached.
    #[error("the database failed")]
    Database(#[source] Arc<sqlx::Error>),
    /// The store was closed while the work waited, or the work panicked.
    #[error("the store is closed")]
    Closed,
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(refusal) if refusal.is_unique_violation() => Self::Conflict,
            _ => Self::Database(Arc::new(error)),
        }
    }
}

impl From<sqlx::migrate::MigrateError> for Error {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        sqlx::Error::from(error).into()
    }
}
