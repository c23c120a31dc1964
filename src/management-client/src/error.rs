//! Why a request to the tenant failed.

use model::ManagementError;

/// The failure of a request to the tenant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No answer came: the tenant cannot be reached, or the connection was cut. Whether a change was made is not known.
    #[error("the tenant cannot be reached: {0}")]
    Unreachable(String),
    /// The tenant, or what is in front of it, failed. Whether a change was made is not known.
    #[error("the tenant answered {status}")]
    Unavailable {
        /// The HTTP status, at least 500.
        status: u16,
    },
    /// The answer is not what the Management API documents. Whether a change was made is not known.
    #[error("the tenant's answer cannot be read: {0}")]
    Unreadable(String),
    /// The tenant went on answering 429 although every pause that it asked for was kept.
    #[error("the tenant's rate limit is used up by others; try again later")]
    RateLimited,
    /// The tenant gives out no token for the Management API.
    #[error("no token for the Management API: {reason}{}", hint.map(|hint| format!("; {hint}")).unwrap_or_default())]
    NoToken {
        /// What the tenant says.
        reason: String,
        /// What to do.
        hint: Option<&'static str>,
    },
    /// The tenant refuses the token, also a new one.
    #[error("the tenant refuses the token: {0}; is --audience the identifier of its Management API?")]
    TokenRefused(String),
    /// The token lacks a scope.
    #[error(
        "the application lacks a scope: grant it {} for the Management API (in Auth0: Applications, the application, APIs)",
        any_of.join(" or ")
    )]
    MissingScope {
        /// The scopes for machines, any of which is enough.
        any_of: Vec<String>,
    },
    /// The tenant refuses the request.
    #[error("the tenant answered {}: {}", .0.status_code, .0.message)]
    Refused(ManagementError),
    /// No request can name the id: a client would resolve it as a part of a path.
    #[error("no request can name the id {0:?}")]
    UnnameableId(String),
}

impl Error {
    /// Returns whether the change that was asked for may have been made.
    #[must_use]
    pub fn is_uncertain(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::Unavailable { .. } | Self::Unreadable(_))
    }

    /// Returns whether every other request would fail as well, so that there is no use in going on.
    #[must_use]
    pub fn concerns_every_request(&self) -> bool {
        matches!(
            self,
            Self::RateLimited | Self::NoToken { .. } | Self::TokenRefused(_) | Self::MissingScope { .. }
        )
    }

    /// Reads the body of an answer that refuses a request.
    pub(crate) fn refusal(status: u16, body: &[u8]) -> Self {
        if status >= 500 {
            return Self::Unavailable { status };
        }
        let Ok(refusal) = serde_json::from_slice::<ManagementError>(body) else {
            return Self::Unreadable(format!("status {status} without an error of the Management API"));
        };
        let scopes = refusal.message.strip_prefix("Insufficient scope, expected any of: ");
        match (status, scopes) {
            (403, Some(scopes)) => {
                let scopes = scopes.split(',').map(str::trim);
                // Scopes for a person's own account are given to no machine.
                let any_of = scopes.filter(|scope| !scope.contains("current_user")).map(str::to_owned);
                Self::MissingScope { any_of: any_of.collect() }
            }
            _ => Self::Refused(refusal),
        }
    }
}
