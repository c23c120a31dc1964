//! Users as those read them who look through all of them: a part of the columns, and texts that are read on demand.

use std::fmt;

use model::{Identity, Profile};
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};

use crate::columns::{bare_identity, profile_from_row};
use crate::error::Error;
use crate::profile_text::ProfileText;
use crate::query::query;
use crate::row::Row;
use crate::unit::Reader;
use crate::users::{COLUMNS, TABLES, UserRow, users_from_rows};

/// The number of identities with one of the [`Candidates`]' values up to which their users are found through the index: each chunk
/// looks up all of them.
const FEW: i64 = 1000;

/// A field by which users are found through an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CandidateField {
    /// The user id.
    UserId,
    /// The e-mail address of an identity, as [`fold_identifier`](crate::fold_identifier) returns it.
    Email,
    /// The id of an identity, with any provider.
    IdentityId,
    /// The connection of an identity.
    Connection,
}

/// A preselection of users: those with one of the values in a field. Except for the user id, the value can
/// belong to any identity of the user, so the caller checks which one it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidates {
    /// The field to compare.
    pub by: CandidateField,
    /// The values, compared exactly.
    pub values: Vec<String>,
}

/// What a scan reads of each user, besides the id and the root profile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScanColumns {
    /// The columns of the account: metadata, the block, times and counts.
    pub account: bool,
    /// The linked identities, and all columns of the primary one.
    pub identities: bool,
}

/// A user of a scan. What the scan did not read is [`Error::Damaged`].
#[derive(Debug)]
pub struct ScannedUser {
    /// The row of the primary identity, which also has the columns of the account.
    root: Row,
    linked: Vec<Row>,
}

/// The columns of an account, as those of [`UserRow`] with the same names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountColumns<'r> {
    /// Metadata that the user can change, JSON text.
    pub user_metadata: Option<&'r str>,
    /// Metadata that only applications can change, JSON text.
    pub app_metadata: Option<&'r str>,
    /// Whether sign-in is refused; `None` if never set.
    pub blocked: Option<bool>,
    /// The time of creation.
    pub created_at: i64,
    /// The time of the last change.
    pub updated_at: i64,
    /// The time of the last sign-in.
    pub last_login: Option<i64>,
    /// The IP address of the last sign-in.
    pub last_ip: Option<&'r str>,
    /// The number of sign-ins.
    pub logins_count: i64,
    /// The time of the last password change.
    pub last_password_reset: Option<i64>,
}

impl CandidateField {
    /// Returns the column of `identities`; `None` for that of `users`.
    fn column(self) -> Option<&'static str> {
        match self {
            Self::UserId => None,
            Self::Email => Some("email"),
            Self::IdentityId => Some("id"),
            Self::Connection => Some("connection"),
        }
    }
}

impl Candidates {
    /// Returns the condition on the column `user_id` to append, with the values from the third place on.
    fn condition(candidates: Option<&Self>, user_id: &str) -> String {
        let Some(candidates) = candidates else { return String::new() };
        let places = places(3, candidates.values.len());
        match candidates.by.column() {
            None => format!("AND {user_id} IN ({places})"),
            Some(column) => {
                format!("AND {user_id} IN (SELECT user_id FROM identities WHERE {column} IN ({places}))")
            }
        }
    }
}

fn places(first: usize, number: usize) -> String {
    let places: Vec<String> = (first..first + number).map(|place| format!("${place}")).collect();
    places.join(", ")
}

impl ScanColumns {
    fn sql(self, candidates: Option<&Candidates>) -> String {
        let user_id = if self.account { "u.user_id" } else { "i.user_id" };
        let mut columns = format!("{user_id}, i.provider, i.profile");
        let mut tables = "FROM identities i";
        if self.identities {
            columns += ", i.id, i.id_is_integer, i.connection, i.is_social";
        }
        if self.account {
            columns += ", u.user_metadata, u.app_metadata, u.blocked, u.created_at, u.updated_at, u.last_login, \
                        u.last_ip, u.logins_count, u.last_password_reset";
            tables = TABLES;
        }
        if self.identities {
            let page = page(candidates, user_id);
            format!("SELECT {columns} {tables} WHERE {page} ORDER BY {user_id}, i.position")
        } else {
            // The primary identity of every user is at the position 0: it can neither be unlinked nor moved.
            let condition = Candidates::condition(candidates, user_id);
            format!(
                "SELECT {columns} {tables} WHERE i.position = 0 AND {user_id} > $1 {condition} \
                 ORDER BY {user_id} LIMIT $2"
            )
        }
    }
}

/// Returns the condition that `user_id` is one of the `$2` users behind `$1`.
///
/// All users behind one another are a range: PostgreSQL reads it several times as fast as it looks up each of them.
fn page(candidates: Option<&Candidates>, user_id: &str) -> String {
    let condition = Candidates::condition(candidates, "user_id");
    let page = format!("SELECT user_id FROM users WHERE user_id > $1 {condition} ORDER BY user_id LIMIT $2");
    match candidates {
        None => format!("{user_id} > $1 AND {user_id} <= (SELECT MAX(user_id) FROM ({page}) AS page)"),
        Some(_) => format!("{user_id} IN ({page})"),
    }
}

impl Reader {
    /// Returns the first `limit` users with an id greater than `after` (`""` for the beginning), ordered by
    /// id; only `candidates` if given.
    ///
    /// # Errors
    /// [`Error::Database`] or [`Error::Damaged`].
    pub async fn scan_users(
        &mut self,
        candidates: Option<&Candidates>,
        after: &str,
        limit: u32,
    ) -> Result<Vec<UserRow>, Error> {
        let page = page(candidates, "u.user_id");
        let sql = format!("{COLUMNS} {TABLES} WHERE {page} ORDER BY u.user_id, i.position");
        users_from_rows(&self.scan_rows(&sql, candidates, after, limit).await?)
    }

