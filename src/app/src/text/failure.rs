//! Texts of failure notices: what happened and what to do.

use super::messages::messages;
use super::unlink_blocked;
use crate::api::{ApiError, ErrorKind};
use crate::session::{SignInError, SignInErrorKind};

messages! { failure:
    /// Failure: the session has ended.
    session_ended_title() = "Your session has ended";
    /// Advice for it.
    session_ended() = "Sign in again; you will come back to this place.";
    /// Failure: the sign-in is too old.
    old_sign_in_title() = "A recent sign-in is needed";
    /// Advice for it.
    old_sign_in() = "Nothing was changed. Try again; you will be asked to sign in first.";
    /// Failure: another account is signed in.
    other_account_title() = "You are signed in to another account";
    /// Advice for it.
    other_account() = "Sign in again with the account that you want to change.";
    /// Failure: the token does not permit the request.
    not_allowed_title() = "This sign-in does not allow that";
    /// Advice for it.
    not_allowed() =
        "Sign in again to get the permission. If that does not help, ask whoever runs this service.";
    /// Failure: the account was deleted or merged.
    gone_title() = "This account no longer exists";
    /// Advice for it.
    gone() =
        "It was deleted, or its logins were moved to another account. Sign in again to see where they lead.";
    /// Failure: too many requests.
    too_many_title() = "That was a little too fast";
    /// Advice for it, with the seconds to wait.
    too_many_for(seconds: u32) =
        "The sign-in service asks for a pause. Try again in {seconds, plural, one {# second} other {# \
        seconds}}.";
    /// Advice for it, when the tenant does not say how long.
    too_many() = "The sign-in service asks for a pause. Try again in a minute.";
    /// Failure: a rule keeps the login.
    unlink_blocked_title() = "This login stays";
    /// Failure: the tenant is busy.
    unavailable_title() = "The sign-in service is busy";
    /// Advice for it.
    unavailable() = "It asks for a pause. Try again in a minute; trying twice does no harm.";
    /// Failure: the tenant refused the request.
    refused_title() = "The sign-in service refused this";
    /// Advice for it.
    refused() =
        "Your logins are as they were. Reload this page to be sure that it is up to date, then try again.";
    /// Failure: the tenant failed.
    tenant_title() = "The sign-in service has a problem";
    /// Advice for it.
    tenant() = "It is not your fault. Try again in a moment; trying twice does no harm.";
    /// Failure: the tenant cannot be reached.
    offline_title() = "The sign-in service cannot be reached";
    /// Advice for a request.
    offline() = "Check your connection, then try again; trying twice does no harm.";
    /// Advice for a sign-in.
    offline_sign_in() = "Check your connection, then sign in again.";
    /// Failure: without a connection nobody can be signed out.
    still_signed_in_title() = "You are still signed in";
    /// Advice for it.
    still_signed_in_advice() = "You are offline, and signing out needs the sign-in service. Try again once you are back.";
    /// Failure: the answer cannot be read.
    malformed_title() = "The answer made no sense";
    /// Advice for it.
    malformed() = "Try again; if this stays, ask whoever runs this service.";
    /// Advice for it, when the request may have changed something.
    unclear() =
        "It is not known whether your logins were changed. Reload this page to see; trying again does no harm.";
    /// Failed sign-in: the person cancelled.
    denied_title() = "Sign-in was cancelled";
    /// Advice for it.
    denied() = "Nothing was changed. You can sign in again whenever you like.";
    /// Failed sign-in: the tenant refused it.
    sign_in_refused_title() = "The sign-in service refused this sign-in";
    /// Advice for it.
    sign_in_refused() = "Sign in again. If that does not help, ask whoever runs this service.";
    /// Failed sign-in: it was used, or is too old.
    stale_title() = "This sign-in is no longer valid";
    /// Advice for it.
    stale() = "It was used already, took too long, or began in another tab. Sign in again to go on.";
    /// Failed sign-in: its proof does not hold.
    unproven_title() = "This sign-in could not be confirmed";
    /// Advice for it.
    unproven() = "Sign in again. If this stays, tell whoever runs this service.";
    /// Failed sign-in: no answer.
    timeout_title() = "The sign-in service does not answer";
    /// Advice for it.
    timeout() = "Check your connection, then try again.";
    /// Failed sign-in: the answer cannot be read.
    sign_in_malformed_title() = "The answer of the sign-in service made no sense";
    /// Advice for it.
    sign_in_malformed() = "Sign in again. If this stays, ask whoever runs this service.";
    /// Failed sign-in: settings and tenant do not fit together.
    setup_title() = "This page is not set up correctly";
    /// Advice for it.
    setup() = "Its settings and the sign-in service do not fit together. Tell whoever runs this service.";
    /// Failed sign-in: the browser has no session storage.
    storage_title() = "Your browser keeps nothing for this page";
    /// Advice for it.
    storage() = "Signing in needs its session storage. Allow it for this site, then sign in again.";
    /// Failure: the settings cannot be loaded or used.
    settings_title() = "This page cannot start";
    /// Advice for it.
    settings() =
        "Its settings could not be loaded. Check your connection and try again; if this stays, tell whoever \
        runs this service.";
}

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

