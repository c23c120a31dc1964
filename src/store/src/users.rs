//! Users and, with each, all of its identities.

use model::{ConnectionName, Identity, IdentityId, IdentityKey, Metadata, Profile, Provider, UserId};
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use crate::{Error, Reader, Unit};

/// A user as it is stored. The root profile is apart from the identities; the primary carries no
/// `profile_data`, every other identity does.
#[derive(Clone, Debug, PartialEq)]
pub struct UserRow {
    /// `provider|id` of the primary identity.
    pub user_id: UserId,
    /// The primary identity's own attributes, without derived defaults.
    pub profile: Profile,
    /// The primary identity first, the others in the order in which they were linked.
    pub identities: Vec<Identity>,
    /// What the person may change.
    pub user_metadata: Option<Metadata>,
    /// What only the application may change.
    pub app_metadata: Option<Metadata>,
    /// Whether sign-in is refused; `None` while it was never set.
    pub blocked: Option<bool>,
    /// When the account came to be.
    pub created_at: i64,
    /// When the account last changed.
    pub updated_at: i64,
    /// When somebody last signed in.
    pub last_login: Option<i64>,
    /// From where.
    pub last_ip: Option<String>,
    /// How often somebody signed in.
    pub logins_count: i64,
    /// When a password was last changed by hand.
    pub last_password_reset: Option<i64>,
}

/// By what users can be found without looking at everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CandidateField {
    /// The user's own id.
    UserId,
    /// The e-mail address of one of the identities, in lower case.
    Email,
    /// The id of one of the identities, whatever its provider.
    IdentityId,
    /// The connection of one of the identities.
    Connection,
}

/// Users who may be the ones looked for: those with one of the values. Where a value may belong to any identity,
/// the caller looks at which one it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidates {
    /// What is compared.
    pub by: CandidateField,
    /// With what, exactly.
    pub values: Vec<String>,
}

/// What users can be put in order by; those that are equal in it follow in the order of their ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// By id.
    UserId,
    /// By when the account came to be.
    CreatedAt,
    /// By when it last changed.
    UpdatedAt,
    /// By the last sign-in; those who never signed in count as the earliest.
    LastLogin,
    /// By the number of sign-ins.
    LoginsCount,
}

impl UserRow {
    /// A user whose account comes to be at `now`: without metadata and without past.
    #[must_use]
    pub fn new(user_id: UserId, profile: Profile, identities: Vec<Identity>, now: i64) -> Self {
        Self {
            user_id,
            profile,
            identities,
            user_metadata: None,
            app_metadata: None,
            blocked: None,
            created_at: now,
            updated_at: now,
            last_login: None,
            last_ip: None,
            logins_count: 0,
            last_password_reset: None,
        }
    }
}

const COLUMNS: &str = "SELECT u.user_id, u.user_metadata, u.app_metadata, u.blocked, u.created_at, \
     u.updated_at, u.last_login, u.last_ip, u.logins_count, u.last_password_reset, \
     i.provider, i.id, i.id_is_integer, i.connection, i.is_social, i.profile \
     FROM users u JOIN identities i ON i.user_id = u.user_id";

impl Reader {
    /// The user with this id, or `None`. One statement, so that the identities are those of one moment.
    ///
    /// # Errors
    /// [`Error::Database`] or [`Error::Damaged`].
    pub async fn find_user(&mut self, user_id: &UserId) -> Result<Option<UserRow>, Error> {
        let sql = format!("{COLUMNS} WHERE u.user_id = $1 ORDER BY i.position");
        let rows =
            sqlx::query(AssertSqlSafe(sql)).bind(user_id.as_str()).fetch_all(self.connection()).await?;
        user_from_rows(&rows)
    }

