//! The page of an unknown path.

use leptos::prelude::*;

use crate::components::set_document_title;
use crate::text;

/// The page at every path without a route.
#[component]
pub fn NotFound() -> impl IntoView {
    set_document_title(text::not_found());
    view! {
        <h1>{text::not_found()}</h1>
        <p class="lede">{text::not_found_lede()}</p>
        <p><a class="button" href="/">{text::go_to_list()}</a></p>
    }
}
