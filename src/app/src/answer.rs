//! Reads users and identities in the bodies of successful responses: strict in what the page uses, lenient in everything else, which the tenant
//! may send in any type or not at all.

use model::{ConnectionName, Identity, IdentityId, Metadata, Profile, Provider, User, UserId};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::json;
use model::unlink_policy::{is_unreadable, unreadable_id};

/// The members of a user that are no attributes of the profile.
const BESIDE_THE_PROFILE: [&str; 10] = [
    "user_id",
    "identities",
    "created_at",
    "updated_at",
    "last_login",
    "last_ip",
    "logins_count",
    "blocked",
    "user_metadata",
    "app_metadata",
];

/// Reads a user (contract [B2](model::contract#b2)): the id, the identities, the profile and the metadata, and what tells
/// whether the account was used before: when it was made, and when and how often somebody signed in.
///
/// # Errors
/// What is wrong with the id or with the identities.
pub fn user(body: &str) -> Result<User, String> {
    user_of(json::read(body).map_err(|error| error.to_string())?)
}

/// Reads a user from a value, as [`user`].
///
/// # Errors
/// As [`user`].
pub fn user_of(value: Value) -> Result<User, String> {
    let Value::Object(mut user) = value else {
        return Err("The user is not an object.".to_owned());
    };
    let Some(Value::String(user_id)) = user.remove("user_id") else {
        return Err("The user has no user_id.".to_owned());
    };
    let user_id = UserId::new(user_id);
    let mut all = user.remove("identities").unwrap_or_default();
    if let (Some(Value::Object(main)), Some(key)) = (all.get_mut(0), user_id.as_identity_key()) {
        // The main one is known without its members.
        if id_of(main).is_none() || text(main, "provider").is_none() {
            main.insert("provider".to_owned(), key.provider.as_str().into());
            main.insert("user_id".to_owned(), key.user_id.as_str().into());
        }
    }
    let identities = identities(all, &user_id)?;
    let user_metadata = object(user.remove("user_metadata"));
    let (created_at, last_login) = (text_of(&user, "created_at"), text_of(&user, "last_login"));
    let app_metadata = object(user.remove("app_metadata"));
    let logins_count = user.get("logins_count").and_then(Value::as_u64);
    user.retain(|key, _| !BESIDE_THE_PROFILE.contains(&key.as_str()));
    Ok(User {
        user_id,
        identities,
        created_at,
        updated_at: None,
        last_login,
        last_ip: None,
        logins_count,
        blocked: None,
        user_metadata,
        app_metadata,
        profile: Profile(user),
    })
}

/// Reads the identities of the user `user_id` after a change, the primary one first. Each of them must say who it is:
/// another one may be what the change was about.
///
/// # Errors
/// What is wrong with the body.
pub fn identities_of(body: &str, user_id: &UserId) -> Result<Vec<Identity>, String> {
    let identities = identities(json::read(body).map_err(|error| error.to_string())?, user_id)?;
    if identities.iter().any(|identity| is_unreadable(&identity.user_id)) {
        return Err("One of the identities has no provider or no user_id.".to_owned());
    }
    Ok(identities)
}

/// Reads an array of identities (contract [B1](model::contract#b1)). One that does not say who it is stays in its
/// place, so that it is shown and counted, but gets an id that no request can name.
fn identities(value: Value, user_id: &UserId) -> Result<Vec<Identity>, String> {
    let Value::Array(all) = value else { return Err("The identities are not an array.".to_owned()) };
    let all: Vec<Identity> =
        all.into_iter().enumerate().map(|(place, value)| identity(value, place)).collect();
    if all.first().map(Identity::key) == user_id.as_identity_key() {
        Ok(all)
    } else {
        Err("The first identity is not the main one, which user_id names.".to_owned())
    }
}

/// Reads the identity at `place`.
fn identity(value: Value, place: usize) -> Identity {
    let mut identity = object(Some(value)).unwrap_or_default();
    let provider = Provider::new(text(&identity, "provider").unwrap_or_default());
    let user_id = id_of(&identity).filter(|_| !provider.as_str().is_empty());
    let user_id = user_id.unwrap_or_else(|| unreadable_id(place));
    Identity {
        profile_data: object(identity.remove("profileData")).map(Profile),
        connection: ConnectionName::new(text(&identity, "connection").unwrap_or(provider.as_str())),
        user_id,
        provider,
        is_social: identity.get("isSocial").and_then(Value::as_bool).unwrap_or_default(),
    }
}

/// Reads a user that the browser stores, for `deserialize_with`: what serde derives would link a second reader.
///
/// # Errors
/// As [`user`].
pub fn stored_user<'de, D: Deserializer<'de>>(from: D) -> Result<User, D::Error> {
    user_of(Value::deserialize(from)?).map_err(D::Error::custom)
}

/// Reads identities that the browser stores, as [`stored_user`].
///
/// # Errors
/// When they are no array.
pub fn stored_identities<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Identity>, D::Error> {
    let all = Vec::<Value>::deserialize(from)?;
    Ok(all.into_iter().enumerate().map(|(place, value)| identity(value, place)).collect())
}

