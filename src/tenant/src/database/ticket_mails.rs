//! Mails with a link: to reset a password, and to verify an e-mail address.
//!
//! Only the digest of a link's code is stored. Each link works once.

use std::net::IpAddr;
use std::time::Duration;

use model::bidi::isolate;
use model::{ConnectionName, IdentityId, IdentityKey, Provider};
use store::{Address, Purpose, TicketOptions, TicketRow, fold_identifier};

use crate::http::peer::network;
use crate::login::login_throttle::Guesser;
use crate::login::paths;
use crate::mail::{Mail, is_address};
use crate::secret::Secret;
use crate::state::Tenant;

/// The lifetime of a link that resets a password. Auth0 uses five days; this is shorter, because a person who
/// finds the mail later should not get the account with it.
const RESET_LIFETIME: Duration = Duration::from_hours(1);

/// The lifetime of a link that verifies an e-mail address, as at Auth0.
const VERIFY_LIFETIME: Duration = Duration::from_hours(5 * 24);

/// Sends a link that resets the password of the identity with this address in the first of `databases` that
/// has it. A link that it replaces leaves it what was asked for with that one.
///
/// For an unknown address it does the same work except for adding the mail to the queue, so that the response time does
/// not reveal which addresses exist.
///
/// # Errors
/// The store's. A mail that cannot be sent is logged only.
pub(crate) async fn send_password_reset(
    tenant: &Tenant,
    databases: Vec<ConnectionName>,
    email: &str,
    instead_of: Option<TicketRow>,
) -> Result<(), store::Error> {
    // Whatever is no address belongs to nobody, and may be of any length.
    let Some(first) = databases.first().cloned().filter(|_| is_address(email)) else { return Ok(()) };
    let code = Secret::random();
    let mut ticket = new_ticket(tenant, Purpose::ResetPassword, first, email, &code, RESET_LIFETIME);
    let now = tenant.now().millis();
    let to = tenant
        .0
        .store
        .write::<_, store::Error, _>(move |unit| {
            Box::pin(async move {
                let address = Address::Email(ticket.email.clone());
                for database in databases {
                    // All of them are asked, also after the one that has the address.
                    let found = unit.find_identity_by_address(&database, &address, None).await?;
                    if found.is_some() && ticket.key.is_none() {
                        (ticket.key, ticket.connection) = (found, database);
                    }
                }
                ticket.take_over(instead_of);
                unit.insert_ticket(&ticket, now).await?;
                Ok(ticket.key.map(|_| ticket.email))
            })
        })
        .await?;
    if let Some(to) = to {
        let subject = format!("Set a new password for {}", isolate(tenant.name()));
        let sentence = "Open this link within an hour to set a new password. It is good once.";
        send(tenant, &to, &subject, sentence, paths::RESET, &code).await;
    }
    Ok(())
}

/// Sends a link that verifies the e-mail address of an identity.
///
/// # Errors
/// The store's. A mail that cannot be sent is logged only.
pub(crate) async fn send_email_verification(
    tenant: &Tenant,
    connection: &ConnectionName,
    email: &str,
    key: IdentityKey,
) -> Result<(), store::Error> {
    let code = Secret::random();
    let mut ticket =
        new_ticket(tenant, Purpose::VerifyEmail, connection.clone(), email, &code, VERIFY_LIFETIME);
    ticket.key = Some(key);
    let (now, to) = (tenant.now().millis(), ticket.email.clone());
    tenant.0.store.write(move |unit| Box::pin(async move { unit.insert_ticket(&ticket, now).await })).await?;
    send_verification(tenant, &to, &code).await;
    Ok(())
}

