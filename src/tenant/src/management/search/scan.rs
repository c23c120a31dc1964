//! Reading all users, chunk by chunk, and matching them.

use serde_json::Value;
use store::{Candidates, Reader, ScannedUser};

use super::condition::{Condition, Texts};
use super::projection::Projection;
use super::query::Query;
use crate::http::error::ApiError;

/// The number of users to read from the store first, and at most. As many are read at once as had [`CHUNK_BYTES`] before.
const FIRST_CHUNK: u32 = 100;
const CHUNK: u32 = 1000;
const CHUNK_BYTES: usize = 512 * 1024;

/// How much is matched before other requests have their turn, in bytes times clauses: a tenth of a millisecond or two.
const WORK_AT_ONCE: usize = 64 * 1024;

/// The number of clauses up to which looking for their letters takes less time than reading a user.
const CONDITIONS: usize = 32;

/// A scan through all users that can match a query.
#[derive(Debug)]
pub(super) struct Scan<'s> {
    reader: &'s mut Reader,
    query: &'s Query,
    clauses: usize,
    projection: Projection,
    condition: Option<Condition>,
    texts: Texts,
    candidates: Option<Candidates>,
    /// The number of users to read next, and at most.
    chunk: u32,
    largest_chunk: u32,
    after: String,
    work: usize,
}

impl<'s> Scan<'s> {
    /// Begins behind the user `after`.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) async fn begin(
        reader: &'s mut Reader,
        query: &'s Query,
        sort_key: Option<&str>,
        after: &str,
    ) -> Result<Self, ApiError> {
        let projection = Projection::of(query, sort_key);
        let candidates = match query.candidates() {
            // Most users can be of one connection.
            Some(candidates) => reader.few_candidates(candidates).await?,
            None => None,
        };
        let (chunk, largest_chunk, after) = (FIRST_CHUNK, CHUNK, after.to_owned());
        let clauses = query.clauses();
        let condition = if clauses <= CONDITIONS { Condition::of(query) } else { None };
        let texts = Texts::default();
        Ok(Self {
            reader,
            query,
            clauses,
            projection,
            condition,
            texts,
            candidates,
            chunk,
            largest_chunk,
            after,
            work: 0,
        })
    }

    /// Reads so many users at once at most.
    pub(super) fn at_most(mut self, users: u32) -> Self {
        self.largest_chunk = self.largest_chunk.min(users);
        self.chunk = self.chunk.min(users);
        self
    }

    /// Returns the next users, ordered by id, and whether they are the last ones.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) async fn next(&mut self) -> Result<(Vec<ScannedUser>, bool), ApiError> {
        let columns = self.projection.columns();
        // A store that answers at once lets nobody else have a turn.
        tokio::task::yield_now().await;
        let users =
            self.reader.scan_columns(columns, self.candidates.as_ref(), &self.after, self.chunk).await?;
        if let Some(last) = users.last() {
            last.user_id()?.clone_into(&mut self.after);
        }
        let is_last = users.len() < self.chunk as usize;
        let size = users.iter().map(ScannedUser::size).sum::<usize>() / users.len().max(1);
        let fitting = u32::try_from(CHUNK_BYTES / size.max(1)).unwrap_or(u32::MAX);
        self.chunk = fitting.max(1).min(self.largest_chunk);
        Ok((users, is_last))
    }

    /// Returns what the query and the order look at of a user, if the query matches it.
    ///
    /// # Errors
    /// When the stored row is damaged.
    pub(super) fn find(&mut self, user: &ScannedUser) -> Result<Option<Value>, ApiError> {
        if let Some(condition) = &self.condition {
            self.texts.read(user);
            if !condition.holds(&self.texts) {
                return Ok(None);
            }
        }
        let user = self.projection.of_user(user)?;
        Ok(self.query.matches(&user).then_some(user))
    }

    /// Lets other requests have their turn if matching took long since the last time. A query with many clauses over large profiles
    /// must not block them.
    pub(super) async fn pause(&mut self, user: &ScannedUser) -> bool {
        self.work += user.size().max(64) * self.clauses;
        let is_long = self.work > WORK_AT_ONCE;
        if is_long {
            self.work = 0;
            tokio::task::yield_now().await;
        }
        is_long
    }
}

#[cfg(test)]
mod tests;
