//! Metadata: merging a change, and the size limit of a profile (contract [A9](model::contract#a9)).

use model::Metadata;
use serde_json::Value;
use store::UserRow;

use crate::database::accounts::{MAX_USER_SIZE, json_size};
use crate::http::error::ApiError;

/// Auth0's soft limit in bytes. A larger profile causes a warning in the log.
const SOFT_LIMIT: usize = 10 * 1024;

/// Merges a change at the first level: a key is replaced as a whole, null removes it, and nested nulls are
/// stored (contract [U-4](model::contract#u-4)). An empty object removes all keys.
pub(super) fn merge(stored: Option<Metadata>, change: &Metadata) -> Metadata {
    if change.is_empty() {
        return Metadata::new();
    }
    let mut merged = stored.unwrap_or_default();
    for (key, value) in change {
        match value {
            Value::Null => merged.remove(key),
            value => merged.insert(key.clone(), value.clone()),
        };
    }
    merged
}

/// Checks that a change does not enlarge a user beyond the limit. A user who is larger already, such as one of a file, can
/// still be changed in a way that does not enlarge them.
pub(super) fn check_size(before: Option<&UserRow>, after: &UserRow) -> Result<(), ApiError> {
    let size_of =
        |user: &UserRow| json_size(&user.profile, user.user_metadata.as_ref(), user.app_metadata.as_ref());
    let size = size_of(after);
    let is_larger = before.is_none_or(|before| size > size_of(before));
    if size > MAX_USER_SIZE && is_larger {
        return Err(ApiError::Payload(format!(
            "User profile is too large ({size} bytes), maximum {MAX_USER_SIZE}"
        )));
    }
    if size > SOFT_LIMIT {
        tracing::warn!(size, "a user profile is larger than the soft limit of {SOFT_LIMIT} bytes");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(value: Value) -> Metadata {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_change_is_merged_at_the_first_level_only() {
        use serde_json::json;
        let stored = || Some(object(json!({ "a": { "x": 1, "y": 2 }, "b": 1, "c": [1, 2] })));
        let merged = |change| merge(stored(), &object(change));
        assert_eq!(
            merged(json!({ "a": { "x": null }, "b": null, "d": 4 })),
            object(json!({ "a": { "x": null }, "c": [1, 2], "d": 4 }))
        );
        assert_eq!(merged(json!({})), Metadata::new());
        assert_eq!(merge(None, &object(json!({ "a": null, "b": 2 }))), object(json!({ "b": 2 })));
    }
}
