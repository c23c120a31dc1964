//! What the pages behind links in mails share: the code of the link, and how it is redeemed.
//!
//! The code of a link moves from the address into a cookie at once, so that no history keeps it. Nothing changes
//! until the person presses a button, because mail programs open links by themselves.

use std::time::Duration;

use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::Response;
use maud::Markup;
use model::Identity;
use model::bidi::isolate;
use store::{Purpose, Reader, TicketRow, Unit, UserRow, fold_identifier};

use super::earlier_logins::{DecisionError, profile_of};
use super::form::Form;
use super::new_link::instead_of_link;
use super::pages::layout::FormRefusal;
use super::pending::PendingLoginError;
use super::response::{
    SOMETHING_WENT_WRONG, failure, final_page, final_page_of, page, problem, unreadable_form, wait_before,
};
use crate::http::body::UnreadableBody;
use crate::http::cookie::Cookie;
use crate::http::peer::Peer;
use crate::http::response::no_store;
use crate::http::response::redirect_found;
use crate::secret::Secret;
use crate::state::Tenant;

/// The reason why a link has no effect.
pub(super) enum TicketError {
    /// Unknown, used, expired, replaced by a later one, or for an address that the user no longer has. With the address, if it
    /// only expired.
    Expired(Option<String>),
    /// The browser sent no code: it blocks cookies, removed this one, or did not come by a link.
    NoCode,
    /// The form was sent by a page of another site.
    CrossSite,
    /// The body is no form, or too large.
    Unreadable(UnreadableBody),
    /// The form is shown again, with the reason.
    Refused(Refusal),
    Failed,
    Store(store::Error),
}

impl From<store::Error> for TicketError {
    fn from(error: store::Error) -> Self {
        Self::Store(error)
    }
}

impl From<DecisionError> for TicketError {
    fn from(error: DecisionError) -> Self {
        match error {
            DecisionError::Missing => Self::Refused(Refusal::Undecided),
            DecisionError::Store(error) => Self::Store(error),
        }
    }
}

/// What is wrong with a submitted form. The link stays good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The new password does not satisfy the policy, with a sentence that says why.
    WeakPassword(&'static str),
    /// A login that was linked before has no decision.
    Undecided,
    /// Not the password of the account.
    WrongPassword,
    /// Too many wrong passwords, with the time to wait.
    TooManyAttempts(Duration),
}

