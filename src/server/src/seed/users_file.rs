//! The users file: an array of users in the shape of `GET /api/v2/users/{id}` (contract
//! [B2](model::contract#b2)), each with `password` or `password_hash` if it has a database identity.
//!
//! The whole file is checked before anything is written.

use std::collections::HashMap;
use std::fmt;

use model::{ConnectionName, Identity, IdentityId, IdentityKey, Metadata, Profile, Provider, User, UserId};
use serde::Deserialize;
use serde_json::{Map, Value};
use tenant::Moment;
use tenant::configuration::Connection;
use tenant::password_hash::is_bcrypt;
use tenant::secret::Secret;
use tenant::seed::{SeedPassword, SeedUser};

use super::error::{InvalidSeedFile, Place, redact_value};

/// Parses a users file.
///
/// `file` is its path for error messages. `connections` are those of the tenant; every identity must belong
/// to one.
///
/// # Errors
/// The first mistake: with line and column if the file is not JSON, else with its JSON path.
pub fn parse(file: &str, text: &str, connections: &[Connection]) -> Result<Vec<SeedUser>, InvalidSeedFile> {
    let invalid = |place, reason| InvalidSeedFile { file: file.to_owned(), place, reason };
    let reader = &mut serde_json::Deserializer::from_str(text);
    let entries: Vec<Entry> = serde_path_to_error::deserialize(&mut *reader).map_err(|error| {
        let path = error.path().to_string();
        let error = error.into_inner();
        let place = if error.is_data() {
            // The parser calls the whole document "."; every other path starts with an index.
            Place::Path(format!("${}", path.trim_start_matches('.')))
        } else {
            Place::Line(error.line() as u64, error.column() as u64)
        };
        invalid(place, json_message(&error))
    })?;
    reader.end().map_err(|error| {
        invalid(Place::Line(error.line() as u64, error.column() as u64), json_message(&error))
    })?;

    let mut seen = HashMap::new();
    entries
        .into_iter()
        .enumerate()
        .map(|(place, entry)| {
            let path = format!("$[{place}]");
            entry
                .check(&path, connections, &mut seen)
                .and_then(|()| entry.into_seed_user(&path))
                .map_err(|Misplaced { path, reason }| invalid(Place::Path(path), reason))
        })
        .collect()
}

/// Returns the message of the JSON parser without a value and without "at line 3 column 4" at its end.
fn json_message(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let message = text.rfind(" at line ").map_or(text.as_str(), |end| &text[..end]);
    if let Some(redacted) = redact_value(message) {
        return redacted;
    }
    // The list of all known keys, which follows an unknown one, helps less than the path.
    message.split_once("`, expected").filter(|_| message.starts_with("unknown field")).map_or_else(
        || message.replace('`', "\""),
        |(unknown, _)| format!("unknown key \"{}\"", unknown.trim_start_matches("unknown field `")),
    )
}

/// The path of a mistake and the reason.
struct Misplaced {
    path: String,
    reason: String,
}

fn misplaced(path: impl fmt::Display, reason: impl Into<String>) -> Misplaced {
    Misplaced { path: path.to_string(), reason: reason.into() }
}

/// A user as it is written in the file.
#[derive(Deserialize)]
#[serde(expecting = "a user")]
struct Entry {
    user_id: UserId,
    identities: Vec<IdentityEntry>,
    #[serde(default)]
    created_at: Option<String>,
    #[serde(default)]
    updated_at: Option<String>,
    #[serde(default)]
    last_login: Option<String>,
    #[serde(default)]
    last_ip: Option<String>,
    #[serde(default)]
    logins_count: Option<u64>,
    #[serde(default)]
    blocked: Option<bool>,
    #[serde(default)]
    user_metadata: Option<Metadata>,
    #[serde(default)]
    app_metadata: Option<Metadata>,
    #[serde(default)]
    password: Option<String>,
    #[serde(default)]
    password_hash: Option<String>,
    /// All other keys, checked against [`ATTRIBUTES`].
    #[serde(flatten)]
    attributes: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an identity")]
struct IdentityEntry {
    connection: String,
    user_id: IdentityId,
    provider: String,
    #[serde(default, rename = "isSocial")]
    is_social: Option<bool>,
    #[serde(default, rename = "profileData")]
    profile_data: Option<Map<String, Value>>,
}

impl IdentityEntry {
    fn key(&self) -> IdentityKey {
        IdentityKey { provider: Provider::new(self.provider.as_str()), user_id: self.user_id.clone() }
    }
}

/// The type of a profile attribute.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    /// A boolean; some social providers send it as text (contract [B2](model::contract#b2)).
    Flag,
    Time,
    Any,
}

