//! `/u/forgot-password`: sends a mail to reset the password.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use store::fold_identifier;

use super::form::Submitted;
use super::new_link::NOT_AN_ADDRESS;
use super::pages::account::{self, ForgottenPage};
use super::pending::{PendingLogin, PendingLoginError};
use super::response::{page, too_many_mails, wait_before};
use crate::database::ticket_mails;
use crate::mail::is_address;
use crate::state::Tenant;

/// `GET /u/forgot-password?state=…`: shows the page.
pub(super) async fn show(State(tenant): State<Tenant>, pending: PendingLogin) -> Response {
    render(&tenant, &pending, pending.hint(), None)
}

/// `POST /u/forgot-password` with `state` and `email`. The response does not reveal whether the address
/// exists. From another page of the login, it shows the page with the address that was typed there.
pub(super) async fn submit(State(tenant): State<Tenant>, submitted: Submitted) -> Response {
    if let Some(address) = submitted.form.address_brought() {
        return render(&tenant, &submitted.pending, address, None);
    }
    match ask(&tenant, &submitted).await {
        Ok(response) => response,
        Err(error) => PendingLoginError::Store(error).into_response(&tenant, &submitted.peer),
    }
}

async fn ask(
    tenant: &Tenant,
    Submitted { peer, form, pending }: &Submitted,
) -> Result<Response, store::Error> {
    let email = fold_identifier(form.text("email"));
    if !is_address(&email) {
        return Ok(render(tenant, pending, form.text("email"), Some(Outcome::NoAddress)));
    }
    if let Err(wait) = ticket_mails::limit_requests(tenant, &email, peer.address()).await? {
        return Ok(wait_before(render(tenant, pending, &email, Some(Outcome::TooMany(wait))), wait));
    }
    let databases = pending
        .connections(tenant)
        .filter(|connection| connection.is_database())
        .map(|connection| connection.name.clone())
        .collect();
    ticket_mails::send_password_reset(tenant, databases, &email, None).await?;
    Ok(render(tenant, pending, &email, Some(Outcome::Sent)))
}

/// The result of a submitted form.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Sent,
    NoAddress,
    /// With the time to wait.
    TooMany(Duration),
}

fn render(tenant: &Tenant, pending: &PendingLogin, email: &str, outcome: Option<Outcome>) -> Response {
    let (status, refusal) = match outcome {
        Some(Outcome::TooMany(wait)) => (StatusCode::TOO_MANY_REQUESTS, Some(too_many_mails(wait))),
        Some(Outcome::NoAddress) => (StatusCode::UNPROCESSABLE_ENTITY, Some(NOT_AN_ADDRESS)),
        Some(Outcome::Sent) | None => (StatusCode::OK, None),
    };
    let view = ForgottenPage {
        context: pending.context(tenant),
        email,
        sent: outcome == Some(Outcome::Sent),
        refusal,
    };
    page(status, account::forgotten(&tenant.0.assets, &view))
}
