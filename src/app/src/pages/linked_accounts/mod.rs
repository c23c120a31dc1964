//! The list of linked logins, and unlinking one.

mod focus;
mod listed;

use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use model::IdentityKey;

use super::outside;
use crate::api::Client;
use crate::api::identities::Outcome;
use crate::components::{FailureNotice, IdentityList, Progress, Skeleton, StatusNotice, live};
use crate::session::{Phase, Session};
use crate::text::{self, Remedy};
use focus::{find_row, focus_again, focus_row, is_focus_in_rows, prefers_reduced_motion};
use listed::{ListedAccount, Loading};

/// How long a row takes to fold away, in milliseconds: `--quick` in `style/tokens.css`.
const FOLD: u32 = 180;

/// The page at `/linked-accounts`.
#[component]
pub fn LinkedAccounts() -> impl IntoView {
    let phase = expect_context::<Session>().phase();
    live(move || match phase.get() {
        Phase::Present => view! { <Accounts/> }.into_any(),
        phase => outside(phase),
    })
}

#[component]
fn Accounts() -> impl IntoView {
    let session = expect_context::<Session>();
    let account = ListedAccount::open(session);
    let user = account.user();
    let loading = account.loading();

    let said = RwSignal::new(None::<String>);
    let folding = RwSignal::new(None::<IdentityKey>);
    let failure = RwSignal::new(None);
    // The page may be gone when an answer comes: after an await, only `try_` is safe.
    let unlink = Action::new_local(move |key: &IdentityKey| {
        let key = key.clone();
        async move {
            let send = |client: Client| {
                let key = key.clone();
                async move { client.unlink(&key).await }
            };
            let outcome = session.call(send).await;
            let label = account.label_of(&key);
            match outcome {
                Ok(Outcome::Unlinked(left)) => {
                    let next = account.neighbour_of(&key);
                    let _ = said.try_set(label.map(|label| label.unlinked()));
                    let _ = folding.try_set(Some(key.clone()));
                    if !prefers_reduced_motion() {
                        TimeoutFuture::new(FOLD).await;
                    }
                    let had_focus = is_focus_in_rows();
                    account.redraw(left);
                    let _ = folding.try_set(None);
                    if had_focus {
                        request_animation_frame(move || focus_row(next.as_ref()));
                    }
                }
                Ok(Outcome::NothingMatched(left)) => {
                    let _ = said.try_set(label.map(|label| label.nothing_matched()));
                    account.redraw(left);
                    focus_again(key);
                }
                Err(error) => {
                    let _ = failure.try_set(Some((key.clone(), text::request_failure(&error))));
                    focus_again(key);
                }
            }
        }
    });
    let busy: Signal<Option<IdentityKey>> = unlink.input().into();
    let start = move |key: IdentityKey| {
        if busy.read_untracked().is_none() {
            failure.set(None);
            said.set(None);
            // Its button is about to be disabled and would lose the focus to nowhere.
            if let Some(row) = find_row(&key) {
                let _ = row.focus();
            }
            unlink.dispatch(key);
        }
    };
    let on_unlink = Callback::new(start);
    let on_remedy = Callback::new(move |(key, remedy)| match remedy {
        Remedy::TryAgain => start(key),
        Remedy::SignIn => session.sign_in(),
    });
    let on_load_remedy = Callback::new(move |remedy| match remedy {
        Remedy::TryAgain => account.load(),
        Remedy::SignIn => session.sign_in(),
    });
    let progress = Progress { busy, folding, failure };

    view! {
        {live(move || match loading.get() {
            Loading::Waiting => view! { <Skeleton/> }.into_any(),
            Loading::Failed(error) => view! {
                <h1>{text::NAME}</h1>
                <FailureNotice failure=text::request_failure(&error) on_remedy=on_load_remedy/>
            }
            .into_any(),
            Loading::Done => view! {
                <h1>{text::NAME}</h1>
                <p class="lede">{text::LEDE}</p>
                <IdentityList user progress on_unlink on_remedy/>
            }
            .into_any(),
        })}
        <StatusNotice message=said/>
    }
}