    /// The user whom this identity opens, as primary or as linked one.
    ///
    /// # Errors
    /// [`Error::Database`] or [`Error::Damaged`].
    pub async fn find_user_by_identity(&mut self, key: &IdentityKey) -> Result<Option<UserRow>, Error> {
        let sql = format!(
            "{COLUMNS} WHERE u.user_id = (SELECT user_id FROM identities WHERE provider = $1 AND id = $2) \
             ORDER BY i.position"
        );
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(key.provider.as_str())
            .bind(key.user_id.as_str())
            .fetch_all(self.connection())
            .await?;
        user_from_rows(&rows)
    }

    /// Users in the order of their ids, at most `limit` from behind `after` on, which `""` puts at the start;
    /// with `candidates` only those.
    ///
    /// # Errors
    /// [`Error::Database`] or [`Error::Damaged`].
    pub async fn scan_users(
        &mut self,
        candidates: Option<&Candidates>,
        after: &str,
        limit: u32,
    ) -> Result<Vec<UserRow>, Error> {
        let values = candidates.map_or(&[][..], |candidates| &candidates.values);
        let places: Vec<String> = (3..3 + values.len()).map(|place| format!("${place}")).collect();
        let places = places.join(", ");
        let narrowed = match candidates.map(|candidates| candidates.by) {
            None => String::new(),
            Some(CandidateField::UserId) => format!("AND user_id IN ({places})"),
            Some(by) => {
                let column = match by {
                    CandidateField::Email => "email",
                    CandidateField::Connection => "connection",
                    CandidateField::UserId | CandidateField::IdentityId => "id",
                };
                format!("AND user_id IN (SELECT user_id FROM identities WHERE {column} IN ({places}))")
            }
        };
        let sql = format!(
            "{COLUMNS} WHERE u.user_id IN (SELECT user_id FROM users WHERE user_id > $1 {narrowed} \
             ORDER BY user_id LIMIT $2) ORDER BY u.user_id, i.position"
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).bind(after).bind(i64::from(limit));
        for value in values {
            query = query.bind(value);
        }
        users_from_rows(&query.fetch_all(self.connection()).await?)
    }

    /// Everybody in an order, at most `limit` after the first `offset`.
    ///
    /// # Errors
    /// [`Error::Database`] or [`Error::Damaged`].
    pub async fn list_users(
        &mut self,
        order: Order,
        descending: bool,
        limit: u32,
        offset: u32,
    ) -> Result<Vec<UserRow>, Error> {
        let column = match order {
            Order::UserId => "u.user_id",
            Order::CreatedAt => "u.created_at",
            Order::UpdatedAt => "u.updated_at",
            Order::LastLogin => "COALESCE(u.last_login, 0)",
            Order::LoginsCount => "u.logins_count",
        };
        let direction = if descending { "DESC" } else { "ASC" };
        let sql = format!(
            "{COLUMNS} WHERE u.user_id IN (SELECT u.user_id FROM users u \
             ORDER BY {column} {direction}, u.user_id LIMIT $1 OFFSET $2) \
             ORDER BY {column} {direction}, u.user_id, i.position"
        );
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(i64::from(limit))
            .bind(i64::from(offset))
            .fetch_all(self.connection())
            .await?;
        users_from_rows(&rows)
    }

    /// How many users there are.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn count_users(&mut self) -> Result<u64, Error> {
        let row = sqlx::query("SELECT COUNT(*) AS users FROM users").fetch_one(self.connection()).await?;
        Ok(u64::try_from(row.try_get::<i64, _>("users")?).unwrap_or(0))
    }

    /// Whether there is any user at all.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn has_users(&mut self) -> Result<bool, Error> {
        Ok(sqlx::query("SELECT 1 FROM users LIMIT 1").fetch_optional(self.connection()).await?.is_some())
    }
}

