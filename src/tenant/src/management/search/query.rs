//! What a search asks, and whether a user is an answer (contract [A6](model::contract#a6)).

use std::cmp::Ordering;
use std::fmt;

use serde_json::Value;
use store::{CandidateField, Candidates};

use super::syntax::Unreadable;

/// Fields that are compared without regard to case.
const FOLDED: [&str; 5] = ["email", "name", "given_name", "family_name", "nickname"];

/// Where a value without a field is looked for.
const UNNAMED: [&str; 8] =
    ["email", "name", "given_name", "family_name", "nickname", "username", "phone_number", "user_id"];

/// Fields that hold a time in ISO 8601, so that a bound may be a mere day.
const TIMES: [&str; 4] = ["created_at", "updated_at", "last_login", "last_password_reset"];

/// A typed query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Query {
    /// Everybody.
    All,
    /// All of these.
    And(Vec<Query>),
    /// Any of these.
    Or(Vec<Query>),
    /// Not this.
    Not(Box<Query>),
    /// The field has a value.
    Exists(Field),
    /// A value of the field, or of one of the usual fields, passes the test.
    Match(Option<Field>, Test),
}

/// A path into the user, such as `identities.profileData.email`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field(String);

/// What a value must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Test {
    /// This.
    Term(String),
    /// Something that begins so.
    Prefix(String),
    /// Something between.
    Range {
        /// The lower end; `None` is open.
        from: Option<Bound>,
        /// The upper end; `None` is open.
        to: Option<Bound>,
    },
}

/// One end of a range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bound {
    /// Up to what.
    pub(super) value: String,
    /// Whether that is within.
    pub(super) inclusive: bool,
}

impl Field {
    /// Reads a field's name.
    pub(super) fn parse(name: &str) -> Result<Self, Unreadable> {
        if name.split('.').any(str::is_empty) {
            return Err(Unreadable("A field's name has an empty part"));
        }
        Ok(Self(name.to_owned()))
    }

    /// Its name.
    #[cfg(test)]
    pub(super) fn name(&self) -> &str {
        &self.0
    }

    /// Whether it lies within `user_metadata`, which is searched by whole values only.
    pub(super) fn is_user_metadata(&self) -> bool {
        self.0.split('.').next() == Some("user_metadata")
    }

    /// Whether any value of the field in `user` passes.
    fn any(&self, user: &Value, mut passes: impl FnMut(&Value) -> bool) -> bool {
        if self.0 == "email.domain" {
            let domain = user.get("email").and_then(Value::as_str).and_then(|email| email.rsplit_once('@'));
            return domain.is_some_and(|(_, domain)| passes(&Value::from(domain)));
        }
        any(user, Some(&self.0), &mut passes)
    }
}

/// Whether any value at `path` passes; lists are looked through, a list at the end by its items.
fn any(value: &Value, path: Option<&str>, passes: &mut impl FnMut(&Value) -> bool) -> bool {
    match (value, path) {
        (Value::Array(items), path) => items.iter().any(|item| any(item, path, passes)),
        (value, None) => passes(value),
        (Value::Object(object), Some(path)) => {
            let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
            object.get(name).is_some_and(|value| any(value, rest, passes))
        }
        _ => false,
    }
}

impl Query {
    /// Whether a user, as the API shows it, is an answer.
    pub(super) fn matches(&self, user: &Value) -> bool {
        match self {
            Self::All => true,
            Self::And(parts) => parts.iter().all(|part| part.matches(user)),
            Self::Or(parts) => parts.iter().any(|part| part.matches(user)),
            Self::Not(part) => !part.matches(user),
            Self::Exists(field) => field.any(user, |value| !value.is_null()),
            Self::Match(Some(field), test) => {
                let folded = FOLDED.contains(&field.0.as_str()) || field.0 == "email.domain";
                let time = TIMES.contains(&field.0.as_str());
                field.any(user, |value| test.passes(value, folded, time))
            }
            Self::Match(None, test) => UNNAMED.iter().any(|name| {
                let whole = user.get(*name).and_then(Value::as_str).unwrap_or_default();
                let words = whole.split_whitespace().filter(|word| *word != whole);
                [whole].into_iter().chain(words).any(|word| test.passes(&Value::from(word), true, false))
            }),
        }
    }

