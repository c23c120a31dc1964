//! Tickets: the single-use links in mails.

use model::{ConnectionName, IdentityKey};
use sqlx::Row;

use crate::columns::key_from_row;
use crate::digest::Digest;
use crate::error::Error;
use crate::unit::{Reader, Unit};

/// The purpose of a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Setting a new password.
    ResetPassword,
    /// Verifying the e-mail address.
    VerifyEmail,
}

impl Purpose {
    fn as_str(self) -> &'static str {
        match self {
            Self::ResetPassword => "reset-password",
            Self::VerifyEmail => "verify-email",
        }
    }
}

/// A single-use link in a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketRow {
    /// The digest of the code in the link.
    pub digest: Digest,
    /// The purpose.
    pub purpose: Purpose,
    /// The connection of the identity.
    pub connection: ConnectionName,
    /// The e-mail address in lower case.
    pub email: String,
    /// The identity with that address; `None` if no identity has it, and no mail was sent.
    pub key: Option<IdentityKey>,
    /// The time of expiry.
    pub expires_at: i64,
}

impl Reader {
    /// Returns the ticket with this purpose and digest, expired or not.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn find_ticket(
        &mut self,
        purpose: Purpose,
        digest: &Digest,
    ) -> Result<Option<TicketRow>, Error> {
        let row = sqlx::query(
            "SELECT connection, email, provider, id, expires_at FROM tickets \
             WHERE digest = $1 AND purpose = $2",
        )
        .bind(digest.as_str())
        .bind(purpose.as_str())
        .fetch_optional(self.connection())
        .await?;
        row.map(|row| {
            let provider: Option<String> = row.try_get("provider")?;
            Ok(TicketRow {
                digest: digest.clone(),
                purpose,
                connection: ConnectionName::new(row.try_get::<String, _>("connection")?),
                email: row.try_get("email")?,
                key: provider.map(|_| key_from_row(&row)).transpose()?,
                expires_at: row.try_get("expires_at")?,
            })
        })
        .transpose()
    }
}

impl Unit {
    /// Inserts a ticket, replaces the previous one of the same address and purpose, and deletes those that
    /// have expired at `now`.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn insert_ticket(&mut self, ticket: &TicketRow, now: i64) -> Result<(), Error> {
        sqlx::query(
            "DELETE FROM tickets WHERE expires_at <= $1 \
             OR (purpose = $2 AND connection = $3 AND email = $4)",
        )
        .bind(now)
        .bind(ticket.purpose.as_str())
        .bind(ticket.connection.as_str())
        .bind(&ticket.email)
        .execute(self.connection())
        .await?;
        sqlx::query(
            "INSERT INTO tickets (digest, purpose, connection, email, provider, id, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(ticket.digest.as_str())
        .bind(ticket.purpose.as_str())
        .bind(ticket.connection.as_str())
        .bind(&ticket.email)
        .bind(ticket.key.as_ref().map(|key| key.provider.as_str()))
        .bind(ticket.key.as_ref().map(|key| key.user_id.as_str()))
        .bind(ticket.expires_at)
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Deletes a ticket. Returns `false` if it does not exist, so that one of two concurrent callers wins.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn remove_ticket(&mut self, digest: &Digest) -> Result<bool, Error> {
        let removed = sqlx::query("DELETE FROM tickets WHERE digest = $1")
            .bind(digest.as_str())
            .execute(self.connection())
            .await?;
        Ok(removed.rows_affected() > 0)
    }

    /// Deletes every ticket of an identity.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn remove_tickets_of(&mut self, key: &IdentityKey) -> Result<(), Error> {
        sqlx::query("DELETE FROM tickets WHERE provider = $1 AND id = $2")
            .bind(key.provider.as_str())
            .bind(key.user_id.as_str())
            .execute(self.connection())
            .await?;
        Ok(())
    }
}
