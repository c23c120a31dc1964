//! What stands in for a page that needs a signed-in person, and how to go on to another page.

use leptos::prelude::*;

use super::rare::rare;
use super::sign_in::SignIn;
use crate::chunk;
use crate::components::{Skeleton, dyn_view, on_its_way};
use crate::location;
use crate::session::Phase;
use crate::text;

/// Renders the replacement of a page that needs a signed-in person.
pub(super) fn in_place_of_page(phase: Phase) -> AnyView {
    match phase {
        Phase::SignedOut => view! { <SignIn/> }.into_any(),
        Phase::Waiting | Phase::Present => waiting(),
        phase => rare(move |rare| (rare.outside)(phase.clone())),
    }
}

/// Renders the skeleton, and a notice where signing in waits for the later chunk, which did not come.
fn waiting() -> AnyView {
    let is_missing = chunk::is_missing();
    dyn_view(move || {
        if is_missing.get() {
            view! { <h1>{text::page_heading()}</h1>{on_its_way(None)} }.into_any()
        } else {
            view! { <Skeleton/> }.into_any()
        }
    })
}

/// Goes on to `path` and leaves nothing in the history.
pub(super) fn redirect_to(path: &str) -> AnyView {
    location::go_on_to(path);
    ().into_any()
}
