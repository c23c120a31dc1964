//! A connection to one of the two engines. Everything above this module is the same for both, except unlinking, which is one
//! statement on PostgreSQL.

mod control;
pub(crate) mod postgres;
mod postgres_tls;
pub(crate) mod sqlite;

use std::collections::HashMap;
use std::fmt::{self, Debug, Formatter};

use model::UserId;

use crate::damage::Damage;
use crate::database_file::DatabaseFile;
use crate::error::Error;
use crate::query::Query;
use crate::row::Row;
pub(crate) use control::Control;
use postgres::Postgres;
use sqlite::Sqlite;

/// A connection for statements.
///
/// The futures of the engine that waits are boxed, so that those of the other one stay small.
pub(crate) struct Connection {
    engine: Engine,
    damage: Damage,
    has_changed: bool,
    /// Accounts that were read for units to come, by their ids, with the rows as [`Connection::fetch_each`] returned them.
    read_ahead: HashMap<UserId, Vec<Row>>,
}

pub(crate) enum Engine {
    Sqlite(Sqlite),
    Postgres(Box<Postgres>),
}

impl Connection {
    pub(crate) fn new(engine: Engine, damage: Damage) -> Self {
        Self { engine, damage, has_changed: false, read_ahead: HashMap::new() }
    }

    pub(crate) fn damage(&self) -> &Damage {
        &self.damage
    }

    /// Returns whether the database is another process (PostgreSQL), which other servers may share: it may refuse a unit of work
    /// because of a concurrent one, and each statement costs a round trip.
    pub(crate) fn is_shared(&self) -> bool {
        matches!(self.engine, Engine::Postgres(_))
    }

    /// Whether a statement may have changed rows since the last call.
    pub(crate) fn take_change(&mut self) -> bool {
        std::mem::take(&mut self.has_changed)
    }

    /// Whether the engine undid the units of a transaction since the last call, because of another transaction or because a
    /// statement failed outside of a savepoint, so that all of them have to run again.
    pub(crate) fn take_conflict(&mut self) -> bool {
        match &mut self.engine {
            Engine::Sqlite(_) => false,
            Engine::Postgres(postgres) => postgres.take_conflict(),
        }
    }

