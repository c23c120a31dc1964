//! ID tokens that linked an account. Each is good once.

use crate::digest::Digest;
use crate::error::Error;
use crate::query::query;
use crate::unit::Unit;

impl Unit {
    /// Records that an ID token linked an account, and forgets those that have expired at `now`. Returns `false` if it was
    /// used before.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn use_link_proof(
        &mut self,
        digest: &Digest,
        expires_at: i64,
        now: i64,
    ) -> Result<bool, Error> {
        query("DELETE FROM link_proofs WHERE expires_at <= $1").bind(now).send(self.connection()).await?;
        let inserted =
            query("INSERT INTO link_proofs (digest, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING")
                .bind(digest.as_str())
                .bind(expires_at)
                .execute(self.connection())
                .await?;
        Ok(inserted > 0)
    }
}
