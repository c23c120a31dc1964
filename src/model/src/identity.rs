//! A sign-in identity (contract [B1](crate::contract#b1), [B3](crate::contract#b3)).

use serde::{Deserialize, Serialize};

use crate::id::{ConnectionName, IdentityId, IdentityKey};
use crate::profile::Profile;
use crate::provider::Provider;

/// One way to sign in to an account, as the Management API represents it.
///
/// The fields have the order of Auth0's responses. `P` is the profile in another form, for what passes it on unread.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Identity<P = Profile> {
    /// The identity's own profile. Always present on secondaries; on the primary only in responses to link
    /// and unlink requests (contract [B1](crate::contract#b1)).
    #[serde(rename = "profileData", default, skip_serializing_if = "Option::is_none")]
    pub profile_data: Option<P>,
    /// The connection that the identity signs in through.
    pub connection: ConnectionName,
    /// The id within the provider.
    pub user_id: IdentityId,
    /// The provider, which Auth0 also calls strategy.
    pub provider: Provider,
    /// Whether the provider is a social network.
    #[serde(rename = "isSocial", default)]
    pub is_social: bool,
}

impl<P> Identity<P> {
    /// Returns the key of this identity.
    #[must_use]
    pub fn key(&self) -> IdentityKey {
        IdentityKey { provider: self.provider.clone(), user_id: self.user_id.clone() }
    }

    /// Returns whether the path of an unlink request names this identity (contract
    /// [A12](crate::contract#a12)).
    ///
    /// `segment` is the decoded last path segment: the stored id, or the stored id prefixed with
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
    fn an_unlink_segment_matches_the_stored_id_with_or_without_its_connection() {
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
