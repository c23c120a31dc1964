//! The pages behind links in mails: resetting a password, and verifying an e-mail address.
//!
//! The code of a link moves from the address into a cookie at once, so that no history keeps it. Nothing changes
//! until the person presses a button, because mail programs open links by themselves.

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::Response;
use model::{Identity, Profile};
use store::{Purpose, TicketRow, Unit, UserRow, fold_identifier};

use super::form::Form;
use super::pages::account::{self, ResetPage};
use super::paths;
use super::pending::PendingLoginError;
use super::response::{failure, final_page, final_page_of, page, problem, unreadable_form};
use crate::configuration::PasswordPolicy;
use crate::database::accounts::set_password;
use crate::http::body::UnreadableBody;
use crate::http::cookie::Cookie;
use crate::http::peer::Peer;
use crate::http::response::no_store;
use crate::http::response::redirect_found;
use crate::password_policy::PasswordHashError;
use crate::secret::Secret;
use crate::state::Tenant;

/// The reason why a link has no effect.
enum TicketError {
    /// Unknown, used, expired, replaced by a later one, or for an address that the user no longer has.
    Expired,
    /// The browser sent no code: it blocks cookies, removed this one, or did not come by a link.
    NoCode,
    /// The form was sent by a page of another site.
    CrossSite,
    /// The body is no form, or too large.
    Unreadable(UnreadableBody),
    /// The new password does not satisfy the policy.
    Weak(TicketRow),
    Failed,
    Store(store::Error),
}

impl From<store::Error> for TicketError {
    fn from(error: store::Error) -> Self {
        Self::Store(error)
    }
}

impl TicketError {
    fn into_response(self, tenant: &Tenant, peer: &Peer) -> Response {
        match self {
            Self::Expired => final_page(
                tenant,
                &peer.headers,
                StatusCode::BAD_REQUEST,
                "This link is over",
                "It was used, is too old, or a later mail has another one. Ask for a new mail.",
            ),
            Self::NoCode => final_page(
                tenant,
                &peer.headers,
                StatusCode::BAD_REQUEST,
                "The code from your mail is missing",
                &format!(
                    "Your browser did not send the cookie with the code. If it blocks cookies, allow them for {}, then \
                     open the link in the mail again. A link that was used already needs a new mail.",
                    tenant.0.issuer.origin()
                ),
            ),
            Self::CrossSite => PendingLoginError::CrossSite.into_response(tenant, peer),
            Self::Unreadable(reason) => unreadable_form(tenant, reason),
            Self::Weak(ticket) => {
                let refusal = "This password is too weak. See below what it needs.";
                let view = reset_page(tenant, &ticket, Some(refusal));
                page(StatusCode::UNPROCESSABLE_ENTITY, account::reset(&tenant.0.assets, &view))
            }
            Self::Failed => problem(
                tenant,
                StatusCode::INTERNAL_SERVER_ERROR,
                "Something went wrong here",
                "Nothing was changed. Please try again in a moment.",
                None,
            ),
            Self::Store(error) => failure(tenant, &error),
        }
    }
}

/// Moves the code from the address into a cookie. `None` if the address has no code.
fn keep_code(tenant: &Tenant, request: &Request, path: &str) -> Option<Response> {
    let query = request.uri().query()?;
    let (_, code) = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "ticket")?;
    // Only text in the format of a code is stored in the cookie.
    let is_code = code.len() == 43 && code.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    let code = Secret::new(if is_code { code.as_ref() } else { "none" });
    let mut response = redirect_found(path);
    response.headers_mut().append(header::SET_COOKIE, Cookie::Ticket.set(tenant, &code));
    Some(no_store(response))
}

/// Returns the valid ticket of the browser.
async fn find(tenant: &Tenant, peer: &Peer, purpose: Purpose) -> Result<TicketRow, TicketError> {
    let code = Cookie::Ticket.read(tenant, &peer.headers).ok_or(TicketError::NoCode)?;
    let ticket = tenant.0.store.read().await?.find_ticket(purpose, &code.digest()).await?;
    let now = tenant.now().millis();
    ticket.filter(|ticket| ticket.expires_at > now && ticket.key.is_some()).ok_or(TicketError::Expired)
}

