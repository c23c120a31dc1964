//! Reading JSON.

use serde::de::DeserializeOwned;
use serde_json::Value;

/// Parses `text` as a value and reads that, by `serde_json::from_slice` as the `oauth2` crate does: reading each type from
/// the text, or `serde_json::from_str`, would link the parser once more for each.
///
/// # Errors
/// When `text` is not JSON, or not a `T`.
pub fn read<T: DeserializeOwned>(text: &str) -> serde_json::Result<T> {
    T::deserialize(serde_json::from_slice::<Value>(text.as_bytes())?)
}

/// Returns whole seconds, which some services send as text or with a fraction.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "a cast of a float saturates")]
pub fn seconds(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().map(|number| number as i64)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}
