//! New passwords that come through the API.

use crate::http::error::ApiError;
use crate::secret::{Secret, hash_password};

/// How many characters a password has at least: the length that NIST SP 800-63B asks of chosen secrets, and
/// Auth0's own least for every policy but "none".
const LEAST: usize = 8;

/// Hashes a new password, away from the threads that serve others.
///
/// # Errors
/// [`ApiError::WeakPassword`] when it is too short.
pub(super) async fn hash(password: Secret) -> Result<String, ApiError> {
    if password.expose().chars().count() < LEAST {
        return Err(ApiError::WeakPassword);
    }
    tokio::task::spawn_blocking(move || hash_password(&password)).await.map_err(|_| ApiError::Internal)
}