    /// Those who can be answers at all, where the query pins a column that the store has; `None` is everybody.
    pub(super) fn candidates(&self) -> Option<Candidates> {
        match self {
            Self::Match(Some(field), Test::Term(term)) => {
                let (by, value) = match field.0.as_str() {
                    "user_id" => (CandidateField::UserId, term.clone()),
                    "email" | "identities.profileData.email" => {
                        (CandidateField::Email, term.trim().to_lowercase())
                    }
                    "identities.user_id" => (CandidateField::IdentityId, term.clone()),
                    "identities.connection" => (CandidateField::Connection, term.clone()),
                    _ => return None,
                };
                Some(Candidates { by, values: vec![value] })
            }
            Self::And(parts) => {
                let pins = parts.iter().filter_map(Self::candidates);
                // Many share a connection; nobody shares an id.
                pins.min_by_key(|pin| (pin.by == CandidateField::Connection, pin.values.len()))
            }
            Self::Or(parts) => {
                let mut pins = parts.iter().map(Self::candidates);
                let mut all = pins.next()??;
                for pin in pins {
                    let pin = pin.filter(|pin| pin.by == all.by)?;
                    all.values.extend(pin.values);
                }
                Some(all)
            }
            Self::All | Self::Not(_) | Self::Exists(_) | Self::Match(..) => None,
        }
    }
}

impl Test {
    fn passes(&self, value: &Value, folded: bool, time: bool) -> bool {
        match self {
            Self::Term(term) => match value {
                Value::String(text) => equal(text, term, folded),
                Value::Bool(truth) => term == if *truth { "true" } else { "false" },
                Value::Number(number) => {
                    number.to_string() == *term
                        || (number.as_f64().is_some() && number.as_f64() == term.parse().ok())
                }
                _ => false,
            },
            Self::Prefix(prefix) => value.as_str().is_some_and(|text| {
                if folded {
                    text.to_lowercase().starts_with(&prefix.to_lowercase())
                } else {
                    text.starts_with(prefix.as_str())
                }
            }),
            Self::Range { from, to } => {
                let lies = |bound: &Option<Bound>, side: Ordering| match bound {
                    None => matches!(value, Value::String(_) | Value::Number(_)),
                    Some(bound) => match compare(value, &bound.value, folded, time) {
                        Some(Ordering::Equal) => bound.inclusive,
                        found => found == Some(side),
                    },
                };
                lies(from, Ordering::Greater) && lies(to, Ordering::Less)
            }
        }
    }
}

fn equal(text: &str, term: &str, folded: bool) -> bool {
    text == term || (folded && text.to_lowercase() == term.to_lowercase())
}

/// How a value lies to a bound. A time is compared as far as the bound is written, so that a day means all of it.
fn compare(value: &Value, bound: &str, folded: bool, time: bool) -> Option<Ordering> {
    match value {
        Value::Number(number) => number.as_f64()?.partial_cmp(&bound.parse().ok()?),
        Value::String(text) if time => Some(text.get(..bound.len()).unwrap_or(text).cmp(bound)),
        Value::String(text) if folded => Some(text.to_lowercase().cmp(&bound.to_lowercase())),
        Value::String(text) => Some(text.as_str().cmp(bound)),
        _ => None,
    }
}

