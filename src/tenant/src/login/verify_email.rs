//! `/u/verify-email`: the page behind the link that verifies an e-mail address.
//!
//! The mail proves who reads it; that alone must not prove the address for an account that somebody else made with it. So a
//! confirmation counts from a browser in which somebody is signed in to the account, or together with its password.

use axum::extract::{Request, State};
use axum::response::Response;
use store::{Purpose, TicketRow};

use super::earlier_logins::{self, Decisions, earlier_logins, profile_of};
use super::form::Form;
use super::known_browser;
use super::pages::ticket::{self as pages, VerifyPage};
use super::password_sign_in::find_identity;
use super::paths;
use super::ticket::{Refusal, TicketError, done, find, find_holder, form_page, keep_code, submitted, take};
use crate::http::peer::Peer;
use crate::notice_mails::Login;
use crate::secret::Secret;
use crate::session::Session;
use crate::state::Tenant;

/// Why the person who confirms may do so.
enum Confirmer {
    /// Somebody is signed in to the account in this browser, in the session with this id.
    SignedIn(String),
    /// Who reads the mails of this address signs in with it: the connection has no passwords.
    Mailbox,
    /// Unknown until the password of the account is typed.
    Unknown,
}

impl Confirmer {
    async fn find(tenant: &Tenant, peer: &Peer, ticket: &TicketRow) -> Result<Self, store::Error> {
        let Some(key) = &ticket.key else { return Ok(Self::Unknown) };
        if key.provider.as_str() == "email" {
            return Ok(Self::Mailbox);
        }
        let session = Session::find(tenant, &peer.headers).await?;
        let session = session.filter(|session| session.user.identity(key).is_some());
        Ok(session.map_or(Self::Unknown, |session| Self::SignedIn(session.row.sid)))
    }
}

/// `GET /u/verify-email`: shows the page with a button.
pub(super) async fn show(State(tenant): State<Tenant>, request: Request) -> Response {
    if let Some(response) = keep_code(&tenant, &request, paths::VERIFY) {
        return response;
    }
    let peer = Peer::of(&request);
    let shown = async {
        let ticket = find(&tenant, &peer, Purpose::VerifyEmail).await?;
        render(&tenant, &peer, &ticket, None).await
    };
    shown.await.unwrap_or_else(|error: TicketError| error.into_response(&tenant, &peer, Purpose::VerifyEmail))
}

/// Renders the page, after a refusal with what was submitted.
async fn render(
    tenant: &Tenant,
    peer: &Peer,
    ticket: &TicketRow,
    refused: Option<(Refusal, &Form)>,
) -> Result<Response, TicketError> {
    let confirmer = Confirmer::find(tenant, peer, ticket).await?;
    let (user, identity) = find_holder(&mut tenant.0.store.read().await?, ticket).await?;
    let decisions = refused.map(|(_, form)| Decisions::read(form));
    let logins = earlier_logins(&user, &identity.key());
    let refusal = refused.map(|(refusal, _)| refusal);
    let view = VerifyPage {
        tenant: tenant.name(),
        email: &ticket.email,
        needs_password: matches!(confirmer, Confirmer::Unknown),
        logins: earlier_logins::shown(tenant, &user, &logins, decisions.as_ref()),
        refusal: refusal.map(Refusal::shown),
    };
    Ok(form_page(refusal, pages::verify(&tenant.0.assets, &view)))
}

/// `POST /u/verify-email`, with `password` where nobody is signed in to the account, and a decision about each login that was
/// linked before: marks the address as verified.
pub(super) async fn submit(State(tenant): State<Tenant>, request: Request) -> Response {
    let peer = Peer::of(&request);
    let answered = async {
        let (ticket, form) = submitted(&tenant, &peer, request, Purpose::VerifyEmail).await?;
        match confirm(&tenant, &peer, &ticket, &form).await {
            Ok(left) => {
                let text = format!("Thank you. {}You can close this page.", pages::left(left));
                Ok(done(&tenant, &peer, &ticket, "E-mail address confirmed", &text))
            }
            Err(TicketError::Refused(refusal)) => {
                render(&tenant, &peer, &ticket, Some((refusal, &form))).await
            }
            Err(error) => Err(error),
        }
    };
    answered
        .await
        .unwrap_or_else(|error: TicketError| error.into_response(&tenant, &peer, Purpose::VerifyEmail))
}

/// Marks the address as verified, and separates the logins that may not stay, and tells people. Returns the number of those that
/// left.
async fn confirm(
    tenant: &Tenant,
    peer: &Peer,
    ticket: &TicketRow,
    form: &Form,
) -> Result<usize, TicketError> {
    let sid = match Confirmer::find(tenant, peer, ticket).await? {
        Confirmer::SignedIn(sid) => Some(sid),
        Confirmer::Mailbox => None,
        Confirmer::Unknown => {
            check_password(tenant, peer, ticket, form).await?;
            None
        }
    };
    let (now, decisions, ticket) = (tenant.now().millis(), Decisions::read(form), ticket.clone());
    let confirmed = tenant
        .0
        .store
        .write(move |unit| {
            Box::pin(async move {
                let (user, identity) = take(unit, &ticket).await?;
                let (key, profile) = (identity.key(), profile_of(&user, &identity));
                if profile.email_verified() == Some(true) {
                    return Ok(None);
                }
                // Before the logins part, so that it ends what any of them began elsewhere.
                unit.sign_out_elsewhere(&user.user_id, sid.as_deref()).await?;
                let left = earlier_logins::separate(unit, &user, &key, &decisions, now).await?;
                unit.update_profile(&key, &profile.clone().with("email_verified", true)).await?;
                let account = unit.find_user_by_identity(&key).await?.ok_or(TicketError::Expired(None))?;
                unit.touch_user(&account.user_id, now).await?;
                Ok::<_, TicketError>(Some((account, left)))
            })
        })
        .await?;
    let Some((account, left)) = confirmed else { return Ok(0) };
    if let Some(primary) = Login::primary(&account) {
        earlier_logins::tell(tenant, &account.user_id, &primary, &left).await;
    }
    Ok(left.len())
}

/// Checks the password of the identity that a ticket is for, within the limits of a sign-in.
async fn check_password(
    tenant: &Tenant,
    peer: &Peer,
    ticket: &TicketRow,
    form: &Form,
) -> Result<(), TicketError> {
    let cookie = known_browser::cookie(tenant, &peer.headers);
    let guesser = known_browser::guesser(tenant, peer, &ticket.email, cookie.as_ref());
    let attempt = tenant
        .0
        .login_throttle
        .start_attempt(&ticket.email, guesser, tenant.now())
        .await?
        .map_err(|wait| TicketError::Refused(Refusal::TooManyAttempts(wait)))?;
    let password = Secret::new(form.untrimmed("password"));
    let databases = [ticket.connection.clone()];
    let found = find_identity(tenant, &databases, &ticket.email, password).await?;
    if found.is_none() || found != ticket.key {
        return Err(TicketError::Refused(Refusal::WrongPassword));
    }
    tenant.0.login_throttle.record_success(&attempt, tenant.now()).await?;
    Ok(())
}