impl Unit {
    /// Adds a user with all of its identities.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the user or one of the identities exists already, anywhere.
    pub async fn insert_user(&mut self, user: &UserRow) -> Result<(), Error> {
        self.insert_account(user).await?;
        for (position, identity) in user.identities.iter().enumerate() {
            let profile = if position == 0 { Some(&user.profile) } else { identity.profile_data.as_ref() };
            let profile = profile.cloned().unwrap_or_default();
            sqlx::query(
                "INSERT INTO identities (provider, id, id_is_integer, user_id, position, connection, \
                 is_social, profile, email) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            )
            .bind(identity.provider.as_str())
            .bind(identity.user_id.as_str())
            .bind(i64::from(identity.user_id.is_integer()))
            .bind(user.user_id.as_str())
            .bind(i64::try_from(position).unwrap_or(i64::MAX))
            .bind(identity.connection.as_str())
            .bind(i64::from(identity.is_social))
            .bind(to_json(&profile, "profile")?)
            .bind(folded_email(&profile))
            .execute(self.connection())
            .await?;
        }
        Ok(())
    }

    /// Adds the row of the account alone; its identities are the caller's to move or insert.
    pub(crate) async fn insert_account(&mut self, user: &UserRow) -> Result<(), Error> {
        sqlx::query(
            "INSERT INTO users (user_id, user_metadata, app_metadata, blocked, created_at, updated_at, \
             last_login, last_ip, logins_count, last_password_reset) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(user.user_id.as_str())
        .bind(metadata_to_json(user.user_metadata.as_ref())?)
        .bind(metadata_to_json(user.app_metadata.as_ref())?)
        .bind(user.blocked.map(i64::from))
        .bind(user.created_at)
        .bind(user.updated_at)
        .bind(user.last_login)
        .bind(user.last_ip.as_deref())
        .bind(user.logins_count)
        .bind(user.last_password_reset)
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Writes back what may change of an account: both metadata, the block, and the times of the change and of
    /// the last new password. `false` when there is no such user.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn update_account(&mut self, user: &UserRow) -> Result<bool, Error> {
        let updated = sqlx::query(
            "UPDATE users SET user_metadata = $2, app_metadata = $3, blocked = $4, updated_at = $5, \
             last_password_reset = $6 WHERE user_id = $1",
        )
        .bind(user.user_id.as_str())
        .bind(metadata_to_json(user.user_metadata.as_ref())?)
        .bind(metadata_to_json(user.app_metadata.as_ref())?)
        .bind(user.blocked.map(i64::from))
        .bind(user.updated_at)
        .bind(user.last_password_reset)
        .execute(self.connection())
        .await?;
        Ok(updated.rows_affected() > 0)
    }

    /// Signs a user out everywhere: ends the sessions, codes, refresh families and opaque tokens that any of its
    /// identities began.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn sign_out(&mut self, user_id: &UserId) -> Result<(), Error> {
        for table in ["sessions", "codes", "refresh_families", "access_tokens"] {
            let sql = format!(
                "DELETE FROM {table} WHERE (provider, id) IN \
                 (SELECT provider, id FROM identities WHERE user_id = $1)"
            );
            sqlx::query(AssertSqlSafe(sql)).bind(user_id.as_str()).execute(self.connection()).await?;
        }
        Ok(())
    }

    /// Removes a user with all of its identities, and with each its password, sessions, codes and tokens.
    /// `false` when there is no such user.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn delete_user(&mut self, user_id: &UserId) -> Result<bool, Error> {
        let deleted = sqlx::query("DELETE FROM users WHERE user_id = $1")
            .bind(user_id.as_str())
            .execute(self.connection())
            .await?;
        Ok(deleted.rows_affected() > 0)
    }

    /// Writes down that the account changed at `now`. `false` when there is no such user.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn touch_user(&mut self, user_id: &UserId, now: i64) -> Result<bool, Error> {
        let touched = sqlx::query("UPDATE users SET updated_at = $2 WHERE user_id = $1")
            .bind(user_id.as_str())
            .bind(now)
            .execute(self.connection())
            .await?;
        Ok(touched.rows_affected() > 0)
    }

    /// Counts a sign-in from `ip` at `now`.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn record_sign_in(&mut self, user_id: &UserId, ip: &str, now: i64) -> Result<(), Error> {
        sqlx::query(
            "UPDATE users SET last_login = $2, last_ip = $3, logins_count = logins_count + 1 \
             WHERE user_id = $1",
        )
        .bind(user_id.as_str())
        .bind(now)
        .bind(ip)
        .execute(self.connection())
        .await?;
        Ok(())
    }
}

