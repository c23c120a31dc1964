//! Verification of password hashes that another system computed.

use argon2::{Algorithm, Argon2, Params, PasswordHash, PasswordVerifier};
use aws_lc_rs::constant_time::verify_slices_are_equal;

use super::digest::Digest;
use super::encoding::base64;
use super::work::Work;

/// The maximum cost of bcrypt, which is the binary logarithm of its rounds: seconds for one password.
const MAX_BCRYPT_COST: u32 = 16;

/// The maximum memory of Argon2 and scrypt, in bytes.
const MAX_MEMORY: u64 = 1 << 30;

/// The maximum of memory times passes of Argon2, in bytes.
const MAX_ARGON2_WORK: u64 = 1 << 33;

/// The maximum iterations of PBKDF2.
const MAX_ITERATIONS: u32 = 10_000_000;

/// The maximum length of a derived key, in bytes.
const MAX_KEY: usize = 1024;

/// The reason why a password hash is not imported. No message repeats a part of the hash.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHash {
    /// The algorithm is not verified here. Contains its name.
    #[error("{0} is not verified here")]
    Unsupported(String),
    /// The hash is not written as its algorithm requires.
    #[error("{0}")]
    Malformed(&'static str),
    /// One verification would take too much time or memory.
    #[error("verifying this hash costs more than this server spends on a sign-in")]
    TooExpensive,
}

/// A hash with its algorithm and parameters, which are within bounds.
pub(super) enum Verifier {
    /// A string of bcrypt.
    Bcrypt(String),
    /// A string of Argon2 in PHC format.
    Argon2(String),
    /// The digest of the password, followed by `suffix`.
    Digest { digest: Digest, value: Vec<u8>, suffix: Vec<u8> },
    /// The HMAC of the password.
    Hmac { digest: Digest, value: Vec<u8>, key: Vec<u8> },
    /// PBKDF2 with the HMAC of a digest.
    Pbkdf2 { digest: Digest, value: Vec<u8>, salt: Vec<u8>, iterations: u32 },
    /// scrypt.
    Scrypt { value: Vec<u8>, salt: Vec<u8>, parameters: scrypt::Params },
}

impl Verifier {
    /// Reads a string of bcrypt. The prefixes `$2a$`, `$2b$` and `$2y$` name the same algorithm; others are older ones.
    ///
    /// # Errors
    /// [`InvalidHash`].
    pub(super) fn bcrypt(hash: &str) -> Result<Self, InvalidHash> {
        let malformed = InvalidHash::Malformed("not a bcrypt hash ($2a$, $2b$ or $2y$)");
        if !["$2a$", "$2b$", "$2y$"].iter().any(|prefix| hash.starts_with(prefix)) {
            return Err(malformed);
        }
        let parts: bcrypt::HashParts = hash.parse().map_err(|_| malformed.clone())?;
        let is_base64 = hash
            .rsplit('$')
            .next()
            .is_some_and(|text| text.bytes().all(|c| c.is_ascii_alphanumeric() || b"./".contains(&c)));
        match parts.get_cost() {
            _ if !is_base64 => Err(malformed),
            4..=MAX_BCRYPT_COST => Ok(Self::Bcrypt(hash.to_owned())),
            17..=31 => Err(InvalidHash::TooExpensive),
            _ => Err(malformed),
        }
    }

    /// Reads a string of Argon2 in PHC format.
    ///
    /// # Errors
    /// [`InvalidHash`].
    pub(super) fn argon2(text: &str) -> Result<Self, InvalidHash> {
        let malformed = InvalidHash::Malformed("not an Argon2 hash in PHC format ($argon2id$…)");
        let hash = PasswordHash::new(text).map_err(|_| malformed.clone())?;
        let parameters = Params::try_from(&hash).map_err(|_| malformed.clone())?;
        if !hash.algorithm.as_str().starts_with("argon2") || hash.salt.is_none() || hash.hash.is_none() {
            return Err(malformed);
        }
        let memory = u64::from(parameters.m_cost()) * 1024;
        if memory > MAX_MEMORY || memory * u64::from(parameters.t_cost()) > MAX_ARGON2_WORK {
            return Err(InvalidHash::TooExpensive);
        }
        Ok(Self::Argon2(text.to_owned()))
    }

    /// Reads a string of PBKDF2 in PHC format: `$pbkdf2-sha256$i=100000,l=64$SALT$KEY`, with base64 without padding.
    /// Without parameters, these are the values.
    ///
    /// # Errors
    /// [`InvalidHash`].
    pub(super) fn pbkdf2(hash: &str) -> Result<Self, InvalidHash> {
        const MALFORMED: InvalidHash =
            InvalidHash::Malformed("not a PBKDF2 hash in PHC format ($pbkdf2-sha256$i=…,l=…$salt$key)");
        let mut fields = hash.strip_prefix("$pbkdf2-").ok_or(MALFORMED)?.split('$');
        let name = fields.next().unwrap_or_default();
        let (parameters, salt, key) = match fields.collect::<Vec<_>>()[..] {
            [parameters, salt, key] => (parameters, salt, key),
            [salt, key] => ("", salt, key),
            _ => return Err(MALFORMED),
        };
        let digest = Digest::named(name).ok_or_else(|| unsupported(&format!("pbkdf2-{name}")))?;
        let (mut iterations, mut length) = (100_000, 64);
        for parameter in parameters.split(',').filter(|parameter| !parameter.is_empty()) {
            match parameter.split_once('=') {
                Some(("i", count)) => iterations = count.parse().map_err(|_| MALFORMED)?,
                Some(("l", count)) => length = count.parse().map_err(|_| MALFORMED)?,
                _ => return Err(MALFORMED),
            }
        }
        let (salt, value) = (base64(salt).ok_or(MALFORMED)?, base64(key).ok_or(MALFORMED)?);
        if iterations == 0 || value.is_empty() || value.len() != length {
            return Err(MALFORMED);
        }
        if iterations > MAX_ITERATIONS || length > MAX_KEY {
            return Err(InvalidHash::TooExpensive);
        }
        Ok(Self::Pbkdf2 { digest, value, salt, iterations })
    }

