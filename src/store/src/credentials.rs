//! Passwords of database connections.

use model::{ConnectionName, IdentityKey};

use crate::columns::key_from_row;
use crate::error::Error;
use crate::normal_form::fold_identifier;
use crate::query::query;
use crate::unit::{Reader, Unit};

/// A password of an identity, under one of the identifiers that the identity signs in with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialRow {
    /// The database connection.
    pub connection: ConnectionName,
    /// What the person types to sign in: an e-mail address or a username, as [`fold_identifier`] returns it.
    pub identifier: String,
    /// The identity that signs in.
    pub key: IdentityKey,
    /// An Argon2 hash in PHC string format, or one that was imported.
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
        let row =
            query("SELECT provider, id, password_hash FROM credentials WHERE connection = $1 AND login = $2")
                .bind(connection.as_str())
                .bind(identifier)
                .fetch_optional(self.connection())
                .await?;
        row.map(|row| {
            Ok(CredentialRow {
                connection: connection.clone(),
                identifier: identifier.to_owned(),
                key: key_from_row(&row)?,
                password_hash: row.get("password_hash")?,
            })
        })
        .transpose()
    }

    /// Returns up to `limit` credentials after `after`, in the order of their connection and identifier, whose password hash
    /// does not begin with `prefix`, which has neither `%` nor `_`.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn list_password_hashes_unlike(
        &mut self,
        prefix: &str,
        after: Option<&CredentialRow>,
        limit: u32,
    ) -> Result<Vec<CredentialRow>, Error> {
        let rows = query(
            "SELECT connection, login, provider, id, password_hash FROM credentials \
             WHERE (connection, login) > ($1, $2) AND password_hash NOT LIKE $3 || '%' \
             ORDER BY connection, login LIMIT $4",
        )
        .bind(after.map_or("", |row| row.connection.as_str()))
        .bind(after.map_or("", |row| row.identifier.as_str()))
        .bind(prefix)
        .bind(i64::from(limit))
        .fetch_all(self.connection())
        .await?;
        rows.iter()
            .map(|row| {
                Ok(CredentialRow {
                    connection: ConnectionName::new(row.get::<String>("connection")?),
                    identifier: row.get("login")?,
                    key: key_from_row(row)?,
                    password_hash: row.get("password_hash")?,
                })
            })
            .collect()
    }
}

impl Unit {
    /// Inserts a credential.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the connection already has that identifier.
    pub async fn insert_credential(&mut self, credential: &CredentialRow) -> Result<(), Error> {
        query(
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
        let replaced = query("UPDATE credentials SET password_hash = $3 WHERE provider = $1 AND id = $2")
            .bind(key.provider.as_str())
            .bind(key.user_id.as_str())
            .bind(password_hash)
            .execute(self.connection())
            .await?;
        Ok(replaced > 0)
    }

    /// Replaces the identifier `from` of an identity, in whatever form it is written, by `to`. Returns `false` if the
    /// identity does not have `from`.
    ///
    /// # Errors
    /// [`Error::Conflict`] if another identity of the connection has `to`.
    pub async fn rename_identifier(
        &mut self,
        key: &IdentityKey,
        from: &str,
        to: &str,
    ) -> Result<bool, Error> {
        let rows = query("SELECT login FROM credentials WHERE provider = $1 AND id = $2")
            .bind(key.provider.as_str())
            .bind(key.user_id.as_str())
            .fetch_all(self.connection())
            .await?;
        let logins = rows.iter().map(|row| row.get("login")).collect::<Result<Vec<String>, _>>()?;
        let folded = fold_identifier(from);
        let Some(from) = logins.into_iter().find(|login| fold_identifier(login) == folded) else {
            return Ok(false);
        };
        let renamed =
            query("UPDATE credentials SET login = $4 WHERE provider = $1 AND id = $2 AND login = $3")
                .bind(key.provider.as_str())
                .bind(key.user_id.as_str())
                .bind(from)
                .bind(to)
                .execute(self.connection())
                .await?;
        Ok(renamed > 0)
    }
}
