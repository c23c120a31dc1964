//! The formats in which users are saved: one user, an array, a list of the API with its totals, or one of these after
//! the other, as in the file of an export job (contract [B4](model::contract#b4)).

use serde_json::{Map, Value};

use super::notice::Notices;
use super::place::{Misplaced, Path};

/// The key under which a list has its users: `users` in most of the Management API, `members` in an organisation's,
/// `data` in the answers of Auth0's Node.js client.
const LISTS: [&str; 3] = ["users", "members", "data"];

/// A user as it is written, and where.
pub(super) type Written = (Path, Map<String, Value>);

/// The reason why a text is not a users file.
pub(super) enum InvalidFormat {
    /// Not JSON.
    Syntax(serde_json::Error),
    /// JSON that has no users.
    Content(Misplaced),
}

/// Returns the users in a text.
///
/// # Errors
/// [`InvalidFormat`].
pub(super) fn users(text: &str, notices: &mut Notices) -> Result<Vec<Written>, InvalidFormat> {
    let mut users = Vec::new();
    for (path, value) in values(text)? {
        match value {
            Value::Array(elements) => add_elements(&path, elements, &mut users)?,
            Value::Object(mut object) => match list_key(&object) {
                Some(key) => {
                    notice_missing_pages(&path, &object, key, notices);
                    let Some(Value::Array(elements)) = object.remove(key) else { continue };
                    add_elements(&path.key(key), elements, &mut users)?;
                }
                None => users.push((path, object)),
            },
            other => return Err(not_a_user(path, &other)),
        }
    }
    Ok(users)
}

/// Returns the values in a text, each with its path. A file of one value has no line in its paths.
fn values(text: &str) -> Result<Vec<(Path, Value)>, InvalidFormat> {
    // Some editors write a byte order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if !text.trim_start().is_empty() && !text.trim_start().starts_with(['{', '[']) {
        let reason =
            "this is not JSON; an export job writes what is read here in the format json, not in csv";
        return Err(InvalidFormat::Content(Path::root(None).mistake(reason)));
    }
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let (mut values, mut line, mut counted) = (Vec::new(), 1, 0);
    loop {
        let start = stream.byte_offset();
        let Some(value) = stream.next() else { break };
        // The offset is at the end of the value before: the value starts after the white space that follows.
        let rest = &text[start..];
        let start = start + (rest.len() - rest.trim_start().len());
        line += text[counted..start].matches('\n').count() as u64;
        counted = start;
        values.push((line, value.map_err(InvalidFormat::Syntax)?));
    }
    if values.is_empty() {
        return Err(InvalidFormat::Content(Path::root(None).mistake("the file is empty")));
    }
    let is_alone = values.len() == 1;
    Ok(values.into_iter().map(|(line, value)| (Path::root((!is_alone).then_some(line)), value)).collect())
}

fn add_elements(path: &Path, elements: Vec<Value>, users: &mut Vec<Written>) -> Result<(), InvalidFormat> {
    for (place, element) in elements.into_iter().enumerate() {
        match element {
            Value::Object(user) => users.push((path.element(place), user)),
            other => return Err(not_a_user(path.element(place), &other)),
        }
    }
    Ok(())
}

/// Returns the key of the users in an object that is a list; `None` if it is a user itself.
fn list_key(object: &Map<String, Value>) -> Option<&'static str> {
    let is_user = ["user_id", "email", "identities"].iter().any(|key| object.contains_key(*key));
    LISTS.into_iter().find(|key| !is_user && object.get(*key).is_some_and(Value::is_array))
}

/// Notices that a list is one page of several.
fn notice_missing_pages(path: &Path, list: &Map<String, Value>, key: &str, notices: &mut Notices) {
    let count = list.get(key).and_then(Value::as_array).map_or(0, Vec::len) as u64;
    let total = list.get("total").and_then(Value::as_u64);
    if let Some(total) = total.filter(|total| *total > count) {
        notices.add(path, format!("this page has {count} of {total} users; the others are not in it"));
    } else if list.get("next").and_then(Value::as_str).is_some_and(|next| !next.is_empty()) {
        notices.add(path, "this list has a next page, which is not in it");
    }
}

fn not_a_user(path: Path, value: &Value) -> InvalidFormat {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "sequence",
        Value::Object(_) => "map",
    };
    InvalidFormat::Content(path.mistake(format!("invalid type: {kind}, expected a user")))
}
