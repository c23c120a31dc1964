//! Amounts of the work of verifying passwords. Digests without rounds take microseconds and are not counted.

use std::collections::{BTreeMap, BTreeSet};

use argon2::{Algorithm, Argon2, Params, Version};

use super::digest::Digest;

/// The salt of what is computed for nothing.
const NO_SALT: [u8; 16] = [0; 16];

/// An amount of work, by algorithm.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Work {
    /// The parameters of Argon2: algorithm, memory in KiB, passes, lanes.
    argon2: BTreeSet<(&'static str, u32, u32, u32)>,
    /// The highest cost of bcrypt, of which one more is twice the work.
    bcrypt: Option<u32>,
    /// The highest number of iterations of PBKDF2, over all blocks of a key.
    pbkdf2: BTreeMap<Digest, u64>,
    /// The parameters of scrypt: the logarithm of its cost, block size, parallelization.
    scrypt: BTreeSet<(u8, u32, u32)>,
}

/// One computation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Argon2(&'static str, u32, u32, u32),
    Bcrypt(u32),
    Pbkdf2(Digest, u64),
    Scrypt(u8, u32, u32),
}

impl Work {
    /// Returns the work of the tenant's own hashes.
    pub(super) fn own() -> Self {
        let own = Params::DEFAULT;
        Self::argon2(Algorithm::Argon2id.as_str(), &own)
    }

    /// Returns the work of a hash of Argon2.
    pub(super) fn argon2(algorithm: &'static str, parameters: &Params) -> Self {
        let step = (algorithm, parameters.m_cost(), parameters.t_cost(), parameters.p_cost());
        Self { argon2: [step].into(), ..Self::default() }
    }

    /// Returns the work of a hash of bcrypt.
    pub(super) fn bcrypt(cost: u32) -> Self {
        Self { bcrypt: Some(cost), ..Self::default() }
    }

    /// Returns the work of a key of PBKDF2 with this length in bytes.
    pub(super) fn pbkdf2(digest: Digest, iterations: u32, length: usize) -> Self {
        let blocks = u64::try_from(length.div_ceil(digest.len())).unwrap_or(u64::MAX);
        Self { pbkdf2: [(digest, u64::from(iterations).saturating_mul(blocks))].into(), ..Self::default() }
    }

    /// Returns the work of a key of scrypt.
    pub(super) fn scrypt(log_cost: u8, block: u32, parallel: u32) -> Self {
        Self { scrypt: [(log_cost, block, parallel)].into(), ..Self::default() }
    }

    /// Adds what `other` has more.
    pub(super) fn extend(&mut self, other: Self) {
        self.argon2.extend(other.argon2);
        self.bcrypt = self.bcrypt.max(other.bcrypt);
        for (digest, iterations) in other.pbkdf2 {
            let most = self.pbkdf2.entry(digest).or_default();
            *most = iterations.max(*most);
        }
        self.scrypt.extend(other.scrypt);
    }

    /// Returns what remains of this work once `done` is done.
    pub(super) fn without(&self, done: &Self) -> Vec<Step> {
        let argon2 = self.argon2.difference(&done.argon2);
        let argon2 = argon2
            .map(|(algorithm, memory, passes, lanes)| Step::Argon2(algorithm, *memory, *passes, *lanes));
        let bcrypt = match (self.bcrypt, done.bcrypt) {
            (None, _) => Vec::new(),
            (Some(most), None) => vec![most],
            // Together with the one of `cost` these are as much as one of `most`.
            (Some(most), Some(cost)) => (cost..most).collect(),
        };
        let pbkdf2 = self.pbkdf2.iter().filter_map(|(digest, most)| {
            let rest = most.saturating_sub(done.pbkdf2.get(digest).copied().unwrap_or_default());
            (rest > 0).then_some(Step::Pbkdf2(*digest, rest))
        });
        let scrypt = self.scrypt.difference(&done.scrypt);
        let scrypt = scrypt.map(|(log_cost, block, parallel)| Step::Scrypt(*log_cost, *block, *parallel));
        argon2.chain(bcrypt.into_iter().map(Step::Bcrypt)).chain(pbkdf2).chain(scrypt).collect()
    }
}

impl Step {
    /// Does the work for nothing.
    pub(super) fn run(self, password: &[u8]) {
        let mut key = [0; 32];
        match self {
            Self::Argon2(algorithm, memory, passes, lanes) => {
                let (Ok(algorithm), Ok(parameters)) =
                    (algorithm.parse::<Algorithm>(), Params::new(memory, passes, lanes, None))
                else {
                    return;
                };
                let argon2 = Argon2::new(algorithm, Version::V0x13, parameters);
                let _ = argon2.hash_password_into(password, &NO_SALT, &mut key);
            }
            Self::Bcrypt(cost) => {
                let _ = bcrypt::hash_with_salt(password, cost, NO_SALT);
            }
            Self::Pbkdf2(digest, mut iterations) => {
                while iterations > 0 {
                    let part = u32::try_from(iterations).unwrap_or(u32::MAX);
                    let _key = digest.pbkdf2(password, &NO_SALT, part, digest.len());
                    iterations -= u64::from(part);
                }
            }
            Self::Scrypt(log_cost, block, parallel) => {
                let length = scrypt::Params::RECOMMENDED_LEN;
                if let Ok(parameters) = scrypt::Params::new(log_cost, block, parallel, length) {
                    let _ = scrypt::scrypt(password, &NO_SALT, &parameters, &mut key);
                }
            }
        }
        std::hint::black_box(key);
    }
}
