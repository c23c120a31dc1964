//! Client assertions that were used. Each is good once (RFC 7523 section 3).

use crate::digest::Digest;
use crate::error::Error;
use crate::query::query;
use crate::unit::Unit;

impl Unit {
    /// Records that an assertion was used, and forgets those that have expired at `now`. Returns `false` if it was used
    /// before.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn use_client_assertion(
        &mut self,
        digest: &Digest,
        expires_at: i64,
        now: i64,
    ) -> Result<bool, Error> {
        query("DELETE FROM client_assertions WHERE expires_at <= $1")
            .bind(now)
            .send(self.connection())
            .await?;
        let inserted = query(
            "INSERT INTO client_assertions (digest, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        )
        .bind(digest.as_str())
        .bind(expires_at)
        .execute(self.connection())
        .await?;
        Ok(inserted > 0)
    }
}
