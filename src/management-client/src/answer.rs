//! What the tenant answers over HTTP: status, body, and what it says about its rate limit.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

use crate::error::Error;
use crate::pace::RateLimit;

/// The maximum size of a body, in bytes: a hundred users of the largest size that the tenant keeps.
const MAX_BODY: usize = 32 * 1024 * 1024;

/// The longest pause that is kept. A tenant that asks for more is out of order.
const LONGEST_PAUSE: Duration = Duration::from_hours(1);

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    /// The time of the answer by the tenant's clock, to the second.
    pub(crate) date: Option<Timestamp>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) rate_limit: Option<RateLimit>,
}

impl Answer {
    /// Reads a response to its end.
    ///
    /// # Errors
    /// [`Error::Unreachable`] when no response came or its body was cut off, [`Error::Unreadable`] when it is too large.
    pub(crate) async fn of(response: Result<reqwest::Response, reqwest::Error>) -> Result<Self, Error> {
        let mut response = response.map_err(|error| unreachable(&error))?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| unreachable(&error))? {
            if body.len() + chunk.len() > MAX_BODY {
                return Err(Error::Unreadable("it is too large".to_owned()));
            }
            body.extend_from_slice(&chunk);
        }
        let headers = response.headers();
        let date = text(headers, DATE.as_str()).and_then(|date| http_date(&date));
        Ok(Self {
            status: response.status().as_u16(),
            body,
            date,
            retry_after: retry_after(headers, date),
            rate_limit: rate_limit(headers, date),
        })
    }
}

/// Returns how long to wait before the attempt after the given number of failures.
pub(crate) fn backoff(failures: u32) -> Duration {
    Duration::from_millis(100 << failures.min(7))
}

/// Returns the error with its innermost cause, which says what happened, and without the address, which has ids.
fn unreachable(error: &reqwest::Error) -> Error {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    let text = if error.is_timeout() { "no answer in time".to_owned() } else { cause.to_string() };
    Error::Unreachable(text)
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.trim().to_owned())
}

fn http_date(text: &str) -> Option<Timestamp> {
    rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

/// Reads `Retry-After` (RFC 9110 section 10.2.3): seconds, or a date, which is compared with that of the answer.
fn retry_after(headers: &HeaderMap, date: Option<Timestamp>) -> Option<Duration> {
    let value = text(headers, RETRY_AFTER.as_str())?;
    let seconds = match value.parse::<u64>() {
        Ok(seconds) => seconds,
        Err(_) => seconds_between(date?, http_date(&value)?.as_second()),
    };
    Some(Duration::from_secs(seconds).min(LONGEST_PAUSE))
}

fn rate_limit(headers: &HeaderMap, date: Option<Timestamp>) -> Option<RateLimit> {
    let number = |name: &str| text(headers, name)?.parse::<u64>().ok();
    let remaining = number("x-ratelimit-remaining")?;
    let reset = number("x-ratelimit-reset").and_then(|reset| i64::try_from(reset).ok());
    let seconds = date.zip(reset).map_or(1, |(date, reset)| seconds_between(date, reset));
    Some(RateLimit { remaining, reset_in: Duration::from_secs(seconds).min(LONGEST_PAUSE) })
}

/// The seconds from a time to another one, 0 if that is over. Both are of the tenant's clock.
fn seconds_between(from: Timestamp, to: i64) -> u64 {
    u64::try_from(to.saturating_sub(from.as_second())).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(list: &[(&'static str, &str)]) -> HeaderMap {
        list.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn times_are_read_by_the_clock_of_the_tenant() {
        let date = http_date("Thu, 26 Nov 2026 10:00:00 GMT");
        let limit = |reset: i64| {
            let reset = (date.unwrap().as_second() + reset).to_string();
            rate_limit(&headers(&[("x-ratelimit-remaining", "7"), ("x-ratelimit-reset", &reset)]), date)
        };
        assert_eq!(limit(3), Some(RateLimit { remaining: 7, reset_in: Duration::from_secs(3) }));
        assert_eq!(limit(-3), Some(RateLimit { remaining: 7, reset_in: Duration::ZERO }));
        assert_eq!(rate_limit(&headers(&[]), date), None);
        let wait = |value: &str| retry_after(&headers(&[("retry-after", value)]), date);
        assert_eq!(wait("3"), Some(Duration::from_secs(3)));
        assert_eq!(wait("Thu, 26 Nov 2026 10:00:09 GMT"), Some(Duration::from_secs(9)));
        assert_eq!(wait("99999999999"), Some(LONGEST_PAUSE));
        assert_eq!(wait("soon"), None);
    }
}
