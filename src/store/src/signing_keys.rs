//! The keys that sign tokens.

use crate::error::Error;
use crate::query::query;
use crate::unit::{Reader, Unit};

/// A private signing key.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKeyRow {
    /// The key id in the header of tokens (`kid`).
    pub kid: String,
    /// The key as PKCS #8, PEM-encoded.
    pub pem: String,
    /// The time of creation.
    pub created_at: i64,
}

impl std::fmt::Debug for SigningKeyRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKeyRow").field("kid", &self.kid).finish_non_exhaustive()
    }
}

impl Reader {
    /// Returns all keys, the oldest first.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn list_signing_keys(&mut self) -> Result<Vec<SigningKeyRow>, Error> {
        let rows = query("SELECT kid, pem, created_at FROM signing_keys ORDER BY created_at, kid")
            .fetch_all(self.connection())
            .await?;
        rows.iter()
            .map(|row| {
                Ok(SigningKeyRow {
                    kid: row.get("kid")?,
                    pem: row.get("pem")?,
                    created_at: row.get("created_at")?,
                })
            })
            .collect()
    }
}

impl Unit {
    /// Inserts a key.
    ///
    /// # Errors
    /// [`Error::Conflict`] if a key with this id exists.
    pub async fn insert_signing_key(&mut self, key: &SigningKeyRow) -> Result<(), Error> {
        query("INSERT INTO signing_keys (kid, pem, created_at) VALUES ($1, $2, $3)")
            .bind(&key.kid)
            .bind(&key.pem)
            .bind(key.created_at)
            .execute(self.connection())
            .await?;
        Ok(())
    }
}
