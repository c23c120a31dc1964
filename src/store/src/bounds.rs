//! Bounds for rows that people who are not known yet can add: the oldest make room.

use crate::error::Error;
use crate::query::query;
use crate::unit::Unit;

/// How many rows of a table are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// For one browser.
    pub per_browser: u32,
    /// For one network.
    pub per_network: u32,
    /// In all.
    pub in_all: u32,
}

impl Unit {
    /// Deletes the oldest rows of `table`, so that at most `keep` remain of those that match `condition`. The
    /// condition is SQL of the caller; `$1` in it is `value`.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub(crate) async fn keep_newest(
        &mut self,
        table: &'static str,
        (condition, value): (&'static str, &str),
        keep: u32,
    ) -> Result<(), Error> {
        let sql = format!(
            "DELETE FROM {table} WHERE digest IN (SELECT digest FROM {table} WHERE {condition} \
             ORDER BY rowid DESC LIMIT 9223372036854775807 OFFSET $2)"
        );
        query(sql).bind(value).bind(i64::from(keep)).send(self.connection()).await?;
        Ok(())
    }
}
