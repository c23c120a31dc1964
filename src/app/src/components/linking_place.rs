//! The way from the list to the section that links another login.

use leptos::prelude::document;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// The id of the heading of that section.
pub const LINK_ANOTHER: &str = "link-another";

/// Moves the focus to that section, which following the address alone would not do.
pub fn go_to_linking(event: web_sys::MouseEvent) {
    let place =
        document().get_element_by_id(LINK_ANOTHER).and_then(|place| place.dyn_into::<HtmlElement>().ok());
    if let Some(place) = place {
        event.prevent_default();
        let _ = place.focus();
    }
}
