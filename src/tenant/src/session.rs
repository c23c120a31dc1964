//! Who is signed in at the tenant, in which browser.

use axum::http::HeaderMap;
use store::{SessionRow, UserRow};

use crate::clock::Moment;
use crate::configuration;
use crate::http::cookie::Cookie;
use crate::secret::{Secret, random_hex};
use crate::state::Tenant;
use model::IdentityKey;

/// A session that holds now, and the account that it opens.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) row: SessionRow,
    pub(crate) user: UserRow,
}

impl Session {
    /// The session of the browser that sends `headers`; `None` when it has none, or when it ended, was idle
    /// for too long, or belongs to somebody who was blocked or removed.
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

    /// Whether the session satisfies `max_age` (OpenID Connect Core 3.1.2.1): 0 forces a new sign-in.
    pub(crate) fn is_fresh_enough(&self, max_age: Option<u64>, now: Moment) -> bool {
        let age = now.millis().saturating_sub(self.row.authenticated_at).max(0);
        max_age.is_none_or(|seconds| {
            seconds > 0 && age <= i64::try_from(seconds.saturating_mul(1000)).unwrap_or(i64::MAX)
        })
    }

    /// Whether the person signed in through this connection.
    pub(crate) fn uses_connection(&self, connection: &configuration::Connection) -> bool {
        self.user
            .identities
            .iter()
            .any(|identity| identity.key() == self.row.key && identity.connection == connection.name)
    }
}

/// A session that begins now, and its cookie's value.
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
