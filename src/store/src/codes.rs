//! Authorization codes. Each can be exchanged once (RFC 6749 section 4.1.2).

use model::IdentityKey;

use crate::columns::key_from_row;
use crate::digest::Digest;
use crate::error::Error;
use crate::query::query;
use crate::unit::Unit;

/// An authorization code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeRow {
    /// The digest of the code.
    pub digest: Digest,
    /// The client that it was issued to.
    pub client_id: String,
    /// The identity that signed in.
    pub key: IdentityKey,
    /// The authorization request, as JSON.
    pub request: String,
    /// The session that it was issued in.
    pub sid: String,
    /// The time of the sign-in.
    pub authenticated_at: i64,
    /// The time of expiry.
    pub expires_at: i64,
}

impl Unit {
    /// Inserts a code and deletes those that have expired at `now`.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn insert_code(&mut self, code: &CodeRow, now: i64) -> Result<(), Error> {
        query("DELETE FROM codes WHERE expires_at <= $1").bind(now).send(self.connection()).await?;
        query(
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

    /// Marks a code as used and returns it; `None` if it does not exist or was used before.
    ///
    /// This is one statement, so that exactly one of several concurrent exchanges gets the code.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn mark_code_used(&mut self, digest: &Digest, now: i64) -> Result<Option<CodeRow>, Error> {
        let row = query(
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
                client_id: row.get("client_id")?,
                key: key_from_row(&row)?,
                request: row.get("request")?,
                sid: row.get("sid")?,
                authenticated_at: row.get("authenticated_at")?,
                expires_at: row.get("expires_at")?,
            })
        })
        .transpose()
    }
}
