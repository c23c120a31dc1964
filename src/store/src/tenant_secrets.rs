//! Secrets of the tenant itself, which are made at the first start.

use crate::error::Error;
use crate::query::query;
use crate::unit::Unit;

impl Unit {
    /// Returns the stored secret for a purpose; stores `offered` if there is none.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn find_or_insert_tenant_secret(
        &mut self,
        purpose: &str,
        offered: &str,
    ) -> Result<String, Error> {
        query("INSERT INTO tenant_secrets (purpose, secret) VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind(purpose)
            .bind(offered)
            .execute(self.connection())
            .await?;
        let row = query("SELECT secret FROM tenant_secrets WHERE purpose = $1")
            .bind(purpose)
            .fetch_one(self.connection())
            .await?;
        row.get("secret")
    }
}
