//! Access tokens of people. A token without its row is over.
//!
//! The row of an opaque token has the digest of the token, that of a JWT a digest that the caller derives from its `jti`.

use model::{IdentityKey, Scopes, UserId};

use crate::columns::key_from_row;
use crate::digest::Digest;
use crate::error::Error;
use crate::query::query;
use crate::unit::{Reader, Unit};

/// An access token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessTokenRow {
    /// The digest of the token, or of what names it.
    pub digest: Digest,
    /// The client that it was issued to.
    pub client_id: String,
    /// The digest of the authorization code that it descends from.
    pub family: Digest,
    /// The identity that signed in.
    pub key: IdentityKey,
    /// The session that it was issued in; empty in rows of before version 0.3.
    pub sid: String,
    /// When the person signed in, also if the token was refreshed since; `None` in rows of before version 0.3.
    pub authenticated_at: Option<i64>,
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
        let row = query(
            "SELECT client_id, family, provider, id, sid, authenticated_at, scope, expires_at FROM access_tokens \
             WHERE digest = $1",
        )
        .bind(digest.as_str())
        .fetch_optional(self.connection())
        .await?;
        row.map(|row| {
            Ok(AccessTokenRow {
                digest: digest.clone(),
                client_id: row.get("client_id")?,
                // Rows older than the column `family` have no value.
                family: Digest::new(row.get::<Option<String>>("family")?.unwrap_or_default()),
                key: key_from_row(&row)?,
                sid: row.get::<Option<String>>("sid")?.unwrap_or_default(),
                authenticated_at: row.get("authenticated_at")?,
                scopes: Scopes::parse(&row.get::<String>("scope")?),
                expires_at: row.get("expires_at")?,
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
        query("DELETE FROM access_tokens WHERE expires_at <= $1").bind(now).send(self.connection()).await?;
        query(
            "INSERT INTO access_tokens \
             (digest, client_id, family, provider, id, sid, authenticated_at, scope, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(token.digest.as_str())
        .bind(&token.client_id)
        .bind(token.family.as_str())
        .bind(token.key.provider.as_str())
        .bind(token.key.user_id.as_str())
        .bind(&token.sid)
        .bind(token.authenticated_at)
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
        query("DELETE FROM access_tokens WHERE digest = $1")
            .bind(digest.as_str())
            .send(self.connection())
            .await?;
        Ok(())
    }

    /// Deletes every token that was issued in a session.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn remove_access_tokens_of_session(&mut self, sid: &str) -> Result<(), Error> {
        query("DELETE FROM access_tokens WHERE sid = $1").bind(sid).send(self.connection()).await?;
        Ok(())
    }

    /// Deletes every token of an identity.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn remove_access_tokens_of(&mut self, key: &IdentityKey) -> Result<(), Error> {
        query("DELETE FROM access_tokens WHERE provider = $1 AND id = $2")
            .bind(key.provider.as_str())
            .bind(key.user_id.as_str())
            .send(self.connection())
            .await?;
        Ok(())
    }

    /// Deletes every token of the identities of a user.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub(crate) async fn remove_access_tokens_of_user(&mut self, user_id: &UserId) -> Result<(), Error> {
        query(
            "DELETE FROM access_tokens WHERE (provider, id) IN \
             (SELECT provider, id FROM identities WHERE user_id = $1)",
        )
        .bind(user_id.as_str())
        .send(self.connection())
        .await?;
        Ok(())
    }
}
