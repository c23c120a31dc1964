//! `/u/signup`: sign-up, which also signs the person in. A person in a browser is told of the mail before the sign-in goes on
//! (`signed_up`).

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use model::Profile;
use store::{UserRow, fold_identifier};

use super::complete::{CompleteError, complete_with};
use super::form::Submitted;
use super::form_redirect::accepts_html;
use super::known_browser;
use super::login_page::sign_up_connection;
use super::new_link::NOT_AN_ADDRESS;
use super::pages::account::{self, SignUpPage};
use super::pages::layout::FormRefusal;
use super::paths::login_path;
use super::pending::{PendingLogin, PendingLoginError};
use super::pending_sign_up;
use super::response::{page, sign_up_closed, wait_before};
use crate::configuration::Connection;
use crate::database::sign_up::{self, NewAccount, SignUpError};
use crate::secret::Secret;
use crate::state::Tenant;

/// The submitted values, which the page shows again after an error.
#[derive(Default)]
struct Typed {
    email: String,
    username: String,
}

/// `GET /u/signup?state=…`: shows the sign-up page, or a page that says so if no connection allows sign-up.
pub(super) async fn show(State(tenant): State<Tenant>, pending: PendingLogin) -> Response {
    let email = pending.hint().to_owned();
    open(&tenant, &pending, &Typed { email, ..Typed::default() })
}

fn open(tenant: &Tenant, pending: &PendingLogin, typed: &Typed) -> Response {
    match sign_up_connection(tenant, pending) {
        Some(connection) => render(tenant, pending, connection, typed, None),
        None => sign_up_closed(tenant, &login_path(&pending.state)),
    }
}

/// `POST /u/signup` with `state`, `email`, `password` and, if the connection has usernames, `username`. From another page of
/// the login, it shows the page with the address that was typed there.
pub(super) async fn submit(State(tenant): State<Tenant>, submitted: Submitted) -> Response {
    if let Some(address) = submitted.form.address_brought() {
        let email = address.to_owned();
        return open(&tenant, &submitted.pending, &Typed { email, ..Typed::default() });
    }
    match sign_up(&tenant, &submitted).await {
        Ok(response) => response,
        Err(error) => error.into_response(&tenant, &submitted.peer),
    }
}

async fn sign_up(
    tenant: &Tenant,
    Submitted { peer, form, pending }: &Submitted,
) -> Result<Response, PendingLoginError> {
    let Some(connection) = sign_up_connection(tenant, pending) else {
        return Ok(sign_up_closed(tenant, &login_path(&pending.state)));
    };
    let typed = Typed { email: form.text("email").to_owned(), username: form.text("username").to_owned() };
    let new = NewAccount {
        email: typed.email.clone(),
        username: connection.database.usernames.map(|_| typed.username.clone()),
        password: Secret::new(form.untrimmed("password")),
        profile: Profile::default(),
        user_metadata: None,
    };
    let user = match sign_up::sign_up(tenant, connection, new, peer.address()).await {
        Ok(user) => user,
        Err(refusal) => return Ok(render(tenant, pending, connection, &typed, Some(&refusal))),
    };
    let login = fold_identifier(&typed.email);
    let mut response = go_on(tenant, &peer.headers, pending, (&user, connection, &login)).await?;
    response.headers_mut().append(header::SET_COOKIE, known_browser::remember(tenant, &login));
    Ok(response)
}

/// Tells a person in a browser that a mail went out. A client without a page gets its response at once, and so does an
/// application that asked for somebody else.
async fn go_on(
    tenant: &Tenant,
    headers: &HeaderMap,
    pending: &PendingLogin,
    (user, connection, email): (&UserRow, &Connection, &str),
) -> Result<Response, PendingLoginError> {
    if accepts_html(headers) && pending.request.may_be_about(&user.user_id) {
        return pending_sign_up::start(tenant, headers, pending, (user, &connection.name, email)).await;
    }
    let key = user.user_id.as_identity_key().ok_or(PendingLoginError::Gone)?;
    match complete_with(tenant, headers, pending, key, None).await {
        Ok(response) => Ok(response),
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
    let refused = refusal.map(|refusal| {
        let (sentence, field) = match refusal {
            SignUpError::Closed => ("You can’t sign up here.", None),
            SignUpError::InvalidEmail => return NOT_AN_ADDRESS,
            SignUpError::InvalidUsername(words) => (words.as_str(), Some("username")),
            SignUpError::WeakPassword(weakness) => (weakness.sentence(), Some("password")),
            SignUpError::Taken => {
                ("You can’t sign up with these. If you have an account already, sign in instead.", None)
            }
            SignUpError::TooManyRequests(_) => ("Too many attempts. Wait a minute, then try again.", None),
            SignUpError::Failed => {
                ("Something went wrong, and no account was made. Please try again in a moment.", None)
            }
        };
        FormRefusal { sentence, field }
    });
    let view = SignUpPage {
        context: pending.context(tenant),
        email: &typed.email,
        username: connection.database.usernames.map(|_| typed.username.as_str()),
        rules: connection.database.passwords.requirements(),
        refusal: refused,
    };
    let status = match refusal {
        None => StatusCode::OK,
        Some(SignUpError::TooManyRequests(_)) => StatusCode::TOO_MANY_REQUESTS,
        Some(SignUpError::Failed) => StatusCode::INTERNAL_SERVER_ERROR,
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let markup = account::sign_up(&tenant.0.assets, &view);
    let response = page(status, markup);
    match refusal {
        Some(SignUpError::TooManyRequests(wait)) => wait_before(response, *wait),
        _ => response,
    }
}
