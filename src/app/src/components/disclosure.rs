//! A disclosure, whose content is rendered once the person opens it.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::dyn_view::dyn_view;

/// Renders `summary`, and below it `content` while it is open: nothing is rendered before. `label` is the accessible name of
/// the summary where its words do not say enough.
pub fn disclosure(
    class: &'static str,
    summary: String,
    label: Option<Signal<String>>,
    content: Box<dyn Fn() -> AnyView + Send>,
) -> AnyView {
    let is_open = RwSignal::new(false);
    let toggle = move |event: web_sys::Event| {
        let details = event.current_target().and_then(|details| details.dyn_into::<HtmlElement>().ok());
        is_open.set(details.is_some_and(|details| details.has_attribute("open")));
    };
    view! {
        <details class=class on:toggle=toggle>
            <summary aria-label=move || label.map(|label| label.get())>{summary}</summary>
            {dyn_view(move || if is_open.get() { content() } else { ().into_any() })}
        </details>
    }
    .into_any()
}
