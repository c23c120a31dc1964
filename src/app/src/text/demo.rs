//! Texts of the demo switch.

use super::message_format::Message;
use super::messages::messages;
use crate::api::faults::Fault;

messages! { demo:
    /// Heading of the switch.
    title() = "Demo: play a fault";
    /// Explanation below the heading.
    story() = "Choose what goes wrong with your next change, then unlink a login. Nobody else is hit. Only a demo tenant has this.";
    /// Fault played in the page: the sign-in popup closes at once.
    closed_popup() = "Closed window";
    /// Fault: the access token has expired.
    expired_token() = "Expired token";
    /// Fault: the sign-in is too old.
    old_sign_in() = "Old sign-in";
    /// Fault: the tenant asks for a pause.
    rate_limited() = "Too many requests";
    /// Fault: the answer comes late.
    slow() = "Slow answer";
    /// Fault: the tenant fails.
    server_error() = "Server error";
    /// Fault: the tenant is busy.
    unavailable() = "Busy service";
    /// Fault: the login was unlinked elsewhere.
    unlinked_elsewhere() = "Unlinked elsewhere";
    /// Status once a fault is planned, with its name.
    planned_fault(fault: Message<'_>) = "Planned for your next change: {fault}.";
}

/// Returns the display name of a fault.
#[must_use]
pub fn name(fault: Fault) -> &'static str {
    match fault {
        Fault::ExpiredToken => expired_token(),
        Fault::OldSignIn => old_sign_in(),
        Fault::RateLimited => rate_limited(),
        Fault::Slow => slow(),
        Fault::ServerError => server_error(),
        Fault::Unavailable => unavailable(),
        Fault::UnlinkedElsewhere => unlinked_elsewhere(),
    }
}

/// Status once the fault called `name` is planned.
#[must_use]
pub fn planned(name: &str) -> String {
    planned_fault(Message(name))
}
