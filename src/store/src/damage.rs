//! Damage of the database file: noticed at any statement, and remembered, so that nothing is changed from then on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use futures_util::{TryFutureExt, TryStreamExt};
use sqlx::any::{Any, AnyQueryResult, AnyRow, AnyStatement, AnyTypeInfo};
use sqlx::{AnyConnection, Either, Execute, Executor, SqlStr};

use crate::error::{Error, is_damage};

/// Whether a statement found the file of the database damaged. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Damage(Arc<AtomicBool>);

impl Damage {
    /// Refuses a change once damage was found.
    ///
    /// # Errors
    /// [`Error::Corrupt`].
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.0.load(Ordering::Acquire) { Err(Error::Corrupt) } else { Ok(()) }
    }

    /// Remembers the error of a statement if it is about damage.
    fn note(&self, error: &sqlx::Error) {
        if is_damage(error) && !self.0.swap(true, Ordering::AcqRel) {
            tracing::error!(
                error = error as &dyn std::error::Error,
                "the database file is damaged: changes are refused from now on. Stop the server and put a backup in its place"
            );
        }
    }
}

/// A connection that notices damage, whatever statement is executed on it.
#[derive(Debug)]
pub(crate) struct Watched<'c> {
    pub(crate) connection: &'c mut AnyConnection,
    pub(crate) damage: &'c Damage,
}

impl<'c> Executor<'c> for Watched<'c> {
    type Database = Any;

    fn fetch_many<'e, 'q: 'e, E>(
        self,
        query: E,
    ) -> BoxStream<'e, Result<Either<AnyQueryResult, AnyRow>, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Any>,
    {
        let Self { connection, damage } = self;
        Box::pin(connection.fetch_many(query).inspect_err(|error| damage.note(error)))
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<AnyRow>, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Any>,
    {
        let Self { connection, damage } = self;
        Box::pin(connection.fetch_optional(query).inspect_err(|error| damage.note(error)))
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [AnyTypeInfo],
    ) -> BoxFuture<'e, Result<AnyStatement, sqlx::Error>>
    where
        'c: 'e,
    {
        let Self { connection, damage } = self;
        Box::pin(connection.prepare_with(sql, parameters).inspect_err(|error| damage.note(error)))
    }
}
