//! The page at `/`.

use leptos::prelude::*;
use model::route;

use super::waiting::{in_place_of_page, redirect_to};
use crate::components::dyn_view;
use crate::session::{Phase, Session};

/// Shows what the page is for to a person who is signed out, and leads a signed-in person to the list.
#[component]
pub fn Home() -> impl IntoView {
    let phase = expect_context::<Session>().phase();
    dyn_view(move || match phase.get() {
        Phase::Present => redirect_to(route::LIST),
        phase => in_place_of_page(phase),
    })
}