/// The attributes of a profile: those of contract [B2](model::contract#b2), then those that providers
/// commonly add. Auth0 accepts any other attribute; this file does not, because in it a misspelt key is far
/// more likely than a rare one.
const ATTRIBUTES: &[(&str, Kind)] = &[
    ("email", Kind::Text),
    ("email_verified", Kind::Flag),
    ("family_name", Kind::Text),
    ("given_name", Kind::Text),
    ("last_password_reset", Kind::Time),
    ("multifactor", Kind::Any),
    ("multifactor_last_modified", Kind::Time),
    ("name", Kind::Text),
    ("nickname", Kind::Text),
    ("phone_number", Kind::Text),
    ("phone_verified", Kind::Flag),
    ("picture", Kind::Text),
    ("username", Kind::Text),
    ("bio", Kind::Any),
    ("birthdate", Kind::Any),
    ("birthday", Kind::Any),
    ("blog", Kind::Any),
    ("company", Kind::Any),
    ("department", Kind::Any),
    ("description", Kind::Any),
    ("emails", Kind::Any),
    ("gender", Kind::Any),
    ("groups", Kind::Any),
    ("headline", Kind::Any),
    ("html_url", Kind::Any),
    ("job_title", Kind::Any),
    ("link", Kind::Any),
    ("locale", Kind::Any),
    ("location", Kind::Any),
    ("middle_name", Kind::Any),
    ("node_id", Kind::Any),
    ("picture_large", Kind::Any),
    ("preferred_username", Kind::Any),
    ("profile", Kind::Any),
    ("screen_name", Kind::Any),
    ("timezone", Kind::Any),
    ("upn", Kind::Any),
    ("url", Kind::Any),
    ("verified", Kind::Any),
    ("website", Kind::Any),
    ("zoneinfo", Kind::Any),
];

impl Entry {
    /// Checks the user, that its identities belong to `connections`, and that none of them is in `seen`,
    /// which has the path of each identity of the users before it.
    fn check(
        &self,
        path: &str,
        connections: &[Connection],
        seen: &mut HashMap<IdentityKey, String>,
    ) -> Result<(), Misplaced> {
        check_profile(&self.attributes, path)?;
        let times = [
            ("created_at", &self.created_at),
            ("updated_at", &self.updated_at),
            ("last_login", &self.last_login),
        ];
        for (key, time) in times {
            if let Some(time) = time {
                check_time(time, &format!("{path}.{key}"))?;
            }
        }
        let Some(primary) = self.identities.first() else {
            return Err(misplaced(
                format_args!("{path}.identities"),
                "a user has at least one identity, the primary",
            ));
        };
        let primary_id = primary.key().as_user_id();
        if primary_id != self.user_id {
            let reason =
                format!("the first identity is \"{primary_id}\", but the user is \"{}\"", self.user_id);
            return Err(misplaced(format_args!("{path}.identities[0]"), reason));
        }
        if primary.profile_data.is_some() {
            return Err(misplaced(
                format_args!("{path}.identities[0].profileData"),
                "the user itself is the profile of the primary identity",
            ));
        }
        for (place, identity) in self.identities.iter().enumerate() {
            let path = format!("{path}.identities[{place}]");
            check_identity(identity, &path, connections)?;
            if let Some(before) = seen.insert(identity.key(), path.clone()) {
                let reason = format!("\"{}\" is already at {before}", identity.key().as_user_id());
                return Err(misplaced(path, reason));
            }
        }
        let has_database = self.identities.iter().any(|identity| identity.provider == "auth0");
        if !has_database && let Some(key) = self.password_key() {
            return Err(misplaced(
                format_args!("{path}.{key}"),
                "a password belongs to an identity of provider \"auth0\", which this user does not have",
            ));
        }
        Ok(())
    }

