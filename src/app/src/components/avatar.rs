//! The picture of a person, or their initials.

use leptos::prelude::*;

use super::dyn_view::dyn_view;

/// Decoration beside a written name: a picture, or initials when there is none or it fails to load; empty without
/// either. `picture` must be one that may be shown, see [`picture`](super::picture::picture).
#[component]
pub fn Avatar(
    /// The picture's address.
    picture: Option<String>,
    /// One or two letters.
    initials: String,
) -> impl IntoView {
    let broken = RwSignal::new(false);
    dyn_view(move || match &picture {
        Some(picture) if !broken.get() => {
            let failed = move |_| broken.set(true);
            view! { <img class="avatar" src=picture.clone() alt="" width="24" height="24" on:error=failed/> }
                .into_any()
        }
        _ if initials.is_empty() => ().into_any(),
        _ => view! { <span class="avatar" aria-hidden="true">{initials.clone()}</span> }.into_any(),
    })
}
