//! The main login, and below it the linked ones.

use leptos::prelude::*;
use model::{Identity, IdentityKey, User};

use super::{IdentityRow, MainRow, live};
use crate::pages::picture;
use crate::text::{self, Failure, Remedy};

/// How far unlinking has come, for every row to look at.
#[derive(Clone, Copy)]
pub struct Progress {
    /// The login that is being unlinked.
    pub busy: Signal<Option<IdentityKey>>,
    /// The login whose row is folding away.
    pub folding: RwSignal<Option<IdentityKey>>,
    /// The login that could not be unlinked, and why.
    pub failure: RwSignal<Option<(IdentityKey, Failure)>>,
}

/// Both lists. Rows are keyed by identity: when one goes, the others keep their elements.
#[component]
pub fn IdentityList(
    /// The user to show.
    user: Memo<Option<User>>,
    /// How far unlinking has come.
    progress: Progress,
    /// Called to unlink.
    on_unlink: Callback<IdentityKey>,
    /// Called when the person takes the way on after a failure.
    on_remedy: Callback<(IdentityKey, Remedy)>,
) -> impl IntoView {
    let main = Memo::new(move |_| {
        let user = user.read();
        let user = user.as_ref()?;
        Some((user.identities.first()?.clone(), user.profile.clone()))
    });
    let linked =
        move || user.get().map_or_else(Vec::new, |user| user.identities.into_iter().skip(1).collect());
    let some_linked =
        Signal::derive(move || user.read().as_ref().is_some_and(|user| user.identities.len() > 1));
    let none_linked = Signal::derive(move || !some_linked.get());
    let Progress { busy, folding, failure } = progress;
    let on_dismiss = Callback::new(move |()| failure.set(None));
    let row = move |identity: Identity| {
        let key = identity.key();
        let is = move |other: &Option<IdentityKey>, key: &IdentityKey| other.as_ref() == Some(key);
        let (a, b, c) = (key.clone(), key.clone(), key);
        view! {
            <IdentityRow
                picture=identity.profile_data.as_ref().and_then(picture)
                identity
                user
                busy=Signal::derive(move || is(&busy.read(), &a))
                locked=Signal::derive(move || busy.read().is_some())
                folding=Signal::derive(move || is(&folding.read(), &b))
                failure=Signal::derive(move || {
                    failure.get().and_then(|(other, failure)| (other == c).then_some(failure))
                })
                on_unlink
                on_remedy
                on_dismiss
            />
        }
    };
    view! {
        <h2 id="main-login">"Main login"</h2>
        <ul class="card list" role="list" aria-labelledby="main-login">
            {live(move || match main.get() {
                None => ().into_any(),
                Some((identity, profile)) => {
                    let picture = picture(&profile);
                    view! { <MainRow identity profile picture/> }.into_any()
                }
            })}
        </ul>
        <h2 id="linked-logins" tabindex="-1">"Linked logins"</h2>
        <ul class="card list" role="list" aria-labelledby="linked-logins" hidden=none_linked>
            <For each=linked key=Identity::key children=row/>
        </ul>
        <p class="card nothing" hidden=some_linked>{text::NONE_LINKED}</p>
    }
}
