//! The demo switch.

use crate::api::faults::Fault;

/// Its heading.
pub const TITLE: &str = "Demo: play a fault";
/// What it does.
pub const STORY: &str = "Choose what goes wrong with your next change, then unlink a login. Nobody else is hit. Only a demo tenant has this.";
/// The window for signing in closes at once.
pub const CLOSED_POPUP: &str = "Closed window";

/// What a fault is called.
#[must_use]
pub fn name(fault: Fault) -> &'static str {
    match fault {
        Fault::ExpiredToken => "Expired token",
        Fault::RateLimited => "Too many requests",
        Fault::Slow => "Slow answer",
        Fault::ServerError => "Server error",
        Fault::Unavailable => "Busy service",
        Fault::UnlinkedElsewhere => "Unlinked elsewhere",
    }
}

/// What is said once it is planned.
#[must_use]
pub fn planned(name: &str) -> String {
    format!("Planned for your next change: {name}.")
}
