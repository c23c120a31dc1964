//! The recently unlinked identities, in local storage, for linking them again. They contain only what a row shows, and
//! are removed on signing out.

use model::{Identity, IdentityKey, LoginName, Metadata, UserId, login_names};
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
    /// Metadata with the names that the user gave them.
    #[serde(default)]
    names: Metadata,
}

impl Unlinked {
    /// Returns the stored identities of `user_id`; none when they belong to another user.
    #[must_use]
    pub fn of(user_id: UserId) -> Self {
        let kept: Option<Self> = Storage::Local.read(UNLINKED);
        kept.filter(|kept| kept.user_id == user_id).unwrap_or(Self {
            user_id,
            identities: Vec::new(),
            names: Metadata::new(),
        })
    }

    /// Returns the identities, the latest first.
    #[must_use]
    pub fn identities(&self) -> &[Identity] {
        &self.identities
    }

    /// Returns the name that the user gave an identity.
    #[must_use]
    pub fn name_of(&self, key: &IdentityKey) -> Option<LoginName> {
        login_names::name_of(Some(&self.names), key)
    }

    /// Adds identities that were just unlinked, with the names that they have in the user's `metadata`.
    pub fn add(&mut self, unlinked: &[Identity], metadata: Option<&Metadata>) {
        self.remove(&unlinked.iter().map(Identity::key).collect::<Vec<_>>());
        self.identities.splice(..0, unlinked.iter().map(cache::shown_identity));
        self.identities.truncate(MAX_IDENTITIES);
        let named = |identity: &Identity| (identity.key(), login_names::name_of(metadata, &identity.key()));
        self.change_names(&unlinked.iter().map(named).collect::<Vec<_>>());
    }

    /// Removes identities that are linked again.
    pub fn remove(&mut self, keys: &[IdentityKey]) {
        self.identities.retain(|identity| !keys.contains(&identity.key()));
        self.change_names(&[]);
    }

    /// Changes names, and drops those of identities that are no longer stored.
    fn change_names(&mut self, changes: &[(IdentityKey, Option<LoginName>)]) {
        let stored: Vec<IdentityKey> = self.identities.iter().map(Identity::key).collect();
        if let Some(names) = login_names::changed(Some(&self.names), &stored, changes) {
            self.names.insert(login_names::KEY.to_owned(), names);
        }
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
        let mut unlinked =
            Unlinked { user_id: UserId::new("auth0|1"), identities: Vec::new(), names: Metadata::new() };
        unlinked.add(&[identity(1), identity(2)], None);
        unlinked.add(&[identity(2)], None);
        assert_eq!(ids(&unlinked), ["2", "1"]);
        unlinked.remove(&[identity(2).key()]);
        assert_eq!(ids(&unlinked), ["1"]);
        unlinked.add(&(10..25).map(identity).collect::<Vec<_>>(), None);
        assert_eq!(unlinked.identities().len(), MAX_IDENTITIES);
    }

    #[test]
    fn a_name_stays_with_its_login_until_that_is_linked_again() {
        let names =
            json!({ "login_names": { "p|1": "Work", "p|2": "Family", "p|3": "Other" }, "theme": "dark" });
        let metadata = names.as_object().cloned();
        let mut unlinked =
            Unlinked { user_id: UserId::new("auth0|1"), identities: Vec::new(), names: Metadata::new() };
        unlinked.add(&[identity(1), identity(2)], metadata.as_ref());
        let name = |unlinked: &Unlinked, id: usize| {
            unlinked.name_of(&identity(id).key()).map(|name| name.as_str().to_owned())
        };
        assert_eq!(
            [1, 2, 3].map(|id| name(&unlinked, id)),
            [Some("Work".into()), Some("Family".into()), None]
        );
        unlinked.remove(&[identity(1).key()]);
        assert_eq!([1, 2].map(|id| name(&unlinked, id)), [None, Some("Family".into())]);
        let text = serde_json::to_string(&unlinked).unwrap();
        assert!(!text.contains("Other") && !text.contains("theme"));
    }

    #[test]
    fn only_what_a_row_shows_is_stored() {
        let mut unlinked =
            Unlinked { user_id: UserId::new("auth0|1"), identities: Vec::new(), names: Metadata::new() };
        unlinked.add(&[identity(1)], None);
        let text = serde_json::to_string(&unlinked).unwrap();
        assert!(text.contains("a@x.example") && !text.contains("s3cret"));
    }
}
