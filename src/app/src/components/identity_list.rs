//! The main login, and below it the linked ones.

use leptos::prelude::*;
use model::Identity;

use super::{IdentityRow, MainRow, Rows, UnlinkDialog, dyn_view};
use crate::pages::picture;
use crate::text;

/// Both lists, and the dialog that asks about their logins. Rows are keyed by identity: when one goes, the others keep
/// their elements.
#[component]
pub fn IdentityList(
    /// What to show.
    rows: Rows,
) -> impl IntoView {
    let main = Memo::new(move |_| {
        let user = rows.user.read();
        let user = user.as_ref()?;
        Some((user.identities.first()?.clone(), user.profile.clone()))
    });
    let some_linked = Memo::new(move |_| !rows.shown.read().is_empty());
    let row = move |identity: Identity| {
        let picture = identity.profile_data.as_ref().and_then(picture);
        view! { <IdentityRow identity picture rows/> }
    };
    view! {
        <h2 id="main-login">"Main login"</h2>
        <ul class="card list" role="list" aria-labelledby="main-login">
            {dyn_view(move || match main.get() {
                None => ().into_any(),
                Some((identity, profile)) => {
                    let picture = picture(&profile);
                    view! { <MainRow identity profile picture rows/> }.into_any()
                }
            })}
        </ul>
        <div class="list-head">
            <h2 id="linked-logins" tabindex="-1">"Linked logins"</h2>
            <ChooseSeveral rows/>
        </div>
        <ul
            class="card list"
            role="list"
            aria-labelledby="linked-logins"
            hidden=move || !some_linked.get()
        >
            <For each=move || rows.shown.get() key=Identity::key children=row/>
        </ul>
        <p class="card nothing" hidden=some_linked>{text::NONE_LINKED}</p>
        <Chosen rows/>
        <UnlinkDialog rows/>
    }
}

/// The button that begins to choose; there where choosing makes sense.
#[component]
fn ChooseSeveral(rows: Rows) -> impl IntoView {
    let is_shown = Memo::new(move |_| {
        rows.read_only.read().is_none()
            && !rows.running.get()
            && rows.chosen.read().is_none()
            && rows.free().len() > 1
    });
    let begin = move |_| {
        rows.steps.forget(|step| matches!(step, super::Step::Failed(_)));
        rows.chosen.set(Some(Vec::new()));
    };
    dyn_view(move || {
        if is_shown.get() {
            view! { <button type="button" class="button small" on:click=begin>"Select several"</button> }
                .into_any()
        } else {
            ().into_any()
        }
    })
}

/// What is chosen, and what can be done with it; it stays in sight while the list scrolls.
#[component]
fn Chosen(rows: Rows) -> impl IntoView {
    let is_shown = Memo::new(move |_| rows.chosen.read().is_some());
    let count = Memo::new(move |_| rows.chosen.read().as_ref().map_or(0, Vec::len));
    let ask = move |_| {
        if count.get_untracked() > 0 && !rows.running.get_untracked() {
            match rows.read_only.get_untracked() {
                Some(reason) => rows.on_explain.run(reason.sentence().to_owned()),
                None => rows.asked.set(rows.chosen.get_untracked()),
            }
        }
    };
    let all = move |_| rows.chosen.set(Some(untrack(move || every(rows))));
    dyn_view(move || {
        if is_shown.get() {
            view! {
                <div class="chosen card" role="group" aria-label="Chosen logins">
                    <p role="status">{move || text::chosen(count.get())}</p>
                    <button type="button" class="button" on:click=all>"Select all"</button>
                    <button type="button" class="button" on:click=move |_| rows.chosen.set(None)>"Cancel"</button>
                    <button
                        type="button"
                        class="button danger"
                        aria-disabled=move || (count.get() == 0 || rows.read_only.read().is_some()).then_some("true")
                        on:click=ask
                    >
                        {move || text::unlink_chosen(count.get())}
                    </button>
                </div>
            }
            .into_any()
        } else {
            ().into_any()
        }
    })
}

/// As many logins as can go together.
fn every(rows: Rows) -> Vec<model::IdentityKey> {
    rows.chosen.set(Some(Vec::new()));
    for identity in rows.free() {
        // Each one that is chosen may make the next one the last way in.
        if rows.reason(&identity).is_none() {
            rows.chosen.update(|chosen| chosen.iter_mut().for_each(|chosen| chosen.push(identity.key())));
        }
    }
    rows.chosen.get().unwrap_or_default()
}
