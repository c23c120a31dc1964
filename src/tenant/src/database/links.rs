//! Links in mails: to set a new password, and to prove an address. Only the digest of a link's code is kept; each is
//! good once.

use std::net::IpAddr;
use std::time::Duration;

use model::{ConnectionName, IdentityKey};
use store::{Address, Purpose, TicketRow};

use crate::Tenant;
use crate::login::pages;
use crate::mail::Mail;
use crate::secret::Secret;

/// How long a link to set a new password is good. Auth0's are for five days; whoever finds the mail later should not
/// take the account with it.
const RESET_LIFETIME: Duration = Duration::from_hours(1);

/// How long a link to prove an address is good, as at Auth0.
const VERIFY_LIFETIME: Duration = Duration::from_hours(5 * 24);

impl Tenant {
    /// Sends a link to set a new password to whoever has this address in one of the databases. For an address that
    /// nobody has it does the same work, but for the mail.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn mail_reset(
        &self,
        databases: Vec<ConnectionName>,
        email: &str,
    ) -> Result<(), store::Error> {
        let Some(first) = databases.first().cloned() else { return Ok(()) };
        let code = Secret::random();
        let mut ticket = self.ticket(Purpose::ResetPassword, first, email, &code, RESET_LIFETIME);
        let now = self.now().millis();
        let to = self
            .0
            .store
            .write::<_, store::Error, _>(move |unit| {
                Box::pin(async move {
                    let address = Address::Email(ticket.email.clone());
                    for database in databases {
                        ticket.key = unit.find_identity_by_address(&database, &address, None).await?;
                        if ticket.key.is_some() {
                            ticket.connection = database;
                            break;
                        }
                    }
                    unit.insert_ticket(&ticket, now).await?;
                    Ok(ticket.key.map(|_| ticket.email))
                })
            })
            .await?;
        if let Some(to) = to {
            let subject = format!("Set a new password for {}", self.name());
            let sentence = "Open this link within an hour to set a new password. It is good once.";
            self.send(&to, &subject, sentence, pages::RESET, &code).await;
        }
        Ok(())
    }

    /// Sends a link to prove that the person behind an identity reads mail at this address.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn mail_verification(
        &self,
        connection: &ConnectionName,
        email: &str,
        key: IdentityKey,
    ) -> Result<(), store::Error> {
        let code = Secret::random();
        let mut ticket = self.ticket(Purpose::VerifyEmail, connection.clone(), email, &code, VERIFY_LIFETIME);
        ticket.key = Some(key);
        let (now, to) = (self.now().millis(), ticket.email.clone());
        self.0
            .store
            .write(move |unit| Box::pin(async move { unit.insert_ticket(&ticket, now).await }))
            .await?;
        let subject = format!("Confirm your e-mail address for {}", self.name());
        let sentence = "Open this link within five days to confirm that this address is yours.";
        self.send(&to, &subject, sentence, pages::VERIFY, &code).await;
        Ok(())
    }

    /// Whether a mail may be asked for with this address from there. What is asked for too often waits as guesses do,
    /// whether or not anybody has the address.
    ///
    /// # Errors
    /// How long to wait.
    pub(crate) fn allow_mail(&self, email: &str, from: Option<IpAddr>) -> Result<(), Duration> {
        self.0.attempts.begin(&format!("mail {email}"), from, self.now()).map(|_| ())
    }

    fn ticket(
        &self,
        purpose: Purpose,
        connection: ConnectionName,
        email: &str,
        code: &Secret,
        lifetime: Duration,
    ) -> TicketRow {
        TicketRow {
            digest: code.digest(),
            purpose,
            connection,
            email: email.to_lowercase(),
            key: None,
            expires_at: self.now().after(lifetime).millis(),
        }
    }

    /// Hands a mail over. A failure goes to the log, without the mail: whoever asked can ask again.
    async fn send(&self, to: &str, subject: &str, sentence: &str, path: &str, code: &Secret) {
        let address = format!("{}{path}", self.0.issuer.origin());
        let mail = Mail::with_link(self.now().iso(), to, subject, sentence, &address, code);
        let carrier = self.0.mail.clone();
        let taken = tokio::task::spawn_blocking(move || carrier.carry(&mail)).await;
        if let Ok(Err(error)) = taken {
            tracing::error!(error = &error as &dyn std::error::Error, "a mail was not taken");
        }
    }
}
