//! Authorization requests that wait for a person to sign in.

use sqlx::Row;

use crate::{Digest, Error, Reader, Unit};

/// A waiting authorization request, bound to the browser that made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingLoginRow {
    /// The digest of the handle in the login page's address.
    pub digest: Digest,
    /// The digest of the browser's own cookie.
    pub browser: Digest,
    /// The request, as JSON.
    pub request: String,
    /// Until when it waits.
    pub expires_at: i64,
}

impl Reader {
    /// The request behind a handle, expired or not.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn find_pending_login(&mut self, digest: &Digest) -> Result<Option<PendingLoginRow>, Error> {
        let row = sqlx::query("SELECT browser, request, expires_at FROM logins WHERE digest = $1")
            .bind(digest.as_str())
            .fetch_optional(self.connection())
            .await?;
        row.map(|row| {
            Ok(PendingLoginRow {
                digest: digest.clone(),
                browser: Digest::new(row.try_get::<String, _>("browser")?),
                request: row.try_get("request")?,
                expires_at: row.try_get("expires_at")?,
            })
        })
        .transpose()
    }
}

impl Unit {
    /// Adds a waiting request, and forgets those that waited until before `now`.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn insert_pending_login(&mut self, login: &PendingLoginRow, now: i64) -> Result<(), Error> {
        sqlx::query("DELETE FROM logins WHERE expires_at <= $1").bind(now).execute(self.connection()).await?;
        sqlx::query("INSERT INTO logins (digest, browser, request, expires_at) VALUES ($1, $2, $3, $4)")
            .bind(login.digest.as_str())
            .bind(login.browser.as_str())
            .bind(&login.request)
            .bind(login.expires_at)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Takes a request away. `false` when somebody else did so first.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn remove_pending_login(&mut self, digest: &Digest) -> Result<bool, Error> {
        let removed = sqlx::query("DELETE FROM logins WHERE digest = $1")
            .bind(digest.as_str())
            .execute(self.connection())
            .await?;
        Ok(removed.rows_affected() > 0)
    }
}
