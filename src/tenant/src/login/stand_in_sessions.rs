//! Sessions at the stand-ins, in place of the sessions at a real provider: one cookie for each connection. They are in
//! memory and bounded. A restart ends them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use model::IdentityKey;

use crate::clock::Moment;
use crate::configuration::Connection;
use crate::secret::{Secret, digest};

/// The number of people that a session remembers.
const PEOPLE: usize = 5;

/// The maximum number of sessions.
const KEPT: usize = 5000;

/// The sessions at all stand-ins, by the digest of connection and cookie.
#[derive(Default)]
pub(crate) struct StandInSessions(Mutex<HashMap<String, StandInSession>>);

/// The people who signed in, the latest first, and the time of the last sign-in.
struct StandInSession {
    people: Vec<IdentityKey>,
    last: Moment,
}

impl StandInSessions {
    /// Returns the people of a session, the latest first.
    pub(super) fn find(&self, connection: &Connection, cookie: &Secret) -> Vec<IdentityKey> {
        let visitors = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        visitors.get(&name(connection, cookie)).map(|visitor| visitor.people.clone()).unwrap_or_default()
    }

    /// Ends a session.
    pub(super) fn remove(&self, connection: &Connection, cookie: &Secret) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&name(connection, cookie));
    }

    /// Adds a person to the session `before`. Returns the new cookie of the session: it changes with each sign-in, so
    /// that nobody can know it in advance.
    pub(super) fn add(
        &self,
        connection: &Connection,
        before: Option<&Secret>,
        key: IdentityKey,
        now: Moment,
    ) -> Secret {
        let cookie = Secret::random();
        let mut visitors = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = before.and_then(|before| visitors.remove(&name(connection, before)));
        let mut people = known.map(|visitor| visitor.people).unwrap_or_default();
        people.retain(|other| *other != key);
        people.insert(0, key);
        people.truncate(PEOPLE);
        if visitors.len() >= KEPT {
            let oldest =
                visitors.iter().min_by_key(|(_, visitor)| visitor.last).map(|(name, _)| name.clone());
            oldest.and_then(|oldest| visitors.remove(&oldest));
        }
        visitors.insert(name(connection, &cookie), StandInSession { people, last: now });
        cookie
    }
}

/// Returns the key of a session. It contains the connection, so that a cookie is valid at one stand-in only.
fn name(connection: &Connection, cookie: &Secret) -> String {
    digest(format!("{} {}", connection.id, cookie.expose()).as_bytes())
}

#[cfg(test)]
mod tests {
    use model::{IdentityId, Provider};

    use super::*;

    fn key(id: usize) -> IdentityKey {
        IdentityKey { provider: Provider::new("github"), user_id: IdentityId::text(id.to_string()) }
    }

    #[test]
    fn a_browser_is_remembered_with_the_latest_people_and_by_its_newest_cookie_only() {
        let (remembered, github) = (StandInSessions::default(), Connection::new("github", "github"));
        let now = Moment::from_millis(0);
        let first = remembered.add(&github, None, key(0), now);
        let mut cookie = first.clone();
        for id in [1, 2, 1, 3, 4, 5] {
            cookie = remembered.add(&github, Some(&cookie), key(id), now);
        }
        assert_eq!(remembered.find(&github, &cookie), [5, 4, 3, 1, 2].map(key));
        assert_eq!(remembered.find(&github, &first), []);
        assert_eq!(remembered.find(&Connection::new("other", "github"), &cookie), []);
    }

    #[test]
    fn a_flood_of_browsers_takes_bounded_memory_and_the_oldest_are_forgotten() {
        let (remembered, github) = (StandInSessions::default(), Connection::new("github", "github"));
        let cookies: Vec<_> = (0..KEPT + 10)
            .map(|id| {
                let now = Moment::from_millis(i64::try_from(id).unwrap());
                remembered.add(&github, None, key(id), now)
            })
            .collect();
        assert_eq!(remembered.0.lock().unwrap().len(), KEPT);
        assert_eq!(remembered.find(&github, &cookies[9]), []);
        assert_eq!(remembered.find(&github, &cookies[10]), [key(10)]);
    }
}
