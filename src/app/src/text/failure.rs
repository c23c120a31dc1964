//! Texts of failure notices: what happened and what to do.

use crate::api::{ApiError, ErrorKind};
use crate::session::{SignInError, SignInErrorKind};

/// Action that a failure notice offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Repeat the action.
    TryAgain,
    /// Sign in again.
    SignIn,
}

/// Texts of a failure notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What happened.
    pub title: &'static str,
    /// What to do.
    pub advice: String,
    /// The button of the notice.
    pub remedy: Remedy,
    /// Status, code and message of the response, for support; shown on request.
    pub details: Option<String>,
}

/// Returns the texts for a failed request to the Management API.
#[must_use]
pub fn request_failure(error: &ApiError) -> Failure {
    let (title, advice, remedy) = match error.kind {
        ErrorKind::SessionEnded => (
            "Your session has ended",
            "Sign in again; you will come back to this place.".to_owned(),
            Remedy::SignIn,
        ),
        ErrorKind::OldSignIn(_) => (
            "A recent sign-in is needed",
            "Nothing was changed. Try again; you will be asked to sign in first.".to_owned(),
            Remedy::TryAgain,
        ),
        ErrorKind::OtherAccount => (
            "You are signed in to another account",
            "Sign in again with the account that you want to change.".to_owned(),
            Remedy::SignIn,
        ),
        ErrorKind::NotAllowed => (
            "This sign-in does not allow that",
            "Sign in again to get the permission. If that does not help, ask whoever runs this service.".to_owned(),
            Remedy::SignIn,
        ),
        ErrorKind::Gone => (
            "This account no longer exists",
            "It was deleted, or its logins were moved to another account. Sign in again to see where they lead."
                .to_owned(),
            Remedy::SignIn,
        ),
        ErrorKind::TooMany(wait) => (
            "That was a little too fast",
            match wait {
                Some(1) => "The sign-in service asks for a pause. Try again in 1 second.".to_owned(),
                Some(wait) => format!("The sign-in service asks for a pause. Try again in {wait} seconds."),
                None => "The sign-in service asks for a pause. Try again in a minute.".to_owned(),
            },
            Remedy::TryAgain,
        ),
        ErrorKind::UnlinkBlocked(reason) => (
            "This login stays",
            reason.sentence().to_owned(),
            Remedy::TryAgain,
        ),
        ErrorKind::Unavailable(_) => (
            "The sign-in service is busy",
            "It asks for a pause. Try again in a minute; trying twice does no harm.".to_owned(),
            Remedy::TryAgain,
        ),
        ErrorKind::Refused => (
            "The sign-in service refused this",
            "Your logins are as they were. Reload this page to be sure that it is up to date, then try again."
                .to_owned(),
            Remedy::TryAgain,
        ),
        ErrorKind::Tenant => (
            "The sign-in service has a problem",
            "It is not your fault. Try again in a moment; trying twice does no harm.".to_owned(),
            Remedy::TryAgain,
        ),
        ErrorKind::Offline => (
            "The sign-in service cannot be reached",
            "Check your connection, then try again; trying twice does no harm.".to_owned(),
            Remedy::TryAgain,
        ),
        ErrorKind::Malformed => (
            "The answer made no sense",
            "Try again; if this stays, ask whoever runs this service.".to_owned(),
            Remedy::TryAgain,
        ),
        ErrorKind::Unclear => (
            "The answer made no sense",
            "It is not known whether your logins were changed. Reload this page to see; trying again does no harm."
                .to_owned(),
            Remedy::TryAgain,
        ),
    };
    let details = &error.details;
    let lines = [
        details.status.map(|status| format!("Status: {status}")),
        details.code.as_ref().map(|code| format!("Code: {code}")),
        (!details.message.is_empty()).then(|| format!("Message: {}", details.message)),
    ];
    let details = lines.into_iter().flatten().collect::<Vec<_>>().join("\n");
    Failure { title, advice, remedy, details: (!details.is_empty()).then_some(details) }
}

/// Returns the texts for a failed sign-in.
#[must_use]
pub fn sign_in_failure(error: &SignInError) -> Failure {
    let (title, advice, remedy) = match error.kind {
        SignInErrorKind::Denied => (
            "Sign-in was cancelled",
            "Nothing was changed. You can sign in again whenever you like.",
            Remedy::SignIn,
        ),
        SignInErrorKind::Refused => (
            "The sign-in service refused this sign-in",
            "Sign in again. If that does not help, ask whoever runs this service.",
            Remedy::SignIn,
        ),
        SignInErrorKind::Stale => (
            "This sign-in is no longer valid",
            "It was used already, took too long, or began in another tab. Sign in again to go on.",
            Remedy::SignIn,
        ),
        SignInErrorKind::Unproven => (
            "This sign-in could not be confirmed",
            "Sign in again. If this stays, tell whoever runs this service.",
            Remedy::SignIn,
        ),
        SignInErrorKind::Offline => (
            "The sign-in service cannot be reached",
            "Check your connection, then sign in again.",
            Remedy::SignIn,
        ),
        SignInErrorKind::Timeout => (
            "The sign-in service does not answer",
            "Check your connection, then try again.",
            Remedy::TryAgain,
        ),
        SignInErrorKind::Malformed => (
            "The answer of the sign-in service made no sense",
            "Sign in again. If this stays, ask whoever runs this service.",
            Remedy::SignIn,
        ),
        SignInErrorKind::Settings => (
            "This page is not set up correctly",
            "Its settings and the sign-in service do not fit together. Tell whoever runs this service.",
            Remedy::TryAgain,
        ),
        SignInErrorKind::Storage => (
            "Your browser keeps nothing for this page",
            "Signing in needs its session storage. Allow it for this site, then sign in again.",
            Remedy::SignIn,
        ),
    };
    Failure { title, advice: advice.to_owned(), remedy, details: error.details.clone() }
}

/// Returns the texts for settings that cannot be loaded or used. `reason` goes into the details.
#[must_use]
pub fn settings_failure(reason: String) -> Failure {
    Failure {
        title: "This page cannot start",
        advice: "Its settings could not be loaded. Check your connection and try again; if this stays, tell whoever runs this service."
            .to_owned(),
        remedy: Remedy::TryAgain,
        details: Some(reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_told_in_seconds() {
        let advice = |wait| {
            request_failure(&ApiError {
                kind: ErrorKind::TooMany(wait),
                details: crate::api::Details::default(),
            })
            .advice
        };
        assert!(advice(Some(30)).ends_with("Try again in 30 seconds."));
        assert!(advice(Some(1)).ends_with("Try again in 1 second."));
    }

    #[test]
    fn a_failure_tells_status_and_words_in_its_details_only() {
        let body = r#"{"statusCode":503,"error":"x","message":"database is down","errorCode":"db"}"#;
        let failure = request_failure(&ApiError::from_answer(503, None, body));
        assert_eq!(failure.details.as_deref(), Some("Status: 503\nCode: db\nMessage: database is down"));
        assert!(!failure.title.contains("503") && !failure.advice.contains("database"));
    }

    #[test]
    fn an_ended_session_leads_to_signing_in_again() {
        assert_eq!(request_failure(&ApiError::from_answer(401, None, "")).remedy, Remedy::SignIn);
        assert_eq!(sign_in_failure(&SignInError::from(SignInErrorKind::Stale)).remedy, Remedy::SignIn);
    }
}
