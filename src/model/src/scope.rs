//! Scopes: what a token lets its bearer do (contract [A4](crate::contract#a4), [A15](crate::contract#a15); RFC 6749 section 3.3).

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One scope. Those that this project acts on are constants; any other value is carried unread.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Scope(Cow<'static, str>);

impl Scope {
    /// Asks for an ID token.
    pub const OPENID: Self = Self::known("openid");
    /// Asks for name, nickname, picture and the like.
    pub const PROFILE: Self = Self::known("profile");
    /// Asks for the e-mail address.
    pub const EMAIL: Self = Self::known("email");
    /// Asks for a refresh token.
    pub const OFFLINE_ACCESS: Self = Self::known("offline_access");

    /// Read any user.
    pub const READ_USERS: Self = Self::known("read:users");
    /// See tokens that identity providers issued.
    pub const READ_USER_IDP_TOKENS: Self = Self::known("read:user_idp_tokens");
    /// Change any user; link and unlink anybody's identities.
    pub const UPDATE_USERS: Self = Self::known("update:users");
    /// Change the `app_metadata` of any user.
    pub const UPDATE_USERS_APP_METADATA: Self = Self::known("update:users_app_metadata");
    /// Add a user.
    pub const CREATE_USERS: Self = Self::known("create:users");
    /// Remove any user.
    pub const DELETE_USERS: Self = Self::known("delete:users");
    /// List the connections.
    pub const READ_CONNECTIONS: Self = Self::known("read:connections");

    /// Read one's own user.
    pub const READ_CURRENT_USER: Self = Self::known("read:current_user");
    /// Link and unlink one's own identities.
    pub const UPDATE_CURRENT_USER_IDENTITIES: Self = Self::known("update:current_user_identities");
    /// Begin one's own `user_metadata`.
    pub const CREATE_CURRENT_USER_METADATA: Self = Self::known("create:current_user_metadata");
    /// Change one's own `user_metadata`.
    pub const UPDATE_CURRENT_USER_METADATA: Self = Self::known("update:current_user_metadata");
    /// Remove one's own user; no user flow is granted it (contract [A15](crate::contract#a15)).
    pub const DELETE_CURRENT_USER: Self = Self::known("delete:current_user");

    /// What a user-bound Management API token may hold; anything else is silently dropped when it is
    /// issued (contract [A15](crate::contract#a15)).
    pub const USER_GRANTABLE: [Self; 7] = [
        Self::READ_CURRENT_USER,
        Self::UPDATE_CURRENT_USER_IDENTITIES,
        Self::CREATE_CURRENT_USER_METADATA,
        Self::UPDATE_CURRENT_USER_METADATA,
        Self::known("delete:current_user_metadata"),
        Self::known("create:current_user_device_credentials"),
        Self::known("delete:current_user_device_credentials"),
    ];

    const fn known(scope: &'static str) -> Self {
        Self(Cow::Borrowed(scope))
    }

    /// Wraps any scope.
    #[must_use]
    pub fn new(scope: impl Into<String>) -> Self {
        Self(Cow::Owned(scope.into()))
    }

    /// The scope as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A set of scopes in the order in which they were asked for. On the wire: words parted by spaces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes(Vec<Scope>);

impl Scopes {
    /// Reads words parted by white space; a word that stands twice counts once.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        text.split_whitespace().map(Scope::new).collect()
    }

    /// Whether the set holds `scope`.
    #[must_use]
    pub fn contains(&self, scope: &Scope) -> bool {
        self.0.contains(scope)
    }

    /// Whether the set holds at least one of `scopes`.
    #[must_use]
    pub fn contains_any(&self, scopes: &[Scope]) -> bool {
        scopes.iter().any(|scope| self.contains(scope))
    }

    /// Whether nothing is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The scopes in order.
    pub fn iter(&self) -> impl Iterator<Item = &Scope> {
        self.0.iter()
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        let mut set = Vec::new();
        for scope in scopes {
            if !set.contains(&scope) {
                set.push(scope);
            }
        }
        Self(set)
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, scope) in self.0.iter().enumerate() {
            if place > 0 {
                f.write_str(" ")?;
            }
            f.write_str(scope.as_str())?;
        }
        Ok(())
    }
}

impl Serialize for Scopes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Scopes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::parse(&String::deserialize(deserializer)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_keep_their_order_and_drop_repeats() {
        let scopes = Scopes::parse(" openid  read:users openid\temail ");
        assert_eq!(scopes.to_string(), "openid read:users email");
        assert!(scopes.contains(&Scope::READ_USERS));
        assert!(scopes.contains_any(&[Scope::UPDATE_USERS, Scope::EMAIL]));
        assert!(!scopes.contains(&Scope::UPDATE_USERS));
    }
}
