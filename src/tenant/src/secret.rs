//! Random secrets, their comparison, and the digests that are stored in their place. The only source of randomness.

use std::fmt;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// A secret text. `Debug` does not print it, so that it does not get into logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret that was received or configured.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Generates a secret of 256 random bits: 43 characters of base64url.
    #[must_use]
    pub fn random() -> Self {
        Self(URL_SAFE_NO_PAD.encode(random_bytes::<32>()))
    }

    /// Derives another secret, which only a holder of this one can derive again: the HMAC-SHA256 of `purpose`, 43
    /// characters of base64url.
    #[must_use]
    pub(crate) fn derive(&self, purpose: &str) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.as_bytes());
        Self(URL_SAFE_NO_PAD.encode(hmac::sign(&key, purpose.as_bytes())))
    }

    /// Returns the secret itself, to send it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Compares with `other` in constant time.
    #[must_use]
    pub fn equals(&self, other: &str) -> bool {
        aws_lc_rs::constant_time::verify_slices_are_equal(self.0.as_bytes(), other.as_bytes()).is_ok()
    }

    /// Returns the SHA-256 in base64url, which is stored in place of the secret. Suitable for random values only;
    /// passwords need [`password_hash`](crate::password_hash).
    #[must_use]
    pub fn digest(&self) -> store::Digest {
        store::Digest::new(digest(self.0.as_bytes()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Returns the SHA-256 in base64url without padding: 43 characters.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(bytes))
}

/// Returns the left half of the SHA-256 in base64url without padding, as the hashes in ID tokens are (OpenID Connect Core
/// 3.3.2.11).
#[must_use]
pub(crate) fn half_digest(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(bytes)[..16])
}

/// Returns `N` random bytes from the operating system.
///
/// # Panics
/// If the operating system provides no randomness: no secret would be safe.
#[must_use]
pub(crate) fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    #[expect(clippy::disallowed_methods, reason = "the one place where randomness is drawn")]
    aws_lc_rs::rand::fill(&mut bytes).expect("the operating system provides randomness");
    bytes
}

/// Returns `N` random bytes in hexadecimal.
#[must_use]
pub(crate) fn random_hex<const N: usize>() -> String {
    random_bytes::<N>().iter().fold(String::with_capacity(2 * N), |mut text, byte| {
        use fmt::Write;
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_printed() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "Secret(…)");
    }
}
