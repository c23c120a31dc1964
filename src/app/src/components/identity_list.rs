//! The list: the primary identity, and below it the linked ones.

use leptos::prelude::*;
use model::Identity;

use super::dyn_view::dyn_view;
use super::identity_row::{IdentityRow, MainRow};
use super::later::later;
use super::picture::picture;
use super::rows::ListState;
use super::safety_line::SafetyLine;
use super::unlink_buttons::Locked;
use crate::text;

/// The number of linked identities beyond which a list is long: the browser then lays out the rows that are in sight only.
const LONG_LIST: usize = 50;

/// Shows both lists, and what belongs to them once the later chunk is here. Rows are keyed by identity, so that the others keep their elements
/// when one goes.
#[component]
pub fn IdentityList(
    /// The state to show.
    list: ListState,
) -> impl IntoView {
    let main = Memo::new(move |_| {
        let user = list.user.read();
        let user = user.as_ref()?;
        Some((user.identities.first()?.clone(), user.profile.clone()))
    });
    let some_linked = Memo::new(move |_| !list.shown.read().is_empty());
    let is_long = Memo::new(move |_| list.shown.read().len() > LONG_LIST);
    let buttons = list.row_context.get_value().buttons;
    Effect::new(move |_| {
        buttons
            .lock(Locked { is_running: list.running.get(), is_read_only: list.read_only.read().is_some() });
    });
    let row = move |identity: Identity| {
        let picture = identity.profile_data.as_ref().and_then(picture);
        view! { <IdentityRow identity picture list/> }
    };
    view! {
        {later(move |parts| (parts.printed_head)(list))}
        <SafetyLine list/>
        <h2 id="main-login" tabindex="-1">{text::main_login()}</h2>
        <ul class="card list" role="list" aria-labelledby="main-login">
            {dyn_view(move || match main.get() {
                None => ().into_any(),
                Some((identity, profile)) => {
                    let picture = picture(&profile);
                    view! { <MainRow identity profile picture list/> }.into_any()
                }
            })}
        </ul>
        <div class="list-head">
            <h2 id="linked-logins" tabindex="-1">{text::linked_logins()}</h2>
            {later(move |parts| (parts.choose_several)(list))}
        </div>
        <ul
            class="card list"
            class:long=move || is_long.get()
            role="list"
            aria-labelledby="linked-logins"
            hidden=move || !some_linked.get()
        >
            <For each=move || list.shown.get() key=Identity::key children=row/>
        </ul>
        <p class="card nothing" hidden=some_linked>{text::none_linked()}</p>
        {later(move |parts| (parts.foot)(list))}
    }
}
