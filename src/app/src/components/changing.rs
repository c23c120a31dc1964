//! Text that changes in place.

use leptos::prelude::Signal;

/// Returns `text` for `prop:textContent` of an element that lasts, which is how every text that changes in place is
/// rendered. As a child, Leptos would write into the text node that it made, and a browser that translates the page
/// has put others in its stead. One type for all, as in [`dyn_view`](super::dyn_view::dyn_view).
pub fn changing<T: Into<String>>(text: impl Fn() -> T + Send + Sync + 'static) -> Signal<String> {
    Signal::derive(move || text().into())
}
