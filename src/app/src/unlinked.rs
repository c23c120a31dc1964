//! The recently unlinked identities, in local storage, for linking them again. They contain only what a row shows, and
//! are removed on signing out.

use model::{Identity, IdentityKey, UserId};
use serde::{Deserialize, Serialize};

use crate::answer;
use crate::cache;
use crate::storage::Storage;

const UNLINKED: &str = "linked-accounts.unlinked";
/// The greatest number of stored identities.
const MAX_IDENTITIES: usize = 10;

/// The identities that a user unlinked, the latest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unlinked {
    user_id: UserId,
    #[serde(deserialize_with = "answer::stored_identities")]
    identities: Vec<Identity>,
}

impl Unlinked {
    /// Returns the stored identities of `user_id`; none when they belong to another user.
    #[must_use]
    pub fn of(user_id: UserId) -> Self {
        let kept: Option<Self> = Storage::Local.read(UNLINKED);
        kept.filter(|kept| kept.user_id == user_id).unwrap_or(Self { user_id, identities: Vec::new() })
    }

    /// Returns the identities, the latest first.
    #[must_use]
    pub fn identities(&self) -> &[Identity] {
        &self.identities
    }

    /// Adds identities that were just unlinked.
    pub fn add(&mut self, unlinked: &[Identity]) {
        self.remove(&unlinked.iter().map(Identity::key).collect::<Vec<_>>());
        self.identities.splice(..0, unlinked.iter().map(cache::shown_identity));
        self.identities.truncate(MAX_IDENTITIES);
    }

    /// Removes identities that are linked again.
    pub fn remove(&mut self, keys: &[IdentityKey]) {
        self.identities.retain(|identity| !keys.contains(&identity.key()));
    }

    /// Stores the identities, which replace those of any user before. A full or forbidden storage stores nothing.
    pub fn store(&self) {
        Storage::Local.write(UNLINKED, self);
    }
}

/// Removes the stored identities.
pub fn clear() {
    Storage::Local.remove(UNLINKED);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn identity(id: usize) -> Identity {
        let profile = json!({ "email": "a@x.example", "token": "s3cret" });
        let identity =
            json!({ "provider": "p", "user_id": id.to_string(), "connection": "p", "profileData": profile });
        serde_json::from_value(identity).unwrap()
    }

    fn ids(unlinked: &Unlinked) -> Vec<&str> {
        unlinked.identities().iter().map(|identity| identity.user_id.as_str()).collect()
    }

    #[test]
    fn the_latest_comes_first_and_none_is_listed_twice() {
        let mut unlinked = Unlinked { user_id: UserId::new("auth0|1"), identities: Vec::new() };
        unlinked.add(&[identity(1), identity(2)]);
        unlinked.add(&[identity(2)]);
        assert_eq!(ids(&unlinked), ["2", "1"]);
        unlinked.remove(&[identity(2).key()]);
        assert_eq!(ids(&unlinked), ["1"]);
        unlinked.add(&(10..25).map(identity).collect::<Vec<_>>());
        assert_eq!(unlinked.identities().len(), MAX_IDENTITIES);
    }

    #[test]
    fn only_what_a_row_shows_is_stored() {
        let mut unlinked = Unlinked { user_id: UserId::new("auth0|1"), identities: Vec::new() };
        unlinked.add(&[identity(1)]);
        let text = serde_json::to_string(&unlinked).unwrap();
        assert!(text.contains("a@x.example") && !text.contains("s3cret"));
    }
}
