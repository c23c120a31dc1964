//! The page of the list: it connects the account, unlinking, linking and undo.

mod account;
mod auto_refresh;
mod cached_list;
pub mod deep_link_prompt;
mod demo;
mod focus;
pub mod link;
mod naming;
mod pause;
pub mod undo;
mod unlink;
pub mod unlinked_lately;

use leptos::prelude::*;
use model::{Identity, IdentityKey, UserId};

use super::outside::outside;
use crate::cache;
use crate::clock::date;
use crate::components::{
    Banner, FailureNotice, IdentityList, ListActions, ListState, PauseNotice, ReadOnlyReason, Skeleton,
    Status, StatusNotice, Step, Steps, dyn_view, set_document_title,
};
use crate::session::{Intent, PendingAction, Phase, Session, SignInError, SignInErrorKind};
use crate::text::{self, Remedy};
use account::{AccountState, Loading};
use cached_list::cached_list;
use deep_link_prompt::DeepLinkPrompt;
use demo::demo_switch;
use focus::focus_row;
use link::{LinkFlow, LinkSection};
use naming::Naming;
use undo::Undo;
use unlink::Unlinking;
use unlinked_lately::UnlinkedLately;

/// The page at `/linked-accounts`.
#[component]
pub fn LinkedAccounts() -> impl IntoView {
    let session = expect_context::<Session>();
    let phase = session.phase();
    let on_try_again = Callback::new(move |()| session.retry());
    dyn_view(move || match phase.get() {
        Phase::Present => view! { <Accounts/> }.into_any(),
        Phase::Failed(error) if is_unreachable(&error) => match cache::last() {
            Some(kept) => cached_list(kept, on_try_again),
            None => outside(Phase::Failed(error)),
        },
        phase => outside(phase),
    })
}

fn is_unreachable(error: &SignInError) -> bool {
    matches!(error.kind, SignInErrorKind::Offline | SignInErrorKind::Timeout)
}

#[component]
fn Accounts() -> impl IntoView {
    set_document_title(text::page_heading());
    let session = expect_context::<Session>();
    let status_message = RwSignal::new(None::<Status>);
    let account = AccountState::open(session, status_message);
    let (user, steps) = (account.user(), account.steps());
    let loading = account.loading();
    let in_use = session.current_identity();
    let current_identity = Memo::new(move |_| {
        let (current_identity, user) = (in_use.read(), user.read());
        current_identity.as_ref()?.among(&user.as_ref()?.identities)
    });
    let undo = Undo::new(session, status_message);
    let flow = LinkFlow::new(account, undo);
    let (naming, name_steps) = (Naming::new(account, status_message), Steps::none());
    let on_done = Callback::new(move |unlinked: Vec<Identity>| {
        let keys: Vec<IdentityKey> = unlinked.iter().map(Identity::key).collect();
        undo.offer(unlinked, account.now().and_then(|user| user.user_metadata).as_ref());
        naming.forget(&keys);
    });
    let unlinking = Unlinking::new(session, account, current_identity, status_message, on_done);
    auto_refresh::refresh_automatically(session, account, unlinking.running());

    let online = session.is_online();
    let selected = RwSignal::new(None);
    let list = ListState {
        user,
        shown: account.shown(),
        read_at: Signal::derive(move || {
            user.track();
            date()
        }),
        policy: StoredValue::new(session.tenant().unlink_policy),
        names: StoredValue::new(session.tenant().connection_names),
        current_identity,
        steps,
        name_steps,
        may_name: session.may_set_metadata(),
        running: unlinking.running(),
        read_only: Signal::derive(move || (!online.get()).then_some(ReadOnlyReason::Offline)),
        selected,
        confirming: RwSignal::new(None),
        status_message,
    };
    let actions = ListActions {
        on_name: Callback::new(move |(key, name)| naming.name(key, name, name_steps)),
        on_unlink: Callback::new(move |keys: Vec<IdentityKey>| {
            if selected.get_untracked().is_some() {
                // The button that was pressed goes with the bar.
                let first = keys.first().cloned();
                request_animation_frame(move || focus_row(first.as_ref()));
            }
            selected.set(None);
            unlinking.start(keys);
        }),
        on_remedy: Callback::new(move |(key, remedy)| match remedy {
            Remedy::TryAgain | Remedy::SignIn if let Some(reason) = list.read_only.get_untracked() => {
                list.announce(reason.sentence().to_owned());
            }
            Remedy::TryAgain => unlinking.start(vec![key]),
            Remedy::SignIn => session.sign_in(),
        }),
        on_dismiss: Callback::new(move |key| {
            let next = if steps.peek(&key) == Some(Step::Gone) {
                let next = account.neighbour_of(&key);
                account.dismiss_removed(&key);
                next
            } else {
                steps.set(&key, None);
                Some(key)
            };
            request_animation_frame(move || focus_row(next.as_ref()));
        }),
    };
    let on_restore = Callback::new(move |identity: Identity| flow.restore(&identity));
    let on_load_remedy = Callback::new(move |remedy| match remedy {
        Remedy::TryAgain => account.load(),
        Remedy::SignIn => session.sign_in(),
    });
    Effect::new(move |_| {
        if *loading.read() == Loading::Done {
            match session.take_pending_action() {
                Some(PendingAction::Intent(Intent::Unlink(identities))) => {
                    unlinking.start(identities.iter().filter_map(UserId::as_identity_key).collect());
                }
                Some(PendingAction::Intent(Intent::Link(target))) => flow.start(target),
                Some(PendingAction::Link(target, secondary)) => flow.resume(target, *secondary),
                None => {}
            }
        }
    });
    let locked =
        Signal::derive(move || flow.is_busy().get() || list.running.get() || list.read_only.read().is_some());
    let left = account.pausing();
    let banner = move || {
        dyn_view(move || match list.read_only.get() {
            None => ().into_any(),
            Some(reason) => view! { <Banner reason/> }.into_any(),
        })
    };

    view! {
        {dyn_view(move || match loading.get() {
            Loading::Waiting => view! { <Skeleton/> }.into_any(),
            Loading::Pausing => view! {
                <h1>{text::page_heading()}</h1>
                <PauseNotice left/>
            }
            .into_any(),
            Loading::Failed(error) => view! {
                <h1>{text::page_heading()}</h1>
                <FailureNotice failure=text::request_failure(&error) on_remedy=on_load_remedy/>
            }
            .into_any(),
            Loading::Done => view! {
                <h1>{text::page_heading()}</h1>
                <p class="lede">{text::lede()}</p>
                {banner()}
                <DeepLinkPrompt flow list locked/>
                <IdentityList list actions=Some(actions)/>
                <StatusNotice message=status_message held=undo.held()>
                    {undo.acts(on_restore, locked)}
                </StatusNotice>
                <UnlinkedLately undo on_restore flow locked/>
                <LinkSection flow user locked/>
                {demo_switch(session, status_message)}
            }
            .into_any(),
        })}
    }
}
