//! The formats in which users are saved: one user, an array, a list of the API with its totals, or one of these after
//! the other, as in the file of an export job (contract [B4](model::contract#b4)).
//!
//! A file is split into the texts of its users, which are parsed one by one: a file can be larger than its users may be in
//! memory.

use std::ops::Range;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::notice::Notices;
use super::place::{Misplaced, Path};

/// The key under which a list has its users: `users` in most of the Management API, `members` in an organisation's,
/// `data` in the answers of Auth0's Node.js client.
const LISTS: [&str; 3] = ["users", "members", "data"];

/// A user as it is written: where it is in the text, and what its place is called.
#[derive(Clone, Debug)]
pub(super) struct Written {
    range: Range<usize>,
    line: Option<u64>,
    list: Option<&'static str>,
    place: Option<usize>,
}

/// The reason why a text is not a users file.
pub(super) enum InvalidFormat {
    /// Not JSON.
    Syntax(Mistake),
    /// JSON that has no users.
    Content(Misplaced),
}

/// A mistake of syntax.
pub(super) struct Mistake {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) error: serde_json::Error,
}

impl Written {
    /// Returns the place of the user.
    pub(super) fn path(&self) -> Path {
        let root = Path::root(self.line);
        let list = self.list.map_or_else(|| root.clone(), |key| root.key(key));
        self.place.map_or_else(|| list.clone(), |place| list.element(place))
    }

    /// Parses the user. `text` is the whole file.
    ///
    /// # Errors
    /// What is found only when a value is read: an invalid escape, a number without bounds.
    pub(super) fn parse(&self, text: &str) -> Result<Map<String, Value>, Mistake> {
        serde_json::from_str(&text[self.range.clone()])
            .map_err(|error| Mistake::within(text, self.range.start, error))
    }
}

impl Mistake {
    /// Returns a mistake of a part of a text that starts at `start`.
    fn within(text: &str, start: usize, error: serde_json::Error) -> Self {
        let before = &text[..start];
        let column = match before.rfind('\n') {
            _ if error.line() > 1 => 0,
            Some(end) => before.len() - end - 1,
            None => before.len(),
        };
        let line = before.matches('\n').count() + error.line();
        Self { line, column: column + error.column(), error }
    }
}

/// Returns the users in a text.
///
/// # Errors
/// [`InvalidFormat`].
pub(super) fn users(text: &str, notices: &mut Notices) -> Result<Vec<Written>, InvalidFormat> {
    let mut users = Users { text, users: Vec::new() };
    for (line, value) in values(text)? {
        let path = Path::root(line);
        match value.as_bytes().first() {
            Some(b'[') => users.add_elements(line, None, value)?,
            Some(b'{') => {
                let object = Object::read(value).map_err(|error| users.mistake(value, error))?;
                match object.list_key() {
                    Some(key) => {
                        object.notice_missing_pages(&path, key, notices);
                        users.add_elements(line, Some(key), object.get(key).unwrap_or("[]"))?;
                    }
                    None => users.add(line, None, None, value),
                }
            }
            _ => return Err(not_a_user(path, value)),
        }
    }
    Ok(users.users)
}

/// The users that were found so far.
struct Users<'t> {
    text: &'t str,
    users: Vec<Written>,
}

impl Users<'_> {
    /// Adds the users of an array, which is a part of the text.
    fn add_elements(
        &mut self,
        line: Option<u64>,
        list: Option<&'static str>,
        array: &str,
    ) -> Result<(), InvalidFormat> {
        let elements: Vec<&RawValue> =
            serde_json::from_str(array).map_err(|error| self.mistake(array, error))?;
        self.users.reserve(elements.len());
        for (place, element) in elements.into_iter().enumerate() {
            self.add(line, list, Some(place), element.get());
            if !element.get().starts_with('{') {
                let path = self.users.pop().map_or_else(|| Path::root(line), |written| written.path());
                return Err(not_a_user(path, element.get()));
            }
        }
        Ok(())
    }

    fn add(&mut self, line: Option<u64>, list: Option<&'static str>, place: Option<usize>, user: &str) {
        self.users.push(Written { range: self.range(user), line, list, place });
    }

    /// Returns where a part of the text is in it.
    fn range(&self, part: &str) -> Range<usize> {
        let start = part.as_ptr().addr() - self.text.as_ptr().addr();
        start..start + part.len()
    }

    fn mistake(&self, part: &str, error: serde_json::Error) -> InvalidFormat {
        InvalidFormat::Syntax(Mistake::within(self.text, self.range(part).start, error))
    }
}