/// Puts the rows of several users together; those of one user follow each other.
fn users_from_rows(rows: &[AnyRow]) -> Result<Vec<UserRow>, Error> {
    let user_id = |row: &AnyRow| row.try_get::<String, _>("user_id").ok();
    rows.chunk_by(|one, next| user_id(one) == user_id(next))
        .filter_map(|rows| user_from_rows(rows).transpose())
        .collect()
}

/// Puts the rows of one user together; the first row is the primary's.
fn user_from_rows(rows: &[AnyRow]) -> Result<Option<UserRow>, Error> {
    let Some(first) = rows.first() else { return Ok(None) };
    let mut identities = Vec::with_capacity(rows.len());
    let mut root = Profile::default();
    for (position, row) in rows.iter().enumerate() {
        let (mut identity, profile) = identity_from_row(row)?;
        if position == 0 {
            root = profile;
        } else {
            identity.profile_data = Some(profile);
        }
        identities.push(identity);
    }
    let metadata = |column: &str| -> Result<Option<Metadata>, Error> {
        first.try_get::<Option<String>, _>(column)?.map(|text| from_json(&text, "metadata")).transpose()
    };
    Ok(Some(UserRow {
        user_id: UserId::new(first.try_get::<String, _>("user_id")?),
        profile: root,
        identities,
        user_metadata: metadata("user_metadata")?,
        app_metadata: metadata("app_metadata")?,
        blocked: first.try_get::<Option<i64>, _>("blocked")?.map(|blocked| blocked != 0),
        created_at: first.try_get("created_at")?,
        updated_at: first.try_get("updated_at")?,
        last_login: first.try_get("last_login")?,
        last_ip: first.try_get("last_ip")?,
        logins_count: first.try_get("logins_count")?,
        last_password_reset: first.try_get("last_password_reset")?,
    }))
}

/// An identity without `profile_data`, and its profile.
pub(crate) fn identity_from_row(row: &AnyRow) -> Result<(Identity, Profile), Error> {
    let profile: String = row.try_get("profile")?;
    let integer = row.try_get::<i64, _>("id_is_integer")? != 0;
    let identity = Identity {
        profile_data: None,
        connection: ConnectionName::new(row.try_get::<String, _>("connection")?),
        user_id: IdentityId::from_parts(row.try_get::<String, _>("id")?, integer),
        provider: Provider::new(row.try_get::<String, _>("provider")?),
        is_social: row.try_get::<i64, _>("is_social")? != 0,
    };
    Ok((identity, from_json(&profile, "profile")?))
}

/// The key in the columns `provider` and `id`.
pub(crate) fn key_from_row(row: &AnyRow) -> Result<IdentityKey, Error> {
    Ok(IdentityKey {
        provider: Provider::new(row.try_get::<String, _>("provider")?),
        user_id: IdentityId::text(row.try_get::<String, _>("id")?),
    })
}

fn metadata_to_json(metadata: Option<&Metadata>) -> Result<Option<String>, Error> {
    metadata.map(|metadata| to_json(metadata, "metadata")).transpose()
}

/// What people are found by: the profile's e-mail address in lower case, `""` when there is none.
pub(crate) fn folded_email(profile: &Profile) -> String {
    profile.email().map(str::to_lowercase).unwrap_or_default()
}

pub(crate) fn to_json<T: serde::Serialize>(value: &T, what: &'static str) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|_| Error::Damaged(what))
}

fn from_json<T: serde::de::DeserializeOwned>(text: &str, what: &'static str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|_| Error::Damaged(what))
}
