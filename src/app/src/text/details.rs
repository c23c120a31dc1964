//! Words for what the tenant tells about a login: the details of its row.

use model::{Identity, Profile};
use serde_json::Value;

use super::message_format::{Keyword, Message};
use super::messages::messages;
use super::name::{name, plain};
use crate::unlink_policy::is_unreadable;

messages! { details:
    /// Summary of the details of a row.
    summary() = "Details";
    /// Its accessible name.
    summary_of(login: Message<'_>) = "Details of {login}";
    /// Button that copies the id.
    copy() = "Copy";
    /// Its accessible name.
    copy_id() = "Copy the id";
    /// Status once the id was copied.
    id_copied() = "Copied.";
    /// Status when the browser refused to copy.
    id_not_copied() = "Not copied. Select the id and copy it yourself.";
    /// Label of the connection's name.
    connection() = "Connection";
    /// Label of the login's id.
    id() = "Id";
    /// Label of an attribute.
    email() = "E-mail address";
    /// An e-mail address, and whether it is verified, where the tenant says so.
    email_address(address: &str, verified: Keyword<'_>) =
        "{verified, select, yes {{address}, verified} no {{address}, not verified} other {{address}}}";
    /// Label of an attribute.
    whole_name() = "Name";
    /// Label of an attribute.
    given_name() = "First name";
    /// Label of an attribute.
    middle_name() = "Middle name";
    /// Label of an attribute.
    family_name() = "Last name";
    /// Label of an attribute.
    nickname() = "Nickname";
    /// Label of an attribute.
    username() = "User name";
    /// Label of an attribute.
    phone_number() = "Telephone number";
    /// Label of an attribute, which is yes or no.
    phone_verified() = "Telephone number verified";
    /// Label of an attribute.
    locale() = "Language";
    /// Label of an attribute.
    zoneinfo() = "Time zone";
    /// Label of an attribute.
    birthdate() = "Date of birth";
    /// Label of an attribute.
    picture() = "Picture";
    /// Label of a time that the provider told.
    created_at() = "Since";
    /// Label of a time that the provider told.
    updated_at() = "Last changed";
    /// Label of a time that the provider told.
    last_login() = "Last used";
    /// Label of a time that is about the account.
    account_since() = "Account since";
    /// Label of a time that is about the account.
    account_last_login() = "Last sign-in to this account";
    /// A value.
    yes() = "Yes";
    /// A value.
    no() = "No";
    /// A member of a value that has several.
    member(label: &str, value: Message<'_>) = "{label}: {value}";
}

/// The label of an attribute.
type Labelled = (&'static str, fn() -> &'static str);

/// The attributes with labels of their own, in the order in which they are shown; the others are named by their keys.
const LABELS: &[Labelled] = &[
    ("name", whole_name),
    ("given_name", given_name),
    ("middle_name", middle_name),
    ("family_name", family_name),
    ("nickname", nickname),
    ("username", username),
    ("preferred_username", username),
    ("phone_number", phone_number),
    ("phone_verified", phone_verified),
    ("phone_number_verified", phone_verified),
    ("locale", locale),
    ("zoneinfo", zoneinfo),
    ("birthdate", birthdate),
    ("picture", picture),
    ("created_at", created_at),
    ("updated_at", updated_at),
    ("last_login", last_login),
];

/// The longest text of a value that is shown, in characters.
const LONGEST: usize = 300;

/// One detail: a label and what the tenant tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detail {
    /// The label.
    pub label: String,
    /// What is told.
    pub told: Told,
}

/// What the tenant tells, by how it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// The id of the login, for copying.
    Id(String),
    /// Lines of a sentence's kind, whose names are marked.
    Lines(Vec<String>),
    /// A time in the form of ISO 8601.
    Time(String),
}

/// Accessible name of the summary, for the login `login`.
#[must_use]
pub fn details_of(login: &str) -> String {
    plain(&summary_of(Message(login)))
}

/// Returns the details of `identity`, whose profile is `profile`. `since` and `last_login` are about the account and are
/// known of its main login only.
#[must_use]
pub fn details(
    identity: &Identity,
    profile: &Profile,
    since: Option<&str>,
    last_login: Option<&str>,
) -> Vec<Detail> {
    let mut details = Vec::new();
    let mut add = |label: &str, told: Told| details.push(Detail { label: label.to_owned(), told });
    if !identity.connection.as_str().is_empty() {
        add(connection(), Told::Lines(vec![name(identity.connection.as_str())]));
    }
    if !is_unreadable(&identity.user_id) {
        add(id(), Told::Id(identity.key().as_user_id().as_str().to_owned()));
    }
    if let Some(address) = profile.email() {
        let verified = match profile.email_verified() {
            None => "other",
            Some(true) => "yes",
            Some(false) => "no",
        };
        add(email(), Told::Lines(vec![email_address(address, Keyword(verified))]));
    }
    for (key, label) in LABELS {
        if let Some(told) = profile.0.get(*key).and_then(told) {
            add(label(), told);
        }
    }
    for (key, value) in profile.0.iter().filter(|(key, _)| !has_place(key) && !is_secret(key)) {
        if let Some(told) = told(value) {
            add(&readable(key), told);
        }
    }
    for (label, time) in [(account_since(), since), (account_last_login(), last_login)] {
        if let Some(time) = time.filter(|time| is_time(time)) {
            add(label, Told::Time(time.to_owned()));
        }
    }
    details
}

/// Whether an attribute is shown elsewhere than among those that are named by their keys.
fn has_place(key: &str) -> bool {
    matches!(key, "email" | "email_verified") || LABELS.iter().any(|(labelled, _)| *labelled == key)
}

/// Whether an attribute may be a secret, which no page shows.
fn is_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    ["token", "secret", "password", "credential"].iter().any(|word| key.contains(word))
}

