//! Words for what the tenant tells about a login: the details of its row.

use model::{Identity, Profile};
use serde_json::Value;

use super::label::Label;
use super::message_format::{Keyword, Message};
use super::messages::messages;
use super::name::plain;
use super::times::time_of_iso;
use super::values::{self, Shown, shown};
use crate::connection_names::ConnectionNames;
use model::unlink_policy::is_unreadable;

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

/// One detail: a label and what the tenant tells.
#[derive(Clone, Debug, PartialEq)]
pub struct Detail {
    /// The label.
    pub label: String,
    /// What is told.
    pub told: Told,
}

/// What the tenant tells, by how it is shown.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// The id of the login, for copying.
    Id(String),
    /// A sentence, whose names are marked.
    Line(String),
    /// The value under this key.
    Value(String, Value),
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
    names: &ConnectionNames,
    profile: &Profile,
    since: Option<&str>,
    last_login: Option<&str>,
) -> Vec<Detail> {
    let mut details = Vec::new();
    let mut add = |label: &str, told: Told| details.push(Detail { label: label.to_owned(), told });
    add(connection(), Told::Line(Label::linked(identity, names).connection()));
    if !is_unreadable(&identity.user_id) {
        add(id(), Told::Id(identity.key().as_user_id().as_str().to_owned()));
    }
    if let Some(address) = profile.email() {
        let verified = match profile.email_verified() {
            None => "other",
            Some(true) => "yes",
            Some(false) => "no",
        };
        add(email(), Told::Line(email_address(address, Keyword(verified))));
    }
    for (key, label) in LABELS {
        if let Some(told) = profile.0.get(*key).and_then(|value| told(key, value)) {
            add(label(), told);
        }
    }
    let others = profile.0.iter().filter(|(key, _)| !has_place(key) && !is_secret(key));
    let others: Vec<(&String, Told)> =
        others.filter_map(|(key, value)| Some((key, told(key, value)?))).collect();
    let labels = values::labels(others.iter().map(|(key, _)| key.as_str()));
    for ((_, told), label) in others.into_iter().zip(&labels) {
        add(label, told);
    }
    for (label, time) in [(account_since(), since), (account_last_login(), last_login)] {
        if let Some(time) = time.filter(|time| time_of_iso(time).is_some()) {
            add(label, Told::Value(String::new(), time.into()));
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

/// What the value under `key` tells; `None` when that is nothing.
fn told(key: &str, value: &Value) -> Option<Told> {
    let value = without_secrets(value);
    (shown(key, &value) != Shown::Nothing).then(|| Told::Value(key.to_owned(), value))
}

/// Returns the attributes of a profile as JSON, without those that may be secrets.
#[must_use]
pub fn profile_json(profile: &Profile) -> Value {
    without_secrets(&Value::Object(profile.0.clone()))
}

fn without_secrets(value: &Value) -> Value {
    match value {
        Value::Array(values) => values.iter().map(without_secrets).collect(),
        Value::Object(members) => {
            let mut shown = members.clone();
            shown.retain(|key, _| !is_secret(key));
            shown.values_mut().for_each(|value| *value = without_secrets(value));
            Value::Object(shown)
        }
        value => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::text::values::tests::flat;

    fn told(profile: &Value, since: Option<&str>) -> Vec<(String, String)> {
        let identity =
            json!({ "provider": "github", "user_id": 42, "connection": "github", "profileData": profile });
        let identity: Identity = serde_json::from_value(identity).unwrap();
        let profile = identity.profile_data.clone().unwrap();
        let line = |Detail { label, told }| match told {
            Told::Id(id) => (label, id),
            Told::Line(line) => (label, plain(&line)),
            Told::Value(key, value) => (label, flat(&key, &value)),
        };
        details(&identity, &ConnectionNames::default(), &profile, since, None).into_iter().map(line).collect()
    }

    fn pairs(shown: &[(String, String)]) -> Vec<(&str, &str)> {
        shown.iter().map(|(label, value)| (label.as_str(), value.as_str())).collect()
    }

    #[test]
    fn what_the_provider_told_is_said_in_words() {
        let profile = json!({
            "email": "ada@x.example", "email_verified": false, "given_name": "Ada", "site_admin": true,
            "groups": ["staff", "math"], "address": { "postalCode": "N1", "country": "UK" },
            "https://acme.example/claims/costCenter": 7, "last_login": "2026-01-02T03:04:05.000Z", "empty": " ",
        });
        assert_eq!(
            pairs(&told(&profile, Some("2020-01-01T00:00:00.000Z"))),
            [
                ("Connection", "GitHub"),
                ("Id", "github|42"),
                ("E-mail address", "ada@x.example, not verified"),
                ("First name", "Ada"),
                ("Last used", "2026-01-02T03:04:05Z"),
                ("Address", "(Country: UK; Postal code: N1)"),
                ("Groups", "staff and math"),
                ("Cost center", "7"),
                ("Site admin", "Yes"),
                ("Account since", "2020-01-01T00:00:00Z"),
            ]
        );
    }

    #[test]
    fn what_may_be_a_secret_is_never_shown() {
        let profile = json!({
            "access_token": "s3cret", "refreshToken": "s3cret", "client_secret": "s3cret", "more": { "id_token": "s3cret" },
        });
        let told = told(&profile, None);
        assert_eq!(pairs(&told)[..2], [("Connection", "GitHub"), ("Id", "github|42")]);
        assert!(!format!("{told:?}").contains("s3cret"), "{told:?}");
        let json = profile_json(&Profile(profile.as_object().unwrap().clone()));
        assert_eq!(json, json!({ "more": {} }));
    }

    #[test]
    fn whether_an_address_is_verified_is_said_only_where_the_tenant_says_so() {
        let email = |profile| told(&profile, None)[2].1.clone();
        assert_eq!(email(json!({ "email": "a@x.example" })), "a@x.example");
        assert_eq!(
            email(json!({ "email": "a@x.example", "email_verified": "true" })),
            "a@x.example, verified"
        );
    }
}
