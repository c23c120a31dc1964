//! The order of keys in responses, as Auth0 writes it (contract [U-19](model::contract#u-19)).
//!
//! JSON gives no meaning to the order. People who compare a response with Auth0's by eye do.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

/// The keys of a user that follow all others; those are in alphabetical order.
const LAST_OF_USER: [&str; 5] =
    ["last_password_reset", "app_metadata", "last_ip", "last_login", "logins_count"];

/// The first keys of an identity.
const FIRST_OF_IDENTITY: [&str; 5] = ["profileData", "connection", "user_id", "provider", "isSocial"];

/// A user, or the keys of it that were asked for.
#[derive(Debug)]
pub(super) struct UserBody(pub(super) Value);

/// An identity in a user.
struct IdentityBody<'v>(&'v Value);

impl Serialize for UserBody {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Value::Object(user) = &self.0 else { return self.0.serialize(serializer) };
        let mut map = serializer.serialize_map(Some(user.len()))?;
        let rank = |key: &str| LAST_OF_USER.iter().position(|last| *last == key).map_or(0, |place| place + 1);
        for (key, value) in sorted(user, rank) {
            match value {
                Value::Array(identities) if key == "identities" => {
                    map.serialize_entry(key, &identities.iter().map(IdentityBody).collect::<Vec<_>>())?;
                }
                value => map.serialize_entry(key, value)?,
            }
        }
        map.end()
    }
}

impl Serialize for IdentityBody<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Value::Object(identity) = self.0 else { return self.0.serialize(serializer) };
        let place = |key: &str| FIRST_OF_IDENTITY.iter().position(|first| *first == key);
        let rank = |key: &str| place(key).unwrap_or(FIRST_OF_IDENTITY.len());
        serializer.collect_map(sorted(identity, rank))
    }
}

fn sorted(object: &Map<String, Value>, rank: impl Fn(&str) -> usize) -> Vec<(&String, &Value)> {
    let mut entries: Vec<_> = object.iter().collect();
    entries.sort_by(|(one, _), (other, _)| (rank(one), one).cmp(&(rank(other), other)));
    entries
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_have_the_recorded_order() {
        let user = json!({
            "user_id": "auth0|1", "app_metadata": {}, "blocked": false, "created_at": "", "username": "ada",
            "last_ip": "", "last_login": "", "logins_count": 1, "last_password_reset": "", "user_metadata": {},
            "identities": [{ "isSocial": false, "user_id": "1", "provider": "auth0", "connection": "c", "profileData": {} }],
        });
        insta::assert_snapshot!(
            serde_json::to_string(&UserBody(user)).unwrap(),
            @r#"{"blocked":false,"created_at":"","identities":[{"profileData":{},"connection":"c","user_id":"1","provider":"auth0","isSocial":false}],"user_id":"auth0|1","user_metadata":{},"username":"ada","last_password_reset":"","app_metadata":{},"last_ip":"","last_login":"","logins_count":1}"#
        );
    }
}
