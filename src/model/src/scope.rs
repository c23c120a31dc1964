//! Scopes: what a token permits (contract [A4](crate::contract#a4), [A15](crate::contract#a15); RFC 6749
//! section 3.3).

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A scope. Scopes that this project acts on are constants; any other value is preserved unchanged.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Scope(Cow<'static, str>);

impl Scope {
    /// Requests an ID token.
    pub const OPENID: Self = Self::known("openid");
    /// Requests name, nickname, picture and similar claims.
    pub const PROFILE: Self = Self::known("profile");
    /// Requests the e-mail address.
    pub const EMAIL: Self = Self::known("email");
    /// Requests a refresh token.
    pub const OFFLINE_ACCESS: Self = Self::known("offline_access");

    /// Read any user.
    pub const READ_USERS: Self = Self::known("read:users");
    /// Read tokens that identity providers issued.
    pub const READ_USER_IDP_TOKENS: Self = Self::known("read:user_idp_tokens");
    /// Update any user; link and unlink identities of any user.
    pub const UPDATE_USERS: Self = Self::known("update:users");
    /// Update the `app_metadata` of any user.
    pub const UPDATE_USERS_APP_METADATA: Self = Self::known("update:users_app_metadata");
    /// Create users.
    pub const CREATE_USERS: Self = Self::known("create:users");
    /// Delete any user.
    pub const DELETE_USERS: Self = Self::known("delete:users");
    /// List the connections.
    pub const READ_CONNECTIONS: Self = Self::known("read:connections");
    /// Read the applications.
    pub const READ_CLIENTS: Self = Self::known("read:clients");
    /// Read the applications with their secrets, which this tenant never shows.
    pub const READ_CLIENT_KEYS: Self = Self::known("read:client_keys");
    /// Read the client grants.
    pub const READ_CLIENT_GRANTS: Self = Self::known("read:client_grants");
    /// Read the APIs.
    pub const READ_RESOURCE_SERVERS: Self = Self::known("read:resource_servers");
    /// Read the settings of the tenant.
    pub const READ_TENANT_SETTINGS: Self = Self::known("read:tenant_settings");
    /// Read the Actions, of which this tenant has none.
    pub const READ_ACTIONS: Self = Self::known("read:actions");
    /// Read directory provisionings, of which this tenant has none.
    pub const READ_DIRECTORY_PROVISIONINGS: Self = Self::known("read:directory_provisionings");
    /// Read sessions of any user.
    pub const READ_SESSIONS: Self = Self::known("read:sessions");
    /// End sessions of any user.
    pub const DELETE_SESSIONS: Self = Self::known("delete:sessions");
    /// Read refresh tokens of any user, without the tokens themselves.
    pub const READ_REFRESH_TOKENS: Self = Self::known("read:refresh_tokens");
    /// Revoke refresh tokens of any user.
    pub const DELETE_REFRESH_TOKENS: Self = Self::known("delete:refresh_tokens");
    /// Read what people allowed applications.
    pub const READ_GRANTS: Self = Self::known("read:grants");
    /// Revoke what people allowed applications.
    pub const DELETE_GRANTS: Self = Self::known("delete:grants");
    /// Create links with which people verify their address or set a password.
    pub const CREATE_USER_TICKETS: Self = Self::known("create:user_tickets");
    /// Read the roles.
    pub const READ_ROLES: Self = Self::known("read:roles");
    /// Assign users to roles.
    pub const UPDATE_ROLES: Self = Self::known("update:roles");
    /// Read which users have which roles.
    pub const READ_ROLE_MEMBERS: Self = Self::known("read:role_members");

    /// Read the current user.
    pub const READ_CURRENT_USER: Self = Self::known("read:current_user");
    /// Link and unlink identities of the current user.
    pub const UPDATE_CURRENT_USER_IDENTITIES: Self = Self::known("update:current_user_identities");
    /// Create `user_metadata` of the current user.
    pub const CREATE_CURRENT_USER_METADATA: Self = Self::known("create:current_user_metadata");
    /// Update `user_metadata` of the current user.
    pub const UPDATE_CURRENT_USER_METADATA: Self = Self::known("update:current_user_metadata");
    /// Delete the current user. Never granted to a person (contract [A15](crate::contract#a15)).
    pub const DELETE_CURRENT_USER: Self = Self::known("delete:current_user");

    /// The scopes that a user-bound Management API token can have. Other requested scopes are dropped without
    /// an error when the token is issued (contract [A15](crate::contract#a15)).
    pub const USER_GRANTABLE: [Self; 7] = [
        Self::READ_CURRENT_USER,
        Self::UPDATE_CURRENT_USER_IDENTITIES,
        Self::CREATE_CURRENT_USER_METADATA,
        Self::UPDATE_CURRENT_USER_METADATA,
        Self::known("delete:current_user_metadata"),
        Self::known("create:current_user_device_credentials"),
        Self::known("delete:current_user_device_credentials"),
    ];

    /// The scopes of the Management API that a client can have for itself.
    pub const MANAGEMENT: [Self; 24] = [
        Self::READ_USERS,
        Self::READ_USER_IDP_TOKENS,
        Self::UPDATE_USERS,
        Self::UPDATE_USERS_APP_METADATA,
        Self::CREATE_USERS,
        Self::DELETE_USERS,
        Self::READ_CONNECTIONS,
        Self::READ_CLIENTS,
        Self::READ_CLIENT_KEYS,
        Self::READ_CLIENT_GRANTS,
        Self::READ_RESOURCE_SERVERS,
        Self::READ_TENANT_SETTINGS,
        Self::READ_ACTIONS,
        Self::READ_DIRECTORY_PROVISIONINGS,
        Self::READ_SESSIONS,
        Self::DELETE_SESSIONS,
        Self::READ_REFRESH_TOKENS,
        Self::DELETE_REFRESH_TOKENS,
        Self::READ_GRANTS,
        Self::DELETE_GRANTS,
        Self::CREATE_USER_TICKETS,
        Self::READ_ROLES,
        Self::UPDATE_ROLES,
        Self::READ_ROLE_MEMBERS,
    ];

    const fn known(scope: &'static str) -> Self {
        Self(Cow::Borrowed(scope))
    }

    /// Wraps a scope in its wire form.
    #[must_use]
    pub fn new(scope: impl Into<String>) -> Self {
        Self(Cow::Owned(scope.into()))
    }

    /// Returns the scope as text.
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

/// An ordered set of scopes, in the order of the request. On the wire, a space-separated list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes(Vec<Scope>);

impl Scopes {
    /// The empty set.
    pub const NONE: Self = Self(Vec::new());

    /// Parses a list separated by white space. Duplicates are dropped.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        text.split_whitespace().map(Scope::new).collect()
    }

    /// Returns whether the set contains `scope`.
    #[must_use]
    pub fn contains(&self, scope: &Scope) -> bool {
        self.0.contains(scope)
    }

    /// Returns whether the set contains at least one of `scopes`.
    #[must_use]
    pub fn contains_any(&self, scopes: &[Scope]) -> bool {
        scopes.iter().any(|scope| self.contains(scope))
    }

    /// Returns whether the set is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Iterates over the scopes in order.
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
    fn scopes_keep_their_order_and_drop_duplicates() {
        let scopes = Scopes::parse(" openid  read:users openid\temail ");
        assert_eq!(scopes.to_string(), "openid read:users email");
        assert!(scopes.contains(&Scope::READ_USERS));
        assert!(scopes.contains_any(&[Scope::UPDATE_USERS, Scope::EMAIL]));
        assert!(!scopes.contains(&Scope::UPDATE_USERS));
    }
}
