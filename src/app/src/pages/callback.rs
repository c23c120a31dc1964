//! The page that a sign-in comes back to. The session has read code and state already; the page waits, redirects, or
//! shows the failure.

use leptos::prelude::*;

use super::waiting::{in_place_of_page, redirect_to};
use crate::components::dyn_view;
use crate::session::{Phase, Session};

/// The page at `/callback`.
#[component]
pub fn Callback() -> impl IntoView {
    let session = expect_context::<Session>();
    let phase = session.phase();
    dyn_view(move || match phase.get() {
        Phase::Present | Phase::SignedOut => redirect_to(&session.return_to()),
        phase => in_place_of_page(phase),
    })
}