/// Returns the texts for signing out without a connection.
#[must_use]
pub fn still_signed_in() -> Failure {
    let (title, advice) = (still_signed_in_title(), still_signed_in_advice().to_owned());
    Failure { title, advice, remedy: Remedy::TryAgain, details: None }
}

/// Returns the texts for a failed request to the Management API.
#[must_use]
pub fn request_failure(error: &ApiError) -> Failure {
    let (title, advice, remedy) = match error.kind {
        ErrorKind::SessionEnded => (session_ended_title(), session_ended(), Remedy::SignIn),
        ErrorKind::OldSignIn(_) => (old_sign_in_title(), old_sign_in(), Remedy::TryAgain),
        ErrorKind::OtherAccount => (other_account_title(), other_account(), Remedy::SignIn),
        ErrorKind::NotAllowed => (not_allowed_title(), not_allowed(), Remedy::SignIn),
        ErrorKind::Gone => (gone_title(), gone(), Remedy::SignIn),
        ErrorKind::TooMany(_) => (too_many_title(), too_many(), Remedy::TryAgain),
        ErrorKind::UnlinkBlocked(reason) => {
            (unlink_blocked_title(), unlink_blocked::sentence(reason), Remedy::TryAgain)
        }
        ErrorKind::Unavailable(_) => (unavailable_title(), unavailable(), Remedy::TryAgain),
        ErrorKind::Refused => (refused_title(), refused(), Remedy::TryAgain),
        ErrorKind::Tenant => (tenant_title(), tenant(), Remedy::TryAgain),
        ErrorKind::Offline => (offline_title(), offline(), Remedy::TryAgain),
        ErrorKind::Malformed => (malformed_title(), malformed(), Remedy::TryAgain),
        ErrorKind::Unclear => (malformed_title(), unclear(), Remedy::TryAgain),
    };
    let advice = match error.kind {
        ErrorKind::TooMany(Some(seconds)) => too_many_for(seconds),
        _ => advice.to_owned(),
    };
    // For whoever gives support: in the terms of HTTP, in every language.
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
        SignInErrorKind::Denied => (denied_title(), denied(), Remedy::SignIn),
        SignInErrorKind::Refused => (sign_in_refused_title(), sign_in_refused(), Remedy::SignIn),
        SignInErrorKind::Stale => (stale_title(), stale(), Remedy::SignIn),
        SignInErrorKind::Unproven => (unproven_title(), unproven(), Remedy::SignIn),
        SignInErrorKind::Offline => (offline_title(), offline_sign_in(), Remedy::SignIn),
        SignInErrorKind::Timeout => (timeout_title(), timeout(), Remedy::TryAgain),
        SignInErrorKind::Malformed => (sign_in_malformed_title(), sign_in_malformed(), Remedy::SignIn),
        SignInErrorKind::Settings => (setup_title(), setup(), Remedy::TryAgain),
        SignInErrorKind::Storage => (storage_title(), storage(), Remedy::SignIn),
    };
    Failure { title, advice: advice.to_owned(), remedy, details: error.details.clone() }
}

/// Returns the texts for settings that cannot be loaded or used. `reason` goes into the details.
#[must_use]
pub fn settings_failure(reason: String) -> Failure {
    Failure {
        title: settings_title(),
        advice: settings().to_owned(),
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
