//! A typed search query, and whether a user matches it (contract [A6](model::contract#a6)).

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;
use store::{CandidateField, Candidates, fold_identifier, fold_text};

/// Fields that are compared case-insensitively.
const FOLDED: [&str; 5] = ["email", "name", "given_name", "family_name", "nickname"];

/// The fields to search for a value without a field.
const UNNAMED: [&str; 8] =
    ["email", "name", "given_name", "family_name", "nickname", "username", "phone_number", "user_id"];

/// Fields that contain a time in ISO 8601. The bound of a range can be a prefix of it, such as a day.
const TIMES: [&str; 4] = ["created_at", "updated_at", "last_login", "last_password_reset"];

/// The reason why a text is not a query, as a sentence for its author.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct InvalidQuery(pub(super) &'static str);

/// A typed query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Query {
    /// Every user.
    All,
    /// All of these.
    And(Vec<Query>),
    /// Any of these.
    Or(Vec<Query>),
    /// Not this query.
    Not(Box<Query>),
    /// The field has a non-null value.
    Exists(Field),
    /// A value of the field, or of one of the default fields if there is none, passes the test.
    Match(Option<Field>, Test),
}

/// A path into the user, such as `identities.profileData.email`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field(String);

/// The condition on a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Test {
    /// Equal to this.
    Term(String),
    /// A string with this prefix.
    Prefix(String),
    /// Between two bounds.
    Range {
        /// The lower bound; `None` is unbounded.
        from: Option<Bound>,
        /// The upper bound; `None` is unbounded.
        to: Option<Bound>,
    },
}

/// A bound of a range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bound {
    /// The value of the bound.
    pub(super) value: String,
    /// Whether the bound is part of the range.
    pub(super) inclusive: bool,
}

impl Field {
    /// Parses the name of a field.
    pub(super) fn parse(name: &str) -> Result<Self, InvalidQuery> {
        if name.split('.').any(str::is_empty) {
            return Err(InvalidQuery("A field's name has an empty part"));
        }
        Ok(Self(name.to_owned()))
    }

    /// Returns the name of the field.
    #[cfg(test)]
    pub(super) fn name(&self) -> &str {
        &self.0
    }

    /// Returns whether its texts are compared without regard to case.
    pub(super) fn is_folded(&self) -> bool {
        FOLDED.contains(&self.0.as_str()) || self.0 == "email.domain"
    }

    /// Returns the key of the user that contains the field.
    pub(super) fn key(&self) -> &str {
        self.0.split('.').next().unwrap_or_default()
    }

    /// Returns whether the field is within `user_metadata`, which supports whole values only.
    pub(super) fn is_user_metadata(&self) -> bool {
        self.key() == "user_metadata"
    }

    /// Returns whether any value of the field in `user` passes.
    fn any(&self, user: &Value, mut passes: impl FnMut(&Value) -> bool) -> bool {
        if self.0 == "email.domain" {
            let domain = user.get("email").and_then(Value::as_str).and_then(|email| email.rsplit_once('@'));
            return domain.is_some_and(|(_, domain)| passes(&Value::from(domain)));
        }
        any(user, Some(&self.0), &mut passes)
    }
}

