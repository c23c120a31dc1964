//! Time. [`Clock`] is the only source of the current time; tests use one that stands still until they advance it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A point in time: milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Moment(i64);

impl Moment {
    /// Creates a moment from milliseconds since the Unix epoch.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Returns the milliseconds since the Unix epoch.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Returns the whole seconds since the Unix epoch, the unit of times in tokens (RFC 7519 section 2).
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// Returns the moment that is `duration` later.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// Whether less than `duration` has passed since `earlier`. A clock that was set back since then has measured nothing:
    /// a pause must not last until it is where it was.
    #[must_use]
    pub fn is_within(self, duration: Duration, earlier: Self) -> bool {
        earlier <= self && self < earlier.after(duration)
    }

    /// Formats the moment as ISO 8601 in UTC with milliseconds and `Z`, as the Management API does (contract
    /// [A1](model::contract#a1)). A moment outside the supported years becomes the epoch.
    #[must_use]
    pub fn iso(self) -> String {
        let timestamp = jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        format!("{timestamp:.3}")
    }

    /// Parses ISO 8601 with a time zone. Returns `None` for any other text.
    #[must_use]
    pub fn parse_iso(text: &str) -> Option<Self> {
        text.parse::<jiff::Timestamp>().ok().map(|timestamp| Self(timestamp.as_millisecond()))
    }
}

/// A source of the current time.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Settable(Arc<AtomicI64>),
}

impl Clock {
    /// Returns the clock of the operating system.
    #[must_use]
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// Returns a clock that stands at `start` until [`Clock::advance`] moves it. Clones move together.
    #[must_use]
    pub fn settable(start: Moment) -> Self {
        Self(Source::Settable(Arc::new(AtomicI64::new(start.0))))
    }

    /// Returns the current time.
    #[must_use]
    pub fn now(&self) -> Moment {
        match &self.0 {
            #[expect(clippy::disallowed_methods, reason = "the one place where the time is read")]
            Source::System => Moment(jiff::Timestamp::now().as_millisecond()),
            Source::Settable(millis) => Moment(millis.load(Ordering::SeqCst)),
        }
    }

    /// Moves a settable clock forward. Has no effect on the system clock.
    pub fn advance(&self, duration: Duration) {
        if let Source::Settable(millis) = &self.0 {
            let by = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
            millis.fetch_add(by, Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_ends_when_the_clock_is_set_back() {
        let (start, pause) = (Moment::from_millis(1000), Duration::from_secs(1));
        for (now, within) in [(1000, true), (1999, true), (2000, false), (999, false), (i64::MIN, false)] {
            assert_eq!(Moment::from_millis(now).is_within(pause, start), within, "{now}");
        }
    }

    #[test]
    fn no_time_before_1970_panics() {
        let early = Moment::from_millis(-86_400_001);
        assert_eq!((early.seconds(), early.iso().as_str()), (-86_401, "1969-12-30T23:59:59.999Z"));
        assert_eq!(Moment::from_millis(i64::MIN).after(Duration::ZERO).millis(), i64::MIN);
    }

    #[test]
    fn times_are_written_with_milliseconds_and_z() {
        assert_eq!(Moment::from_millis(1_700_000_000_000).iso(), "2023-11-14T22:13:20.000Z");
        let written = "2024-02-29T12:00:00.120Z";
        assert_eq!(Moment::parse_iso(written).unwrap().iso(), written);
        assert_eq!(Moment::parse_iso("yesterday"), None);
    }
}
