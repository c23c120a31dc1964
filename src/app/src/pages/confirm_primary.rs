//! Linking by redirects: the login is proven, and the account to link it to must be proven once more, for nothing of
//! it was kept.

use leptos::prelude::*;
use leptos::task::spawn_local;
use model::IdentityKey;

use super::linked_accounts::link::{Judgement, OtherAccount, judge, leave_to_finish, movable, read};
use crate::api::{ApiError, Client};
use crate::components::{FailureNotice, Skeleton, dyn_view};
use crate::session::transaction::{AuthorizationRequest, InteractionMode};
use crate::session::{Authentication, LinkTarget, RememberedUser, SecondaryAccount, Session};
use crate::text::linking::{already_here, other_login, prove_first, unverified};
use crate::text::{self, Remedy, request_failure};

/// What is known of the proven login.
#[derive(Clone)]
enum Known {
    Nothing,
    Failed(ApiError),
    Login(Client, Box<SecondaryAccount>),
}

/// The page between both proofs.
#[component]
pub fn Proven(
    /// Who was signed in, and links it.
    first: RememberedUser,
    /// What they wanted to link.
    wanted: LinkTarget,
    /// What they proved.
    proof: Authentication,
) -> impl IntoView {
    let session = expect_context::<Session>();
    let leaving = session.is_leaving();
    let known = RwSignal::new(Known::Nothing);
    spawn_local(async move {
        let read = read(session, proof).await;
        let _ = known.try_set(
            read.map_or_else(Known::Failed, |(client, second)| Known::Login(client, Box::new(second))),
        );
    });
    // Merging is a decision about the very login that is proven.
    let merging = RwSignal::new(false);
    let finish = {
        let (first, wanted) = (first.clone(), wanted.clone());
        move |second: SecondaryAccount| leave_to_finish(session, &first, wanted.clone(), second)
    };
    let back = {
        let first = first.clone();
        move |_| session.return_as(&first)
    };
    let again = {
        let first = first.clone();
        Callback::new(move |wanted: LinkTarget| {
            session.leave(AuthorizationRequest::prove_secondary(
                InteractionMode::Redirect,
                String::new(),
                first.clone(),
                wanted,
            ));
        })
    };
    let body = dyn_view(move || match known.get() {
        Known::Nothing => view! { <Skeleton/> }.into_any(),
        Known::Failed(error) => {
            let wanted = wanted.clone();
            let on_remedy = Callback::new(move |_| again.run(wanted.clone()));
            view! { <h1>{text::NAME}</h1><FailureNotice failure=request_failure(&error) on_remedy/> }
                .into_any()
        }
        Known::Login(client, second) => {
            let second = *second;
            let stopped = match judge(&first.user_id, &wanted, &second) {
                Judgement::Same => Some(already_here(None)),
                Judgement::Unverified => Some(unverified(&second)),
                Judgement::OtherAccount if !merging.get() => {
                    let moved = second.clone();
                    let on_move = Callback::new(move |()| {
                        if let Some((key, wanted)) = movable(&moved) {
                            spawn_local(take_over(client.clone(), key, wanted, again, known));
                        }
                    });
                    let on_merge = Callback::new(move |()| merging.set(true));
                    let first = first.clone();
                    let on_cancel = Callback::new(move |()| session.return_as(&first));
                    return view! {
                        <h1>{text::LINK_ANOTHER}</h1>
                        <OtherAccount second on_move on_merge on_cancel/>
                    }
                    .into_any();
                }
                Judgement::Unexpected | Judgement::OtherAccount | Judgement::Fit => None,
            };
            if let Some(failure) = stopped {
                let wanted = wanted.clone();
                let on_remedy = Callback::new(move |_: Remedy| again.run(wanted.clone()));
                return view! { <h1>{text::LINK_ANOTHER}</h1><FailureNotice failure on_remedy/> }.into_any();
            }
            let note = (judge(&first.user_id, &wanted, &second) == Judgement::Unexpected)
                .then(|| other_login(&second));
            let story = prove_first(&second, first.who.as_deref());
            let finish = finish.clone();
            view! {
                <h1>{text::LINK_ANOTHER}</h1>
                {note.map(|note| view! { <p class="notice">{note}</p> })}
                <p class="lede">{story}</p>
                <button
                    type="button"
                    class="button solid"
                    disabled=leaving
                    on:click=move |_| finish(second.clone())
                >
                    {text::SIGN_IN_TO_FINISH}
                </button>
            }
            .into_any()
        }
    });
    view! {
        {body}
        <p class="way-back">
            <button type="button" class="button" disabled=leaving on:click=back>{text::DO_NOT_LINK}</button>
        </p>
    }
}

async fn take_over(
    client: Client,
    key: IdentityKey,
    wanted: LinkTarget,
    again: Callback<LinkTarget>,
    known: RwSignal<Known>,
) {
    match client.unlink(&key).await {
        Ok(_) => again.run(wanted),
        Err(error) => _ = known.try_set(Known::Failed(error)),
    }
}
