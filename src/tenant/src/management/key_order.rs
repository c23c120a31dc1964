//! The order of keys in responses, as Auth0 writes it (contract [U-19](model::contract#u-19)).
//!
//! JSON gives no meaning to the order. People who compare a response with Auth0's by eye do.

use model::{Identity, Metadata, Profile};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;
use store::UserRow;

use super::query::Fields;
use crate::clock::Moment;
use crate::view;

/// The keys of a user that follow all others; those are in alphabetical order.
const LAST_OF_USER: [&str; 5] =
    ["last_password_reset", "app_metadata", "last_ip", "last_login", "logins_count"];

/// A user as in `GET /api/v2/users/{id}`, or the keys of it that were asked for. It is written from the row into the response:
/// the same as [`view::user`], whose identities have their keys in order already.
#[derive(Debug)]
pub(super) struct UserBody<'u, P = Profile> {
    row: &'u UserRow<P>,
    fields: Option<&'u Fields>,
}

/// The value of a key.
#[derive(Serialize)]
#[serde(untagged)]
enum Member<'u, P> {
    Kept(&'u Value),
    Text(&'u str),
    Made(String),
    Number(u64),
    Truth(bool),
    Metadata(&'u Metadata),
    Identities(&'u [Identity<P>]),
}

impl<'u, P> UserBody<'u, P> {
    /// Returns the body of a whole user.
    pub(super) fn of(row: &'u UserRow<P>) -> Self {
        Self { row, fields: None }
    }

    /// Returns the body of a user with the keys that a request includes.
    pub(super) fn with_fields(row: &'u UserRow<P>, fields: &'u Fields) -> Self {
        Self { row, fields: Some(fields) }
    }

    /// Returns the keys and their values, in order. A key of the profile comes before one of the same name beside it.
    fn members(&self) -> Vec<(&'u str, Member<'u, P>)> {
        let row = self.row;
        let Profile(profile) = &row.profile;
        let time = |millis: i64| Member::Made(Moment::from_millis(millis).iso());
        let count = u64::try_from(row.logins_count).ok().filter(|count| *count > 0);
        let beside = [
            ("user_id", Some(Member::Text(row.user_id.as_str()))),
            ("identities", Some(Member::Identities(&row.identities))),
            ("created_at", Some(time(row.created_at))),
            ("updated_at", Some(time(row.updated_at))),
            ("last_login", row.last_login.map(time)),
            ("last_ip", row.last_ip.as_deref().map(Member::Text)),
            ("logins_count", count.map(Member::Number)),
            ("blocked", row.blocked.map(Member::Truth)),
            ("user_metadata", row.user_metadata.as_ref().map(Member::Metadata)),
            ("app_metadata", row.app_metadata.as_ref().map(Member::Metadata)),
        ];
        let reset = row.last_password_reset.map(|millis| ("last_password_reset", time(millis)));
        let has_reset = reset.is_some();
        let kept = profile.iter().map(|(key, value)| (key.as_str(), Member::Kept(value)));
        let kept = kept.filter(|(key, _)| !(has_reset && *key == "last_password_reset"));
        let beside = beside.into_iter().filter(|(key, _)| !profile.contains_key(*key));
        let beside = beside.filter_map(|(key, member)| Some((key, member?)));
        let derived = view::defaults(row).map(|(key, value)| (key, Member::Made(value)));
        let includes = |key: &str| self.fields.is_none_or(|fields| fields.includes(key));
        let mut members: Vec<_> = kept.chain(derived).chain(beside).chain(reset).collect();
        members.retain(|(key, _)| includes(key));
        let rank = |key: &str| LAST_OF_USER.iter().position(|last| *last == key).map_or(0, |place| place + 1);
        members.sort_unstable_by_key(|(key, _)| (rank(key), *key));
        members
    }
}

impl<P: Serialize> Serialize for UserBody<'_, P> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let members = self.members();
        let mut map = serializer.serialize_map(Some(members.len()))?;
        for (key, member) in &members {
            map.serialize_entry(key, member)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use model::{ConnectionName, IdentityId, Provider, UserId};
    use serde_json::json;

    use super::*;
    use crate::management::query::Query;

    fn row() -> UserRow {
        let identity = |id: &str, profile_data| Identity {
            profile_data,
            connection: ConnectionName::new("c"),
            user_id: IdentityId::text(id),
            provider: Provider::new("auth0"),
            is_social: false,
        };
        let profile =
            json!({ "email": "ada@example.test", "username": "ada", "zoneinfo": { "b": 1, "a": [] } });
        let identities = vec![identity("1", None), identity("2", Some(Profile::default()))];
        let mut row =
            UserRow::new(UserId::new("auth0|1"), serde_json::from_value(profile).unwrap(), identities, 0);
        row.blocked = Some(false);
        row.last_ip = Some("192.0.2.1".to_owned());
        row.last_login = Some(1000);
        row.logins_count = 1;
        row.last_password_reset = Some(2000);
        row.user_metadata = Some(Metadata::new());
        row.app_metadata = Some(Metadata::new());
        row
    }

    #[test]
    fn keys_have_the_recorded_order() {
        insta::assert_snapshot!(
            serde_json::to_string(&UserBody::of(&row())).unwrap(),
            @r#"{"blocked":false,"created_at":"1970-01-01T00:00:00.000Z","email":"ada@example.test","identities":[{"connection":"c","user_id":"1","provider":"auth0","isSocial":false},{"profileData":{},"connection":"c","user_id":"2","provider":"auth0","isSocial":false}],"name":"ada@example.test","nickname":"ada","picture":"https://s.gravatar.com/avatar/28ae5bf8fa0cde12855e61ac303859cc?s=480&r=pg&d=https%3A%2F%2Fcdn.auth0.com%2Favatars%2Fad.png","updated_at":"1970-01-01T00:00:00.000Z","user_id":"auth0|1","user_metadata":{},"username":"ada","zoneinfo":{"a":[],"b":1},"last_password_reset":"1970-01-01T00:00:02.000Z","app_metadata":{},"last_ip":"192.0.2.1","last_login":"1970-01-01T00:00:01.000Z","logins_count":1}"#
        );
    }

    #[test]
    fn a_body_has_what_the_view_of_the_user_has() {
        let mut bare = row();
        (bare.blocked, bare.last_ip, bare.last_login, bare.last_password_reset) = (None, None, None, None);
        (bare.user_metadata, bare.app_metadata, bare.logins_count) = (None, None, 0);
        let mut odd = row();
        for (key, value) in [("last_password_reset", "never"), ("blocked", "maybe"), ("name", "Ada")] {
            odd.profile.0.insert(key.to_owned(), value.into());
        }
        let mut odd_bare = odd.clone();
        odd_bare.last_password_reset = None;
        for row in [row(), bare, odd, odd_bare] {
            let whole = serde_json::to_value(UserBody::of(&row)).unwrap();
            assert_eq!(whole, serde_json::to_value(view::user(&row)).unwrap());
            let text = serde_json::to_string(&UserBody::of(&row)).unwrap();
            assert_eq!(
                text.matches("\"last_password_reset\"").count() + text.matches("\"blocked\"").count(),
                usize::from(whole.get("last_password_reset").is_some())
                    + usize::from(whole.get("blocked").is_some())
            );
        }
    }

    #[test]
    fn only_the_keys_that_were_asked_for_are_written() {
        let row = row();
        let body = |query: &str| {
            let fields = Query::parse(Some(query)).fields().unwrap();
            serde_json::to_string(&UserBody::with_fields(&row, &fields)).unwrap()
        };
        assert_eq!(
            body("fields=user_id,email,unheard"),
            r#"{"email":"ada@example.test","user_id":"auth0|1"}"#
        );
        let without = body("fields=identities,picture&include_fields=false");
        assert!(
            without.contains("\"username\"")
                && !without.contains("identities")
                && !without.contains("picture")
        );
    }
}
