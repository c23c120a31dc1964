//! Sessions of the tenant: who is signed in, in which browser.

use axum::http::HeaderMap;
use store::{SessionRow, UserRow};

use crate::clock::Moment;
use crate::configuration::Configuration;
use crate::http::cookie::Cookie;
use crate::oauth::request::{AuthorizationRequest, RequiredSubject};
use crate::secret::{Secret, random_hex};
use crate::state::Tenant;
use model::IdentityKey;

/// A valid session and its user.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) row: SessionRow,
    pub(crate) user: UserRow,
}

impl Session {
    /// Returns the session of the browser that sent `headers`. `None` if there is no session, if it has ended
    /// or was idle for too long, or if its user is blocked or deleted.
    pub(crate) async fn find(tenant: &Tenant, headers: &HeaderMap) -> Result<Option<Self>, store::Error> {
        let Some(cookie) = Cookie::Session.read(tenant, headers) else { return Ok(None) };
        let mut reader = tenant.0.store.read().await?;
        let Some(row) = reader.find_session(&cookie.digest()).await? else { return Ok(None) };
        let idle_until =
            Moment::from_millis(row.used_at).after(tenant.0.configuration.options().idle_session_lifetime);
        let now = tenant.now();
        if now.millis() >= row.expires_at || now >= idle_until {
            return Ok(None);
        }
        let user = reader.find_user_by_identity(&row.key).await?;
        Ok(user.filter(|user| user.blocked != Some(true)).map(|user| Self { row, user }))
    }

    /// Returns whether the session satisfies `max_age`, in seconds (OpenID Connect Core 3.1.2.1). 0 requires
    /// a new sign-in.
    fn is_fresh_enough(&self, max_age: Option<u64>, now: Moment) -> bool {
        let age = now.millis().saturating_sub(self.row.authenticated_at).max(0);
        max_age.is_none_or(|seconds| {
            seconds > 0 && age <= i64::try_from(seconds.saturating_mul(1000)).unwrap_or(i64::MAX)
        })
    }

    /// Returns whether the session serves this request without a new sign-in: whether the client may use the connection
    /// that the person signed in through, it is the one that the client asks for, the person is known to be the one that the
    /// client asks for, and the sign-in is recent enough.
    pub(crate) fn serves(
        &self,
        configuration: &Configuration,
        request: &AuthorizationRequest,
        now: Moment,
    ) -> bool {
        let identity = self.user.identity(&self.row.key);
        self.is_fresh_enough(request.max_age, now)
            && request.subject != Some(RequiredSubject::Unknown)
            && request.may_be_about(&self.user.user_id)
            && identity.is_some_and(|identity| {
                configuration.admits(identity, &request.client_id)
                    && request.connection.as_deref().is_none_or(|name| name == identity.connection.as_str())
            })
    }
}

/// Returns a new session that starts now, and the value of its cookie.
pub(crate) fn new_session(tenant: &Tenant, key: IdentityKey) -> (SessionRow, Secret) {
    let now = tenant.now();
    let cookie = Secret::random();
    let row = SessionRow {
        digest: cookie.digest(),
        sid: random_hex::<16>(),
        key,
        authenticated_at: now.millis(),
        used_at: now.millis(),
        expires_at: now.after(tenant.0.configuration.options().session_lifetime).millis(),
        replaced: false,
    };
    (row, cookie)
}
