//! The list as it was last read, for reading while there is no connection. It holds what a row shows and nothing else,
//! above all no token, and goes when somebody signs out.

use model::{Identity, Profile, User, UserId};
use serde::{Deserialize, Serialize};

use crate::storage::Storage;

const LIST: &str = "linked-accounts.list";

/// What a row shows of a profile.
const SHOWN: [&str; 7] =
    ["email", "email_verified", "name", "nickname", "phone_number", "picture", "username"];

/// A list, and when it was read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CachedList {
    /// The account with its logins.
    pub user: User,
    /// When it was read, in seconds since 1970.
    pub read_at: i64,
}

/// Keeps the list of `user`, in place of anybody's before.
pub fn store(user: &User, now: i64) {
    let kept = CachedList { user: shown(user), read_at: now };
    Storage::Local.write(LIST, &kept);
}

/// The list that was kept last.
#[must_use]
pub fn last() -> Option<CachedList> {
    Storage::Local.read(LIST)
}

/// The list that was kept last, if it is that of `user_id`.
#[must_use]
pub fn last_of(user_id: &UserId) -> Option<CachedList> {
    last().filter(|kept| kept.user.user_id == *user_id)
}

/// Forgets it.
pub fn clear() {
    Storage::Local.remove(LIST);
}

fn shown_profile(profile: &Profile) -> Profile {
    let shown = profile.0.iter().filter(|(key, _)| SHOWN.contains(&key.as_str()));
    let mut profile = Profile::default();
    profile.0.extend(shown.map(|(key, value)| (key.clone(), value.clone())));
    profile
}

/// A login, as far as a row shows it.
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
        user_metadata: None,
        app_metadata: None,
        profile: shown_profile(&user.profile),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_a_row_shows_is_kept() {
        let user: User = serde_json::from_value(json!({
            "user_id": "auth0|1", "name": "Ada", "last_ip": "203.0.113.7", "locale": "en",
            "user_metadata": { "theme": "dark" }, "app_metadata": { "plan": "x" },
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
                "user_id": "auth0|1", "name": "Ada",
                "identities": [
                    { "connection": "db", "user_id": "1", "provider": "auth0", "isSocial": false },
                    { "connection": "github", "user_id": 2, "provider": "github", "isSocial": false,
                      "profileData": { "email": "a@x.example" } },
                ],
            })
        );
    }
}
