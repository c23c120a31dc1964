//! Pushed authorization requests. Each is good once (RFC 9126 section 4).

use crate::bounds::Bounds;
use crate::digest::Digest;
use crate::error::Error;
use crate::query::query;
use crate::unit::Unit;

/// An authorization request that a client pushed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushedRequestRow {
    /// The digest of the secret in its `request_uri`.
    pub digest: Digest,
    /// The client that pushed it.
    pub client_id: String,
    /// The network that pushed it; empty if it is unknown.
    pub network: String,
    /// The authorization request, as JSON.
    pub request: String,
    /// The time of expiry.
    pub expires_at: i64,
}

impl Unit {
    /// Inserts a pushed request and deletes those that have expired at `now`. Beyond the bounds for its network and in all
    /// the oldest are deleted.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn insert_pushed_request(
        &mut self,
        pushed: &PushedRequestRow,
        bounds: Bounds,
        now: i64,
    ) -> Result<(), Error> {
        query("DELETE FROM pushed_requests WHERE expires_at <= $1").bind(now).send(self.connection()).await?;
        query(
            "INSERT INTO pushed_requests (digest, client_id, network, request, expires_at) \
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(pushed.digest.as_str())
        .bind(&pushed.client_id)
        .bind(&pushed.network)
        .bind(&pushed.request)
        .bind(pushed.expires_at)
        .execute(self.connection())
        .await?;
        self.keep_newest("pushed_requests", ("network = $1", &pushed.network), bounds.per_network).await?;
        self.keep_newest("pushed_requests", ("$1 = ''", ""), bounds.in_all).await
    }

    /// Deletes a client's pushed request and returns it, expired or not; `None` if it does not exist or belongs to another
    /// client.
    ///
    /// This is one statement, so that exactly one of several concurrent callers gets the request.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn take_pushed_request(
        &mut self,
        digest: &Digest,
        client_id: &str,
    ) -> Result<Option<PushedRequestRow>, Error> {
        let row = query(
            "DELETE FROM pushed_requests WHERE digest = $1 AND client_id = $2 RETURNING network, request, expires_at",
        )
        .bind(digest.as_str())
        .bind(client_id)
        .fetch_optional(self.connection())
        .await?;
        row.map(|row| {
            Ok(PushedRequestRow {
                digest: digest.clone(),
                client_id: client_id.to_owned(),
                network: row.get::<Option<String>>("network")?.unwrap_or_default(),
                request: row.get("request")?,
                expires_at: row.get("expires_at")?,
            })
        })
        .transpose()
    }
}
