//! The reasons why a provider does not sign a person in.

use axum::http::StatusCode;

use crate::oauth::request::AuthorizationError;

/// The reason why a provider did not sign a person in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UpstreamError {
    /// The person declined.
    Denied,
    /// The provider does not respond in time.
    Unreachable,
    /// The provider refuses.
    Rejected,
    /// The provider's response cannot be trusted.
    Untrusted,
    /// The sign-in at the provider is too old.
    Stale,
    /// The identity belongs to another connection.
    OtherConnection,
}

impl UpstreamError {
    /// Returns the sentence for the person. `label` is the connection as the sentence names it.
    pub(crate) fn sentence(self, label: &str) -> String {
        match self {
            Self::Denied => format!("You did not finish signing in with {label}."),
            Self::Unreachable => format!("{label} does not answer at the moment. Try again in a while."),
            Self::Rejected => format!("{label} did not sign you in. Try again in a while."),
            Self::Untrusted => format!("What {label} answered cannot be trusted, so nobody was signed in."),
            Self::Stale => format!(
                "{label} did not ask you to sign in anew, which is needed here. Sign out there, then try again."
            ),
            Self::OtherConnection => format!("Your login at {label} belongs to another way to sign in here."),
        }
    }

    /// Returns the status of the page.
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::Denied => StatusCode::OK,
            Self::Unreachable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Rejected | Self::Untrusted => StatusCode::BAD_GATEWAY,
            Self::Stale | Self::OtherConnection => StatusCode::FORBIDDEN,
        }
    }

    /// Returns the error for an application that requested this connection only (RFC 6749 section 4.1.2.1, contract
    /// [C1](model::contract#c1)).
    pub(in crate::login::upstream) fn authorization_error(self, label: &str) -> AuthorizationError {
        let error = match self {
            Self::Denied => {
                return AuthorizationError::new("access_denied", "User did not authorize the request");
            }
            Self::Stale | Self::OtherConnection => "access_denied",
            Self::Unreachable => "temporarily_unavailable",
            Self::Rejected | Self::Untrusted => "server_error",
        };
        AuthorizationError::new(error, self.sentence(label))
    }
}
