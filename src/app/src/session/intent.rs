//! What a person was about to do when a sign-in took them away, and whom it concerns: all that outlives a page load.

use std::fmt;

use model::{ConnectionName, User, UserId};
use serde::{Deserialize, Serialize};

use super::credentials::CurrentIdentity;
use crate::token::IdToken;

/// Somebody who was signed in, as far as it outlives a page load.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RememberedUser {
    /// The account's id.
    pub user_id: UserId,
    /// How the header called them.
    pub who: Option<String>,
    /// What they signed in with.
    #[serde(rename = "used")]
    pub current_identity: Option<CurrentIdentity>,
}

impl RememberedUser {
    /// What tells the tenant, or the provider behind it, who is expected: the e-mail address of the account, or
    /// the id of the linked identity that is in use.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let linked =
            self.current_identity.as_ref().and_then(|current_identity| current_identity.identity.as_ref());
        match linked.filter(|identity| **identity != self.user_id).and_then(UserId::as_identity_key) {
            Some(key) => Some(key.user_id.to_string()),
            None => self.who.clone(),
        }
    }
}

/// What was to be done when a fresh sign-in was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Intent {
    /// Unlink these identities, named `provider|id`.
    Unlink(Vec<UserId>),
    /// Link the login that is proven next.
    Link(LinkTarget),
}

/// The login that shall be linked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkTarget {
    /// Its connection; without one the person chooses at the tenant.
    pub connection: Option<ConnectionName>,
    /// Who is expected there.
    pub hint: Option<String>,
    /// The very identity that is expected, as `provider|id`: one that was unlinked.
    pub expected: Option<UserId>,
}

/// A login that was proven in order to be linked, with the account that it opens.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct SecondaryAccount {
    /// The proof.
    pub id_token: IdToken,
    /// What it was proven with.
    pub current_identity: Option<CurrentIdentity>,
    /// The account.
    pub user: User,
}

impl fmt::Debug for SecondaryAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecondaryAccount")
    }
}

/// What to go on with after a redirect.
#[derive(Clone, Debug, PartialEq)]
pub enum PendingAction {
    /// The person is proven; do what they were about to do.
    Intent(Intent),
    /// Both are proven: link the second.
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
            who: Some("ada@example.com".to_owned()),
            current_identity,
        }
    }

    #[test]
    fn the_tenant_is_told_whom_to_expect_by_the_login_in_use() {
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
    fn a_proven_login_survives_its_storage_and_prints_nothing() {
        let user = r#"{"user_id":"auth0|1","identities":[]}"#;
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
