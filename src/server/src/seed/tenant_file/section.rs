//! Sections of a tenant file: mappings whose known keys are read, and whose other keys are kept for a notice.

use std::fmt;

use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_saphyr::Spanned;

use super::super::keywords::{missing_in, missing_value};

/// A mapping of the file.
pub(super) trait Section {
    /// The keys that are read.
    const READ: &'static [&'static str];

    /// Returns the keys of the file that are not read.
    fn unread(&self) -> &[UnreadKey];

    /// Takes the keys of the file that are not read.
    fn into_unread(self) -> Vec<UnreadKey>;
}

/// A key that is not read.
pub(super) struct UnreadKey {
    pub(super) key: Spanned<String>,
    pub(super) value: Unread,
}

/// Declares a section: its fields, each with the key that it is read from if that is not its name. A key that is absent
/// or null is `None`.
macro_rules! section {
    (
        $(#[$meta:meta])*
        $name:ident {
            $($(#[$field_meta:meta])* $field:ident $(= $key:literal)?: $kind:ty,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Default)]
        pub(super) struct $name {
            $($(#[$field_meta])* pub(super) $field: Option<$kind>,)*
            unread: Vec<UnreadKey>,
        }

        impl Section for $name {
            const READ: &'static [&'static str] = &[$(section!(@key $field $($key)?)),*];

            fn unread(&self) -> &[UnreadKey] {
                &self.unread
            }

            fn into_unread(self) -> Vec<UnreadKey> {
                self.unread
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct SectionVisitor;

                impl<'de> serde::de::Visitor<'de> for SectionVisitor {
                    type Value = $name;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("a mapping")
                    }

                    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<$name, A::Error> {
                        let mut section = $name::default();
                        while let Some(key) = map.next_key::<serde_saphyr::Spanned<String>>()? {
                            $(if key.value == section!(@key $field $($key)?) {
                                section.$field = map.next_value()?;
                                continue;
                            })*
                            section.unread.push(UnreadKey { key, value: map.next_value()? });
                        }
                        Ok(section)
                    }
                }

                deserializer.deserialize_map(SectionVisitor)
            }
        }
    };
    (@key $field:ident) => { stringify!($field) };
    (@key $field:ident $key:literal) => { $key };
}
pub(super) use section;

/// A text that is read. A keyword without a value in it is an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Text(pub(super) String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match missing_in(&text) {
            Some(key) => Err(D::Error::custom(missing_value(key))),
            None => Ok(Self(text)),
        }
    }
}

/// The value of a key that is not read: any value, so that no type of it is an error.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Unread {
    Null,
    Bool(bool),
    /// A number or bytes.
    Scalar,
    Text(String),
    List(Vec<Unread>),
    Mapping(Vec<(Unread, Unread)>),
}

impl Unread {
    /// Returns whether this is true or a text for it.
    pub(super) fn is_true(&self) -> bool {
        matches!(self, Self::Bool(true)) || self.as_text() == Some("true")
    }

    /// Returns the text, if it is one.
    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns whether nothing is configured: null, false, or an empty text, list or mapping.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Null | Self::Bool(false) => true,
            Self::Bool(true) | Self::Scalar => false,
            Self::Text(text) => text.is_empty(),
            Self::List(values) => values.is_empty(),
            Self::Mapping(entries) => entries.is_empty(),
        }
    }

    /// Returns the value at a path of keys.
    pub(super) fn at(&self, path: &[&str]) -> Option<&Self> {
        let Some((key, rest)) = path.split_first() else { return Some(self) };
        let Self::Mapping(entries) = self else { return None };
        entries.iter().find(|(name, _)| name.as_text() == Some(key))?.1.at(rest)
    }

    /// Returns the elements of a list; nothing for any other value.
    pub(super) fn elements(&self) -> &[Self] {
        match self {
            Self::List(values) => values,
            _ => &[],
        }
    }

    /// Calls `visit` with each text inside.
    pub(super) fn visit_texts(&self, visit: &mut dyn FnMut(&str)) {
        match self {
            Self::Text(text) => visit(text),
            Self::List(values) => values.iter().for_each(|value| value.visit_texts(visit)),
            Self::Mapping(entries) => entries.iter().for_each(|(key, value)| {
                key.visit_texts(visit);
                value.visit_texts(visit);
            }),
            Self::Null | Self::Bool(_) | Self::Scalar => {}
        }
    }
}

impl<'de> Deserialize<'de> for Unread {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UnreadVisitor)
    }
}

struct UnreadVisitor;

impl<'de> Visitor<'de> for UnreadVisitor {
    type Value = Unread;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Unread, E> {
        Ok(Unread::Null)
    }

    fn visit_none<E>(self) -> Result<Unread, E> {
        Ok(Unread::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Unread, D::Error> {
        Unread::deserialize(deserializer)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Unread, D::Error> {
        Unread::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Unread, E> {
        Ok(Unread::Bool(value))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Unread, E> {
        Ok(Unread::Scalar)
    }

    fn visit_i128<E>(self, _: i128) -> Result<Unread, E> {
        Ok(Unread::Scalar)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Unread, E> {
        Ok(Unread::Scalar)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Unread, E> {
        Ok(Unread::Scalar)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Unread, E> {
        Ok(Unread::Scalar)
    }

    fn visit_str<E>(self, text: &str) -> Result<Unread, E> {
        Ok(Unread::Text(text.to_owned()))
    }

    fn visit_bytes<E>(self, _: &[u8]) -> Result<Unread, E> {
        Ok(Unread::Scalar)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Unread, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = sequence.next_element()? {
            values.push(value);
        }
        Ok(Unread::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Unread, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Unread::Mapping(entries))
    }
}
