//! One transaction: what of an authorization request is kept until its response comes, and whether that is accepted.

use std::fmt;

use model::ConnectionName;
use serde::{Deserialize, Serialize};

use super::authorization_response::{AuthorizationResponse, Code};
use super::error::{SignInError, SignInErrorKind};
use super::intent::{Intent, LinkTarget, RememberedUser, SecondaryAccount};

/// The prefix of the `state` of a popup's authorization request. It tells the callback that another page waits for
/// the response.
pub(super) const STATE_PREFIX: &str = "popup.";

/// An authorization request in flight: what is needed to accept its response. Its Debug prints nothing.
#[derive(Clone, Serialize, Deserialize)]
pub struct Transaction {
    /// Binds the response to this browser (RFC 6749 section 10.12).
    pub state: String,
    /// Binds the ID token to this transaction (OpenID Connect Core 3.1.2.1).
    pub(super) nonce: String,
    /// The PKCE code verifier (RFC 7636 section 4.1).
    pub(super) verifier: String,
    /// Where to go after the sign-in: path, query and hash on this origin.
    pub return_to: String,
    /// Whether the request had `prompt=none`.
    pub silent: bool,
    /// When the request was made, by the page's clock, if it was for a fresh sign-in.
    pub(super) since: Option<i64>,
    /// The requested connection.
    pub(super) connection: Option<ConnectionName>,
    /// What the sign-in is for.
    pub purpose: Purpose,
}

impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Transaction")
    }
}

/// What a sign-in is for.
#[derive(Clone, Serialize, Deserialize)]
pub enum Purpose {
    /// Signing in to the page.
    SignIn,
    /// A fresh sign-in as this user, for this action.
    Reauthenticate(RememberedUser, Intent),
    /// Proving the identity to link to the account of this user.
    ProveSecondary(RememberedUser, LinkTarget),
    /// A fresh sign-in as the primary user, to link the proven secondary account.
    ReauthenticatePrimary(RememberedUser, LinkTarget, Box<SecondaryAccount>),
}

/// Returns whether `state` belongs to a popup's authorization request.
#[must_use]
pub fn is_popup_state(state: &str) -> bool {
    state.starts_with(STATE_PREFIX)
}

/// What follows from an accepted response.
#[derive(Debug, PartialEq, Eq)]
pub enum CallbackOutcome {
    /// Exchange this code.
    Exchange(Code),
    /// The tenant has no session. Only a silent request ends so, and it is not an error.
    NoSession,
}

impl Transaction {
    /// Returns the transaction of a silent sign-in that was sent with these secrets.
    #[must_use]
    pub fn silent(state: String, nonce: String, verifier: String) -> Self {
        Self {
            state,
            nonce,
            verifier,
            return_to: String::new(),
            silent: true,
            since: None,
            connection: None,
            purpose: Purpose::SignIn,
        }
    }

    /// Accepts a response to this transaction, which must be its first.
    ///
    /// # Errors
    /// Those of [`accept`].
    pub fn accept(&self, response: AuthorizationResponse) -> Result<CallbackOutcome, SignInError> {
        accept(Some(self), response)
    }
}

/// Accepts a response to `transaction`, as [`Transaction::accept`]. Without a transaction, every response is refused.
///
/// # Errors
/// [`SignInErrorKind::Stale`] for a response to no transaction or to another one; otherwise the error of the response.
/// Its description is passed on only if the state matches, so that a crafted link cannot show a text on this page.
pub fn accept(
    transaction: Option<&Transaction>,
    response: AuthorizationResponse,
) -> Result<CallbackOutcome, SignInError> {
    let AuthorizationResponse { state, answer } = response;
    let transaction = transaction.filter(|transaction| state.as_deref() == Some(transaction.state.as_str()));
    match (answer, transaction) {
        (Ok(code), Some(_)) => Ok(CallbackOutcome::Exchange(Code(code))),
        (Err((error, _)), Some(transaction)) if transaction.silent && requires_interaction(&error) => {
            Ok(CallbackOutcome::NoSession)
        }
        (Err((error, description)), Some(_)) => Err(SignInError::refused(&error, description)),
        (Err((error, _)), None) if error == "access_denied" => Err(SignInError::refused(&error, None)),
        (_, None) => Err(SignInErrorKind::Stale.into()),
    }
}

