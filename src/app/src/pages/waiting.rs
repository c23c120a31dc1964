//! What stands in for a page that needs a signed-in person, and how to go on to another page.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::components::Redirect;

use super::rare::rare;
use super::sign_in::SignIn;
use crate::components::Skeleton;
use crate::session::Phase;

/// Renders the replacement of a page that needs a signed-in person.
pub(super) fn in_place_of_page(phase: Phase) -> AnyView {
    match phase {
        Phase::SignedOut => view! { <SignIn/> }.into_any(),
        Phase::Waiting | Phase::Present => view! { <Skeleton/> }.into_any(),
        phase => rare(move |rare| (rare.outside)(phase.clone())),
    }
}

/// Redirects to `path` and leaves nothing in the history.
pub(super) fn redirect_to(path: String) -> AnyView {
    view! { <Redirect path options=NavigateOptions { replace: true, ..NavigateOptions::default() }/> }
        .into_any()
}
