//! Sessions at the tenant: who is signed in, in which browser, by which identity.

use model::IdentityKey;
use sqlx::Row;

use crate::users::key_from_row;
use crate::{Digest, Error, Reader, Unit};

/// A session. Whose account it opens follows from the identity, wherever that is linked now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    /// The digest of the cookie.
    pub digest: Digest,
    /// What ID tokens call the session.
    pub sid: String,
    /// The identity that signed in.
    pub key: IdentityKey,
    /// When it signed in.
    pub authenticated_at: i64,
    /// When the session was last used.
    pub used_at: i64,
    /// When it ends at the latest.
    pub expires_at: i64,
}

impl Reader {
    /// The session behind a cookie, ended or not.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn find_session(&mut self, digest: &Digest) -> Result<Option<SessionRow>, Error> {
        let row = sqlx::query(
            "SELECT sid, provider, id, authenticated_at, used_at, expires_at FROM sessions \
             WHERE digest = $1",
        )
        .bind(digest.as_str())
        .fetch_optional(self.connection())
        .await?;
        row.map(|row| {
            Ok(SessionRow {
                digest: digest.clone(),
                sid: row.try_get("sid")?,
                key: key_from_row(&row)?,
                authenticated_at: row.try_get("authenticated_at")?,
                used_at: row.try_get("used_at")?,
                expires_at: row.try_get("expires_at")?,
            })
        })
        .transpose()
    }
}

impl Unit {
    /// Begins a session, and forgets those that ended before it was used last.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn insert_session(&mut self, session: &SessionRow) -> Result<(), Error> {
        sqlx::query("DELETE FROM sessions WHERE expires_at <= $1")
            .bind(session.used_at)
            .execute(self.connection())
            .await?;
        sqlx::query(
            "INSERT INTO sessions (digest, sid, provider, id, authenticated_at, used_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(session.digest.as_str())
        .bind(&session.sid)
        .bind(session.key.provider.as_str())
        .bind(session.key.user_id.as_str())
        .bind(session.authenticated_at)
        .bind(session.used_at)
        .bind(session.expires_at)
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Writes down that the session was used at `now`. `false` when it has ended.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn touch_session(&mut self, digest: &Digest, now: i64) -> Result<bool, Error> {
        let touched = sqlx::query("UPDATE sessions SET used_at = $2 WHERE digest = $1")
            .bind(digest.as_str())
            .bind(now)
            .execute(self.connection())
            .await?;
        Ok(touched.rows_affected() > 0)
    }

    /// Ends one session.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn remove_session(&mut self, digest: &Digest) -> Result<(), Error> {
        sqlx::query("DELETE FROM sessions WHERE digest = $1")
            .bind(digest.as_str())
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Ends every session that an identity began.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn remove_sessions_of(&mut self, key: &IdentityKey) -> Result<(), Error> {
        sqlx::query("DELETE FROM sessions WHERE provider = $1 AND id = $2")
            .bind(key.provider.as_str())
            .bind(key.user_id.as_str())
            .execute(self.connection())
            .await?;
        Ok(())
    }
}