    /// Whether the transaction that began is still there. A full disk makes SQLite undo it whole; PostgreSQL keeps it until its end,
    /// and says by a conflict that it failed.
    pub(crate) fn is_in_transaction(&self) -> bool {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.is_in_transaction(),
            Engine::Postgres(_) => true,
        }
    }

    /// Connects again, if the connection was lost.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub(crate) async fn restore(&mut self) -> Result<(), Error> {
        match &mut self.engine {
            Engine::Sqlite(_) => Ok(()),
            Engine::Postgres(postgres) => Box::pin(postgres.restore()).await,
        }
    }

    /// What was read ahead may be another thing now.
    fn note_change(&mut self) {
        self.has_changed = true;
        self.read_ahead.clear();
    }

    /// The accounts that were read ahead in this transaction and that nothing has changed since.
    pub(crate) fn read_ahead(&mut self) -> &mut HashMap<UserId, Vec<Row>> {
        &mut self.read_ahead
    }

    /// Executes statements that read, without waiting for the answer of one before the next is sent. Returns the rows of each, in
    /// their order.
    pub(crate) async fn fetch_each(&mut self, queries: Vec<Query<'_>>) -> Result<Vec<Vec<Row>>, Error> {
        let fetched = match &mut self.engine {
            Engine::Sqlite(sqlite) => sqlite.fetch_each(queries).await,
            Engine::Postgres(postgres) => Box::pin(postgres.fetch_each(&queries)).await,
        };
        fetched.inspect_err(|error| self.damage.note(error))
    }

    pub(crate) async fn fetch(&mut self, query: Query<'_>) -> Result<Vec<Row>, Error> {
        if !query.sql.starts_with("SELECT ") {
            self.note_change();
        }
        let fetched = match &mut self.engine {
            Engine::Sqlite(sqlite) => sqlite.fetch(query).await,
            Engine::Postgres(postgres) => Box::pin(postgres.fetch(&query)).await,
        };
        fetched.inspect_err(|error| self.damage.note(error))
    }

    pub(crate) async fn execute(&mut self, query: Query<'_>) -> Result<u64, Error> {
        let executed = match &mut self.engine {
            Engine::Sqlite(sqlite) => sqlite.execute(&query),
            Engine::Postgres(postgres) => Box::pin(postgres.execute(&query)).await,
        };
        if executed.as_ref().is_ok_and(|rows| *rows > 0) {
            self.note_change();
        }
        executed.inspect_err(|error| self.damage.note(error))
    }

    pub(crate) async fn send(&mut self, query: Query<'_>) -> Result<(), Error> {
        let sent = match &mut self.engine {
            Engine::Sqlite(sqlite) => sqlite.execute(&query).map(|_| ()),
            Engine::Postgres(postgres) => Box::pin(postgres.send(query.into_owned())).await,
        };
        self.note_change();
        sent.inspect_err(|error| self.damage.note(error))
    }

    pub(crate) async fn control(&mut self, control: Control) -> Result<(), Error> {
        if !matches!(control, Control::BeginUnit | Control::KeepUnit) {
            self.read_ahead.clear();
        }
        let done = match &mut self.engine {
            Engine::Sqlite(sqlite) => sqlite.control(control),
            Engine::Postgres(postgres) => Box::pin(postgres.control(control)).await,
        };
        done.inspect_err(|error| self.damage.note(error))
    }

    /// Executes several statements, without values.
    pub(crate) async fn batch(&mut self, sql: &str) -> Result<(), Error> {
        let done = match &mut self.engine {
            Engine::Sqlite(sqlite) => sqlite.batch(sql),
            Engine::Postgres(postgres) => Box::pin(postgres.batch(sql)).await,
        };
        done.inspect_err(|error| self.damage.note(error))
    }

    /// Writes into the database that it is this program's, if there is a place for that.
    pub(crate) fn claim(&mut self) -> Result<(), Error> {
        match &mut self.engine {
            Engine::Sqlite(sqlite) => sqlite.claim(),
            Engine::Postgres(_) => Ok(()),
        }
    }

    /// Rewrites the file of an earlier version, where the database is a file, as [`Sqlite::rewrite_old_file`] says.
    pub(crate) fn rewrite_old_file(&mut self, file: &DatabaseFile) {
        if let Engine::Sqlite(sqlite) = &mut self.engine {
            sqlite.rewrite_old_file(file);
        }
    }

    /// Uses idle time: gives freed pages back to the file system.
    pub(crate) fn tidy(&mut self) {
        if let Engine::Sqlite(sqlite) = &mut self.engine {
            sqlite.tidy();
        }
    }
}

impl Query<'_> {
    pub(crate) async fn fetch_all(self, connection: &mut Connection) -> Result<Vec<Row>, Error> {
        connection.fetch(self).await
    }

    pub(crate) async fn fetch_optional(self, connection: &mut Connection) -> Result<Option<Row>, Error> {
        Ok(connection.fetch(self).await?.into_iter().next())
    }

    /// Returns the first row of a statement that always has one.
    pub(crate) async fn fetch_one(self, connection: &mut Connection) -> Result<Row, Error> {
        self.fetch_optional(connection).await?.ok_or(Error::Damaged("row"))
    }

    /// Returns the number of rows that the statement changed.
    pub(crate) async fn execute(self, connection: &mut Connection) -> Result<u64, Error> {
        connection.execute(self).await
    }

    /// Executes a statement of a unit of work whose number of rows nobody needs. Where the database is on another machine, this
    /// does not wait for its answer: an error is that of the next statement, or of the commit.
    pub(crate) async fn send(self, connection: &mut Connection) -> Result<(), Error> {
        connection.send(self).await
    }
}

impl Debug for Connection {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self.engine {
            Engine::Sqlite(_) => "Connection(SQLite)",
            Engine::Postgres(_) => "Connection(PostgreSQL)",
        })
    }
}