    fn password_key(&self) -> Option<&'static str> {
        let hash = self.password_hash.as_ref().map(|_| "password_hash");
        hash.or(self.password.as_ref().map(|_| "password"))
    }

    fn into_seed_user(self, path: &str) -> Result<SeedUser, Misplaced> {
        let password = match (self.password, self.password_hash) {
            (None, None) => None,
            (Some(_), Some(_)) => {
                return Err(misplaced(path, "\"password\" and \"password_hash\" exclude each other"));
            }
            (Some(password), None) if password.is_empty() => {
                return Err(misplaced(format_args!("{path}.password"), "the password must not be empty"));
            }
            (Some(password), None) => Some(SeedPassword::Clear(Secret::new(password))),
            (None, Some(hash)) if is_bcrypt(&hash) => Some(SeedPassword::Bcrypt(hash)),
            (None, Some(_)) => {
                return Err(misplaced(
                    format_args!("{path}.password_hash"),
                    "not a bcrypt hash ($2a$ or $2b$)",
                ));
            }
        };
        let identities =
            self.identities.into_iter().enumerate().map(|(place, entry)| entry.into_identity(place == 0));
        let user = User {
            user_id: self.user_id,
            identities: identities.collect(),
            created_at: self.created_at,
            updated_at: self.updated_at,
            last_login: self.last_login,
            last_ip: self.last_ip,
            logins_count: self.logins_count,
            blocked: self.blocked,
            user_metadata: self.user_metadata,
            app_metadata: self.app_metadata,
            profile: Profile(self.attributes),
        };
        Ok(SeedUser { user, password })
    }
}

impl IdentityEntry {
    fn into_identity(self, is_primary: bool) -> Identity {
        let provider = Provider::new(self.provider);
        Identity {
            profile_data: (!is_primary).then(|| Profile(self.profile_data.unwrap_or_default())),
            connection: ConnectionName::new(self.connection),
            user_id: self.user_id,
            is_social: self.is_social.unwrap_or_else(|| provider.is_social()),
            provider,
        }
    }
}

fn check_identity(entry: &IdentityEntry, path: &str, connections: &[Connection]) -> Result<(), Misplaced> {
    let found = connections.iter().find(|connection| connection.name.as_str() == entry.connection);
    let Some(connection) = found else {
        let reason = format!("the tenant has no connection \"{}\"", entry.connection);
        return Err(misplaced(format_args!("{path}.connection"), reason));
    };
    if connection.strategy.as_str() != entry.provider {
        let reason = format!(
            "the connection \"{}\" has the strategy \"{}\", not \"{}\"",
            entry.connection, connection.strategy, entry.provider
        );
        return Err(misplaced(format_args!("{path}.provider"), reason));
    }
    if entry.user_id.as_str().is_empty() {
        return Err(misplaced(format_args!("{path}.user_id"), "the id must not be empty"));
    }
    match &entry.profile_data {
        Some(profile) => check_profile(profile, &format!("{path}.profileData")),
        None => Ok(()),
    }
}

fn check_profile(attributes: &Map<String, Value>, path: &str) -> Result<(), Misplaced> {
    for (key, value) in attributes {
        let path = format!("{path}.{key}");
        let Some((_, kind)) = ATTRIBUTES.iter().find(|(known, _)| known == key) else {
            return Err(misplaced(path, format!("unknown key \"{key}\"")));
        };
        match (kind, value) {
            (Kind::Time, Value::String(time)) => check_time(time, &path)?,
            (Kind::Any, _)
            | (Kind::Text, Value::String(_) | Value::Null)
            | (Kind::Flag, Value::Bool(_))
            | (Kind::Time, Value::Null) => {}
            (Kind::Flag, Value::String(text)) if text == "true" || text == "false" => {}
            (Kind::Text | Kind::Time, _) => return Err(misplaced(path, "expected a string")),
            (Kind::Flag, _) => return Err(misplaced(path, "expected true or false")),
        }
    }
    Ok(())
}

