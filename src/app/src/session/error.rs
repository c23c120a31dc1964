//! Errors of signing in.

use std::fmt;

/// Why a sign-in failed, by what the person can do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInErrorKind {
    /// The person cancelled, or a rule of the tenant denied it (`access_denied`).
    Denied,
    /// The tenant returned another error.
    Refused,
    /// The response belongs to no transaction of this tab, or to one that was answered before.
    Stale,
    /// The ID token failed a check.
    Unproven,
    /// The tenant could not be reached.
    Offline,
    /// The tenant did not respond in time, or says that it cannot for a while.
    Timeout,
    /// The tenant's response could not be parsed.
    Malformed,
    /// The tenant's address in the settings cannot be used, or its tokens name another issuer.
    Settings,
    /// The browser refuses to store the transaction, so that a response could not be matched.
    Storage,
}

/// An error of signing in. It never contains a code or a token; its Debug prints the kind only.
#[derive(Clone, PartialEq, Eq)]
pub struct SignInError {
    /// The kind of the error.
    pub kind: SignInErrorKind,
    /// The tenant's or the browser's message, shown as technical details.
    pub details: Option<String>,
}

impl SignInError {
    pub(super) fn with(kind: SignInErrorKind, details: String) -> Self {
        Self { kind, details: Some(details) }
    }

    /// Converts an error response of the tenant (RFC 6749 sections 4.1.2.1 and 5.2).
    pub(super) fn refused(error: &str, description: Option<String>) -> Self {
        let kind = match error {
            "access_denied" => SignInErrorKind::Denied,
            // An unknown, expired or used code, or the PKCE verifier of another transaction.
            "invalid_grant" => SignInErrorKind::Stale,
            "temporarily_unavailable" => SignInErrorKind::Timeout,
            _ => SignInErrorKind::Refused,
        };
        let details = description.map_or_else(|| error.to_owned(), |text| format!("{error}: {text}"));
        Self::with(kind, details)
    }
}

impl From<SignInErrorKind> for SignInError {
    fn from(kind: SignInErrorKind) -> Self {
        Self { kind, details: None }
    }
}

impl fmt::Debug for SignInError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_used_code_requires_a_new_sign_in() {
        let error = SignInError::refused("invalid_grant", Some("Invalid authorization code".to_owned()));
        assert_eq!(error.kind, SignInErrorKind::Stale);
        assert_eq!(error.details.as_deref(), Some("invalid_grant: Invalid authorization code"));
    }

    #[test]
    fn a_tenant_that_cannot_answer_for_a_while_is_asked_again() {
        let error = SignInError::refused("temporarily_unavailable", None);
        assert_eq!(error.kind, SignInErrorKind::Timeout);
    }

    #[test]
    fn an_unknown_error_keeps_the_message_of_the_tenant() {
        let error = SignInError::refused("server_error", None);
        assert_eq!(error.kind, SignInErrorKind::Refused);
        assert_eq!(error.details.as_deref(), Some("server_error"));
    }
}
