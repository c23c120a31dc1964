//! The rate limit of the tenant, and that of each person inside it: nobody uses up what is there for all.

use std::num::NonZeroU32;

use model::UserId;
use store::Store;

use super::rate_limit::{RateLimit, RateLimitStatus};
use crate::clock::Moment;
use crate::counters::Counters;
use crate::secret::digest;
use crate::shared_map::Key;

/// One person has this part of the tenant's burst: a page reads and changes a whole account at once.
const PART_OF_BURST: u32 = 2;

/// One person has this part of the tenant's requests per second.
const PART_OF_RATE: u32 = 5;

/// The maximum number of buckets of people. A person whose bucket is forgotten has a full one.
const KEPT: usize = 10_000;

/// The token buckets of the tenant and of people.
pub(crate) struct TokenBuckets {
    tenant: RateLimit,
    person: RateLimit,
    of_tenant: Counters,
    of_people: Counters,
}

impl TokenBuckets {
    /// Returns full buckets: that of the tenant, and of a part of its limit for each person.
    pub(crate) fn new(store: &Store, tenant: RateLimit) -> Self {
        let of_people = Counters::new(store, "requests of a person", KEPT);
        Self::with(tenant, Counters::new(store, "requests", 1), of_people)
    }

    fn with(tenant: RateLimit, of_tenant: Counters, of_people: Counters) -> Self {
        let share = |whole: NonZeroU32, part: u32| {
            NonZeroU32::new(whole.get().div_ceil(part)).unwrap_or(NonZeroU32::MIN)
        };
        let burst = share(tenant.burst, PART_OF_BURST);
        let person = RateLimit { burst, per_second: share(tenant.per_second, PART_OF_RATE) };
        Self { tenant, person, of_tenant, of_people }
    }

    /// Takes a token from the bucket of a person and from the tenant's, if there is one, and returns the state of the one that
    /// is empty sooner. What a person is refused takes nothing from the tenant's. A machine is the operator's, and has the
    /// tenant's whole limit.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn take(&self, subject: &UserId, now: Moment) -> Result<RateLimitStatus, store::Error> {
        let is_machine = subject.as_str().ends_with("@clients");
        let own = if is_machine { None } else { Some(self.take_of_person(subject, now).await?) };
        if let Some(own) = own.filter(RateLimitStatus::is_exceeded) {
            return Ok(own);
        }
        let key = (String::new(), String::new());
        let all = self.of_tenant.update(&[key], now, |used| self.tenant.take(&mut used[0], now)).await?;
        Ok(all.or_tighter(own))
    }

    async fn take_of_person(&self, subject: &UserId, now: Moment) -> Result<RateLimitStatus, store::Error> {
        let key: Key = (digest(subject.as_str().as_bytes()), String::new());
        self.of_people.update(&[key], now, |used| self.person.take(&mut used[0], now)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn buckets_of_many_people_take_bounded_memory() {
        let buckets =
            TokenBuckets::with(RateLimit::default(), Counters::in_memory(1), Counters::in_memory(KEPT));
        let now = Moment::from_millis(0);
        for number in 0..KEPT + 10 {
            let subject = UserId::new(format!("auth0|{number}"));
            assert!(!buckets.take_of_person(&subject, now).await.unwrap().is_exceeded());
        }
        let kept = buckets.of_people.len();
        assert!(kept <= KEPT && kept > KEPT / 2);
    }
}
