//! When the next request may be sent, from what the tenant says about its rate limit (contract
//! [A14](model::contract#a14)).
//!
//! Every answer says how many requests remain, and when the limit is full again. The requests that remain are spread
//! evenly over that time, so that a run never uses them up. What an answer says is outdated when it arrives: requests
//! that may have been counted after it are subtracted.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

/// How much a delayed send may be caught up. Timers are no finer than a millisecond.
const CATCH_UP: Duration = Duration::from_millis(5);

/// What an answer says about the rate limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RateLimit {
    /// `X-RateLimit-Remaining`.
    pub(crate) remaining: u64,
    /// The time from the answer until `X-RateLimit-Reset`, by the clock of the tenant.
    pub(crate) reset_in: Duration,
}

/// What is known of the limit.
#[derive(Debug)]
enum Knowledge {
    /// Nothing: one request finds out.
    Nothing,
    /// The tenant has no limit.
    Unlimited,
    /// At least so many requests are allowed.
    Allowed { at_least: i64, reset_in: Duration, heard: Instant },
}

#[derive(Debug)]
struct State {
    knowledge: Knowledge,
    sent: u64,
    answered: u64,
    /// The smallest number of remaining requests that was heard of since no request was under way.
    least_remaining: Option<u64>,
    /// The time from which the next request may be sent.
    next: Instant,
    /// The time until which the tenant asked for a pause.
    paused_until: Option<Instant>,
}

/// Spaces the requests of a run.
#[derive(Debug)]
pub(crate) struct Pace {
    state: Mutex<State>,
    changed: Notify,
    /// The shortest time between two requests, which the operator chose.
    own_interval: Duration,
}

/// What a request waits for.
enum Wait {
    Nothing,
    Answer,
    Until(Instant),
}

/// A request that was sent. Its drop counts as an answer that says nothing.
pub(crate) struct UnderWay<'p> {
    pace: &'p Pace,
    answered_before: u64,
    limit: Option<RateLimit>,
    is_success: bool,
}

impl Pace {
    /// Returns the pace for a run with at most `max_rate` requests a second, or as many as the tenant allows.
    pub(crate) fn new(max_rate: Option<u32>) -> Self {
        let own_interval = max_rate.map_or(Duration::ZERO, |rate| Duration::from_secs(1) / rate.max(1));
        let state = State {
            knowledge: Knowledge::Nothing,
            sent: 0,
            answered: 0,
            least_remaining: None,
            next: Instant::now(),
            paused_until: None,
        };
        Self { state: Mutex::new(state), changed: Notify::new(), own_interval }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic cannot leave the numbers inconsistent.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a request may be sent.
    pub(crate) async fn turn(&self) -> UnderWay<'_> {
        loop {
            let changed = self.changed.notified();
            let (wait, answered_before) = {
                let mut state = self.lock();
                (state.try_send(Instant::now(), self.own_interval), state.answered)
            };
            match wait {
                Wait::Nothing => {
                    return UnderWay { pace: self, answered_before, limit: None, is_success: false };
                }
                Wait::Answer => changed.await,
                Wait::Until(at) => sleep_until(at).await,
            }
        }
    }

    /// Sends nothing for a while.
    pub(crate) fn pause(&self, time: Duration) {
        let mut state = self.lock();
        let until = Instant::now() + time;
        state.paused_until = Some(state.paused_until.map_or(until, |before| before.max(until)));
    }

    /// Returns how long the tenant asks to wait from now on.
    pub(crate) fn paused_for(&self) -> Option<Duration> {
        let until = self.lock().paused_until?;
        until.checked_duration_since(Instant::now()).filter(|rest| !rest.is_zero())
    }
}

impl State {
    /// Counts a request as sent, or returns what it has to wait for.
    fn try_send(&mut self, now: Instant, own_interval: Duration) -> Wait {
        if let Some(until) = self.paused_until.filter(|until| *until > now) {
            return Wait::Until(until);
        }
        if self.next > now {
            return Wait::Until(self.next);
        }
        let is_idle = self.sent == self.answered;
        let interval = match &mut self.knowledge {
            Knowledge::Nothing if is_idle => Duration::ZERO,
            Knowledge::Nothing => return Wait::Answer,
            Knowledge::Unlimited => Duration::ZERO,
            Knowledge::Allowed { at_least, reset_in, heard } => {
                if *at_least < 1 {
                    if !is_idle {
                        return Wait::Answer;
                    }
                    let full = *heard + *reset_in;
                    if full > now {
                        return Wait::Until(full);
                    }
                    *at_least = 1;
                }
                let interval = *reset_in / u32::try_from(*at_least).unwrap_or(u32::MAX);
                *at_least -= 1;
                interval
            }
        };
        self.sent += 1;
        let earliest = now.checked_sub(CATCH_UP).unwrap_or(now);
        self.next = self.next.max(earliest) + interval.max(own_interval);
        Wait::Nothing
    }

