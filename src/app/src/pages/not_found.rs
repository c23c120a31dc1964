//! The page of an unknown path.

use leptos::prelude::*;

/// The page at every path without a route.
#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <h1>"Page not found"</h1>
        <p class="lede">"There is nothing at this address. It may have been mistyped."</p>
        <p><a class="button" href="/">"Go to your linked accounts"</a></p>
    }
}
