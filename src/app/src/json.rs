//! Reading JSON.

use serde::de::DeserializeOwned;

/// Parses `text` by `serde_json::from_slice`, as the `oauth2` crate does. `serde_json::from_str` would link a second
/// copy of the parser.
///
/// # Errors
/// When `text` is not JSON, or not a `T`.
pub fn read<T: DeserializeOwned>(text: &str) -> serde_json::Result<T> {
    serde_json::from_slice(text.as_bytes())
}
