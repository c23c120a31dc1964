//! The digests that password hashes of other systems are built on, for verification only.

use hmac::{Hmac, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest as _, Sha224, Sha256, Sha384, Sha512};

/// A digest algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Digest {
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

/// Evaluates an expression with a type alias for the type of a digest.
macro_rules! with_type {
    ($digest:expr, $alias:ident => $value:expr) => {
        match $digest {
            Digest::Md5 => {
                type $alias = Md5;
                $value
            }
            Digest::Sha1 => {
                type $alias = Sha1;
                $value
            }
            Digest::Sha224 => {
                type $alias = Sha224;
                $value
            }
            Digest::Sha256 => {
                type $alias = Sha256;
                $value
            }
            Digest::Sha384 => {
                type $alias = Sha384;
                $value
            }
            Digest::Sha512 => {
                type $alias = Sha512;
                $value
            }
        }
    };
}

impl Digest {
    /// Returns the digest with this name, in any case and with or without the affixes of OpenSSL (`RSA-SHA256`,
    /// `sha256WithRSAEncryption`).
    pub(super) fn named(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let name = name.strip_prefix("rsa-").or(name.strip_prefix("ssl3-")).unwrap_or(&name);
        let name = name.strip_suffix("withrsaencryption").or(name.strip_suffix("withrsa")).unwrap_or(name);
        Some(match name {
            "md5" => Self::Md5,
            "sha1" | "sha" | "sha-1" | "sha1-2" => Self::Sha1,
            "sha224" | "sha-224" => Self::Sha224,
            "sha256" | "sha-256" => Self::Sha256,
            "sha384" | "sha-384" => Self::Sha384,
            "sha512" | "sha-512" => Self::Sha512,
            _ => return None,
        })
    }

    /// Returns the length of the digest in bytes.
    pub(super) fn len(self) -> usize {
        with_type!(self, D => <D as sha2::Digest>::output_size())
    }

    /// Returns the digest of `bytes`.
    pub(super) fn of(self, bytes: &[u8]) -> Vec<u8> {
        with_type!(self, D => D::digest(bytes).to_vec())
    }

    /// Returns the HMAC of `bytes`.
    pub(super) fn hmac(self, key: &[u8], bytes: &[u8]) -> Vec<u8> {
        with_type!(self, D => {
            let mut mac = Hmac::<D>::new_from_slice(key).expect("HMAC takes keys of every length");
            mac.update(bytes);
            mac.finalize().into_bytes().to_vec()
        })
    }

    /// Returns `length` bytes of PBKDF2 with the HMAC of this digest.
    pub(super) fn pbkdf2(self, password: &[u8], salt: &[u8], iterations: u32, length: usize) -> Vec<u8> {
        let mut key = vec![0; length];
        with_type!(self, D => pbkdf2::pbkdf2_hmac::<D>(password, salt, iterations, &mut key));
        key
    }
}
