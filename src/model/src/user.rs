//! A user as the Management API shows it (contract [B2](crate::contract#b2)).

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Identity, IdentityId, IdentityKey, Profile, Provider};

/// `user_metadata` or `app_metadata`: an open JSON object.
pub type Metadata = Map<String, Value>;

/// A user's id, `provider|id`. The id part may hold further pipes, so only the first one separates.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserId(String);

impl UserId {
    /// Wraps an id as it stands on the wire.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key of the identity that this id names; `None` when there is no pipe or nothing beside it.
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

/// A user with every linked identity, the primary first.
///
/// Attributes without a field of their own (e-mail, names, picture, provider extras) are in `profile`,
/// flattened into the same JSON object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// `provider|id` of the primary identity.
    pub user_id: UserId,
    /// Every way to sign in to this account, in the order in which they were linked, the primary first.
    pub identities: Vec<Identity>,
    /// When the account came to be: ISO 8601, UTC, milliseconds, `Z`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// When the account last changed, in the same form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<String>,
    /// When somebody last signed in, in the same form; absent before the first time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_login: Option<String>,
    /// The address of the last sign-in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_ip: Option<String>,
    /// How often somebody signed in; absent before the first time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logins_count: Option<u64>,
    /// Whether sign-in is refused; present once it was set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked: Option<bool>,
    /// What the person may change; present once it was set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_metadata: Option<Metadata>,
    /// What only the application may change; present once it was set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_metadata: Option<Metadata>,
    /// Every other attribute: `email`, `name`, `picture` …
    #[serde(flatten)]
    pub profile: Profile,
}

impl User {
    /// Whether the first identity is the one that the user's id names, as Auth0 promises (contract [B1](crate::contract#b1)).
    #[must_use]
    pub fn is_led_by_its_primary(&self) -> bool {
        self.identities.first().is_some_and(|primary| primary.key().as_user_id() == self.user_id)
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
    fn unknown_attributes_survive_a_round_trip() {
        let json = serde_json::json!({
            "user_id": "github|42",
            "identities": [{ "connection": "github", "user_id": 42, "provider": "github", "isSocial": true }],
            "email": "a@example.test",
            "locale": "en",
        });
        let user: User = serde_json::from_value(json.clone()).unwrap();
        assert!(user.is_led_by_its_primary());
        assert_eq!(user.profile.email(), Some("a@example.test"));
        assert_eq!(serde_json::to_value(&user).unwrap(), json);
    }
}