/// Formats the key of an attribute for reading: `favorite_color` becomes `Favorite color`.
fn readable(key: &str) -> String {
    // A claim with a namespace is named by its last part.
    let key = key.trim_end_matches('/').rsplit('/').next().unwrap_or(key);
    let mut words = String::new();
    for (place, letter) in key.chars().enumerate() {
        match letter {
            '_' | '-' | '.' => words.push(' '),
            first if place == 0 => words.push(first.to_ascii_uppercase()),
            upper if upper.is_ascii_uppercase() && words.ends_with(|c: char| c.is_ascii_lowercase()) => {
                words.push(' ');
                words.push(upper.to_ascii_lowercase());
            }
            other => words.push(other),
        }
    }
    words
}

/// What a value tells; `None` when that is nothing.
fn told(value: &Value) -> Option<Told> {
    match value {
        Value::String(text) if is_time(text) => Some(Told::Time(text.clone())),
        Value::Array(values) => lines(values.iter().filter_map(in_words)),
        Value::Object(members) => lines(
            members
                .iter()
                .filter(|(key, _)| !is_secret(key))
                .filter_map(|(key, value)| Some(member(&readable(key), Message(&in_words(value)?)))),
        ),
        value => lines(in_words(value).into_iter()),
    }
}

fn lines(lines: impl Iterator<Item = String>) -> Option<Told> {
    let lines: Vec<String> = lines.collect();
    (!lines.is_empty()).then_some(Told::Lines(lines))
}

/// A value on one line.
fn in_words(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Bool(true) => Some(yes().to_owned()),
        Value::Bool(false) => Some(no().to_owned()),
        Value::String(text) => {
            Some(text.trim()).filter(|text| !text.is_empty()).map(|text| name(&shortened(text)))
        }
        value => Some(name(&shortened(&value.to_string()))),
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or(text)),
        None => text.to_owned(),
    }
}

/// Whether a text is a time such as `2026-11-26T08:00:00.000Z`.
fn is_time(text: &str) -> bool {
    const SHAPE: &[u8] = b"0000-00-00T00:00:00";
    let text = text.as_bytes();
    text.len() > SHAPE.len()
        && text.ends_with(b"Z")
        && SHAPE.iter().zip(text).all(|(shape, byte)| match shape {
            b'0' => byte.is_ascii_digit(),
            mark => byte == mark,
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(profile: &Value, since: Option<&str>) -> Vec<(String, String)> {
        let identity =
            json!({ "provider": "github", "user_id": 42, "connection": "github", "profileData": profile });
        let identity: Identity = serde_json::from_value(identity).unwrap();
        let profile = identity.profile_data.clone().unwrap();
        let line = |Detail { label, told }| match told {
            Told::Id(id) => (label, id),
            Told::Lines(lines) => (label, plain(&lines.join("; "))),
            Told::Time(time) => (label, format!("time {time}")),
        };
        details(&identity, &profile, since, None).into_iter().map(line).collect()
    }

    fn pairs(shown: &[(String, String)]) -> Vec<(&str, &str)> {
        shown.iter().map(|(label, value)| (label.as_str(), value.as_str())).collect()
    }

    #[test]
    fn what_the_provider_told_is_said_in_words() {
        let profile = json!({
            "email": "ada@x.example", "email_verified": false, "given_name": "Ada", "site_admin": true,
            "groups": ["staff", "math", null], "address": { "postalCode": "N1", "country": "UK" },
            "https://acme.example/claims/costCenter": 7, "last_login": "2026-01-02T03:04:05.000Z", "empty": " ",
        });
        assert_eq!(
            pairs(&shown(&profile, Some("2020-01-01T00:00:00.000Z"))),
            [
                ("Connection", "github"),
                ("Id", "github|42"),
                ("E-mail address", "ada@x.example, not verified"),
                ("First name", "Ada"),
                ("Last used", "time 2026-01-02T03:04:05.000Z"),
                ("Address", "Country: UK; Postal code: N1"),
                ("Groups", "staff; math"),
                ("Cost center", "7"),
                ("Site admin", "Yes"),
                ("Account since", "time 2020-01-01T00:00:00.000Z"),
            ]
        );
    }

    #[test]
    fn what_may_be_a_secret_is_never_shown() {
        let profile = json!({
            "access_token": "s3cret", "refreshToken": "s3cret", "client_secret": "s3cret", "more": { "id_token": "s3cret" },
        });
        assert_eq!(pairs(&shown(&profile, None)), [("Connection", "github"), ("Id", "github|42")]);
    }

    #[test]
    fn whether_an_address_is_verified_is_said_only_where_the_tenant_says_so() {
        let email = |profile| shown(&profile, None)[2].1.clone();
        assert_eq!(email(json!({ "email": "a@x.example" })), "a@x.example");
        assert_eq!(
            email(json!({ "email": "a@x.example", "email_verified": "true" })),
            "a@x.example, verified"
        );
    }

    #[test]
    fn a_long_value_is_shortened_between_characters() {
        let profile = json!({ "bio": "é".repeat(LONGEST + 5) });
        assert_eq!(shown(&profile, None)[2].1, format!("{}…", "é".repeat(LONGEST)));
    }
}