    /// Returns users as [`Reader::scan_users`] does, with a part of their columns.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn scan_columns(
        &mut self,
        columns: ScanColumns,
        candidates: Option<&Candidates>,
        after: &str,
        limit: u32,
    ) -> Result<Vec<ScannedUser>, Error> {
        let rows = self.scan_rows(&columns.sql(candidates), candidates, after, limit).await?;
        let mut users: Vec<ScannedUser> = Vec::with_capacity(limit.min(1024) as usize);
        for row in rows {
            match users.last_mut() {
                Some(last) if last.user_id()? == row.get::<&str>("user_id")? => last.linked.push(row),
                _ => users.push(ScannedUser { root: row, linked: Vec::new() }),
            }
        }
        Ok(users)
    }

    async fn scan_rows(
        &mut self,
        sql: &str,
        candidates: Option<&Candidates>,
        after: &str,
        limit: u32,
    ) -> Result<Vec<Row>, Error> {
        let values = candidates.map_or(&[][..], |candidates| &candidates.values);
        if values.is_empty() && candidates.is_some() {
            // PostgreSQL knows no empty list.
            return Ok(Vec::new());
        }
        let mut query = query(sql).bind(after).bind(i64::from(limit));
        for value in values {
            query = query.bind(value);
        }
        query.fetch_all(self.connection()).await
    }

    /// Returns the candidates, or `None` if so many identities have one of the values that their users are found faster among all
    /// users than through the index. It takes a time that does not depend on their number.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn few_candidates(&mut self, candidates: Candidates) -> Result<Option<Candidates>, Error> {
        let Some(column) = candidates.by.column().filter(|_| !candidates.values.is_empty()) else {
            return Ok(Some(candidates));
        };
        let places = places(2, candidates.values.len());
        let sql = format!(
            "SELECT COUNT(*) AS found FROM \
             (SELECT 1 AS one FROM identities WHERE {column} IN ({places}) LIMIT $1) AS first_ones"
        );
        let mut query = query(sql).bind(FEW + 1);
        for value in &candidates.values {
            query = query.bind(value);
        }
        let found = query.fetch_one(self.connection()).await?.get::<i64>("found")?;
        Ok((found <= FEW).then_some(candidates))
    }
}

impl ScannedUser {
    /// Returns `provider|id` of the primary identity.
    ///
    /// # Errors
    /// [`Error::Damaged`], as of the other methods.
    pub fn user_id(&self) -> Result<&str, Error> {
        self.root.get("user_id")
    }

    /// Returns the provider of the primary identity.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn provider(&self) -> Result<&str, Error> {
        self.root.get("provider")
    }

    /// Returns all texts that were read of this user, as they are stored: ids, profiles and metadata in JSON.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.root).chain(&self.linked).flat_map(Row::texts)
    }

    /// Returns the attributes of the root profile with these names. The others are passed over.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn attributes(&self, is_wanted: impl Fn(&str) -> bool) -> Result<Profile, Error> {
        let mut text = serde_json::Deserializer::from_str(self.root.get("profile")?);
        let read = Attributes(is_wanted).deserialize(&mut text).and_then(|read| text.end().map(|()| read));
        read.map(Profile).map_err(|_| Error::Damaged("profile"))
    }

    /// Returns the length of all texts that were read of this user, in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.texts().map(str::len).sum()
    }

    /// Returns all identities, the primary first.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn identities(&self) -> Result<Vec<Identity<ProfileText>>, Error> {
        let linked = self.linked.iter().map(|row| {
            let profile_data = Some(profile_from_row(row)?);
            Ok(Identity { profile_data, ..bare_identity(row)? })
        });
        std::iter::once(bare_identity(&self.root)).chain(linked).collect()
    }

    /// Returns the columns of the account.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn account(&self) -> Result<AccountColumns<'_>, Error> {
        let row = &self.root;
        Ok(AccountColumns {
            user_metadata: row.get("user_metadata")?,
            app_metadata: row.get("app_metadata")?,
            blocked: row.get::<Option<i64>>("blocked")?.map(|blocked| blocked != 0),
            created_at: row.get("created_at")?,
            updated_at: row.get("updated_at")?,
            last_login: row.get("last_login")?,
            last_ip: row.get("last_ip")?,
            logins_count: row.get("logins_count")?,
            last_password_reset: row.get("last_password_reset")?,
        })
    }
}

/// Reads the entries of an object whose keys are wanted.
struct Attributes<F>(F);

impl<'de, F: Fn(&str) -> bool> DeserializeSeed<'de> for Attributes<F> {
    type Value = Map<String, Value>;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, F: Fn(&str) -> bool> Visitor<'de> for Attributes<F> {
    type Value = Map<String, Value>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut wanted = Map::new();
        while let Some(key) = entries.next_key_seed(Key(&self.0))? {
            match key {
                Some(key) => {
                    wanted.insert(key, entries.next_value()?);
                }
                None => {
                    entries.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(wanted)
    }
}

/// Reads a key; `None` if it is not wanted.
struct Key<'f, F>(&'f F);

impl<'de, F: Fn(&str) -> bool> DeserializeSeed<'de> for Key<'_, F> {
    type Value = Option<String>;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<F: Fn(&str) -> bool> Visitor<'_> for Key<'_, F> {
    type Value = Option<String>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok((self.0)(key).then(|| key.to_owned()))
    }
}
