//! What stands in a row while its login is being unlinked, and when that failed.

use leptos::prelude::*;
use model::IdentityKey;

use super::dyn_view::dyn_view;
use super::notice::FailureNotice;
use super::pause_notice::PauseNotice;
use super::popup_notice::PopupNotice;
use super::rows::{ListState, Step};

/// Renders the failure, the notice of a popup, or the countdown of a pause.
pub fn row_progress(key: StoredValue<IdentityKey>, step: Memo<Option<Step>>, list: ListState) -> AnyView {
    let failure = Memo::new(move |_| match step.get() {
        Some(Step::Failed(failure)) => Some(failure),
        _ => None,
    });
    let left = Memo::new(move |_| match *step.read() {
        Some(Step::Pausing(left)) => Some(left),
        _ => None,
    });
    // The tenant may ask for a sign-in while a request is under way.
    let is_signing_in = Memo::new(move |_| matches!(*step.read(), Some(Step::SigningIn | Step::Busy)));
    let is_pausing = Memo::new(move |_| left.read().is_some());
    let dismiss = Callback::new(move |()| {
        if let Some(actions) = list.actions.get_value() {
            actions.on_dismiss.run(key.get_value());
        }
    });
    let remedy = Callback::new(move |remedy| {
        if let Some(actions) = list.actions.get_value() {
            actions.on_remedy.run((key.get_value(), remedy));
        }
    });
    view! {
        {dyn_view(move || match failure.get() {
            None => ().into_any(),
            Some(failure) => view! {
                <div class="row-failure">
                    <FailureNotice failure on_remedy=remedy on_dismiss=dismiss/>
                </div>
            }
            .into_any(),
        })}
        {dyn_view(move || if is_signing_in.get() {
            view! { <div class="row-failure"><PopupNotice/></div> }.into_any()
        } else {
            ().into_any()
        })}
        {dyn_view(move || if is_pausing.get() {
            let left = Signal::derive(move || left.get().unwrap_or_default());
            view! { <div class="row-failure"><PauseNotice left on_stop=dismiss/></div> }.into_any()
        } else {
            ().into_any()
        })}
    }
    .into_any()
}
