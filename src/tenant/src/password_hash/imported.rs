//! Password hashes that another system computed, in the two forms of Auth0's bulk import: `password_hash` and
//! `custom_password_hash` (contract [B4](model::contract#b4)).

use std::fmt;

use serde_json::{Value, json};

use super::custom::CustomHash;
use super::verifier::{InvalidHash, Verifier};

/// A password hash that another system computed and that this tenant can verify. `Debug` does not print it.
///
/// The store keeps bcrypt and Argon2 as the strings that they are, and every other hash as its JSON object.
#[derive(Clone, PartialEq, Eq)]
pub struct ImportedHash(String);

impl ImportedHash {
    /// Reads a `password_hash`: bcrypt.
    ///
    /// # Errors
    /// [`InvalidHash`].
    pub fn bcrypt(hash: &str) -> Result<Self, InvalidHash> {
        Verifier::bcrypt(hash).map(|_| Self(hash.to_owned()))
    }

    /// Reads a `custom_password_hash`.
    ///
    /// # Errors
    /// [`InvalidHash`].
    pub fn custom(object: &Value) -> Result<Self, InvalidHash> {
        CustomHash::read(object)?;
        Ok(Self(object.to_string()))
    }

    /// Returns the form in which the store keeps the hash.
    pub(crate) fn into_stored(self) -> String {
        self.0
    }
}

impl fmt::Debug for ImportedHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ImportedHash(…)")
    }
}

/// Reads a stored hash. `None` if it is unreadable.
pub(super) fn read(stored: &str) -> Option<CustomHash> {
    if stored.starts_with('{') {
        CustomHash::read(&serde_json::from_str(stored).ok()?).ok()
    } else {
        let algorithm = if stored.starts_with("$2") { "bcrypt" } else { "argon2" };
        CustomHash::read(&json!({ "algorithm": algorithm, "hash": { "value": stored } })).ok()
    }
}
