//! Why signing in did not work.

use std::fmt;

/// Why signing in did not work, by what the person can do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginErrorKind {
    /// The person, or a rule of the tenant, said no.
    Denied,
    /// The tenant refused for another reason.
    Refused,
    /// The answer belongs to no login that this tab began, or to one that is spent.
    Stale,
    /// The ID token does not prove what it should.
    Unproven,
    /// The tenant could not be reached.
    Offline,
    /// The tenant did not answer in time.
    Timeout,
    /// The tenant's answer could not be understood.
    Malformed,
    /// The tenant's address cannot be used.
    Settings,
    /// The browser keeps nothing for this page, so that an answer could not be recognised.
    Storage,
}

/// What went wrong while signing in, with what the tenant said about it. Never a code or a token.
#[derive(Clone, PartialEq, Eq)]
pub struct LoginError {
    /// What it means for the person.
    pub kind: LoginErrorKind,
    /// What was said, for whoever has to look into it.
    pub details: Option<String>,
}

impl LoginError {
    pub(super) fn with(kind: LoginErrorKind, details: String) -> Self {
        Self { kind, details: Some(details) }
    }

    /// The tenant's own refusal (RFC 6749 sections 4.1.2.1 and 5.2).
    pub(super) fn refused(error: &str, description: Option<String>) -> Self {
        let kind = match error {
            "access_denied" => LoginErrorKind::Denied,
            // An unknown, expired or spent code, and a verifier of another login.
            "invalid_grant" => LoginErrorKind::Stale,
            _ => LoginErrorKind::Refused,
        };
        let details = description.map_or_else(|| error.to_owned(), |text| format!("{error}: {text}"));
        Self::with(kind, details)
    }
}

impl From<LoginErrorKind> for LoginError {
    fn from(kind: LoginErrorKind) -> Self {
        Self { kind, details: None }
    }
}

impl fmt::Debug for LoginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spent_code_asks_for_a_new_sign_in() {
        let error = LoginError::refused("invalid_grant", Some("Invalid authorization code".to_owned()));
        assert_eq!(error.kind, LoginErrorKind::Stale);
        assert_eq!(error.details.as_deref(), Some("invalid_grant: Invalid authorization code"));
    }

    #[test]
    fn an_unknown_refusal_keeps_the_words_of_the_tenant() {
        let error = LoginError::refused("server_error", None);
        assert_eq!(error.kind, LoginErrorKind::Refused);
        assert_eq!(error.details.as_deref(), Some("server_error"));
    }
}