/// Writes the query with every parenthesis: for tests and logs.
impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, parts: &[Self], operator: &str| {
            f.write_str("(")?;
            for (place, part) in parts.iter().enumerate() {
                if place > 0 {
                    write!(f, " {operator} ")?;
                }
                write!(f, "{part}")?;
            }
            f.write_str(")")
        };
        match self {
            Self::All => f.write_str("everybody"),
            Self::And(parts) => list(f, parts, "AND"),
            Self::Or(parts) => list(f, parts, "OR"),
            Self::Not(part) => write!(f, "NOT {part}"),
            Self::Exists(field) => write!(f, "{} exists", field.0),
            Self::Match(field, test) => {
                let name = field.as_ref().map_or("*", |field| &field.0);
                match test {
                    Test::Term(term) => write!(f, "{name}={term:?}"),
                    Test::Prefix(prefix) => write!(f, "{name}={prefix:?}*"),
                    Test::Range { from, to } => {
                        let end = |bound: &Option<Bound>| match bound {
                            None => ("*".to_owned(), true),
                            Some(bound) => (format!("{:?}", bound.value), bound.inclusive),
                        };
                        let ((from, from_in), (to, to_in)) = (end(from), end(to));
                        let (open, close) = (if from_in { '[' } else { '{' }, if to_in { ']' } else { '}' });
                        write!(f, "{name} in {open}{from} TO {to}{close}")
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::syntax::parse;
    use super::*;

    fn ada() -> Value {
        json!({
            "user_id": "auth0|1", "email": "Ada@Example.test", "email_verified": true, "name": "Ada Lovelace",
            "username": "Ada", "logins_count": 12, "created_at": "2026-01-01T10:00:00.000Z",
            "user_metadata": { "theme": "dark", "seen": [1, 2], "empty": null },
            "app_metadata": { "plan": { "level": "Gold" } },
            "identities": [
                { "user_id": "1", "connection": "db", "provider": "auth0" },
                { "user_id": 42, "connection": "github", "provider": "github",
                  "profileData": { "email": "ada@git.test" } },
            ],
        })
    }

    #[test]
    fn a_user_is_found_by_every_form() {
        for query in [
            "email:\"ADA@example.TEST\"",
            "name:\"ada lovelace\"",
            "name:ADA*",
            "ada",
            "lovelace",
            "auth0|1",
            "email.domain:example.test",
            "identities.user_id:42",
            "identities.profileData.email:ada@git.test",
            "identities.connection:github AND email_verified:true",
            "app_metadata.plan.level:Gold",
            "user_metadata.theme:dark",
            "user_metadata.seen:2",
            "logins_count:12",
            "logins_count:[2 TO 12]",
            "logins_count:{11 TO *]",
            "created_at:[2026-01-01 TO 2026-01-01]",
            "created_at:[2025 TO *]",
            "created_at:{2025-12-31 TO 2026-01-02}",
            "_exists_:app_metadata.plan",
            "NOT name:bob",
            "-_exists_:user_metadata.empty",
            "user_id:(\"auth0|1\" OR \"auth0|2\")",
            "app_metadata.plan.level:Gol*",
            "*",
            "created_at:[* TO *]",
            "user_id:\"auth0|1\" -email:bob",
        ] {
            assert!(parse(query).unwrap().matches(&ada()), "{query}");
        }
    }

    #[test]
    fn a_user_is_not_found_by_what_is_not_hers() {
        for query in [
            "username:ada",
            "name:ada",
            "name:lovelace",
            "app_metadata.plan.level:gold",
            "identities.provider:GitHub",
            "user_id:AUTH0|1",
            "logins_count:{12 TO *]",
            "logins_count:[1 TO 2]",
            "logins_count:[a TO z]",
            "created_at:{2026-01-01 TO *]",
            "created_at:[* TO 2026-01-01}",
            "_exists_:last_login",
            "_exists_:user_metadata.empty",
            "_exists_:email.address",
            "identities.0.user_id:1",
            "app_metadata:Gold",
            "email:\"ada@git.test\"",
            "-ada",
            "email.domain:test",
            "blocked:false",
        ] {
            assert!(!parse(query).unwrap().matches(&ada()), "{query}");
        }
    }

    #[test]
    fn what_pins_a_column_narrows_the_candidates_and_nothing_else_does() {
        let pins =
            |query: &str| parse(query).unwrap().candidates().map(|pins| (pins.by, pins.values.join(" ")));
        let some = |by, values: &str| Some((by, values.to_owned()));
        assert_eq!(pins("email:\"A@b\" AND email_verified:true"), some(CandidateField::Email, "a@b"));
        assert_eq!(pins("user_id:(a OR b)"), some(CandidateField::UserId, "a b"));
        assert_eq!(
            pins("identities.connection:x identities.user_id:y"),
            some(CandidateField::IdentityId, "y")
        );
        for everybody in
            ["user_id:a OR email:b", "user_id:a OR c", "-user_id:a", "user_id:abc*", "a", "name:a"]
        {
            assert_eq!(pins(everybody), None, "{everybody}");
        }
    }
}
