//! Profile attributes of a user or of a secondary identity (contract [B1](crate::contract#b1),
//! [B2](crate::contract#b2)). The set of attributes is open.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Profile attributes as a JSON object. Well-known attributes have a method; other keys are preserved
/// unchanged.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Profile(pub Map<String, Value>);

impl Profile {
    /// Returns the trimmed text stored under `key`; `None` if it is absent, blank or not a string.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
    }

    /// Returns the e-mail address.
    #[must_use]
    pub fn email(&self) -> Option<&str> {
        self.text("email")
    }

    /// Returns whether the provider has verified the e-mail address; `None` if the attribute is absent.
    ///
    /// Some social providers send the *string* `"true"`, which counts as verified (contract
    /// [B2](crate::contract#b2)).
    #[must_use]
    pub fn email_verified(&self) -> Option<bool> {
        match self.0.get("email_verified")? {
            Value::Bool(verified) => Some(*verified),
            Value::String(text) => Some(text == "true"),
            _ => None,
        }
    }

    /// Returns the display name.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.text("name")
    }

    /// Returns the username of a database connection, or else the nickname.
    #[must_use]
    pub fn username(&self) -> Option<&str> {
        self.text("username").or_else(|| self.text("nickname"))
    }

    /// Returns the telephone number in E.164 form (`+15550100`).
    #[must_use]
    pub fn phone_number(&self) -> Option<&str> {
        self.text("phone_number")
    }

    /// Returns the URL of a picture.
    #[must_use]
    pub fn picture(&self) -> Option<&str> {
        self.text("picture")
    }

    /// Sets `key` to `value` and returns the profile, for chaining.
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
