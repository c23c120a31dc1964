//! `/u/reset-password`: the page behind the link that sets a new password.

use axum::extract::{Request, State};
use axum::response::Response;
use store::{Purpose, TicketRow};

use super::earlier_logins::{self, Decisions, earlier_logins, profile_of};
use super::form::Form;
use super::pages::ticket::{self as pages, ResetPage};
use super::paths;
use super::ticket::{Refusal, TicketError, done, find, find_holder, form_page, keep_code, submitted, take};
use crate::configuration::PasswordPolicy;
use crate::database::accounts::set_password;
use crate::http::peer::Peer;
use crate::notice_mails::{self, Change, Login};
use crate::password_policy::{Owner, PasswordHashError};
use crate::secret::Secret;
use crate::state::Tenant;

/// `GET /u/reset-password`: shows the page for a new password.
pub(super) async fn show(State(tenant): State<Tenant>, request: Request) -> Response {
    if let Some(response) = keep_code(&tenant, &request, paths::RESET) {
        return response;
    }
    let peer = Peer::of(&request);
    let shown = async {
        let ticket = find(&tenant, &peer, Purpose::ResetPassword).await?;
        render(&tenant, &ticket, None).await
    };
    shown
        .await
        .unwrap_or_else(|error: TicketError| error.into_response(&tenant, &peer, Purpose::ResetPassword))
}

/// Renders the page, after a refusal with what was submitted.
async fn render(
    tenant: &Tenant,
    ticket: &TicketRow,
    refused: Option<(Refusal, &Form)>,
) -> Result<Response, TicketError> {
    let (user, identity) = find_holder(&mut tenant.0.store.read().await?, ticket).await?;
    let decisions = refused.map(|(_, form)| Decisions::read(form));
    let logins = earlier_logins(&user, &identity.key());
    let (rules, refusal) = (policy(tenant, ticket).requirements(), refused.map(|(refusal, _)| refusal));
    let view = ResetPage {
        tenant: tenant.name(),
        email: &ticket.email,
        rules,
        logins: earlier_logins::shown(tenant, &user, &logins, decisions.as_ref()),
        refusal: refusal.map(Refusal::shown),
    };
    Ok(form_page(refusal, pages::reset(&tenant.0.assets, &view)))
}

fn policy(tenant: &Tenant, ticket: &TicketRow) -> PasswordPolicy {
    let connection = tenant.0.configuration.connection(ticket.connection.as_str());
    connection.map(|connection| connection.database.passwords.clone()).unwrap_or_default()
}

/// `POST /u/reset-password` with `password`, and a decision about each login that was linked before the address was proven:
/// sets the password, and ends all sessions of the user.
pub(super) async fn submit(State(tenant): State<Tenant>, request: Request) -> Response {
    let peer = Peer::of(&request);
    let answered = async {
        let (ticket, form) = submitted(&tenant, &peer, request, Purpose::ResetPassword).await?;
        match set(&tenant, &ticket, &form).await {
            Ok(left) => {
                let text = format!(
                    "Your new password is set, and you were signed out everywhere. {}Go back to the application and \
                     sign in with it.",
                    pages::left(left)
                );
                Ok(done(&tenant, &peer, &ticket, "Password changed", &text))
            }
            Err(TicketError::Refused(refusal)) => render(&tenant, &ticket, Some((refusal, &form))).await,
            Err(error) => Err(error),
        }
    };
    answered
        .await
        .unwrap_or_else(|error: TicketError| error.into_response(&tenant, &peer, Purpose::ResetPassword))
}

/// Sets the password, separates the logins that may not stay, and tells people. Returns the number of those that left.
async fn set(tenant: &Tenant, ticket: &TicketRow, form: &Form) -> Result<usize, TicketError> {
    let password = Secret::new(form.untrimmed("password"));
    let (user, identity) = find_holder(&mut tenant.0.store.read().await?, ticket).await?;
    let mut owner = Owner::of(&user.profile, user.user_metadata.as_ref());
    owner.add(profile_of(&user, &identity), None);
    let hash = match policy(tenant, ticket).hash(password, &owner).await {
        Ok(hash) => hash,
        Err(PasswordHashError::Weak(weakness)) => {
            return Err(TicketError::Refused(Refusal::WeakPassword(weakness.sentence())));
        }
        Err(PasswordHashError::Failed) => return Err(TicketError::Failed),
    };
    let (now, decisions, taken) = (tenant.now().millis(), Decisions::read(form), ticket.clone());
    let (account, login, left) = tenant
        .0
        .store
        .write(move |unit| {
            Box::pin(async move {
                let (user, identity) = take(unit, &taken).await?;
                let (key, profile) = (identity.key(), profile_of(&user, &identity));
                if !set_password(unit, &key, &identity.connection, profile, &hash).await? {
                    return Err(TicketError::Expired(None));
                }
                // Before the logins part, so that it ends what any of them began.
                unit.sign_out(&user.user_id).await?;
                let left = earlier_logins::separate(unit, &user, &key, &decisions, now).await?;
                if !taken.options.keeps_verification {
                    // The person has read the mail, so the address is verified.
                    unit.update_profile(&key, &profile.clone().with("email_verified", true)).await?;
                }
                let mut account =
                    unit.find_user_by_identity(&key).await?.ok_or(TicketError::Expired(None))?;
                account.updated_at = now;
                account.last_password_reset = Some(now);
                unit.update_account(&account).await?;
                unit.remove_tickets_of(&key).await?;
                Ok::<_, TicketError>((account, Login::new(&identity, &user), left))
            })
        })
        .await?;
    tenant.0.login_throttle.reset_account(&ticket.email).await?;
    if let Some(primary) = Login::primary(&account) {
        notice_mails::send(tenant, &account.user_id, Change::Password, &login, &primary).await;
        earlier_logins::tell(tenant, &account.user_id, &primary, &left).await;
    }
    Ok(left.len())
}
