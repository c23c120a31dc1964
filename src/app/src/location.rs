//! The browser's location: where the page is, and leaving it.

use leptos::prelude::window;

/// Returns the page's own origin: scheme, host and port, without a slash at the end.
#[must_use]
pub fn own_origin() -> String {
    window().location().origin().unwrap_or_default()
}

/// Returns the current path, query and hash.
#[must_use]
pub fn current() -> String {
    let location = window().location();
    [location.pathname(), location.search(), location.hash()].into_iter().flatten().collect()
}

/// Leaves the page for `url`. Assigns the location, because the router takes over every link to this origin, and
/// the tenant may be on it.
pub fn leave_to(url: &str) {
    // Fails only for an address that does not parse.
    let _ = window().location().assign(url);
}
