//! `/u/forgot-password`: sends a mail to reset the password.

use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use store::fold_identifier;

use super::form::Submitted;
use super::pages::account::{self, ForgottenPage};
use super::pending::{PendingLogin, PendingLoginError};
use super::response::page;
use crate::database::ticket_mails;
use crate::state::Tenant;

/// `GET /u/forgot-password?state=…`: shows the page.
pub(super) async fn show(State(tenant): State<Tenant>, pending: PendingLogin) -> Response {
    render(&tenant, &pending, pending.hint(), None)
}

/// `POST /u/forgot-password` with `state` and `email`. The response does not reveal whether the address
/// exists.
pub(super) async fn submit(State(tenant): State<Tenant>, submitted: Submitted) -> Response {
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
    if let Err(wait) = ticket_mails::limit_requests(tenant, &email, peer.address()) {
        let mut response = render(tenant, pending, &email, Some(Outcome::TooMany(wait)));
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
        return Ok(response);
    }
    let databases = pending
        .connections(tenant)
        .filter(|connection| connection.is_database())
        .map(|connection| connection.name.clone())
        .collect();
    ticket_mails::send_password_reset(tenant, databases, &email).await?;
    Ok(render(tenant, pending, &email, Some(Outcome::Sent)))
}

/// The result of a submitted form.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Sent,
    /// With the time to wait.
    TooMany(Duration),
}

fn render(tenant: &Tenant, pending: &PendingLogin, email: &str, outcome: Option<Outcome>) -> Response {
    let refusal = match outcome {
        Some(Outcome::TooMany(wait)) if wait > Duration::from_mins(1) => {
            Some("Enough mails were asked for. Open the link in the last one, or try again in an hour.")
        }
        Some(Outcome::TooMany(_)) => Some("Too many attempts. Wait a minute, then try again."),
        Some(Outcome::Sent) | None => None,
    };
    let view = ForgottenPage {
        context: pending.context(tenant),
        email,
        sent: outcome == Some(Outcome::Sent),
        refusal,
    };
    let status = if refusal.is_some() { StatusCode::TOO_MANY_REQUESTS } else { StatusCode::OK };
    page(status, account::forgotten(&tenant.0.assets, &view))
}
