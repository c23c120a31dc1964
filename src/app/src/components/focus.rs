//! The focus: where it moves, what leaves it by Escape, and that nothing covers it.

use leptos::ev::{keydown, resize};
use leptos::html::Div;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// Whether anything on the page has the focus. A button that went away leaves it to the body.
pub fn has_focus() -> bool {
    document().active_element().is_some_and(|element| element.tag_name() != "BODY")
}

/// Moves the focus once the page is drawn: to the first element that the first of `selectors` finds, else to that of the
/// next one.
pub fn focus_first(selectors: &'static [&'static str]) {
    request_animation_frame(move || {
        let page = document();
        let found = selectors.iter().find_map(|selector| page.query_selector(selector).ok().flatten());
        if let Some(found) = found.and_then(|found| found.dyn_into::<HtmlElement>().ok()) {
            let _ = found.focus();
        }
    });
}

/// Calls `leave` when the person presses Escape, as long as the current owner lives. An open dialog has the key for itself.
pub(super) fn on_escape(leave: impl Fn() + 'static) {
    let handle = window_event_listener(keydown, move |event| {
        let is_asked = || document().query_selector("dialog[open]").ok().flatten().is_some();
        if event.key() == "Escape" && !event.default_prevented() && !is_asked() {
            leave();
        }
    });
    on_cleanup(move || handle.remove());
}

/// Scrolls what has the focus clear of `bar`, which stays at the foot of the window: the page's scroll padding follows its
/// height while it is shown.
pub(super) fn keep_clear_of(bar: NodeRef<Div>, is_shown: Memo<bool>) {
    let measure = move || {
        let shown = bar.get_untracked().filter(|_| is_shown.get_untracked());
        let height = shown.map_or(0, |bar| bar.offset_height());
        if let Some(page) = document().document_element().and_then(|page| page.dyn_into::<HtmlElement>().ok())
        {
            // The bar stands one line above the foot.
            let padding = if height > 0 { format!("calc({height}px + 2rem)") } else { String::new() };
            let _ = page.style().set_property("scroll-padding-block-end", &padding);
        }
    };
    Effect::new(move |_| {
        is_shown.track();
        bar.track();
        request_animation_frame(measure);
    });
    let handle = window_event_listener(resize, move |_| measure());
    on_cleanup(move || handle.remove());
}
