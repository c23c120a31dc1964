//! JSON as the page reads it.

use serde::de::DeserializeOwned;

/// Reads `text`. By way of its bytes, as the oauth2 crate does: a second way, `serde_json::from_str`, would bring
/// the whole reader a second time.
///
/// # Errors
/// When it is no JSON, or says something else than a `T`.
pub fn read<T: DeserializeOwned>(text: &str) -> serde_json::Result<T> {
    serde_json::from_slice(text.as_bytes())
}