/// Returns whether any value at `path` passes. Each item of an array on the path, and at its end, is a
/// candidate.
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
    /// Returns whether a user, in the representation of the API, matches.
    pub(super) fn matches(&self, user: &Value) -> bool {
        match self {
            Self::All => true,
            Self::And(parts) => parts.iter().all(|part| part.matches(user)),
            Self::Or(parts) => parts.iter().any(|part| part.matches(user)),
            Self::Not(part) => !part.matches(user),
            Self::Exists(field) => field.any(user, |value| !value.is_null()),
            Self::Match(Some(field), test) => {
                let time = TIMES.contains(&field.0.as_str());
                field.any(user, |value| test.passes(value, field.is_folded(), time))
            }
            Self::Match(None, test) => UNNAMED.iter().any(|name| {
                let whole = user.get(*name).and_then(Value::as_str).unwrap_or_default();
                let words = whole.split_whitespace().filter(|word| *word != whole);
                [whole].into_iter().chain(words).any(|word| test.passes(&Value::from(word), true, false))
            }),
        }
    }

    /// Adds the keys of a user whose values [`Query::matches`] looks at.
    pub(super) fn add_keys(&self, keys: &mut BTreeSet<String>) {
        match self {
            Self::All => {}
            Self::And(parts) | Self::Or(parts) => parts.iter().for_each(|part| part.add_keys(keys)),
            Self::Not(part) => part.add_keys(keys),
            Self::Exists(field) | Self::Match(Some(field), _) => {
                keys.insert(field.key().to_owned());
            }
            Self::Match(None, _) => keys.extend(UNNAMED.map(str::to_owned)),
        }
    }

    /// Returns whether it looks at the profiles of linked identities.
    pub(super) fn reads_linked_profiles(&self) -> bool {
        match self {
            Self::All | Self::Match(None, _) => false,
            Self::And(parts) | Self::Or(parts) => parts.iter().any(Self::reads_linked_profiles),
            Self::Not(part) => part.reads_linked_profiles(),
            Self::Exists(field) | Self::Match(Some(field), _) => {
                field.0 == "identities.profileData" || field.0.starts_with("identities.profileData.")
            }
        }
    }

    /// Returns the number of clauses.
    pub(super) fn clauses(&self) -> usize {
        match self {
            Self::All | Self::Exists(_) | Self::Match(..) => 1,
            Self::And(parts) | Self::Or(parts) => parts.iter().map(Self::clauses).sum(),
            Self::Not(part) => part.clauses(),
        }
    }

    /// Returns a preselection of the users that can match, if the query fixes the value of an indexed column.
    /// `None` means that every user can match.
    pub(super) fn candidates(&self) -> Option<Candidates> {
        match self {
            Self::Match(Some(field), Test::Term(term)) => {
                let (by, value) = match field.0.as_str() {
                    "user_id" => (CandidateField::UserId, term.clone()),
                    "email" | "identities.profileData.email" => {
                        (CandidateField::Email, fold_identifier(term))
                    }
                    "identities.user_id" => (CandidateField::IdentityId, term.clone()),
                    "identities.connection" => (CandidateField::Connection, term.clone()),
                    _ => return None,
                };
                Some(Candidates { by, values: vec![value] })
            }
            Self::And(parts) => {
                let selections = parts.iter().filter_map(Self::candidates);
                // A connection selects many users, any other field few.
                selections.min_by_key(|one| (one.by == CandidateField::Connection, one.values.len()))
            }
            Self::Or(parts) => {
                let mut selections = parts.iter().map(Self::candidates);
                let mut all = selections.next()??;
                for selection in selections {
                    let selection = selection.filter(|one| one.by == all.by)?;
                    all.values.extend(selection.values);
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
                    fold_text(text).starts_with(&fold_text(prefix))
                } else {
                    text.starts_with(prefix.as_str())
                }
            }),
            Self::Range { from, to } => {
                let is_on_side = |bound: &Option<Bound>, side: Ordering| match bound {
                    None => matches!(value, Value::String(_) | Value::Number(_)),
                    Some(bound) => match compare(value, &bound.value, folded, time) {
                        Some(Ordering::Equal) => bound.inclusive,
                        found => found == Some(side),
                    },
                };
                is_on_side(from, Ordering::Greater) && is_on_side(to, Ordering::Less)
            }
        }
    }
}

fn equal(text: &str, term: &str, folded: bool) -> bool {
    text == term || (folded && fold_text(text) == fold_text(term))
}

/// Compares a value to a bound. A time is truncated to the length of the bound, so that a day includes all of
/// its times.
fn compare(value: &Value, bound: &str, folded: bool, time: bool) -> Option<Ordering> {
    match value {
        Value::Number(number) => number.as_f64()?.partial_cmp(&bound.parse().ok()?),
        Value::String(text) if time => Some(text.get(..bound.len()).unwrap_or(text).cmp(bound)),
        Value::String(text) if folded => Some(fold_text(text).cmp(&fold_text(bound))),
        Value::String(text) => Some(text.as_str().cmp(bound)),
        _ => None,
    }
}

/// Writes the query with all parentheses, for tests and logs.
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