impl Refusal {
    /// Returns what the page says, and about which field.
    pub(super) fn shown(self) -> FormRefusal<'static> {
        let field = match self {
            Self::WeakPassword(_) | Self::WrongPassword => Some("password"),
            Self::Undecided | Self::TooManyAttempts(_) => None,
        };
        FormRefusal { sentence: self.sentence(), field }
    }

    fn sentence(self) -> &'static str {
        match self {
            Self::WeakPassword(sentence) => sentence,
            Self::Undecided => "Say for each login whether it stays. Nothing was changed.",
            Self::WrongPassword => "This is not the password of the account. Nothing was changed.",
            Self::TooManyAttempts(_) => "Too many attempts. Wait a minute, then try again.",
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Self::TooManyAttempts(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::WeakPassword(_) | Self::Undecided | Self::WrongPassword => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

/// Returns the page of a link, for the first time or after a refusal.
pub(super) fn form_page(refusal: Option<Refusal>, markup: Markup) -> Response {
    let response = page(refusal.map_or(StatusCode::OK, Refusal::status), markup);
    match refusal {
        Some(Refusal::TooManyAttempts(wait)) => wait_before(response, wait),
        _ => response,
    }
}

impl TicketError {
    pub(super) fn into_response(self, tenant: &Tenant, peer: &Peer, purpose: Purpose) -> Response {
        match self {
            Self::Expired(email) => {
                let text = match purpose {
                    Purpose::ResetPassword => {
                        "Each link is good once, and for an hour. Your password is as it was. Ask for a new mail, and open the \
                         link in that one."
                    }
                    Purpose::VerifyEmail => {
                        "Each link is good once, and for five days. If you confirmed your address with it, there is nothing \
                         more to do. If not, ask for a new mail, and open the link in that one."
                    }
                };
                let told = ("This link has expired", text);
                instead_of_link(tenant, peer, purpose, email.as_deref().unwrap_or_default(), told)
            }
            Self::NoCode => {
                let text = format!(
                    "Your browser did not send what it kept of the link in your mail. If it blocks cookies, allow them for {}, \
                     then open the link again. If you opened it before, it may be used: ask for a new mail then.",
                    isolate(tenant.0.issuer.origin())
                );
                instead_of_link(tenant, peer, purpose, "", ("Open the link in your mail", &text))
            }
            Self::CrossSite => PendingLoginError::CrossSite.into_response(tenant, peer),
            Self::Unreadable(reason) => unreadable_form(tenant, reason),
            // The pages show their forms again.
            Self::Refused(refusal) => {
                let told = ("This did not work", refusal.sentence());
                problem(tenant, None, refusal.status(), told, None)
            }
            Self::Failed => {
                let text = "Your password is as it was. It is not your fault. Wait a minute, then try again.";
                let status = StatusCode::INTERNAL_SERVER_ERROR;
                problem(tenant, None, status, (SOMETHING_WENT_WRONG, text), None)
            }
            Self::Store(error) => failure(tenant, &error),
        }
    }
}

/// Moves the code from the address into a cookie. `None` if the address has no code.
pub(super) fn keep_code(tenant: &Tenant, request: &Request, path: &str) -> Option<Response> {
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
pub(super) async fn find(tenant: &Tenant, peer: &Peer, purpose: Purpose) -> Result<TicketRow, TicketError> {
    let code = Cookie::Ticket.read(tenant, &peer.headers).ok_or(TicketError::NoCode)?;
    let ticket = tenant.0.store.read().await?.find_ticket(purpose, &code.digest()).await?;
    let ticket = ticket.filter(|ticket| ticket.key.is_some()).ok_or(TicketError::Expired(None))?;
    if ticket.expires_at > tenant.now().millis() {
        Ok(ticket)
    } else {
        Err(TicketError::Expired(Some(ticket.email)))
    }
}

/// Reads a form of the tenant's own pages and finds its ticket.
pub(super) async fn submitted(
    tenant: &Tenant,
    peer: &Peer,
    request: Request,
    purpose: Purpose,
) -> Result<(TicketRow, Form), TicketError> {
    let form = Form::read(tenant, peer, request).await.map_err(|error| match error {
        PendingLoginError::CrossSite => TicketError::CrossSite,
        PendingLoginError::Unreadable(reason) => TicketError::Unreadable(reason),
        PendingLoginError::Gone | PendingLoginError::NoCookie(_) => TicketError::Expired(None),
        PendingLoginError::Store(error) => TicketError::Store(error),
    })?;
    Ok((find(tenant, peer, purpose).await?, form))
}

/// Returns the user that a ticket is for, and the identity.
///
/// # Errors
/// [`TicketError::Expired(None)`] if the user no longer has the address.
pub(super) async fn find_holder(
    reader: &mut Reader,
    ticket: &TicketRow,
) -> Result<(UserRow, Identity), TicketError> {
    let key = ticket.key.as_ref().ok_or(TicketError::Expired(None))?;
    let user = reader.find_user_by_identity(key).await?.ok_or(TicketError::Expired(None))?;
    let identity = user.identity(key).cloned().ok_or(TicketError::Expired(None))?;
    let email = profile_of(&user, &identity).email();
    if email.is_none_or(|email| fold_identifier(email) != fold_identifier(&ticket.email)) {
        return Err(TicketError::Expired(None));
    }
    Ok((user, identity))
}

/// Redeems a ticket. Returns its user and identity.
///
/// # Errors
/// [`TicketError::Expired(None)`] if it was redeemed, or if the user no longer has the address.
pub(super) async fn take(unit: &mut Unit, ticket: &TicketRow) -> Result<(UserRow, Identity), TicketError> {
    if !unit.remove_ticket(&ticket.digest).await? {
        return Err(TicketError::Expired(None));
    }
    find_holder(unit, ticket).await
}

/// Returns the last page, or a redirect to the address that was asked for with the link.
pub(super) fn done(tenant: &Tenant, peer: &Peer, ticket: &TicketRow, title: &str, text: &str) -> Response {
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
