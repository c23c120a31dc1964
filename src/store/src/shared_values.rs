//! Values that all servers of a tenant know for a while, such as counters of attempts. They are changed outside of units of
//! work, so that neither waits for the other, and the last ones may be lost with the database's machine.

use std::collections::HashMap;

use crate::database::Store;
use crate::engine::{Connection, Control};
use crate::error::Error;
use crate::query::query;

/// How often a change is tried, if other servers add the same value at the same time.
const ATTEMPTS: u32 = 5;

/// The key of a value: whose it is, and which of its values.
type Key = (String, String);

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedValue {
    /// The value, in a form of whoever shares it.
    pub value: String,
    /// The time from which on it is as good as none.
    pub until: i64,
}

impl Store {
    /// Changes the values of a kind with these keys at once, and returns what `change` does. It gets them in the order of the
    /// keys, and leaves `None` for one that is to be deleted. It runs again if another server has added one meanwhile.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Unavailable`]. Nothing is changed then.
    pub async fn update_shared_values<T>(
        &self,
        kind: &str,
        keys: &[Key],
        now: i64,
        change: impl Fn(&mut [Option<SharedValue>]) -> T,
    ) -> Result<T, Error> {
        let mut reader = self.read().await?;
        let connection = reader.connection();
        for _ in 0..ATTEMPTS {
            match update(connection, kind, keys, now, &change).await {
                Ok(Some(outcome)) => return Ok(outcome),
                Ok(None) | Err(Error::Serialization) => connection.control(Control::Rollback).await?,
                Err(error) => return Err(error),
            }
        }
        Err(Error::Busy)
    }

    /// Returns the values of a kind that are of `whole`, each with the second part of its key.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Unavailable`].
    pub async fn list_shared_values(
        &self,
        kind: &str,
        whole: &str,
        now: i64,
    ) -> Result<Vec<(String, SharedValue)>, Error> {
        let mut reader = self.read().await?;
        let sql = "SELECT part, value, until FROM shared_values \
                   WHERE kind = $1 AND whole = $2 AND until > $3 ORDER BY part";
        let rows = query(sql).bind(kind).bind(whole).bind(now).fetch_all(reader.connection()).await?;
        let value = |row: &crate::row::Row| {
            Ok((row.get("part")?, SharedValue { value: row.get("value")?, until: row.get("until")? }))
        };
        rows.iter().map(value).collect()
    }

    /// Deletes the values of a kind that are of `whole`.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Unavailable`].
    pub async fn remove_shared_values(&self, kind: &str, whole: &str) -> Result<(), Error> {
        let mut reader = self.read().await?;
        let delete = query("DELETE FROM shared_values WHERE kind = $1 AND whole = $2");
        delete.bind(kind).bind(whole).execute(reader.connection()).await?;
        Ok(())
    }

    /// Deletes the values of a kind that are as good as none, and those that are so next, so that at most `keep` remain. Values
    /// that somebody changes meanwhile stay until the next call.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Unavailable`].
    pub async fn trim_shared_values(&self, kind: &str, keep: usize, now: i64) -> Result<(), Error> {
        let mut reader = self.read().await?;
        let delete = query(
            "DELETE FROM shared_values WHERE kind = $1 AND (whole, part) IN (\
             SELECT whole, part FROM shared_values WHERE kind = $1 AND (until <= $2 OR until <= (\
             SELECT until FROM shared_values WHERE kind = $1 ORDER BY until DESC LIMIT 1 OFFSET $3)) \
             FOR UPDATE SKIP LOCKED)",
        );
        let keep = i64::try_from(keep).unwrap_or(i64::MAX);
        delete.bind(kind).bind(now).bind(keep).execute(reader.connection()).await?;
        Ok(())
    }
}

/// Returns `None` if another server has added one of the values meanwhile.
async fn update<T>(
    connection: &mut Connection,
    kind: &str,
    keys: &[Key],
    now: i64,
    change: impl Fn(&mut [Option<SharedValue>]) -> T,
) -> Result<Option<T>, Error> {
    connection.control(Control::BeginBrief).await?;
    let before = find(connection, kind, keys).await?;
    let current = keys.iter().map(|key| before.get(key).filter(|value| value.until > now).cloned());
    let mut values: Vec<_> = current.collect();
    let outcome = change(&mut values);
    if !replace(connection, kind, keys, &before, values).await? {
        return Ok(None);
    }
    connection.control(Control::Commit).await?;
    Ok(Some(outcome))
}

/// Returns the values that are stored, and locks them.
async fn find(
    connection: &mut Connection,
    kind: &str,
    keys: &[Key],
) -> Result<HashMap<Key, SharedValue>, Error> {
    let places: Vec<_> = (0..keys.len()).map(|key| format!("(${}, ${})", 2 * key + 2, 2 * key + 3)).collect();
    let sql = format!(
        "SELECT whole, part, value, until FROM shared_values WHERE kind = $1 AND (whole, part) IN ({}) \
         ORDER BY whole, part FOR UPDATE",
        places.join(", ")
    );
    let mut query = query(sql).bind(kind);
    for (whole, part) in keys {
        query = query.bind(whole).bind(part);
    }
    let rows = query.fetch_all(connection).await?;
    let value = |row: &crate::row::Row| {
        let value = SharedValue { value: row.get("value")?, until: row.get("until")? };
        Ok(((row.get("whole")?, row.get("part")?), value))
    };
    rows.iter().map(value).collect()
}

/// Stores what has changed. Returns `false` if another server has added one of the values meanwhile.
///
/// Rows are locked in the order of their keys, so that servers wait for each other and never in a circle.
async fn replace(
    connection: &mut Connection,
    kind: &str,
    keys: &[Key],
    before: &HashMap<Key, SharedValue>,
    values: Vec<Option<SharedValue>>,
) -> Result<bool, Error> {
    let mut changes: Vec<_> = keys.iter().zip(values).collect();
    changes.sort_by_key(|(key, _)| *key);
    for (key, value) in changes {
        let (sql, value) = match (before.get(key), value) {
            (Some(before), Some(value)) if *before == value => continue,
            (None, None) => continue,
            (Some(_), Some(value)) => (UPDATE, Some(value)),
            (None, Some(value)) => (INSERT, Some(value)),
            (Some(_), None) => (DELETE, None),
        };
        let mut statement = query(sql).bind(kind).bind(&key.0).bind(&key.1);
        let is_added = sql == INSERT;
        if let Some(SharedValue { value, until }) = value {
            statement = statement.bind(value).bind(until);
        }
        if !is_added {
            statement.send(connection).await?;
        } else if statement.execute(connection).await? == 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

const UPDATE: &str =
    "UPDATE shared_values SET value = $4, until = $5 WHERE kind = $1 AND whole = $2 AND part = $3";
const INSERT: &str = "INSERT INTO shared_values (kind, whole, part, value, until) VALUES ($1, $2, $3, $4, $5) \
     ON CONFLICT DO NOTHING";
const DELETE: &str = "DELETE FROM shared_values WHERE kind = $1 AND whole = $2 AND part = $3";
