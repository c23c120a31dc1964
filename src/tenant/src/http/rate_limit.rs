//! Rate limits: one token bucket for the whole tenant, and the headers that tell its state (contract [A1](model::contract#a1), [A14](model::contract#a14)).
//!
//! Only calls with a believed token take from it, so that nobody without one can use it up.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::clock::Moment;

/// How many calls of the Management API a tenant answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// How many at once, after a rest.
    pub burst: NonZeroU32,
    /// How many per second in the long run.
    pub per_second: NonZeroU32,
}

impl Default for RateLimit {
    /// Fifty at once and per second: what an Auth0 tenant was recorded with (contract [A14](model::contract#a14)).
    fn default() -> Self {
        let fifty = NonZeroU32::MIN.saturating_add(49);
        Self { burst: fifty, per_second: fifty }
    }
}

/// A bucket that fills by itself, as far as its clock has moved.
#[derive(Debug)]
pub(crate) struct TokenBucket {
    limit: RateLimit,
    level: Mutex<Level>,
}

#[derive(Debug)]
struct Level {
    /// In thousandths of a token: what one millisecond adds is then a whole number.
    thousandths: u64,
    at: Moment,
}

/// What taking a token came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RateLimitStatus {
    limit: u32,
    remaining: u64,
    /// When the bucket is full again, in seconds since the Unix epoch.
    reset: i64,
    /// After how many seconds there is a token, if there was none.
    retry_after: Option<u64>,
}

impl TokenBucket {
    /// A full bucket.
    pub(crate) fn new(limit: RateLimit, now: Moment) -> Self {
        let level = Level { thousandths: u64::from(limit.burst.get()) * 1000, at: now };
        Self { limit, level: Mutex::new(level) }
    }

    /// Takes a token if there is one.
    pub(crate) fn take(&self, now: Moment) -> RateLimitStatus {
        let (burst, per_second) = (u64::from(self.limit.burst.get()), u64::from(self.limit.per_second.get()));
        // Two numbers are never half written.
        let mut level = self.level.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = u64::try_from(now.millis().saturating_sub(level.at.millis())).unwrap_or(0);
        level.thousandths =
            level.thousandths.saturating_add(passed.saturating_mul(per_second)).min(burst * 1000);
        level.at = level.at.max(now);
        let lacking = 1000_u64.saturating_sub(level.thousandths);
        if lacking == 0 {
            level.thousandths -= 1000;
        }
        let until_full = (burst * 1000 - level.thousandths).div_ceil(per_second);
        let full = level.at.after(Duration::from_millis(until_full));
        RateLimitStatus {
            limit: self.limit.burst.get(),
            remaining: level.thousandths / 1000,
            reset: full.millis().div_euclid(1000) + i64::from(full.millis().rem_euclid(1000) > 0),
            retry_after: (lacking > 0).then(|| lacking.div_ceil(per_second).div_ceil(1000)),
        }
    }
}

impl RateLimitStatus {
    /// A refusal until `seconds` have passed.
    pub(crate) fn exceeded(seconds: u32, now: Moment) -> Self {
        let limit = RateLimit::default().burst.get();
        let reset = now.after(Duration::from_secs(seconds.into())).seconds();
        Self { limit, remaining: 0, reset, retry_after: Some(seconds.into()) }
    }

    /// Whether there was none left.
    pub(crate) fn is_exceeded(&self) -> bool {
        self.retry_after.is_some()
    }

    fn write(&self, response: &mut Response) {
        let headers = response.headers_mut();
        headers.insert("x-ratelimit-limit", HeaderValue::from(self.limit));
        headers.insert("x-ratelimit-remaining", HeaderValue::from(self.remaining));
        headers.insert("x-ratelimit-reset", HeaderValue::from(self.reset));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
    }
}

/// Where the extractor that takes a token leaves word for the layer that writes the headers.
#[derive(Clone, Debug, Default)]
pub(crate) struct RateLimitSlot(Arc<OnceLock<RateLimitStatus>>);

impl RateLimitSlot {
    /// Leaves word; the first one counts.
    pub(crate) fn set(&self, status: RateLimitStatus) {
        let _ = self.0.set(status);
    }
}

/// Writes the headers on every answer for which a token was taken or refused.
pub(crate) async fn write_headers(mut request: Request, next: Next) -> Response {
    let slot = RateLimitSlot::default();
    request.extensions_mut().insert(slot.clone());
    let mut response = next.run(request).await;
    if let Some(status) = slot.0.get() {
        status.write(&mut response);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_and_fills_as_time_passes() {
        let limit = RateLimit { burst: 2.try_into().unwrap(), per_second: 4.try_into().unwrap() };
        let at = |millis: i64| Moment::from_millis(10_000 + millis);
        let bucket = TokenBucket::new(limit, at(0));
        let take = |millis| {
            let status = bucket.take(at(millis));
            (status.remaining, status.reset, status.retry_after)
        };
        assert_eq!(take(0), (1, 11, None));
        assert_eq!(take(0), (0, 11, None));
        assert_eq!(take(0), (0, 11, Some(1)));
        assert_eq!(take(249), (0, 11, Some(1)));
        assert_eq!(take(250), (0, 11, None));
        // A clock that is set back gives nothing and takes nothing.
        assert_eq!(take(-5000), (0, 11, Some(1)));
        assert_eq!(take(100_000), (1, 111, None));
    }
}
