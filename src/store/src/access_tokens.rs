//! Opaque access tokens, which are valid for `/userinfo` only.

use model::{IdentityKey, Scopes};
use sqlx::Row;

use crate::columns::key_from_row;
use crate::digest::Digest;
use crate::error::Error;
use crate::unit::{Reader, Unit};

/// An opaque access token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessTokenRow {
    /// The digest of the token.
    pub digest: Digest,
    /// The client that it was issued to.
    pub client_id: String,
    /// The digest of the authorization code that it descends from.
    pub family: Digest,
    /// The identity that signed in.
    pub key: IdentityKey,
    /// The granted scopes.
    pub scopes: Scopes,
    /// The time of expiry.
    pub expires_at: i64,
}

impl Reader {
    /// Returns the token with this digest, expired or not.
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
                // Rows older than the column `family` have no value.
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
    /// Inserts a token and deletes those that have expired at `now`.
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

    /// Deletes a token.
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
