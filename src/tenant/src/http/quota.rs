//! Quotas: how often something may happen for each key, at once and in the long run. They are in memory and bounded; a
//! restart resets them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::clock::Moment;
use crate::secret::digest;

/// The maximum number of keys.
const KEPT: usize = 20_000;

/// A quota for each key: `burst` at once, and one more after each `interval`.
#[derive(Debug)]
pub(crate) struct Quotas {
    burst: u32,
    interval: Duration,
    /// What is used of each quota, by the digest of its key.
    used: Mutex<HashMap<String, Used>>,
}

/// How much of a quota is used at a time.
#[derive(Clone, Copy, Debug)]
struct Used {
    /// The time until the quota is whole again.
    time: Duration,
    at: Moment,
}

impl Used {
    /// Returns what is still used at `now`. A clock that was set back gives nothing and prolongs nothing.
    fn at(self, now: Moment) -> Self {
        let passed = u64::try_from(now.millis().saturating_sub(self.at.millis())).unwrap_or(0);
        Self { time: self.time.saturating_sub(Duration::from_millis(passed)), at: now }
    }
}

impl Quotas {
    /// Returns whole quotas for all keys.
    pub(crate) fn new(burst: u32, interval: Duration) -> Self {
        Self { burst, interval, used: Mutex::default() }
    }

    /// Takes one from the quota of a key.
    ///
    /// # Errors
    /// The time until there is one.
    pub(crate) fn take(&self, key: &str, now: Moment) -> Result<(), Duration> {
        let key = digest(key.as_bytes());
        // A panic cannot leave a number inconsistent.
        let mut all = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let before = all.get(&key).map_or(Used { time: Duration::ZERO, at: now }, |used| used.at(now));
        let wait = (before.time + self.interval).saturating_sub(self.interval * self.burst);
        if !wait.is_zero() {
            all.insert(key, before);
            return Err(wait);
        }
        if !all.contains_key(&key) && all.len() >= KEPT {
            all.retain(|_, used| !used.at(now).time.is_zero());
            if all.len() >= KEPT {
                let soonest =
                    all.iter().min_by_key(|(_, used)| used.at(now).time).map(|(key, _)| key.clone());
                soonest.and_then(|key| all.remove(&key));
            }
        }
        all.insert(key, Used { time: before.time + self.interval, at: now });
        Ok(())
    }

    /// Gives back what one call of [`Quotas::take`] took.
    pub(crate) fn give_back(&self, key: &str) {
        let mut all = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(used) = all.get_mut(&digest(key.as_bytes())) {
            used.time = used.time.saturating_sub(self.interval);
        }
    }

    /// Makes the quota of a key whole.
    pub(crate) fn reset(&self, key: &str) {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).remove(&digest(key.as_bytes()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    #[test]
    fn a_quota_is_used_up_and_refills_one_by_one_for_each_key() {
        let quotas = Quotas::new(2, MINUTE);
        let mut now = Moment::from_millis(0);
        assert_eq!([quotas.take("a", now), quotas.take("a", now)], [Ok(()), Ok(())]);
        assert_eq!(quotas.take("a", now), Err(MINUTE));
        assert_eq!(quotas.take("b", now), Ok(()));
        now = now.after(MINUTE / 2);
        assert_eq!(quotas.take("a", now), Err(MINUTE / 2));
        now = now.after(MINUTE / 2);
        assert_eq!([quotas.take("a", now), quotas.take("a", now)], [Ok(()), Err(MINUTE)]);
        quotas.give_back("a");
        assert_eq!(quotas.take("a", now), Ok(()));
        quotas.reset("a");
        assert_eq!([quotas.take("a", now), quotas.take("a", now)], [Ok(()), Ok(())]);
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_prolong_a_wait() {
        let quotas = Quotas::new(1, MINUTE);
        assert_eq!(quotas.take("a", Moment::from_millis(1_000_000_000)), Ok(()));
        let start = Moment::from_millis(0);
        assert_eq!(quotas.take("a", start), Err(MINUTE));
        assert_eq!(quotas.take("a", start.after(MINUTE)), Ok(()));
    }

    #[test]
    fn a_flood_of_keys_takes_bounded_memory() {
        let quotas = Quotas::new(1, MINUTE);
        for key in 0..KEPT + 100 {
            let now = Moment::from_millis(i64::try_from(key).unwrap() / 1000);
            assert_eq!(quotas.take(&key.to_string(), now), Ok(()));
        }
        assert_eq!(quotas.used.lock().unwrap().len(), KEPT);
    }
}
