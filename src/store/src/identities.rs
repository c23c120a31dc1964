//! Moving identities between users: what link and unlink do to the rows.

use model::{ConnectionName, Identity, IdentityKey, Profile, UserId};
use sqlx::Row;

use crate::users::identity_from_row;
use crate::{Error, Reader, Unit, UserRow};

/// Someone who can sign in through a connection.
#[derive(Clone, Debug, PartialEq)]
pub struct PersonRow {
    /// The identity, without `profile_data`.
    pub identity: Identity,
    /// Its own profile.
    pub profile: Profile,
    /// The account that it opens.
    pub user_id: UserId,
}

impl Reader {
    /// Those who can sign in through `connection`, at most `limit`, in the order of their ids.
    ///
    /// # Errors
    /// [`Error::Database`] or [`Error::Damaged`].
    pub async fn list_people(
        &mut self,
        connection: &ConnectionName,
        limit: u32,
    ) -> Result<Vec<PersonRow>, Error> {
        let rows = sqlx::query(
            "SELECT provider, id, id_is_integer, user_id, connection, is_social, profile FROM identities \
             WHERE connection = $1 ORDER BY id LIMIT $2",
        )
        .bind(connection.as_str())
        .bind(i64::from(limit))
        .fetch_all(self.connection())
        .await?;
        rows.iter()
            .map(|row| {
                let (identity, profile) = identity_from_row(row)?;
                let user_id = UserId::new(row.try_get::<String, _>("user_id")?);
                Ok(PersonRow { identity, profile, user_id })
            })
            .collect()
    }
}

impl Unit {
    /// Turns a linked identity of `primary` back into a user of its own, without metadata and without past
    /// (contract A12, U-9), and ends the sessions that it began. Returns whether anything matched: the
    /// identity may be gone, belong to somebody else, or be the primary itself, and then nothing changes.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn unlink_identity(
        &mut self,
        primary: &UserId,
        key: &IdentityKey,
        now: i64,
    ) -> Result<bool, Error> {
        let freed = key.as_user_id();
        // The guard and the move are one statement, so that of two concurrent unlinks one finds nothing.
        let moved = sqlx::query(
            "UPDATE identities SET user_id = $4, position = 0 \
             WHERE provider = $1 AND id = $2 AND user_id = $3 AND user_id <> $4",
        )
        .bind(key.provider.as_str())
        .bind(key.user_id.as_str())
        .bind(primary.as_str())
        .bind(freed.as_str())
        .execute(self.connection())
        .await?;
        if moved.rows_affected() == 0 {
            return Ok(false);
        }
        self.insert_account(&UserRow {
            user_id: freed,
            profile: Profile::default(),
            identities: Vec::new(),
            user_metadata: None,
            app_metadata: None,
            blocked: None,
            created_at: now,
            updated_at: now,
            last_login: None,
            last_ip: None,
            logins_count: 0,
        })
        .await?;
        self.remove_sessions_of(key).await?;
        self.touch_user(primary, now).await?;
        Ok(true)
    }

    /// Moves every identity of `secondary` behind those of `primary` and removes the account that they
    /// leave, its metadata with it (contract A11). Returns whether it happened: `false` when either user
    /// does not exist or both are one.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn link_user(&mut self, primary: &UserId, secondary: &UserId, now: i64) -> Result<bool, Error> {
        // Writing the primary's row first also locks it, where several machines share the database.
        if primary == secondary || !self.touch_user(primary, now).await? {
            return Ok(false);
        }
        let moved = sqlx::query(
            "UPDATE identities SET user_id = $1, \
             position = position + (SELECT MAX(position) + 1 FROM identities WHERE user_id = $1) \
             WHERE user_id = $2",
        )
        .bind(primary.as_str())
        .bind(secondary.as_str())
        .execute(self.connection())
        .await?;
        sqlx::query("DELETE FROM users WHERE user_id = $1")
            .bind(secondary.as_str())
            .execute(self.connection())
            .await?;
        Ok(moved.rows_affected() > 0)
    }
}
