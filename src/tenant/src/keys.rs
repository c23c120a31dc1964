//! Signing keys: generated on the first start, stored in the database, replaced by rotation.
//!
//! Only the age of a key says what it is for: the newest is the next key, the one before it signs now. Clients that
//! cache the key set therefore know each key long before it signs.

use std::time::Duration;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use axum::body::Bytes;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::jwk::{Jwk, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use serde_json::json;
use store::{SigningKeyRow, Store};

use crate::clock::Moment;

/// The number of keys that there must be: the current and the next one.
const KEYS: usize = 2;

/// The reason why the signing keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] store::Error),
    /// A key cannot be generated or read.
    #[error("a signing key could not be made or read")]
    Key,
}

/// All keys that can have signed a valid token.
pub(crate) struct SigningKeys {
    current: SigningKey,
    next: SigningKey,
    /// The keys that signed before, oldest first.
    former: Vec<SigningKey>,
    /// The public keys as the JSON that clients get.
    key_set: Bytes,
}

/// A key pair, parsed for signing and verification.
pub(crate) struct SigningKey {
    pub(crate) kid: String,
    signing: RsaKeyPair,
    pub(crate) verifying: DecodingKey,
    public: Jwk,
}

impl SigningKeys {
    /// Reads the keys and generates those that are missing. A former key verifies until `lifetime` has passed since its
    /// last possible signature.
    pub(crate) async fn open(store: &Store, now: Moment, lifetime: Duration) -> Result<Self, KeyError> {
        let rows = complete(store, now).await?;
        let signed_until = |place: usize| rows.get(place + 2).map(|row| Moment::from_millis(row.created_at));
        let mut keys = Vec::new();
        for (place, row) in rows.iter().enumerate() {
            if signed_until(place).is_none_or(|until| until.after(lifetime) > now) {
                keys.push(SigningKey::read(row)?);
            }
        }
        let next = keys.pop().ok_or(KeyError::Key)?;
        let current = keys.pop().ok_or(KeyError::Key)?;
        let key_set = key_set([&current, &next].into_iter().chain(keys.iter().rev()))?;
        Ok(Self { current, next, former: keys, key_set })
    }

    /// Returns the key that signs now.
    pub(crate) fn current(&self) -> &SigningKey {
        &self.current
    }

    /// Returns the key with this `kid`.
    pub(crate) fn find(&self, kid: &str) -> Option<&SigningKey> {
        self.all().find(|key| key.kid == kid)
    }

    /// Returns the key set of the public keys as JSON, the current one first (contract [C5](model::contract#c5), RFC 7517
    /// section 5).
    pub(crate) fn key_set(&self) -> Bytes {
        self.key_set.clone()
    }

    /// Returns whether these are the same keys, in the same places.
    pub(crate) fn are_same(&self, other: &Self) -> bool {
        self.all().map(|key| &key.kid).eq(other.all().map(|key| &key.kid))
    }

    fn all(&self) -> impl Iterator<Item = &SigningKey> {
        [&self.current, &self.next].into_iter().chain(self.former.iter().rev())
    }
}

/// Makes the next key the current one and generates a new next key. Returns the `kid` of the new current key.
pub(crate) async fn rotate(store: &Store, now: Moment) -> Result<String, KeyError> {
    let before = complete(store, now).await?.len();
    let rows = add_until(store, before + 1, now).await?;
    Ok(rows.get(before - 1).ok_or(KeyError::Key)?.kid.clone())
}

/// Returns the rows of all keys, oldest first. Generates keys until there is a current and a next one.
async fn complete(store: &Store, now: Moment) -> Result<Vec<SigningKeyRow>, KeyError> {
    let rows = store.read().await?.list_signing_keys().await?;
    if rows.len() >= KEYS { Ok(rows) } else { add_until(store, KEYS, now).await }
}

/// Adds keys until there are `count`, and returns the rows of all. One unit of work looks and adds, so that servers that start
/// or rotate at the same time all get the same keys.
async fn add_until(store: &Store, count: usize, now: Moment) -> Result<Vec<SigningKeyRow>, KeyError> {
    let present = store.read().await?.list_signing_keys().await?.len();
    let missing = count.saturating_sub(present);
    let generated = tokio::task::spawn_blocking(move || (0..missing).map(|_| generate(now)).collect());
    let offered: Result<Vec<SigningKeyRow>, KeyError> = generated.await.map_err(|_| KeyError::Key)?;
    let offered = offered?;
    let add = store.write::<_, store::Error, _>(move |unit| {
        Box::pin(async move {
            let mut rows = unit.list_signing_keys().await?;
            for mut key in offered {
                if rows.len() >= count {
                    break;
                }
                // The order follows from the times, so no two keys have the same.
                let after = rows.last().map_or(i64::MIN, |row| row.created_at + 1);
                key.created_at = key.created_at.max(after);
                unit.insert_signing_key(&key).await?;
                rows.push(key);
            }
            Ok(rows)
        })
    });
    Ok(add.await?)
}

fn key_set<'k>(keys: impl Iterator<Item = &'k SigningKey>) -> Result<Bytes, KeyError> {
    let keys: Vec<&Jwk> = keys.map(|key| &key.public).collect();
    serde_json::to_vec(&json!({ "keys": keys })).map(Bytes::from).map_err(|_| KeyError::Key)
}

impl SigningKey {
    /// Signs with RS256. The key is parsed once, because that takes a part of the time of a signature. Returns `None` if
    /// signing fails.
    pub(crate) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let mut signature = vec![0; self.signing.public_modulus_len()];
        self.signing.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).ok()?;
        Some(signature)
    }

    fn read(row: &SigningKeyRow) -> Result<Self, KeyError> {
        let signing = EncodingKey::from_rsa_pem(row.pem.as_bytes()).map_err(|_| KeyError::Key)?;
        let mut public = Jwk::from_encoding_key(&signing, Algorithm::RS256).map_err(|_| KeyError::Key)?;
        public.common.key_id = Some(row.kid.clone());
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        let verifying = DecodingKey::from_jwk(&public).map_err(|_| KeyError::Key)?;
        let signing = RsaKeyPair::from_der(signing.as_bytes()).map_err(|_| KeyError::Key)?;
        Ok(Self { kid: row.kid.clone(), signing, verifying, public })
    }
}

/// Generates an RSA key of 2048 bits. Its `kid` is its SHA-256 thumbprint (RFC 7638).
fn generate(now: Moment) -> Result<SigningKeyRow, KeyError> {
    let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyError::Key)?;
    let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| KeyError::Key)?;
    let body = STANDARD.encode(der.as_ref());
    let lines: Vec<&str> =
        body.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap_or_default()).collect();
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"));
    let key = EncodingKey::from_rsa_pem(pem.as_bytes()).map_err(|_| KeyError::Key)?;
    let kid = Jwk::from_encoding_key(&key, Algorithm::RS256)
        .and_then(|jwk| jwk.thumbprint(ThumbprintHash::SHA256))
        .map_err(|_| KeyError::Key)?;
    Ok(SigningKeyRow { kid, pem, created_at: now.millis() })
}
