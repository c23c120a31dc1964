//! What stands in for a page that needs a signed-in person.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::components::Redirect;

use super::confirm_primary::ConfirmPrimary;
use super::sign_in::SignIn;
use crate::components::{FailureNotice, Skeleton, set_document_title, words};
use crate::session::{Phase, Session, SignInError};
use crate::text::{self, Remedy};

/// Renders the replacement of a page that needs a signed-in person.
pub(super) fn outside(phase: Phase) -> AnyView {
    match phase {
        Phase::Failed(error) => view! { <SignInFailure error/> }.into_any(),
        Phase::SignedOut => view! { <SignIn/> }.into_any(),
        Phase::Changed(before, now) => view! { <Changed before now/> }.into_any(),
        Phase::ConfirmPrimary(proven) => {
            let (primary, target, authentication) = *proven;
            view! { <ConfirmPrimary primary target authentication /> }.into_any()
        }
        Phase::Waiting | Phase::Present => view! { <Skeleton/> }.into_any(),
    }
}

/// Redirects to `path` and leaves nothing in the history.
pub(super) fn redirect_to(path: String) -> AnyView {
    view! { <Redirect path options=NavigateOptions { replace: true, ..NavigateOptions::default() }/> }
        .into_any()
}

#[component]
fn SignInFailure(error: SignInError) -> impl IntoView {
    let session = expect_context::<Session>();
    let on_remedy = Callback::new(move |remedy| match remedy {
        Remedy::TryAgain => session.retry(),
        Remedy::SignIn => session.sign_in(),
    });
    set_document_title(text::page_heading());
    view! {
        <h1>{text::page_heading()}</h1>
        <FailureNotice failure=text::sign_in_failure(&error) on_remedy/>
    }
}

/// Asks which account to continue with, after a silent sign-in returned another user than before.
#[component]
fn Changed(before: Option<String>, now: Option<String>) -> impl IntoView {
    let session = expect_context::<Session>();
    let leaving = session.is_leaving();
    let text::Change { title, story, go_on, go_back } = text::change(before.as_deref(), now.as_deref());
    set_document_title(title);
    view! {
        <h1>{title}</h1>
        <p class="lede">{words(&story)}</p>
        <div class="acts">
            <button type="button" class="button solid" disabled=leaving on:click=move |_| session.sign_in_again()>
                {words(&go_back)}
            </button>
            <button type="button" class="button" disabled=leaving on:click=move |_| session.accept()>{words(&go_on)}</button>
        </div>
    }
}
