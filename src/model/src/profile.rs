//! The open set of profile attributes that a user or a secondary identity carries (contract [B1](crate::contract#b1), [B2](crate::contract#b2)).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Profile attributes as a JSON object: the known ones have a method, any other key is kept as it came.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Profile(pub Map<String, Value>);

impl Profile {
    /// The text stored under `key`; `None` when it is absent, empty or not a string.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
    }

    /// The e-mail address.
    #[must_use]
    pub fn email(&self) -> Option<&str> {
        self.text("email")
    }

    /// Whether the provider vouches for the e-mail address. Some social providers send the *string*
    /// `"true"` (contract [B2](crate::contract#b2)), which counts. `None` when nothing is said.
    #[must_use]
    pub fn email_verified(&self) -> Option<bool> {
        match self.0.get("email_verified")? {
            Value::Bool(verified) => Some(*verified),
            Value::String(text) => Some(text == "true"),
            _ => None,
        }
    }

    /// The display name.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.text("name")
    }

    /// The user name: `username` of a database connection, else `nickname`.
    #[must_use]
    pub fn username(&self) -> Option<&str> {
        self.text("username").or_else(|| self.text("nickname"))
    }

    /// The telephone number, in E.164 form (`+15550100`).
    #[must_use]
    pub fn phone_number(&self) -> Option<&str> {
        self.text("phone_number")
    }

    /// The address of a picture.
    #[must_use]
    pub fn picture(&self) -> Option<&str> {
        self.text("picture")
    }

    /// Sets `key` to `value`, and returns the profile for chaining.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.insert(key.to_owned(), value.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verified_email_is_understood_as_boolean_and_as_text() {
        assert_eq!(Profile::default().with("email_verified", true).email_verified(), Some(true));
        assert_eq!(Profile::default().with("email_verified", "true").email_verified(), Some(true));
        assert_eq!(Profile::default().with("email_verified", "no").email_verified(), Some(false));
        assert_eq!(Profile::default().email_verified(), None);
    }

    #[test]
    fn blank_text_counts_as_absent() {
        assert_eq!(Profile::default().with("name", "  ").name(), None);
    }
}
