//! Pending consents: authorization requests that wait for the person who signed in to allow or decline them.
//!
//! A pending consent is a row like a pending login, in a form that is none of a login: neither page takes a row of the
//! other. It names the session that it waits for, so that the sign-in before it cannot be skipped, nor done by somebody else.

use std::time::Duration;

use axum::http::header;
use axum::response::Response;
use model::UserId;
use serde::{Deserialize, Serialize};
use store::{Digest, PendingLoginRow, SessionRow, UserRow};

use super::paths;
use super::pending::{PendingLoginError, WAITING, browser_of, find_waiting};
use crate::http::peer::Peer;
use crate::http::response::{no_store, redirect_found};
use crate::oauth::request::AuthorizationRequest;
use crate::secret::Secret;
use crate::session::Session;
use crate::state::Tenant;

/// The lifetime of a pending consent.
const LIFETIME: Duration = Duration::from_mins(30);

/// What a pending consent stores.
#[derive(Serialize, Deserialize)]
struct Waiting {
    consent_to: AuthorizationRequest,
    /// The session that the person signed in to.
    sid: String,
    /// The account that the page shows.
    user_id: UserId,
}

/// A pending consent, of the browser and the session of the request.
pub(super) struct PendingConsent {
    pub(super) state: String,
    pub(super) digest: Digest,
    pub(super) request: AuthorizationRequest,
    pub(super) session: Session,
}

impl PendingConsent {
    /// Returns the pending consent with this state.
    ///
    /// # Errors
    /// [`PendingLoginError::Gone`] if there is none in this browser, or the session of its sign-in is over, was replaced, is
    /// now of another account or may not be used for the application any more; as for a pending login.
    pub(super) async fn find(tenant: &Tenant, peer: &Peer, state: &str) -> Result<Self, PendingLoginError> {
        let (row, _, waiting) =
            find_waiting(tenant, peer, state, |waiting: &Waiting| &waiting.consent_to).await?;
        let Waiting { consent_to: request, sid, user_id } = waiting;
        let session = Session::find(tenant, &peer.headers).await?.filter(|session| {
            let identity = session.user.identity(&session.row.key);
            session.row.sid == sid
                && session.user.user_id == user_id
                && identity
                    .is_some_and(|identity| tenant.0.configuration.admits(identity, &request.client_id))
        });
        let session = session.ok_or(PendingLoginError::Gone)?;
        Ok(Self { state: state.to_owned(), digest: row.digest, request, session })
    }
}

/// Returns the row of a new pending consent of this browser, and the address of its page.
///
/// # Errors
/// Never: a request can be written as JSON.
pub(super) fn new_pending_consent(
    tenant: &Tenant,
    request: &AuthorizationRequest,
    session: &SessionRow,
    user_id: &UserId,
    browser: Digest,
    network: String,
) -> Result<(PendingLoginRow, String), store::Error> {
    let state = Secret::random();
    let waiting = Waiting { consent_to: request.clone(), sid: session.sid.clone(), user_id: user_id.clone() };
    let row = PendingLoginRow {
        digest: state.digest(),
        browser,
        network,
        request: serde_json::to_string(&waiting).map_err(|_| store::Error::Damaged("request"))?,
        expires_at: tenant.now().after(LIFETIME).millis(),
    };
    Ok((row, paths::with_query(paths::CONSENT, &[("state", state.expose())])))
}

/// Stores the authorization request as a pending consent of the person of this session, and redirects to its page.
///
/// # Errors
/// Those of the store.
pub(crate) async fn start_consent(
    tenant: &Tenant,
    request: &AuthorizationRequest,
    session: &SessionRow,
    user: &UserRow,
    peer: &Peer,
) -> Result<Response, store::Error> {
    let (browser, cookie) = browser_of(tenant, &peer.headers);
    let (row, location) =
        new_pending_consent(tenant, request, session, &user.user_id, browser.digest(), peer.network())?;
    let now = tenant.now().millis();
    tenant
        .0
        .store
        .write(move |unit| Box::pin(async move { unit.insert_pending_login(&row, WAITING, now).await }))
        .await?;
    let mut response = redirect_found(&location);
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(no_store(response))
}
