//! Data that survives the redirects of a sign-in: the user, and the action that it interrupted.

use std::fmt;

use model::purpose::Purpose;
use model::{ConnectionName, User, UserId};
use serde::{Deserialize, Serialize};

use super::credentials::{CurrentIdentity, ProvenIdentity};
use crate::answer;
use crate::token::IdToken;

/// What is remembered of a signed-in user across page loads. Local storage holds it as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RememberedUser {
    /// The user id.
    pub user_id: UserId,
    /// The name of the account in the header.
    #[serde(rename = "who")]
    pub account_name: Option<String>,
    /// The identity in use.
    #[serde(rename = "used")]
    pub current_identity: Option<CurrentIdentity>,
    /// The login that was proven since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proven: Option<ProvenIdentity>,
}

impl RememberedUser {
    /// Returns the `login_hint` for signing in as this user: the id of the linked identity in use, else the name of
    /// the account.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let linked =
            self.current_identity.as_ref().and_then(|current_identity| current_identity.identity.as_ref());
        match linked.filter(|identity| **identity != self.user_id).and_then(UserId::as_identity_key) {
            Some(key) => Some(key.user_id.to_string()),
            None => self.account_name.clone(),
        }
    }
}

/// An action that requires a fresh sign-in as the same user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Intent {
    /// Unlink these identities, each as `provider|id`.
    Unlink(Vec<UserId>),
    /// Link an identity, which is proven afterwards.
    Link(LinkTarget),
}

/// What the page tells the hosted page about a sign-in (contract [G100](model::contract#g100)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// What it is for.
    pub purpose: Purpose,
    /// The connection of the login that it is about; `None` for several, and where it is not known.
    pub connection: Option<ConnectionName>,
}

impl LinkTarget {
    /// Returns what a fresh sign-in before linking this is for.
    #[must_use]
    pub fn confirmation(&self) -> Declared {
        let purpose = if self.expected.is_some() { Purpose::ConfirmUndo } else { Purpose::ConfirmLink };
        Declared { purpose, connection: self.connection.clone() }
    }
}

/// The identity to link.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkTarget {
    /// Its connection; `None` lets the person choose at the tenant.
    pub connection: Option<ConnectionName>,
    /// The `login_hint` for its provider.
    pub hint: Option<String>,
    /// The exact identity that is expected, as `provider|id`, when an unlinked one is linked again.
    pub expected: Option<UserId>,
}

/// A proven identity to link, with the account that it belongs to. Its Debug prints nothing of either.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct SecondaryAccount {
    /// The ID token that proves it.
    pub id_token: IdToken,
    /// The proven identity, as far as the tenant names it.
    pub current_identity: Option<CurrentIdentity>,
    /// The user record of that account.
    #[serde(deserialize_with = "answer::stored_user")]
    pub user: User,
}

impl fmt::Debug for SecondaryAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecondaryAccount")
    }
}

/// The action to resume after a redirect.
#[derive(Clone, Debug, PartialEq)]
pub enum PendingAction {
    /// The user signed in again: carry out the interrupted action.
    Intent(Intent),
    /// Both accounts are proven: link the secondary one.
    Link(LinkTarget, Box<SecondaryAccount>),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remembered(identity: Option<&str>) -> RememberedUser {
        let current_identity = identity.map(|identity| CurrentIdentity {
            connection: ConnectionName::new("github"),
            identity: Some(UserId::new(identity)),
        });
        RememberedUser {
            user_id: UserId::new("auth0|1"),
            account_name: Some("ada@example.com".to_owned()),
            current_identity,
            proven: None,
        }
    }

    #[test]
    fn the_login_hint_follows_the_identity_in_use() {
        assert_eq!(remembered(None).hint().as_deref(), Some("ada@example.com"));
        assert_eq!(remembered(Some("auth0|1")).hint().as_deref(), Some("ada@example.com"));
        assert_eq!(remembered(Some("github|42")).hint().as_deref(), Some("42"));
    }

    #[test]
    fn a_remembered_user_keeps_its_stored_format() {
        let stored = r#"{"user_id":"auth0|1","who":"ada@example.com","used":{"connection":"github","identity":"github|42"}}"#;
        assert_eq!(serde_json::to_string(&remembered(Some("github|42"))).unwrap(), stored);
        assert_eq!(serde_json::from_str::<RememberedUser>(stored).unwrap(), remembered(Some("github|42")));
    }

    #[test]
    fn a_secondary_account_survives_serialization_and_prints_nothing() {
        let user = r#"{"user_id":"auth0|1","identities":[{"connection":"db","user_id":"1","provider":"auth0","isSocial":false}]}"#;
        let second = SecondaryAccount {
            id_token: IdToken::new("s3cret".to_owned()),
            current_identity: None,
            user: serde_json::from_str(user).unwrap(),
        };
        let text = serde_json::to_string(&second).unwrap();
        assert_eq!(serde_json::from_str::<SecondaryAccount>(&text).unwrap(), second);
        assert_eq!(format!("{second:?}"), "SecondaryAccount");
    }
}
