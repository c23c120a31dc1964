//! Damage of the database: noticed at any statement, and remembered, so that nothing is changed from then on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::Error;

/// Whether a statement found the database damaged. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Damage(Arc<AtomicBool>);

impl Damage {
    /// Refuses a change once damage was found.
    ///
    /// # Errors
    /// [`Error::Corrupt`].
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.0.load(Ordering::Acquire) { Err(Error::Corrupt) } else { Ok(()) }
    }

    /// Remembers the error of a statement if it is about damage.
    pub(crate) fn note(&self, error: &Error) {
        if matches!(error, Error::Corrupt) && !self.0.swap(true, Ordering::AcqRel) {
            tracing::error!(
                "the database is damaged: changes are refused from now on. Stop the server and put a backup in its place"
            );
        }
    }
}
