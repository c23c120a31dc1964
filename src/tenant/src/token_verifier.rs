//! The verification of access tokens, which remembers what it has verified: a client sends the same token with each request.
//!
//! Only what a signature proves is remembered. The times are compared at each request, and what a token depends on in the
//! database is read at each request.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, SHA256_OUTPUT_LEN, digest};
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use crate::clock::Moment;
use crate::keys::SigningKeys;
use crate::token::{self, AccessClaims, InvalidToken};

/// The most memory for the claims of verified tokens, in bytes. With the claims of a page's token that is about 7000 tokens;
/// beyond that, those that were not used lately are verified again.
const CAPACITY: u64 = 8 * 1024 * 1024;

/// What an entry takes beside the texts of its claims, in bytes, about.
const OVERHEAD: u64 = 512;

/// The number of tokens for which the memory is laid out at first. It grows with the tokens, up to [`CAPACITY`].
const EXPECTED: usize = 1024;

/// The SHA-256 of a whole token, signature included: no token is kept in clear, and none is taken for another one.
type TokenDigest = [u8; SHA256_OUTPUT_LEN];

/// The signing keys, with the claims of the access tokens that they verified. Other keys have another verifier, so that
/// nothing outlasts the key that it was verified with.
pub(crate) struct TokenVerifier {
    keys: Arc<SigningKeys>,
    verified: Cache<TokenDigest, Verified, ByLength>,
}

/// The claims of a token whose signature is right.
#[derive(Clone)]
struct Verified {
    claims: Arc<AccessClaims>,
    /// The length of the token, which is more than that of the texts in its claims.
    length: u64,
}

/// Weighs an entry by the length of its token.
#[derive(Clone)]
struct ByLength;

impl Weighter<TokenDigest, Verified> for ByLength {
    fn weight(&self, _: &TokenDigest, verified: &Verified) -> u64 {
        verified.length + OVERHEAD
    }
}

impl TokenVerifier {
    /// Returns a verifier that has verified nothing yet.
    pub(crate) fn new(keys: SigningKeys) -> Self {
        Self { keys: Arc::new(keys), verified: Cache::with_weighter(EXPECTED, CAPACITY, ByLength) }
    }

    /// Returns the signing keys.
    pub(crate) fn keys(&self) -> Arc<SigningKeys> {
        Arc::clone(&self.keys)
    }

    /// Verifies an access token as [`token::verify`] does; its signature only if that was not done before.
    ///
    /// # Errors
    /// [`InvalidToken`]. A token that is refused is not remembered, and one that is over is forgotten.
    pub(crate) fn verify(&self, token: &str, now: Moment) -> Result<Arc<AccessClaims>, InvalidToken> {
        let digest = digest_of(token);
        if let Some(Verified { claims, .. }) = self.verified.get(&digest) {
            return match claims.check_times(now) {
                Ok(()) => Ok(claims),
                Err(reason) => {
                    self.verified.remove(&digest);
                    Err(reason)
                }
            };
        }
        let claims: Arc<AccessClaims> = Arc::new(token::verify(&self.keys, token, now)?);
        self.verified.insert(digest, Verified { claims: Arc::clone(&claims), length: token.len() as u64 });
        Ok(claims)
    }
}

fn digest_of(token: &str) -> TokenDigest {
    let mut bytes = TokenDigest::default();
    bytes.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
    bytes
}

#[cfg(test)]
mod tests {
    use store::Store;

    use super::*;
    use crate::token::{Audience, sign_access_token};

    async fn verifier() -> TokenVerifier {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tenant.db");
        let store = Store::open(&format!("sqlite:{}", path.display())).await.unwrap();
        let keys = SigningKeys::open(&store, Moment::from_millis(0), std::time::Duration::ZERO).await;
        TokenVerifier::new(keys.unwrap())
    }

    fn claims(sub: &str, exp: i64) -> AccessClaims {
        AccessClaims {
            iss: "http://localhost:3000/".to_owned(),
            sub: sub.to_owned(),
            aud: Audience::One("http://localhost:3000/api/v2/".to_owned()),
            iat: 0,
            exp,
            nbf: None,
            azp: Some("page".to_owned()),
            scope: None,
            gty: None,
            client_id: None,
            jti: None,
            permissions: None,
            sid: None,
        }
    }

    /// Puts claims into the memory as if a token with this text had been verified.
    fn remember(verifier: &TokenVerifier, token: &str, claims: AccessClaims) {
        let length = token.len() as u64;
        verifier.verified.insert(digest_of(token), Verified { claims: Arc::new(claims), length });
    }

    #[tokio::test]
    async fn a_signature_is_verified_once() {
        let verifier = verifier().await;
        let token = sign_access_token(verifier.keys(), &claims("auth0|1", 60)).await.unwrap();
        let first = verifier.verify(&token, Moment::from_millis(0)).unwrap();
        let second = verifier.verify(&token, Moment::from_millis(59_999)).unwrap();
        assert!(Arc::ptr_eq(&first, &second));
    }

    // attack: floods
    #[tokio::test]
    async fn a_flood_of_valid_tokens_takes_bounded_memory_for_their_claims() {
        let verifier = verifier().await;
        let subject = "x".repeat(4000);
        for number in 0..20_000 {
            remember(&verifier, &format!("{number}{subject}"), claims(&subject, 60));
            assert!(verifier.verified.weight() <= CAPACITY, "after {number}");
        }
        assert!(verifier.verified.len() > 1000, "and the memory is used");
    }

    // attack: tokens
    #[tokio::test]
    async fn no_verified_token_is_kept_in_clear_and_none_is_found_by_a_part_of_it() {
        let verifier = verifier().await;
        let token = sign_access_token(verifier.keys(), &claims("auth0|1", 60)).await.unwrap();
        verifier.verify(&token, Moment::from_millis(0)).unwrap();
        let (message, signature) = token.rsplit_once('.').unwrap();
        for other in [
            format!("{message}."),
            format!("{message}.{}", &signature[1..]),
            format!("{message}.{signature}A"),
            format!("{message}.{}{}", if signature.starts_with('A') { 'B' } else { 'A' }, &signature[1..]),
        ] {
            let refused = verifier.verify(&other, Moment::from_millis(0)).unwrap_err();
            assert_eq!(refused, InvalidToken::Signature, "{other}");
        }
        assert_eq!(verifier.verified.len(), 1, "what is refused is not remembered");
    }

    // attack: tokens
    #[tokio::test]
    async fn a_remembered_token_that_is_over_is_forgotten() {
        let verifier = verifier().await;
        let token = sign_access_token(verifier.keys(), &claims("auth0|1", 60)).await.unwrap();
        verifier.verify(&token, Moment::from_millis(59_999)).unwrap();
        assert_eq!(verifier.verify(&token, Moment::from_millis(60_000)).unwrap_err(), InvalidToken::Expired);
        assert_eq!(verifier.verified.len(), 0);
    }
}
