//! The button that copies a text and says so.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::changing::changing;
use super::notice::copy_text;

/// What the button says.
pub struct CopyWords {
    /// Its words.
    pub copy: &'static str,
    /// Its accessible name.
    pub label: &'static str,
    /// The status once the text was copied.
    pub copied: &'static str,
    /// The status when the browser refused.
    pub not_copied: &'static str,
}

/// Renders the button that copies `text`.
pub fn copy_button(text: String, CopyWords { copy, label, copied, not_copied }: CopyWords) -> AnyView {
    let said = RwSignal::new("");
    let start = move |_| {
        let text = text.clone();
        said.set("");
        spawn_local(async move {
            let is_copied = copy_text(&text).await;
            let _ = said.try_set(if is_copied { copied } else { not_copied });
        });
    };
    view! {
        <button type="button" class="button small" aria-label=label on:click=start>{copy}</button>
        <span class="meta" role="status" prop:textContent=changing(move || said.get())></span>
    }
    .into_any()
}
