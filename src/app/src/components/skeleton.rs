//! The placeholder of the list: the skeleton of the shell, so that nothing shifts.

use std::time::Duration;

use leptos::prelude::*;
use web_sys::Element;

use super::changing::changing;
use crate::text;

/// The inner HTML of the shell's skeleton, saved from `index.html` before the page took its place.
#[derive(Clone)]
pub struct SkeletonHtml(String);

impl SkeletonHtml {
    /// Reads the skeleton inside `shell`; empty when it has none.
    #[must_use]
    pub fn of(shell: &Element) -> Self {
        let skeleton = shell.query_selector(".skeleton").ok().flatten();
        Self(skeleton.map(|skeleton| skeleton.inner_html()).unwrap_or_default())
    }
}

/// How long the page waits before a text says that the response is late.
const LATE: Duration = Duration::from_secs(3);

/// Shows placeholder rows, and a sentence when they stay for long.
#[component]
pub fn Skeleton() -> impl IntoView {
    let html = use_context::<SkeletonHtml>().map(|html| html.0).unwrap_or_default();
    view! {
        <div class="skeleton" aria-busy="true" inner_html=html></div>
        <Late/>
    }
}

/// Shows a sentence when the page waits for long.
#[component]
pub fn Late() -> impl IntoView {
    let late = RwSignal::new(false);
    if let Ok(timer) = set_timeout_with_handle(move || _ = late.try_set(true), LATE) {
        on_cleanup(move || timer.clear());
    }
    view! {
        <p class="late" role="status" prop:textContent=changing(move || if late.get() { text::slow() } else { "" })></p>
    }
}
