//! The list: the primary identity, and below it the linked ones.

use leptos::html::Div;
use leptos::prelude::*;
use model::Identity;

use super::changing::changing;
use super::dyn_view::dyn_view;
use super::focus::{focus_first, keep_clear_of, on_escape};
use super::identity_row::{IdentityRow, MainRow};
use super::list_as_text::{ListAsText, PrintedHead};
use super::picture::picture;
use super::rows::{ListActions, ListState, Step};
use super::safety_line::SafetyLine;
use super::unlink_dialog::UnlinkDialog;
use crate::text;

/// Shows both lists, and the dialog before unlinking. Rows are keyed by identity, so that the others keep their elements
/// when one goes.
#[component]
pub fn IdentityList(
    /// The state to show.
    list: ListState,
    /// The actions to call; a list without them is only shown.
    #[prop(optional_no_strip)]
    actions: Option<ListActions>,
) -> impl IntoView {
    let main = Memo::new(move |_| {
        let user = list.user.read();
        let user = user.as_ref()?;
        Some((user.identities.first()?.clone(), user.profile.clone()))
    });
    let some_linked = Memo::new(move |_| !list.shown.read().is_empty());
    let row = move |identity: Identity| {
        let picture = identity.profile_data.as_ref().and_then(picture);
        view! { <IdentityRow identity picture list actions/> }
    };
    let can_link = actions.is_some();
    view! {
        <PrintedHead list/>
        <SafetyLine list can_link/>
        <h2 id="main-login" tabindex="-1">{text::main_login()}</h2>
        <ul class="card list" role="list" aria-labelledby="main-login">
            {dyn_view(move || match main.get() {
                None => ().into_any(),
                Some((identity, profile)) => {
                    let picture = picture(&profile);
                    view! { <MainRow identity profile picture list actions/> }.into_any()
                }
            })}
        </ul>
        <div class="list-head">
            <h2 id="linked-logins" tabindex="-1">{text::linked_logins()}</h2>
            <ChooseSeveral list/>
        </div>
        <ul
            class="card list"
            role="list"
            aria-labelledby="linked-logins"
            hidden=move || !some_linked.get()
        >
            <For each=move || list.shown.get() key=Identity::key children=row/>
        </ul>
        <p class="card nothing" hidden=some_linked>{text::none_linked()}</p>
        <Chosen list/>
        <ListAsText list/>
        <UnlinkDialog list actions/>
    }
}

/// The button that starts to select several identities, shown when there is more than one to select.
#[component]
fn ChooseSeveral(list: ListState) -> impl IntoView {
    let is_shown = Memo::new(move |_| {
        list.read_only.read().is_none()
            && !list.running.get()
            && list.selected.read().is_none()
            && list.unlinkable().len() > 1
    });
    let begin = move |_| {
        list.steps.forget(|step| matches!(step, Step::Failed(_)));
        list.selected.set(Some(Vec::new()));
        focus_first(&[".choose input:not([aria-disabled=true])", ".choose input"]);
    };
    on_escape(move || {
        if list.selected.get_untracked().is_some() {
            stop_choosing(list);
        }
    });
    dyn_view(move || {
        if is_shown.get() {
            view! { <button type="button" class="button small" on:click=begin>{text::select_several()}</button> }
                .into_any()
        } else {
            ().into_any()
        }
    })
}

/// The bar with the count of selected identities and its buttons. It stays in sight while the list scrolls.
#[component]
fn Chosen(list: ListState) -> impl IntoView {
    let is_shown = Memo::new(move |_| list.selected.read().is_some());
    let count = Memo::new(move |_| list.selected.read().as_ref().map_or(0, Vec::len));
    let ask = move |_| {
        if count.get_untracked() > 0 && !list.running.get_untracked() {
            match list.read_only.get_untracked() {
                Some(reason) => list.announce(reason.sentence().to_owned()),
                None => list.confirming.set(list.selected.get_untracked()),
            }
        }
    };
    let bar = NodeRef::<Div>::new();
    keep_clear_of(bar, is_shown);
    let all = move |_| list.selected.set(Some(untrack(move || every(list))));
    dyn_view(move || {
        if is_shown.get() {
            view! {
                <div class="chosen card" node_ref=bar role="group" aria-label=text::chosen_logins()>
                    <p role="status" prop:textContent=changing(move || text::chosen(count.get()))></p>
                    <button type="button" class="button" on:click=all>{text::select_all()}</button>
                    <button type="button" class="button" on:click=move |_| stop_choosing(list)>{text::cancel()}</button>
                    <button
                        type="button"
                        class="button danger"
                        aria-disabled=move || (count.get() == 0 || list.read_only.read().is_some()).then_some("true")
                        on:click=ask
                        prop:textContent=changing(move || text::unlink_chosen(count.get()))
                    ></button>
                </div>
            }
            .into_any()
        } else {
            ().into_any()
        }
    })
}

/// Ends selecting several identities, and moves the focus to the button that begins it.
fn stop_choosing(list: ListState) {
    list.selected.set(None);
    focus_first(&[".list-head .button", "#linked-logins"]);
}

/// Returns as many identities as can be unlinked together.
fn every(list: ListState) -> Vec<model::IdentityKey> {
    list.selected.set(Some(Vec::new()));
    for identity in list.unlinkable() {
        // Each one that is chosen may make the next one the last way in.
        if list.blocked(&identity).is_none() {
            list.selected.update(|chosen| chosen.iter_mut().for_each(|chosen| chosen.push(identity.key())));
        }
    }
    list.selected.get().unwrap_or_default()
}