fn id_of(identity: &Map<String, Value>) -> Option<IdentityId> {
    match identity.get("user_id")? {
        Value::String(id) if !id.is_empty() => Some(IdentityId::text(id)),
        Value::Number(id) => Some(IdentityId::from_parts(id.to_string(), true)),
        _ => None,
    }
}

fn object(value: Option<Value>) -> Option<Metadata> {
    match value {
        Some(Value::Object(object)) => Some(object),
        _ => None,
    }
}

fn text_of(object: &Map<String, Value>, key: &str) -> Option<String> {
    text(object, key).map(ToOwned::to_owned)
}

fn text<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    object.get(key).and_then(Value::as_str).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use model::IdentityKey;
    use serde_json::json;

    use super::*;
    use model::unlink_policy::{UnlinkBlocked, UnlinkPolicy};

    fn sound() -> Value {
        json!({
            "user_id": "auth0|1", "email": "a@x.example", "user_metadata": { "theme": "dark" },
            "created_at": "2020-01-01T00:00:00.000Z", "last_login": "2026-01-01T00:00:00.000Z",
            "identities": [
                { "connection": "db", "user_id": "1", "provider": "auth0", "isSocial": false },
                { "connection": "github", "user_id": 42, "provider": "github", "isSocial": true,
                  "profileData": { "email": "a@hub.example" } },
            ],
        })
    }

    fn read(value: &Value) -> Result<User, String> {
        user(&value.to_string())
    }

    /// Values of every type.
    fn odd() -> Vec<Value> {
        vec![Value::Null, json!(true), json!(-5), json!(1.5), json!("x"), json!([1]), json!({ "$date": 1 })]
    }

    #[test]
    fn a_sound_user_is_read_as_the_model_reads_it() {
        assert_eq!(read(&sound()).unwrap(), serde_json::from_value(sound()).unwrap());
    }

    #[test]
    fn what_the_page_does_not_use_may_have_any_type_or_be_missing() {
        let expected: Vec<IdentityKey> =
            read(&sound()).unwrap().identities.iter().map(Identity::key).collect();
        for value in odd() {
            for key in BESIDE_THE_PROFILE[2..].iter().copied().chain(["email", "name", "picture", "new"]) {
                let mut user = sound();
                user[key] = value.clone();
                let user = read(&user).unwrap_or_else(|error| panic!("{key}: {value}: {error}"));
                assert_eq!(user.identities.iter().map(Identity::key).collect::<Vec<_>>(), expected);
                // It comes back whole from the browser's storage.
                let stored = serde_json::to_string(&user).unwrap();
                assert_eq!(serde_json::from_str::<User>(&stored).unwrap(), user);
            }
            for key in ["isSocial", "profileData", "connection", "access_token"] {
                let mut user = sound();
                user["identities"][1][key] = value.clone();
                let user = read(&user).unwrap_or_else(|error| panic!("{key}: {value}: {error}"));
                assert_eq!(user.identities[1].key(), expected[1], "{key}: {value}");
            }
        }
    }

    #[test]
    fn an_id_may_be_any_number() {
        let mut user = sound();
        user["identities"][1]["user_id"] = json!(-5);
        assert_eq!(read(&user).unwrap().identities[1].key().as_user_id().as_str(), "github|-5");
    }

    #[test]
    fn a_login_that_does_not_say_who_it_is_is_shown_and_cannot_be_unlinked() {
        for odd in
            [json!({ "provider": "github" }), json!({ "user_id": "7" }), json!(null), json!("github|7")]
        {
            let mut user = sound();
            user["identities"].as_array_mut().unwrap().extend([odd.clone(), odd.clone()]);
            let user = read(&user).unwrap();
            assert_eq!(user.identities.len(), 4);
            assert_ne!(user.identities[2].key(), user.identities[3].key());
            let reason = |place: usize| UnlinkPolicy::default().reason(&user, &user.identities[place], &[]);
            assert_eq!(reason(1), None);
            assert_eq!([reason(2), reason(3)], [Some(UnlinkBlocked::Unreadable); 2], "{odd}");
        }
    }

    #[test]
    fn the_main_login_is_the_one_that_the_user_id_names() {
        let mut user = sound();
        user["identities"][0] = json!({});
        assert_eq!(read(&user).unwrap().identities[0].key().as_user_id().as_str(), "auth0|1");
        user["identities"].as_array_mut().unwrap().remove(0);
        assert!(read(&user).is_err());
        for value in odd() {
            let mut user = sound();
            user["identities"] = value.clone();
            assert!(read(&user).is_err(), "{value}");
        }
    }

    #[test]
    fn after_a_change_every_identity_says_who_it_is() {
        let read = |value: &Value| identities_of(&value.to_string(), &UserId::new("auth0|1"));
        let mut all = sound()["identities"].clone();
        all[0]["isSocial"] = Value::Null;
        assert_eq!(read(&all).unwrap().len(), 2);
        all[1]["user_id"] = Value::Null;
        assert!(read(&all).is_err());
        for value in [json!([]), json!([{}]), json!([1]), json!({}), json!([all[1]])] {
            assert!(read(&value).is_err(), "{value}");
        }
        assert!(read(&json!([])).is_err());
        assert!(read(&json!({ "identities": [] })).is_err());
    }
}
