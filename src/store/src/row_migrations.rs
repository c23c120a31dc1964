//! Changes of rows that SQL cannot make. Each is made once, when a database is opened.

use std::collections::BTreeSet;

use model::{IdentityKey, Profile, Provider};

use crate::columns::{folded_email, identity_from_row, key_from_row};
use crate::error::Error;
use crate::normal_form::fold_identifier;
use crate::query::query;
use crate::row::Row;
use crate::unit::Unit;

/// The name under which [`Unit::fold_identifiers`] is recorded.
const FOLDED_IDENTIFIERS: &str = "identifiers in one Unicode normal form";

/// The number of identities to read at once.
const PAGE: i64 = 500;

/// Users of one connection that have one address or user name: the connection, and their ids.
#[derive(Debug, Default)]
pub(crate) struct Duplicates(BTreeSet<(String, BTreeSet<String>)>);

impl Duplicates {
    /// Names them in the log.
    pub(crate) fn report(self) {
        for (connection, users) in self.0 {
            tracing::warn!(
                connection,
                ?users,
                "these users have the same e-mail address or user name, written in different ways; they stay as they are"
            );
        }
    }
}

impl Unit {
    /// Makes the changes that this database does not have yet, within the caller's transaction.
    ///
    /// # Errors
    /// [`Error::Database`] or [`Error::Damaged`].
    pub(crate) async fn migrate_rows(&mut self) -> Result<Duplicates, Error> {
        let done = query("SELECT 1 FROM row_migrations WHERE name = $1")
            .bind(FOLDED_IDENTIFIERS)
            .fetch_optional(self.connection())
            .await?;
        if done.is_some() {
            return Ok(Duplicates::default());
        }
        let duplicates = self.fold_identifiers().await?;
        query("INSERT INTO row_migrations (name) VALUES ($1)")
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
            let rows = query(
                "SELECT provider, id, id_is_integer, connection, is_social, profile, email FROM identities \
                 WHERE provider > $1 OR (provider = $1 AND id > $2) ORDER BY provider, id LIMIT $3",
            )
            .bind(&provider)
            .bind(&id)
            .bind(PAGE)
            .fetch_all(self.connection())
            .await?;
            let Some(last) = rows.last() else { return Ok(()) };
            (provider, id) = (last.get("provider")?, last.get("id")?);
            for row in &rows {
                let (identity, profile) = identity_from_row(row)?;
                let folded = folded_profile(&identity.provider, &profile);
                let email: Option<String> = row.get("email")?;
                if folded != profile || email.as_deref() != Some(&folded_email(&folded)) {
                    self.update_profile(&identity.key(), &folded).await?;
                }
            }
        }
    }

    /// Returns the users of databases and passwordless connections that share an address within a connection.
    async fn same_addresses(&mut self) -> Result<Duplicates, Error> {
        let rows = query(
            "SELECT connection, email, user_id FROM identities WHERE (connection, email) IN \
             (SELECT connection, email FROM identities WHERE provider IN ('auth0', 'email') AND email <> '' \
             GROUP BY connection, email HAVING COUNT(*) > 1) ORDER BY connection, email",
        )
        .fetch_all(self.connection())
        .await?;
        let place = |row: &Row| -> Result<(String, String), Error> {
            Ok((row.get("connection")?, row.get("email")?))
        };
        let mut duplicates = Duplicates::default();
        for rows in rows.chunk_by(|one, next| place(one).ok() == place(next).ok()) {
            let users = rows.iter().map(|row| row.get("user_id")).collect::<Result<_, _>>()?;
            duplicates.0.insert((place(&rows[0])?.0, users));
        }
        Ok(duplicates)
    }

    /// Renames what people type to sign in. A name that another identity has stays as it is, so that its owner can still
    /// type it in the old form.
    async fn fold_credentials(&mut self, duplicates: &mut Duplicates) -> Result<(), Error> {
        let rows =
            query("SELECT connection, login, provider, id FROM credentials ORDER BY connection, login")
                .fetch_all(self.connection())
                .await?;
        for row in &rows {
            let (connection, login): (String, String) = (row.get("connection")?, row.get("login")?);
            let folded = fold_identifier(&login);
            if folded == login {
                continue;
            }
            let key = key_from_row(row)?;
            let taken = query("SELECT provider, id FROM credentials WHERE connection = $1 AND login = $2")
                .bind(&connection)
                .bind(&folded)
                .fetch_optional(self.connection())
                .await?;
            let owner = taken.as_ref().map(key_from_row).transpose()?;
            match owner {
                None => {
                    query("UPDATE credentials SET login = $3 WHERE connection = $1 AND login = $2")
                        .bind(&connection)
                        .bind(&login)
                        .bind(&folded)
                        .send(self.connection())
                        .await?;
                }
                // The address and the user name of one identity were written in two ways.
                Some(owner) if owner == key => {
                    query("DELETE FROM credentials WHERE connection = $1 AND login = $2")
                        .bind(&connection)
                        .bind(&login)
                        .send(self.connection())
                        .await?;
                }
                Some(owner) => {
                    let users = [self.user_of(&owner).await?, self.user_of(&key).await?];
                    duplicates.0.insert((connection, BTreeSet::from(users)));
                }
            }
        }
        Ok(())
    }

    async fn user_of(&mut self, key: &IdentityKey) -> Result<String, Error> {
        let row = query("SELECT user_id FROM identities WHERE provider = $1 AND id = $2")
            .bind(key.provider.as_str())
            .bind(key.user_id.as_str())
            .fetch_one(self.connection())
            .await?;
        row.get("user_id")
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
