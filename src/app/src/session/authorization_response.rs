//! The authorization response (RFC 6749 sections 4.1.2 and 4.1.2.1), whichever way it came.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An authorization response, from an address or from a message. Its Debug prints nothing, because a code is a
/// secret until it is spent.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationResponse {
    pub(super) state: Option<String>,
    pub(super) answer: Result<String, (String, Option<String>)>,
}

impl fmt::Debug for AuthorizationResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthorizationResponse")
    }
}

/// An authorization code. Its Debug prints nothing.
#[derive(PartialEq, Eq)]
pub struct Code(pub(super) String);

impl Code {
    /// The code itself, for the exchange.
    #[must_use]
    pub fn into_secret(self) -> String {
        self.0
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code")
    }
}

impl AuthorizationResponse {
    /// Reads a response through `get`, which looks up one parameter. Returns `None` when there is neither a code nor
    /// an error.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let answer = match (get("error"), get("code")) {
            (Some(error), _) => Err((error, get("error_description"))),
            (None, Some(code)) => Ok(code),
            (None, None) => return None,
        };
        Some(Self { state: get("state"), answer })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_without_code_or_error_is_no_response() {
        assert_eq!(AuthorizationResponse::read(|_| None), None);
    }
}
