//! Words for values of an open set: metadata that applications keep, and attributes that providers tell.
//!
//! A value says what it is: keys become labels, objects lines, lists sentences, times dates. Its JSON stands in a disclosure
//! beside it, for those who need it to the letter.

use std::fmt::Write as _;

use model::bidi::without_controls;
use serde_json::{Map, Value};

use super::key_words::{is_of_time, readable};
use super::messages::messages;
use super::name::name;
use super::times::{Time, time_of_epoch, time_of_iso};

messages! { values:
    /// A value.
    yes() = "Yes";
    /// A value.
    no() = "No";
    /// An empty value.
    nothing() = "Nothing";
    /// An empty value among others, in a sentence.
    nothing_among() = "nothing";
    /// The elements of a short list.
    several(elements: &[String]) = "{elements, list, conjunction}";
    /// Label of a value whose key is empty.
    without_name() = "Without a name";
    /// Summary of the part of a long text or of nested lines that is not shown at first.
    show_all() = "Show all";
    /// Summary of the lines that are not shown at first.
    show_others(count: usize) = "Show {count} more";
    /// Summary of the raw form.
    show_as_json() = "Show as JSON";
    /// Button that copies the raw form.
    copy_json() = "Copy the JSON";
    /// Status once the JSON was copied.
    json_copied() = "Copied.";
    /// Status when the browser refused to copy.
    json_not_copied() = "Not copied. Select the JSON and copy it yourself.";
}

/// The longest text that is shown at first, in characters.
const LONGEST: usize = 300;

/// The longest element of a list that is a sentence, in characters, and the most elements.
const LONGEST_ELEMENT: usize = 60;
const MOST_ELEMENTS: usize = 8;

/// The longest label, in characters.
const LONGEST_LABEL: usize = 80;

/// What a value is, by how it is shown.
#[derive(Clone, Debug, PartialEq)]
pub enum Shown {
    /// Null, blank or empty.
    Nothing,
    /// A line, whose names are marked.
    Line(String),
    /// A long text: its beginning, and all of it.
    Long(String, String),
    /// A time.
    Time(Time),
    /// The members of an object.
    Fields(Vec<Field>),
    /// The elements of a list that is no sentence.
    Elements(Vec<Value>),
}

impl Shown {
    /// Whether the value fits into one line.
    #[must_use]
    pub fn is_line(&self) -> bool {
        matches!(self, Self::Nothing | Self::Line(_) | Self::Time(_))
    }
}

/// A member of an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Its label, which no other member has.
    pub label: String,
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: Value,
}

/// Returns how the value under `key` is shown. A list's elements are under the key of the list.
#[must_use]
pub fn shown(key: &str, value: &Value) -> Shown {
    match value {
        Value::Null => Shown::Nothing,
        Value::Bool(true) => Shown::Line(yes().to_owned()),
        Value::Bool(false) => Shown::Line(no().to_owned()),
        Value::Number(number) => match number.as_i64().filter(|_| is_of_time(key)).and_then(time_of_epoch) {
            Some(time) => Shown::Time(time),
            None => Shown::Line(name(&number.to_string())),
        },
        Value::String(text) => shown_text(key, text),
        Value::Array(values) if values.is_empty() => Shown::Nothing,
        Value::Array(values) => {
            sentence(key, values).map_or_else(|| Shown::Elements(values.clone()), Shown::Line)
        }
        Value::Object(members) if members.is_empty() => Shown::Nothing,
        Value::Object(members) => Shown::Fields(fields(members)),
    }
}

fn shown_text(key: &str, text: &str) -> Shown {
    // What is nothing but marks of direction and blanks is seen as nothing.
    let visible = without_controls(text);
    let visible = visible.trim();
    if visible.is_empty() {
        return Shown::Nothing;
    }
    let epoch = || visible.parse().ok().filter(|_| is_of_time(key)).and_then(time_of_epoch);
    if let Some(time) = time_of_iso(visible).or_else(epoch) {
        return Shown::Time(time);
    }
    match cut(visible, LONGEST) {
        Some(start) => Shown::Long(name(&start), name(visible)),
        None => Shown::Line(name(visible)),
    }
}

