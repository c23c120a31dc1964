//! `/u/signup`: sign-up, which also signs the person in.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use model::Profile;
use store::fold_identifier;

use super::complete::{CompleteError, complete_with};
use super::form::Submitted;
use super::known_browser;
use super::login_page::sign_up_connection;
use super::pages::account::{self, SignUpPage};
use super::paths::login_path;
use super::pending::{PendingLogin, PendingLoginError};
use super::response::page;
use crate::configuration::Connection;
use crate::database::sign_up::{self, NewAccount, SignUpError};
use crate::http::response::redirect_found;
use crate::secret::Secret;
use crate::state::Tenant;

/// The submitted values, which the page shows again after an error.
#[derive(Default)]
struct Typed {
    email: String,
    username: String,
}

/// `GET /u/signup?state=…`: shows the sign-up page, or redirects to the login page if no connection allows
/// sign-up.
pub(super) async fn show(State(tenant): State<Tenant>, pending: PendingLogin) -> Response {
    match sign_up_connection(&tenant, &pending) {
        Some(connection) => {
            let typed = Typed { email: pending.hint().to_owned(), ..Typed::default() };
            render(&tenant, &pending, connection, &typed, None)
        }
        None => redirect_found(&login_path(&pending.state)),
    }
}

/// `POST /u/signup` with `state`, `email`, `password` and, if the connection has usernames, `username`.
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
    let connection = sign_up_connection(tenant, pending).ok_or(PendingLoginError::Gone)?;
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
    match complete_with(tenant, &peer.headers, pending, key, None).await {
        Ok(mut response) => {
            let login = fold_identifier(&typed.email);
            response.headers_mut().append(header::SET_COOKIE, known_browser::remember(tenant, &login));
            Ok(response)
        }
        Err(CompleteError::Pending(error)) => Err(error),
        // An account that was created just now is neither blocked nor linked.
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
        SignUpError::WeakPassword(weakness) => weakness.sentence(),
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
    let markup = account::sign_up(&tenant.0.assets, &view);
    let mut response = page(status, markup);
    if let Some(SignUpError::TooManyRequests(wait)) = refusal {
        let seconds = HeaderValue::from(wait.as_secs().max(1));
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    response
}
