//! Opaque access tokens, which open `/userinfo` and nothing else.

use model::{IdentityKey, Scopes};
use sqlx::Row;

use crate::users::key_from_row;
use crate::{Digest, Error, Reader, Unit};

/// An opaque access token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessTokenRow {
    /// The digest of the token.
    pub digest: Digest,
    /// The client that it was made for.
    pub client_id: String,
    /// The digest of the code that it came of.
    pub family: Digest,
    /// The identity that signed in.
    pub key: IdentityKey,
    /// What it opens.
    pub scopes: Scopes,
    /// Until when it is good.
    pub expires_at: i64,
}

impl Reader {
    /// The token behind a digest, expired or not.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn find_access_token(&mut self, digest: &Digest) -> Result<Option<AccessTokenRow>, Error> {
        let row = sqlx::query(
            "SELECT client_id, family, provider, id, scope, expires_at FROM access_tokens WHERE digest = $1",
        )
        .bind(digest.as_str())
        .fetch_optional(self.connection())
        .await?;
        row.map(|row| {
            Ok(AccessTokenRow {
                digest: digest.clone(),
                client_id: row.try_get("client_id")?,
                // Rows from before families were known have none.
                family: Digest::new(row.try_get::<Option<String>, _>("family")?.unwrap_or_default()),
                key: key_from_row(&row)?,
                scopes: Scopes::parse(&row.try_get::<String, _>("scope")?),
                expires_at: row.try_get("expires_at")?,
            })
        })
        .transpose()
    }
}

impl Unit {
    /// Adds a token, and forgets those that were good until before `now`.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn insert_access_token(&mut self, token: &AccessTokenRow, now: i64) -> Result<(), Error> {
        sqlx::query("DELETE FROM access_tokens WHERE expires_at <= $1")
            .bind(now)
            .execute(self.connection())
            .await?;
        sqlx::query(
            "INSERT INTO access_tokens (digest, client_id, family, provider, id, scope, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(token.digest.as_str())
        .bind(&token.client_id)
        .bind(token.family.as_str())
        .bind(token.key.provider.as_str())
        .bind(token.key.user_id.as_str())
        .bind(token.scopes.to_string())
        .bind(token.expires_at)
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Takes a token back.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn remove_access_token(&mut self, digest: &Digest) -> Result<(), Error> {
        sqlx::query("DELETE FROM access_tokens WHERE digest = $1")
            .bind(digest.as_str())
            .execute(self.connection())
            .await?;
        Ok(())
    }
}