/// Joins the elements of a list, where they are few and short.
fn sentence(key: &str, values: &[Value]) -> Option<String> {
    let element = |value: &Value| match (value, shown(key, value)) {
        (Value::Array(_) | Value::Object(_), _) => None,
        (_, Shown::Nothing) => Some(nothing_among().to_owned()),
        (_, Shown::Line(line)) if cut(&line, LONGEST_ELEMENT).is_none() => Some(line),
        _ => None,
    };
    let elements: Option<Vec<String>> = values.iter().map(element).collect();
    elements.filter(|elements| elements.len() <= MOST_ELEMENTS).map(|elements| several(&elements))
}

/// Returns the members of an object, each with a label. Keys that would have the same label are labels themselves.
#[must_use]
pub fn fields(members: &Map<String, Value>) -> Vec<Field> {
    let labels = labels(members.keys().map(String::as_str));
    let field = |((key, value), label): ((&String, &Value), String)| Field {
        label,
        key: key.clone(),
        value: value.clone(),
    };
    members.iter().zip(labels).map(field).collect()
}

/// Returns the labels of `keys`, each a different one.
#[must_use]
pub fn labels<'a>(keys: impl Iterator<Item = &'a str>) -> Vec<String> {
    let keys: Vec<&str> = keys.collect();
    let labels: Vec<String> = keys.iter().map(|key| label(key)).collect();
    // As maps of JSON: of those the page has the code already.
    let (mut seen, mut repeated) = (Map::new(), Map::new());
    for label in &labels {
        if seen.insert(label.clone(), Value::Null).is_some() {
            repeated.insert(label.clone(), Value::Null);
        }
    }
    let unique = |(key, label): (&&str, String)| {
        let is_unique = !repeated.contains_key(&label);
        if is_unique || key.trim().is_empty() { label } else { shortened(key) }
    };
    keys.iter().zip(labels).map(unique).collect()
}

/// Returns the label of a key.
fn label(key: &str) -> String {
    let label = readable(&without_controls(key));
    if label.trim().is_empty() { without_name().to_owned() } else { shortened(&label) }
}

fn shortened(text: &str) -> String {
    cut(text, LONGEST_LABEL).unwrap_or_else(|| without_controls(text))
}

/// Returns the first `length` characters of a text that is longer.
fn cut(text: &str, length: usize) -> Option<String> {
    let (end, _) = text.char_indices().nth(length)?;
    Some(format!("{}…", text.get(..end)?))
}

/// Returns a value as JSON for reading and copying: indented, and with everything escaped that would not be seen or would
/// turn around what is.
#[must_use]
pub fn json(value: &Value) -> String {
    let mut json = String::new();
    for letter in format!("{value:#}").chars() {
        if letter != '\n' && (letter.is_control() || model::bidi::is_invisible(letter)) {
            // All of these are in the first plane: one escape each.
            // Fails never: a text takes all that is written to it.
            let _ = write!(json, "\\u{:04x}", u32::from(letter));
        } else {
            json.push(letter);
        }
    }
    json
}

#[cfg(test)]
pub(in crate::text) mod tests {
    use serde_json::json;

    use super::*;
    use crate::text::plain;

    /// A value and all that is below it, on one line.
    pub(in crate::text) fn flat(key: &str, value: &Value) -> String {
        match shown(key, value) {
            Shown::Nothing => nothing().to_owned(),
            Shown::Line(line) => plain(&line),
            Shown::Long(start, _) => plain(&start),
            Shown::Time(time) => time.datetime(),
            Shown::Fields(fields) => {
                let field = |field: &Field| format!("{}: {}", field.label, flat(&field.key, &field.value));
                format!("({})", fields.iter().map(field).collect::<Vec<_>>().join("; "))
            }
            Shown::Elements(elements) => {
                format!("[{}]", elements.iter().map(|one| flat(key, one)).collect::<Vec<_>>().join("; "))
            }
        }
    }

