//! The migrations: what the tables have become, in steps. A released migration never changes.

use crate::engine::{Connection, Control};
use crate::error::Error;
use crate::query::query;
use crate::row_migrations::Duplicates;
use crate::unit::Unit;

/// An engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

/// The migrations in order: version, name and statements.
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
    (17, "shared values", include_str!("../migrations/0017_shared_values.sql")),
];

/// What PostgreSQL needs beside them, before the first: the row that one server at a time locks to change others.
const POSTGRES_FIRST: &str = "CREATE TABLE IF NOT EXISTS unit_lock (holder BIGINT NOT NULL PRIMARY KEY); \
     INSERT INTO unit_lock (holder) VALUES (1) ON CONFLICT DO NOTHING; ";

/// The tables of which the oldest rows make room. `SQLite` numbers the rows of each table by itself, in a column of this name.
const NUMBERED: [&str; 3] = ["logins", "pushed_requests", "tickets"];

impl Unit {
    /// Makes the tables and rows what this version of the program needs, in one transaction. Other servers that start at the same
    /// time wait, and find nothing to do.
    ///
    /// # Errors
    /// [`Error::Newer`] if a newer version has changed them; otherwise those of the statements. Nothing is changed then.
    pub(crate) async fn migrate(&mut self, dialect: Dialect) -> Result<(), Error> {
        if dialect == Dialect::Postgres {
            create_lock(self.connection()).await?;
        }
        self.connection().control(Control::Begin).await?;
        match self.migrate_all(dialect).await {
            Ok(duplicates) => {
                self.connection().control(Control::Commit).await?;
                duplicates.report();
                Ok(())
            }
            Err(error) => {
                let _ = self.connection().control(Control::Rollback).await;
                Err(error)
            }
        }
    }

    async fn migrate_all(&mut self, dialect: Dialect) -> Result<Duplicates, Error> {
        run_missing(self.connection(), dialect).await?;
        self.connection().claim()?;
        self.backfill_emails().await?;
        self.migrate_rows().await
    }
}

/// Creates the lock itself. Two servers that start together on an empty database may both try, and one is refused by the keys
/// of the system's tables: it finds the table then.
async fn create_lock(connection: &mut Connection) -> Result<(), Error> {
    match connection.batch(POSTGRES_FIRST).await {
        Err(Error::Conflict | Error::Database(_)) => connection.batch(POSTGRES_FIRST).await,
        created => created,
    }
}

async fn run_missing(connection: &mut Connection, dialect: Dialect) -> Result<(), Error> {
    connection
        .batch("CREATE TABLE IF NOT EXISTS schema_migrations (version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL)")
        .await?;
    if dialect == Dialect::Sqlite {
        take_over(connection).await?;
    }
    let rows = query("SELECT version FROM schema_migrations ORDER BY version").fetch_all(connection).await?;
    let done: Vec<i64> = rows.iter().map(|row| row.get("version")).collect::<Result<_, _>>()?;
    if let Some(unknown) = done.iter().find(|done| !MIGRATIONS.iter().any(|(version, ..)| version == *done)) {
        return Err(Error::Newer(*unknown));
    }
    for (version, name, sql) in MIGRATIONS.iter().filter(|(version, ..)| !done.contains(version)) {
        connection.batch(&for_dialect(sql, dialect)).await?;
        query("INSERT INTO schema_migrations (version, name) VALUES ($1, $2)")
            .bind(*version)
            .bind(*name)
            .execute(connection)
            .await?;
    }
    Ok(())
}

/// Takes over the list of migrations that programs of before version 0.3 kept.
async fn take_over(connection: &mut Connection) -> Result<(), Error> {
    let former = query("SELECT name FROM sqlite_master WHERE type = 'table' AND name = '_sqlx_migrations'")
        .fetch_optional(connection)
        .await?;
    if former.is_some() {
        connection
            .batch(
                "INSERT INTO schema_migrations (version, name) \
                 SELECT version, description FROM _sqlx_migrations WHERE success; \
                 DROP TABLE _sqlx_migrations",
            )
            .await?;
    }
    Ok(())
}

/// Returns the statements of a migration for an engine.
///
/// PostgreSQL compares and orders texts byte by byte then, as `SQLite` does, whatever the language of the database is; and its
/// rows get the numbers that those of `SQLite` have.
fn for_dialect(sql: &str, dialect: Dialect) -> String {
    if dialect == Dialect::Sqlite {
        return sql.to_owned();
    }
    let mut sql = sql.replace(" TEXT", " TEXT COLLATE \"C\"");
    for table in NUMBERED {
        let (created, numbered) = (
            format!("CREATE TABLE {table} ("),
            format!("CREATE TABLE {table} (rowid BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY, "),
        );
        sql = sql.replace(&created, &numbered);
    }
    sql
}

/// Checks that the tables are as this program left them: that all migrations are in the list.
///
/// # Errors
/// [`Error::Damaged`].
pub(crate) async fn check(connection: &mut Connection) -> Result<(), Error> {
    let row = query("SELECT COUNT(*) AS done FROM schema_migrations").fetch_one(connection).await?;
    if usize::try_from(row.get::<i64>("done")?).is_ok_and(|done| done >= MIGRATIONS.len()) {
        Ok(())
    } else {
        Err(Error::Damaged("list of migrations"))
    }
}
