//! What stands in for a page that needs a signed-in person, when signing in failed or has to be decided about.

use leptos::prelude::*;

use super::confirm_primary::ConfirmPrimary;
use crate::components::{FailureNotice, set_document_title, words};
use crate::session::{Phase, Session, SignInError};
use crate::text::{self, Remedy};

/// Renders the replacement of a page that needs a signed-in person, where that is neither waiting nor signing in.
pub(super) fn outside(phase: Phase) -> AnyView {
    match phase {
        Phase::Failed(error) => view! { <SignInFailure error/> }.into_any(),
        Phase::Changed(before, now) => view! { <Changed before now/> }.into_any(),
        Phase::ConfirmPrimary(proven) => {
            let (primary, target, authentication) = *proven;
            view! { <ConfirmPrimary primary target authentication /> }.into_any()
        }
        Phase::SignedOut | Phase::Waiting | Phase::Present => ().into_any(),
    }
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
