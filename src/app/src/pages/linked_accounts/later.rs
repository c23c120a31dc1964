//! The [parts](super::changes::Parts) of the list's page that come with the later chunk.

use leptos::prelude::*;
use model::{Identity, IdentityKey, UserId};

use super::account::{AccountState, Loading};
use super::auto_refresh::refresh_automatically;
use super::changes::{Changes, PARTS, Parts};
use super::deep_link_prompt::DeepLinkPrompt;
use super::demo::demo_switch;
use super::focus::focus_row;
use super::link::{LinkFlow, LinkSection};
use super::naming::Naming;
use super::undo::Undo;
use super::unlink::Unlinking;
use super::unlinked_lately::UnlinkedLately;
use crate::components::{ListActions, ListState, StatusNotice, Step};
use crate::service_worker;
use crate::session::{Intent, PendingAction, Session};
use crate::text::Remedy;

static LATER: Parts = Parts { begin, prompt, outcome, linking, demo };

/// Enters the parts in their table.
pub fn enter() {
    PARTS.set(Some(&LATER));
}

fn begin(session: Session, account: AccountState, list: ListState) -> Changes {
    let status_message = list.status_message;
    let undo = Undo::new(session, status_message);
    let flow = LinkFlow::new(account, undo);
    let naming = Naming::new(account, status_message);
    let on_done = Callback::new(move |unlinked: Vec<Identity>| {
        let keys: Vec<IdentityKey> = unlinked.iter().map(Identity::key).collect();
        undo.offer(unlinked, account.now().and_then(|user| user.user_metadata).as_ref());
        naming.forget(&keys);
    });
    let current_identity = list.row_context.get_value().current_identity;
    let unlinking = Unlinking::new(session, account, current_identity, status_message, on_done);
    account.keep_for_offline();
    service_worker::register();
    refresh_automatically(session, account, unlinking.running());
    list.actions.set_value(Some(actions(session, account, list, &unlinking, &naming)));
    resume(session, account, &unlinking, flow);
    let (running, is_linking) = (unlinking.running(), flow.is_busy());
    Changes {
        list,
        undo,
        flow,
        running,
        locked: Signal::derive(move || is_linking.get() || running.get() || list.read_only.read().is_some()),
        on_restore: Callback::new(move |identity: Identity| flow.restore(&identity)),
    }
}

/// What the rows call.
fn actions(
    session: Session,
    account: AccountState,
    list: ListState,
    unlinking: &Unlinking,
    naming: &Naming,
) -> ListActions {
    let (unlinking, naming) = (*unlinking, *naming);
    let ListState { steps, name_steps, selected, .. } = list;
    ListActions {
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
    }
}

/// Goes on with what a sign-in by redirect interrupted, once the list stands.
fn resume(session: Session, account: AccountState, unlinking: &Unlinking, flow: LinkFlow) {
    let unlinking = *unlinking;
    let loading = account.loading();
    Effect::new(move |_| {
        if matches!(*loading.read(), Loading::Done(_)) {
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
}

fn prompt(Changes { flow, list, locked, .. }: Changes) -> AnyView {
    view! { <DeepLinkPrompt flow list locked/> }.into_any()
}

fn outcome(Changes { list, undo, flow, locked, on_restore, .. }: Changes) -> AnyView {
    view! {
        <StatusNotice message=list.status_message held=undo.held()>
            {undo.acts(on_restore, locked)}
        </StatusNotice>
        <UnlinkedLately undo on_restore flow locked/>
    }
    .into_any()
}

fn linking(Changes { list, flow, locked, .. }: Changes) -> AnyView {
    view! { <LinkSection flow user=list.user locked/> }.into_any()
}

fn demo(Changes { list, flow, .. }: Changes) -> AnyView {
    demo_switch(flow.session(), list.status_message)
}
