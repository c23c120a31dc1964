//! The dialog that says what unlinking will do before it is done.

use leptos::html::{Button, Dialog};
use leptos::prelude::*;

use super::changing::changing;
use super::dyn_view::dyn_view;
use super::icon::Icon;
use super::rows::{ListActions, ListState};
use super::words::{parts, words};
use crate::text::{self, Fact};

const TITLE: &str = "unlink-title";

/// Asks for confirmation to unlink `list.confirming`, and closes when none of these identities is left.
#[component]
pub fn UnlinkDialog(
    /// The list whose identities the dialog asks about.
    list: ListState,
    /// The actions to call.
    #[prop(optional_no_strip)]
    actions: Option<ListActions>,
) -> impl IntoView {
    let ListState { confirming, user, policy, current_identity, .. } = list;
    let dialog = NodeRef::<Dialog>::new();
    let keep = NodeRef::<Button>::new();
    let question = Memo::new(move |_| {
        let (asked, user) = (confirming.read(), user.read());
        let asked = asked.as_ref()?;
        let user = user.as_ref()?;
        let there = |identity: &model::Identity| asked.contains(&identity.key());
        user.identities.iter().any(there).then(|| {
            policy.with_value(|policy| text::question(user, policy, asked, current_identity.read().as_ref()))
        })
    });
    let is_asked = Memo::new(move |_| question.read().is_some());
    Effect::new(move |_| {
        let Some(dialog) = dialog.get() else { return };
        // Asking the same again counts: Escape may have closed the dialog meanwhile.
        confirming.track();
        if !is_asked.get() {
            dialog.close();
        } else if !dialog.open() && dialog.show_modal().is_ok() {
            // The safe button; a browser that refuses leaves it on the dialog, where Escape works too.
            if let Some(keep) = keep.get_untracked() {
                let _ = keep.focus();
            }
        }
    });
    let close = move || confirming.set(None);
    let confirm = move |_| {
        let keys = confirming.get_untracked().unwrap_or_default();
        close();
        if let Some(actions) = actions
            && !keys.is_empty()
        {
            actions.on_unlink.run(keys);
        }
    };
    // Escape closes the dialog at once, and its event comes later: by then another question may be open.
    let closed = move |_| {
        if dialog.get_untracked().is_some_and(|dialog| !dialog.open()) {
            close();
        }
    };
    // A click beside the box lands on the dialog itself, one inside it on something in it.
    let click_beside = move |event: web_sys::MouseEvent| {
        if event.target() == event.current_target() {
            close();
        }
    };
    let title =
        dyn_view(move || question.get().map_or_else(|| ().into_any(), |question| words(&question.title)));
    let action =
        dyn_view(move || question.get().map_or_else(|| ().into_any(), |question| words(&question.confirm)));
    let body = dyn_view(move || {
        match question.get() {
        None => ().into_any(),
        Some(question) => view! {
            {question.who.into_iter().map(|who| view! { <p class="dialog-who">{words(&who)}</p> }).collect_view()}
            <ul class="facts" role="list">{question.facts.into_iter().map(fact).collect_view()}</ul>
        }
        .into_any(),
    }
    });
    view! {
        <dialog node_ref=dialog aria-labelledby=TITLE on:click=click_beside on:close=closed>
            <div class="dialog-body">
                <h2 id=TITLE>{title}</h2>
                {body}
            </div>
            <div class="dialog-acts">
                <button
                    type="button"
                    class="button"
                    node_ref=keep
                    on:click=move |_| close()
                    prop:textContent=changing(move || question.get().map_or("", |question| question.keep))
                ></button>
                <button type="button" class="button danger solid" on:click=confirm>{action}</button>
            </div>
        </dialog>
    }
}

/// Renders one sentence of the dialog.
fn fact((icon, sentence): Fact) -> impl IntoView {
    view! {
        <li>
            <Icon name=icon/>
            {parts(sentence)}
        </li>
    }
}
