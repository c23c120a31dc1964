//! Users, each with all of its identities.

use model::{Identity, IdentityId, IdentityKey, Metadata, Profile, Provider, UserId};

use crate::columns::{bare_identity, folded_email, from_json, metadata_to_json, profile_from_row, to_json};
use crate::digest::Digest;
use crate::error::Error;
use crate::profile_text::{ProfileForm, ProfileText};
use crate::query::query;
use crate::row::Row;
use crate::session_clients::SessionEnd;
use crate::unit::{Reader, Unit};

/// A user as it is stored. The root profile is separate from the identities: the primary has no
/// `profile_data`, every other identity has, in the form `P`.
#[derive(Clone, Debug, PartialEq)]
pub struct UserRow<P = Profile> {
    /// `provider|id` of the primary identity.
    pub user_id: UserId,
    /// The primary identity's own attributes, without derived defaults.
    pub profile: Profile,
    /// The primary identity, then the others in the order of linking.
    pub identities: Vec<Identity<P>>,
    /// Metadata that the user can change.
    pub user_metadata: Option<Metadata>,
    /// Metadata that only applications can change.
    pub app_metadata: Option<Metadata>,
    /// Whether sign-in is refused; `None` if never set.
    pub blocked: Option<bool>,
    /// The time of creation.
    pub created_at: i64,
    /// The time of the last change.
    pub updated_at: i64,
    /// The time of the last sign-in.
    pub last_login: Option<i64>,
    /// The IP address of the last sign-in.
    pub last_ip: Option<String>,
    /// The number of sign-ins.
    pub logins_count: i64,
    /// The time of the last password change by the user or through the Management API.
    pub last_password_reset: Option<i64>,
}

/// A user whose linked identities have their profiles as texts. The root profile is parsed, because answers add derived attributes to it.
/// A linked profile that is damaged is noticed when it is read or serialized.
pub type UserTexts = UserRow<ProfileText>;

/// The sort order of a list of users. Users that are equal in it are ordered by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// By id.
    UserId,
    /// By time of creation.
    CreatedAt,
    /// By time of the last change.
    UpdatedAt,
    /// By time of the last sign-in; users without a sign-in come before all others.
    LastLogin,
    /// By the number of sign-ins.
    LoginsCount,
}

impl<P> UserRow<P> {
    /// Creates a row for a user that is created at `now`, without metadata and sign-in history.
    #[must_use]
    pub fn new(user_id: UserId, profile: Profile, identities: Vec<Identity<P>>, now: i64) -> Self {
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

    /// Returns the identity with this key, if it belongs to the user.
    #[must_use]
    pub fn identity(&self, key: &IdentityKey) -> Option<&Identity<P>> {
        self.identities.iter().find(|one| one.provider == key.provider && one.user_id == key.user_id)
    }
}

/// The columns of users with their identities.
pub(crate) const COLUMNS: &str = "SELECT u.user_id, u.user_metadata, u.app_metadata, u.blocked, u.created_at, \
     u.updated_at, u.last_login, u.last_ip, u.logins_count, u.last_password_reset, \
     i.provider, i.id, i.id_is_integer, i.connection, i.is_social, i.profile";

/// One user: a row with the account, then one for each identity. A join would repeat the account with each identity, which takes
/// longer to read than the identities.
const ONE_USER: &str = "SELECT user_id, user_metadata, app_metadata, blocked, created_at, updated_at, last_login, last_ip, \
     logins_count, last_password_reset, CAST(NULL AS TEXT) AS provider, CAST(NULL AS TEXT) AS id, \
     CAST(NULL AS BIGINT) AS id_is_integer, CAST(NULL AS TEXT) AS connection, CAST(NULL AS BIGINT) AS is_social, \
     CAST(NULL AS TEXT) AS profile, CAST(-1 AS BIGINT) AS position FROM users WHERE user_id = $1 \
     UNION ALL SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, \
     provider, id, id_is_integer, connection, is_social, profile, position FROM identities WHERE user_id = $1 \
     ORDER BY position";

/// The account and its primary identity: the first two rows of [`ONE_USER`], which are read in order.
const ONE_ROOT: &str = " LIMIT 2";

/// The tables of [`COLUMNS`].
pub(crate) const TABLES: &str = "FROM users u JOIN identities i ON i.user_id = u.user_id";

/// Returns the user from the rows of [`ONE_USER`].
fn user_from_all<P: ProfileForm>(rows: &[Row]) -> Result<Option<UserRow<P>>, Error> {
    match rows.split_first() {
        // Without the row of an account, the first one is that of an identity.
        Some((account, identities)) if account.get::<Option<&str>>("user_id")?.is_some() => {
            user_from(account, identities)
        }
        _ => Ok(None),
    }
}

impl Reader {
    /// Returns the user with this id. This is one statement, so the identities are consistent.
    ///
    /// # Errors
    /// [`Error::Database`] or [`Error::Damaged`].
    pub async fn find_user(&mut self, user_id: &UserId) -> Result<Option<UserRow>, Error> {
        self.find_user_as(user_id).await
    }

