//! What stands where the list will be. The shell holds the same, so that nothing jumps.

use leptos::prelude::*;

use crate::text;

/// Placeholder rows.
#[component]
pub fn Skeleton() -> impl IntoView {
    let row = || {
        view! {
            <div class="row">
                <span class="tile"></span>
                <span class="bones"><span class="bone"></span><span class="bone long"></span></span>
            </div>
        }
    };
    view! {
        <div class="skeleton" aria-busy="true">
            <p class="visually-hidden">{text::LOADING}</p>
            <div class="bone heading"></div>
            <div class="bone lede"></div>
            <div class="bone label"></div>
            <div class="card">{row()}</div>
            <div class="bone label"></div>
            <div class="card">{row()}{row()}{row()}</div>
        </div>
    }
}
