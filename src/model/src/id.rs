//! Identifiers on the wire: connection names, identity ids within a provider, and user ids.
//!
//! Contract [B3](crate::contract#b3) describes their forms.

use std::fmt;
use std::hash::{Hash, Hasher};

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::provider::Provider;

/// The name of a connection, such as `Username-Password-Authentication` or `google-oauth2`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConnectionName(String);

impl ConnectionName {
    /// Wraps a connection name in its wire form.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// Returns the name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ConnectionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The id of an identity *within its provider* (`identity.user_id` on the wire).
///
/// Some providers (GitHub) use JSON integers, others strings. Both are stored as text, so that ids beyond
/// 2^53 survive the browser's number type, and are serialized in the form in which they arrived. Two ids are
/// equal if their text is equal (contract [B3](crate::contract#b3)).
#[derive(Clone, Debug)]
pub struct IdentityId {
    text: String,
    integer: bool,
}

impl IdentityId {
    /// Creates an id that is a string on the wire.
    #[must_use]
    pub fn text(id: impl Into<String>) -> Self {
        Self { text: id.into(), integer: false }
    }

    /// Creates an id that is an integer on the wire if `integer` is set and `text` is the canonical form of a
    /// `u64`; a string otherwise.
    #[must_use]
    pub fn from_parts(text: impl Into<String>, integer: bool) -> Self {
        let text = text.into();
        let integer = integer && text.parse::<u64>().is_ok_and(|number| number.to_string() == text);
        Self { text, integer }
    }

    /// Returns the id as text, whatever its wire form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns whether the id is an integer on the wire.
    #[must_use]
    pub fn is_integer(&self) -> bool {
        self.integer
    }
}

impl PartialEq for IdentityId {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for IdentityId {}

impl Hash for IdentityId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl fmt::Display for IdentityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for IdentityId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.text.parse::<u64>() {
            Ok(number) if self.integer => serializer.serialize_u64(number),
            _ => serializer.serialize_str(&self.text),
        }
    }
}

impl<'de> Deserialize<'de> for IdentityId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = IdentityId;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or a non-negative integer")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<IdentityId, E> {
                Ok(IdentityId::text(text))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<IdentityId, E> {
                Ok(IdentityId { text: number.to_string(), integer: true })
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// The maximum length of the id of a new identity, in characters.
const MAX_ID_LENGTH: usize = 512;

/// The reason why an id cannot be given to a new identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidIdentityId {
    /// It is empty.
    #[error("the id is empty")]
    Empty,
    /// It has more than 512 characters.
    #[error("the id is longer than 512 characters")]
    TooLong,
    /// It, or a part between pipes, is `.` or `..`, percent-encoded or not. Clients resolve such a segment of a path, so
    /// that no request could name the identity.
    #[error("the id is \".\" or \"..\", which cannot be a segment of a path")]
    DotSegment,
}

/// The id of an identity that is to be created. Ids that exist already are [`IdentityId`]s, whatever they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewIdentityId(IdentityId);

impl NewIdentityId {
    /// Checks that requests can name an identity with this id.
    ///
    /// # Errors
    /// [`InvalidIdentityId`].
    pub fn new(id: IdentityId) -> Result<Self, InvalidIdentityId> {
        if id.text.is_empty() {
            return Err(InvalidIdentityId::Empty);
        }
        if id.text.chars().count() > MAX_ID_LENGTH {
            return Err(InvalidIdentityId::TooLong);
        }
        if id.text.split('|').any(is_dot_segment) {
            return Err(InvalidIdentityId::DotSegment);
        }
        Ok(Self(id))
    }

    /// Returns the id.
    #[must_use]
    pub fn into_id(self) -> IdentityId {
        self.0
    }
}

/// Returns whether a text is `.` or `..`, percent-encoded any number of times or not at all. Clients resolve such a segment
/// of a path (URL Standard, "double-dot URL path segment").
#[must_use]
pub fn is_dot_segment(text: &str) -> bool {
    let mut text = text.to_owned();
    while let Ok(decoded) = percent_decode_str(&text).decode_utf8()
        && decoded != text
    {
        text = decoded.into_owned();
    }
    text == "." || text == ".."
}

/// The key of an identity: its provider and its id within that provider. Unique in a tenant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IdentityKey {
    /// The provider, also called strategy: `auth0`, `google-oauth2`, `samlp` …
    pub provider: Provider,
    /// The id within that provider.
    pub user_id: IdentityId,
}

impl IdentityKey {
    /// Returns `provider|user_id`: the id of the user whose primary identity this is or would be.
    #[must_use]
    pub fn as_user_id(&self) -> UserId {
        UserId::new(format!("{}|{}", self.provider, self.user_id))
    }
}

/// A user id, `provider|id`. The id part may contain further pipes; the first one separates.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserId(String);

impl UserId {
    /// Wraps a user id in its wire form.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// Returns the id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the key of the primary identity; `None` if there is no pipe or either side of it is empty.
    #[must_use]
    pub fn as_identity_key(&self) -> Option<IdentityKey> {
        let (provider, id) = self.0.split_once('|')?;
        (!provider.is_empty() && !id.is_empty())
            .then(|| IdentityKey { provider: Provider::new(provider), user_id: IdentityId::text(id) })
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_id_splits_at_the_first_pipe_only() {
        let key = UserId::new("samlp|acme|a/b").as_identity_key().unwrap();
        assert_eq!(key.provider.as_str(), "samlp");
        assert_eq!(key.user_id.as_str(), "acme|a/b");
        assert_eq!(key.as_user_id().as_str(), "samlp|acme|a/b");
        assert_eq!(UserId::new("no-pipe").as_identity_key(), None);
        assert_eq!(UserId::new("auth0|").as_identity_key(), None);
    }

    #[test]
    fn an_integer_id_stays_an_integer_and_equals_its_text() {
        let id: IdentityId = serde_json::from_str("1234567").unwrap();
        assert_eq!(serde_json::to_string(&id).unwrap(), "1234567");
        assert_eq!(id, IdentityId::text("1234567"));
    }

    #[test]
    fn a_long_numeric_text_is_never_read_as_a_number() {
        let id: IdentityId = serde_json::from_str("\"115015401343387192604\"").unwrap();
        assert_eq!(serde_json::to_string(&id).unwrap(), "\"115015401343387192604\"");
    }

    #[test]
    fn a_new_id_can_be_a_segment_of_a_path() {
        let new = |id: &str| NewIdentityId::new(IdentityId::text(id)).map(|id| id.into_id().text);
        for id in ["ada", "...", ".ada", "acme|a/b", "a..b", "%2", "%zz", "100%"] {
            assert_eq!(new(id).as_deref(), Ok(id));
        }
        for id in [".", "..", "%2e", "%2E.", ".%2e", "%252e%252E", "auth0|..", "acme|%2e%2e", "..|ada"] {
            assert_eq!(new(id), Err(InvalidIdentityId::DotSegment), "{id}");
        }
        assert_eq!(new(""), Err(InvalidIdentityId::Empty));
        assert_eq!(new(&"ä".repeat(512)).map(|id| id.chars().count()), Ok(512));
        assert_eq!(new(&"a".repeat(513)), Err(InvalidIdentityId::TooLong));
    }

    #[test]
    fn a_fraction_or_a_negative_number_is_no_id() {
        assert!(serde_json::from_str::<IdentityId>("1.5").is_err());
        assert!(serde_json::from_str::<IdentityId>("-1").is_err());
    }
}
