//! The faults that users have planned. They last a day, and their number is bounded.

use std::num::NonZeroU32;
use std::time::Duration;

use model::UserId;
use serde::{Deserialize, Serialize};
use store::Store;

use crate::clock::Moment;
use crate::secret::digest;
use crate::shared_map::{Expiring, Key, SharedMap};

/// The maximum number of users with a planned fault.
const KEPT: usize = 1000;

/// How long a fault stays planned.
const LIFETIME: Duration = Duration::from_hours(24);

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Fault {
    /// The token is treated as expired.
    ExpiredToken,
    /// The sign-in is treated as too old (RFC 9470).
    OldSignIn,
    /// The rate limit is treated as exceeded.
    RateLimited,
    /// The response is delayed.
    Slow,
    /// 503 with `Retry-After`.
    Unavailable,
    /// 500.
    ServerError,
    /// The identity in the path is unlinked just before the request. Requests without one are not affected.
    UnlinkedElsewhere,
}

/// A fault and the number of requests that it affects.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlannedFault {
    pub(super) fault: Fault,
    /// The number of requests that it still affects.
    #[serde(default = "once")]
    pub(super) times: NonZeroU32,
    /// The value of `Retry-After` in seconds.
    #[serde(default = "two_seconds")]
    pub(super) retry_after: u32,
    /// The delay of a slow response in milliseconds.
    #[serde(default = "three_seconds")]
    pub(super) delay: u32,
}

fn once() -> NonZeroU32 {
    NonZeroU32::MIN
}

fn two_seconds() -> u32 {
    2
}

fn three_seconds() -> u32 {
    3000
}

/// A planned fault until a time.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Entry {
    plan: PlannedFault,
    until: Moment,
}

impl Expiring for Entry {
    fn until(&self) -> Moment {
        self.until
    }
}

/// The planned faults by user.
pub(crate) struct FaultPlans(SharedMap<Entry>);

impl FaultPlans {
    /// Returns the planned faults of all servers of a store.
    pub(crate) fn new(store: &Store) -> Self {
        Self(SharedMap::new(store, "faults", KEPT))
    }

    pub(super) async fn find(
        &self,
        user_id: &UserId,
        now: Moment,
    ) -> Result<Option<PlannedFault>, store::Error> {
        Ok(self.0.find(&key(user_id), now).await?.map(|entry| entry.plan))
    }

    pub(super) async fn set(
        &self,
        user_id: &UserId,
        plan: PlannedFault,
        now: Moment,
    ) -> Result<(), store::Error> {
        let entry = Entry { plan, until: now.after(LIFETIME) };
        self.0.update(&[key(user_id)], now, |entries| entries[0] = Some(entry.clone())).await
    }

    pub(super) async fn clear(&self, user_id: &UserId) -> Result<(), store::Error> {
        self.0.remove(&key(user_id).0).await
    }

    /// Returns the user's planned fault for a request, and counts the request. `None` if there is no fault or
    /// it does not apply.
    pub(super) async fn take(
        &self,
        user_id: &UserId,
        names_identity: bool,
        now: Moment,
    ) -> Result<Option<PlannedFault>, store::Error> {
        let take = |entries: &mut [Option<Entry>]| {
            let entry = entries[0].as_mut()?;
            let plan = entry.plan;
            if plan.fault == Fault::UnlinkedElsewhere && !names_identity {
                return None;
            }
            match NonZeroU32::new(plan.times.get() - 1) {
                Some(times) => entry.plan.times = times,
                None => entries[0] = None,
            }
            Some(plan)
        };
        self.0.update(&[key(user_id)], now, take).await
    }
}

fn key(user_id: &UserId) -> Key {
    (digest(user_id.as_str().as_bytes()), String::new())
}
