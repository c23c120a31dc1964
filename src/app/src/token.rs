//! Tokens as types, whose Debug prints nothing.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A token for the Management API. It stays in memory and is never stored.
#[derive(Clone, PartialEq, Eq)]
pub struct BearerToken(String);

impl BearerToken {
    /// Wraps a token as the tenant issued it.
    #[must_use]
    pub fn new(token: String) -> Self {
        Self(token)
    }

    /// Returns the token itself. Only for an `Authorization` header, or a message to another tab.
    #[must_use]
    pub fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BearerToken")
    }
}

/// An ID token, which proves an identity when it is linked. Session storage holds it while a link by redirects is under
/// way.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IdToken(String);

impl IdToken {
    /// Wraps a token as the tenant issued it.
    #[must_use]
    pub fn new(token: String) -> Self {
        Self(token)
    }

    /// Returns the token itself. Only for `link_with`, and for a bearer where the settings choose the ID token.
    #[must_use]
    pub fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for IdToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdToken")
    }
}
