//! The list of linked logins, and what can be done with it.

mod focus;
mod last_list;
mod listed;
mod live;
mod pause;
mod unlink;

use leptos::prelude::*;

use super::outside;
use crate::cache;
use crate::components::{
    Banner, FailureNotice, Hold, IdentityList, PauseNotice, Rows, Skeleton, StatusNotice, Step,
    live as redrawn,
};
use crate::session::{LoginError, LoginTrouble, Phase, Session};
use crate::text::{self, Remedy};
use last_list::last_list;
use listed::{ListedAccount, Loading};
use unlink::Unlinking;

/// The page at `/linked-accounts`.
#[component]
pub fn LinkedAccounts() -> impl IntoView {
    let session = expect_context::<Session>();
    let phase = session.phase();
    let on_try_again = Callback::new(move |()| session.retry());
    redrawn(move || match phase.get() {
        Phase::Present => view! { <Accounts/> }.into_any(),
        Phase::Failed(error) if is_unreachable(&error) => match cache::last() {
            Some(kept) => last_list(kept, on_try_again),
            None => outside(Phase::Failed(error)),
        },
        phase => outside(phase),
    })
}

fn is_unreachable(error: &LoginError) -> bool {
    matches!(error.trouble, LoginTrouble::Offline | LoginTrouble::Timeout)
}

#[component]
fn Accounts() -> impl IntoView {
    let session = expect_context::<Session>();
    let said = RwSignal::new(None::<String>);
    let account = ListedAccount::open(session, said);
    let (user, steps) = (account.user(), account.steps());
    let loading = account.loading();
    let used = Memo::new(|_| None);
    let unlinking = Unlinking::new(session, account, used, said, Callback::new(|_| {}));
    live::keep_true(session, account, unlinking.running());

    let online = session.is_online();
    let chosen = RwSignal::new(None);
    let rows = Rows {
        user,
        shown: account.shown(),
        guard: StoredValue::new(session.tenant().guard),
        used,
        steps,
        running: unlinking.running(),
        hold: Signal::derive(move || (!online.get()).then_some(Hold::Offline)),
        chosen,
        asked: RwSignal::new(None),
        on_unlink: Callback::new(move |keys| {
            chosen.set(None);
            unlinking.start(keys);
        }),
        on_remedy: Callback::new(move |(key, remedy)| match remedy {
            Remedy::TryAgain => unlinking.start(vec![key]),
            Remedy::SignIn => session.sign_in(),
        }),
        on_explain: Callback::new(move |why| said.set(Some(why))),
        on_dismiss: Callback::new(move |key| match steps.peek(&key) {
            Some(Step::Gone) => account.lay(&key),
            _ => _ = steps.set(&key, None),
        }),
    };
    let on_load_remedy = Callback::new(move |remedy| match remedy {
        Remedy::TryAgain => account.load(),
        Remedy::SignIn => session.sign_in(),
    });
    let left = account.pausing();
    let hold = move || {
        redrawn(move || match rows.hold.get() {
            None => ().into_any(),
            Some(hold) => view! { <Banner hold/> }.into_any(),
        })
    };

    view! {
        {redrawn(move || match loading.get() {
            Loading::Waiting => view! { <Skeleton/> }.into_any(),
            Loading::Pausing => view! {
                <h1>{text::NAME}</h1>
                <PauseNotice left/>
            }
            .into_any(),
            Loading::Failed(error) => view! {
                <h1>{text::NAME}</h1>
                <FailureNotice failure=text::request_failure(&error) on_remedy=on_load_remedy/>
            }
            .into_any(),
            Loading::Done => view! {
                <h1>{text::NAME}</h1>
                <p class="lede">{text::LEDE}</p>
                {hold()}
                <IdentityList rows/>
            }
            .into_any(),
        })}
        <StatusNotice message=said/>
    }
}