/// `GET /u/reset-password`: shows the page for a new password.
pub(super) async fn show_reset(State(tenant): State<Tenant>, request: Request) -> Response {
    if let Some(response) = keep_code(&tenant, &request, paths::RESET) {
        return response;
    }
    let peer = Peer::of(&request);
    match find(&tenant, &peer, Purpose::ResetPassword).await {
        Ok(ticket) => {
            let view = reset_page(&tenant, &ticket, None);
            page(StatusCode::OK, account::reset(&tenant.0.assets, &view))
        }
        Err(error) => error.into_response(&tenant, &peer),
    }
}

fn reset_page<'t>(tenant: &'t Tenant, ticket: &'t TicketRow, refusal: Option<&'t str>) -> ResetPage<'t> {
    let rules = policy(tenant, ticket).requirements();
    ResetPage { tenant: tenant.name(), email: &ticket.email, rules, refusal }
}

fn policy(tenant: &Tenant, ticket: &TicketRow) -> PasswordPolicy {
    let connection = tenant.0.configuration.connection(ticket.connection.as_str());
    connection.map(|connection| connection.database.passwords).unwrap_or_default()
}

/// `POST /u/reset-password` with `password`: sets it, and ends all sessions of the user.
pub(super) async fn reset(State(tenant): State<Tenant>, request: Request) -> Response {
    let peer = Peer::of(&request);
    match set(&tenant, &peer, request).await {
        Ok(ticket) => {
            let text = "Your new password is set, and you were signed out everywhere. Go back to the application and \
                 sign in with it.";
            done(&tenant, &peer, &ticket, "Password changed", text)
        }
        Err(error) => error.into_response(&tenant, &peer),
    }
}

async fn set(tenant: &Tenant, peer: &Peer, request: Request) -> Result<TicketRow, TicketError> {
    let (ticket, form) = submitted(tenant, peer, request, Purpose::ResetPassword).await?;
    let password = Secret::new(form.untrimmed("password"));
    let hash = match policy(tenant, &ticket).hash(password).await {
        Ok(hash) => hash,
        Err(PasswordHashError::Weak(_)) => return Err(TicketError::Weak(ticket)),
        Err(PasswordHashError::Failed) => return Err(TicketError::Failed),
    };
    let (now, email, redeemed) = (tenant.now().millis(), ticket.email.clone(), ticket.clone());
    tenant
        .0
        .store
        .write(move |unit| {
            Box::pin(async move {
                let (mut user, identity, profile) = take(unit, &ticket).await?;
                let key = identity.key();
                if !set_password(unit, &key, &identity.connection, &profile, &hash).await? {
                    return Err(TicketError::Expired);
                }
                user.updated_at = now;
                user.last_password_reset = Some(now);
                unit.update_account(&user).await?;
                if !ticket.options.keeps_verification {
                    // The person has read the mail, so the address is verified.
                    unit.update_profile(&key, &profile.with("email_verified", true)).await?;
                }
                unit.sign_out(&user.user_id).await?;
                Ok(unit.remove_tickets_of(&key).await?)
            })
        })
        .await?;
    tenant.0.login_throttle.reset_account(&email);
    Ok(redeemed)
}

/// `GET /u/verify-email`: shows the page with a button.
pub(super) async fn show_verify(State(tenant): State<Tenant>, request: Request) -> Response {
    if let Some(response) = keep_code(&tenant, &request, paths::VERIFY) {
        return response;
    }
    let peer = Peer::of(&request);
    match find(&tenant, &peer, Purpose::VerifyEmail).await {
        Ok(ticket) => {
            let markup = account::verify(&tenant.0.assets, tenant.name(), &ticket.email);
            page(StatusCode::OK, markup)
        }
        Err(error) => error.into_response(&tenant, &peer),
    }
}

