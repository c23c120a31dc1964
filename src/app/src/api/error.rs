//! Status and body of a refused request, turned into what the person can do about it.

use model::ManagementError;

use crate::json;
use crate::unlink_policy::UnlinkBlocked;

/// A failed request, by what the person can do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The token is no longer taken: sign in again.
    SessionEnded,
    /// The token belongs to another account: sign in again.
    OtherAccount,
    /// The token does not allow this.
    NotAllowed,
    /// A rule keeps this login.
    UnlinkBlocked(UnlinkBlocked),
    /// The account is not there any more.
    Gone,
    /// Too many requests: wait so many seconds, when the tenant said how long.
    TooMany(Option<u32>),
    /// The tenant is busy: wait so many seconds.
    Unavailable(u32),
    /// The request was refused for a reason that trying again will hardly change.
    Refused,
    /// The tenant has a problem: try again.
    Tenant,
    /// No answer came: try again.
    Offline,
    /// An answer came that makes no sense.
    Malformed,
}

/// The longest pause that the page waits out by itself, in seconds.
const LONGEST_RETRY_AFTER: u32 = 300;

impl ErrorKind {
    /// How many seconds to wait before the same is worth another try without asking the person.
    #[must_use]
    pub fn pause(self) -> Option<u32> {
        match self {
            Self::TooMany(wait) => wait,
            Self::Unavailable(wait) => Some(wait),
            _ => None,
        }
        .filter(|wait| *wait <= LONGEST_RETRY_AFTER)
    }
}

/// What was said, for whoever has to look into it. Never a token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// The HTTP status; `None` when there was no answer.
    pub status: Option<u16>,
    /// The tenant's or the browser's words.
    pub message: String,
    /// The tenant's word for programs.
    pub code: Option<String>,
}

/// A failed request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// What it means for the person.
    pub kind: ErrorKind,
    /// What was said.
    pub details: Details,
}

/// How much of an answer that is no error body is worth showing, in characters.
const EXCERPT: usize = 300;

impl ApiError {
    /// No live token is left.
    #[must_use]
    pub fn signed_out() -> Self {
        let message = "No request was sent: the access token's time is over.".to_owned();
        Self { kind: ErrorKind::SessionEnded, details: Details { message, ..Details::default() } }
    }

    /// No answer came.
    #[must_use]
    pub fn offline(error: &gloo_net::Error) -> Self {
        let details = Details { message: error.to_string(), ..Details::default() };
        Self { kind: ErrorKind::Offline, details }
    }

    /// A successful answer that cannot be decoded.
    #[must_use]
    pub fn malformed(status: u16, error: &serde_json::Error) -> Self {
        Self::nonsense(status, error.to_string())
    }

    /// A successful answer that says something impossible.
    #[must_use]
    pub fn nonsense(status: u16, message: String) -> Self {
        Self { kind: ErrorKind::Malformed, details: Details { status: Some(status), message, code: None } }
    }

    /// Reads a refusal (contract [A1](model::contract#a1), [A2](model::contract#a2), [A14](model::contract#a14)). `wait` is in seconds, see [`wait`].
    #[must_use]
    pub fn from_answer(status: u16, wait: Option<u32>, body: &str) -> Self {
        let said: Option<ManagementError> = json::read(body).ok();
        let code = said.as_ref().and_then(|said| said.error_code.clone());
        let reason = code.as_deref().and_then(UnlinkBlocked::of_code);
        let kind = match status {
            400 | 403 if let Some(reason) = reason => ErrorKind::UnlinkBlocked(reason),
            401 => ErrorKind::SessionEnded,
            403 if code.as_deref() == Some("unowned_resource") => ErrorKind::OtherAccount,
            403 => ErrorKind::NotAllowed,
            404 => ErrorKind::Gone,
            429 => ErrorKind::TooMany(wait),
            503 if let Some(wait) = wait => ErrorKind::Unavailable(wait),
            500.. => ErrorKind::Tenant,
            400..500 => ErrorKind::Refused,
            _ => ErrorKind::Malformed,
        };
        let message = said.map_or_else(|| body.trim().chars().take(EXCERPT).collect(), |said| said.message);
        Self { kind, details: Details { status: Some(status), message, code } }
    }
}

