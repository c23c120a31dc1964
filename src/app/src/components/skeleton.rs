//! What stands where the list will be: the very skeleton that the shell showed, so that nothing jumps.

use leptos::prelude::*;
use web_sys::Element;

/// The content of the shell's skeleton, kept from `index.html` before the page took its place.
#[derive(Clone)]
pub struct Bones(String);

impl Bones {
    /// Reads the skeleton inside `shell`; without one there is nothing to show.
    #[must_use]
    pub fn of(shell: &Element) -> Self {
        let skeleton = shell.query_selector(".skeleton").ok().flatten();
        Self(skeleton.map(|skeleton| skeleton.inner_html()).unwrap_or_default())
    }
}

/// Placeholder rows.
#[component]
pub fn Skeleton() -> impl IntoView {
    let bones = use_context::<Bones>().map(|bones| bones.0).unwrap_or_default();
    view! { <div class="skeleton" aria-busy="true" inner_html=bones></div> }
}