fn check_time(time: &str, path: &str) -> Result<(), Misplaced> {
    match Moment::parse_iso(time) {
        Some(_) => Ok(()),
        None => Err(misplaced(
            path,
            format!("\"{time}\" is not an ISO 8601 time with a time zone, such as 2024-02-29T12:00:00.000Z"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn connections() -> Vec<Connection> {
        vec![
            Connection::new("Username-Password-Authentication", "auth0"),
            Connection::new("google-oauth2", "google-oauth2"),
            Connection::new("github", "github"),
        ]
    }

    fn parsed(text: &str) -> Result<Vec<SeedUser>, String> {
        parse("users.json", text, &connections()).map_err(|error| error.to_string())
    }

    fn ada() -> Value {
        json!({
            "user_id": "auth0|ada",
            "email": "ada@example.com",
            "email_verified": true,
            "created_at": "2024-02-29T12:00:00.000Z",
            "user_metadata": { "theme": "dark" },
            "password": "ada-demo",
            "identities": [
                { "connection": "Username-Password-Authentication", "user_id": "ada", "provider": "auth0" },
                { "connection": "github", "user_id": 42, "provider": "github", "profileData": { "nickname": "ada" } },
            ],
        })
    }

    /// Returns Ada with `value` at the JSON pointer `pointer` (RFC 6901).
    fn ada_with(pointer: &str, value: Value) -> Value {
        let mut ada = ada();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        match ada.pointer_mut(parent).unwrap() {
            Value::Object(object) => {
                object.insert(key.to_owned(), value);
            }
            Value::Array(array) => array[key.parse::<usize>().unwrap()] = value,
            _ => panic!("{pointer} leads nowhere"),
        }
        ada
    }

    fn error_of(users: &[Value]) -> String {
        parsed(&json!(users).to_string()).unwrap_err()
    }

    fn error_with(pointer: &str, value: Value) -> String {
        error_of(&[ada_with(pointer, value)])
    }

    #[test]
    fn a_user_is_read_as_the_management_api_returns_it() {
        let users = parsed(&json!([ada()]).to_string()).unwrap();
        let SeedUser { user, password } = &users[0];
        assert!(user.has_primary_first());
        assert_eq!(user.profile.email(), Some("ada@example.com"));
        assert!(user.identities[0].profile_data.is_none());
        assert!(user.identities[1].user_id.is_integer());
        assert!(user.identities[1].is_social, "follows from the provider");
        assert!(matches!(password, Some(SeedPassword::Clear(password)) if password.expose() == "ada-demo"));
    }

    #[test]
    fn a_bcrypt_hash_is_kept_as_it_is() {
        let hash = "$2b$10$nOUIs5kJ7naTuTFkBy1veuK0kSxUFXfuaOKdOKf9xYT0KKIGSJwFa";
        let mut user = ada_with("/password_hash", json!(hash));
        user.as_object_mut().unwrap().remove("password");
        let users = parsed(&json!([user]).to_string()).unwrap();
        assert!(matches!(&users[0].password, Some(SeedPassword::Bcrypt(kept)) if kept == hash));
    }

    #[test]
    fn broken_json_is_refused_with_line_and_column() {
        assert_eq!(parsed("[\n  {]").unwrap_err(), "users.json:2:4: key must be a string");
        assert_eq!(parsed("[] x").unwrap_err(), "users.json:1:4: trailing characters");
        assert_eq!(parsed("[").unwrap_err(), "users.json:1:1: EOF while parsing a list");
    }

    #[test]
    fn anything_but_an_array_of_users_is_refused() {
        assert_eq!(parsed("{}").unwrap_err(), "users.json: $: invalid type: map, expected a sequence");
        assert_eq!(parsed("[1]").unwrap_err(), "users.json: $[0]: invalid type: integer, expected a user");
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_path() {
        assert_eq!(error_with("/emial", json!("x")), r#"users.json: $[0].emial: unknown key "emial""#);
        assert_eq!(
            error_with("/identities/1/userid", json!("x")),
            r#"users.json: $[0].identities[1].userid: unknown key "userid""#
        );
        assert_eq!(
            error_with("/identities/1/profileData/naem", json!("x")),
            r#"users.json: $[0].identities[1].profileData.naem: unknown key "naem""#
        );
    }

    #[test]
    fn a_value_of_the_wrong_type_is_refused_with_its_path() {
        assert_eq!(
            error_with("/identities/1/user_id", json!(true)),
            "users.json: $[0].identities[1].user_id: invalid type: boolean, expected a string or a non-negative integer"
        );
        assert_eq!(error_with("/email", json!(1)), "users.json: $[0].email: expected a string");
        assert_eq!(
            error_with("/email_verified", json!("yes")),
            "users.json: $[0].email_verified: expected true or false"
        );
        assert_eq!(
            error_with("/app_metadata", json!([])),
            "users.json: $[0].app_metadata: invalid type: sequence, expected a map"
        );
    }

    #[test]
    fn a_missing_key_is_refused() {
        let mut user = ada();
        user.as_object_mut().unwrap().remove("user_id");
        assert_eq!(error_of(&[user]), "users.json: $[0]: missing field \"user_id\"");
    }

    #[test]
    fn an_invalid_time_is_refused() {
        assert_eq!(
            error_with("/created_at", json!("yesterday")),
            "users.json: $[0].created_at: \"yesterday\" is not an ISO 8601 time with a time zone, such as 2024-02-29T12:00:00.000Z"
        );
    }

    #[test]
    fn a_user_without_identities_is_refused() {
        assert_eq!(
            error_with("/identities", json!([])),
            "users.json: $[0].identities: a user has at least one identity, the primary"
        );
    }

    #[test]
    fn a_user_whose_first_identity_is_another_is_refused() {
        assert_eq!(
            error_with("/user_id", json!("github|42")),
            r#"users.json: $[0].identities[0]: the first identity is "auth0|ada", but the user is "github|42""#
        );
    }

    #[test]
    fn a_primary_with_a_profile_of_its_own_is_refused() {
        assert_eq!(
            error_with("/identities/0/profileData", json!({})),
            "users.json: $[0].identities[0].profileData: the user itself is the profile of the primary identity"
        );
    }

    #[test]
    fn a_repeated_identity_is_refused_even_when_one_id_is_a_string() {
        let other = json!({
            "user_id": "github|42",
            "identities": [{ "connection": "github", "user_id": "42", "provider": "github" }],
        });
        assert_eq!(
            error_of(&[ada(), other]),
            r#"users.json: $[1].identities[0]: "github|42" is already at $[0].identities[1]"#
        );
    }

    #[test]
    fn an_identity_of_a_connection_that_does_not_exist_is_refused() {
        assert_eq!(
            error_with("/identities/1/connection", json!("gitlab")),
            r#"users.json: $[0].identities[1].connection: the tenant has no connection "gitlab""#
        );
    }

    #[test]
    fn an_identity_whose_provider_is_not_its_connections_is_refused() {
        assert_eq!(
            error_with("/identities/1/provider", json!("google-oauth2")),
            r#"users.json: $[0].identities[1].provider: the connection "github" has the strategy "github", not "google-oauth2""#
        );
    }

    #[test]
    fn an_empty_id_is_refused() {
        assert_eq!(
            error_with("/identities/1/user_id", json!("")),
            "users.json: $[0].identities[1].user_id: the id must not be empty"
        );
    }

    #[test]
    fn an_invalid_password_is_refused() {
        assert_eq!(
            error_with("/password_hash", json!("x")),
            r#"users.json: $[0]: "password" and "password_hash" exclude each other"#
        );
        assert_eq!(
            error_with("/password", json!("")),
            "users.json: $[0].password: the password must not be empty"
        );
        let social = json!({
            "user_id": "github|7",
            "password": "secret",
            "identities": [{ "connection": "github", "user_id": 7, "provider": "github" }],
        });
        assert_eq!(
            error_of(&[social]),
            r#"users.json: $[0].password: a password belongs to an identity of provider "auth0", which this user does not have"#
        );
        let mut hashed = ada_with("/password_hash", json!("5f4dcc3b"));
        hashed.as_object_mut().unwrap().remove("password");
        assert_eq!(error_of(&[hashed]), "users.json: $[0].password_hash: not a bcrypt hash ($2a$ or $2b$)");
    }

    #[test]
    fn no_error_repeats_a_password() {
        for (place, slipped) in [
            ("/password", json!({ "was": "hunter2" })),
            ("/password", json!(["hunter2"])),
            ("/blocked", json!("hunter2")),
            ("/identities", json!("hunter2")),
        ] {
            let error = error_with(place, slipped);
            assert!(!error.contains("hunter2"), "{error}");
        }
        let error = error_with("/password", json!(271_828));
        assert!(!error.contains("271828"), "{error}");
    }
}
