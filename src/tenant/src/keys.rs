//! The keys that sign tokens: made on the first start, kept in the database.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::jwk::{Jwk, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use store::{SigningKeyRow, Store};

use crate::OpenError;
use crate::clock::Moment;

/// Every key of the tenant.
#[derive(Clone)]
pub(crate) struct SigningKeys {
    keys: Vec<SigningKey>,
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
    /// Reads the keys, making the first one if there is none.
    pub(crate) async fn open(store: &Store, now: Moment) -> Result<Self, OpenError> {
        let mut rows = store.read().await?.list_signing_keys().await?;
        if rows.is_empty() {
            let made =
                tokio::task::spawn_blocking(move || generate(now)).await.map_err(|_| OpenError::Key)??;
            let row = made.clone();
            store.write(move |unit| Box::pin(async move { unit.insert_signing_key(&row).await })).await?;
            rows.push(made);
        }
        let keys = rows.iter().map(SigningKey::read).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { keys })
    }

    /// The key that signs now: the newest. There always is one, see [`SigningKeys::open`].
    pub(crate) fn current(&self) -> Option<&SigningKey> {
        self.keys.last()
    }

    /// The key that a token's header names.
    pub(crate) fn find(&self, kid: &str) -> Option<&SigningKey> {
        self.keys.iter().find(|key| key.kid == kid)
    }

    /// The public halves, as the key set shows them (contract C5, RFC 7517 section 5).
    pub(crate) fn public(&self) -> Vec<&Jwk> {
        self.keys.iter().map(|key| &key.public).collect()
    }
}

impl SigningKey {
    fn read(row: &SigningKeyRow) -> Result<Self, OpenError> {
        let signing = EncodingKey::from_rsa_pem(row.pem.as_bytes()).map_err(|_| OpenError::Key)?;
        let mut public = Jwk::from_encoding_key(&signing, Algorithm::RS256).map_err(|_| OpenError::Key)?;
        public.common.key_id = Some(row.kid.clone());
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        let verifying = DecodingKey::from_jwk(&public).map_err(|_| OpenError::Key)?;
        Ok(Self { kid: row.kid.clone(), signing, verifying, public })
    }
}

/// Makes an RSA key of 2048 bits; its id is the key's thumbprint (RFC 7638).
fn generate(now: Moment) -> Result<SigningKeyRow, OpenError> {
    let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| OpenError::Key)?;
    let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| OpenError::Key)?;
    let body = STANDARD.encode(der.as_ref());
    let lines: Vec<&str> =
        body.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap_or_default()).collect();
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"));
    let key = EncodingKey::from_rsa_pem(pem.as_bytes()).map_err(|_| OpenError::Key)?;
    let kid = Jwk::from_encoding_key(&key, Algorithm::RS256)
        .and_then(|jwk| jwk.thumbprint(ThumbprintHash::SHA256))
        .map_err(|_| OpenError::Key)?;
    Ok(SigningKeyRow { kid, pem, created_at: now.millis() })
}
