//! The secrets that were made for clients, by their digests.

use crate::digest::Digest;
use crate::error::Error;
use crate::query::query;
use crate::unit::Unit;

impl Unit {
    /// Returns the digest of the secret of a client, and stores `digest` if the client has none yet. The flag says whether
    /// it was stored.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn find_or_insert_client_secret(
        &mut self,
        client_id: &str,
        digest: &Digest,
        now: i64,
    ) -> Result<(Digest, bool), Error> {
        let inserted = query(
            "INSERT INTO client_secrets (client_id, digest, created_at) VALUES ($1, $2, $3) \
             ON CONFLICT (client_id) DO NOTHING",
        )
        .bind(client_id)
        .bind(digest.as_str())
        .bind(now)
        .execute(self.connection())
        .await?;
        let row = query("SELECT digest FROM client_secrets WHERE client_id = $1")
            .bind(client_id)
            .fetch_one(self.connection())
            .await?;
        Ok((Digest::new(row.get::<String>("digest")?), inserted == 1))
    }
}
