//! Errors of the Management API, by what the person can do about them.

use serde_json::Value;

use crate::json;
use model::unlink_policy::UnlinkBlocked;

/// The kind of a failed request, by what the person can do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The token is no longer accepted: sign in again.
    SessionEnded,
    /// The sign-in is older than so many seconds, which the tenant asks for (RFC 9470): sign in again.
    OldSignIn(u32),
    /// The token belongs to another account: sign in again.
    OtherAccount,
    /// The token does not allow this.
    NotAllowed,
    /// A rule of the tenant forbids to unlink this identity.
    UnlinkBlocked(UnlinkBlocked),
    /// The user no longer exists.
    Gone,
    /// Too many requests: wait this many seconds, if the tenant said how long.
    TooMany(Option<u32>),
    /// The tenant is unavailable: wait this many seconds.
    Unavailable(u32),
    /// The request was refused for a reason that a retry hardly changes.
    Refused,
    /// The tenant has an internal error: try again.
    Tenant,
    /// No response came: try again.
    Offline,
    /// The response cannot be decoded, or is impossible.
    Malformed,
    /// The response to a change cannot be decoded, and the account could not be read again: nobody knows whether it
    /// was made.
    Unclear,
}

/// The longest pause that the page waits for before it retries by itself, in seconds.
const LONGEST_RETRY_AFTER: u32 = 300;

impl ErrorKind {
    /// Returns how many seconds to wait before the page retries by itself; `None` when it must not.
    #[must_use]
    pub fn pause(self) -> Option<u32> {
        match self {
            Self::TooMany(wait) => wait,
            Self::Unavailable(wait) => Some(wait),
            _ => None,
        }
        .filter(|wait| *wait <= LONGEST_RETRY_AFTER)
    }

    /// Returns whether a change may have been made although it ended with this error: no response came, or none that
    /// says so.
    #[must_use]
    pub fn may_be_done(self) -> bool {
        matches!(self, Self::Tenant | Self::Offline | Self::Malformed)
    }
}

/// Technical details of an error. They never contain a token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// The HTTP status; `None` without a response.
    pub status: Option<u16>,
    /// The message of the tenant or of the browser.
    pub message: String,
    /// The tenant's error code.
    pub code: Option<String>,
}

/// A failed request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// The kind of the error.
    pub kind: ErrorKind,
    /// The technical details.
    pub details: Details,
}

/// How much is kept of a body that is not an error object, in characters.
const EXCERPT: usize = 300;

impl ApiError {
    /// Returns the error of a request without a live token, which is not sent.
    #[must_use]
    pub fn signed_out() -> Self {
        let message = "No request was sent: the access token's time is over.".to_owned();
        Self { kind: ErrorKind::SessionEnded, details: Details { message, ..Details::default() } }
    }

    /// Returns the error of a request without a response.
    #[must_use]
    pub fn offline(error: &gloo_net::Error) -> Self {
        let details = Details { message: error.to_string(), ..Details::default() };
        Self { kind: ErrorKind::Offline, details }
    }

    /// Returns the error of a successful response that cannot be decoded, or whose content is impossible.
    #[must_use]
    pub fn malformed(status: u16, message: String) -> Self {
        Self { kind: ErrorKind::Malformed, details: Details { status: Some(status), message, code: None } }
    }

    /// Returns the error of a change when the account could not be read again after it.
    #[must_use]
    pub fn not_read_again(self) -> Self {
        let kind = if self.kind == ErrorKind::Malformed { ErrorKind::Unclear } else { self.kind };
        Self { kind, ..self }
    }

    /// Returns the error with what the challenge of its response says, the value of `WWW-Authenticate`.
    #[must_use]
    pub fn challenged(self, challenge: &str) -> Self {
        let kind = max_age(challenge).map_or(self.kind, ErrorKind::OldSignIn);
        Self { kind, ..self }
    }

    /// Reads an error response (contract [A1](model::contract#a1), [A2](model::contract#a2),
    /// [A14](model::contract#a14)). `wait` is in seconds, see [`wait`].
    #[must_use]
    pub fn from_answer(status: u16, wait: Option<u32>, body: &str) -> Self {
        // Member by member: none of them takes the others away.
        let error: Value = json::read(body).unwrap_or_default();
        let text = |key: &str| error.get(key).and_then(Value::as_str).map(ToOwned::to_owned);
        let code = text("errorCode");
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
        let message = text("message").unwrap_or_else(|| body.trim().chars().take(EXCERPT).collect());
        Self { kind, details: Details { status: Some(status), message, code } }
    }
}

/// Returns how old a sign-in may be by a challenge that asks for a more recent one (RFC 9470 section 3), in seconds; `None` by
/// any other.
fn max_age(challenge: &str) -> Option<u32> {
    let (_, parameters) = challenge.split_once("\"insufficient_user_authentication\"")?;
    let (_, value) = parameters.split_once("max_age=")?;
    let digits = value.trim_start_matches('"');
    digits[..digits.find(|one: char| !one.is_ascii_digit()).unwrap_or(digits.len())].parse().ok()
}

