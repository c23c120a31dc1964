//! The keys that sign tokens: made on the first start, kept in the database, replaced by rotation.
//!
//! The newest key is the next one and the one before it signs now, so that whoever keeps a copy of the key set
//! knows a key long before it signs. Nothing else tells them apart.

use std::time::Duration;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::jwk::{Jwk, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use store::{SigningKeyRow, Store};

use crate::clock::Moment;

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

/// Every key of the tenant that a good token can be signed with.
#[derive(Clone)]
pub(crate) struct SigningKeys {
    current: SigningKey,
    next: SigningKey,
    /// Those that signed before, the oldest first.
    former: Vec<SigningKey>,
}

/// One key, ready to sign and to verify.
#[derive(Clone)]
pub(crate) struct SigningKey {
    pub(crate) kid: String,
    pub(crate) signing: EncodingKey,
    pub(crate) verifying: DecodingKey,
    public: Jwk,
}

impl SigningKeys {
    /// Reads the keys, making those that are missing. A former key is kept until every token that it can have
    /// signed is `lifetime` old.
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
        Ok(Self { current, next, former: keys })
    }

    /// The key that signs now.
    pub(crate) fn current(&self) -> &SigningKey {
        &self.current
    }

    /// The key that a token's header names.
    pub(crate) fn find(&self, kid: &str) -> Option<&SigningKey> {
        self.all().find(|key| key.kid == kid)
    }

    /// The public halves, as the key set shows them: the current one first (contract [C5](model::contract#c5), RFC 7517 section 5).
    pub(crate) fn public(&self) -> Vec<&Jwk> {
        self.all().map(|key| &key.public).collect()
    }

    fn all(&self) -> impl Iterator<Item = &SigningKey> {
        [&self.current, &self.next].into_iter().chain(self.former.iter().rev())
    }
}

/// Makes the next key the current one, and a new next one. Gives the id of the key that signs from now on.
pub(crate) async fn rotate(store: &Store, now: Moment) -> Result<String, KeyError> {
    let rows = complete(store, now).await?;
    let next = rows.last().ok_or(KeyError::Key)?;
    add(store, Moment::from_millis(next.created_at + 1).max(now)).await?;
    Ok(next.kid.clone())
}

/// Every key's row, the oldest first, after making those that are missing for one to be current and one next.
async fn complete(store: &Store, now: Moment) -> Result<Vec<SigningKeyRow>, KeyError> {
    let mut rows = store.read().await?.list_signing_keys().await?;
    while rows.len() < 2 {
        // Their times tell which one is newer, so no two are the same.
        let after = rows.last().map_or(now, |row| Moment::from_millis(row.created_at + 1));
        rows.push(add(store, after.max(now)).await?);
    }
    Ok(rows)
}

async fn add(store: &Store, now: Moment) -> Result<SigningKeyRow, KeyError> {
    let made = tokio::task::spawn_blocking(move || generate(now)).await.map_err(|_| KeyError::Key)??;
    let row = made.clone();
    store.write(move |unit| Box::pin(async move { unit.insert_signing_key(&row).await })).await?;
    Ok(made)
}

impl SigningKey {
    fn read(row: &SigningKeyRow) -> Result<Self, KeyError> {
        let signing = EncodingKey::from_rsa_pem(row.pem.as_bytes()).map_err(|_| KeyError::Key)?;
        let mut public = Jwk::from_encoding_key(&signing, Algorithm::RS256).map_err(|_| KeyError::Key)?;
        public.common.key_id = Some(row.kid.clone());
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        let verifying = DecodingKey::from_jwk(&public).map_err(|_| KeyError::Key)?;
        Ok(Self { kid: row.kid.clone(), signing, verifying, public })
    }
}

/// Makes an RSA key of 2048 bits; its id is the key's thumbprint (RFC 7638).
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
