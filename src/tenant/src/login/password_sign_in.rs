//! Sign-in with a password.

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use model::{ConnectionName, IdentityKey};
use store::fold_identifier;

use super::complete::{CompleteError, complete_with};
use super::form::Submitted;
use super::known_browser;
use super::login_page::render;
use super::pages::login::FormError;
use super::pending::{PendingLogin, PendingLoginError};
use crate::state::Tenant;

use crate::password_hash::{Verification, hash_password, verify_password, with_hash_permit};
use crate::secret::Secret;

/// `GET /u/login?state=…`: shows the login page.
pub(super) async fn show(State(tenant): State<Tenant>, pending: PendingLogin) -> Response {
    render(&tenant, &pending, pending.hint(), None)
}

/// `POST /u/login` (`state`, `username`, `password`): checks the password and completes the login. From another page of the
/// login, it shows the login page with the address that was typed there.
pub(super) async fn submit(State(tenant): State<Tenant>, submitted: Submitted) -> Response {
    if let Some(address) = submitted.form.address_brought() {
        return render(&tenant, &submitted.pending, address, None);
    }
    match sign_in(&tenant, &submitted).await {
        Ok(response) => response,
        Err(error) => error.into_response(&tenant, &submitted.peer),
    }
}

async fn sign_in(
    tenant: &Tenant,
    Submitted { peer, form, pending }: &Submitted,
) -> Result<Response, PendingLoginError> {
    let typed = form.text("username").to_owned();
    let databases: Vec<ConnectionName> = pending
        .connections(tenant)
        .filter(|connection| connection.is_database())
        .map(|connection| connection.name.clone())
        .collect();
    let password = Secret::new(form.untrimmed("password"));
    let login = fold_identifier(&typed);
    let cookie = known_browser::cookie(tenant, &peer.headers);
    let guesser = known_browser::guesser(tenant, peer, &login, cookie.as_ref());
    let attempt = match tenant.0.login_throttle.start_attempt(&login, guesser, tenant.now()).await? {
        Ok(attempt) => attempt,
        Err(wait) => {
            let mut response = render(tenant, pending, &typed, Some(FormError::TooManyAttempts));
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
            return Ok(response);
        }
    };
    let found = find_identity(tenant, &databases, &typed, password).await?;
    if found.is_some() {
        tenant.0.login_throttle.record_success(&attempt, tenant.now()).await?;
    }
    match found {
        Some(key) => match complete_with(tenant, &peer.headers, pending, key, None).await {
            Ok(mut response) => {
                response.headers_mut().append(header::SET_COOKIE, known_browser::remember(tenant, &login));
                Ok(response)
            }
            Err(CompleteError::Blocked | CompleteError::OtherConnection) => {
                Ok(render(tenant, pending, &typed, Some(FormError::Blocked)))
            }
            Err(CompleteError::Pending(error)) => Err(error),
        },
        None => Ok(render(tenant, pending, &typed, Some(FormError::WrongPassword))),
    }
}

/// Returns the identity with this identifier and password.
///
/// An identifier that two identities had in different forms before version 0.3 is still stored in both, so the form that
/// was typed comes first. In all other rows it is folded.
///
/// An unknown identifier costs the same work as a wrong password, whatever the hash, so that the response time reveals neither
/// who exists nor who was imported. An imported hash is replaced by Argon2id at the first correct password.
pub(super) async fn find_identity(
    tenant: &Tenant,
    databases: &[ConnectionName],
    typed: &str,
    password: Secret,
) -> Result<Option<IdentityKey>, store::Error> {
    let mut found = None;
    let mut reader = tenant.0.store.read().await?;
    let mut logins = vec![typed.trim().to_lowercase(), fold_identifier(typed)];
    logins.dedup();
    'search: for login in &logins {
        for connection in databases {
            found = reader.find_credential(connection, login).await?;
            if found.is_some() {
                break 'search;
            }
        }
    }
    drop(reader);
    let hash = found.as_ref().map(|row| row.password_hash.clone());
    if let Some(hash) = &hash {
        tenant.0.attempt_work.learn(hash);
    }
    let work = tenant.0.attempt_work.get();
    let (matches, renewed) = with_hash_permit(move || {
        let result = verify_password(&password, hash.as_deref(), &work);
        let renewed = (result == Verification::RightAndOutdated).then(|| hash_password(&password));
        (result != Verification::Wrong, renewed)
    })
    .await
    .unwrap_or_default();
    let Some(row) = found.filter(|_| matches) else { return Ok(None) };
    let key = row.key.clone();
    if let Some(renewed) = renewed {
        let write = tenant.0.store.write::<_, store::Error, _>(move |unit| {
            Box::pin(async move {
                // Has no effect if the password has changed in the meantime.
                if unit.find_credential(&row.connection, &row.identifier).await? == Some(row.clone()) {
                    unit.replace_password(&row.key, &renewed).await?;
                }
                Ok(())
            })
        });
        write.await?;
    }
    Ok(Some(key))
}
