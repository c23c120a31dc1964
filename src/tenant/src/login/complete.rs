//! The completion of a pending login: a new session, and a response to the application.

use axum::http::{HeaderMap, header};
use axum::response::Response;
use model::{ConnectionName, IdentityKey, Profile};
use store::{Unit, UserRow};

use super::pending::{PendingLogin, PendingLoginError};
use crate::clock::Moment;
use crate::configuration::Connection;
use crate::http::cookie::Cookie;
use crate::oauth::response::{new_code, respond_with_grant};
use crate::session;
use crate::state::Tenant;

/// Somebody who proved who they are.
pub(super) struct AuthenticatedPerson {
    pub(super) key: IdentityKey,
    /// The user to add if this is the first time that anybody sees the identity.
    pub(super) new_user: Option<UserRow>,
    /// What their provider says about them now, and the connection that it speaks for.
    pub(super) upstream_profile: Option<(ConnectionName, Profile)>,
    /// When they did, if not just now.
    pub(super) authenticated_at: Option<Moment>,
}

/// Why a proven person is not signed in.
pub(super) enum CompleteError {
    /// The account is blocked; the login goes on waiting for somebody else.
    Blocked,
    /// The identity is another connection's.
    OtherConnection,
    Pending(PendingLoginError),
}

impl From<store::Error> for CompleteError {
    fn from(error: store::Error) -> Self {
        Self::Pending(error.into())
    }
}

/// Writes down what a provider says about somebody now; what it does not speak of stays. An id that two connections
/// share names the person of the one that came first, and nobody else may speak for them.
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
    if profile != *before {
        unit.update_profile(key, &profile).await?;
        unit.touch_user(&user.user_id, now).await?;
    }
    Ok(())
}

/// A user who is seen for the first time, with one identity.
pub(super) fn new_user_row(
    connection: &Connection,
    key: &IdentityKey,
    profile: model::Profile,
    now: i64,
) -> UserRow {
    let identity = model::Identity {
        profile_data: None,
        connection: connection.name.clone(),
        user_id: key.user_id.clone(),
        provider: key.provider.clone(),
        is_social: key.provider.is_social(),
    };
    UserRow::new(key.as_user_id(), profile, vec![identity], now)
}

/// As [`PendingLogin::admit`], for somebody who is known by this tenant alone.
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

/// Signs the person in who arrived: a new session, a counted login, an answer for the application.
/// One unit, so that a handle opens one session at most.
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
    let user = tenant
        .0
        .store
        .write(move |unit| {
            Box::pin(async move {
                if !unit.remove_pending_login(&digest).await? {
                    return Err(CompleteError::Pending(PendingLoginError::Gone));
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
                // A new session for every sign-in: nobody can know its cookie beforehand.
                if let Some(before) = &before {
                    unit.remove_session(before).await?;
                }
                unit.insert_session(&session).await?;
                unit.record_sign_in(&user.user_id, &ip, now).await?;
                if let Some(code) = &code_row {
                    unit.insert_code(code, now).await?;
                }
                Ok(user)
            })
        })
        .await?;
    let mut response = respond_with_grant(tenant, &pending.request, &begun, &user, code.as_ref());
    response.headers_mut().append(header::SET_COOKIE, Cookie::Session.set(tenant, &cookie));
    Ok(response)
}
