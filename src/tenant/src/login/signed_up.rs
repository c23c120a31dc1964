//! `/u/signed-up`: the page that tells a person who has just signed up that a mail went out, and goes on from there.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::complete::{AuthenticatedPerson, CompleteError, complete};
use super::form::Form;
use super::pages::layout::FormRefusal;
use super::pages::signed_up::{SignedUpPage, signed_up};
use super::pending::{LoginState, PendingLoginError, in_query};
use super::pending_sign_up::PendingSignUp;
use super::response::{page, too_many_mails, wait_before};
use crate::database::ticket_mails;
use crate::http::peer::Peer;
use crate::state::Tenant;

/// `GET /u/signed-up?state=…`: shows the page.
pub(super) async fn show(State(tenant): State<Tenant>, request: Request) -> Response {
    let (peer, LoginState { state }) = (Peer::of(&request), in_query(request.uri()));
    match PendingSignUp::find(&tenant, &peer, &state).await {
        Ok(pending) => render(&tenant, &pending, StatusCode::OK, false, None),
        Err(error) => error.into_response(&tenant, &peer),
    }
}

/// `POST /u/signed-up` (`state`, `choice`): `mail` sends the mail again, anything else finishes the sign-in.
pub(super) async fn submit(State(tenant): State<Tenant>, request: Request) -> Response {
    let peer = Peer::of(&request);
    match answer(&tenant, &peer, request).await {
        Ok(response) => response,
        Err(error) => error.into_response(&tenant, &peer),
    }
}

async fn answer(tenant: &Tenant, peer: &Peer, request: Request) -> Result<Response, PendingLoginError> {
    let form = Form::read(tenant, peer, request).await?;
    let pending = PendingSignUp::find(tenant, peer, form.text("state")).await?;
    if form.text("choice") == "mail" {
        return Ok(send_again(tenant, peer, &pending).await?);
    }
    let PendingSignUp { login, key, at, .. } = pending;
    let person =
        AuthenticatedPerson { key, new_user: None, upstream_profile: None, authenticated_at: Some(at) };
    match complete(tenant, &peer.headers, &login, person).await {
        Ok(response) => Ok(response),
        Err(CompleteError::Pending(error)) => Err(error),
        // Somebody blocked or linked the account since, or took the connection away.
        Err(CompleteError::Blocked | CompleteError::OtherConnection) => Err(PendingLoginError::Gone),
    }
}

/// Sends the mail again, within the limits on all mails, to the address of the sign-up and no other.
async fn send_again(tenant: &Tenant, peer: &Peer, pending: &PendingSignUp) -> Result<Response, store::Error> {
    let PendingSignUp { email, connection, .. } = pending;
    if let Err(wait) = ticket_mails::limit_requests(tenant, email, peer.address()).await? {
        let refused =
            render(tenant, pending, StatusCode::TOO_MANY_REQUESTS, false, Some(too_many_mails(wait)));
        return Ok(wait_before(refused, wait));
    }
    ticket_mails::send_verification_again(tenant, vec![connection.clone()], email, None).await?;
    Ok(render(tenant, pending, StatusCode::OK, true, None))
}

fn render(
    tenant: &Tenant,
    pending: &PendingSignUp,
    status: StatusCode,
    sent_again: bool,
    refusal: Option<FormRefusal<'_>>,
) -> Response {
    let view =
        SignedUpPage { context: pending.login.context(tenant), email: &pending.email, sent_again, refusal };
    page(status, signed_up(&tenant.0.assets, &view))
}
