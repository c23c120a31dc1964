//! Pending sign-ups: authorization requests whose person has just signed up, and is being told that a mail went out.
//!
//! A pending sign-up is a row like a pending login, in a form that is none of a login. It takes the place of the login that the
//! sign-up ended, so that one sign-up finishes one request once. The browser is signed in from the sign-up on; the row names
//! that session, and is worth nothing once it is over.

use std::time::Duration;

use axum::http::{HeaderMap, header};
use axum::response::Response;
use model::{ConnectionName, IdentityKey, UserId};
use serde::{Deserialize, Serialize};
use store::{PendingLoginRow, UserRow};

use super::paths;
use super::pending::{PendingLogin, PendingLoginError, WAITING, find_waiting};
use crate::clock::Moment;
use crate::http::cookie::Cookie;
use crate::http::peer::Peer;
use crate::http::response::{no_store, redirect_found};
use crate::oauth::request::AuthorizationRequest;
use crate::secret::Secret;
use crate::session::{self, Session};
use crate::state::Tenant;

/// The lifetime of a pending sign-up.
const LIFETIME: Duration = Duration::from_mins(30);

/// What a pending sign-up stores.
#[derive(Serialize, Deserialize)]
struct Waiting {
    signed_up: AuthorizationRequest,
    user_id: UserId,
    connection: ConnectionName,
    /// The address that the mail went to.
    email: String,
    /// The time of the sign-up.
    at: i64,
    /// The session that the sign-up began; `None` if it proves a login and signs nobody in.
    sid: Option<String>,
}

/// A pending sign-up, of the browser and the session of the request.
pub(super) struct PendingSignUp {
    /// The login to complete.
    pub(super) login: PendingLogin,
    /// The identity that signed up.
    pub(super) key: IdentityKey,
    /// Its connection.
    pub(super) connection: ConnectionName,
    /// The address that the mail went to.
    pub(super) email: String,
    /// The time of the sign-up.
    pub(super) at: Moment,
}

impl PendingSignUp {
    /// Returns the pending sign-up with this state.
    ///
    /// # Errors
    /// [`PendingLoginError::Gone`] if there is none in this browser, or the session of the sign-up is over or was replaced; as
    /// for a pending login.
    pub(super) async fn find(tenant: &Tenant, peer: &Peer, state: &str) -> Result<Self, PendingLoginError> {
        let (row, browser, waiting) =
            find_waiting(tenant, peer, state, |waiting: &Waiting| &waiting.signed_up).await?;
        let Waiting { signed_up: request, user_id, connection, email, at, sid } = waiting;
        let key = user_id.as_identity_key().ok_or(PendingLoginError::Gone)?;
        if let Some(sid) = sid {
            let session = Session::find(tenant, &peer.headers).await?;
            let is_same = session.is_some_and(|session| session.row.sid == sid && session.row.key == key);
            if !is_same {
                return Err(PendingLoginError::Gone);
            }
        }
        let PendingLoginRow { digest, network, .. } = row;
        let login = PendingLogin {
            state: state.to_owned(),
            digest,
            browser,
            request,
            ip: peer.ip(),
            network,
            own: None,
        };
        Ok(Self { login, key, connection, email, at: Moment::from_millis(at) })
    }
}

/// Replaces a pending login, in which `user` signed up, by a pending sign-up, begins the session of the browser unless the
/// sign-up proves a login, and redirects to the page that tells of the mail.
///
/// # Errors
/// [`PendingLoginError::Gone`] if the login was completed meanwhile; those of the store.
pub(super) async fn start(
    tenant: &Tenant,
    headers: &HeaderMap,
    pending: &PendingLogin,
    (user, connection, email): (&UserRow, &ConnectionName, &str),
) -> Result<Response, PendingLoginError> {
    let key = user.user_id.as_identity_key().ok_or(PendingLoginError::Gone)?;
    let (session, cookie) = session::new_session(tenant, key);
    let signs_in = !pending.request.is_proof();
    let (state, now) = (Secret::random(), tenant.now());
    let waiting = Waiting {
        signed_up: pending.request.clone(),
        user_id: user.user_id.clone(),
        connection: connection.clone(),
        email: email.to_owned(),
        at: now.millis(),
        sid: signs_in.then(|| session.sid.clone()),
    };
    let row = PendingLoginRow {
        digest: state.digest(),
        browser: pending.browser.digest(),
        network: pending.network.clone(),
        request: serde_json::to_string(&waiting).map_err(|_| store::Error::Damaged("request"))?,
        expires_at: now.after(LIFETIME).millis(),
    };
    let (login, before) = (pending.digest.clone(), Cookie::Session.read(tenant, headers));
    tenant
        .0
        .store
        .write(move |unit| {
            Box::pin(async move {
                if !unit.remove_pending_login(&login).await? {
                    return Err(PendingLoginError::Gone);
                }
                if signs_in {
                    if let Some(before) = &before {
                        unit.replace_session(&before.digest(), &session.digest).await?;
                    }
                    unit.insert_session(&session).await?;
                }
                unit.insert_pending_login(&row, WAITING, now.millis()).await?;
                Ok(())
            })
        })
        .await?;
    let mut response =
        no_store(redirect_found(&paths::with_query(paths::SIGNED_UP, &[("state", state.expose())])));
    if signs_in {
        response.headers_mut().append(header::SET_COOKIE, Cookie::Session.set(tenant, &cookie));
    }
    Ok(response)
}