    fn said(value: &Value) -> String {
        flat("key", value)
    }

    #[test]
    fn every_kind_of_value_has_words() {
        assert_eq!(said(&json!(true)), "Yes");
        assert_eq!(said(&json!(false)), "No");
        assert_eq!(said(&json!(-4.5)), "-4.5");
        assert_eq!(said(&json!(12_345_678_901_234_567_890_u64)), "12345678901234567890");
        assert_eq!(said(&json!("42")), "42");
        assert_eq!(said(&json!("https://a.example/?b=c")), "https://a.example/?b=c");
        assert_eq!(said(&json!({ "home": { "zip": "N1" }, "work": false })), "(Home: (Zip: N1); Work: No)");
        assert_eq!(said(&json!(["a", 1, true, null])), "a, 1, Yes and nothing");
    }

    #[test]
    fn what_is_empty_is_nothing() {
        for value in [json!(null), json!(""), json!(" \n"), json!("\u{202e}"), json!([]), json!({})] {
            assert_eq!(said(&value), "Nothing", "{value}");
        }
    }

    #[test]
    fn a_list_that_is_no_sentence_is_one_of_elements() {
        assert_eq!(said(&json!([[1, 2], [[3]]])), "[1 and 2; [3]]");
        assert_eq!(said(&json!([{ "a": 1 }, 2])), "[(A: 1); 2]");
        assert!(
            matches!(shown("k", &json!([0, 1, 2, 3, 4, 5, 6, 7, 8])), Shown::Elements(all) if all.len() == 9)
        );
        assert!(matches!(shown("k", &json!(["x".repeat(90)])), Shown::Elements(_)));
        assert!(matches!(shown("k", &json!(["2026-11-26"])), Shown::Elements(_)));
    }

    #[test]
    fn times_are_told_by_their_shape_or_by_their_key() {
        assert_eq!(said(&json!("2026-11-26T08:00:00Z")), "2026-11-26T08:00:00Z");
        assert_eq!(said(&json!("1990-12-10")), "1990-12-10");
        assert_eq!(flat("terms_accepted_at", &json!(1_700_000_000)), "2023-11-14T22:13:20Z");
        assert_eq!(flat("updatedAt", &json!("1700000000123")), "2023-11-14T22:13:20Z");
        assert_eq!(flat("order_number", &json!(1_700_000_000)), "1700000000");
        assert_eq!(flat("time", &json!(90)), "90");
        assert_eq!(said(&json!("2026-13-45")), "2026-13-45");
    }

    #[test]
    fn members_that_would_be_called_the_same_keep_their_keys() {
        let odd = json!({ "opt_in": 1, "optIn": 2, "": 3, "__proto__": 4, "اسم": 5, "a@x.example": 6 });
        assert_eq!(said(&odd), "(Without a name: 3; Proto: 4; a@x.example: 6; optIn: 2; opt_in: 1; اسم: 5)");
    }

    #[test]
    fn a_long_text_is_cut_between_characters_and_kept() {
        let text = "é".repeat(LONGEST + 5);
        let Shown::Long(start, whole) = shown("bio", &json!(text)) else { panic!() };
        assert_eq!(plain(&start), format!("{}…", "é".repeat(LONGEST)));
        assert_eq!(plain(&whole), text);
        assert_eq!(label(&"k".repeat(100)).chars().count(), LONGEST_LABEL + 1);
    }

    #[test]
    fn json_shows_what_would_not_be_seen() {
        let value = json!({ "a": "x\u{202e}y\u{200b}", "b": [1] });
        let shown = json(&value);
        assert!(shown.contains(r"x\u202ey\u200b"), "{shown}");
        assert!(shown.contains("\n  \"b\": ["), "{shown}");
        assert_eq!(serde_json::from_str::<Value>(&shown).unwrap(), value);
    }
}