/// Whether an error of a silent authorization request means that the tenant would have to show a page (OpenID
/// Connect Core 3.1.2.6).
fn requires_interaction(error: &str) -> bool {
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
impl Transaction {
    /// A login with a known state.
    pub(super) fn for_test(state: &str, silent: bool) -> Self {
        let transaction = Self::silent(state.to_owned(), "n0nce".to_owned(), "verifier".to_owned());
        Self { return_to: "/linked-accounts".to_owned(), silent, ..transaction }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_survives_serialization_and_prints_nothing() {
        let transaction = Transaction::for_test("st4te", false);
        let again: Transaction = serde_json::from_str(&serde_json::to_string(&transaction).unwrap()).unwrap();
        assert_eq!(again.verifier, "verifier");
        assert_eq!(format!("{again:?}"), "Transaction");
    }

    fn response(parameters: &[(&str, &str)]) -> AuthorizationResponse {
        AuthorizationResponse::read(|name| {
            parameters.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
        .unwrap()
    }

    fn transaction(silent: bool) -> Transaction {
        Transaction::for_test("st4te", silent)
    }

    fn kind(parameters: &[(&str, &str)], transaction: Option<&Transaction>) -> SignInErrorKind {
        accept(transaction, response(parameters)).unwrap_err().kind
    }

    #[test]
    fn a_code_with_the_right_state_is_exchanged() {
        let outcome = transaction(false).accept(response(&[("code", "c0de"), ("state", "st4te")])).unwrap();
        assert_eq!(outcome, CallbackOutcome::Exchange(Code("c0de".to_owned())));
    }

    #[test]
    fn a_wrong_or_missing_state_is_refused() {
        let transaction = transaction(false);
        assert_eq!(kind(&[("code", "c"), ("state", "other")], Some(&transaction)), SignInErrorKind::Stale);
        assert_eq!(kind(&[("code", "c")], Some(&transaction)), SignInErrorKind::Stale);
    }

    #[test]
    fn a_response_without_a_transaction_is_refused() {
        assert_eq!(kind(&[("code", "c"), ("state", "st4te")], None), SignInErrorKind::Stale);
    }

    #[test]
    fn a_cancelled_sign_in_is_denied() {
        let parameters = [("error", "access_denied"), ("error_description", "No"), ("state", "st4te")];
        let error = transaction(false).accept(response(&parameters)).unwrap_err();
        assert_eq!(error.kind, SignInErrorKind::Denied);
        assert_eq!(error.details.as_deref(), Some("access_denied: No"));
    }

    #[test]
    fn a_crafted_link_shows_no_text_on_the_page() {
        let parameters = [("error", "access_denied"), ("error_description", "Call this number")];
        let error = accept(None, response(&parameters)).unwrap_err();
        assert_eq!(error.details.as_deref(), Some("access_denied"));
    }

    #[test]
    fn a_silent_sign_in_without_session_is_not_an_error() {
        let parameters = [("error", "login_required"), ("state", "st4te")];
        assert_eq!(transaction(true).accept(response(&parameters)), Ok(CallbackOutcome::NoSession));
        assert_eq!(kind(&parameters, Some(&transaction(false))), SignInErrorKind::Refused);
    }

    #[test]
    fn a_response_of_a_popup_is_accepted_like_any_other() {
        let posted =
            serde_json::to_string(&response(&[("state", "popup.x"), ("error", "access_denied")])).unwrap();
        let received = serde_json::from_str(&posted).unwrap();
        let error = Transaction::for_test("popup.x", false).accept(received).unwrap_err();
        assert_eq!(error.kind, SignInErrorKind::Denied);
    }

    #[test]
    fn only_a_marked_state_belongs_to_a_popup() {
        assert!(is_popup_state("popup.x"));
        assert!(!is_popup_state("x"));
    }
}
