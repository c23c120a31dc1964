//! What an authorization response says, whichever way it came, and whether it may be acted on.

use std::fmt;

use super::transaction::Transaction;
use super::{LoginError, LoginErrorKind};

/// An authorization response (RFC 6749 sections 4.1.2 and 4.1.2.1), from an address or from a message.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthorizationResponse {
    state: Option<String>,
    answer: Result<String, (String, Option<String>)>,
}

/// Prints nothing that came from outside: a code is a secret until it is spent.
impl fmt::Debug for AuthorizationResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthorizationResponse")
    }
}

/// What to do with a response.
#[derive(Debug, PartialEq, Eq)]
pub enum CallbackOutcome {
    /// Spend this code.
    Exchange(Code),
    /// A silent sign-in found that the tenant has no session: nobody is signed in, and nothing is wrong.
    NoSession,
}

/// An authorization code. Its Debug prints nothing.
#[derive(PartialEq, Eq)]
pub struct Code(String);

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
    /// Reads a response through `get`, which looks one parameter up; `None` when it holds neither a code
    /// nor an error.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let answer = match (get("error"), get("code")) {
            (Some(error), _) => Err((error, get("error_description"))),
            (None, Some(code)) => Ok(code),
            (None, None) => return None,
        };
        Some(Self { state: get("state"), answer })
    }

    /// Whether the response may be acted on: it must answer `login`, the one that this browser began and
    /// that nothing has answered before.
    ///
    /// # Errors
    /// [`LoginErrorKind::Stale`] for a response to no login or to another one; the tenant's own refusal
    /// otherwise. A description is passed on only when the state matches, so that nobody can put words on
    /// this page by a crafted link.
    pub fn judge(self, transaction: Option<&Transaction>) -> Result<CallbackOutcome, LoginError> {
        let transaction =
            transaction.filter(|transaction| self.state.as_deref() == Some(transaction.state.as_str()));
        match (self.answer, transaction) {
            (Ok(code), Some(_)) => Ok(CallbackOutcome::Exchange(Code(code))),
            (Err((error, _)), Some(transaction)) if transaction.silent && needs_a_person(&error) => {
                Ok(CallbackOutcome::NoSession)
            }
            (Err((error, description)), Some(_)) => Err(LoginError::refused(&error, description)),
            (Err((error, _)), None) if error == "access_denied" => Err(LoginError::refused(&error, None)),
            (_, None) => Err(LoginErrorKind::Stale.into()),
        }
    }
}

/// The answers to `prompt=none` that mean: not without showing a page (OpenID Connect Core 3.1.2.6).
fn needs_a_person(error: &str) -> bool {
    matches!(
        error,
        "login_required"
            | "consent_required"
            | "interaction_required"
            | "account_selection_required"
            | "mfa_required"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::transaction::Transaction;

    fn response(parameters: &[(&str, &str)]) -> AuthorizationResponse {
        AuthorizationResponse::read(|name| {
            parameters.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
        .unwrap()
    }

    fn transaction(silent: bool) -> Transaction {
        Transaction::for_test("st4te", silent)
    }

    fn kind(parameters: &[(&str, &str)], transaction: Option<&Transaction>) -> LoginErrorKind {
        response(parameters).judge(transaction).unwrap_err().kind
    }

    #[test]
    fn an_address_without_code_or_error_is_no_response() {
        assert_eq!(AuthorizationResponse::read(|_| None), None);
    }

    #[test]
    fn a_code_with_the_right_state_is_spent() {
        let outcome =
            response(&[("code", "c0de"), ("state", "st4te")]).judge(Some(&transaction(false))).unwrap();
        assert_eq!(outcome, CallbackOutcome::Exchange(Code("c0de".to_owned())));
    }

    #[test]
    fn a_wrong_or_missing_state_is_refused() {
        assert_eq!(
            kind(&[("code", "c"), ("state", "other")], Some(&transaction(false))),
            LoginErrorKind::Stale
        );
        assert_eq!(kind(&[("code", "c")], Some(&transaction(false))), LoginErrorKind::Stale);
    }

    #[test]
    fn a_response_without_a_login_is_refused() {
        assert_eq!(kind(&[("code", "c"), ("state", "st4te")], None), LoginErrorKind::Stale);
    }

    #[test]
    fn a_cancelled_sign_in_is_called_that() {
        let parameters = [("error", "access_denied"), ("error_description", "No"), ("state", "st4te")];
        let error = response(&parameters).judge(Some(&transaction(false))).unwrap_err();
        assert_eq!(error.kind, LoginErrorKind::Denied);
        assert_eq!(error.details.as_deref(), Some("access_denied: No"));
    }

    #[test]
    fn a_crafted_link_puts_no_words_on_the_page() {
        let parameters = [("error", "access_denied"), ("error_description", "Call this number")];
        let error = response(&parameters).judge(None).unwrap_err();
        assert_eq!(error.details.as_deref(), Some("access_denied"));
    }

    #[test]
    fn a_silent_sign_in_without_session_is_no_failure() {
        let parameters = [("error", "login_required"), ("state", "st4te")];
        assert_eq!(response(&parameters).judge(Some(&transaction(true))), Ok(CallbackOutcome::NoSession));
        assert_eq!(kind(&parameters, Some(&transaction(false))), LoginErrorKind::Refused);
    }
}
