//! Consents: what users allow applications. They belong to the user, not to one of the identities: an identity that is
//! unlinked takes none of them along, and those of an account that is linked to another one end with it.

use model::{Scopes, UserId};

use crate::error::Error;
use crate::query::query;
use crate::row::Row;
use crate::unit::{Reader, Unit};

/// What a user allows an application to do at one API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentRow {
    /// Its id.
    pub id: String,
    /// The user.
    pub user_id: UserId,
    /// The application.
    pub client_id: String,
    /// The audience of the API; empty for the tenant's own `/userinfo`.
    pub audience: String,
    /// What is allowed.
    pub scopes: Scopes,
}

const COLUMNS: &str = "SELECT id, user_id, client_id, audience, scope FROM consents";

fn consent_from_row(row: &Row) -> Result<ConsentRow, Error> {
    Ok(ConsentRow {
        id: row.get("id")?,
        user_id: UserId::new(row.get::<String>("user_id")?),
        client_id: row.get("client_id")?,
        audience: row.get("audience")?,
        scopes: Scopes::parse(&row.get::<String>("scope")?),
    })
}

impl Reader {
    /// Returns what the user allows the application at this audience.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn find_consent(
        &mut self,
        user_id: &UserId,
        client_id: &str,
        audience: &str,
    ) -> Result<Option<ConsentRow>, Error> {
        let sql = format!("{COLUMNS} WHERE user_id = $1 AND client_id = $2 AND audience = $3");
        let row = query(sql)
            .bind(user_id.as_str())
            .bind(client_id)
            .bind(audience)
            .fetch_optional(self.connection())
            .await?;
        row.as_ref().map(consent_from_row).transpose()
    }

    /// Returns the consents of one user, or of all, ordered by user, application and audience.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn list_consents(&mut self, user_id: Option<&UserId>) -> Result<Vec<ConsentRow>, Error> {
        let condition = if user_id.is_some() { "WHERE user_id = $1" } else { "" };
        let sql = format!("{COLUMNS} {condition} ORDER BY user_id, client_id, audience");
        let mut query = query(sql);
        if let Some(user_id) = user_id {
            query = query.bind(user_id.as_str());
        }
        let rows = query.fetch_all(self.connection()).await?;
        rows.iter().map(consent_from_row).collect()
    }
}

impl Unit {
    /// Stores a consent. What the user allowed the application at this audience before stays allowed.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn insert_consent(&mut self, consent: &ConsentRow) -> Result<(), Error> {
        let before = self.find_consent(&consent.user_id, &consent.client_id, &consent.audience).await?;
        let before = before.iter().flat_map(|before| before.scopes.iter());
        let scopes: Scopes = before.chain(consent.scopes.iter()).cloned().collect();
        query(
            "INSERT INTO consents (id, user_id, client_id, audience, scope) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (user_id, client_id, audience) DO UPDATE SET scope = $5",
        )
        .bind(&consent.id)
        .bind(consent.user_id.as_str())
        .bind(&consent.client_id)
        .bind(&consent.audience)
        .bind(scopes.to_string())
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Deletes the consents with this id or of this user, and with each everything that the application has of the user:
    /// codes, access tokens and refresh tokens.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn remove_consents(&mut self, id_or_user: ConsentsOf<'_>) -> Result<(), Error> {
        let (column, value) = match id_or_user {
            ConsentsOf::Id(id) => ("id", id),
            ConsentsOf::User(user_id) => ("user_id", user_id.as_str()),
        };
        for table in ["codes", "access_tokens", "refresh_families"] {
            let sql = format!(
                "DELETE FROM {table} WHERE EXISTS (SELECT 1 FROM consents c JOIN identities i \
                 ON i.user_id = c.user_id WHERE c.{column} = $1 AND c.client_id = {table}.client_id \
                 AND i.provider = {table}.provider AND i.id = {table}.id)"
            );
            query(sql).bind(value).send(self.connection()).await?;
        }
        let sql = format!("DELETE FROM consents WHERE {column} = $1");
        query(sql).bind(value).send(self.connection()).await?;
        Ok(())
    }
}

/// Which consents are removed.
#[derive(Clone, Copy, Debug)]
pub enum ConsentsOf<'a> {
    /// The one with this id.
    Id(&'a str),
    /// All of this user.
    User(&'a UserId),
}
