//! What the reader of a file should know although the file is read: keys that have no effect, and what the tenant does
//! otherwise than the file says.

use std::collections::BTreeMap;
use std::fmt::Write;

/// A notice about a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Auth0 knows the key, and this tenant has no use for it.
    Ignored {
        /// The key with its sections: `clients.addons`.
        key: String,
        /// The file, line and column.
        place: String,
    },
    /// The key is not known.
    Unknown {
        /// The key with its sections.
        key: String,
        /// The file, line and column.
        place: String,
        /// The key that was probably meant.
        meant: Option<&'static str>,
    },
    /// The tenant is less safe than the file says, because this key is ignored.
    Unsafe {
        /// The key with its sections.
        key: String,
        /// The file, line and column.
        place: String,
        /// What the tenant does not do.
        missing: &'static str,
    },
    /// Anything else: a sentence that begins with the place.
    Remark(String),
}

impl Notice {
    /// Returns the key of a notice about a key.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::Ignored { key, .. } | Self::Unknown { key, .. } | Self::Unsafe { key, .. } => Some(key),
            Self::Remark(_) => None,
        }
    }
}

/// Returns the notices as sentences: one about all keys that have no effect, then one for each other notice.
#[must_use]
pub fn sentences(file: &str, notices: &[Notice]) -> Vec<String> {
    let mut sentences: Vec<String> = ignored_keys(file, notices).into_iter().collect();
    let mut of_keys = BTreeMap::new();
    for notice in notices {
        match notice {
            Notice::Unsafe { key, place, missing } => {
                of_keys.entry(key).or_insert_with(|| format!("{place}: the key {key} is ignored: {missing}"));
            }
            Notice::Remark(text) => sentences.push(text.clone()),
            Notice::Ignored { .. } | Notice::Unknown { .. } => {}
        }
    }
    sentences.extend(of_keys.into_values());
    sentences
}

/// Returns one sentence about all keys that have no effect, each with the first of its places if it is not known.
fn ignored_keys(file: &str, notices: &[Notice]) -> Option<String> {
    let mut ignored = BTreeMap::new();
    let mut unknown = BTreeMap::new();
    for notice in notices {
        match notice {
            Notice::Ignored { key, .. } => {
                ignored.entry(key.as_str()).or_insert_with(|| key.clone());
            }
            Notice::Unknown { key, place, meant } => {
                unknown.entry(key.as_str()).or_insert_with(|| match meant {
                    Some(meant) => format!("{key} ({place}; did you mean \"{meant}\"?)"),
                    None => format!("{key} ({place})"),
                });
            }
            Notice::Unsafe { .. } | Notice::Remark(_) => {}
        }
    }
    let list = |keys: BTreeMap<&str, String>| keys.into_values().collect::<Vec<_>>().join(", ");
    let mut sentence = String::new();
    if !ignored.is_empty() {
        let _ = write!(sentence, "{file}: ignored, because this tenant has no use for it: {}", list(ignored));
    }
    if !unknown.is_empty() {
        let start = if sentence.is_empty() { format!("{file}: ") } else { "; ".to_owned() };
        let _ = write!(sentence, "{start}ignored, because this version does not know it: {}", list(unknown));
    }
    (!sentence.is_empty()).then_some(sentence)
}