    /// Reads a `userPassword` of LDAP (RFC 2307, section 5.3): `{SHA}BASE64`, or `{SSHA}BASE64` where a salt follows
    /// the digest.
    ///
    /// # Errors
    /// [`InvalidHash`].
    pub(super) fn ldap(hash: &str) -> Result<Self, InvalidHash> {
        const MALFORMED: InvalidHash = InvalidHash::Malformed("not a userPassword of LDAP ({SSHA}…)");
        let (scheme, text) = hash.strip_prefix('{').and_then(|hash| hash.split_once('}')).ok_or(MALFORMED)?;
        let scheme = scheme.to_ascii_lowercase();
        let (name, salted) = match scheme.strip_prefix('s') {
            Some(name) if Digest::named(name).is_some() => (name, true),
            _ => (scheme.as_str(), false),
        };
        let digest = Digest::named(name).ok_or_else(|| unsupported(&format!("ldap {{{scheme}}}")))?;
        let mut value = base64(text).filter(|value| value.len() >= digest.len()).ok_or(MALFORMED)?;
        let suffix = value.split_off(digest.len());
        if suffix.is_empty() == salted {
            return Err(MALFORMED);
        }
        Ok(Self::Digest { digest, value, suffix })
    }

    /// Reads a hash of scrypt with its cost (a power of two), block size and parallelization.
    ///
    /// # Errors
    /// [`InvalidHash`].
    pub(super) fn scrypt(
        value: Vec<u8>,
        salt: Vec<u8>,
        cost: u64,
        block: u32,
        parallel: u32,
    ) -> Result<Self, InvalidHash> {
        const MALFORMED: InvalidHash = InvalidHash::Malformed(
            "the cost of scrypt is a power of two above one, its blockSize and parallelization are above zero",
        );
        if !cost.is_power_of_two() || cost < 2 || block == 0 || parallel == 0 {
            return Err(MALFORMED);
        }
        let memory = cost.saturating_mul(128).saturating_mul(block.into()).saturating_mul(parallel.into());
        if memory > MAX_MEMORY || value.len() > MAX_KEY {
            return Err(InvalidHash::TooExpensive);
        }
        let log = u8::try_from(cost.trailing_zeros()).map_err(|_| MALFORMED)?;
        let parameters = scrypt::Params::new(log, block, parallel, scrypt::Params::RECOMMENDED_LEN);
        Ok(Self::Scrypt { value, salt, parameters: parameters.map_err(|_| MALFORMED)? })
    }

    /// Returns what verifying one password costs.
    pub(super) fn work(&self) -> Work {
        match self {
            Self::Bcrypt(hash) => {
                let parts = hash.parse::<bcrypt::HashParts>();
                parts.map_or_else(|_| Work::default(), |parts| Work::bcrypt(parts.get_cost()))
            }
            Self::Argon2(hash) => argon2_work(hash).unwrap_or_default(),
            // One digest takes microseconds.
            Self::Digest { .. } | Self::Hmac { .. } => Work::default(),
            Self::Pbkdf2 { digest, value, iterations, .. } => Work::pbkdf2(*digest, *iterations, value.len()),
            Self::Scrypt { parameters, .. } => {
                Work::scrypt(parameters.log_n(), parameters.r(), parameters.p())
            }
        }
    }

    /// Returns whether the hash is that of `password`. The comparison takes the same time for every wrong one.
    pub(super) fn matches(&self, password: &[u8]) -> bool {
        let equals = |value: &[u8], computed: &[u8]| verify_slices_are_equal(value, computed).is_ok();
        match self {
            Self::Bcrypt(hash) => bcrypt::verify(password, hash).unwrap_or(false),
            Self::Argon2(hash) => PasswordHash::new(hash)
                .is_ok_and(|hash| Argon2::default().verify_password(password, &hash).is_ok()),
            Self::Digest { digest, value, suffix } => equals(value, &digest.of(&[password, suffix].concat())),
            Self::Hmac { digest, value, key } => equals(value, &digest.hmac(key, password)),
            Self::Pbkdf2 { digest, value, salt, iterations } => {
                equals(value, &digest.pbkdf2(password, salt, *iterations, value.len()))
            }
            Self::Scrypt { value, salt, parameters } => {
                let mut key = vec![0; value.len()];
                scrypt::scrypt(password, salt, parameters, &mut key).is_ok() && equals(value, &key)
            }
        }
    }
}

fn argon2_work(hash: &str) -> Option<Work> {
    let hash = PasswordHash::new(hash).ok()?;
    let algorithm = Algorithm::new(hash.algorithm).ok()?;
    Some(Work::argon2(algorithm.as_str(), &Params::try_from(&hash).ok()?))
}

/// Returns the error for an algorithm that is not verified here. A name that does not look like one is not repeated.
pub(super) fn unsupported(name: &str) -> InvalidHash {
    let is_name = name.len() <= 40
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ' ' | '{' | '}' | '.'));
    InvalidHash::Unsupported(if is_name { name.to_owned() } else { "an unknown algorithm".to_owned() })
}
