//! The [parts](super::later::Parts) of a list that come with the later chunk.

use leptos::prelude::*;

use super::choosing::{ChooseSeveral, Chosen, choose_box};
use super::identity_details::identity_details;
use super::later::{PARTS, Parts};
use super::list_as_text::{ListAsText, PrintedHead};
use super::row_progress::row_progress;
use super::rows::ListState;
use super::unlink_dialog::UnlinkDialog;

static LATER: Parts = Parts {
    choose_box,
    details: identity_details,
    progress: row_progress,
    choose_several,
    printed_head,
    foot,
};

/// Enters the parts in their table.
pub fn enter() {
    PARTS.set(Some(&LATER));
}

fn choose_several(list: ListState) -> AnyView {
    view! { <ChooseSeveral list/> }.into_any()
}

fn printed_head(list: ListState) -> AnyView {
    view! { <PrintedHead list/> }.into_any()
}

fn foot(list: ListState) -> AnyView {
    view! {
        <Chosen list/>
        <ListAsText list/>
        <UnlinkDialog list/>
    }
    .into_any()
}
