//! What all servers of a tenant know for a while: values by their keys, each until a time.
//!
//! They are in the database where several servers can have it open, else in memory, where a restart forgets them. Their number
//! is bounded.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;
use store::{SharedValue, Store};

use crate::clock::Moment;

/// The part of the values, as a divisor, that makes room at once: a flood of keys must not search all of them for each.
const AT_ONCE: usize = 16;

/// The maximum size of the large values of one kind in memory, in bytes.
const KEPT_BYTES: usize = 64 * 1024 * 1024;

/// A key: whose value it is, and which of its values. Both are digests or words of the program, so that nothing personal is
/// kept.
pub(crate) type Key = (String, String);

/// A value of a [`SharedMap`].
pub(crate) trait Expiring: Clone + Serialize + DeserializeOwned {
    /// Returns the time from which on the value is as good as none.
    fn until(&self) -> Moment;

    /// Returns its size in bytes, if it can be large.
    fn size(&self) -> usize {
        0
    }
}

/// Values of one kind.
pub(crate) struct SharedMap<T> {
    /// The maximum number of values. In a database it is exceeded by as many as make room at once.
    kept: usize,
    place: Place<T>,
}

enum Place<T> {
    Memory(Mutex<HashMap<Key, T>>),
    Database {
        store: Store,
        kind: &'static str,
        /// How many changes there were since values made room.
        changes: AtomicUsize,
    },
}

impl<T: Expiring> SharedMap<T> {
    /// Returns the values of `kind`, which are `kept` at most.
    pub(crate) fn new(store: &Store, kind: &'static str, kept: usize) -> Self {
        let place = if store.is_shared() {
            Place::Database { store: store.clone(), kind, changes: AtomicUsize::new(0) }
        } else {
            Place::Memory(Mutex::default())
        };
        Self { kept, place }
    }

    /// Returns no values yet, which are in memory.
    #[cfg(test)]
    pub(crate) fn in_memory(kept: usize) -> Self {
        Self { kept, place: Place::Memory(Mutex::default()) }
    }

    /// Changes the values with these keys at once, and returns what `change` does. It gets them in the order of the keys, and
    /// leaves `None` for one that is to be forgotten. It may have to run again.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn update<R>(
        &self,
        keys: &[Key],
        now: Moment,
        change: impl Fn(&mut [Option<T>]) -> R,
    ) -> Result<R, store::Error> {
        let (store, kind, changes) = match &self.place {
            Place::Memory(all) => return Ok(self.update_in_memory(all, keys, now, change)),
            Place::Database { store, kind, changes } => (store, *kind, changes),
        };
        let change_stored = |stored: &mut [Option<SharedValue>]| {
            let mut values: Vec<_> = stored.iter().map(|stored| stored.as_ref().and_then(decode)).collect();
            let outcome = change(&mut values);
            for (stored, value) in stored.iter_mut().zip(values) {
                *stored = value.as_ref().and_then(encode);
            }
            outcome
        };
        let outcome = store.update_shared_values(kind, keys, now.millis(), change_stored).await?;
        if changes.fetch_add(1, Ordering::Relaxed) >= self.kept / AT_ONCE {
            changes.store(0, Ordering::Relaxed);
            store.trim_shared_values(kind, self.kept, now.millis()).await?;
        }
        Ok(outcome)
    }

    fn update_in_memory<R>(
        &self,
        all: &Mutex<HashMap<Key, T>>,
        keys: &[Key],
        now: Moment,
        change: impl Fn(&mut [Option<T>]) -> R,
    ) -> R {
        let mut all = lock(all);
        let mut values: Vec<_> = keys.iter().map(|key| current(all.get(key), now)).collect();
        let outcome = change(&mut values);
        for (key, value) in keys.iter().zip(values) {
            match value {
                Some(value) => {
                    if !all.contains_key(key) {
                        make_room(&mut all, self.kept, now);
                        make_space(&mut all, value.size());
                    }
                    all.insert(key.clone(), value);
                }
                None => {
                    all.remove(key);
                }
            }
        }
        outcome
    }

    /// Returns the value with this key.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn find(&self, key: &Key, now: Moment) -> Result<Option<T>, store::Error> {
        match &self.place {
            Place::Memory(all) => Ok(current(lock(all).get(key), now)),
            Place::Database { .. } => {
                let parts = self.list(&key.0, now).await?;
                Ok(parts.into_iter().find_map(|(part, value)| (part == key.1).then_some(value)))
            }
        }
    }

    /// Returns all values of `whole`, each with the second part of its key.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn list(&self, whole: &str, now: Moment) -> Result<Vec<(String, T)>, store::Error> {
        match &self.place {
            Place::Memory(all) => {
                let all = lock(all);
                let parts = all.iter().filter(|((of, _), _)| of == whole);
                let values =
                    parts.filter_map(|((_, part), value)| Some((part.clone(), current(Some(value), now)?)));
                Ok(values.collect())
            }
            Place::Database { store, kind, .. } => {
                let parts = store.list_shared_values(kind, whole, now.millis()).await?;
                Ok(parts.into_iter().filter_map(|(part, value)| Some((part, decode(&value)?))).collect())
            }
        }
    }

    /// Forgets all values of `whole`.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn remove(&self, whole: &str) -> Result<(), store::Error> {
        match &self.place {
            Place::Memory(all) => {
                lock(all).retain(|(of, _), _| of != whole);
                Ok(())
            }
            Place::Database { store, kind, .. } => store.remove_shared_values(kind, whole).await,
        }
    }

    /// Returns the number of values in memory.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        match &self.place {
            Place::Memory(all) => lock(all).len(),
            Place::Database { .. } => 0,
        }
    }
}

/// A panic cannot leave a value inconsistent.
fn lock<T>(all: &Mutex<HashMap<Key, T>>) -> std::sync::MutexGuard<'_, HashMap<Key, T>> {
    all.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads a stored value. One that another version of the program wrote in another form is as good as none.
fn decode<T: Expiring>(stored: &SharedValue) -> Option<T> {
    serde_json::from_str(&stored.value).ok()
}

fn encode<T: Expiring>(value: &T) -> Option<SharedValue> {
    Some(SharedValue { value: serde_json::to_string(value).ok()?, until: value.until().millis() })
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

/// Makes space for a large value: removes those that are as good as none next.
fn make_space<T: Expiring>(all: &mut HashMap<Key, T>, size: usize) {
    while size > 0 && size + all.values().map(T::size).sum::<usize>() > KEPT_BYTES {
        let next = all.iter().min_by_key(|(_, value)| value.until()).map(|(key, _)| key.clone());
        if next.and_then(|next| all.remove(&next)).is_none() {
            return;
        }
    }
}