    /// Returns the user with this id as [`Reader::find_user`] does, with the profiles of linked identities as texts.
    ///
    /// # Errors
    /// [`Error::Database`] or [`Error::Damaged`].
    pub async fn find_user_texts(&mut self, user_id: &UserId) -> Result<Option<UserTexts>, Error> {
        self.find_user_as(user_id).await
    }

    /// Returns the user with this id and its primary identity alone, in a time that does not depend on how many are linked.
    ///
    /// # Errors
    /// [`Error::Database`] or [`Error::Damaged`].
    pub async fn find_user_root(&mut self, user_id: &UserId) -> Result<Option<UserTexts>, Error> {
        self.find_one_user(&format!("{ONE_USER}{ONE_ROOT}"), user_id).await
    }

    /// Reads users for [`Reader::find_user`] and [`Reader::find_user_texts`] of the units to come.
    pub(crate) async fn read_ahead(&mut self, users: Vec<UserId>) -> Result<(), Error> {
        if users.is_empty() {
            return Ok(());
        }
        let queries = users.iter().map(|user_id| query(ONE_USER).bind(user_id.as_str())).collect();
        let answers = self.connection().fetch_each(queries).await?;
        self.connection().read_ahead().extend(users.into_iter().zip(answers));
        Ok(())
    }

    async fn find_user_as<P: ProfileForm>(&mut self, user_id: &UserId) -> Result<Option<UserRow<P>>, Error> {
        match self.connection().read_ahead().remove(user_id) {
            Some(rows) => user_from_all(&rows),
            None => self.find_one_user(ONE_USER, user_id).await,
        }
    }

    async fn find_one_user<P: ProfileForm>(
        &mut self,
        sql: &str,
        user_id: &UserId,
    ) -> Result<Option<UserRow<P>>, Error> {
        user_from_all(&query(sql).bind(user_id.as_str()).fetch_all(self.connection()).await?)
    }

    /// Returns the user with this id and the identity that a token was issued to, if a token with this digest is valid at
    /// `now` and the identity belongs to the user. This is one statement, as [`Reader::find_user_texts`] is.
    ///
    /// # Errors
    /// [`Error::Database`] or [`Error::Damaged`].
    pub async fn find_user_of_token(
        &mut self,
        user_id: &UserId,
        token: &Digest,
        now: i64,
    ) -> Result<Option<(UserTexts, IdentityKey)>, Error> {
        self.find_user_of(user_id, "access_tokens", "digest", token.as_str(), now).await
    }

    /// Returns the user with this id and the identity of a session, if the session with this id has not expired at `now` and
    /// its identity belongs to the user. This is one statement, as [`Reader::find_user_texts`] is.
    ///
    /// # Errors
    /// [`Error::Database`] or [`Error::Damaged`].
    pub async fn find_user_of_session(
        &mut self,
        user_id: &UserId,
        sid: &str,
        now: i64,
    ) -> Result<Option<(UserTexts, IdentityKey)>, Error> {
        self.find_user_of(user_id, "sessions", "sid", sid, now).await
    }

    /// Returns the user and the identity of the row of `table` whose `column` has this value.
    async fn find_user_of(
        &mut self,
        user_id: &UserId,
        table: &'static str,
        column: &'static str,
        value: &str,
        now: i64,
    ) -> Result<Option<(UserTexts, IdentityKey)>, Error> {
        let sql = format!(
            "{COLUMNS}, t.provider AS row_provider, t.id AS row_id {TABLES} \
             JOIN {table} t ON t.{column} = $2 AND t.expires_at > $3 \
             JOIN identities o ON o.provider = t.provider AND o.id = t.id AND o.user_id = u.user_id \
             WHERE u.user_id = $1 ORDER BY i.position"
        );
        let rows =
            query(sql).bind(user_id.as_str()).bind(value).bind(now).fetch_all(self.connection()).await?;
        let (Some(user), Some(first)) = (user_from_rows(&rows)?, rows.first()) else { return Ok(None) };
        let key = IdentityKey {
            provider: Provider::new(first.get::<String>("row_provider")?),
            user_id: IdentityId::text(first.get::<String>("row_id")?),
        };
        Ok(Some((user, key)))
    }

