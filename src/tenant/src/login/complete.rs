//! The completion of a pending login: a new session, and a response to the application.

use axum::http::{HeaderMap, header};
use axum::response::Response;
use model::{ConnectionName, IdentityKey, Profile};
use store::{Unit, UserRow};

use super::pending::{PendingLogin, PendingLoginError, WAITING};
use super::pending_consent::new_pending_consent;
use crate::clock::Moment;
use crate::http::cookie::Cookie;
use crate::http::response::{no_store, redirect_found};
use crate::oauth::consent;
use crate::oauth::request::AuthorizationError;
use crate::oauth::response::{new_code, respond_with_error, respond_with_grant};
use crate::session;
use crate::state::Tenant;

/// A person who has proven one of their identities.
pub(super) struct AuthenticatedPerson {
    pub(super) key: IdentityKey,
    /// The user to add if the identity does not exist yet.
    pub(super) new_user: Option<UserRow>,
    /// The current profile at the identity provider, and the connection that it belongs to.
    pub(super) upstream_profile: Option<(ConnectionName, Profile)>,
    /// The time of the sign-in, if it was not just now.
    pub(super) authenticated_at: Option<Moment>,
}

/// The reason why an authenticated person is not signed in.
pub(super) enum CompleteError {
    /// The account is blocked. The login stays pending, so that the person can use another account.
    Blocked,
    /// The identity belongs to another connection, or to one that the application may not use.
    OtherConnection,
    Pending(PendingLoginError),
}

impl From<store::Error> for CompleteError {
    fn from(error: store::Error) -> Self {
        Self::Pending(error.into())
    }
}

/// Updates the stored profile with the attributes that the identity provider sent; others stay as they are.
///
/// # Errors
/// [`CompleteError::OtherConnection`]. If two connections share an id, it belongs to the connection that created the
/// identity, and the other one must not change it.
async fn sync_upstream_profile(
    unit: &mut Unit,
    key: &IdentityKey,
    connection: &ConnectionName,
    upstream_profile: &Profile,
    now: i64,
) -> Result<(), CompleteError> {
    let Some(user) = unit.find_user_by_identity(key).await? else { return Ok(()) };
    let identity = user.identities.iter().find(|identity| identity.key() == *key);
    let Some(identity) = identity.filter(|identity| identity.connection == *connection) else {
        return Err(CompleteError::OtherConnection);
    };
    let before = identity.profile_data.as_ref().unwrap_or(&user.profile);
    let mut profile = before.clone();
    profile.0.extend(upstream_profile.0.clone());
    // A stored attribute can be older than its limit.
    let oversized = profile.remove_oversized();
    if !oversized.is_empty() {
        tracing::warn!(%connection, attributes = ?oversized, "stored attributes of a person are too long and are removed");
    }
    if profile != *before {
        unit.update_profile(key, &profile).await?;
        unit.touch_user(&user.user_id, now).await?;
    }
    Ok(())
}

/// How a pending login ends.
enum Completed {
    /// Somebody else signed in than the application asked for.
    SomebodyElse,
    /// The application gets what it asked for. The browser is signed in, too.
    Granted(UserRow),
    /// The application gets a proof of a login. The session of the browser stays what it is.
    Proven(UserRow),
    /// The person has to allow that first, on the page with this address.
    ConsentIsMissing(String),
}

/// Completes a login like [`complete`], for an identity without an upstream profile.
pub(super) async fn complete_with(
    tenant: &Tenant,
    headers: &HeaderMap,
    pending: &PendingLogin,
    key: IdentityKey,
    new_user: Option<UserRow>,
) -> Result<Response, CompleteError> {
    let person = AuthenticatedPerson { key, new_user, upstream_profile: None, authenticated_at: None };
    complete(tenant, headers, pending, person).await
}

