//! The object `custom_password_hash` of Auth0's bulk import (contract [B4](model::contract#b4)).

use serde::Deserialize;
use serde_json::Value;

use super::digest::Digest;
use super::encoding::{Encoding, PasswordEncoding, base64};
use super::verifier::{InvalidHash, Verifier, unsupported};
use super::work::Work;

/// The object as it is written. Keys that no algorithm reads are ignored.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    algorithm: String,
    hash: Hash,
    #[serde(default)]
    salt: Option<Salt>,
    #[serde(default)]
    password: Option<Password>,
    #[serde(default)]
    keylen: Option<usize>,
    #[serde(default)]
    cost: Option<u64>,
    #[serde(default)]
    block_size: Option<u32>,
    #[serde(default)]
    parallelization: Option<u32>,
}

#[derive(Deserialize)]
struct Hash {
    value: String,
    #[serde(default)]
    encoding: Option<Encoding>,
    #[serde(default)]
    digest: Option<String>,
    #[serde(default)]
    key: Option<Key>,
}

#[derive(Deserialize)]
struct Key {
    value: String,
    #[serde(default)]
    encoding: Option<Encoding>,
}

#[derive(Deserialize)]
struct Salt {
    value: String,
    #[serde(default)]
    encoding: Option<Encoding>,
    #[serde(default)]
    position: Option<Position>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Position {
    #[default]
    Prefix,
    Suffix,
}

#[derive(Deserialize)]
struct Password {
    #[serde(default)]
    encoding: Option<PasswordEncoding>,
}

/// A `custom_password_hash` that can be verified.
pub(super) struct CustomHash {
    verifier: Verifier,
    /// What is written before and after the password.
    around: [Vec<u8>; 2],
    encoding: PasswordEncoding,
}

impl CustomHash {
    /// Reads the object.
    ///
    /// # Errors
    /// [`InvalidHash`].
    pub(super) fn read(object: &Value) -> Result<Self, InvalidHash> {
        // The parser's own message could repeat a part of the hash.
        let written = Written::deserialize(object).map_err(|_| {
            InvalidHash::Malformed(
                "expected an algorithm and a hash with a value, and encodings as in Auth0's bulk import",
            )
        })?;
        let salt = written.salt.as_ref().map(Salt::bytes).transpose()?;
        let encoding = written.password.as_ref().and_then(|password| password.encoding).unwrap_or_default();
        let verifier = written.verifier(salt.as_deref())?;
        // The other algorithms have the salt inside the hash, or as a parameter.
        let takes_salt =
            matches!(verifier, Verifier::Bcrypt(_) | Verifier::Digest { .. } | Verifier::Hmac { .. });
        let position = written.salt.and_then(|salt| salt.position).unwrap_or_default();
        let around = match (salt.filter(|_| takes_salt), position) {
            (None, _) => [Vec::new(), Vec::new()],
            (Some(salt), Position::Prefix) => [salt, Vec::new()],
            (Some(salt), Position::Suffix) => [Vec::new(), salt],
        };
        Ok(Self { verifier, around, encoding })
    }

    /// Returns whether the hash is that of `password`. One that the encoding cannot write matches nothing, at the same cost.
    pub(super) fn matches(&self, password: &str) -> bool {
        let [before, after] = &self.around;
        let encoded = self.encoding.encode(password);
        let bytes = encoded.as_deref().unwrap_or(password.as_bytes());
        let matches = self.verifier.matches(&[before.as_slice(), bytes, after].concat());
        matches && encoded.is_some()
    }

    /// Returns what verifying one password costs.
    pub(super) fn work(&self) -> Work {
        self.verifier.work()
    }
}

impl Salt {
    fn bytes(&self) -> Result<Vec<u8>, InvalidHash> {
        let bytes = self.encoding.unwrap_or_default().decode(&self.value);
        bytes.ok_or(InvalidHash::Malformed("the salt's value is not written in the salt's encoding"))
    }
}

impl Written {
    fn verifier(&self, salt: Option<&[u8]>) -> Result<Verifier, InvalidHash> {
        let value = self.hash.value.as_str();
        let algorithm = self.algorithm.to_ascii_lowercase();
        match algorithm.as_str() {
            "bcrypt" => Verifier::bcrypt(value),
            "argon2" => Verifier::argon2(value),
            "pbkdf2" => Verifier::pbkdf2(value),
            "ldap" => Verifier::ldap(value),
            "scrypt" => {
                const LENGTH: InvalidHash =
                    InvalidHash::Malformed("scrypt needs a keylen, which is the length of the hash in bytes");
                let length = self.keylen.filter(|length| *length > 0).ok_or(LENGTH)?;
                let value = self.hash.bytes(length)?;
                let salt = salt.unwrap_or_default().to_vec();
                let (block, parallel) = (self.block_size.unwrap_or(8), self.parallelization.unwrap_or(1));
                Verifier::scrypt(value, salt, self.cost.unwrap_or(16_384), block, parallel)
            }
            "hmac" => {
                let name =
                    self.hash.digest.as_deref().ok_or(InvalidHash::Malformed("hmac needs a digest"))?;
                let digest = Digest::named(name).ok_or_else(|| unsupported(&format!("hmac {name}")))?;
                let key = self.hash.key.as_ref();
                let key = key.and_then(|key| key.encoding.unwrap_or_default().decode(&key.value));
                let key = key.ok_or(InvalidHash::Malformed("hmac needs a key, in the key's encoding"))?;
                Ok(Verifier::Hmac { digest, value: self.hash.bytes(digest.len())?, key })
            }
            name => {
                let digest = Digest::named(name).ok_or_else(|| unsupported(&algorithm))?;
                let (value, suffix) = (self.hash.bytes(digest.len())?, Vec::new());
                Ok(Verifier::Digest { digest, value, suffix })
            }
        }
    }
}

impl Hash {
    /// Returns the bytes of the value, which are `length`. Without an encoding, hexadecimal digits are recognized by
    /// their number.
    fn bytes(&self, length: usize) -> Result<Vec<u8>, InvalidHash> {
        let bytes = match self.encoding {
            Some(Encoding::Utf8) => None,
            Some(encoding) => encoding.decode(&self.value),
            None if self.value.len() == 2 * length => Encoding::Hex.decode(&self.value),
            None => base64(&self.value),
        };
        bytes.filter(|bytes| bytes.len() == length).ok_or(InvalidHash::Malformed(
            "the hash's value is not as long as the algorithm makes it, in hex or base64 as its encoding says",
        ))
    }
}