    /// Returns the user that this identity belongs to, as primary or linked identity.
    ///
    /// # Errors
    /// [`Error::Database`] or [`Error::Damaged`].
    pub async fn find_user_by_identity(&mut self, key: &IdentityKey) -> Result<Option<UserRow>, Error> {
        self.find_user_by_identity_as(key).await
    }

    /// Returns a user as [`Reader::find_user_by_identity`] does, with the profiles of linked identities as texts.
    ///
    /// # Errors
    /// [`Error::Database`] or [`Error::Damaged`].
    pub async fn find_user_texts_by_identity(
        &mut self,
        key: &IdentityKey,
    ) -> Result<Option<UserTexts>, Error> {
        self.find_user_by_identity_as(key).await
    }

    async fn find_user_by_identity_as<P: ProfileForm>(
        &mut self,
        key: &IdentityKey,
    ) -> Result<Option<UserRow<P>>, Error> {
        let sql = format!(
            "{COLUMNS} {TABLES} WHERE u.user_id = (SELECT user_id FROM identities WHERE provider = $1 AND id = $2) \
             ORDER BY i.position"
        );
        let rows = query(sql)
            .bind(key.provider.as_str())
            .bind(key.user_id.as_str())
            .fetch_all(self.connection())
            .await?;
        user_from_rows(&rows)
    }

    /// Returns `limit` users in the given order, after skipping `offset`.
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
            "{COLUMNS} {TABLES} WHERE u.user_id IN (SELECT u.user_id FROM users u \
             ORDER BY {column} {direction}, u.user_id LIMIT $1 OFFSET $2) \
             ORDER BY {column} {direction}, u.user_id, i.position"
        );
        let rows =
            query(sql).bind(i64::from(limit)).bind(i64::from(offset)).fetch_all(self.connection()).await?;
        users_from_rows(&rows)
    }

    /// Returns the number of users.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn count_users(&mut self) -> Result<u64, Error> {
        let row = query("SELECT COUNT(*) AS users FROM users").fetch_one(self.connection()).await?;
        Ok(u64::try_from(row.get::<i64>("users")?).unwrap_or(0))
    }

    /// Returns whether there is any user.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn has_users(&mut self) -> Result<bool, Error> {
        Ok(query("SELECT 1 FROM users LIMIT 1").fetch_optional(self.connection()).await?.is_some())
    }
}

