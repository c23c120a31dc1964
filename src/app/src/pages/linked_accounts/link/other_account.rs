//! The choice when the login belongs to another account of the person: move it, merge the accounts, or neither.

use leptos::html::H3;
use leptos::prelude::*;

use super::judgement::movable;
use crate::components::{Icon, ProviderMark, words};
use crate::session::SecondaryAccount;
use crate::text::linking::{OtherStory, other_story};
use crate::text::{self, labels};

/// Shows the identities of the other account, and what each choice means.
#[component]
pub fn OtherAccount(
    /// The login and its account.
    secondary: SecondaryAccount,
    /// Called to move the login alone.
    on_move: Callback<()>,
    /// Called to merge the other account.
    on_merge: Callback<()>,
    /// Called when the person cancels.
    on_cancel: Callback<()>,
) -> impl IntoView {
    let moving = movable(&secondary).map(|(key, _)| key);
    let OtherStory { title, belongs, move_title, moves, merge_title, merges } =
        other_story(&secondary, moving.as_ref());
    let providers: Vec<_> =
        secondary.user.identities.iter().map(|identity| identity.provider.clone()).collect();
    let rows = providers
        .into_iter()
        .zip(labels(&secondary.user))
        .map(|(provider, label)| {
            view! {
                <li>
                    <ProviderMark provider/>
                    <span class="other-login">
                        <b translate=label.is_brand.then_some("no")>{label.name}</b>
                        {label.who.map(|who| view! { <bdi translate="no">{who}</bdi> })}
                    </span>
                </li>
            }
        })
        .collect_view();
    // It comes without being asked for: the focus says so and brings it into view.
    let heading = NodeRef::<H3>::new();
    Effect::new(move |_| {
        if let Some(heading) = heading.get() {
            let _ = heading.focus();
        }
    });
    view! {
        <section class="card other" aria-labelledby="other-title">
            <h3 id="other-title" tabindex="-1" node_ref=heading>{title}</h3>
            <p>{words(&belongs)}</p>
            <ul class="other-logins" role="list">{rows}</ul>
            {moves.map(|moves| view! {
                <div class="way">
                    <div><h4>{move_title}</h4><p><Icon name="ui-split"/>{words(&moves)}</p></div>
                    <button type="button" class="button solid" on:click=move |_| on_move.run(())>
                        {text::move_it()}
                    </button>
                </div>
            })}
            <div class="way">
                <div><h4>{merge_title}</h4><p><Icon name="ui-alert"/>{words(&merges)}</p></div>
                <button type="button" class="button danger" on:click=move |_| on_merge.run(())>
                    {text::merge_it()}
                </button>
            </div>
            <button type="button" class="button" on:click=move |_| on_cancel.run(())>{text::leave_it()}</button>
        </section>
    }
}
