//! Key pairs of clients, and what they sign.

use std::sync::OnceLock;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::Value;
use tenant::configuration::ClientKey;

/// A key pair of a client.
pub(crate) struct ClientKeyPair {
    private: EncodingKey,
    public: String,
}

fn pem(kind: &str, der: &[u8]) -> String {
    format!("-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n", STANDARD.encode(der))
}

impl ClientKeyPair {
    /// Returns one of two RSA keys, which take long to generate.
    pub(crate) fn rsa(number: usize) -> &'static Self {
        static KEYS: [OnceLock<ClientKeyPair>; 2] = [OnceLock::new(), OnceLock::new()];
        KEYS[number].get_or_init(|| {
            let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
            let private: Pkcs8V1Der<'_> = pair.as_der().unwrap();
            let public: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
            Self {
                private: EncodingKey::from_rsa_pem(pem("PRIVATE KEY", private.as_ref()).as_bytes()).unwrap(),
                public: pem("PUBLIC KEY", public.as_ref()),
            }
        })
    }

    /// Generates a P-256 key.
    pub(crate) fn ec() -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let private = pair.to_pkcs8v1().unwrap();
        let public: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
        Self {
            private: EncodingKey::from_ec_pem(pem("PRIVATE KEY", private.as_ref()).as_bytes()).unwrap(),
            public: pem("PUBLIC KEY", public.as_ref()),
        }
    }

    /// Returns the public key as PEM.
    pub(crate) fn pem(&self) -> &str {
        &self.public
    }

    /// Returns the public key for the configuration.
    pub(crate) fn public(&self) -> ClientKey {
        ClientKey::from_pem(&self.public).unwrap()
    }

    /// Signs claims.
    pub(crate) fn sign(&self, algorithm: Algorithm, claims: &Value) -> String {
        jsonwebtoken::encode(&Header::new(algorithm), claims, &self.private).unwrap()
    }
}
