//! A sign-in identity, and the key that names it in the Management API (contract [B1](crate::contract#b1), [B3](crate::contract#b3)).

use std::fmt;
use std::hash::{Hash, Hasher};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{Profile, Provider, UserId};

/// The name of a connection, such as `Username-Password-Authentication` or `google-oauth2`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConnectionName(String);

impl ConnectionName {
    /// Wraps a connection's name as it stands on the wire.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name as text.
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
/// Providers such as GitHub send a JSON integer, others a string; both are kept as text, so that ids
/// beyond 2^53 survive the browser, and written back in the form in which they came. Two ids are equal
/// when their text is (contract [B3](crate::contract#b3)).
#[derive(Clone, Debug)]
pub struct IdentityId {
    text: String,
    integer: bool,
}

impl IdentityId {
    /// An id that stands as a string on the wire.
    #[must_use]
    pub fn text(id: impl Into<String>) -> Self {
        Self { text: id.into(), integer: false }
    }

    /// An id that stands as an integer on the wire when `integer` is set and the text is one.
    #[must_use]
    pub fn from_parts(text: impl Into<String>, integer: bool) -> Self {
        let text = text.into();
        let integer = integer && text.parse::<u64>().is_ok_and(|number| number.to_string() == text);
        Self { text, integer }
    }

    /// The id as text, whatever its form on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the id is an integer on the wire.
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

/// What names one identity: its provider and its id there. Unique over a whole tenant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IdentityKey {
    /// The provider, also called strategy: `auth0`, `google-oauth2`, `samlp` …
    pub provider: Provider,
    /// The id within that provider.
    pub user_id: IdentityId,
}

impl IdentityKey {
    /// The id of the user whose primary identity this is, or would be: `provider|user_id`.
    #[must_use]
    pub fn as_user_id(&self) -> UserId {
        UserId::new(format!("{}|{}", self.provider, self.user_id))
    }
}

/// One way to sign in to an account, as the Management API shows it.
///
/// The order of the fields is the one in which Auth0 answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    /// The identity's own profile. On secondaries always; on the primary only in answers to link and
    /// unlink (contract [B1](crate::contract#b1)).
    #[serde(rename = "profileData", default, skip_serializing_if = "Option::is_none")]
    pub profile_data: Option<Profile>,
    /// The connection it signs in through.
    pub connection: ConnectionName,
    /// The id within the provider.
    pub user_id: IdentityId,
    /// The provider, also called strategy.
    pub provider: Provider,
    /// Whether the provider is a social network.
    #[serde(rename = "isSocial", default)]
    pub is_social: bool,
}

impl Identity {
    /// The key that names this identity.
    #[must_use]
    pub fn key(&self) -> IdentityKey {
        IdentityKey { provider: self.provider.clone(), user_id: self.user_id.clone() }
    }

    /// Whether the path of an unlink request means this identity (contract [A12](crate::contract#a12)).
    ///
    /// `segment` is the decoded last path segment: the stored id, or the stored id behind
    /// `connection|`. The provider must be equal; nothing else matches.
    #[must_use]
    pub fn matches(&self, provider: &Provider, segment: &str) -> bool {
        self.provider == *provider
            && (self.user_id.as_str() == segment
                || segment.strip_prefix(self.connection.as_str()).and_then(|rest| rest.strip_prefix('|'))
                    == Some(self.user_id.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(provider: &str, connection: &str, id: &str) -> Identity {
        Identity {
            profile_data: None,
            connection: ConnectionName::new(connection),
            user_id: IdentityId::text(id),
            provider: Provider::new(provider),
            is_social: false,
        }
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
    fn a_fraction_or_a_negative_number_is_no_id() {
        assert!(serde_json::from_str::<IdentityId>("1.5").is_err());
        assert!(serde_json::from_str::<IdentityId>("-1").is_err());
    }

    #[test]
    fn an_unlink_segment_matches_the_stored_id_or_the_id_behind_its_connection() {
        let google = identity("google-oauth2", "google-oauth2", "115");
        assert!(google.matches(&Provider::new("google-oauth2"), "115"));
        assert!(google.matches(&Provider::new("google-oauth2"), "google-oauth2|115"));
        assert!(!google.matches(&Provider::new("github"), "115"));
        assert!(!google.matches(&Provider::new("google-oauth2"), "other|115"));

        let saml = identity("samlp", "acme", "acme|a/b");
        assert!(saml.matches(&Provider::new("samlp"), "acme|a/b"));
        assert!(!saml.matches(&Provider::new("samlp"), "a/b"));
    }

    #[test]
    fn the_provider_is_no_prefix_of_a_database_identity() {
        // Recorded: `auth0|…` against connection Username-Password-Authentication matches nothing.
        let database = identity("auth0", "Username-Password-Authentication", "5457");
        assert!(!database.matches(&Provider::new("auth0"), "auth0|5457"));
        assert!(database.matches(&Provider::new("auth0"), "Username-Password-Authentication|5457"));
    }
}