/// How many seconds to wait: until `X-RateLimit-Reset`, in seconds since 1970 (contract [A14](model::contract#a14)), else as
/// `Retry-After` says in seconds (RFC 9110 section 10.2.3). `now` is in seconds since 1970.
#[must_use]
pub fn wait(reset: Option<&str>, retry_after: Option<&str>, now: i64) -> Option<u32> {
    let until = reset.and_then(|reset| reset.trim().parse::<i64>().ok()).and_then(|reset| {
        let left = reset.checked_sub(now)?;
        // A clock far off would promise nonsense.
        (-60..=86_400).contains(&left).then(|| u32::try_from(left.max(1)).ok())?
    });
    until.or_else(|| retry_after?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(status: u16, body: &str) -> ErrorKind {
        ApiError::from_answer(status, None, body).kind
    }

    #[test]
    fn every_status_leads_to_one_thing_that_the_person_can_do() {
        assert_eq!(kind(401, ""), ErrorKind::SessionEnded);
        assert_eq!(kind(403, ""), ErrorKind::NotAllowed);
        assert_eq!(kind(404, ""), ErrorKind::Gone);
        assert_eq!(kind(429, ""), ErrorKind::TooMany(None));
        assert_eq!(kind(400, ""), ErrorKind::Refused);
        assert_eq!(kind(503, ""), ErrorKind::Tenant);
        assert_eq!(ApiError::from_answer(503, Some(7), "").kind, ErrorKind::Unavailable(7));
        assert_eq!(kind(302, ""), ErrorKind::Malformed);
    }

    #[test]
    fn a_token_of_another_account_is_told_from_a_missing_scope() {
        let body = |code: &str| {
            format!(r#"{{"statusCode":403,"error":"Forbidden","message":"m","errorCode":"{code}"}}"#)
        };
        assert_eq!(kind(403, &body("unowned_resource")), ErrorKind::OtherAccount);
        assert_eq!(kind(403, &body("insufficient_scope")), ErrorKind::NotAllowed);
    }

    #[test]
    fn a_rule_that_keeps_a_login_is_told_by_its_code() {
        let body = |code: &str| {
            format!(r#"{{"statusCode":403,"error":"Forbidden","message":"m","errorCode":"{code}"}}"#)
        };
        assert_eq!(kind(403, &body("pinned_connection")), ErrorKind::UnlinkBlocked(UnlinkBlocked::Pinned));
        assert_eq!(kind(403, &body("last_way_in")), ErrorKind::UnlinkBlocked(UnlinkBlocked::LastWayIn));
        assert_eq!(
            kind(400, &body("delete_main_user_identity")),
            ErrorKind::UnlinkBlocked(UnlinkBlocked::Main)
        );
    }

    #[test]
    fn a_pause_is_waited_out_when_its_length_is_known_and_bearable() {
        assert_eq!(ErrorKind::TooMany(Some(5)).pause(), Some(5));
        assert_eq!(ErrorKind::Unavailable(300).pause(), Some(300));
        assert_eq!(ErrorKind::TooMany(Some(301)).pause(), None);
        assert_eq!(ErrorKind::TooMany(None).pause(), None);
        assert_eq!(ErrorKind::Tenant.pause(), None);
    }

    #[test]
    fn the_words_of_the_tenant_are_kept_for_the_details() {
        let body = r#"{"statusCode":400,"error":"Bad Request","message":"Main identity cannot be removed.",
            "errorCode":"delete_main_user_identity","new":1}"#;
        let details = ApiError::from_answer(400, None, body).details;
        assert_eq!(details.status, Some(400));
        assert_eq!(details.message, "Main identity cannot be removed.");
        assert_eq!(details.code.as_deref(), Some("delete_main_user_identity"));
    }

    #[test]
    fn an_answer_that_is_no_error_body_is_kept_in_part() {
        let details = ApiError::from_answer(502, None, &"ü".repeat(1000)).details;
        assert_eq!(details.message.chars().count(), EXCERPT);
    }

    #[test]
    fn the_reset_time_counts_before_retry_after() {
        assert_eq!(wait(Some("130"), Some("5"), 100), Some(30));
        assert_eq!(wait(None, Some("5"), 100), Some(5));
        assert_eq!(wait(Some("99"), None, 100), Some(1));
    }

    #[test]
    fn a_reset_time_that_makes_no_sense_is_ignored() {
        assert_eq!(wait(Some("9999999999"), None, 100), None);
        assert_eq!(wait(Some("soon"), Some("Sat, 21 Nov 2026 22:00:00 GMT"), 100), None);
    }
}
