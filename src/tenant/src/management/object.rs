//! JSON objects that keep the order of their keys, so that responses have the order that Auth0's have.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use super::query::Fields;
use crate::http::error::ApiError;

/// An object: its keys in order, each with its value as JSON text.
#[derive(Debug)]
pub(super) struct Object(Vec<(String, Box<RawValue>)>);

impl Object {
    /// Returns a value that is serialized as an object, in the order of its fields.
    pub(super) fn of(value: &impl Serialize) -> Result<Self, ApiError> {
        let text = serde_json::to_string(value).map_err(|_| ApiError::Internal)?;
        serde_json::from_str(&text).map_err(|_| ApiError::Internal)
    }

    /// Returns the object with the keys that a request includes, and those of `always` unless they are excluded by name.
    pub(super) fn with_fields(mut self, fields: &Fields, always: &[&str]) -> Self {
        let stays = |key: &str| !fields.is_exclusion() && always.contains(&key);
        self.0.retain(|(key, _)| fields.includes(key) || stays(key));
        self
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Object(entries))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

/// The place of the totals in a list that has them, as recorded for each resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Totals {
    /// `total`, `start`, `limit`, then the items.
    First,
    /// The items, then `start`, `limit`, `total`.
    Last,
}

/// A page of a list with its totals.
#[derive(Debug)]
pub(super) struct Page<'l> {
    /// The name of the items.
    pub(super) name: &'l str,
    /// The items of the page.
    pub(super) items: &'l [Object],
    /// The number of records before the page.
    pub(super) start: u32,
    /// The maximum number of records of a page.
    pub(super) limit: u32,
    /// The number of all records.
    pub(super) total: u64,
    /// The order of the keys.
    pub(super) totals: Totals,
}

impl Serialize for Page<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(4))?;
        if self.totals == Totals::First {
            map.serialize_entry("total", &self.total)?;
        } else {
            map.serialize_entry(self.name, self.items)?;
        }
        map.serialize_entry("start", &self.start)?;
        map.serialize_entry("limit", &self.limit)?;
        if self.totals == Totals::First {
            map.serialize_entry(self.name, self.items)?;
        } else {
            map.serialize_entry("total", &self.total)?;
        }
        map.end()
    }
}

/// A part of a list, and the checkpoint of the next part.
#[derive(Debug)]
pub(super) struct Part<'l> {
    /// The name of the items.
    pub(super) name: &'l str,
    /// The items.
    pub(super) items: &'l [Object],
    /// The checkpoint; `None` at the end.
    pub(super) next: Option<&'l str>,
}

impl Serialize for Part<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry(self.name, self.items)?;
        if let Some(next) = self.next {
            map.serialize_entry("next", next)?;
        }
        map.end()
    }
}
