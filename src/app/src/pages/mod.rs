//! One file a page; here, what several of them show when nobody is signed in.

pub mod callback;
pub mod confirm_primary;
pub mod linked_accounts;
pub mod not_found;
pub mod sign_in;

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::components::Redirect;
use model::Profile;

use crate::components::{FailureNotice, Skeleton, dyn_view};
use crate::session::{LoginError, Phase, Session};
use crate::text::{self, Remedy};
use crate::{location::own_origin, paths};
pub use callback::Callback;
use confirm_primary::Proven;
pub use linked_accounts::LinkedAccounts;
pub use not_found::NotFound;
pub use sign_in::SignIn;

/// The way in: what this is for somebody who is signed out, the list for somebody who is signed in.
#[component]
pub fn Home() -> impl IntoView {
    let phase = expect_context::<Session>().phase();
    dyn_view(move || match phase.get() {
        Phase::Present => go_on_to(paths::LIST.to_owned()),
        phase => outside(phase),
    })
}

/// What stands in for a page that needs somebody to be signed in.
fn outside(phase: Phase) -> AnyView {
    match phase {
        Phase::Failed(error) => view! { <LoginFailure error/> }.into_any(),
        Phase::SignedOut => view! { <SignIn/> }.into_any(),
        Phase::Changed(before, now) => view! { <Changed before now/> }.into_any(),
        Phase::ConfirmPrimary(proven) => {
            let (first, wanted, proof) = *proven;
            view! { <Proven first wanted proof/> }.into_any()
        }
        Phase::Waiting | Phase::Present => view! { <Skeleton/> }.into_any(),
    }
}

/// Goes to `path` and leaves nothing in the history.
fn go_on_to(path: String) -> AnyView {
    view! { <Redirect path options=NavigateOptions { replace: true, ..NavigateOptions::default() }/> }
        .into_any()
}

#[component]
fn LoginFailure(error: LoginError) -> impl IntoView {
    let session = expect_context::<Session>();
    let on_remedy = leptos::prelude::Callback::new(move |remedy| match remedy {
        Remedy::TryAgain => session.retry(),
        Remedy::SignIn => session.sign_in(),
    });
    view! {
        <h1>{text::NAME}</h1>
        <FailureNotice failure=text::login_failure(&error) on_remedy/>
    }
}

/// The tenant signed in somebody else than before, without being asked to: the person says who it shall be.
#[component]
fn Changed(before: Option<String>, now: Option<String>) -> impl IntoView {
    let session = expect_context::<Session>();
    let leaving = session.is_leaving();
    let text::Change { title, story, go_on, go_back } = text::change(before.as_deref(), now.as_deref());
    view! {
        <h1>{title}</h1>
        <p class="lede">{story}</p>
        <div class="acts">
            <button type="button" class="button solid" disabled=leaving on:click=move |_| session.sign_in_again()>
                {go_back}
            </button>
            <button type="button" class="button" disabled=leaving on:click=move |_| session.accept()>{go_on}</button>
        </div>
    }
}

/// The picture of a profile, when it may be shown: from this origin or the tenant's.
#[must_use]
pub fn picture(profile: &Profile) -> Option<String> {
    let tenant = use_context::<Session>()?.tenant();
    text::picture(profile, &[own_origin(), tenant.origin]).map(ToOwned::to_owned)
}
