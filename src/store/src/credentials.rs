//! Passwords of database connections.

use model::{ConnectionName, IdentityKey};
use sqlx::Row;

use crate::columns::key_from_row;
use crate::error::Error;
use crate::unit::{Reader, Unit};

/// A password of an identity, under one of the identifiers that the identity signs in with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialRow {
    /// The database connection.
    pub connection: ConnectionName,
    /// What the person types to sign in: an e-mail address in lower case, or a username.
    pub identifier: String,
    /// The identity that signs in.
    pub key: IdentityKey,
    /// An Argon2 hash in PHC string format, or a bcrypt hash.
    pub password_hash: String,
}

impl Reader {
    /// Returns the credential with this identifier.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn find_credential(
        &mut self,
        connection: &ConnectionName,
        identifier: &str,
    ) -> Result<Option<CredentialRow>, Error> {
        let row = sqlx::query(
            "SELECT provider, id, password_hash FROM credentials WHERE connection = $1 AND login = $2",
        )
        .bind(connection.as_str())
        .bind(identifier)
        .fetch_optional(self.connection())
        .await?;
        row.map(|row| {
            Ok(CredentialRow {
                connection: connection.clone(),
                identifier: identifier.to_owned(),
                key: key_from_row(&row)?,
                password_hash: row.try_get("password_hash")?,
            })
        })
        .transpose()
    }
}

impl Unit {
    /// Inserts a credential.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the connection already has that identifier.
    pub async fn insert_credential(&mut self, credential: &CredentialRow) -> Result<(), Error> {
        sqlx::query(
            "INSERT INTO credentials (connection, login, provider, id, password_hash) \
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(credential.connection.as_str())
        .bind(&credential.identifier)
        .bind(credential.key.provider.as_str())
        .bind(credential.key.user_id.as_str())
        .bind(&credential.password_hash)
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Replaces the password of an identity under all of its identifiers. Returns `false` if it has none.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn replace_password(&mut self, key: &IdentityKey, password_hash: &str) -> Result<bool, Error> {
        let replaced =
            sqlx::query("UPDATE credentials SET password_hash = $3 WHERE provider = $1 AND id = $2")
                .bind(key.provider.as_str())
                .bind(key.user_id.as_str())
                .bind(password_hash)
                .execute(self.connection())
                .await?;
        Ok(replaced.rows_affected() > 0)
    }

    /// Replaces the identifier `from` of an identity by `to`. Returns `false` if it does not have `from`.
    ///
    /// # Errors
    /// [`Error::Conflict`] if another identity of the connection has `to`.
    pub async fn rename_identifier(
        &mut self,
        key: &IdentityKey,
        from: &str,
        to: &str,
    ) -> Result<bool, Error> {
        let renamed =
            sqlx::query("UPDATE credentials SET login = $4 WHERE provider = $1 AND id = $2 AND login = $3")
                .bind(key.provider.as_str())
                .bind(key.user_id.as_str())
                .bind(from)
                .bind(to)
                .execute(self.connection())
                .await?;
        Ok(renamed.rows_affected() > 0)
    }
}
