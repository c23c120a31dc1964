//! Copying a tenant whole from one database to another, of either engine.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use crate::backup::backup;
use crate::database::{Opening, file_of, open_unit};
use crate::database_file;
use crate::engine::Control;
use crate::error::Error;
use crate::query::{Query, query};
use crate::row::Row;
use crate::unit::{Reader, Unit};
use crate::value::Value;

/// A table: its name, and the columns by which its rows are ordered.
struct Table {
    name: &'static str,
    key: &'static [&'static str],
}

const fn table(name: &'static str, key: &'static [&'static str]) -> Table {
    Table { name, key }
}

/// All tables that belong to a tenant. One stands behind those that it refers to.
const TABLES: [Table; 21] = [
    table("signing_keys", &["kid"]),
    table("tenant_secrets", &["purpose"]),
    table("client_secrets", &["client_id"]),
    table("row_migrations", &["name"]),
    table("users", &["user_id"]),
    table("identities", &["provider", "id"]),
    table("credentials", &["connection", "login"]),
    table("user_roles", &["user_id", "role_id"]),
    table("user_permissions", &["user_id", "api", "permission"]),
    table("consents", &["id"]),
    table("sessions", &["digest"]),
    table("session_clients", &["sid", "client_id"]),
    table("codes", &["digest"]),
    table("refresh_families", &["family"]),
    table("refresh_tokens", &["digest"]),
    table("access_tokens", &["digest"]),
    table("client_assertions", &["digest"]),
    table("link_proofs", &["digest"]),
    // The oldest of these make room, so that they keep their order.
    table("logins", &["rowid"]),
    table("pushed_requests", &["rowid"]),
    table("tickets", &["rowid"]),
];

/// The number of rows that are read at once.
const ROWS: i64 = 500;

/// What was copied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Copied {
    /// The number of users.
    pub users: u64,
    /// The number of rows of all tables.
    pub rows: u64,
}

