//! Tickets: the single-use links in mails.

use model::{ConnectionName, IdentityKey};

use crate::columns::key_from_row;
use crate::digest::Digest;
use crate::error::Error;
use crate::query::query;
use crate::unit::{Reader, Unit};

/// The number of links for one address and purpose that are good at once.
pub const LINKS: u32 = 5;

/// The number of tickets that are kept for addresses that nobody has.
const LINKS_OF_NOBODY: u32 = 1000;

/// How long a ticket with options is kept after it expired, in milliseconds.
const KEPT_FOR: i64 = 30 * 24 * 60 * 60 * 1000;

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
    /// What a machine asked for with the link.
    pub options: TicketOptions,
}

/// What a machine can ask for with a link. A link in a mail has the default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TicketOptions {
    /// Where the person goes afterwards.
    pub result_url: Option<String>,
    /// Whether that address gets the e-mail address as a parameter.
    pub result_email: bool,
    /// The client whose page the last page leads to.
    pub client_id: Option<String>,
    /// Whether a new password leaves open whether the address is verified.
    pub keeps_verification: bool,
}

impl TicketRow {
    /// Takes over what a machine asked for with `before`, if that was for the same identity and address.
    pub fn take_over(&mut self, before: Option<Self>) {
        let is_same = |before: &Self| {
            before.key.is_some()
                && before.key == self.key
                && before.email == self.email
                && before.purpose == self.purpose
        };
        if let Some(before) = before.filter(is_same) {
            self.options = before.options;
        }
    }
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
        let row = query(
            "SELECT connection, email, provider, id, expires_at, result_url, result_email, client_id, \
             keeps_verification FROM tickets WHERE digest = $1 AND purpose = $2",
        )
        .bind(digest.as_str())
        .bind(purpose.as_str())
        .fetch_optional(self.connection())
        .await?;
        row.map(|row| {
            let provider: Option<String> = row.get("provider")?;
            Ok(TicketRow {
                digest: digest.clone(),
                purpose,
                connection: ConnectionName::new(row.get::<String>("connection")?),
                email: row.get("email")?,
                key: provider.map(|_| key_from_row(&row)).transpose()?,
                expires_at: row.get("expires_at")?,
                options: TicketOptions {
                    result_url: row.get("result_url")?,
                    result_email: row.get::<Option<i64>>("result_email")? == Some(1),
                    client_id: row.get("client_id")?,
                    keeps_verification: row.get::<Option<i64>>("keeps_verification")? == Some(1),
                },
            })
        })
        .transpose()
    }
}

impl Unit {
    /// Inserts a ticket and deletes those that have expired at `now`; those with which a machine asked for more are kept for
    /// another 30 days, so that a link that replaces one does the same. The last [`LINKS`] for the same address and purpose
    /// stay good: a stranger who asks for another mail does not take the one that its owner is reading. Of those that
    /// belong to no identity, the last `LINKS_OF_NOBODY` are kept.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn insert_ticket(&mut self, ticket: &TicketRow, now: i64) -> Result<(), Error> {
        query(
            "DELETE FROM tickets WHERE (expires_at <= $1 AND (expires_at <= $1 - $6 \
             OR COALESCE(result_url, client_id) IS NULL AND COALESCE(keeps_verification, 0) = 0)) \
             OR digest IN (SELECT digest FROM tickets \
             WHERE purpose = $2 AND connection = $3 AND email = $4 \
             ORDER BY rowid DESC LIMIT 9223372036854775807 OFFSET $5)",
        )
        .bind(now)
        .bind(ticket.purpose.as_str())
        .bind(ticket.connection.as_str())
        .bind(&ticket.email)
        .bind(i64::from(LINKS - 1))
        .bind(KEPT_FOR)
        .send(self.connection())
        .await?;
        query(
            "INSERT INTO tickets (digest, purpose, connection, email, provider, id, expires_at, result_url, \
             result_email, client_id, keeps_verification) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(ticket.digest.as_str())
        .bind(ticket.purpose.as_str())
        .bind(ticket.connection.as_str())
        .bind(&ticket.email)
        .bind(ticket.key.as_ref().map(|key| key.provider.as_str()))
        .bind(ticket.key.as_ref().map(|key| key.user_id.as_str()))
        .bind(ticket.expires_at)
        .bind(ticket.options.result_url.as_deref())
        .bind(i64::from(ticket.options.result_email))
        .bind(ticket.options.client_id.as_deref())
        .bind(i64::from(ticket.options.keeps_verification))
        .execute(self.connection())
        .await?;
        self.keep_newest("tickets", ("$1 = '' AND provider IS NULL", ""), LINKS_OF_NOBODY).await
    }

    /// Deletes a ticket. Returns `false` if it does not exist, so that one of two concurrent callers wins.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn remove_ticket(&mut self, digest: &Digest) -> Result<bool, Error> {
        let removed = query("DELETE FROM tickets WHERE digest = $1")
            .bind(digest.as_str())
            .execute(self.connection())
            .await?;
        Ok(removed > 0)
    }

    /// Deletes every ticket of an identity.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn remove_tickets_of(&mut self, key: &IdentityKey) -> Result<(), Error> {
        query("DELETE FROM tickets WHERE provider = $1 AND id = $2")
            .bind(key.provider.as_str())
            .bind(key.user_id.as_str())
            .send(self.connection())
            .await?;
        Ok(())
    }
}
