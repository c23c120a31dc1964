//! Changes of rows that SQL cannot make. Each is made once, when a database is opened.

use std::collections::BTreeSet;

use model::{IdentityKey, Profile, Provider};
use sqlx::Row;

use crate::columns::{folded_email, identity_from_row, key_from_row};
use crate::error::Error;
use crate::normal_form::fold_identifier;
use crate::unit::Unit;

/// The name under which [`Unit::fold_identifiers`] is recorded.
const FOLDED_IDENTIFIERS: &str = "identifiers in one Unicode normal form";

/// The number of identities to read at once.
const PAGE: i64 = 500;

/// Users of one connection that have one address or user name: the connection, and their ids.
type Duplicates = BTreeSet<(String, BTreeSet<String>)>;

impl Unit {
    /// Makes the changes that this database does not have yet, in one transaction.
    ///
    /// # Errors
    /// [`Error::Database`] or [`Error::Damaged`]. Nothing is changed then.
    pub(crate) async fn migrate_rows(&mut self) -> Result<(), Error> {
        sqlx::query("BEGIN IMMEDIATE").execute(self.connection()).await?;
        let duplicates = match self.fold_identifiers_once().await {
            Ok(duplicates) => duplicates,
            Err(error) => {
                sqlx::query("ROLLBACK").execute(self.connection()).await?;
                return Err(error);
            }
        };
        sqlx::query("COMMIT").execute(self.connection()).await?;
        for (connection, users) in duplicates {
            tracing::warn!(
                connection,
                ?users,
                "these users have the same e-mail address or user name, written in different ways; they stay as they are"
            );
        }
        Ok(())
    }

    async fn fold_identifiers_once(&mut self) -> Result<Duplicates, Error> {
        let done = sqlx::query("SELECT 1 FROM row_migrations WHERE name = $1")
            .bind(FOLDED_IDENTIFIERS)
            .fetch_optional(self.connection())
            .await?;
        if done.is_some() {
            return Ok(Duplicates::new());
        }
        let duplicates = self.fold_identifiers().await?;
        sqlx::query("INSERT INTO row_migrations (name) VALUES ($1)")
            .bind(FOLDED_IDENTIFIERS)
            .execute(self.connection())
            .await?;
        Ok(duplicates)
    }

    /// Replaces the addresses and user names that people sign in with by the form in which they are compared since
    /// version 0.3. Returns those that are the same then.
    async fn fold_identifiers(&mut self) -> Result<Duplicates, Error> {
        self.fold_profiles().await?;
        let mut duplicates = self.same_addresses().await?;
        self.fold_credentials(&mut duplicates).await?;
        Ok(duplicates)
    }

    async fn fold_profiles(&mut self) -> Result<(), Error> {
        let (mut provider, mut id) = (String::new(), String::new());
        loop {
            let rows = sqlx::query(
                "SELECT provider, id, id_is_integer, connection, is_social, profile, email FROM identities \
                 WHERE provider > $1 OR (provider = $1 AND id > $2) ORDER BY provider, id LIMIT $3",
            )
            .bind(&provider)
            .bind(&id)
            .bind(PAGE)
            .fetch_all(self.connection())
            .await?;
            let Some(last) = rows.last() else { return Ok(()) };
            (provider, id) = (last.try_get("provider")?, last.try_get("id")?);
            for row in &rows {
                let (identity, profile) = identity_from_row(row)?;
                let folded = folded_profile(&identity.provider, &profile);
                let email: Option<String> = row.try_get("email")?;
                if folded != profile || email.as_deref() != Some(&folded_email(&folded)) {
                    self.update_profile(&identity.key(), &folded).await?;
                }
            }
        }
    }

    /// Returns the users of databases and passwordless connections that share an address within a connection.
    async fn same_addresses(&mut self) -> Result<Duplicates, Error> {
        let rows = sqlx::query(
            "SELECT connection, email, user_id FROM identities WHERE (connection, email) IN \
             (SELECT connection, email FROM identities WHERE provider IN ('auth0', 'email') AND email <> '' \
             GROUP BY connection, email HAVING COUNT(*) > 1) ORDER BY connection, email",
        )
        .fetch_all(self.connection())
        .await?;
        let place = |row: &sqlx::any::AnyRow| -> Result<(String, String), Error> {
            Ok((row.try_get("connection")?, row.try_get("email")?))
        };
        let mut duplicates = Duplicates::new();
        for rows in rows.chunk_by(|one, next| place(one).ok() == place(next).ok()) {
            let users = rows.iter().map(|row| row.try_get("user_id")).collect::<Result<_, _>>()?;
            duplicates.insert((place(&rows[0])?.0, users));
        }
        Ok(duplicates)
    }

    /// Renames what people type to sign in. A name that another identity has stays as it is, so that its owner can still
    /// type it in the old form.
    async fn fold_credentials(&mut self, duplicates: &mut Duplicates) -> Result<(), Error> {
        let rows =
            sqlx::query("SELECT connection, login, provider, id FROM credentials ORDER BY connection, login")
                .fetch_all(self.connection())
                .await?;
        for row in &rows {
            let (connection, login): (String, String) = (row.try_get("connection")?, row.try_get("login")?);
            let folded = fold_identifier(&login);
            if folded == login {
                continue;
            }
            let key = key_from_row(row)?;
            let taken =
                sqlx::query("SELECT provider, id FROM credentials WHERE connection = $1 AND login = $2")
                    .bind(&connection)
                    .bind(&folded)
                    .fetch_optional(self.connection())
                    .await?;
            let owner = taken.as_ref().map(key_from_row).transpose()?;
            match owner {
                None => {
                    sqlx::query("UPDATE credentials SET login = $3 WHERE connection = $1 AND login = $2")
                        .bind(&connection)
                        .bind(&login)
                        .bind(&folded)
                        .execute(self.connection())
                        .await?;
                }
                // The address and the user name of one identity were written in two ways.
                Some(owner) if owner == key => {
                    sqlx::query("DELETE FROM credentials WHERE connection = $1 AND login = $2")
                        .bind(&connection)
                        .bind(&login)
                        .execute(self.connection())
                        .await?;
                }
                Some(owner) => {
                    let users = [self.user_of(&owner).await?, self.user_of(&key).await?];
                    duplicates.insert((connection, BTreeSet::from(users)));
                }
            }
        }
        Ok(())
    }

    async fn user_of(&mut self, key: &IdentityKey) -> Result<String, Error> {
        let row = sqlx::query("SELECT user_id FROM identities WHERE provider = $1 AND id = $2")
            .bind(key.provider.as_str())
            .bind(key.user_id.as_str())
            .fetch_one(self.connection())
            .await?;
        Ok(row.try_get("user_id")?)
    }
}

/// Returns a profile with the address and the user name in the form in which they are compared, if people sign in
/// with them here. Other providers' profiles stay as they were received.
fn folded_profile(provider: &Provider, profile: &Profile) -> Profile {
    let keys: &[&str] = match provider.as_str() {
        "auth0" => &["email", "username"],
        "email" => &["email"],
        _ => &[],
    };
    keys.iter().fold(profile.clone(), |profile, key| match profile.text(key).map(fold_identifier) {
        Some(folded) => profile.with(key, folded),
        None => profile,
    })
}
