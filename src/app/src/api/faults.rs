//! Planning what goes wrong next, at a tenant that lets people see that for themselves.

use model::route;
use oauth2::http::Method;
use serde::Deserialize;
use serde_json::json;

use super::{ApiError, Client};

/// What can go wrong at the tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The token is over, and so is the one that replaces it.
    ExpiredToken,
    /// Too many requests.
    RateLimited,
    /// The answer comes late.
    Slow,
    /// A fault of the tenant.
    ServerError,
    /// The tenant is busy for a while.
    Unavailable,
    /// Another device unlinks the same login just before.
    UnlinkedElsewhere,
}

/// How long a refused page is told to wait, in seconds: long enough to see the countdown.
const RETRY_AFTER: u32 = 5;
/// How late a slow answer comes, in milliseconds.
const DELAY: u32 = 4000;

impl Fault {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::ExpiredToken,
        Self::RateLimited,
        Self::Slow,
        Self::ServerError,
        Self::Unavailable,
        Self::UnlinkedElsewhere,
    ];

    fn wire_name(self) -> &'static str {
        match self {
            Self::ExpiredToken => "expired_token",
            Self::RateLimited => "rate_limited",
            Self::Slow => "slow",
            Self::ServerError => "server_error",
            Self::Unavailable => "unavailable",
            Self::UnlinkedElsewhere => "unlinked_elsewhere",
        }
    }
}

/// What the tenant answers; what it planned is known already.
#[derive(Deserialize)]
struct Planned {}

impl Client {
    /// Lets `fault` happen to this person's next request.
    ///
    /// # Errors
    /// What went wrong, by what the person can do about it.
    pub async fn plan(&self, fault: Fault) -> Result<(), ApiError> {
        // A single refused token is renewed and nobody notices.
        let times = if fault == Fault::ExpiredToken { 2 } else { 1 };
        let body = json!({
            "fault": fault.wire_name(), "times": times, "retry_after": RETRY_AFTER, "delay": DELAY,
        });
        let Planned {} = self.send_with(Method::PUT, route::FAULTS, Some(body)).await?;
        Ok(())
    }
}
