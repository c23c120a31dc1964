//! The page of the list: it shows the account, and connects it with what changes it once the later chunk is here.

mod account;
mod auto_refresh;
pub(super) mod cached_list;
pub mod changes;
pub mod deep_link_prompt;
mod demo;
mod focus;
pub mod later;
pub mod link;
mod naming;
mod pause;
pub mod undo;
mod unlink;
pub mod unlinked_lately;

use leptos::prelude::*;

use super::rare::{RARE, rare};
use super::waiting::in_place_of_page;
use crate::chunk;
use crate::clock::date;
use crate::components::{
    Banner, IdentityList, ListState, ReadOnlyReason, RowContext, Skeleton, Status, Steps, dyn_view,
    on_its_way, set_document_title,
};
use crate::session::{Phase, Session, SignInError, SignInErrorKind};
use crate::text::{self, Remedy};
use account::{AccountState, Loading};
use changes::{Changes, PARTS, Parts};

/// The page at `/linked-accounts`.
#[component]
pub fn LinkedAccounts() -> impl IntoView {
    let session = expect_context::<Session>();
    let phase = session.phase();
    let on_try_again = Callback::new(move |()| session.retry());
    dyn_view(move || match phase.get() {
        Phase::Present => view! { <Accounts/> }.into_any(),
        Phase::Failed(error) if is_unreachable(&error) => {
            rare(move |rare| (rare.unreachable)(error.clone(), on_try_again))
        }
        phase => in_place_of_page(phase),
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
    let user = account.user();
    let loading = account.loading();
    let is_reading = account.is_reading();
    let in_use = session.current_identity();
    let current_identity = Memo::new(move |_| {
        let (current_identity, user) = (in_use.read(), user.read());
        current_identity.as_ref()?.among(&user.as_ref()?.identities)
    });
    let online = session.is_online();
    let changes = RwSignal::new(None::<Changes>);
    let policy = StoredValue::new(session.tenant().unlink_policy);
    let (selected, confirming) = (RwSignal::new(None), RwSignal::new(None));
    let list = ListState {
        user,
        shown: account.shown(),
        read_at: Signal::derive(move || {
            user.track();
            date()
        }),
        policy,
        row_context: RowContext::new(user, policy, selected, confirming, current_identity, is_reading.into()),
        names: StoredValue::new(session.tenant().connection_names),
        steps: account.steps(),
        name_steps: Steps::none(),
        may_name: session.may_set_metadata(),
        running: Signal::derive(move || changes.read().is_some_and(|changes| changes.running.get())),
        read_only: Signal::derive(move || (!online.get()).then_some(ReadOnlyReason::Offline)),
        selected,
        confirming,
        status_message,
        actions: StoredValue::new(None),
        can_link: true,
    };
    Effect::new(move |_| {
        if let Some(parts) = chunk::table(&PARTS)
            && !is_reading.get()
            && changes.with_untracked(Option::is_none)
        {
            changes.set(Some((parts.begin)(session, account, list)));
        }
    });
    Effect::new(move |_| {
        if matches!(*loading.read(), Loading::Done(_)) && !is_reading.get() {
            chunk::fetch_when_idle();
        }
    });
    let on_load_remedy = Callback::new(move |remedy| match remedy {
        Remedy::TryAgain => account.load(),
        Remedy::SignIn => session.sign_in(),
    });
    let (left, is_pausing) = (account.pausing(), account.is_pausing());
    let banner = move || {
        dyn_view(move || match list.read_only.get() {
            None => ().into_any(),
            Some(reason) => view! { <Banner reason/> }.into_any(),
        })
    };
    let part = move |render: fn(&Parts) -> fn(Changes) -> AnyView, instead: fn() -> AnyView| {
        dyn_view(move || match (chunk::table(&PARTS), changes.get()) {
            (Some(parts), Some(changes)) => render(parts)(changes),
            _ => instead(),
        })
    };
    let nothing = || ().into_any();
    // Above the last list.
    let pause = move || {
        dyn_view(move || {
            if is_reading.get() && is_pausing.get() {
                chunk::fetch();
                dyn_view(move || chunk::table(&RARE).map_or_else(nothing, |rare| (rare.pause_notice)(left)))
            } else {
                nothing()
            }
        })
    };

    view! {
        {dyn_view(move || match loading.get() {
            Loading::Waiting => view! { <Skeleton/> }.into_any(),
            Loading::Pausing => rare(move |rare| (rare.pause)(left)),
            Loading::Failed(error) => rare(move |rare| (rare.account_failure)(&error, on_load_remedy)),
            Loading::Done(_) => view! {
                <h1>{text::page_heading()}</h1>
                <p class="lede">{text::lede()}</p>
                {pause()}
                {banner()}
                {part(|parts| parts.prompt, nothing)}
                <IdentityList list/>
                {part(|parts| parts.outcome, nothing)}
                <h2 id="link-another" tabindex="-1">{text::link_another()}</h2>
                {part(|parts| parts.linking, || view! { <div class="card linking">{on_its_way(None)}</div> }.into_any())}
                {part(|parts| parts.demo, nothing)}
            }
            .into_any(),
        })}
    }
}
