//! The keys that sign tokens.

use sqlx::Row;

use crate::{Error, Reader, Unit};

/// A private key.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKeyRow {
    /// Its id, as the header of tokens names it.
    pub kid: String,
    /// PKCS #8 in PEM form.
    pub pem: String,
    /// When it was made.
    pub created_at: i64,
}

impl std::fmt::Debug for SigningKeyRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKeyRow").field("kid", &self.kid).finish_non_exhaustive()
    }
}

impl Reader {
    /// Every key, the oldest first.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn list_signing_keys(&mut self) -> Result<Vec<SigningKeyRow>, Error> {
        let rows = sqlx::query("SELECT kid, pem, created_at FROM signing_keys ORDER BY created_at, kid")
            .fetch_all(self.connection())
            .await?;
        rows.iter()
            .map(|row| {
                Ok(SigningKeyRow {
                    kid: row.try_get("kid")?,
                    pem: row.try_get("pem")?,
                    created_at: row.try_get("created_at")?,
                })
            })
            .collect()
    }
}

impl Unit {
    /// Adds a key.
    ///
    /// # Errors
    /// [`Error::Conflict`] when its id is taken.
    pub async fn insert_signing_key(&mut self, key: &SigningKeyRow) -> Result<(), Error> {
        sqlx::query("INSERT INTO signing_keys (kid, pem, created_at) VALUES ($1, $2, $3)")
            .bind(&key.kid)
            .bind(&key.pem)
            .bind(key.created_at)
            .execute(self.connection())
            .await?;
        Ok(())
    }
}
