//! A user as the Management API represents it (contract [B2](crate::contract#b2)).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::id::UserId;
use crate::identity::Identity;
use crate::profile::Profile;

/// `user_metadata` or `app_metadata`: an open JSON object.
pub type Metadata = Map<String, Value>;

/// A user with all linked identities, the primary first.
///
/// Attributes without a field of their own (e-mail, names, picture, provider extras) are in `profile`, which
/// is flattened into the same JSON object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// `provider|id` of the primary identity.
    pub user_id: UserId,
    /// The sign-in identities of the account: the primary, then the others in the order of linking.
    pub identities: Vec<Identity>,
    /// The time of creation: ISO 8601, UTC, with milliseconds and `Z`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// The time of the last change, in the same format.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<String>,
    /// The time of the last sign-in, in the same format; absent before the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_login: Option<String>,
    /// The IP address of the last sign-in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_ip: Option<String>,
    /// The number of sign-ins; absent before the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logins_count: Option<u64>,
    /// Whether sign-in is refused; absent until first set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked: Option<bool>,
    /// Metadata that the user can change; absent until first set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_metadata: Option<Metadata>,
    /// Metadata that only applications can change; absent until first set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_metadata: Option<Metadata>,
    /// Every other attribute: `email`, `name`, `picture` …
    #[serde(flatten)]
    pub profile: Profile,
}

impl User {
    /// Returns whether the first identity is the one that the user id names, as Auth0 guarantees (contract
    /// [B1](crate::contract#b1)).
    #[must_use]
    pub fn has_primary_first(&self) -> bool {
        self.identities.first().is_some_and(|primary| primary.key().as_user_id() == self.user_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_attributes_survive_a_round_trip() {
        let json = serde_json::json!({
            "user_id": "github|42",
            "identities": [{ "connection": "github", "user_id": 42, "provider": "github", "isSocial": true }],
            "email": "a@example.test",
            "locale": "en",
        });
        let user: User = serde_json::from_value(json.clone()).unwrap();
        assert!(user.has_primary_first());
        assert_eq!(user.profile.email(), Some("a@example.test"));
        assert_eq!(serde_json::to_value(&user).unwrap(), json);
    }
}
