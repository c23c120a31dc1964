//! Public keys of clients, which verify what clients sign (RFC 7523, RFC 9101).

use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Map, Value};

use crate::clock::Moment;

/// A public key of a client.
#[derive(Clone, Debug)]
pub struct ClientKey {
    kid: Option<String>,
    algorithms: Vec<Algorithm>,
    key: DecodingKey,
    expires_at: Option<Moment>,
}

/// The reason why a text is not a usable public key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidClientKey {
    /// It is a private key, which belongs to the client only.
    #[error("this is a private key; give the public key or the certificate only")]
    Private,
    /// It is not PEM with a public RSA or P-256 key or a certificate for one.
    #[error("this is not PEM with a public RSA or P-256 key or a certificate for one")]
    Unreadable,
    /// The key cannot be used with this algorithm.
    #[error("the algorithm \"{0}\" does not fit the key")]
    Algorithm(String),
}

impl ClientKey {
    /// Reads a public key or a certificate in PEM. The key verifies RS256, RS384 and PS256, or ES256, until
    /// [`ClientKey::with_algorithm`] restricts it.
    ///
    /// # Errors
    /// [`InvalidClientKey::Private`], [`InvalidClientKey::Unreadable`].
    pub fn from_pem(pem: &str) -> Result<Self, InvalidClientKey> {
        if pem.contains("PRIVATE KEY") {
            return Err(InvalidClientKey::Private);
        }
        let (key, algorithms) = DecodingKey::from_rsa_pem(pem.as_bytes())
            .map(|key| (key, vec![Algorithm::RS256, Algorithm::RS384, Algorithm::PS256]))
            .or_else(|_| DecodingKey::from_ec_pem(pem.as_bytes()).map(|key| (key, vec![Algorithm::ES256])))
            .map_err(|_| InvalidClientKey::Unreadable)?;
        Ok(Self { kid: None, algorithms, key, expires_at: None })
    }

    /// Restricts the key to one algorithm: `RS256`, `RS384`, `PS256` or `ES256`.
    ///
    /// # Errors
    /// [`InvalidClientKey::Algorithm`].
    pub fn with_algorithm(mut self, name: &str) -> Result<Self, InvalidClientKey> {
        self.algorithms.retain(|algorithm| name.parse() == Ok(*algorithm));
        if self.algorithms.is_empty() {
            return Err(InvalidClientKey::Algorithm(name.to_owned()));
        }
        Ok(self)
    }

    /// Sets the id that headers of signed texts may name.
    #[must_use]
    pub fn with_kid(self, kid: impl Into<String>) -> Self {
        Self { kid: Some(kid.into()), ..self }
    }

    /// Sets the moment from which the key verifies nothing.
    #[must_use]
    pub fn with_expiry(self, expires_at: Moment) -> Self {
        Self { expires_at: Some(expires_at), ..self }
    }

    /// Returns the key itself, if it can verify a signature with this header at `now`. A header without `kid` fits
    /// every key.
    fn verifying(&self, kid: Option<&str>, algorithm: Algorithm, now: Moment) -> Option<&DecodingKey> {
        let fits = self.algorithms.contains(&algorithm)
            && kid.is_none_or(|kid| self.kid.as_deref().is_none_or(|own| own == kid))
            && self.expires_at.is_none_or(|expires_at| now < expires_at);
        fits.then_some(&self.key)
    }
}

/// Verifies the signature of a JWT by one of a client's keys and returns the claims. `None` if none of them fits, or if the
/// header has an extension that must be understood. Keys in the header are ignored.
pub(crate) fn verify_signature(keys: &[ClientKey], jwt: &str, now: Moment) -> Option<Map<String, Value>> {
    let header = jsonwebtoken::decode_header(jwt).ok()?;
    if header.crit.is_some() {
        return None;
    }
    let mut validation = Validation::new(header.alg);
    // The caller checks the claims.
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    keys.iter()
        .filter_map(|key| key.verifying(header.kid.as_deref(), header.alg, now))
        .find_map(|key| jsonwebtoken::decode(jwt, key, &validation).ok())
        .map(|token| token.claims)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EC: &str = "-----BEGIN PUBLIC KEY-----\n\
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEVs/o5+uQbTjL3chynL4wXgUg2R9\n\
        q9UU8I5mEovUf86QZ7kOBIjJwqnzD1omageEHWwHdBO6B+dFabmdT9POxg==\n\
        -----END PUBLIC KEY-----\n";

    #[test]
    fn a_key_verifies_its_own_algorithms_until_it_expires() {
        let (now, later) = (Moment::from_millis(0), Moment::from_millis(1000));
        let key = ClientKey::from_pem(EC).unwrap().with_kid("one").with_expiry(later);
        assert!(key.verifying(None, Algorithm::ES256, now).is_some());
        assert!(key.verifying(Some("one"), Algorithm::ES256, now).is_some());
        assert!(key.verifying(Some("two"), Algorithm::ES256, now).is_none());
        assert!(key.verifying(None, Algorithm::RS256, now).is_none());
        assert!(key.verifying(None, Algorithm::HS256, now).is_none());
        assert!(key.verifying(None, Algorithm::ES256, later).is_none());
        let wrong = key.with_algorithm("HS256").unwrap_err();
        assert_eq!(wrong, InvalidClientKey::Algorithm("HS256".to_owned()));
    }

    #[test]
    fn a_private_key_and_other_texts_are_refused() {
        let private = EC.replace("PUBLIC", "PRIVATE");
        assert_eq!(ClientKey::from_pem(&private).unwrap_err(), InvalidClientKey::Private);
        for text in ["", "key", &EC[..60], "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"] {
            assert_eq!(ClientKey::from_pem(text).unwrap_err(), InvalidClientKey::Unreadable, "{text}");
        }
    }
}
