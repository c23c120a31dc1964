//! The choice when the login belongs to another account of the person: move it, merge the accounts, or neither.

use leptos::html::H3;
use leptos::prelude::*;
use model::{IdentityKey, Provider, User};

use super::judgement::{movable, ways_left};
use crate::components::{ConfirmDialog, Icon, ProviderMark, breakable, changing, facts, words};
use crate::connection_names::ConnectionNames;
use crate::session::{SecondaryAccount, Session};
use crate::settings::Tenant;
use crate::text::deleting::{lockout, move_and_lock};
use crate::text::linking::{OtherStory, other_story};
use crate::text::{self, Label, label_of, labels};

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
    let Tenant { unlink_policy: policy, connection_names: names, .. } = expect_context::<Session>().tenant();
    let ways_left = moving.as_ref().map_or(0, |key| ways_left(&secondary.user, key, &policy));
    let OtherStory { title, belongs, move_title, moves, merge_title, merges } =
        other_story(&secondary, &names, moving.as_ref(), ways_left);
    let rows = logins(&secondary.user, &names);
    let is_asking = RwSignal::new(false);
    let start_to_move = move |_| if ways_left == 0 { is_asking.set(true) } else { on_move.run(()) };
    let asked = moving.filter(|_| ways_left == 0);
    let dialog = asked.map(|key| lockout_dialog(&secondary.user, &names, &key, is_asking, on_move));
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
            {rows}
            {moves.map(|moves| view! {
                <div class="way">
                    <div><h4>{move_title}</h4><p><Icon name="ui-split"/>{words(&moves)}</p></div>
                    <button type="button" class="button solid" on:click=start_to_move>
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
            {dialog}
        </section>
    }
}

/// Renders the logins of an account.
pub(super) fn logins(user: &User, names: &ConnectionNames) -> AnyView {
    let login = |(provider, label): (Provider, Label)| {
        view! {
            <li>
                <ProviderMark provider/>
                <span class="other-login">
                    <b>{words(&label.short())}</b>
                    {label.who.map(|who| view! { <bdi translate="no">{breakable(&who)}</bdi> })}
                </span>
            </li>
        }
    };
    let providers = user.identities.iter().map(|identity| identity.provider.clone());
    let logins = providers.zip(labels(user, names)).map(login).collect_view();
    view! { <ul class="other-logins" role="list">{logins}</ul> }.into_any()
}

/// Renders the dialog before the login `key` leaves `user`, whose account nothing opens without it.
fn lockout_dialog(
    user: &User,
    names: &ConnectionNames,
    key: &IdentityKey,
    is_asking: RwSignal<bool>,
    on_move: Callback<()>,
) -> Option<AnyView> {
    let (title, told) = lockout(&label_of(user, key, names)?);
    let dialog = view! {
        <ConfirmDialog
            name="lockout"
            open=is_asking.into()
            title=words(&title)
            facts=facts(told)
            keep=changing(text::leave_it)
            confirm=view! { <span>{move_and_lock()}</span> }.into_any()
            on_confirm=on_move
            on_close=Callback::new(move |()| is_asking.set(false))
        />
    };
    Some(dialog.into_any())
}
