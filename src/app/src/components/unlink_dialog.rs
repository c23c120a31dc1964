//! The dialog that says what unlinking will do before it is done.

use leptos::prelude::*;
use model::IdentityKey;

use super::changing::changing;
use super::confirm_dialog::{ConfirmDialog, facts};
use super::dyn_view::dyn_view;
use super::rows::ListState;
use super::words::words;
use crate::session::Session;
use crate::text::{self, PresentSignIn, Question, label_of};

/// Asks for confirmation to unlink `list.confirming`. Closes when none of these identities is left, and when one of them cannot be
/// unlinked any more: the list may have changed since the person pressed the button.
#[component]
pub fn UnlinkDialog(
    /// The list whose identities the dialog asks about.
    list: ListState,
) -> impl IntoView {
    let ListState { confirming, user, policy, names, row_context, .. } = list;
    let current_identity = row_context.get_value().current_identity;
    let session = use_context::<Session>();
    let is_old = session.map_or_else(|| Signal::stored(false), Session::asks_first);
    let question = Memo::new(move |_| {
        let (asked, user) = (confirming.read(), user.read());
        let asked = asked.as_ref()?;
        let user = user.as_ref()?;
        if asked.iter().any(|key| list.blocked(key).is_some()) {
            return None;
        }
        let there = |identity: &model::Identity| asked.contains(&identity.key());
        user.identities.iter().any(there).then(|| {
            let came_in = current_identity.read();
            let session = session_of(session, &user.identities);
            let sign_in =
                PresentSignIn { came_in: came_in.as_ref(), session: session.as_ref(), is_old: is_old.get() };
            policy.with_value(|policy| {
                names.with_value(|names| text::question(user, policy, names, asked, sign_in))
            })
        })
    });
    let is_asked = Memo::new(move |_| question.read().is_some());
    let open = Signal::derive(move || {
        // Asking the same again counts: Escape may have closed the dialog meanwhile.
        confirming.track();
        is_asked.get()
    });
    Effect::new(move |_| {
        let asked = confirming.get().unwrap_or_default();
        let blocked = asked.iter().find_map(|key| Some((key, list.blocked(key)?)));
        if let Some((key, reason)) = blocked {
            let label = user.with_untracked(|user| {
                names.with_value(|names| user.as_ref().and_then(|user| label_of(user, key, names)))
            });
            confirming.set(None);
            if let Some(label) = label {
                list.announce(label.stays(reason));
            }
        }
    });
    let on_close = Callback::new(move |()| confirming.set(None));
    let on_confirm = Callback::new(move |()| {
        let keys = confirming.get_untracked().unwrap_or_default();
        confirming.set(None);
        if let Some(actions) = list.actions.get_value()
            && !keys.is_empty()
        {
            actions.on_unlink.run(keys);
        }
    });
    let part = move |render: fn(Question) -> AnyView| {
        dyn_view(move || question.get().map_or_else(|| ().into_any(), render))
    };
    let title = part(|question| words(&question.title));
    let confirm = part(|question| words(&question.confirm));
    let keep = changing(move || question.get().map_or("", |question| question.keep));
    let facts = part(|question| {
        view! {
            {question.who.into_iter().map(|who| view! { <p class="dialog-who">{words(&who)}</p> }).collect_view()}
            {facts(question.facts)}
        }
        .into_any()
    });
    view! { <ConfirmDialog name="unlink" open title facts keep confirm on_confirm on_close/> }
}

/// Returns the login that the tenant's session is through since it was linked, where that is another than the person came in
/// with.
fn session_of(session: Option<Session>, identities: &[model::Identity]) -> Option<IdentityKey> {
    session?.identity_of_session()?.among(identities)
}
