//! The work of an attempt at a password, which is the same for every account and for none.
//!
//! An imported hash takes another time than the tenant's own, and an unknown account has no hash. If each attempt did only
//! what its own account needs, the time would tell who exists and who was imported. So each attempt does the work of all
//! kinds of hashes that the database has: that of its own account by comparing, the rest for nothing.

use std::sync::{Arc, PoisonError, RwLock};

use super::imported;
use super::work::Work;

/// The work of every attempt: that of all hashes that were seen since the start.
#[derive(Debug)]
pub(crate) struct AttemptWork(RwLock<Arc<Work>>);

impl Default for AttemptWork {
    fn default() -> Self {
        Self(RwLock::new(Arc::new(Work::own())))
    }
}

impl AttemptWork {
    /// Returns the work of an attempt from now on.
    pub(crate) fn get(&self) -> Arc<Work> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Adds the work of a stored hash to that of every attempt.
    pub(crate) fn learn(&self, stored: &str) {
        let Some(hash) = imported::read(stored) else { return };
        let mut more = Work::clone(&self.get());
        more.extend(hash.work());
        if more != *self.get() {
            let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
            Arc::make_mut(&mut known).extend(hash.work());
        }
    }
}
