//! The page where people sign up, and are signed in by it.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use model::Profile;

use super::pages::{self, SignUpPage};
use super::{CompleteError, PendingLogin, PendingLoginError, Submitted, page};
use crate::Tenant;
use crate::configuration::Connection;
use crate::database::sign_up::{self, NewAccount, SignUpError};
use crate::oauth::authorize;
use crate::secret::Secret;

/// What was typed, to be shown again when it is refused.
#[derive(Default)]
struct Typed {
    email: String,
    username: String,
}

/// `GET /u/signup?state=…`: the page; the login page where nobody can sign up.
pub(super) async fn show(State(tenant): State<Tenant>, pending: PendingLogin) -> Response {
    match open(&tenant, &pending) {
        Some(connection) => {
            let typed = Typed { email: pending.hint().to_owned(), ..Typed::default() };
            render(&tenant, &pending, connection, &typed, None)
        }
        None => authorize::redirect_found(&pages::login_path(&pending.handle)),
    }
}

/// The first database that lets people of this application sign up.
pub(super) fn open<'t>(tenant: &'t Tenant, pending: &PendingLogin) -> Option<&'t Connection> {
    pending.connections(tenant).find(|connection| connection.is_database() && connection.database.sign_up)
}

/// `POST /u/signup`: state, email, username where the connection has them, password.
pub(super) async fn submit(State(tenant): State<Tenant>, submitted: Submitted) -> Response {
    match sign_up(&tenant, &submitted).await {
        Ok(response) => response,
        Err(error) => error.into_response(&tenant, &submitted.peer),
    }
}

async fn sign_up(
    tenant: &Tenant,
    Submitted { peer, form, pending }: &Submitted,
) -> Result<Response, PendingLoginError> {
    let connection = open(tenant, pending).ok_or(PendingLoginError::Gone)?;
    let typed = Typed { email: form.text("email").to_owned(), username: form.text("username").to_owned() };
    let new = NewAccount {
        email: typed.email.clone(),
        username: connection.database.usernames.map(|_| typed.username.clone()),
        password: Secret::new(form.untrimmed("password")),
        profile: Profile::default(),
        user_metadata: None,
    };
    let key = match sign_up::sign_up(tenant, connection, new, peer.address()).await {
        Ok(user) => user.user_id.as_identity_key().ok_or(PendingLoginError::Gone)?,
        Err(refusal) => return Ok(render(tenant, pending, connection, &typed, Some(&refusal))),
    };
    match pending.finish(tenant, &peer.headers, key, None).await {
        Ok(response) => Ok(response),
        Err(CompleteError::Pending(error)) => Err(error),
        // Nobody blocks or takes an account within the moment in which it was made.
        Err(CompleteError::Blocked | CompleteError::OtherConnection) => Err(PendingLoginError::Gone),
    }
}

fn render(
    tenant: &Tenant,
    pending: &PendingLogin,
    connection: &Connection,
    typed: &Typed,
    refusal: Option<&SignUpError>,
) -> Response {
    let sentence = refusal.map(|refusal| match refusal {
        SignUpError::Closed => "Nobody can sign up here.",
        SignUpError::InvalidEmail => "An e-mail address looks like ada@example.com.",
        SignUpError::InvalidUsername(words) => words,
        SignUpError::WeakPassword(_) => "This password is too weak. See below what it needs.",
        SignUpError::Taken => "This sign-up cannot be. If you have an account already, sign in instead.",
        SignUpError::TooManyRequests(_) => "Too many attempts. Wait a minute, then try again.",
        SignUpError::Failed => "Something went wrong here. Please try again in a moment.",
    });
    let view = SignUpPage {
        context: pending.context(tenant),
        email: &typed.email,
        username: connection.database.usernames.map(|_| typed.username.as_str()),
        rules: connection.database.passwords.requirements(),
        refusal: sentence,
    };
    let status = match refusal {
        None => StatusCode::OK,
        Some(SignUpError::TooManyRequests(_)) => StatusCode::TOO_MANY_REQUESTS,
        Some(SignUpError::Failed) => StatusCode::INTERNAL_SERVER_ERROR,
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let markup = pages::sign_up(&tenant.0.assets, &view);
    let mut response = page(status, markup, Some(&pending.request.reply_to.redirect_uri));
    if let Some(SignUpError::TooManyRequests(wait)) = refusal {
        let seconds = HeaderValue::from(wait.as_secs().max(1));
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    response
}
