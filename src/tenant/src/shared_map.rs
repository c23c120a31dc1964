//! What all servers of a tenant know for a while: values by their keys, each until a time.
//!
//! They are in memory where one server serves a database; a restart forgets them. Their number is bounded.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::clock::Moment;

/// The part of the values, as a divisor, that makes room at once: a flood of keys must not search all of them for each.
const AT_ONCE: usize = 16;

/// A key: whose value it is, and which of its values. Both are digests or words of the program, so that nothing personal is
/// kept.
pub(crate) type Key = (String, String);

/// A value of a [`SharedMap`].
pub(crate) trait Expiring: Clone {
    /// Returns the time from which on the value is as good as none.
    fn until(&self) -> Moment;
}

/// Values of one kind.
pub(crate) struct SharedMap<T> {
    /// The maximum number of values.
    kept: usize,
    all: Mutex<HashMap<Key, T>>,
}

impl<T: Expiring> SharedMap<T> {
    /// Returns a map without values, which keeps `kept` of them at most.
    pub(crate) fn in_memory(kept: usize) -> Self {
        Self { kept, all: Mutex::default() }
    }

    /// Changes the values with these keys at once, and returns what `change` does. It gets them in the order of the keys, and
    /// leaves `None` for one that is to be forgotten. It may have to run again.
    ///
    /// # Errors
    /// The store's.
    #[expect(clippy::unused_async, reason = "values in a database follow")]
    pub(crate) async fn update<R>(
        &self,
        keys: &[Key],
        now: Moment,
        change: impl Fn(&mut [Option<T>]) -> R,
    ) -> Result<R, store::Error> {
        // A panic cannot leave a value inconsistent.
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let mut values: Vec<_> = keys.iter().map(|key| current(all.get(key), now)).collect();
        let outcome = change(&mut values);
        for (key, value) in keys.iter().zip(values) {
            match value {
                Some(value) => {
                    if !all.contains_key(key) {
                        make_room(&mut all, self.kept, now);
                    }
                    all.insert(key.clone(), value);
                }
                None => {
                    all.remove(key);
                }
            }
        }
        Ok(outcome)
    }

    /// Returns all values of `whole`, each with the second part of its key.
    ///
    /// # Errors
    /// The store's.
    #[expect(clippy::unused_async, reason = "values in a database follow")]
    pub(crate) async fn list(&self, whole: &str, now: Moment) -> Result<Vec<(String, T)>, store::Error> {
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let parts = all.iter().filter(|((of, _), _)| of == whole);
        Ok(parts.filter_map(|((_, part), value)| Some((part.clone(), current(Some(value), now)?))).collect())
    }

    /// Forgets all values of `whole`.
    ///
    /// # Errors
    /// The store's.
    #[expect(clippy::unused_async, reason = "values in a database follow")]
    pub(crate) async fn remove(&self, whole: &str) -> Result<(), store::Error> {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|(of, _), _| of != whole);
        Ok(())
    }

    /// Returns the number of values.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

fn current<T: Expiring>(value: Option<&T>, now: Moment) -> Option<T> {
    value.filter(|value| value.until() > now).cloned()
}

/// Makes room for a value: removes those that are as good as none, or the part that is so next if there is none.
fn make_room<T: Expiring>(all: &mut HashMap<Key, T>, kept: usize, now: Moment) {
    if all.len() < kept {
        return;
    }
    all.retain(|_, value| value.until() > now);
    if all.len() < kept {
        return;
    }
    let mut ends: Vec<Moment> = all.values().map(T::until).collect();
    let last = kept / AT_ONCE;
    let (_, end, _) = ends.select_nth_unstable(last);
    let (end, mut leaving) = (*end, last + 1);
    all.retain(|_, value| {
        let leaves = leaving > 0 && value.until() <= end;
        leaving -= usize::from(leaves);
        !leaves
    });
}