/// Returns the values in a text, each with its line. A file of one value has no line in its paths.
fn values(text: &str) -> Result<Vec<(Option<u64>, &str)>, InvalidFormat> {
    // Some editors write a byte order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if !text.trim_start().is_empty() && !text.trim_start().starts_with(['{', '[']) {
        let reason =
            "this is not JSON; an export job writes what is read here in the format json, not in csv";
        return Err(InvalidFormat::Content(Path::root(None).mistake(reason)));
    }
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    let (mut values, mut line, mut counted) = (Vec::new(), 1, 0);
    loop {
        let start = stream.byte_offset();
        let Some(value) = stream.next() else { break };
        let value = value.map_err(|error| {
            InvalidFormat::Syntax(Mistake { line: error.line(), column: error.column(), error })
        })?;
        // The offset is at the end of the value before: the value starts after the white space that follows.
        let rest = &text[start..];
        let start = start + (rest.len() - rest.trim_start().len());
        line += text[counted..start].matches('\n').count() as u64;
        counted = start;
        values.push((line, value.get()));
    }
    if values.is_empty() {
        return Err(InvalidFormat::Content(Path::root(None).mistake("the file is empty")));
    }
    let is_alone = values.len() == 1;
    Ok(values.into_iter().map(|(line, value)| ((!is_alone).then_some(line), value)).collect())
}

/// The keys of an object with the texts of their values.
struct Object<'t>(Vec<(String, &'t RawValue)>);

impl<'t> Object<'t> {
    fn read(text: &'t str) -> Result<Self, serde_json::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a user")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(entries)
            }
        }
        serde_json::Deserializer::from_str(text).deserialize_map(Entries).map(Self)
    }

    /// Returns the text of a value. Of several under one key it is the last, as everywhere.
    fn get(&self, key: &str) -> Option<&'t str> {
        self.0.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value.get())
    }

    /// Returns the key of the users in an object that is a list; `None` if it is a user itself.
    fn list_key(&self) -> Option<&'static str> {
        let is_user = ["user_id", "email", "identities"].iter().any(|key| self.get(key).is_some());
        let is_array = |key: &&str| self.get(key).is_some_and(|value| value.starts_with('['));
        LISTS.into_iter().find(|key| !is_user && is_array(key))
    }

    /// Notices that a list is one page of several.
    fn notice_missing_pages(&self, path: &Path, key: &str, notices: &mut Notices) {
        let count = self.get(key).and_then(|array| serde_json::from_str::<Vec<&RawValue>>(array).ok());
        let count = count.map_or(0, |elements| elements.len()) as u64;
        let value = |key: &str| serde_json::from_str::<Value>(self.get(key)?).ok();
        let total = value("total").as_ref().and_then(Value::as_u64);
        if let Some(total) = total.filter(|total| *total > count) {
            notices.add(path, format!("this page has {count} of {total} users; the others are not in it"));
        } else if value("next").as_ref().and_then(Value::as_str).is_some_and(|next| !next.is_empty()) {
            notices.add(path, "this list has a next page, which is not in it");
        }
    }
}

fn not_a_user(path: Path, value: &str) -> InvalidFormat {
    let kind = match value.as_bytes().first() {
        Some(b'n') => "null",
        Some(b't' | b'f') => "boolean",
        Some(b'"') => "string",
        Some(b'[') => "sequence",
        Some(b'{') => "map",
        _ => "number",
    };
    InvalidFormat::Content(path.mistake(format!("invalid type: {kind}, expected a user")))
}