/// `POST /u/verify-email`: marks the address as verified.
pub(super) async fn verify(State(tenant): State<Tenant>, request: Request) -> Response {
    let peer = Peer::of(&request);
    match prove(&tenant, &peer, request).await {
        Ok(ticket) => {
            done(&tenant, &peer, &ticket, "E-mail address confirmed", "Thank you. You can close this page.")
        }
        Err(error) => error.into_response(&tenant, &peer),
    }
}

async fn prove(tenant: &Tenant, peer: &Peer, request: Request) -> Result<TicketRow, TicketError> {
    let (ticket, _) = submitted(tenant, peer, request, Purpose::VerifyEmail).await?;
    let (now, redeemed) = (tenant.now().millis(), ticket.clone());
    tenant
        .0
        .store
        .write(move |unit| {
            Box::pin(async move {
                let (user, identity, profile) = take(unit, &ticket).await?;
                unit.update_profile(&identity.key(), &profile.with("email_verified", true)).await?;
                unit.touch_user(&user.user_id, now).await?;
                Ok::<_, TicketError>(())
            })
        })
        .await?;
    Ok(redeemed)
}

/// Reads a form of the tenant's own pages and finds its ticket.
async fn submitted(
    tenant: &Tenant,
    peer: &Peer,
    request: Request,
    purpose: Purpose,
) -> Result<(TicketRow, Form), TicketError> {
    let form = Form::read(tenant, peer, request).await.map_err(|error| match error {
        PendingLoginError::CrossSite => TicketError::CrossSite,
        PendingLoginError::Unreadable(reason) => TicketError::Unreadable(reason),
        PendingLoginError::Gone | PendingLoginError::NoCookie(_) => TicketError::Expired,
        PendingLoginError::Store(error) => TicketError::Store(error),
    })?;
    Ok((find(tenant, peer, purpose).await?, form))
}

/// Redeems a ticket. Returns its identity, with the user and the profile.
///
/// # Errors
/// [`TicketError::Expired`] if the user no longer has the address.
async fn take(unit: &mut Unit, ticket: &TicketRow) -> Result<(UserRow, Identity, Profile), TicketError> {
    let Some(key) = ticket.key.as_ref() else { return Err(TicketError::Expired) };
    if !unit.remove_ticket(&ticket.digest).await? {
        return Err(TicketError::Expired);
    }
    let user = unit.find_user_by_identity(key).await?.ok_or(TicketError::Expired)?;
    let identity = user.identities.iter().find(|identity| identity.key() == *key).cloned();
    let identity = identity.ok_or(TicketError::Expired)?;
    let profile = identity.profile_data.clone().unwrap_or_else(|| user.profile.clone());
    if profile.email().is_none_or(|email| fold_identifier(email) != fold_identifier(&ticket.email)) {
        return Err(TicketError::Expired);
    }
    Ok((user, identity, profile))
}

/// Returns the last page, or a redirect to the address that was asked for with the link.
fn done(tenant: &Tenant, peer: &Peer, ticket: &TicketRow, title: &str, text: &str) -> Response {
    let options = &ticket.options;
    let mut response = if let Some(url) = result_url(ticket, text) {
        no_store(redirect_found(&url))
    } else if let Some(client) = options.client_id.as_deref().and_then(|id| tenant.client(id)) {
        final_page_of(tenant, Some(client), StatusCode::OK, title, text)
    } else {
        final_page(tenant, &peer.headers, StatusCode::OK, title, text)
    };
    response.headers_mut().append(header::SET_COOKIE, Cookie::Ticket.clear(tenant));
    response
}

/// Returns the address to go to after a ticket, with the result as parameters (contract [A20](model::contract#a20)).
fn result_url(ticket: &TicketRow, message: &str) -> Option<String> {
    let mut url = url::Url::parse(ticket.options.result_url.as_deref()?).ok()?;
    {
        let mut query = url.query_pairs_mut();
        if ticket.options.result_email {
            query.append_pair("email", &ticket.email);
        }
        query.append_pair("success", "true").append_pair("message", message);
    }
    Some(url.into())
}
