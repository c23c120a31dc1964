//! What the stored texts of a user contain if a query matches it.
//!
//! To look for some letters in a text takes a small part of the time that it takes to read it as JSON. So most users that a query
//! does not match are passed over without reading them.

use memchr::memmem::Finder;
use store::ScannedUser;

use super::query::{Field, Query, Test};

/// The keys whose values are derived or stored as numbers, so that no text contains them as the query writes them.
const DERIVED_KEYS: [&str; 8] = [
    "blocked",
    "created_at",
    "last_ip",
    "last_login",
    "last_password_reset",
    "logins_count",
    "picture",
    "updated_at",
];

/// A condition on the stored texts of a user that every user fulfils whom the query matches. Others may fulfil it, too.
#[derive(Clone, Debug)]
pub(super) enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Contains(Box<Needle>),
}

/// Letters that are looked for, in ASCII lower case.
#[derive(Clone, Debug)]
pub(super) struct Needle {
    letters: Finder<'static>,
    /// Whether letters outside ASCII are compared in another form than that in which they are stored.
    is_folded: bool,
}

/// The stored texts of a user, in ASCII lower case.
#[derive(Debug, Default)]
pub(super) struct Texts {
    bytes: Vec<u8>,
    is_ascii: bool,
    has_escapes: bool,
}

impl Condition {
    /// Returns the condition of a query; `None` if it has none.
    pub(super) fn of(query: &Query) -> Option<Self> {
        match query {
            Query::And(parts) => {
                let conditions: Vec<_> = parts.iter().filter_map(Self::of).collect();
                (!conditions.is_empty()).then_some(Self::All(conditions))
            }
            Query::Or(parts) => parts.iter().map(Self::of).collect::<Option<_>>().map(Self::Any),
            Query::Match(field, test) => Needle::of(field.as_ref(), test).map(Box::new).map(Self::Contains),
            Query::All | Query::Not(_) | Query::Exists(_) => None,
        }
    }

    /// Returns whether the texts fulfil the condition.
    pub(super) fn holds(&self, texts: &Texts) -> bool {
        match self {
            Self::All(conditions) => conditions.iter().all(|condition| condition.holds(texts)),
            Self::Any(conditions) => conditions.iter().any(|condition| condition.holds(texts)),
            Self::Contains(needle) => needle.is_in(texts),
        }
    }
}

impl Needle {
    fn of(field: Option<&Field>, test: &Test) -> Option<Self> {
        if field.is_some_and(|field| DERIVED_KEYS.contains(&field.key())) {
            return None;
        }
        let value = match test {
            // A number is equal to others that are written in another way.
            Test::Term(term) if term.parse::<f64>().is_ok() => return None,
            // Whether an identity is social is a number where it is stored.
            Test::Term(term) if matches!(term.as_str(), "true" | "false") => return None,
            Test::Term(term) => term,
            Test::Prefix(prefix) => prefix,
            Test::Range { .. } => return None,
        };
        let is_folded = field.is_none_or(Field::is_folded);
        let letters = if is_folded { store::fold_text(value) } else { value.to_ascii_lowercase() };
        Some(Self { letters: Finder::new(&letters).into_owned(), is_folded })
    }

    fn is_in(&self, texts: &Texts) -> bool {
        // A letter in another form can be equal, and so can one that is written as an escape of JSON.
        texts.has_escapes || (self.is_folded && !texts.is_ascii) || self.letters.find(&texts.bytes).is_some()
    }
}

impl Texts {
    /// Takes over the texts of a user, in place of those of the one before.
    pub(super) fn read(&mut self, user: &ScannedUser) {
        self.replace(user.texts());
    }

    fn replace<'t>(&mut self, texts: impl Iterator<Item = &'t str>) {
        self.bytes.clear();
        for text in texts {
            self.bytes.extend_from_slice(text.as_bytes());
            self.bytes.push(b'\n');
        }
        self.bytes.make_ascii_lowercase();
        self.is_ascii = self.bytes.is_ascii();
        self.has_escapes = memchr::memchr(b'\\', &self.bytes).is_some();
    }
}

#[cfg(test)]
mod tests {
    use super::super::syntax::parse;
    use super::*;

    /// Returns whether the query has a condition that a user with this profile does not fulfil.
    fn excludes(query: &str, profile: &str) -> bool {
        let mut texts = Texts::default();
        texts.replace(["auth0|1", profile].into_iter());
        Condition::of(&parse(query).unwrap()).is_some_and(|condition| !condition.holds(&texts))
    }

    #[test]
    fn a_user_without_the_letters_of_a_query_is_excluded() {
        let profile = r#"{"name":"Jane Doe","plan":"Gold"}"#;
        for query in [
            "name:jim*",
            "name:\"jane do \"",
            "jim",
            "plan:golden",
            "name:jane* plan:silver",
            "plan:silver OR name:jim*",
            "name:(jim OR jo) -plan:gold",
            "plan:G\u{f6}ld",
        ] {
            assert!(excludes(query, profile), "{query}");
        }
    }

    #[test]
    fn a_user_is_not_excluded_whose_values_can_be_stored_in_another_form() {
        for (query, profile) in [
            ("name:JANE*", r#"{"name":"jane doe"}"#),
            ("name:jane*", r#"{"n\u0061me":"\u004aane"}"#),
            ("plan:\"a \\\" b\"", r#"{"plan":"a \" b"}"#),
            ("plan:a/b", r#"{"plan":"a\/b"}"#),
            ("name:kelvin", "{\"name\":\"\u{212a}elvin\"}"),
            ("name:j\u{f6}rg", "{\"name\":\"JO\u{308}RG\"}"),
            ("name:\u{212a}elvin", r#"{"name":"kelvin"}"#),
            ("seen:12", r#"{"seen":1.2e1}"#),
            ("picture:http*", r#"{"email":"a@b.test"}"#),
            ("logins_count:3", "{}"),
            ("identities.user_id:42", "{}"),
            ("identities.isSocial:true", "{}"),
            ("NOT name:jane", "{}"),
            ("name:jim OR logins_count:3", "{}"),
            ("name:[a TO b]", "{}"),
            ("_exists_:name", "{}"),
            ("auth0|1", "{}"),
            ("*", "{}"),
        ] {
            assert!(!excludes(query, profile), "{query} {profile}");
        }
    }
}