/// Completes a pending login: starts a session, counts the login and responds to the application.
///
/// A sign-in that proves a login to be linked starts a session for that alone: no cookie gets it, and the browser stays signed
/// in as it was (contract [G100](model::contract#g100)).
///
/// All of it is one unit of work, so that a pending login starts at most one session.
pub(super) async fn complete(
    tenant: &Tenant,
    headers: &HeaderMap,
    pending: &PendingLogin,
    person: AuthenticatedPerson,
) -> Result<Response, CompleteError> {
    let AuthenticatedPerson { key, new_user, upstream_profile, authenticated_at } = person;
    let (mut session, cookie) = session::new_session(tenant, key.clone());
    if let Some(moment) = authenticated_at {
        session.authenticated_at = moment.millis();
    }
    let (code, code_row) = new_code(tenant, &pending.request, &session).unzip();
    let begun = session.clone();
    let before = Cookie::Session.read(tenant, headers).map(|cookie| cookie.digest());
    let (now, digest, ip) = (tenant.now().millis(), pending.digest.clone(), pending.ip.clone());
    let proof_until = tenant.now().after(tenant.0.configuration.options().link_proof_max_age).millis();
    let (inner, client_id) = (tenant.clone(), pending.request.client_id.clone());
    let (request, browser, network) =
        (pending.request.clone(), pending.browser.digest(), pending.network.clone());
    let completed = tenant
        .0
        .store
        .write(move |unit| {
            Box::pin(async move {
                if !unit.remove_pending_login(&digest).await? {
                    return Err(CompleteError::Pending(PendingLoginError::Gone));
                }
                // Somebody else than the application asked for is not signed in, and gets no account.
                let signed_in = unit.find_user_by_identity(&key).await?.map(|user| user.user_id);
                let signed_in = signed_in.or_else(|| new_user.as_ref().map(|user| user.user_id.clone()));
                if signed_in.is_some_and(|user_id| !request.may_be_about(&user_id)) {
                    return Ok(Completed::SomebodyElse);
                }
                if let Some(new_user) = new_user
                    && unit.find_user_by_identity(&key).await?.is_none()
                {
                    unit.insert_user(&new_user).await?;
                }
                if let Some((connection, profile)) = &upstream_profile {
                    sync_upstream_profile(unit, &key, connection, profile, now).await?;
                }
                let user = unit.find_user_by_identity(&key).await?;
                let user = user.ok_or(CompleteError::Pending(PendingLoginError::Gone))?;
                if user.blocked == Some(true) {
                    return Err(CompleteError::Blocked);
                }
                // The forms offer open connections only. A key without its connection in it can name an identity of another.
                let identity = user.identity(&key);
                if !identity.is_some_and(|identity| inner.0.configuration.admits(identity, &client_id)) {
                    return Err(CompleteError::OtherConnection);
                }
                let user_id = &user.user_id;
                let asks =
                    request.ask_consent || consent::is_missing(&inner, unit, user_id, &request).await?;
                // Consent is given in the session of the browser.
                let is_proof = request.is_proof() && !asks;
                if is_proof {
                    session.expires_at = session.expires_at.min(proof_until);
                    unit.insert_proof(&session, before.as_ref()).await?;
                } else {
                    // Each sign-in gets a new session, so that nobody can know its cookie in advance (session fixation).
                    if let Some(before) = &before {
                        unit.replace_session(before, &session.digest).await?;
                    }
                    unit.insert_session(&session).await?;
                }
                unit.record_sign_in(user_id, &ip, now).await?;
                if asks {
                    let (row, page) =
                        new_pending_consent(&inner, &request, &session, user_id, browser, network)?;
                    unit.insert_pending_login(&row, WAITING, now).await?;
                    return Ok(Completed::ConsentIsMissing(page));
                }
                if let Some(code) = &code_row {
                    unit.insert_code(code, now).await?;
                }
                if request.response_type.has_id_token() {
                    inner.note_session_client(unit, &client_id, &session.sid, &user).await?;
                }
                Ok(if is_proof { Completed::Proven(user) } else { Completed::Granted(user) })
            })
        })
        .await?;
    let signs_in = !matches!(completed, Completed::Proven(_));
    let mut response = match completed {
        Completed::SomebodyElse => {
            let description = "Another person signed in than id_token_hint names";
            let refusal = AuthorizationError::new("login_required", description);
            return Ok(respond_with_error(tenant, &pending.request.reply_to, &refusal));
        }
        Completed::Granted(user) | Completed::Proven(user) => {
            respond_with_grant(tenant, &pending.request, &begun, &user, code.as_ref()).await
        }
        Completed::ConsentIsMissing(page) => no_store(redirect_found(&page)),
    };
    if signs_in {
        response.headers_mut().append(header::SET_COOKIE, Cookie::Session.set(tenant, &cookie));
    }
    Ok(response)
}
