//! Refresh tokens, in families: all refresh tokens that descend from one authorization code are revoked
//! together (RFC 9700 section 4.14).

use model::{IdentityKey, UserId};

use crate::columns::key_from_row;
use crate::digest::Digest;
use crate::error::Error;
use crate::query::query;
use crate::row::Row;
use crate::unit::{Reader, Unit};

/// A family of refresh tokens. It belongs to an identity: the account follows from where the identity is
/// linked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshFamilyRow {
    /// The digest of the authorization code that it descends from.
    pub family: Digest,
    /// The client that it was issued to.
    pub client_id: String,
    /// The identity that signed in.
    pub key: IdentityKey,
    /// The authorization request, as JSON.
    pub request: String,
    /// The session that it was issued in.
    pub sid: String,
    /// The time of the sign-in.
    pub authenticated_at: i64,
    /// The absolute time of expiry.
    pub expires_at: i64,
    /// The time of expiry if it is not used before.
    pub idle_until: i64,
}

/// A refresh token of a family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshTokenRow {
    /// The digest of the token.
    pub digest: Digest,
    /// The number of rotations between the first token of the family and this one.
    pub generation: i64,
    /// The generation of the newest token of the family.
    pub newest: i64,
    /// The time of the first rotation; `None` if the token is current.
    pub rotated_at: Option<i64>,
    /// Its family.
    pub family: RefreshFamilyRow,
}

const FAMILY: &str = "SELECT f.family, f.client_id, f.provider, f.id, f.request, f.sid, f.authenticated_at, \
     f.expires_at, f.idle_until FROM refresh_families f";

fn family_from_row(row: &Row) -> Result<RefreshFamilyRow, Error> {
    Ok(RefreshFamilyRow {
        family: Digest::new(row.get::<String>("family")?),
        client_id: row.get("client_id")?,
        key: key_from_row(row)?,
        request: row.get("request")?,
        sid: row.get("sid")?,
        authenticated_at: row.get("authenticated_at")?,
        expires_at: row.get("expires_at")?,
        idle_until: row.get("idle_until")?,
    })
}

impl Reader {
    /// Returns the token with this digest and its family, expired or not.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn find_refresh_token(&mut self, digest: &Digest) -> Result<Option<RefreshTokenRow>, Error> {
        let row = query(
            "SELECT t.generation, t.rotated_at, f.family, f.client_id, f.provider, f.id, f.request, f.sid, \
             f.authenticated_at, f.expires_at, f.idle_until, \
             (SELECT MAX(generation) FROM refresh_tokens WHERE family = f.family) AS newest \
             FROM refresh_tokens t JOIN refresh_families f ON f.family = t.family WHERE t.digest = $1",
        )
        .bind(digest.as_str())
        .fetch_optional(self.connection())
        .await?;
        row.map(|row| {
            Ok(RefreshTokenRow {
                digest: digest.clone(),
                generation: row.get("generation")?,
                newest: row.get("newest")?,
                rotated_at: row.get("rotated_at")?,
                family: family_from_row(&row)?,
            })
        })
        .transpose()
    }

    /// Returns the family with this digest, expired or not.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn find_refresh_family(&mut self, family: &Digest) -> Result<Option<RefreshFamilyRow>, Error> {
        let sql = format!("{FAMILY} WHERE f.family = $1");
        let row = query(sql).bind(family.as_str()).fetch_optional(self.connection()).await?;
        row.as_ref().map(family_from_row).transpose()
    }

    /// Returns the families of all identities of a user, expired or not, ordered by the time of sign-in.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn list_refresh_families(&mut self, user_id: &UserId) -> Result<Vec<RefreshFamilyRow>, Error> {
        let sql = format!(
            "{FAMILY} WHERE (f.provider, f.id) IN (SELECT provider, id FROM identities WHERE user_id = $1) \
             ORDER BY f.authenticated_at, f.family"
        );
        let rows = query(sql).bind(user_id.as_str()).fetch_all(self.connection()).await?;
        rows.iter().map(family_from_row).collect()
    }

    /// Returns the families that were issued in a session, expired or not, ordered by client.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn list_refresh_families_of_session(
        &mut self,
        sid: &str,
    ) -> Result<Vec<RefreshFamilyRow>, Error> {
        let sql = format!("{FAMILY} WHERE f.sid = $1 ORDER BY f.client_id, f.family");
        let rows = query(sql).bind(sid).fetch_all(self.connection()).await?;
        rows.iter().map(family_from_row).collect()
    }
}

impl Unit {
    /// Inserts a family with its first token and deletes the families that have expired at `now`.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the authorization code already has a family.
    pub async fn insert_refresh_family(
        &mut self,
        family: &RefreshFamilyRow,
        token: &Digest,
        now: i64,
    ) -> Result<(), Error> {
        query("DELETE FROM refresh_families WHERE expires_at <= $1 OR idle_until <= $1")
            .bind(now)
            .send(self.connection())
            .await?;
        query(
            "INSERT INTO refresh_families (family, client_id, provider, id, request, sid, \
             authenticated_at, expires_at, idle_until) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(family.family.as_str())
        .bind(&family.client_id)
        .bind(family.key.provider.as_str())
        .bind(family.key.user_id.as_str())
        .bind(&family.request)
        .bind(&family.sid)
        .bind(family.authenticated_at)
        .bind(family.expires_at)
        .bind(family.idle_until)
        .execute(self.connection())
        .await?;
        self.insert_refresh_token(token, &family.family, 0).await
    }

    /// Marks `old` as rotated and inserts `new`, its successor.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn rotate_refresh_token(
        &mut self,
        old: &RefreshTokenRow,
        new: &Digest,
        now: i64,
    ) -> Result<(), Error> {
        // The leeway counts from the first rotation, however often the token is used again.
        query("UPDATE refresh_tokens SET rotated_at = $2 WHERE digest = $1 AND rotated_at IS NULL")
            .bind(old.digest.as_str())
            .bind(now)
            .send(self.connection())
            .await?;
        self.insert_refresh_token(new, &old.family.family, old.generation + 1).await
    }

    async fn insert_refresh_token(
        &mut self,
        digest: &Digest,
        family: &Digest,
        generation: i64,
    ) -> Result<(), Error> {
        query("INSERT INTO refresh_tokens (digest, family, generation) VALUES ($1, $2, $3)")
            .bind(digest.as_str())
            .bind(family.as_str())
            .bind(generation)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Records a use of the family: without another use it expires at `idle_until`.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn touch_refresh_family(&mut self, family: &Digest, idle_until: i64) -> Result<(), Error> {
        query("UPDATE refresh_families SET idle_until = $2 WHERE family = $1")
            .bind(family.as_str())
            .bind(idle_until)
            .send(self.connection())
            .await?;
        Ok(())
    }

    /// Deletes all tokens that descend from an authorization code: the refresh tokens and the access
    /// tokens. Does nothing if there are none.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn revoke_family(&mut self, family: &Digest) -> Result<(), Error> {
        for sql in
            ["DELETE FROM access_tokens WHERE family = $1", "DELETE FROM refresh_families WHERE family = $1"]
        {
            query(sql).bind(family.as_str()).send(self.connection()).await?;
        }
        Ok(())
    }

    /// Deletes every family of an identity.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn remove_refresh_families_of(&mut self, key: &IdentityKey) -> Result<(), Error> {
        query("DELETE FROM refresh_families WHERE provider = $1 AND id = $2")
            .bind(key.provider.as_str())
            .bind(key.user_id.as_str())
            .send(self.connection())
            .await?;
        Ok(())
    }
}
