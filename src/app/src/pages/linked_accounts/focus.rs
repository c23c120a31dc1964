//! The focus, and where it moves when rows change.

use leptos::prelude::*;
use model::IdentityKey;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use crate::components::identity_row::row_name;
use crate::components::notice::STATUS_ID;

/// Whether the person prefers reduced motion.
pub(super) fn prefers_reduced_motion() -> bool {
    window()
        .match_media("(prefers-reduced-motion: reduce)")
        .ok()
        .flatten()
        .is_some_and(|query| query.matches())
}

/// Returns the row of `key`.
pub(super) fn find_row(key: &IdentityKey) -> Option<HtmlElement> {
    let name = row_name(key);
    let rows = document().query_selector_all("[data-identity]").ok()?;
    (0..rows.length())
        .filter_map(|place| rows.get(place)?.dyn_into::<HtmlElement>().ok())
        .find(|row| row.get_attribute("data-identity").as_ref() == Some(&name))
}

/// Whether the focus is in a row, in the head of the list, to which it returns when the choice of several ends, or nowhere.
/// Elsewhere the person has moved it, and it must stay.
pub(super) fn is_focus_in_rows() -> bool {
    document().active_element().is_none_or(|active| {
        active.tag_name() == "BODY" || active.closest("[data-identity], .list-head").ok().flatten().is_some()
    })
}

/// Returns the focus to the button of `key`, unless the person has moved it elsewhere.
pub(super) fn focus_again(key: IdentityKey) {
    if is_focus_in_rows() {
        request_animation_frame(move || focus_row(Some(&key)));
    }
}

/// Moves the focus to the button in the row of `key`, or to the heading of the list when there is none.
pub(super) fn focus_row(key: Option<&IdentityKey>) {
    let button = key.and_then(find_row).and_then(|row| row.query_selector(".button").ok().flatten());
    let target = button.or_else(|| document().get_element_by_id("linked-logins"));
    if let Some(target) = target.and_then(|target| target.dyn_into::<HtmlElement>().ok()) {
        let _ = target.focus();
    }
}

/// Moves the focus to the notice that says what was just done, with Undo as the next thing that Tab reaches. From there it
/// goes on to the row of `key` when the notice is gone.
pub(super) fn focus_notice(key: Option<&IdentityKey>) {
    focus_row(key);
    focus_heading(STATUS_ID);
}

/// Moves the focus to the heading of the section that links another login.
pub(super) fn focus_section() {
    focus_heading("link-another");
}

/// Moves the focus to the heading of the list of identities that were unlinked lately.
pub(super) fn focus_unlinked() {
    focus_heading("unlinked");
}

fn focus_heading(id: &str) {
    let heading = document().get_element_by_id(id);
    if let Some(heading) = heading.and_then(|heading| heading.dyn_into::<HtmlElement>().ok()) {
        let _ = heading.focus();
    }
}