    fn answer(&mut self, answered_before: u64, limit: Option<RateLimit>, is_success: bool, now: Instant) {
        self.answered += 1;
        match limit {
            Some(RateLimit { remaining, reset_in }) => {
                // Whatever was not answered before this request was sent may have been counted after it.
                let later = self.sent.saturating_sub(answered_before).saturating_sub(1);
                let least = self.least_remaining.map_or(remaining, |least| least.min(remaining));
                self.least_remaining = Some(least);
                let mut at_least =
                    i64::try_from(remaining).unwrap_or(i64::MAX).saturating_sub_unsigned(later);
                if self.sent == self.answered {
                    at_least = at_least.max(i64::try_from(least).unwrap_or(i64::MAX));
                    self.least_remaining = None;
                }
                let reset_in = reset_in.max(Duration::from_secs(1));
                self.knowledge = Knowledge::Allowed { at_least, reset_in, heard: now };
            }
            None if is_success => self.knowledge = Knowledge::Unlimited,
            None => {}
        }
    }
}

impl UnderWay<'_> {
    /// Notes what the answer says.
    pub(crate) fn answered(mut self, limit: Option<RateLimit>, is_success: bool) {
        (self.limit, self.is_success) = (limit, is_success);
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.pace.lock().answer(self.answered_before, self.limit, self.is_success, Instant::now());
        self.pace.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;

    /// A token bucket as at Auth0, on the clock of the test.
    struct Bucket {
        level: f64,
        at: Instant,
        limit: f64,
        per_second: f64,
    }

    impl Bucket {
        /// Takes a token; `None` when there is none.
        fn take(&mut self) -> Option<RateLimit> {
            let now = Instant::now();
            self.level = (self.level + (now - self.at).as_secs_f64() * self.per_second).min(self.limit);
            self.at = now;
            if self.level < 1.0 {
                return None;
            }
            self.level -= 1.0;
            let reset_in = Duration::from_secs_f64((self.limit - self.level) / self.per_second);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and positive")]
            let remaining = self.level as u64;
            // Both ends are whole seconds, so that the time is up to two seconds longer.
            Some(RateLimit { remaining, reset_in: Duration::from_secs(reset_in.as_secs() + 1) })
        }
    }

    /// Sends for a minute with `concurrency`, each request taking 30 ms. Returns the number of requests.
    async fn send_for_a_minute(limit: f64, per_second: f64, concurrency: usize) -> u64 {
        let pace = Pace::new(None);
        let mut bucket = Bucket { level: limit, at: Instant::now(), limit, per_second };
        let end = Instant::now() + Duration::from_mins(1);
        let mut under_way: VecDeque<(Instant, Option<RateLimit>, UnderWay<'_>)> = VecDeque::new();
        let mut sent = 0;
        while Instant::now() < end {
            let next = under_way.front().map(|(at, _, _)| *at);
            tokio::select! {
                biased;
                () = sleep_until(next.unwrap_or(end)), if next.is_some() => {
                    let (_, limit, request) = under_way.pop_front().unwrap();
                    request.answered(limit, true);
                }
                request = pace.turn(), if under_way.len() < concurrency => {
                    let limit = bucket.take();
                    assert!(limit.is_some(), "the limit is overrun by request {sent}");
                    sent += 1;
                    under_way.push_back((Instant::now() + Duration::from_millis(30), limit, request));
                }
            }
        }
        sent
    }

    #[tokio::test(start_paused = true)]
    async fn a_run_uses_most_of_the_limit_and_never_overruns_it() {
        for (limit, per_second, concurrency, least) in [
            (50.0, 50.0, 4, 2000),
            (10.0, 10.0, 4, 300),
            (2.0, 2.0, 4, 50),
            (100.0, 20.0, 8, 1100),
            (1000.0, 1000.0, 64, 40_000),
        ] {
            let sent = send_for_a_minute(limit, per_second, concurrency).await;
            assert!(sent >= least, "{sent} of {per_second} a second");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_holds_every_request_and_the_first_one_finds_out() {
        let pace = Pace::new(None);
        let first = pace.turn().await;
        assert!(
            tokio::time::timeout(Duration::from_secs(5), pace.turn()).await.is_err(),
            "nothing is known yet"
        );
        pace.pause(Duration::from_secs(7));
        first.answered(None, false);
        let before = Instant::now();
        pace.turn().await.answered(None, true);
        assert_eq!((Instant::now() - before).as_secs(), 7);
        drop((pace.turn().await, pace.turn().await));
    }

    #[tokio::test(start_paused = true)]
    async fn an_operator_can_ask_for_less_than_the_tenant_allows() {
        let pace = Pace::new(Some(10));
        let start = Instant::now();
        for _ in 0..101 {
            pace.turn().await.answered(None, true);
        }
        let took = (Instant::now() - start).as_millis();
        assert!((9_900..10_100).contains(&took), "{took}");
    }
}
