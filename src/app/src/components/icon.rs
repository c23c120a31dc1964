//! A line icon from the local sprite.

use leptos::prelude::*;

/// Shows an icon as decoration beside words that say the same.
#[component]
pub fn Icon(
    /// The id in `public/providers.svg`.
    name: &'static str,
) -> impl IntoView {
    view! { <svg class="icon" aria-hidden="true"><use_ href=format!("/providers.svg#{name}")/></svg> }
}