/// Why a tenant was not copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The database to copy to has another tenant.
    #[error("the database to copy to has a tenant of its own, which would be lost: it was not changed")]
    OtherTenant,
    /// The copy has other rows than the original. Contains the name of the table.
    #[error("the copy of the table {0} differs from the original: nothing was copied")]
    Different(&'static str),
    /// A database failed.
    #[error("a database failed")]
    Store(#[from] Error),
}

/// Copies the tenant of the database at `from` to that at `to`, and compares both. A copy of before is replaced. `progress` is called with the number of
/// rows that were copied.
///
/// What is copied is what `from` has at one moment, also while a server changes it; and `to` has all of it afterwards, or is
/// as it was. `to` is made or migrated as at a start, and so is a `from` that is no file.
///
/// The rows of a file are read from a [`backup`] of it, which is made beside it in seconds and deleted afterwards: as long as
/// somebody reads the file as it was at one moment, the write-ahead log of its server grows with each change.
///
/// # Errors
/// [`CopyError`]. Nothing was changed then.
pub async fn copy(from: &str, to: &str, progress: impl Fn(u64)) -> Result<Copied, CopyError> {
    let copied_file = file_of(from).map(|path| TemporaryCopy::of(&path)).transpose()?;
    let from = copied_file.as_ref().map_or(from, |copy| &copy.address);
    let (mut source, _) = open_unit(from, Opening::Shared).await?;
    let (mut target, _) = open_unit(to, Opening::Alone).await?;
    source.connection().control(Control::BeginSnapshot).await?;
    target.connection().control(Control::Begin).await?;
    let copied = copy_all(&mut source, &mut target, progress).await;
    let end = if copied.is_ok() { Control::Commit } else { Control::Rollback };
    let ended = target.connection().control(end).await;
    source.connection().control(Control::Rollback).await?;
    let copied = copied?;
    ended?;
    Ok(copied)
}

/// A copy of a database file, which is deleted when this is dropped.
struct TemporaryCopy {
    path: PathBuf,
    address: String,
}

impl TemporaryCopy {
    /// Copies the file at `path` to a place beside it, with all that was committed.
    ///
    /// # Errors
    /// As of [`backup`].
    fn of(path: &Path) -> Result<Self, Error> {
        let beside = database_file::beside(path, "-migrating");
        let address = format!("sqlite:{}", beside.display());
        let copy = Self { path: beside, address };
        // What a program that was killed left.
        copy.delete();
        backup(path, &copy.path, |_, _| ())?;
        Ok(copy)
    }

    fn delete(&self) {
        for suffix in ["", "-wal", "-shm", "-journal"] {
            // Most of them are not there.
            let _ = std::fs::remove_file(database_file::beside(&self.path, suffix));
        }
    }
}

impl Drop for TemporaryCopy {
    fn drop(&mut self) {
        self.delete();
    }
}

async fn copy_all(
    source: &mut Reader,
    target: &mut Unit,
    progress: impl Fn(u64),
) -> Result<Copied, CopyError> {
    if !is_same_tenant(source, target).await? {
        return Err(CopyError::OtherTenant);
    }
    for table in TABLES.iter().rev() {
        query(format!("DELETE FROM {}", table.name)).send(target.connection()).await?;
    }
    let mut copied = Copied::default();
    for table in &TABLES {
        let (mut place, mut digest) = (None, DefaultHasher::new());
        let mut number = 0;
        loop {
            let rows = table.rows_after(source, place.as_deref()).await?;
            let Some(last) = rows.last() else { break };
            place = Some(table.key_of(last)?);
            for row in &rows {
                hash(row, &mut digest);
                table.insert(row).send(target.connection()).await?;
            }
            number += rows.len() as u64;
            copied.rows += rows.len() as u64;
            progress(copied.rows);
        }
        if table.digest(target).await? != (number, digest.finish()) {
            return Err(CopyError::Different(table.name));
        }
        if table.name == "users" {
            copied.users = number;
        }
    }
    Ok(copied)
}

/// Whether a database has no tenant yet, or a copy of the same one: the keys that sign its tokens say so.
async fn is_same_tenant(source: &mut Reader, target: &mut Unit) -> Result<bool, Error> {
    if !target.has_users().await? && target.list_signing_keys().await?.is_empty() {
        return Ok(true);
    }
    let keys = source.list_signing_keys().await?;
    Ok(target.list_signing_keys().await?.iter().any(|key| keys.iter().any(|other| other.kid == key.kid)))
}

impl Table {
    async fn rows_after(
        &self,
        reader: &mut Reader,
        place: Option<&[Value<'static>]>,
    ) -> Result<Vec<Row>, Error> {
        let key = self.key.join(", ");
        let columns = if self.key == ["rowid"] { "rowid, *" } else { "*" };
        let name = self.name;
        let page = match place {
            None => query(format!("SELECT {columns} FROM {name} ORDER BY {key} LIMIT $1")).bind(ROWS),
            Some(place) => {
                let places: Vec<String> = (2..2 + place.len()).map(|number| format!("${number}")).collect();
                let sql = format!(
                    "SELECT {columns} FROM {name} WHERE ({key}) > ({}) ORDER BY {key} LIMIT $1",
                    places.join(", ")
                );
                place.iter().fold(query(sql).bind(ROWS), |page, value| page.bind(value.clone()))
            }
        };
        page.fetch_all(reader.connection()).await
    }

    fn key_of(&self, row: &Row) -> Result<Vec<Value<'static>>, Error> {
        self.key.iter().map(|column| row.value(column).ok_or(Error::Damaged("key"))).collect()
    }

    fn insert(&self, row: &Row) -> Query<'static> {
        // A value that is left out is NULL, whatever the type of its column is.
        let is_set = |column: &&str| *column != "rowid" && row.value(column).is_some();
        let columns: Vec<&str> = row.columns().filter(is_set).collect();
        let places: Vec<String> = (1..=columns.len()).map(|number| format!("${number}")).collect();
        let sql =
            format!("INSERT INTO {} ({}) VALUES ({})", self.name, columns.join(", "), places.join(", "));
        columns.iter().filter_map(|column| row.value(column)).fold(query(sql), Query::bind)
    }

    /// Returns the number of rows, and what tells them from others.
    async fn digest(&self, reader: &mut Reader) -> Result<(u64, u64), Error> {
        let (mut place, mut digest, mut number) = (None, DefaultHasher::new(), 0);
        loop {
            let rows = self.rows_after(reader, place.as_deref()).await?;
            let Some(last) = rows.last() else { return Ok((number, digest.finish())) };
            place = Some(self.key_of(last)?);
            for row in &rows {
                hash(row, &mut digest);
            }
            number += rows.len() as u64;
        }
    }
}

/// Hashes the values of a row, whatever the order of its columns is.
fn hash(row: &Row, digest: &mut DefaultHasher) {
    let mut columns: Vec<&str> = row.columns().filter(|column| *column != "rowid").collect();
    columns.sort_unstable();
    for column in columns {
        column.hash(digest);
        match row.value(column) {
            Some(Value::Text(text)) => text.hash(digest),
            Some(Value::Integer(number)) => number.hash(digest),
            None => 0_u8.hash(digest),
        }
    }
}
