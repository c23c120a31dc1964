//! The dialog before linking deletes the account that the login belonged to.

use leptos::prelude::*;
use model::{Metadata, User};

use super::metadata::{Choice, Difference, choices};
use super::other_account::logins;
use crate::account_name::account_name;
use crate::components::{ConfirmDialog, breakable, changing, facts, words};
use crate::connection_names::ConnectionNames;
use crate::session::{SecondaryAccount, Session};
use crate::text::deleting::{Deletion, deletion, is_deleted, keep_both, stays_here};

/// Shows both accounts side by side, what comes over and what is deleted, and asks which metadata to keep.
#[component]
pub fn DeletionDialog(
    /// The account that stays.
    primary: Option<User>,
    /// The account that is deleted.
    secondary: SecondaryAccount,
    /// Its metadata that this account lacks or has with other values.
    differences: Vec<Difference>,
    /// Called with the metadata to take over.
    on_link: Callback<Metadata>,
    /// Called when the person leaves both accounts as they are.
    on_keep: Callback<()>,
) -> impl IntoView {
    let names = expect_context::<Session>().tenant().connection_names;
    let Deletion { title, facts: told, confirm } = deletion(&secondary.user, &names, !differences.is_empty());
    let choice = Choice::among(differences);
    let sides = view! {
        <div class="sides">
            {primary.map(|primary| side(stays_here(), &primary, &names))}
            {side(is_deleted(), &secondary.user, &names)}
        </div>
        {choices(choice)}
    };
    view! {
        <ConfirmDialog
            name="deletion"
            open=Signal::stored(true)
            title=words(&title)
            facts=facts(told)
            more=Some(sides.into_any())
            keep=changing(keep_both)
            confirm=view! { <span>{confirm}</span> }.into_any()
            on_confirm=Callback::new(move |()| on_link.run(choice.taken()))
            on_close=on_keep
        />
    }
}

/// Renders one of both accounts: whose it is, and what opens it.
fn side(title: &'static str, account: &User, names: &ConnectionNames) -> AnyView {
    let who = account_name(&account.profile).map(ToOwned::to_owned);
    view! {
        <section class="side" aria-label=title>
            <h3>{title}</h3>
            {who.map(|who| view! { <p class="dialog-who"><bdi translate="no">{breakable(&who)}</bdi></p> })}
            {logins(account, names)}
        </section>
    }
    .into_any()
}
