//! Selecting several logins: the button that begins it, the boxes of the rows, and the bar with what to do.

use leptos::html::Div;
use leptos::prelude::*;
use model::IdentityKey;
use model::unlink_policy::UnlinkBlocked;

use super::changing::changing;
use super::dyn_view::dyn_view;
use super::focus::{focus_first, keep_clear_of, on_escape};
use super::rows::{ListState, RowLabel, Step};
use crate::text;

/// The button that starts to select several identities, shown when there is more than one to select.
#[component]
pub fn ChooseSeveral(
    /// The list.
    list: ListState,
) -> impl IntoView {
    let is_shown = Memo::new(move |_| {
        list.read_only.read().is_none()
            && !list.running.get()
            && list.selected.read().is_none()
            && list.unlinkable(|_| ()).len() > 1
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
pub fn Chosen(
    /// The list.
    list: ListState,
) -> impl IntoView {
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
fn every(list: ListState) -> Vec<IdentityKey> {
    list.selected.set(Some(Vec::new()));
    let user = list.user.read();
    let mut chosen = Vec::new();
    for identity in list.unlinkable(Clone::clone) {
        // Each one that is chosen may make the next one the last way in.
        let reason = |user| list.policy.with_value(|policy| policy.reason(user, &identity, &chosen));
        if user.as_ref().and_then(reason).is_none() {
            chosen.push(identity.key());
        }
    }
    chosen
}

/// The checkbox of a row, while the person selects several identities.
/// `why` is the id of the element that says why it cannot be selected.
pub fn choose_box(
    label: RowLabel,
    key: StoredValue<IdentityKey>,
    why: String,
    reason: Memo<Option<UnlinkBlocked>>,
    list: ListState,
) -> AnyView {
    let facts = key.with_value(|key| list.row_context.get_value().facts.watch(key));
    let is_chosen = move || facts.get().unwrap_or_default().is_selected;
    let press = move |event: web_sys::MouseEvent| {
        if let Some(reason) = reason.get_untracked().filter(|_| !untrack(is_chosen)) {
            event.prevent_default();
            list.announce(untrack(|| label.get()).stays(reason));
        }
    };
    let toggle = move |_| {
        let key = key.get_value();
        list.selected.update(|chosen| {
            if let Some(chosen) = chosen {
                match chosen.iter().position(|other| *other == key) {
                    Some(place) => _ = chosen.remove(place),
                    None => chosen.push(key),
                }
            }
        });
    };
    let is_kept = Memo::new(move |_| reason.read().is_some() && !is_chosen());
    view! {
        <label class="choose">
            <input
                type="checkbox"
                aria-label=move || label.get().select()
                aria-disabled=move || is_kept.get().then_some("true")
                aria-describedby=move || is_kept.get().then(|| why.clone())
                prop:checked=is_chosen
                on:click=press
                on:change=toggle
            />
        </label>
    }
    .into_any()
}
