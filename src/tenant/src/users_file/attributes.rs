//! The attributes of profiles: which are read strictly, which are kept as they are, and which must not be stored.

use crate::clock::Moment;
use serde_json::{Map, Value};

use super::notice::Notices;
use super::place::{Misplaced, Path};
use crate::suggestion::closest;

/// The type of a profile attribute.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    /// A boolean; some social providers send it as text (contract [B2](model::contract#b2)).
    Flag,
    Time,
    Any,
}

/// The attributes with a type (contract [B2](model::contract#b2)), then others that providers commonly add. As
/// at Auth0, a user can have any other attribute; this list only recognizes misspelt ones.
const ATTRIBUTES: &[(&str, Kind)] = &[
    ("email", Kind::Text),
    ("email_verified", Kind::Flag),
    ("family_name", Kind::Text),
    ("given_name", Kind::Text),
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
    ("links", Kind::Any),
    ("locale", Kind::Any),
    ("location", Kind::Any),
    ("middle_name", Kind::Any),
    ("names", Kind::Any),
    ("node_id", Kind::Any),
    ("picture_large", Kind::Any),
    ("preferred_username", Kind::Any),
    ("profile", Kind::Any),
    ("screen_name", Kind::Any),
    ("timezone", Kind::Any),
    ("upn", Kind::Any),
    ("url", Kind::Any),
    ("verified", Kind::Any),
    ("verified_email", Kind::Any),
    ("website", Kind::Any),
    ("zoneinfo", Kind::Any),
];

/// The attributes of a linked identity that this tenant itself reads; the others are only shown.
const READ_OF_LINKED: [&str; 4] = ["email", "email_verified", "phone_number", "username"];

/// The keys of a user that are no profile attributes.
const OF_USER: &[&str] = &[
    "app_metadata",
    "blocked",
    "created_at",
    "custom_password_hash",
    "identities",
    "last_ip",
    "last_login",
    "last_password_reset",
    "logins_count",
    "mfa_factors",
    "password",
    "password_hash",
    "password_set_date",
    "updated_at",
    "user_id",
    "user_metadata",
];

/// The tokens of a provider, which Auth0 shows to those who may read them, and what belongs to them.
const TOKENS: [&str; 5] = ["access_token", "access_token_secret", "expires_in", "id_token", "refresh_token"];

/// What this tenant has nothing of, with what becomes of it. Some of these hold secrets.
const LEFT_OUT: [(&str, &str); 4] = [
    ("blocked_for", "a block of single addresses is left out"),
    ("guardian_authenticators", "second factors are left out: without them, the password alone signs in"),
    ("mfa_factors", "second factors are left out: without them, the password alone signs in"),
    ("passkeys", "passkeys are left out: they cannot be used here"),
];

/// Whose profile it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// The user and its primary identity.
    User,
    /// A linked identity.
    Linked,
}

/// Checks the attributes of a profile and removes those that must not be stored. Others stay as they are, known or not.
///
/// # Errors
/// An attribute that this tenant reads has another type.
pub(super) fn check(
    attributes: &mut Map<String, Value>,
    owner: Owner,
    path: &Path,
    notices: &mut Notices,
) -> Result<(), Misplaced> {
    remove_tokens(attributes, path, notices);
    for (key, message) in LEFT_OUT {
        if attributes.remove(key).is_some_and(|value| !is_empty(&value)) {
            notices.add(&path.key(key), message);
        }
    }
    if attributes.get("multifactor").is_some_and(|value| !is_empty(value)) {
        notices.add(
            &path.key("multifactor"),
            "this tenant asks for no second factor: the password alone signs in",
        );
    }
    attributes.retain(|key, _| {
        let meant = ATTRIBUTES.iter().all(|(known, _)| known != key).then(|| meant_by(key, owner)).flatten();
        let is_secret = is_secret(key) || meant.is_some_and(is_secret);
        let fate =
            if is_secret { "is left out, because it looks like a secret" } else { "is kept as an attribute" };
        if let Some(meant) = meant {
            notices.add(&path.key(key), format!("the unknown key {key:?} {fate}; did you mean \"{meant}\"?"));
        } else if is_secret {
            notices.add(&path.key(key), format!("the unknown key {key:?} {fate}"));
        }
        !is_secret
    });
    for (key, kind) in ATTRIBUTES {
        if let Some(value) = attributes.get_mut(*key)
            && (owner == Owner::User || READ_OF_LINKED.contains(key))
        {
            check_value(*kind, value, &path.key(key))?;
        }
    }
    Ok(())
}

/// Removes the tokens of a provider: they are secrets, and this tenant keeps none (contract
/// [G25](model::contract#g25)).
pub(super) fn remove_tokens(object: &mut Map<String, Value>, path: &Path, notices: &mut Notices) {
    for key in TOKENS {
        if object.remove(key).is_some_and(|value| !is_empty(&value)) && key != "expires_in" {
            notices.add(&path.key(key), "tokens of providers are left out");
        }
    }
}

/// Checks a time.
///
/// # Errors
/// It is not one.
pub(super) fn check_time(time: &str, path: &Path) -> Result<(), Misplaced> {
    match Moment::parse_iso(time) {
        Some(_) => Ok(()),
        None => Err(path.clone().mistake(format!(
            "\"{time}\" is not an ISO 8601 time with a time zone, such as 2024-02-29T12:00:00.000Z"
        ))),
    }
}

fn check_value(kind: Kind, value: &mut Value, path: &Path) -> Result<(), Misplaced> {
    match (kind, &*value) {
        (Kind::Any, _) | (_, Value::Null) | (Kind::Text, Value::String(_)) | (Kind::Flag, Value::Bool(_)) => {
            Ok(())
        }
        (Kind::Time, Value::String(time)) => check_time(time, path),
        (Kind::Flag, Value::String(text)) if text == "true" || text == "false" => Ok(()),
        (Kind::Flag, Value::String(text)) if text.eq_ignore_ascii_case("true") => {
            *value = Value::Bool(true);
            Ok(())
        }
        (Kind::Flag, Value::String(text)) if text.eq_ignore_ascii_case("false") => {
            *value = Value::Bool(false);
            Ok(())
        }
        (Kind::Text | Kind::Time, _) => Err(path.clone().mistake("expected a string")),
        (Kind::Flag, _) => Err(path.clone().mistake("expected true or false")),
    }
}

/// Returns the known key that an unknown one is probably a misspelling of.
fn meant_by(key: &str, owner: Owner) -> Option<&'static str> {
    let of_user = if owner == Owner::User { OF_USER } else { &[] };
    closest(key, ATTRIBUTES.iter().map(|(known, _)| *known).chain(of_user.iter().copied()))
}

/// Returns whether a key names something that must not be shown with a profile.
fn is_secret(key: &str) -> bool {
    let letters: String =
        key.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    ["password", "passwd", "secret", "token"].iter().any(|end| letters.ends_with(end))
        || ["passwordhash", "hashedpassword", "encryptedpassword", "passwordsalt"]
            .iter()
            .any(|part| letters.contains(part))
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(elements) => elements.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(true) | Value::Number(_) => false,
    }
}
