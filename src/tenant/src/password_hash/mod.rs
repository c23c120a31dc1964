//! Hashing of passwords: the only module that computes and verifies password hashes.
//!
//! Passwords are compared in one Unicode normal form: the same letters typed on another system can be other code
//! points. New hashes are of the form NFC (RFC 8265, section 4.2.2, uses it, too). PRECIS as a whole is not
//! used, because it refuses passwords that Auth0 accepts.

mod attempt_work;
mod custom;
mod digest;
mod encoding;
mod imported;
mod verifier;
mod work;

use std::iter;
use std::num::NonZero;
use std::sync::LazyLock;
use std::thread::available_parallelism;

use argon2::password_hash::SaltString;
use argon2::{Argon2, Params, PasswordHash, PasswordHasher};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use unicode_normalization::UnicodeNormalization;

use crate::secret::{Secret, random_bytes};

pub(crate) use attempt_work::AttemptWork;
use custom::CustomHash;
pub use imported::ImportedHash;
pub use verifier::InvalidHash;
pub(crate) use work::Work;

/// The number of hashes that are computed at the same time: one per processor.
///
/// More would not finish sooner, and each takes megabytes of memory, so that a flood of sign-ins would exhaust it.
static PERMITS: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(available_parallelism().map_or(1, NonZero::get)));

/// Runs work that hashes a password on a blocking thread, once a permit is free. Returns `None` if it panicked.
pub(crate) async fn with_hash_permit<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let permit = PERMITS.acquire().await.ok()?;
    let result = spawn_blocking(move || {
        let _permit = permit;
        work()
    });
    result.await.ok()
}

/// Hashes a new password with Argon2id and the library's defaults (19 MiB, two passes, as OWASP recommends).
/// Takes tens of milliseconds: call it on a blocking thread.
///
/// # Panics
/// Never: the defaults are valid for every password.
#[must_use]
pub fn hash_password(password: &Secret) -> String {
    let salt = SaltString::encode_b64(&random_bytes::<16>()).expect("sixteen bytes are a valid salt");
    Argon2::default()
        .hash_password(normal_form(password).as_bytes(), &salt)
        .expect("the default parameters are valid")
        .to_string()
}

/// Returns a password in the normal form in which it is hashed and in which its characters are counted.
pub(crate) fn normal_form(password: &Secret) -> String {
    password.expose().nfc().collect()
}

/// The result of `verify_password`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verification {
    /// The password is wrong.
    Wrong,
    /// The password is right, and its hash is one that [`hash_password`] would compute.
    Right,
    /// The password is right, and its hash is to be replaced by that of [`hash_password`].
    RightAndOutdated,
}

/// Compares `password` with a stored hash: Argon2, bcrypt, or what an [`ImportedHash`] is stored as. An unreadable hash, or
/// none, matches nothing. Takes tens of milliseconds: call it on a blocking thread.
///
/// The password is tried as it was typed, then in NFC and in NFD as far as these differ, because an older or imported
/// hash can be of any form. They are the same text, so a guess is still one guess. Which of them are tried
/// depends on the password alone, and each costs `work`, so that the time of a wrong one reveals nothing about the hash, nor
/// whether there is one.
#[must_use]
pub(crate) fn verify_password(password: &Secret, stored: Option<&str>, work: &Work) -> Verification {
    let typed = password.expose();
    let (composed, decomposed) = (normal_form(password), typed.nfd().collect::<String>());
    let others = [composed.as_str(), decomposed.as_str()].into_iter().filter(|form| *form != typed);
    let hash = stored.and_then(imported::read);
    let rest = work.without(&hash.as_ref().map(CustomHash::work).unwrap_or_default());
    let matches = |form: &&str| {
        let matches = hash.as_ref().is_some_and(|hash| hash.matches(form));
        for step in &rest {
            step.run(form.as_bytes());
        }
        matches
    };
    match iter::once(typed).chain(others).find(matches) {
        None => Verification::Wrong,
        Some(form) if form == composed && stored.is_some_and(is_current) => Verification::Right,
        Some(_) => Verification::RightAndOutdated,
    }
}

/// The beginning of the hashes that [`hash_password`] computes.
pub(crate) fn own_prefix() -> String {
    let own = Params::DEFAULT;
    format!("$argon2id$v=19$m={},t={},p={}$", own.m_cost(), own.t_cost(), own.p_cost())
}

/// Returns whether a hash has the algorithm and the parameters of [`hash_password`].
fn is_current(hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| {
        hash.algorithm == argon2::ARGON2ID_IDENT
            && Params::try_from(&hash).is_ok_and(|parameters| {
                let ours = Params::DEFAULT;
                (parameters.m_cost(), parameters.t_cost(), parameters.p_cost())
                    == (ours.m_cost(), ours.t_cost(), ours.p_cost())
            })
    })
}

#[cfg(test)]
mod tests;