/// Sends another link that verifies this e-mail address, for the identity with it in the first of `databases` that has one whose
/// address is not verified. A link that it replaces leaves it what was asked for with that one. For any other address it does the same work, as [`send_password_reset`] does.
///
/// # Errors
/// The store's. A mail that cannot be sent is logged only.
pub(crate) async fn send_verification_again(
    tenant: &Tenant,
    databases: Vec<ConnectionName>,
    email: &str,
    instead_of: Option<TicketRow>,
) -> Result<(), store::Error> {
    let Some(first) = databases.first().cloned().filter(|_| is_address(email)) else { return Ok(()) };
    let code = Secret::random();
    let mut ticket = new_ticket(tenant, Purpose::VerifyEmail, first, email, &code, VERIFY_LIFETIME);
    let now = tenant.now().millis();
    let to = tenant
        .0
        .store
        .write::<_, store::Error, _>(move |unit| {
            Box::pin(async move {
                let address = Address::Email(ticket.email.clone());
                for database in databases {
                    let found = unit.find_identity_by_address(&database, &address, None).await?;
                    // Somebody is looked for in any case, so that an unknown address costs as much.
                    let key = found.unwrap_or_else(|| IdentityKey {
                        provider: Provider::new("auth0"),
                        user_id: IdentityId::text(""),
                    });
                    let user = unit.find_user_by_identity(&key).await?;
                    let profile = user.as_ref().and_then(|user| {
                        Some(user.identity(&key)?.profile_data.as_ref().unwrap_or(&user.profile))
                    });
                    if ticket.key.is_none()
                        && profile.is_some_and(|profile| profile.email_verified() != Some(true))
                    {
                        (ticket.key, ticket.connection) = (Some(key), database);
                    }
                }
                ticket.take_over(instead_of);
                unit.insert_ticket(&ticket, now).await?;
                Ok(ticket.key.map(|_| ticket.email))
            })
        })
        .await?;
    if let Some(to) = to {
        send_verification(tenant, &to, &code).await;
    }
    Ok(())
}

async fn send_verification(tenant: &Tenant, to: &str, code: &Secret) {
    let subject = format!("Confirm your e-mail address for {}", isolate(tenant.name()));
    let sentence = "Open this link within five days to confirm that this address is yours.";
    send(tenant, to, &subject, sentence, paths::VERIFY, code).await;
}

/// Counts a request for a mail to this address, and limits such requests like failed sign-ins, and by the hour for each
/// recipient and each network, whether or not the address is known.
///
/// What is returned inside is the time to wait before the next request.
///
/// # Errors
/// The store's.
pub(crate) async fn limit_requests(
    tenant: &Tenant,
    email: &str,
    from: Option<IpAddr>,
) -> Result<Result<(), Duration>, store::Error> {
    let (now, name) = (tenant.now(), format!("mail {email}"));
    if let Err(wait) = tenant.0.login_throttle.start_attempt(&name, Guesser::Stranger(from), now).await? {
        return Ok(Err(wait));
    }
    if let Some(from) = from
        && let Err(wait) = tenant.0.mails_from.take(&network(from).to_string(), now).await?
    {
        return Ok(Err(wait));
    }
    tenant.0.mails_to.take(email, now).await
}

fn new_ticket(
    tenant: &Tenant,
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
        email: fold_identifier(email),
        key: None,
        expires_at: tenant.now().after(lifetime).millis(),
        options: TicketOptions::default(),
    }
}

/// Creates a link for an identity, without a mail, and returns its address. `lifetime` is that of a mail by default.
///
/// # Errors
/// The store's.
pub(crate) async fn create_link(
    tenant: &Tenant,
    purpose: Purpose,
    (connection, key): (ConnectionName, IdentityKey),
    email: &str,
    lifetime: Option<Duration>,
    options: TicketOptions,
) -> Result<String, store::Error> {
    let (path, default) = match purpose {
        Purpose::ResetPassword => (paths::RESET, RESET_LIFETIME),
        Purpose::VerifyEmail => (paths::VERIFY, VERIFY_LIFETIME),
    };
    let code = Secret::random();
    let ticket = TicketRow {
        key: Some(key),
        options,
        ..new_ticket(tenant, purpose, connection, email, &code, lifetime.unwrap_or(default))
    };
    let now = tenant.now().millis();
    tenant.0.store.write(move |unit| Box::pin(async move { unit.insert_ticket(&ticket, now).await })).await?;
    Ok(format!("{}{path}?ticket={}#", tenant.0.issuer.origin(), code.expose()))
}

/// Adds a mail to the queue. One that is not taken is logged; the person can request another one.
async fn send(tenant: &Tenant, to: &str, subject: &str, sentence: &str, path: &str, code: &Secret) {
    let address = format!("{}{path}", tenant.0.issuer.origin());
    let mail = Mail::with_link(tenant.now().iso(), to, subject, sentence, &address, code);
    tenant.0.mails.add(mail).await;
}
