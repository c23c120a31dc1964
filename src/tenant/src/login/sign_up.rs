//! The page where people sign up, and are signed in by it.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use model::Profile;

use super::pages::{self, SignUpPage};
use super::{NotFinished, NotWaiting, Submitted, Waiting, page};
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
pub(super) async fn show(State(tenant): State<Tenant>, waiting: Waiting) -> Response {
    match open(&tenant, &waiting) {
        Some(connection) => {
            let typed = Typed { email: waiting.hint().to_owned(), ..Typed::default() };
            render(&tenant, &waiting, connection, &typed, None)
        }
        None => authorize::found(&pages::login_path(&waiting.handle)),
    }
}

/// The first database that lets people of this application sign up.
pub(super) fn open<'t>(tenant: &'t Tenant, waiting: &Waiting) -> Option<&'t Connection> {
    waiting.connections(tenant).find(|connection| connection.is_database() && connection.database.sign_up)
}

/// `POST /u/signup`: state, email, username where the connection has them, password.
pub(super) async fn submit(State(tenant): State<Tenant>, submitted: Submitted) -> Response {
    match sign_up(&tenant, &submitted).await {
        Ok(response) => response,
        Err(not_waiting) => not_waiting.into_response(&tenant, &submitted.client),
    }
}

async fn sign_up(
    tenant: &Tenant,
    Submitted { client, form, waiting }: &Submitted,
) -> Result<Response, NotWaiting> {
    let connection = open(tenant, waiting).ok_or(NotWaiting::Gone)?;
    let typed = Typed { email: form.text("email").to_owned(), username: form.text("username").to_owned() };
    let new = NewAccount {
        email: typed.email.clone(),
        username: connection.database.usernames.map(|_| typed.username.clone()),
        password: Secret::new(form.untrimmed("password")),
        profile: Profile::default(),
        user_metadata: None,
    };
    let key = match sign_up::sign_up(tenant, connection, new, client.address()).await {
        Ok(user) => user.user_id.as_identity_key().ok_or(NotWaiting::Gone)?,
        Err(refusal) => return Ok(render(tenant, waiting, connection, &typed, Some(&refusal))),
    };
    match waiting.finish(tenant, &client.headers, key, None).await {
        Ok(response) => Ok(response),
        Err(NotFinished::NotWaiting(not_waiting)) => Err(not_waiting),
        // Nobody blocks or takes an account within the moment in which it was made.
        Err(NotFinished::Blocked | NotFinished::Foreign) => Err(NotWaiting::Gone),
    }
}

fn render(
    tenant: &Tenant,
    waiting: &Waiting,
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
        visit: waiting.visit(tenant),
        email: &typed.email,
        username: connection.database.usernames.map(|_| typed.username.as_str()),
        rules: connection.database.passwords.sentences(),
        refusal: sentence,
    };
    let status = match refusal {
        None => StatusCode::OK,
        Some(SignUpError::TooManyRequests(_)) => StatusCode::TOO_MANY_REQUESTS,
        Some(SignUpError::Failed) => StatusCode::INTERNAL_SERVER_ERROR,
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let markup = pages::sign_up(&tenant.0.assets, &view);
    let mut response = page(status, markup, Some(&waiting.request.reply_to.redirect_uri));
    if let Some(SignUpError::TooManyRequests(wait)) = refusal {
        let seconds = HeaderValue::from(wait.as_secs().max(1));
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    response
}
