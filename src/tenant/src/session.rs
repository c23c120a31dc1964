//! Sessions of the tenant: who is signed in, in which browser.

use axum::http::HeaderMap;
use store::{SessionRow, UserRow};

use crate::clock::Moment;
use crate::configuration;
use crate::http::cookie::Cookie;
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
    pub(crate) fn is_fresh_enough(&self, max_age: Option<u64>, now: Moment) -> bool {
        let age = now.millis().saturating_sub(self.row.authenticated_at).max(0);
        max_age.is_none_or(|seconds| {
            seconds > 0 && age <= i64::try_from(seconds.saturating_mul(1000)).unwrap_or(i64::MAX)
        })
    }

    /// Returns whether the person signed in through this connection.
    pub(crate) fn uses_connection(&self, connection: &configuration::Connection) -> bool {
        self.user
            .identities
            .iter()
            .any(|identity| identity.key() == self.row.key && identity.connection == connection.name)
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
    };
    (row, cookie)
}