/// Returns how many seconds to wait: `Retry-After`, in seconds or a date (RFC 9110 section 10.2.3), else until
/// `X-RateLimit-Reset`, in seconds since 1970 (contract [A14](model::contract#a14)). Both times are the tenant's, and so is
/// `tenant_now`. `date` reads a date of a header.
#[must_use]
pub fn wait(
    retry_after: Option<&str>,
    reset: Option<&str>,
    tenant_now: i64,
    date: impl Fn(&str) -> Option<i64>,
) -> Option<u32> {
    let until = |time: i64| {
        let left = time.checked_sub(tenant_now)?;
        // A value far off is a mistake.
        (-60..=86_400).contains(&left).then(|| u32::try_from(left.max(1)).ok())?
    };
    let seconds = |text: &str| text.parse().ok().or_else(|| until(date(text)?));
    let after = retry_after.map(str::trim).and_then(seconds);
    after.or_else(|| until(reset?.trim().parse().ok()?))
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
    fn a_challenge_for_a_recent_sign_in_is_told_from_other_challenges() {
        let kind = |challenge: &str| ApiError::from_answer(401, None, "").challenged(challenge).kind;
        let asks = r#"Bearer error="insufficient_user_authentication", error_description="x", max_age="#;
        assert_eq!(kind(&format!("{asks}\"900\"")), ErrorKind::OldSignIn(900));
        assert_eq!(kind(&format!("{asks}5, scope=\"a\"")), ErrorKind::OldSignIn(5));
        for other in [asks, "Bearer", "", r#"Bearer error="invalid_token", max_age="5""#] {
            assert_eq!(kind(other), ErrorKind::SessionEnded, "{other}");
        }
    }

    #[test]
    fn a_token_of_another_user_is_distinguished_from_a_missing_scope() {
        let body = |code: &str| {
            format!(r#"{{"statusCode":403,"error":"Forbidden","message":"m","errorCode":"{code}"}}"#)
        };
        assert_eq!(kind(403, &body("unowned_resource")), ErrorKind::OtherAccount);
        assert_eq!(kind(403, &body("insufficient_scope")), ErrorKind::NotAllowed);
    }

    #[test]
    fn a_rule_against_unlinking_is_recognised_by_its_code() {
        let body = |code: &str| {
            format!(r#"{{"statusCode":403,"error":"Forbidden","message":"m","errorCode":"{code}"}}"#)
        };
        assert_eq!(kind(403, &body("pinned_connection")), ErrorKind::UnlinkBlocked(UnlinkBlocked::Pinned));
        assert_eq!(kind(403, &body("last_way_in")), ErrorKind::UnlinkBlocked(UnlinkBlocked::LastWayIn));
        assert_eq!(
            kind(400, &body("delete_main_user_identity")),
            ErrorKind::UnlinkBlocked(UnlinkBlocked::Primary)
        );
    }

    #[test]
    fn the_page_waits_when_the_pause_is_known_and_short_enough() {
        assert_eq!(ErrorKind::TooMany(Some(5)).pause(), Some(5));
        assert_eq!(ErrorKind::Unavailable(300).pause(), Some(300));
        assert_eq!(ErrorKind::TooMany(Some(301)).pause(), None);
        assert_eq!(ErrorKind::TooMany(None).pause(), None);
        assert_eq!(ErrorKind::Tenant.pause(), None);
    }

    #[test]
    fn the_message_of_the_tenant_is_kept_in_the_details() {
        let body = r#"{"statusCode":400,"error":"Bad Request","message":"Main identity cannot be removed.",
            "errorCode":"delete_main_user_identity","new":1}"#;
        let details = ApiError::from_answer(400, None, body).details;
        assert_eq!(details.status, Some(400));
        assert_eq!(details.message, "Main identity cannot be removed.");
        assert_eq!(details.code.as_deref(), Some("delete_main_user_identity"));
    }

    #[test]
    fn a_member_of_another_type_takes_no_other_member_away() {
        let body = r#"{"statusCode":"403","error":{},"message":["m"],"errorCode":"pinned_connection"}"#;
        assert_eq!(kind(403, body), ErrorKind::UnlinkBlocked(UnlinkBlocked::Pinned));
        assert_eq!(ApiError::from_answer(403, None, body).details.message, body);
    }

    #[test]
    fn a_body_that_is_not_an_error_object_is_truncated() {
        let details = ApiError::from_answer(502, None, &"ü".repeat(1000)).details;
        assert_eq!(details.message.chars().count(), EXCERPT);
    }

    fn wait(retry_after: Option<&str>, reset: Option<&str>, tenant_now: i64) -> Option<u32> {
        let date = |text: &str| (text == "Thu, 01 Jan 1970 00:02:10 GMT").then_some(130);
        super::wait(retry_after, reset, tenant_now, date)
    }

    #[test]
    fn the_pause_in_seconds_takes_precedence_over_any_time() {
        assert_eq!(wait(Some("20"), Some("101"), 100), Some(20));
        assert_eq!(wait(Some(" 5 "), None, 100), Some(5));
        assert_eq!(wait(None, Some("130"), 100), Some(30));
        assert_eq!(wait(None, Some("99"), 100), Some(1));
    }

    #[test]
    fn a_pause_may_end_at_a_date() {
        assert_eq!(wait(Some("Thu, 01 Jan 1970 00:02:10 GMT"), Some("101"), 100), Some(30));
        assert_eq!(wait(Some("soon"), Some("101"), 100), Some(1));
    }

    #[test]
    fn an_implausible_time_is_ignored() {
        assert_eq!(wait(None, Some("9999999999"), 100), None);
        assert_eq!(wait(Some("Sat, 21 Nov 2026 22:00:00 GMT"), Some("soon"), 100), None);
    }
}
