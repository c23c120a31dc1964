//! Authorization codes: each is good for one exchange.

use model::IdentityKey;
use sqlx::Row;

use crate::users::key_from_row;
use crate::{Digest, Error, Unit};

/// An authorization code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeRow {
    /// The digest of the code.
    pub digest: Digest,
    /// The client that it was made for.
    pub client_id: String,
    /// The identity that signed in.
    pub key: IdentityKey,
    /// The authorization request, as JSON.
    pub request: String,
    /// The session that it comes from.
    pub sid: String,
    /// When the person signed in.
    pub authenticated_at: i64,
    /// Until when it is good.
    pub expires_at: i64,
}

impl Unit {
    /// Adds a code, and forgets those that were good until before `now`.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn insert_code(&mut self, code: &CodeRow, now: i64) -> Result<(), Error> {
        sqlx::query("DELETE FROM codes WHERE expires_at <= $1").bind(now).execute(self.connection()).await?;
        sqlx::query(
            "INSERT INTO codes (digest, client_id, provider, id, request, sid, authenticated_at, \
             expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(code.digest.as_str())
        .bind(&code.client_id)
        .bind(code.key.provider.as_str())
        .bind(code.key.user_id.as_str())
        .bind(&code.request)
        .bind(&code.sid)
        .bind(code.authenticated_at)
        .bind(code.expires_at)
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Uses a code up and returns it; `None` when there is none or it was used before. One statement, so
    /// that of many who try at once a single one gets it.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn mark_code_used(&mut self, digest: &Digest, now: i64) -> Result<Option<CodeRow>, Error> {
        let row = sqlx::query(
            "UPDATE codes SET used_at = $2 WHERE digest = $1 AND used_at IS NULL \
             RETURNING client_id, provider, id, request, sid, authenticated_at, expires_at",
        )
        .bind(digest.as_str())
        .bind(now)
        .fetch_optional(self.connection())
        .await?;
        row.map(|row| {
            Ok(CodeRow {
                digest: digest.clone(),
                client_id: row.try_get("client_id")?,
                key: key_from_row(&row)?,
                request: row.try_get("request")?,
                sid: row.try_get("sid")?,
                authenticated_at: row.try_get("authenticated_at")?,
                expires_at: row.try_get("expires_at")?,
            })
        })
        .transpose()
    }
}
