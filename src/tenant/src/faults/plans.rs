//! The faults that users have planned. They are in memory, and their number is bounded.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};

use model::UserId;
use serde::{Deserialize, Serialize};

/// How many people's plans are kept.
const KEPT: usize = 1000;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Fault {
    /// The token counts as expired.
    ExpiredToken,
    /// The rate limit counts as reached.
    RateLimited,
    /// The answer comes late.
    Slow,
    /// 503, with a time to come back.
    Unavailable,
    /// 500.
    ServerError,
    /// The identity that the call names is unlinked just before; calls that name none go on untouched.
    UnlinkedElsewhere,
}

/// What goes wrong, how often yet, and how.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlannedFault {
    pub(super) fault: Fault,
    /// How many calls it hits yet.
    #[serde(default = "once")]
    pub(super) times: NonZeroU32,
    /// After how many seconds a refused client may come again.
    #[serde(default = "two_seconds")]
    pub(super) retry_after: u32,
    /// By how many milliseconds a slow answer is late.
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

/// The planned faults of all users.
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

    /// Takes one hit of the plan, if there is one and it applies to this call.
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
