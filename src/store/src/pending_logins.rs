//! Pending logins: authorization requests that wait on the hosted pages for a person to sign in.

use crate::bounds::Bounds;
use crate::digest::Digest;
use crate::error::Error;
use crate::query::query;
use crate::unit::{Reader, Unit};

/// An authorization request that waits for a sign-in, bound to the browser that sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingLoginRow {
    /// The digest of the `state` in the address of the login page.
    pub digest: Digest,
    /// The digest of the browser's cookie.
    pub browser: Digest,
    /// The network that sent the request; empty if it is unknown.
    pub network: String,
    /// The authorization request, as JSON.
    pub request: String,
    /// The time of expiry.
    pub expires_at: i64,
}

impl Reader {
    /// Returns the pending login with this digest, expired or not.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn find_pending_login(&mut self, digest: &Digest) -> Result<Option<PendingLoginRow>, Error> {
        let row = query("SELECT browser, network, request, expires_at FROM logins WHERE digest = $1")
            .bind(digest.as_str())
            .fetch_optional(self.connection())
            .await?;
        row.map(|row| {
            Ok(PendingLoginRow {
                digest: digest.clone(),
                browser: Digest::new(row.get::<String>("browser")?),
                // Rows older than the column have no value.
                network: row.get::<Option<String>>("network")?.unwrap_or_default(),
                request: row.get("request")?,
                expires_at: row.get("expires_at")?,
            })
        })
        .transpose()
    }
}

impl Unit {
    /// Inserts a pending login and deletes those that have expired at `now`. Beyond the bounds the oldest are deleted.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn insert_pending_login(
        &mut self,
        login: &PendingLoginRow,
        bounds: Bounds,
        now: i64,
    ) -> Result<(), Error> {
        query("DELETE FROM logins WHERE expires_at <= $1").bind(now).send(self.connection()).await?;
        query(
            "INSERT INTO logins (digest, browser, network, request, expires_at) VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(login.digest.as_str())
        .bind(login.browser.as_str())
        .bind(&login.network)
        .bind(&login.request)
        .bind(login.expires_at)
        .execute(self.connection())
        .await?;
        let browser = ("browser = $1", login.browser.as_str());
        self.keep_newest("logins", browser, bounds.per_browser).await?;
        self.keep_newest("logins", ("network = $1", &login.network), bounds.per_network).await?;
        self.keep_newest("logins", ("$1 = ''", ""), bounds.in_all).await
    }

    /// Deletes a pending login. Returns `false` if it does not exist, so that one of two concurrent callers
    /// wins.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn remove_pending_login(&mut self, digest: &Digest) -> Result<bool, Error> {
        let removed = query("DELETE FROM logins WHERE digest = $1")
            .bind(digest.as_str())
            .execute(self.connection())
            .await?;
        Ok(removed > 0)
    }
}
