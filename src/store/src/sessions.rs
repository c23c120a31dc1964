//! Sessions at the tenant: which identity is signed in in which browser.

use model::{IdentityKey, UserId};

use crate::columns::key_from_row;
use crate::digest::Digest;
use crate::error::Error;
use crate::query::query;
use crate::row::Row;
use crate::session_clients::SessionEnd;
use crate::unit::{Reader, Unit};

/// A session. It belongs to an identity: the account follows from where the identity is linked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    /// The digest of the cookie.
    pub digest: Digest,
    /// The session id in ID tokens (`sid`).
    pub sid: String,
    /// The identity that signed in.
    pub key: IdentityKey,
    /// The time of the sign-in.
    pub authenticated_at: i64,
    /// The time of the last use.
    pub used_at: i64,
    /// The absolute time of expiry.
    pub expires_at: i64,
    /// Whether no cookie names it, because another sign-in took its place in the browser, or because it only proves a login
    /// beside the session of the browser. It was not signed out.
    pub replaced: bool,
}

const COLUMNS: &str =
    "SELECT digest, sid, provider, id, authenticated_at, used_at, expires_at, replaced_by FROM sessions";

fn session_from_row(row: &Row) -> Result<SessionRow, Error> {
    Ok(SessionRow {
        digest: Digest::new(row.get::<String>("digest")?),
        sid: row.get("sid")?,
        key: key_from_row(row)?,
        authenticated_at: row.get("authenticated_at")?,
        used_at: row.get("used_at")?,
        expires_at: row.get("expires_at")?,
        replaced: row.get::<Option<String>>("replaced_by")?.is_some(),
    })
}

impl Reader {
    /// Returns the session with this digest, expired or not.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn find_session(&mut self, digest: &Digest) -> Result<Option<SessionRow>, Error> {
        let sql = format!("{COLUMNS} WHERE digest = $1");
        let row = query(sql).bind(digest.as_str()).fetch_optional(self.connection()).await?;
        row.as_ref().map(session_from_row).transpose()
    }

    /// Returns the session with this id, expired or not.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn find_session_by_sid(&mut self, sid: &str) -> Result<Option<SessionRow>, Error> {
        let sql = format!("{COLUMNS} WHERE sid = $1");
        let row = query(sql).bind(sid).fetch_optional(self.connection()).await?;
        row.as_ref().map(session_from_row).transpose()
    }

    /// Returns the sessions of all identities of a user, expired or not, ordered by the time of sign-in.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn list_sessions(&mut self, user_id: &UserId) -> Result<Vec<SessionRow>, Error> {
        let sql = format!(
            "{COLUMNS} WHERE (provider, id) IN (SELECT provider, id FROM identities WHERE user_id = $1) \
             ORDER BY authenticated_at, sid"
        );
        let rows = query(sql).bind(user_id.as_str()).fetch_all(self.connection()).await?;
        rows.iter().map(session_from_row).collect()
    }
}

impl Unit {
    /// Inserts a session and deletes those that have expired at its `used_at`.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn insert_session(&mut self, session: &SessionRow) -> Result<(), Error> {
        self.forget_clients_of_expired_sessions(session.used_at).await?;
        query("DELETE FROM sessions WHERE expires_at <= $1")
            .bind(session.used_at)
            .send(self.connection())
            .await?;
        query(
            "INSERT INTO sessions (digest, sid, provider, id, authenticated_at, used_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(session.digest.as_str())
        .bind(&session.sid)
        .bind(session.key.provider.as_str())
        .bind(session.key.user_id.as_str())
        .bind(session.authenticated_at)
        .bind(session.used_at)
        .bind(session.expires_at)
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Inserts a session that proves a login beside the session `beside` of a browser, which goes on. No cookie names it. It ends
    /// with `beside`, when the browser signs out, or when it expires.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn insert_proof(&mut self, session: &SessionRow, beside: Option<&Digest>) -> Result<(), Error> {
        self.insert_session(session).await?;
        // No digest of a cookie has a full stop.
        query("UPDATE sessions SET digest = 'proof.' || sid, replaced_by = $2 WHERE digest = $1")
            .bind(session.digest.as_str())
            .bind(beside.unwrap_or(&session.digest).as_str())
            .send(self.connection())
            .await?;
        Ok(())
    }

    /// Records a use of the session at `now`. Returns `false` if it does not exist.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn touch_session(&mut self, digest: &Digest, now: i64) -> Result<bool, Error> {
        let touched = query("UPDATE sessions SET used_at = $2 WHERE digest = $1")
            .bind(digest.as_str())
            .bind(now)
            .execute(self.connection())
            .await?;
        Ok(touched > 0)
    }

    /// Lets the session `new` take the place of the session `before` in a browser: the cookie of `before` is no longer good.
    ///
    /// Its row stays until it expires or is signed out, since somebody who signs in to another account does not sign out of
    /// this one: an ID token of it can still prove it for a link.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn replace_session(&mut self, before: &Digest, new: &Digest) -> Result<(), Error> {
        for sql in [
            "UPDATE sessions SET replaced_by = $2 WHERE replaced_by = $1",
            // No digest of a cookie has a full stop.
            "UPDATE sessions SET replaced_by = $2, digest = 'replaced.' || sid WHERE digest = $1",
        ] {
            query(sql).bind(before.as_str()).bind(new.as_str()).send(self.connection()).await?;
        }
        Ok(())
    }

    /// Deletes a session, and those that it took the place of.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn remove_session(&mut self, digest: &Digest) -> Result<(), Error> {
        let of_browser = "digest = $2 OR replaced_by = $2";
        self.record_end_of_sessions(SessionEnd::Logout, of_browser, &[digest.as_str()]).await?;
        query("DELETE FROM sessions WHERE digest = $1 OR replaced_by = $1")
            .bind(digest.as_str())
            .send(self.connection())
            .await?;
        Ok(())
    }

    /// Ends a session: deletes it and the codes that were issued in it and not exchanged yet. Returns `false` if it does not
    /// exist.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn end_session(&mut self, sid: &str) -> Result<bool, Error> {
        query("DELETE FROM codes WHERE sid = $1").bind(sid).send(self.connection()).await?;
        self.record_end_of_sessions(SessionEnd::Revoked, "sid = $2", &[sid]).await?;
        let ended = query("DELETE FROM sessions WHERE sid = $1").bind(sid).execute(self.connection()).await?;
        Ok(ended > 0)
    }

    /// Deletes every session of an identity.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn remove_sessions_of(&mut self, key: &IdentityKey) -> Result<(), Error> {
        let values = [key.provider.as_str(), key.user_id.as_str()];
        self.record_end_of_sessions(SessionEnd::Revoked, "provider = $2 AND id = $3", &values).await?;
        query("DELETE FROM sessions WHERE provider = $1 AND id = $2")
            .bind(key.provider.as_str())
            .bind(key.user_id.as_str())
            .send(self.connection())
            .await?;
        Ok(())
    }
}
