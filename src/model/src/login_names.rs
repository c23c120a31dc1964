//! The names that people give their logins, in `user_metadata` under one key (contract
//! [G110](crate::contract#g110)).
//!
//! Whoever may write a user's metadata may write anything there. Reading ignores what is no name, and a change keeps it.

use serde_json::{Map, Value};

use crate::bidi;
use crate::id::IdentityKey;
use crate::user::Metadata;

/// The key of `user_metadata`. Its value is an object from logins to names.
pub const KEY: &str = "login_names";

/// The maximum length of a name, in characters.
pub const MAX_LENGTH: usize = 40;

/// A name for a login: not empty, on one line, and at most [`MAX_LENGTH`] characters long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginName(String);

/// The reason why a text is no name for a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLoginName {
    /// Nothing of it can be seen.
    #[error("the name is empty")]
    Empty,
    /// It has more than [`MAX_LENGTH`] characters.
    #[error("the name is longer than {MAX_LENGTH} characters")]
    TooLong,
}

impl LoginName {
    /// Reads what somebody wrote. White space is trimmed and becomes single spaces; characters that control text or its
    /// direction are dropped.
    ///
    /// # Errors
    /// [`InvalidLoginName`].
    pub fn new(text: &str) -> Result<Self, InvalidLoginName> {
        let visible = text.chars().filter(|c| c.is_whitespace() || !(c.is_control() || bidi::is_control(*c)));
        let visible: String = visible.collect();
        let name = visible.split_whitespace().collect::<Vec<_>>().join(" ");
        if name.chars().all(is_invisible) {
            Err(InvalidLoginName::Empty)
        } else if name.chars().count() > MAX_LENGTH {
            Err(InvalidLoginName::TooLong)
        } else {
            Ok(Self(name))
        }
    }

