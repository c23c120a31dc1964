//! The last list, in local storage: for reading without a connection, and for showing it while the page asks whether its user is still
//! signed in. It contains only what a row shows, above all no token, and is removed on signing out.

use model::login_names::only_names;
use model::{Identity, Profile, User, UserId};
use serde::Serialize;
use serde_json::Value;

use crate::answer;
use crate::storage::Storage;

const LIST: &str = "linked-accounts.list";

/// The members of a profile that a row shows.
const SHOWN: [&str; 7] =
    ["email", "email_verified", "name", "nickname", "phone_number", "picture", "username"];

/// How old a list may be that is shown before it is known whether its user is still signed in, in seconds. After that time
/// without use, a session has ended by default (contract [G6](model::contract#g6)), and whoever comes then need not see the list.
const RECENT: i64 = 86_400;

/// A list, with the time of reading it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CachedList {
    /// The user with their identities.
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
    let Value::Object(mut kept) = Storage::Local.read(LIST)? else { return None };
    let read_at = kept.get("read_at")?.as_i64()?;
    Some(CachedList { user: answer::user_of(kept.remove("user")?).ok()?, read_at })
}

/// Returns the user of the list that was stored last, if that is `user_id` and the list was read within a day before `now`. Both
/// times are by the date of this device.
#[must_use]
pub fn recent_of(user_id: &UserId, now: i64) -> Option<User> {
    let CachedList { user, read_at } = last()?;
    (user.user_id == *user_id && (0..RECENT).contains(&now.saturating_sub(read_at))).then_some(user)
}

/// Removes the list.
pub fn clear() {
    Storage::Local.remove(LIST);
}

/// Returns whether rows show the same of two users.
#[must_use]
pub fn show_the_same(one: &User, other: &User) -> bool {
    let same = |(one, other): (&Identity, &Identity)| identities_show_the_same(one, other);
    one.identities.len() == other.identities.len()
        && one.identities.iter().zip(&other.identities).all(same)
        && profiles_show_the_same(&one.profile, &other.profile)
}

/// Returns whether a row shows the same of two identities.
#[must_use]
pub fn identities_show_the_same(one: &Identity, other: &Identity) -> bool {
    let profiles = match (&one.profile_data, &other.profile_data) {
        (Some(one), Some(other)) => profiles_show_the_same(one, other),
        (one, other) => one.is_none() == other.is_none(),
    };
    profiles && one.key() == other.key() && one.connection == other.connection
}

/// Returns whether a row shows the same of two profiles.
#[must_use]
pub fn profiles_show_the_same(one: &Profile, other: &Profile) -> bool {
    SHOWN.iter().all(|key| one.0.get(*key) == other.0.get(*key))
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

    fn user() -> User {
        answer::user_of(json!({
            "user_id": "auth0|1", "name": "Ada", "email": "ada@x.example", "email_verified": true, "locale": "en",
            "created_at": "2020-01-01T00:00:00.000Z", "user_metadata": { "login_names": { "github|2": "Work" } },
            "identities": [
                { "connection": "db", "user_id": "1", "provider": "auth0", "isSocial": false },
                { "connection": "github", "user_id": 2, "provider": "github", "isSocial": true,
                  "profileData": { "email": "a@x.example", "picture": null, "bio": "of Ada" } },
            ],
        }))
        .unwrap()
    }

    #[test]
    fn a_list_that_comes_back_from_the_storage_shows_the_same_as_before() {
        let stored = serde_json::to_value(CachedList { user: shown(&user()), read_at: 7 }).unwrap();
        let last = answer::user_of(stored["user"].clone()).unwrap();
        assert_ne!(last, user());
        assert!(show_the_same(&last, &user()));
    }

    #[test]
    fn whatever_a_row_shows_tells_two_lists_apart() {
        let all: [fn(&mut User); 6] = [
            |user| user.profile.0["email"] = json!("other@x.example"),
            |user| _ = user.identities.pop(),
            |user| user.identities.swap(0, 1),
            |user| user.identities[1].connection = model::ConnectionName::new("github-work"),
            |user| user.identities[1].profile_data = None,
            |user| _ = user.identities[1].profile_data.as_mut().unwrap().0.remove("email"),
        ];
        for (place, change) in all.iter().enumerate() {
            let mut changed = user();
            change(&mut changed);
            assert!(!show_the_same(&changed, &user()), "{place}");
        }
        let mut unseen = user();
        unseen.profile.0["locale"] = json!("fr");
        unseen.last_login = Some("2026-01-01T00:00:00.000Z".to_owned());
        assert!(show_the_same(&unseen, &user()));
    }

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