impl Unit {
    /// Inserts a user with all of its identities.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the user or one of the identities exists, as primary or linked identity.
    pub async fn insert_user(&mut self, user: &UserRow) -> Result<(), Error> {
        self.insert_account(user).await?;
        for (position, identity) in user.identities.iter().enumerate() {
            let profile = if position == 0 { Some(&user.profile) } else { identity.profile_data.as_ref() };
            let profile = profile.cloned().unwrap_or_default();
            query(
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

    /// Inserts the row of the account only. The caller inserts its identities.
    async fn insert_account(&mut self, user: &UserRow) -> Result<(), Error> {
        query(
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

    /// Updates the mutable columns of an account: both metadata, the block, and the times of the last change
    /// and of the last password change. Returns `false` if the user does not exist.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn update_account(&mut self, user: &UserRow) -> Result<bool, Error> {
        let updated = query(
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
        Ok(updated > 0)
    }

    /// Signs a user out everywhere: deletes the sessions, codes, refresh token families and access tokens
    /// of all of its identities.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn sign_out(&mut self, user_id: &UserId) -> Result<(), Error> {
        self.sign_out_elsewhere(user_id, None).await
    }

    /// Signs a user out everywhere, like [`Unit::sign_out`], except for the session with the id `sid`, its codes and tokens.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn sign_out_elsewhere(&mut self, user_id: &UserId, sid: Option<&str>) -> Result<(), Error> {
        let others =
            "sid <> $3 AND (provider, id) IN (SELECT provider, id FROM identities WHERE user_id = $2)";
        let values = [user_id.as_str(), sid.unwrap_or("none")];
        self.record_end_of_sessions(SessionEnd::PasswordChanged, others, &values).await?;
        for table in ["sessions", "codes", "refresh_families", "access_tokens"] {
            // The id of a session is hexadecimal.
            let sql = format!(
                "DELETE FROM {table} WHERE COALESCE(sid, '') <> $2 AND (provider, id) IN \
                 (SELECT provider, id FROM identities WHERE user_id = $1)"
            );
            query(sql).bind(user_id.as_str()).bind(sid.unwrap_or("none")).send(self.connection()).await?;
        }
        Ok(())
    }

    /// Deletes a user with all of its identities and their passwords, sessions, codes and tokens, and with its roles and
    /// permissions. Returns `false` if the user does not exist.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn delete_user(&mut self, user_id: &UserId) -> Result<bool, Error> {
        let of_user = "(provider, id) IN (SELECT provider, id FROM identities WHERE user_id = $2)";
        self.record_end_of_sessions(SessionEnd::AccountDeleted, of_user, &[user_id.as_str()]).await?;
        let deleted = query("DELETE FROM users WHERE user_id = $1")
            .bind(user_id.as_str())
            .execute(self.connection())
            .await?;
        Ok(deleted > 0)
    }

    /// Sets the time of the last change. Returns `false` if the user does not exist.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn touch_user(&mut self, user_id: &UserId, now: i64) -> Result<bool, Error> {
        let touched = query("UPDATE users SET updated_at = $2 WHERE user_id = $1")
            .bind(user_id.as_str())
            .bind(now)
            .execute(self.connection())
            .await?;
        Ok(touched > 0)
    }

    /// Records a sign-in from `ip` at `now`.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn record_sign_in(&mut self, user_id: &UserId, ip: &str, now: i64) -> Result<(), Error> {
        query(
            "UPDATE users SET last_login = $2, last_ip = $3, logins_count = logins_count + 1 \
             WHERE user_id = $1",
        )
        .bind(user_id.as_str())
        .bind(now)
        .bind(ip)
        .send(self.connection())
        .await?;
        Ok(())
    }
}

/// Builds users from the rows of their identities. The rows of one user are consecutive.
pub(crate) fn users_from_rows(rows: &[Row]) -> Result<Vec<UserRow>, Error> {
    rows.chunk_by(|one, next| one.get::<&str>("user_id").ok() == next.get::<&str>("user_id").ok())
        .filter_map(|rows| user_from_rows(rows).transpose())
        .collect()
}

/// Builds a user from the rows of its identities. The first row is that of the primary.
fn user_from_rows<P: ProfileForm>(rows: &[Row]) -> Result<Option<UserRow<P>>, Error> {
    let Some(first) = rows.first() else { return Ok(None) };
    user_from(first, rows)
}

/// Builds a user from the row of its account and the rows of its identities. A user without identities does not exist.
fn user_from<P: ProfileForm>(account: &Row, rows: &[Row]) -> Result<Option<UserRow<P>>, Error> {
    if rows.is_empty() {
        return Ok(None);
    }
    let mut identities = Vec::with_capacity(rows.len());
    let mut root = Profile::default();
    for (position, row) in rows.iter().enumerate() {
        let mut identity = bare_identity(row)?;
        if position == 0 {
            root = profile_from_row(row)?;
        } else {
            identity.profile_data = Some(profile_from_row(row)?);
        }
        identities.push(identity);
    }
    let metadata = |column| -> Result<Option<Metadata>, Error> {
        account.get::<Option<&str>>(column)?.map(|text| from_json(text, "metadata")).transpose()
    };
    Ok(Some(UserRow {
        user_id: UserId::new(account.get::<String>("user_id")?),
        profile: root,
        identities,
        user_metadata: metadata("user_metadata")?,
        app_metadata: metadata("app_metadata")?,
        blocked: account.get::<Option<i64>>("blocked")?.map(|blocked| blocked != 0),
        created_at: account.get("created_at")?,
        updated_at: account.get("updated_at")?,
        last_login: account.get("last_login")?,
        last_ip: account.get("last_ip")?,
        logins_count: account.get("logins_count")?,
        last_password_reset: account.get("last_password_reset")?,
    }))
}
