//! Rate limits: a token bucket, and the response headers with its state (contract
//! [A1](model::contract#a1), [A14](model::contract#a14)).
//!
//! Only authenticated requests take a token, so that nobody can exhaust the limit without one.

use std::num::NonZeroU32;
use std::time::Duration;

use axum::http::{HeaderValue, header};
use axum::response::Response;

use crate::clock::Moment;
use crate::counters::Counter;

/// The rate limit of the Management API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// The number of requests in a burst, after a pause.
    pub burst: NonZeroU32,
    /// The number of requests per second in the long run.
    pub per_second: NonZeroU32,
}

impl Default for RateLimit {
    /// Fifty at once and fifty per second, as recorded from an Auth0 tenant (contract
    /// [A14](model::contract#a14)).
    fn default() -> Self {
        let fifty = NonZeroU32::MIN.saturating_add(49);
        Self { burst: fifty, per_second: fifty }
    }
}

/// The state of the bucket after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RateLimitStatus {
    limit: u32,
    remaining: u64,
    /// The time when the bucket is full again, in seconds since the Unix epoch.
    reset: i64,
    /// The number of seconds until there is a token, if there was none.
    retry_after: Option<u64>,
}

impl RateLimit {
    /// Takes a token from a bucket that refills as time passes, if there is one, and returns its state. What is used of the
    /// bucket is counted in thousandths of a token, so that the refill of a millisecond is an integer.
    pub(crate) fn take(self, used: &mut Option<Counter>, now: Moment) -> RateLimitStatus {
        let (burst, per_second) = (u64::from(self.burst.get()), u64::from(self.per_second.get()));
        let counter = used.get_or_insert_with(|| Counter::new(now));
        let passed = counter.advance(now);
        counter.value = counter.value.saturating_sub(passed.saturating_mul(per_second)).min(burst * 1000);
        let lacking = (counter.value + 1000).saturating_sub(burst * 1000);
        if lacking == 0 {
            counter.value += 1000;
        }
        counter.until = counter.at.after(Duration::from_millis(counter.value.div_ceil(per_second)));
        let full = counter.until;
        RateLimitStatus {
            limit: self.burst.get(),
            remaining: burst - counter.value.div_ceil(1000),
            reset: full.millis().div_euclid(1000) + i64::from(full.millis().rem_euclid(1000) > 0),
            retry_after: (lacking > 0).then(|| lacking.div_ceil(per_second).div_ceil(1000)),
        }
    }
}

impl RateLimitStatus {
    /// Returns the state of a bucket that has no token for `seconds`.
    pub(crate) fn exceeded(seconds: u32, now: Moment) -> Self {
        let limit = RateLimit::default().burst.get();
        let reset = now.after(Duration::from_secs(seconds.into())).seconds();
        Self { limit, remaining: 0, reset, retry_after: Some(seconds.into()) }
    }

    /// Returns the state of the bucket that is empty sooner.
    pub(crate) fn or_tighter(self, other: Option<Self>) -> Self {
        other.filter(|other| !self.is_exceeded() && other.remaining < self.remaining).unwrap_or(self)
    }

    /// Returns whether there was no token.
    pub(crate) fn is_exceeded(&self) -> bool {
        self.retry_after.is_some()
    }

    /// Writes the state into the headers of a response.
    pub(crate) fn write(&self, response: &mut Response) {
        let headers = response.headers_mut();
        headers.insert("x-ratelimit-limit", HeaderValue::from(self.limit));
        headers.insert("x-ratelimit-remaining", HeaderValue::from(self.remaining));
        headers.insert("x-ratelimit-reset", HeaderValue::from(self.reset));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_and_fills_as_time_passes() {
        let limit = RateLimit { burst: 2.try_into().unwrap(), per_second: 4.try_into().unwrap() };
        let at = |millis: i64| Moment::from_millis(10_000 + millis);
        let mut used = None;
        let mut take = |millis| {
            let status = limit.take(&mut used, at(millis));
            (status.remaining, status.reset, status.retry_after)
        };
        assert_eq!(take(0), (1, 11, None));
        assert_eq!(take(0), (0, 11, None));
        assert_eq!(take(0), (0, 11, Some(1)));
        assert_eq!(take(249), (0, 11, Some(1)));
        assert_eq!(take(250), (0, 11, None));
        assert_eq!(take(100_000), (1, 111, None));
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_shut_the_bucket() {
        let limit = RateLimit { burst: 2.try_into().unwrap(), per_second: 4.try_into().unwrap() };
        let hour = 3_600_000;
        let mut used = None;
        let mut take = |millis| {
            let status = limit.take(&mut used, Moment::from_millis(millis));
            (status.remaining, status.reset, status.retry_after)
        };
        assert_eq!((take(hour).2, take(hour).2, take(hour).2), (None, None, Some(1)));
        // The change itself gives nothing; what passes afterwards counts, also before 1970.
        for start in [0, -hour, i64::MIN / 2] {
            assert_eq!(take(start).2, Some(1), "{start}");
            assert_eq!(take(start + 250).2, None, "{start}");
        }
        assert_eq!(take(hour).2, None, "a clock that is set forward fills the bucket");
    }
}
