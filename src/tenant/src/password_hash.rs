//! Hashing of passwords: the only module that computes and verifies password hashes.

use std::num::NonZero;
use std::sync::LazyLock;
use std::thread::available_parallelism;

use argon2::password_hash::SaltString;
use argon2::{Argon2, PasswordHash, PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::secret::{Secret, random_bytes};

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
        .hash_password(password.expose().as_bytes(), &salt)
        .expect("the default parameters are valid")
        .to_string()
}

/// Returns whether `password` matches `hash`: Argon2 in PHC format, or bcrypt as in Auth0's bulk import. An unreadable
/// hash matches nothing. Takes tens of milliseconds: call it on a blocking thread.
#[must_use]
pub fn verify_password(password: &Secret, hash: &str) -> bool {
    if hash.starts_with("$2") {
        return bcrypt::verify(password.expose(), hash).unwrap_or(false);
    }
    PasswordHash::new(hash)
        .is_ok_and(|hash| Argon2::default().verify_password(password.expose().as_bytes(), &hash).is_ok())
}

/// Returns whether `hash` is bcrypt in the format of Auth0's bulk import.
#[must_use]
pub fn is_bcrypt(hash: &str) -> bool {
    (hash.starts_with("$2a$") || hash.starts_with("$2b$")) && hash.parse::<bcrypt::HashParts>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_flood_of_passwords_is_hashed_as_many_at_once_as_there_are_processors() {
        use std::sync::atomic::{AtomicUsize, Ordering};
        static NOW: AtomicUsize = AtomicUsize::new(0);
        let most = available_parallelism().unwrap().get();
        let flood: Vec<_> = (0..20 * most)
            .map(|_| {
                tokio::spawn(with_hash_permit(|| {
                    let at_once = NOW.fetch_add(1, Ordering::SeqCst) + 1;
                    let _hash = hash_password(&Secret::new("hunter2"));
                    NOW.fetch_sub(1, Ordering::SeqCst);
                    at_once
                }))
            })
            .collect();
        for hashed in flood {
            let at_once = hashed.await.unwrap().unwrap();
            assert!(at_once <= most, "{at_once}");
        }
        assert_eq!(with_hash_permit(|| panic!("a broken hash")).await, None::<()>);
        assert_eq!(with_hash_permit(|| 7).await, Some(7), "and its turn is free again");
    }

    #[test]
    fn a_password_matches_its_own_hash_only() {
        let hash = hash_password(&Secret::new("correct horse"));
        assert!(hash.starts_with("$argon2id$"));
        assert!(verify_password(&Secret::new("correct horse"), &hash));
        assert!(!verify_password(&Secret::new("wrong horse"), &hash));
        assert!(!verify_password(&Secret::new("correct horse"), "no hash"));
    }

    #[test]
    fn a_bcrypt_hash_from_an_import_is_understood() {
        let hash = bcrypt::hash("tiger", 4).unwrap();
        assert!(is_bcrypt(&hash));
        assert!(verify_password(&Secret::new("tiger"), &hash));
        assert!(!verify_password(&Secret::new("lion"), &hash));
        assert!(!is_bcrypt("$2b$10$short"));
    }
}
