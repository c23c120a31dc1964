//! A line icon from the local sprite.

use leptos::prelude::*;

use super::marks::address_of;

/// Shows an icon as decoration beside words that say the same.
#[component]
pub fn Icon(
    /// The id in `public/providers.svg`.
    name: &'static str,
) -> impl IntoView {
    view! { <svg class="icon" aria-hidden="true"><use_ href=address_of(name)/></svg> }
}
