//! `/u/reset-password/mail` and `/u/verify-email/mail`: send a new mail in place of a link that is no longer good.
//!
//! Anybody can ask for a mail, within the limits on them, and is told the same whether or not the address is known. A link that
//! a machine made leaves the new one what was asked for with it (contract [A20](model::contract#a20)): the browser still has
//! its code.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::ConnectionName;
use store::{Purpose, UserRow, fold_identifier};

use super::form::Form;
use super::pages::account::LinkFor;
use super::pages::layout::FormRefusal;
use super::pages::new_link::{NewLinkPage, new_link};
use super::pages::problem::WayOn;
use super::paths;
use super::pending::PendingLoginError;
use super::response::{application_of, failure, home, page, too_many_mails, wait_before};
use crate::database::ticket_mails;
use crate::http::cookie::Cookie;
use crate::http::peer::Peer;
use crate::mail::is_address;
use crate::session::Session;
use crate::state::Tenant;

/// What a sentence says about something that was typed and is no address.
pub(super) const NOT_AN_ADDRESS: FormRefusal<'static> = FormRefusal {
    sentence: "This isn’t an e-mail address. One looks like ada@example.com.",
    field: Some("email"),
};

/// `GET /u/verify-email/mail`: the page for a person whose address is not confirmed, filled in with the address of the account
/// that the browser is signed in to.
pub(super) async fn show_verify(State(tenant): State<Tenant>, request: Request) -> Response {
    let peer = Peer::of(&request);
    match Session::find(&tenant, &peer.headers).await {
        Ok(session) => {
            let email = session.as_ref().and_then(|session| unconfirmed_address(&session.user));
            let view = view(&tenant, Purpose::VerifyEmail, email.unwrap_or_default());
            render(&tenant, &peer, StatusCode::OK, &view)
        }
        Err(error) => failure(&tenant, &error),
    }
}

/// Returns the first address of a database login that is not confirmed.
fn unconfirmed_address(user: &UserRow) -> Option<&str> {
    let databases = user.identities.iter().filter(|identity| identity.provider.as_str() == "auth0");
    let mut profiles = databases.map(|identity| identity.profile_data.as_ref().unwrap_or(&user.profile));
    profiles.find(|profile| profile.email_verified() != Some(true))?.email()
}

/// `POST /u/reset-password/mail` with `email`.
pub(super) async fn reset(State(tenant): State<Tenant>, request: Request) -> Response {
    submit(&tenant, request, Purpose::ResetPassword).await
}

/// `POST /u/verify-email/mail` with `email`.
pub(super) async fn verify(State(tenant): State<Tenant>, request: Request) -> Response {
    submit(&tenant, request, Purpose::VerifyEmail).await
}

async fn submit(tenant: &Tenant, request: Request, purpose: Purpose) -> Response {
    let peer = Peer::of(&request);
    let sent = async {
        let form = Form::read(tenant, &peer, request).await?;
        Ok::<_, PendingLoginError>(send(tenant, &peer, form.text("email"), purpose).await?)
    };
    sent.await.unwrap_or_else(|error| error.into_response(tenant, &peer))
}

async fn send(tenant: &Tenant, peer: &Peer, typed: &str, purpose: Purpose) -> Result<Response, store::Error> {
    let email = fold_identifier(typed);
    if !is_address(&email) {
        let refused = NewLinkPage { refusal: Some(NOT_AN_ADDRESS), ..view(tenant, purpose, typed) };
        return Ok(render(tenant, peer, StatusCode::UNPROCESSABLE_ENTITY, &refused));
    }
    let view = view(tenant, purpose, &email);
    if let Err(wait) = ticket_mails::limit_requests(tenant, &email, peer.address()).await? {
        let refused = NewLinkPage { refusal: Some(too_many_mails(wait)), ..view };
        return Ok(wait_before(render(tenant, peer, StatusCode::TOO_MANY_REQUESTS, &refused), wait));
    }
    let connections = tenant.0.configuration.connections().iter();
    let databases: Vec<ConnectionName> = connections
        .filter(|connection| connection.is_database() && connection.is_enabled())
        .map(|connection| connection.name.clone())
        .collect();
    let instead_of = match Cookie::Ticket.read(tenant, &peer.headers) {
        Some(code) => tenant.0.store.read().await?.find_ticket(purpose, &code.digest()).await?,
        None => None,
    };
    match purpose {
        Purpose::ResetPassword => {
            ticket_mails::send_password_reset(tenant, databases, &email, instead_of).await?;
        }
        Purpose::VerifyEmail => {
            ticket_mails::send_verification_again(tenant, databases, &email, instead_of).await?;
        }
    }
    Ok(render(tenant, peer, StatusCode::OK, &NewLinkPage { sent: true, ..view }))
}

fn render(tenant: &Tenant, peer: &Peer, status: StatusCode, view: &NewLinkPage<'_>) -> Response {
    let home = home(tenant, application_of(tenant, &peer.headers));
    let way_on = home.as_ref().map(|(url, name)| WayOn::Site(url, name));
    page(status, new_link(&tenant.0.assets, &NewLinkPage { way_on, ..*view }))
}

/// Returns the page in place of a link that is no longer good, or whose code the browser did not send.
pub(super) fn instead_of_link(
    tenant: &Tenant,
    peer: &Peer,
    purpose: Purpose,
    email: &str,
    (title, text): (&str, &str),
) -> Response {
    let view = NewLinkPage { title, text, ..view(tenant, purpose, email) };
    render(tenant, peer, StatusCode::BAD_REQUEST, &view)
}

fn view<'v>(tenant: &'v Tenant, purpose: Purpose, email: &'v str) -> NewLinkPage<'v> {
    let (action, link_for) = match purpose {
        Purpose::ResetPassword => (paths::RESET_MAIL, LinkFor::Password),
        Purpose::VerifyEmail => (paths::VERIFY_MAIL, LinkFor::Address),
    };
    NewLinkPage {
        tenant: tenant.name(),
        title: "Send a new mail",
        text: "Type your e-mail address. If there is an account for it, you get a new mail with a link.",
        action,
        link_for,
        email,
        sent: false,
        refusal: None,
        way_on: None,
    }
}
