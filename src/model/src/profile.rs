//! Profile attributes of a user or of a secondary identity (contract [B1](crate::contract#b1),
//! [B2](crate::contract#b2)). The set of attributes is open.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The maximum length of `given_name` and `family_name`, in characters (contract [A8](crate::contract#a8)).
pub const PART_OF_NAME_LENGTH: usize = 150;

/// The maximum length of `name` and `nickname`, in characters (contract [A8](crate::contract#a8)).
pub const NAME_LENGTH: usize = 300;

/// The maximum length of `username`, in characters (contract [A8](crate::contract#a8)).
pub const USERNAME_LENGTH: usize = 128;

/// The maximum length of `email`, in characters.
pub const EMAIL_LENGTH: usize = 320;

/// The maximum length of `picture`, in characters: that of a URL, not that of a picture.
pub const PICTURE_LENGTH: usize = 2048;

/// The maximum length of the JSON of any other attribute, in bytes. Other attributes do not flow into tokens.
const OTHER_LENGTH: usize = 4096;

/// Returns the maximum length of an attribute, in characters of its text.
///
/// ID tokens contain attributes, and travel in queries and cookies of applications.
#[must_use]
pub fn max_length(attribute: &str) -> usize {
    match attribute {
        "given_name" | "family_name" | "middle_name" => PART_OF_NAME_LENGTH,
        "name" | "nickname" | "preferred_username" | "gender" | "locale" | "zoneinfo" | "phone_number" => {
            NAME_LENGTH
        }
        "username" => USERNAME_LENGTH,
        "email" => EMAIL_LENGTH,
        "picture" => PICTURE_LENGTH,
        _ => OTHER_LENGTH,
    }
}

/// Returns whether an attribute is at most as long as it may be.
#[must_use]
pub fn has_permitted_length(attribute: &str, value: &Value) -> bool {
    let length = match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => return true,
        Value::String(text) => text.chars().count(),
        Value::Array(_) | Value::Object(_) => value.to_string().len(),
    };
    length <= max_length(attribute)
}

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

    /// Removes the attributes that are longer than permitted ([`max_length`]) and returns their names.
    ///
    /// For the ways into a profile that must not fail because of one attribute: sign-in through a provider, and the
    /// users of a file.
    #[must_use = "what is left out must be said"]
    pub fn remove_oversized(&mut self) -> Vec<String> {
        let oversized: Vec<String> = self
            .0
            .iter()
            .filter(|(name, value)| !has_permitted_length(name, value))
            .map(|(name, _)| name.clone())
            .collect();
        self.0.retain(|name, _| !oversized.contains(name));
        oversized
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
    fn an_attribute_is_removed_when_it_is_longer_than_permitted() {
        let picture = format!("data:image/png;base64,{}", "A".repeat(70_000));
        let mut profile = Profile::default()
            .with("name", "ä".repeat(NAME_LENGTH))
            .with("nickname", "n".repeat(NAME_LENGTH + 1))
            .with("picture", picture)
            .with("groups", vec!["g"; 10_000])
            .with("email_verified", true);
        assert_eq!(profile.remove_oversized(), ["groups", "nickname", "picture"]);
        assert_eq!(profile.0.keys().collect::<Vec<_>>(), ["email_verified", "name"]);
        assert!(profile.remove_oversized().is_empty());
    }

    #[test]
    fn blank_text_counts_as_absent() {
        assert_eq!(Profile::default().with("name", "  ").name(), None);
    }
}
