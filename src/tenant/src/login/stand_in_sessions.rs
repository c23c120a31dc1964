//! Sessions at the stand-ins, in place of the sessions at a real provider: one cookie for each connection. Their
//! number is bounded.

use std::time::Duration;

use model::{IdentityKey, UserId};
use serde::{Deserialize, Serialize};
use store::Store;

use crate::clock::Moment;
use crate::configuration::Connection;
use crate::secret::{Secret, digest};
use crate::shared_map::{Expiring, Key, SharedMap};

/// The number of people that a session remembers.
const PEOPLE: usize = 5;

/// The maximum number of sessions.
const KEPT: usize = 5000;

/// How long a session lasts after the last sign-in.
const LIFETIME: Duration = Duration::from_hours(30 * 24);

/// The sessions at all stand-ins, by the digest of connection and cookie.
pub(crate) struct StandInSessions(SharedMap<StandInSession>);

/// The people who signed in, the latest first, and the time of the last sign-in.
#[derive(Clone, Serialize, Deserialize)]
struct StandInSession {
    people: Vec<UserId>,
    last: Moment,
}

impl Expiring for StandInSession {
    fn until(&self) -> Moment {
        self.last.after(LIFETIME)
    }
}

impl StandInSessions {
    /// Returns the sessions of all servers of a store.
    pub(crate) fn new(store: &Store) -> Self {
        Self(SharedMap::new(store, "stand-ins", KEPT))
    }

    /// Returns the people of a session, the latest first.
    pub(super) async fn find(
        &self,
        connection: &Connection,
        cookie: &Secret,
        now: Moment,
    ) -> Result<Vec<IdentityKey>, store::Error> {
        let session = self.0.find(&name(connection, cookie), now).await?;
        let people = session.map(|session| session.people).unwrap_or_default();
        Ok(people.iter().filter_map(UserId::as_identity_key).collect())
    }

    /// Ends a session.
    pub(super) async fn remove(&self, connection: &Connection, cookie: &Secret) -> Result<(), store::Error> {
        self.0.remove(&name(connection, cookie).0).await
    }

    /// Adds a person to the session `before`. Returns the new cookie of the session: it changes with each sign-in, so
    /// that nobody can know it in advance.
    pub(super) async fn add(
        &self,
        connection: &Connection,
        before: Option<&Secret>,
        key: &IdentityKey,
        now: Moment,
    ) -> Result<Secret, store::Error> {
        let (cookie, person) = (Secret::random(), key.as_user_id());
        let keys: Vec<_> =
            [Some(&cookie), before].into_iter().flatten().map(|one| name(connection, one)).collect();
        let add = |sessions: &mut [Option<StandInSession>]| {
            let known = sessions.get_mut(1).and_then(Option::take);
            let mut people = known.map(|session| session.people).unwrap_or_default();
            people.retain(|other| *other != person);
            people.insert(0, person.clone());
            people.truncate(PEOPLE);
            sessions[0] = Some(StandInSession { people, last: now });
        };
        self.0.update(&keys, now, add).await?;
        Ok(cookie)
    }
}

/// Returns the key of a session. It contains the connection, so that a cookie is valid at one stand-in only.
fn name(connection: &Connection, cookie: &Secret) -> Key {
    (digest(format!("{} {}", connection.id, cookie.expose()).as_bytes()), String::new())
}

#[cfg(test)]
mod tests {
    use model::{IdentityId, Provider};

    use super::*;

    fn key(id: usize) -> IdentityKey {
        IdentityKey { provider: Provider::new("github"), user_id: IdentityId::text(id.to_string()) }
    }

    #[tokio::test]
    async fn a_browser_is_remembered_with_the_latest_people_and_by_its_newest_cookie_only() {
        let remembered = StandInSessions(SharedMap::in_memory(KEPT));
        let (github, now) = (Connection::new("github", "github"), Moment::from_millis(0));
        let first = remembered.add(&github, None, &key(0), now).await.unwrap();
        let mut cookie = first.clone();
        for id in [1, 2, 1, 3, 4, 5] {
            cookie = remembered.add(&github, Some(&cookie), &key(id), now).await.unwrap();
        }
        let find = async |connection, cookie| remembered.find(connection, cookie, now).await.unwrap();
        assert_eq!(find(&github, &cookie).await, [5, 4, 3, 1, 2].map(key));
        assert_eq!(find(&github, &first).await, []);
        assert_eq!(find(&Connection::new("other", "github"), &cookie).await, []);
    }

    #[tokio::test]
    async fn a_flood_of_browsers_takes_bounded_memory_and_the_oldest_are_forgotten() {
        let remembered = StandInSessions(SharedMap::in_memory(KEPT));
        let (github, mut cookies) = (Connection::new("github", "github"), Vec::new());
        for id in 0..KEPT + 10 {
            let now = Moment::from_millis(i64::try_from(id).unwrap());
            cookies.push(remembered.add(&github, None, &key(id), now).await.unwrap());
        }
        assert!(remembered.0.len() <= KEPT);
        let now = Moment::from_millis(i64::try_from(KEPT).unwrap());
        assert_eq!(remembered.find(&github, &cookies[0], now).await.unwrap(), []);
        assert_eq!(remembered.find(&github, &cookies[KEPT], now).await.unwrap(), [key(KEPT)]);
    }
}
