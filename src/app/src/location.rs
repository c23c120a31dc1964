//! The browser's location: where the page is, going on within it, and leaving it.

use std::cell::RefCell;

use leptos::prelude::{ArcRwSignal, Get, Set, window};
use wasm_bindgen::JsValue;

/// Goes on to a path.
type Navigate = Box<dyn Fn(&str)>;

thread_local! {
    /// The path that is shown.
    static PATH: ArcRwSignal<String> = ArcRwSignal::new(window().location().pathname().unwrap_or_default());
    /// Goes on to a path and leaves nothing in the history, once the router is here.
    static NAVIGATE: RefCell<Option<Navigate>> = const { RefCell::new(None) };
}

/// Returns the path that is shown, and tracks it.
#[must_use]
pub fn path() -> String {
    PATH.with(Get::get)
}

/// Shows another path, whose address the browser has already.
pub fn set_path(path: String) {
    PATH.with(|shown| shown.set(path));
}

/// Sets how the router goes on to a path.
pub fn set_navigate(navigate: impl Fn(&str) + 'static) {
    NAVIGATE.set(Some(Box::new(navigate)));
}

/// Loads the page again.
pub fn reload() {
    // Nothing forbids it.
    let _ = window().location().reload();
}

/// Goes on to `address`, a path that may have a query and a hash, and leaves nothing in the history.
pub fn go_on_to(address: &str) {
    let is_routed =
        NAVIGATE.with_borrow(|navigate| navigate.as_ref().map(|navigate| navigate(address)).is_some());
    if !is_routed && let Ok(history) = window().history() {
        // Fails only for another origin.
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(address));
        set_path(window().location().pathname().unwrap_or_default());
    }
}

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
