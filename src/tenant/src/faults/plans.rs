//! The faults that users have planned. They are in memory, and their number is bounded.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};

use model::UserId;
use serde::{Deserialize, Serialize};

/// The maximum number of users with a planned fault.
const KEPT: usize = 1000;

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

/// The planned faults by user.
#[derive(Debug, Default)]
pub(crate) struct FaultPlans(Mutex<HashMap<UserId, PlannedFault>>);

impl FaultPlans {
    pub(super) fn find(&self, user_id: &UserId) -> Option<PlannedFault> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(user_id).copied()
    }

    pub(super) fn set(&self, user_id: UserId, plan: PlannedFault) {
        let mut plans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if plans.len() >= KEPT && !plans.contains_key(&user_id) {
            let any = plans.keys().next().cloned();
            any.and_then(|any| plans.remove(&any));
        }
        plans.insert(user_id, plan);
    }

    pub(super) fn clear(&self, user_id: &UserId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(user_id);
    }

    /// Returns the user's planned fault for a request, and counts the request. `None` if there is no fault or
    /// it does not apply.
    pub(super) fn take(&self, user_id: &UserId, names_identity: bool) -> Option<PlannedFault> {
        let mut plans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let plan = *plans.get(user_id)?;
        if plan.fault == Fault::UnlinkedElsewhere && !names_identity {
            return None;
        }
        match NonZeroU32::new(plan.times.get() - 1) {
            Some(times) => plans.insert(user_id.clone(), PlannedFault { times, ..plan }),
            None => plans.remove(user_id),
        };
        Some(plan)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_of_many_people_take_bounded_memory() {
        let faults = FaultPlans::default();
        let plan = PlannedFault { fault: Fault::Slow, times: once(), retry_after: 2, delay: 1 };
        for number in 0..KEPT + 10 {
            faults.set(UserId::new(format!("auth0|{number}")), plan);
        }
        assert_eq!(faults.0.lock().unwrap().len(), KEPT);
        assert!(faults.find(&UserId::new(format!("auth0|{}", KEPT + 9))).is_some());
    }
}
