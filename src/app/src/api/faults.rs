//! Planned faults, at a tenant that allows them for demonstrations.

use model::route;
use oauth2::http::Method;
use serde_json::json;

use super::{ApiError, Client};

/// A fault that the tenant can inject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The token is refused, and so is the one that replaces it.
    ExpiredToken,
    /// The sign-in is too old.
    OldSignIn,
    /// Too many requests.
    RateLimited,
    /// The response is delayed.
    Slow,
    /// An internal error of the tenant.
    ServerError,
    /// The tenant is unavailable for a while.
    Unavailable,
    /// Another device unlinks the same identity just before.
    UnlinkedElsewhere,
}

/// The `Retry-After` of a refused request, in seconds: long enough to see the countdown.
const RETRY_AFTER: u32 = 5;
/// The delay of a slow response, in milliseconds.
const DELAY: u32 = 4000;

impl Fault {
    /// All faults.
    pub const ALL: [Self; 7] = [
        Self::ExpiredToken,
        Self::OldSignIn,
        Self::RateLimited,
        Self::Slow,
        Self::ServerError,
        Self::Unavailable,
        Self::UnlinkedElsewhere,
    ];

    fn wire_name(self) -> &'static str {
        match self {
            Self::ExpiredToken => "expired_token",
            Self::OldSignIn => "old_sign_in",
            Self::RateLimited => "rate_limited",
            Self::Slow => "slow",
            Self::ServerError => "server_error",
            Self::Unavailable => "unavailable",
            Self::UnlinkedElsewhere => "unlinked_elsewhere",
        }
    }
}

impl Client {
    /// Plans `fault` for this user's next change.
    ///
    /// # Errors
    /// [`ApiError`], when the tenant does not plan it.
    pub async fn plan(&self, fault: Fault) -> Result<(), ApiError> {
        // One refused token would be renewed silently.
        let times = if fault == Fault::ExpiredToken { 2 } else { 1 };
        let body = json!({
            "fault": fault.wire_name(), "times": times, "retry_after": RETRY_AFTER, "delay": DELAY,
        });
        self.send(Method::PUT, route::FAULTS, Some(body)).await.map(drop)
    }
}
