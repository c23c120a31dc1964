//! The keys of a provider, and signatures by them (RFC 7515, RFC 7517, RFC 7518).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use serde_json::{Map, Value};

use super::values;

/// The accepted signature algorithms: those with a private key of the provider. `none` is excluded, and so are those
/// with the shared secret, because everybody who knows it could sign.
const ALGORITHMS: [(&str, Algorithm, Kind); 9] = [
    ("RS256", Algorithm::RS256, Kind::Rsa),
    ("RS384", Algorithm::RS384, Kind::Rsa),
    ("RS512", Algorithm::RS512, Kind::Rsa),
    ("PS256", Algorithm::PS256, Kind::Rsa),
    ("PS384", Algorithm::PS384, Kind::Rsa),
    ("PS512", Algorithm::PS512, Kind::Rsa),
    ("ES256", Algorithm::ES256, Kind::P256),
    ("ES384", Algorithm::ES384, Kind::P384),
    ("EdDSA", Algorithm::EdDSA, Kind::Ed25519),
];

/// The type of a key, with its curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Rsa,
    P256,
    P384,
    Ed25519,
}

/// A key that verifies signatures.
struct Key {
    id: Option<String>,
    /// The only algorithm that the key may be used with, if it has one.
    alg: Option<String>,
    kind: Kind,
    public: DecodingKey,
}

/// The keys of a provider.
pub(super) struct Keys(Vec<Key>);

/// A token whose signature is by one of the provider's keys.
pub(super) struct Signed {
    pub(super) algorithm: Algorithm,
    pub(super) claims: Map<String, Value>,
}

/// The reason why a signature is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum SignatureError {
    /// The token is not a signed JWT.
    #[error("the token is not a signed JWT")]
    Malformed,
    /// The algorithm is not one of [`ALGORITHMS`], or the header requires an extension (RFC 7515 section 4.1.11).
    #[error("the token is signed in a way that is not accepted")]
    Algorithm,
    /// No key of the set made the signature. A newer key may have made it.
    #[error("the token is not signed by a key of the provider")]
    Key,
}

impl Keys {
    /// Reads a JSON Web Key Set. Keys that cannot verify a signature are left out: those of another type or curve, for
    /// another use, and unreadable ones. Returns `None` if the document is not a key set.
    pub(super) fn read(document: &Map<String, Value>) -> Option<Self> {
        let keys = document.get("keys")?.as_array()?;
        Some(Self(keys.iter().filter_map(Value::as_object).filter_map(Key::read).collect()))
    }

    /// Verifies the signature of a token and returns its claims. A key in the header (`jwk`, `jku`, `x5c`) is ignored.
    ///
    /// # Errors
    /// [`SignatureError`].
    pub(super) fn verify(&self, token: &str) -> Result<Signed, SignatureError> {
        let parts: Vec<&str> = token.split('.').collect();
        let [header, payload, signature] = parts.as_slice() else { return Err(SignatureError::Malformed) };
        let (header, claims) = (object(header)?, object(payload)?);
        let alg = header.get("alg").and_then(Value::as_str).unwrap_or_default();
        let accepted = ALGORITHMS.iter().find(|(name, _, _)| *name == alg);
        let (_, algorithm, kind) = *accepted.ok_or(SignatureError::Algorithm)?;
        if header.contains_key("crit") {
            return Err(SignatureError::Algorithm);
        }
        let id = header.get("kid").and_then(values::text);
        let message = &token.as_bytes()[..token.len() - signature.len() - 1];
        let is_signed = self
            .0
            .iter()
            .filter(|key| key.kind == kind && key.alg.as_deref().is_none_or(|only| only == alg))
            .filter(|key| id.is_none() || key.id.is_none() || key.id == id)
            .any(|key| crypto::verify(signature, message, &key.public, algorithm).unwrap_or(false));
        if is_signed { Ok(Signed { algorithm, claims }) } else { Err(SignatureError::Key) }
    }
}

impl Key {
    fn read(key: &Map<String, Value>) -> Option<Self> {
        let text = |name: &str| key.get(name).and_then(Value::as_str);
        let is_for_signatures = match (key.get("use"), key.get("key_ops")) {
            (Some(Value::String(usage)), _) => usage == "sig",
            (_, Some(operations @ Value::Array(_))) => values::texts(operations).contains(&"verify"),
            _ => true,
        };
        if !is_for_signatures {
            return None;
        }
        let (kind, public) = match (text("kty")?, text("crv")) {
            ("RSA", _) => (Kind::Rsa, DecodingKey::from_rsa_components(text("n")?, text("e")?)),
            ("EC", Some("P-256")) => (Kind::P256, DecodingKey::from_ec_components(text("x")?, text("y")?)),
            ("EC", Some("P-384")) => (Kind::P384, DecodingKey::from_ec_components(text("x")?, text("y")?)),
            ("OKP", Some("Ed25519")) => (Kind::Ed25519, DecodingKey::from_ed_components(text("x")?)),
            _ => return None,
        };
        let id = key.get("kid").and_then(values::text);
        Some(Self { id, alg: text("alg").map(str::to_owned), kind, public: public.ok()? })
    }
}

/// Decodes a part of a token, which is an object.
fn object(part: &str) -> Result<Map<String, Value>, SignatureError> {
    let json = URL_SAFE_NO_PAD.decode(part).map_err(|_| SignatureError::Malformed)?;
    serde_json::from_slice(&json).map_err(|_| SignatureError::Malformed)
}
