//! Counters that limit how often something happens: a number for each key, and the time of its last change.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::shared_map::{Expiring, SharedMap};

/// How far the clocks of servers may differ. A change that is no further ahead was made now; a clock that is set back further
/// counts anew from there.
const CLOCKS_DIFFER_BY: Duration = Duration::from_secs(5);

/// Counters of one kind.
pub(crate) type Counters = SharedMap<Counter>;

/// A counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counter {
    /// The number, in a unit of whoever counts.
    pub(crate) value: u64,
    /// The time of the last change.
    pub(crate) at: Moment,
    /// The time from which on it is as good as none.
    pub(crate) until: Moment,
}

impl Expiring for Counter {
    fn until(&self) -> Moment {
        self.until
    }
}

impl Counter {
    /// Returns a counter that has counted nothing.
    pub(crate) fn new(now: Moment) -> Self {
        Self { value: 0, at: now, until: now }
    }

    /// Makes `now` the time of the last change. Returns the milliseconds since the last one. A clock that was set back gives
    /// nothing, and prolongs nothing.
    pub(crate) fn advance(&mut self, now: Moment) -> u64 {
        let passed = u64::try_from(now.millis().saturating_sub(self.at.millis())).unwrap_or(0);
        if self.at <= now || self.at > now.after(CLOCKS_DIFFER_BY) {
            self.at = now;
        }
        passed
    }
}
