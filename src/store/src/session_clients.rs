//! The applications that are told when a session ends (OpenID Connect Back-Channel Logout 1.0).

use model::UserId;

use crate::error::Error;
use crate::query::query;
use crate::unit::{Reader, Unit};

/// What ended a session, with Auth0's names of initiators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionEnd {
    /// The person signed out.
    Logout,
    /// The session was ended by the Management API, or its identity was unlinked.
    Revoked,
    /// A new password ended all sessions of the account.
    PasswordChanged,
    /// The account was deleted.
    AccountDeleted,
}

impl SessionEnd {
    const ALL: [Self; 4] = [Self::Logout, Self::Revoked, Self::PasswordChanged, Self::AccountDeleted];

    /// Returns Auth0's name of the initiator.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Logout => "rp-logout",
            Self::Revoked => "session-revoked",
            Self::PasswordChanged => "password-changed",
            Self::AccountDeleted => "account-deleted",
        }
    }
}

/// An application and a session that it knew, which has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndedSession {
    /// The session.
    pub sid: String,
    /// The application.
    pub client_id: String,
    /// The user whom the application knows from the session.
    pub user_id: UserId,
    /// What ended the session.
    pub ended_by: SessionEnd,
}

impl Reader {
    /// Returns whether [`Unit::take_ended_sessions`] would return any.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn has_ended_sessions(&mut self) -> Result<bool, Error> {
        let found = query("SELECT sid FROM session_clients WHERE ended_by IS NOT NULL LIMIT 1");
        Ok(found.fetch_optional(self.connection()).await?.is_some())
    }
}

impl Unit {
    /// Records that an application knows of a session and its user. Does nothing if there is no such session any more.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn add_session_client(
        &mut self,
        sid: &str,
        client_id: &str,
        user_id: &UserId,
    ) -> Result<(), Error> {
        query(
            "INSERT INTO session_clients (sid, client_id, user_id) \
             SELECT $1, $2, $3 WHERE EXISTS (SELECT 1 FROM sessions WHERE sid = $1) \
             ON CONFLICT (sid, client_id) DO UPDATE SET user_id = excluded.user_id",
        )
        .bind(sid)
        .bind(client_id)
        .bind(user_id.as_str())
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Records that the sessions of a condition end, before they are deleted. The condition is one of this crate's and has
    /// `values` from `$2` on.
    pub(crate) async fn record_end_of_sessions(
        &mut self,
        ended_by: SessionEnd,
        condition: &'static str,
        values: &[&str],
    ) -> Result<(), Error> {
        let sql = format!(
            "UPDATE session_clients SET ended_by = $1 \
             WHERE ended_by IS NULL AND sid IN (SELECT sid FROM sessions WHERE {condition})"
        );
        let update = query(sql).bind(ended_by.as_str());
        let update = values.iter().fold(update, |update, value| update.bind(*value));
        update.send(self.connection()).await
    }

    /// Forgets who knew the sessions that have expired at `now`, before they are deleted: nobody is told of that end.
    pub(crate) async fn forget_clients_of_expired_sessions(&mut self, now: i64) -> Result<(), Error> {
        query(
            "DELETE FROM session_clients \
             WHERE ended_by IS NULL AND sid IN (SELECT sid FROM sessions WHERE expires_at <= $1)",
        )
        .bind(now)
        .send(self.connection())
        .await?;
        Ok(())
    }

    /// Returns and deletes at most `most` ended sessions, each with an application that knew it.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Damaged`].
    pub async fn take_ended_sessions(&mut self, most: i64) -> Result<Vec<EndedSession>, Error> {
        let rows = query(
            "SELECT sid, client_id, user_id, ended_by FROM session_clients WHERE ended_by IS NOT NULL \
             ORDER BY sid, client_id LIMIT $1",
        )
        .bind(most)
        .fetch_all(self.connection())
        .await?;
        let mut taken = Vec::new();
        for row in rows {
            let name: String = row.get("ended_by")?;
            let ended_by = SessionEnd::ALL.into_iter().find(|end| end.as_str() == name);
            let ended = EndedSession {
                sid: row.get("sid")?,
                client_id: row.get("client_id")?,
                user_id: UserId::new(row.get::<String>("user_id")?),
                ended_by: ended_by.ok_or(Error::Damaged("ended_by"))?,
            };
            query("DELETE FROM session_clients WHERE sid = $1 AND client_id = $2")
                .bind(&ended.sid)
                .bind(&ended.client_id)
                .send(self.connection())
                .await?;
            taken.push(ended);
        }
        Ok(taken)
    }
}
