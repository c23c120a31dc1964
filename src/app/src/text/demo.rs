//! Texts of the demo switch.

use crate::api::faults::Fault;

/// Heading of the switch.
pub const TITLE: &str = "Demo: play a fault";
/// Explanation below the heading.
pub const STORY: &str = "Choose what goes wrong with your next change, then unlink a login. Nobody else is hit. Only a demo tenant has this.";
/// Fault played in the page: the sign-in popup closes at once.
pub const CLOSED_POPUP: &str = "Closed window";

/// Returns the display name of a fault.
#[must_use]
pub fn name(fault: Fault) -> &'static str {
    match fault {
        Fault::ExpiredToken => "Expired token",
        Fault::OldSignIn => "Old sign-in",
        Fault::RateLimited => "Too many requests",
        Fault::Slow => "Slow answer",
        Fault::ServerError => "Server error",
        Fault::Unavailable => "Busy service",
        Fault::UnlinkedElsewhere => "Unlinked elsewhere",
    }
}

/// Status once the fault called `name` is planned.
#[must_use]
pub fn planned(name: &str) -> String {
    format!("Planned for your next change: {name}.")
}
