//! The section with the buttons that link another login, and the state of the link flow.

use leptos::prelude::*;
use leptos::task::spawn_local;
use model::User;

use super::connections::Connections;
use super::deletion_dialog::DeletionDialog;
use super::flow::{LinkFlow, Place, Stage};
use super::judgement::unconfirmed_address;
use super::other_account::OtherAccount;
use crate::components::focus::{focus_first, has_focus};
use crate::components::{
    FailureNotice, PauseNotice, PopupNotice, changing, dyn_view, unsubscribed_on_cleanup, words,
};
use crate::session::SecondaryAccount;
use crate::text::{self, linking};

/// The section that links another login, below its heading: its connections, and how the flow goes.
#[component]
pub fn LinkSection(
    /// The flow that the buttons start.
    flow: LinkFlow,
    /// The account.
    user: Memo<Option<User>>,
    /// Whether nothing can be started now.
    locked: Signal<bool>,
) -> impl IntoView {
    let session = flow.session();
    let unconfirmed = Memo::new(move |_| {
        let asks = session.tenant().verified_email_to_link;
        user.read().as_ref().filter(|_| asks).and_then(unconfirmed_address).map(ToOwned::to_owned)
    });
    let locked = Signal::derive(move || locked.get() || unconfirmed.read().is_some());
    let lede = dyn_view(move || match unconfirmed.get() {
        Some(address) => {
            let mail_page = session.tenant().verification_mail;
            view! {
                <p>
                    {words(&linking::confirm_first(&address))}
                    {mail_page.map(|page| view! { " "<a href=page rel="external">{text::send_mail_again()}</a> })}
                </p>
            }
            .into_any()
        }
        None => view! { <p class="meta">{linking::link_lede()}</p> }.into_any(),
    });
    let asks_first = session.asks_first();
    let busy = Memo::new(move |_| flow.stage().read().is_busy());
    view! {
        <div class="card linking" aria-busy=move || busy.get().then_some("true")>
            {lede}
            {move || asks_first.get().then(|| view! { <p class="meta">{linking::fresh_first()}</p> })}
            {progress(flow, Place::Section)}
            <Connections flow user locked/>
        </div>
    }
}

/// Renders how the flow goes at `place`, if it was started there. It is empty elsewhere.
pub(in crate::pages::linked_accounts) fn progress(flow: LinkFlow, place: Place) -> AnyView {
    let takes_focus = place != Place::Section;
    let is_here = unsubscribed_on_cleanup(Memo::new(move |_| flow.is_at(&place)));
    let pausing = flow.pausing();
    let is_pausing = unsubscribed_on_cleanup(Memo::new(move |_| pausing.read().is_some()));
    let is_linking =
        unsubscribed_on_cleanup(Memo::new(move |_| matches!(*flow.stage().read(), Stage::Linking)));
    let status = move || if is_linking.get() && is_here.get() { linking::linking_now() } else { "" };
    let view = dyn_view(move || {
        if !is_here.get() {
            ().into_any()
        } else if is_pausing.get() {
            let left = Signal::derive(move || pausing.get().unwrap_or_default());
            view! { <PauseNotice left on_stop=Callback::new(move |()| flow.dismiss())/> }.into_any()
        } else {
            match flow.stage().get() {
                // The tenant may ask for a sign-in while a request is under way.
                Stage::Popup | Stage::Linking => view! { <PopupNotice takes_focus/> }.into_any(),
                stage => outcome(&flow, stage),
            }
        }
    });
    view! {
        <p class="meta linking-progress" aria-live="polite" prop:textContent=changing(status)></p>
        {view}
    }
    .into_any()
}

/// Renders a stage of the flow that needs the person.
fn outcome(flow: &LinkFlow, stage: Stage) -> AnyView {
    let flow = *flow;
    let on_dismiss = Callback::new(move |()| flow.dismiss());
    match stage {
        Stage::Idle | Stage::Popup | Stage::Linking | Stage::ConfirmPrimary(..) => ().into_any(),
        Stage::Stopped(failure, target, secondary) => {
            let on_remedy = Callback::new(move |remedy| flow.remedy(remedy, target.clone()));
            let beside = secondary.map(|secondary| link_anyway(&flow, secondary));
            // The notice of the popup, which may have had the focus, is gone.
            request_animation_frame(|| {
                if !has_focus() {
                    focus_first(&[".linking-progress + .failure .button"]);
                }
            });
            view! { <FailureNotice failure on_remedy on_dismiss beside/> }.into_any()
        }
        Stage::OtherAccount(secondary, _) => {
            let (moved, merged) = (secondary.clone(), secondary.clone());
            let on_move = Callback::new(move |()| flow.take_over(&moved));
            let on_merge = Callback::new(move |()| flow.merge(merged.clone()));
            view! { <OtherAccount secondary on_move on_merge on_cancel=on_dismiss/> }.into_any()
        }
        Stage::Deletion(secondary, differences) => {
            let (linked, kept) = (secondary.clone(), secondary.clone());
            let on_link = Callback::new(move |metadata| {
                let secondary = linked.clone();
                spawn_local(async move { flow.link(secondary, metadata).await });
            });
            let on_keep = Callback::new(move |()| flow.keep_both(kept.clone()));
            view! { <DeletionDialog primary=flow.primary() secondary differences on_link on_keep/> }
                .into_any()
        }
    }
}

fn link_anyway(flow: &LinkFlow, secondary: SecondaryAccount) -> AnyView {
    let flow = *flow;
    view! {
        <button type="button" class="button" on:click=move |_| flow.link_anyway(secondary.clone())>
            {text::link_this_one()}
        </button>
    }
    .into_any()
}
