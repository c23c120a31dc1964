//! The last list, in local storage, for reading without a connection. It contains only what a row shows, above all no
//! token, and is removed on signing out.

use model::login_names::only_names;
use model::{Identity, Profile, User, UserId};
use serde::{Deserialize, Serialize};

use crate::answer;
use crate::storage::Storage;

const LIST: &str = "linked-accounts.list";

/// The members of a profile that a row shows.
const SHOWN: [&str; 7] =
    ["email", "email_verified", "name", "nickname", "phone_number", "picture", "username"];

/// A list, with the time of reading it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CachedList {
    /// The user with their identities.
    #[serde(deserialize_with = "answer::stored_user")]
    pub user: User,
    /// When it was read by the date of this device, in seconds since 1970.
    pub read_at: i64,
}

/// Stores the list of `user`, which replaces the one before. `now` is the date of this device in seconds since 1970. A full or forbidden
/// storage stores nothing.
pub fn store(user: &User, now: i64) {
    let kept = CachedList { user: shown(user), read_at: now };
    Storage::Local.write(LIST, &kept);
}

/// Returns the list that was stored last.
#[must_use]
pub fn last() -> Option<CachedList> {
    Storage::Local.read(LIST)
}

/// Returns the list that was stored last, if it belongs to `user_id`.
#[must_use]
pub fn last_of(user_id: &UserId) -> Option<CachedList> {
    last().filter(|kept| kept.user.user_id == *user_id)
}

/// Removes the list.
pub fn clear() {
    Storage::Local.remove(LIST);
}

fn shown_profile(profile: &Profile) -> Profile {
    let shown = profile.0.iter().filter(|(key, _)| SHOWN.contains(&key.as_str()));
    let mut profile = Profile::default();
    profile.0.extend(shown.map(|(key, value)| (key.clone(), value.clone())));
    profile
}

/// Returns `identity` with only those members of its profile that a row shows.
#[must_use]
pub fn shown_identity(identity: &Identity) -> Identity {
    Identity { profile_data: identity.profile_data.as_ref().map(shown_profile), ..identity.clone() }
}

fn shown(user: &User) -> User {
    User {
        user_id: user.user_id.clone(),
        identities: user.identities.iter().map(shown_identity).collect(),
        created_at: None,
        updated_at: None,
        last_login: None,
        last_ip: None,
        logins_count: None,
        blocked: None,
        user_metadata: only_names(
            user.user_metadata.as_ref(),
            &user.identities.iter().map(Identity::key).collect::<Vec<_>>(),
        ),
        app_metadata: None,
        profile: shown_profile(&user.profile),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_a_row_shows_is_stored() {
        let user: User = serde_json::from_value(json!({
            "user_id": "auth0|1", "name": "Ada", "last_ip": "203.0.113.7", "locale": "en",
            "user_metadata": { "theme": "dark", "login_names": { "github|2": "Work", "line|3": "Gone" } },
            "app_metadata": { "plan": "x" },
            "identities": [
                { "connection": "db", "user_id": "1", "provider": "auth0" },
                { "connection": "github", "user_id": 2, "provider": "github",
                  "profileData": { "email": "a@x.example", "access_token": "s3cret" } },
            ],
        }))
        .unwrap();
        let kept = serde_json::to_value(shown(&user)).unwrap();
        assert_eq!(
            kept,
            json!({
                "user_id": "auth0|1", "name": "Ada", "user_metadata": { "login_names": { "github|2": "Work" } },
                "identities": [
                    { "connection": "db", "user_id": "1", "provider": "auth0", "isSocial": false },
                    { "connection": "github", "user_id": 2, "provider": "github", "isSocial": false,
                      "profileData": { "email": "a@x.example" } },
                ],
            })
        );
    }
}
