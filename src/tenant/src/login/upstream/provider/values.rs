//! Values in the responses of providers, read by their meaning: providers write numbers as text, booleans as text or
//! numbers, and one text where the specification has a list.
//!
//! Whom a token is for, who issued it and how long it is valid is not read by this module, see
//! [`id_token`](super::id_token).

use serde_json::Value;

use crate::clock::Moment;

/// Returns a text: a string, the digits of a number, or the only element of a list. `None` if it is empty or anything else.
pub(in crate::login::upstream) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.trim().is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Array(list) => match list.as_slice() {
            [Value::Array(_)] => None,
            [one] => text(one),
            _ => None,
        },
        _ => None,
    }
}

/// Returns a boolean: `true`, `"True"`, `"1"`, `1` and the like. `None` for anything else.
pub(in crate::login::upstream) fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(truth) => Some(*truth),
        _ => match text(value)?.trim().to_ascii_lowercase().as_str() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        },
    }
}

/// Returns the texts of a list, which can also be one text with spaces between the elements. Other elements are left out.
pub(super) fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => text.split_ascii_whitespace().collect(),
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Returns a time: seconds since the Unix epoch as a number or as text, or ISO 8601. `None` for anything else.
pub(super) fn moment(value: &Value) -> Option<Moment> {
    let text = text(value)?;
    match text.parse::<f64>() {
        Ok(seconds) if seconds.is_finite() =>
        {
            #[expect(clippy::cast_possible_truncation, reason = "a cast of a float saturates")]
            Some(Moment::from_millis((seconds * 1000.0) as i64))
        }
        _ => Moment::parse_iso(&text),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_is_read_where_its_meaning_is_clear() {
        let read = |value: Value| text(&value);
        assert_eq!(read(json!("Ann")).as_deref(), Some("Ann"));
        assert_eq!(read(json!(42)).as_deref(), Some("42"));
        assert_eq!(read(json!(["Ann"])).as_deref(), Some("Ann"));
        for unclear in
            [json!(null), json!(""), json!(" "), json!(true), json!(["a", "b"]), json!([[1]]), json!({})]
        {
            assert_eq!(read(unclear.clone()), None, "{unclear}");
        }
        for (value, expected) in [
            (json!("True"), Some(true)),
            (json!(1), Some(true)),
            (json!("0"), Some(false)),
            (json!("yes"), None),
            (json!(2), None),
            (json!(null), None),
        ] {
            assert_eq!(boolean(&value), expected, "{value}");
        }
        assert_eq!(texts(&json!("a b")), ["a", "b"]);
        assert_eq!(texts(&json!(["a", 1, null])), ["a"]);
        assert_eq!(moment(&json!("1.5")), Some(Moment::from_millis(1500)));
        assert_eq!(moment(&json!("1970-01-01T00:00:02Z")), Some(Moment::from_millis(2000)));
        assert_eq!(moment(&json!({})), None);
    }
}
