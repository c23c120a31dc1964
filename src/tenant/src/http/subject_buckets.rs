//! The rate limit of each person inside that of the tenant: nobody uses up what is there for all.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};

use model::UserId;

use super::rate_limit::{RateLimit, RateLimitStatus, TokenBucket};
use crate::clock::Moment;

/// One person has this part of the tenant's burst: a page reads and changes a whole account at once.
const PART_OF_BURST: u32 = 2;

/// One person has this part of the tenant's requests per second.
const PART_OF_RATE: u32 = 5;

/// The maximum number of buckets. A person whose bucket is forgotten has a full one.
const KEPT: usize = 10_000;

/// The token buckets of people, each with the time of its last use.
#[derive(Debug)]
pub(crate) struct SubjectBuckets {
    limit: RateLimit,
    buckets: Mutex<HashMap<UserId, (TokenBucket, Moment)>>,
}

impl SubjectBuckets {
    /// Returns full buckets for all people, of a part of the tenant's limit each.
    pub(crate) fn new(tenant: RateLimit) -> Self {
        let share = |whole: NonZeroU32, part: u32| {
            NonZeroU32::new(whole.get().div_ceil(part)).unwrap_or(NonZeroU32::MIN)
        };
        let burst = share(tenant.burst, PART_OF_BURST);
        let limit = RateLimit { burst, per_second: share(tenant.per_second, PART_OF_RATE) };
        Self { limit, buckets: Mutex::default() }
    }

    /// Takes a token from the bucket of a person, if there is one, and returns the state of the bucket. `None` for a machine:
    /// it is the operator's, and has the tenant's whole limit.
    pub(crate) fn take(&self, subject: &UserId, now: Moment) -> Option<RateLimitStatus> {
        if subject.as_str().ends_with("@clients") {
            return None;
        }
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if !buckets.contains_key(subject) {
            if buckets.len() >= KEPT {
                let oldest = buckets.iter().min_by_key(|(_, (_, last))| *last).map(|(id, _)| id.clone());
                oldest.and_then(|oldest| buckets.remove(&oldest));
            }
            buckets.insert(subject.clone(), (TokenBucket::new(self.limit, now), now));
        }
        let (bucket, last) = buckets.get_mut(subject)?;
        *last = now;
        Some(bucket.take(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_of_many_people_take_bounded_memory() {
        let buckets = SubjectBuckets::new(RateLimit::default());
        for number in 0..KEPT + 10 {
            let now = Moment::from_millis(i64::try_from(number).unwrap());
            assert!(buckets.take(&UserId::new(format!("auth0|{number}")), now).is_some());
        }
        assert_eq!(buckets.buckets.lock().unwrap().len(), KEPT);
    }
}
