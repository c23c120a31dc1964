//! Values of identities, whose readers are notified of changes of their own identity only.
//!
//! In a list of a thousand logins, each row that hears of a change costs tens of microseconds, also where it then finds that
//! nothing of its own has changed.

use indexmap::IndexSet;
use leptos::prelude::*;
use model::IdentityKey;
use rustc_hash::FxBuildHasher;

use super::subscription::unsubscribed_on_cleanup;

/// A value for some of the identities. A copy is a handle to the same values.
pub struct ByIdentity<T: 'static>(StoredValue<Values<T>>);

impl<T> Clone for ByIdentity<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for ByIdentity<T> {}

/// Values, each at the place that its identity has.
pub struct Values<T> {
    places: Places,
    values: Vec<Option<T>>,
}

/// The places of all identities that were asked for. They are never given up: a page meets few identities that go and do not
/// come back.
#[derive(Default)]
struct Places {
    /// In this type for the sake of its size: Leptos has it for the keys of rows.
    keys: IndexSet<IdentityKey, FxBuildHasher>,
    triggers: Vec<ArcTrigger>,
    /// Is notified of the changes of all identities.
    any: ArcTrigger,
}

impl<T: Clone + PartialEq + Send + Sync> ByIdentity<T> {
    /// No values.
    #[must_use]
    pub fn none() -> Self {
        Self(StoredValue::new(Values { places: Places::default(), values: Vec::new() }))
    }

    /// Returns a memo of the value of an identity.
    #[must_use]
    pub fn watch(self, key: &IdentityKey) -> Memo<Option<T>> {
        let watch = |all: &mut Values<T>| {
            let place = all.places.of(key);
            (place, all.places.triggers[place].clone())
        };
        let (place, trigger) = self.0.try_update_value(watch).unwrap_or_default();
        unsubscribed_on_cleanup(Memo::new(move |_| {
            trigger.track();
            self.0.try_with_value(|all| all.values.get(place).cloned()).flatten().flatten()
        }))
    }

    /// Tracks the values of all identities.
    pub fn track_all(self) {
        if let Some(any) = self.0.try_with_value(|all| all.places.any.clone()) {
            any.track();
        }
    }

    /// Returns the value of an identity without tracking it; `None` also when the page is gone.
    #[must_use]
    pub fn peek(self, key: &IdentityKey) -> Option<T> {
        let find = |all: &Values<T>| all.values.get(all.places.keys.get_index_of(key)?)?.clone();
        self.0.try_with_value(find).flatten()
    }

    /// Sets or removes the value of an identity. Returns `false` when the page is gone.
    pub fn set(self, key: &IdentityKey, value: Option<T>) -> bool {
        self.change(|all| *all.at(key) = value)
    }

    /// Removes those that `is` holds for.
    pub fn forget(self, is: fn(&T) -> bool) {
        self.change(|all| {
            for value in &mut all.values {
                value.take_if(|value| is(value));
            }
        });
    }

    /// Changes values, and notifies the readers of those that are others afterwards. Returns `false` when the page is gone.
    pub fn change(self, change: impl FnOnce(&mut Values<T>)) -> bool {
        let changed = self.0.try_update_value(|all| {
            let before = all.values.clone();
            change(all);
            let was = |place: usize| before.get(place).and_then(Option::as_ref);
            let is_new = |place: &usize| was(*place) != all.values[*place].as_ref();
            let changed = (0..all.values.len()).filter(is_new).map(|place| &all.places.triggers[place]);
            changed.chain([&all.places.any]).cloned().collect::<Vec<_>>()
        });
        // After the borrow of the values has ended, for readers that read at once.
        changed.map(|changed| changed.iter().for_each(Notify::notify)).is_some()
    }
}

impl<T> Values<T> {
    /// The value of an identity.
    pub fn at(&mut self, key: &IdentityKey) -> &mut Option<T> {
        let place = self.places.of(key);
        if self.values.len() <= place {
            self.values.resize_with(place + 1, || None);
        }
        &mut self.values[place]
    }

    /// Returns all identities that were asked for.
    pub fn keys(&self) -> Vec<IdentityKey> {
        self.places.keys.iter().cloned().collect()
    }

    /// Removes all values.
    pub fn clear(&mut self) {
        self.values.fill_with(|| None);
    }
}

impl Places {
    fn of(&mut self, key: &IdentityKey) -> usize {
        if let Some(place) = self.keys.get_index_of(key) {
            return place;
        }
        self.triggers.push(ArcTrigger::new());
        self.keys.insert_full(key.clone()).0
    }
}
