//! JSON values in the browser's storage. Where the browser forbids storage, writing fails and reading returns nothing.

use leptos::prelude::window;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::json;

/// A storage of the page's origin.
#[derive(Clone, Copy)]
pub enum Storage {
    /// Local storage: shared by all tabs, and kept when they are closed.
    Local,
    /// Session storage: of this tab only, and removed with it.
    Session,
}

impl Storage {
    fn open(self) -> Option<web_sys::Storage> {
        match self {
            Self::Local => window().local_storage(),
            Self::Session => window().session_storage(),
        }
        .ok()
        .flatten()
    }

    /// Returns whether `key` has a value, valid or not.
    #[must_use]
    pub fn has(self, key: &str) -> bool {
        self.text(key).is_some()
    }

    /// Returns the value of `key`; `None` when there is no value of this type.
    #[must_use]
    pub fn read<T: DeserializeOwned>(self, key: &str) -> Option<T> {
        json::read(&self.text(key)?).ok()
    }

    /// Returns the value of `key` and removes it. A value that cannot be removed is not returned.
    pub fn take<T: DeserializeOwned>(self, key: &str) -> Option<T> {
        json::read(&self.take_text(key)?).ok()
    }

    /// Returns the value of `key`, valid or not, and removes it, as [`Storage::take`].
    pub fn take_text(self, key: &str) -> Option<String> {
        let text = self.text(key)?;
        self.open()?.remove_item(key).ok()?;
        Some(text)
    }

    /// Sets the value of `key`. Returns whether it was stored; a full or forbidden storage refuses it.
    pub fn write<T: Serialize>(self, key: &str, value: &T) -> bool {
        serde_json::to_string(value).is_ok_and(|text| self.write_text(key, &text))
    }

    /// Sets the value of `key` to a text as it is, as [`Storage::write`].
    pub fn write_text(self, key: &str, text: &str) -> bool {
        self.open().is_some_and(|storage| storage.set_item(key, text).is_ok())
    }

    /// Removes `key`. In local storage, other tabs notice by a `storage` event.
    pub fn remove(self, key: &str) {
        if let Some(storage) = self.open() {
            // A storage that forbids it never held the value.
            let _ = storage.remove_item(key);
        }
    }

    /// Returns the value of `key` as it is stored.
    #[must_use]
    pub fn text(self, key: &str) -> Option<String> {
        self.open()?.get_item(key).ok().flatten()
    }
}