    /// Returns the name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether nothing is seen of a character that stands alone: spaces without width, joiners, marks of direction, fillers.
fn is_invisible(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}'
            | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Returns the name of a login in a user's metadata.
#[must_use]
pub fn name_of(metadata: Option<&Metadata>, login: &IdentityKey) -> Option<LoginName> {
    read(metadata?.get(KEY)?.as_object()?.get(&member(login))?)
}

/// Returns whether names can be written: nothing else stands in their place.
#[must_use]
pub fn is_writable(metadata: Option<&Metadata>) -> bool {
    metadata.and_then(|metadata| metadata.get(KEY)).is_none_or(|value| value.is_object() || value.is_null())
}

/// Returns the value of [`KEY`] after these changes, for a change of `user_metadata`, which replaces it as a whole (contract
/// [A9](crate::contract#a9)): names of logins, or `None` where one goes. Names of logins that are not `held` go, too. What is
/// no name stays.
///
/// Returns `None` when there is nothing to write: because nothing changes, or because something else stands in the place.
#[must_use]
pub fn changed(
    metadata: Option<&Metadata>,
    held: &[IdentityKey],
    changes: &[(IdentityKey, Option<LoginName>)],
) -> Option<Value> {
    if !is_writable(metadata) {
        return None;
    }
    let before = metadata.and_then(|metadata| metadata.get(KEY)).and_then(Value::as_object);
    let mut names = before.cloned().unwrap_or_default();
    let held: Vec<String> = held.iter().map(member).collect();
    names.retain(|login, name| held.contains(login) || !login.contains('|') || read(name).is_none());
    for (login, name) in changes {
        match name {
            Some(name) => names.insert(member(login), Value::String(name.0.clone())),
            None => names.remove(&member(login)),
        };
    }
    if before.unwrap_or(&Map::new()) == &names {
        None
    } else if names.is_empty() {
        Some(Value::Null)
    } else {
        Some(Value::Object(names))
    }
}

/// Returns metadata with nothing but the names of `held` logins; `None` when they have none.
#[must_use]
pub fn only_names(metadata: Option<&Metadata>, held: &[IdentityKey]) -> Option<Metadata> {
    let of_held: Vec<(IdentityKey, Option<LoginName>)> =
        held.iter().map(|login| (login.clone(), name_of(metadata, login))).collect();
    let names = changed(None, held, &of_held)?;
    Some([(KEY.to_owned(), names)].into_iter().collect())
}

/// Returns metadata without the names.
#[must_use]
pub fn without_names(mut metadata: Metadata) -> Metadata {
    metadata.remove(KEY);
    metadata
}

/// Returns whether there is anything but the names.
#[must_use]
pub fn has_others(metadata: &Metadata) -> bool {
    metadata.keys().any(|key| key != KEY)
}

/// The name that a value holds.
fn read(value: &Value) -> Option<LoginName> {
    LoginName::new(value.as_str()?).ok()
}

/// The member of the object for a login: `provider|id`. Keys of metadata contain neither `.` nor `$`, ids do.
fn member(login: &IdentityKey) -> String {
    let id = login.as_user_id();
    id.as_str().replace('%', "%25").replace('.', "%2E").replace('$', "%24")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::id::UserId;

    fn key(id: &str) -> IdentityKey {
        UserId::new(id).as_identity_key().unwrap()
    }

    fn metadata(names: Value) -> Metadata {
        let mut metadata = Metadata::new();
        metadata.insert("theme".to_owned(), json!("dark"));
        metadata.insert(KEY.to_owned(), names);
        metadata
    }

    fn name(text: &str) -> LoginName {
        LoginName::new(text).unwrap()
    }

    fn read_as(text: &str) -> Result<String, InvalidLoginName> {
        LoginName::new(text).map(|name| name.as_str().to_owned())
    }

    #[test]
    fn a_name_is_one_visible_line() {
        assert_eq!(read_as("  My \t work\n login ").as_deref(), Ok("My work login"));
        assert_eq!(read_as("evil\u{202E}drow\u{0007}").as_deref(), Ok("evildrow"));
        assert_eq!(read_as("👩\u{200D}💻").as_deref(), Ok("👩\u{200D}💻"));
        for nothing in ["", " \n", "\u{200B}\u{FEFF}", "\u{202E}\u{2069}", "\u{3164} \u{E0001}"] {
            assert_eq!(read_as(nothing), Err(InvalidLoginName::Empty), "{nothing:?}");
        }
        assert!(LoginName::new(&"é".repeat(MAX_LENGTH)).is_ok());
        assert_eq!(read_as(&"é".repeat(MAX_LENGTH + 1)), Err(InvalidLoginName::TooLong));
    }

    #[test]
    fn what_is_no_name_is_ignored() {
        let google = key("google-oauth2|1");
        for odd in [
            json!([]),
            json!(1),
            json!("Work"),
            json!({ "google-oauth2|1": ["Work"] }),
            json!({ "google-oauth2|1": 7 }),
        ] {
            assert_eq!(name_of(Some(&metadata(odd)), &google), None);
        }
        assert_eq!(
            name_of(Some(&metadata(json!({ "google-oauth2|1": "Work" }))), &google),
            Some(name("Work"))
        );
        assert_eq!(name_of(None, &google), None);
    }

    #[test]
    fn a_change_writes_all_names_and_drops_those_of_logins_that_are_gone() {
        let (google, apple) = (key("google-oauth2|1"), key("apple|001.a$b"));
        let before = metadata(json!({ "google-oauth2|1": "Work", "github|9": "Gone" }));
        let held = [google.clone(), apple.clone()];
        let after = changed(Some(&before), &held, &[(apple.clone(), Some(name("Family")))]).unwrap();
        assert_eq!(after, json!({ "google-oauth2|1": "Work", "apple|001%2Ea%24b": "Family" }));
        assert_eq!(name_of(Some(&metadata(after.clone())), &apple), Some(name("Family")));
        let none = [(google.clone(), None), (apple, None)];
        assert_eq!(changed(Some(&metadata(after)), &held, &none), Some(Value::Null));
        assert_eq!(changed(None, &held, &none), None);
        let same = [(google, Some(name("Work")))];
        assert_eq!(changed(Some(&metadata(json!({ "google-oauth2|1": "Work" }))), &held, &same), None);
    }

    #[test]
    fn names_and_other_metadata_are_told_apart() {
        let both = metadata(json!({ "google-oauth2|1": "Work\u{202E}", "github|2": 5, "line|3": "Gone" }));
        let only = only_names(Some(&both), &[key("google-oauth2|1"), key("github|2")]);
        assert_eq!(json!(only), json!({ KEY: { "google-oauth2|1": "Work" } }));
        assert_eq!(only_names(Some(&both), &[key("github|2")]), None);
        assert!(has_others(&both) && !has_others(&only.unwrap()));
        assert_eq!(json!(without_names(both)), json!({ "theme": "dark" }));
    }

    #[test]
    fn what_others_wrote_is_kept() {
        let google = key("google-oauth2|1");
        let odd = json!({ "note": "of another app", "github|2": ["x"], "line|3": "x".repeat(500), "google-oauth2|1": {} });
        let work = [(google.clone(), Some(name("Work")))];
        let after = changed(Some(&metadata(odd.clone())), std::slice::from_ref(&google), &work).unwrap();
        let mut expected = odd;
        expected["google-oauth2|1"] = json!("Work");
        assert_eq!(after, expected);
        for odd in [json!([1]), json!("x"), json!(false)] {
            let odd = metadata(odd);
            assert!(!is_writable(Some(&odd)));
            assert_eq!(changed(Some(&odd), std::slice::from_ref(&google), &work), None);
        }
        assert!(is_writable(Some(&metadata(Value::Null))) && is_writable(None));
    }
}
