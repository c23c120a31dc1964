//! Quotas: how often something may happen for each key, at once and in the long run.

use std::time::Duration;

use store::Store;

use crate::clock::Moment;
use crate::counters::{Counter, Counters};
use crate::secret::digest;
use crate::shared_map::Key;

/// The maximum number of keys.
const KEPT: usize = 20_000;

/// How often something may happen: `burst` at once, and once more after each `interval`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quota {
    pub(crate) burst: u32,
    pub(crate) interval: Duration,
}

impl Quota {
    /// Takes one. What is used is counted in milliseconds until the quota is whole again.
    ///
    /// # Errors
    /// The time until there is one.
    pub(crate) fn take(self, used: &mut Option<Counter>, now: Moment) -> Result<(), Duration> {
        let counter = used.get_or_insert_with(|| Counter::new(now));
        let passed = counter.advance(now);
        counter.value = counter.value.saturating_sub(passed);
        let wait = (counter.value + self.millis()).saturating_sub(u64::from(self.burst) * self.millis());
        if wait == 0 {
            counter.value += self.millis();
        }
        counter.until = counter.at.after(Duration::from_millis(counter.value));
        if wait == 0 { Ok(()) } else { Err(Duration::from_millis(wait)) }
    }

    /// Gives back what one call of [`Quota::take`] took.
    pub(crate) fn give_back(self, used: &mut Option<Counter>) {
        if let Some(counter) = used {
            counter.value = counter.value.saturating_sub(self.millis());
            counter.until = counter.at.after(Duration::from_millis(counter.value));
        }
    }

    fn millis(self) -> u64 {
        u64::try_from(self.interval.as_millis()).unwrap_or(u64::MAX)
    }
}

/// A quota for each key.
pub(crate) struct Quotas {
    quota: Quota,
    used: Counters,
}

impl Quotas {
    /// Returns the quotas of `kind`, which are whole until something is taken.
    pub(crate) fn new(store: &Store, kind: &'static str, quota: Quota) -> Self {
        Self { quota, used: Counters::new(store, kind, KEPT) }
    }

    /// Takes one from the quota of a key. What is returned inside is the time until there is one.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn take(&self, key: &str, now: Moment) -> Result<Result<(), Duration>, store::Error> {
        let key: Key = (digest(key.as_bytes()), String::new());
        self.used.update(&[key], now, |used| self.quota.take(&mut used[0], now)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    #[test]
    fn a_quota_is_used_up_and_refills_one_by_one() {
        let quota = Quota { burst: 2, interval: MINUTE };
        let mut now = Moment::from_millis(0);
        let mut used = None;
        assert_eq!([quota.take(&mut used, now), quota.take(&mut used, now)], [Ok(()), Ok(())]);
        assert_eq!(quota.take(&mut used, now), Err(MINUTE));
        now = now.after(MINUTE / 2);
        assert_eq!(quota.take(&mut used, now), Err(MINUTE / 2));
        now = now.after(MINUTE / 2);
        assert_eq!([quota.take(&mut used, now), quota.take(&mut used, now)], [Ok(()), Err(MINUTE)]);
        quota.give_back(&mut used);
        assert_eq!(quota.take(&mut used, now), Ok(()));
        assert_eq!(used.unwrap().until, now.after(2 * MINUTE));
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_prolong_a_wait() {
        let quota = Quota { burst: 1, interval: MINUTE };
        let mut used = None;
        assert_eq!(quota.take(&mut used, Moment::from_millis(1_000_000_000)), Ok(()));
        let start = Moment::from_millis(0);
        assert_eq!(quota.take(&mut used, start), Err(MINUTE));
        assert_eq!(quota.take(&mut used, start.after(MINUTE)), Ok(()));
    }

    #[test]
    fn servers_whose_clocks_differ_a_little_gain_nothing_by_taking_turns() {
        let quota = Quota { burst: 2, interval: MINUTE };
        let (ahead, behind) = (Moment::from_millis(4_000), Moment::from_millis(0));
        let mut used = None;
        assert_eq!([quota.take(&mut used, ahead), quota.take(&mut used, behind)], [Ok(()), Ok(())]);
        for _ in 0..60 {
            assert_eq!(quota.take(&mut used, ahead), Err(MINUTE));
            assert_eq!(quota.take(&mut used, behind), Err(MINUTE));
        }
    }

    #[tokio::test]
    async fn each_key_has_its_own_quota_and_a_flood_of_keys_takes_bounded_memory() {
        let quota = Quota { burst: 1, interval: MINUTE };
        let quotas = Quotas { quota, used: Counters::in_memory(KEPT) };
        for key in 0..KEPT + 100 {
            let now = Moment::from_millis(i64::try_from(key).unwrap() / 1000);
            assert_eq!(quotas.take(&key.to_string(), now).await.unwrap(), Ok(()));
        }
        assert!(quotas.used.len() <= KEPT && quotas.used.len() > KEPT / 2);
    }
}
