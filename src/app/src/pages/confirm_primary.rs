//! The page between both sign-ins of linking by redirects: the login to be linked is proven, and the primary account
//! must be proven once more, because the redirects kept none of its tokens.

use leptos::prelude::*;

use super::linked_accounts::link::flow::{LinkFlow, Stage};
use super::linked_accounts::link::other_account::OtherAccount;
use crate::components::{FailureNotice, Skeleton, dyn_view, set_document_title, words};
use crate::session::{Authentication, LinkTarget, RememberedUser, Session};
use crate::text;
use crate::text::linking::{other_login, prove_first};

/// The page between both sign-ins.
#[component]
pub fn ConfirmPrimary(
    /// Who was signed in, and links a login to their account.
    primary: RememberedUser,
    /// What they wanted to link.
    target: LinkTarget,
    /// The tokens of the login to be linked.
    authentication: Authentication,
) -> impl IntoView {
    let session = expect_context::<Session>();
    let leaving = session.is_leaving();
    set_document_title(text::link_another());
    let flow = LinkFlow::after_redirect(session, primary.clone(), target.clone(), authentication);
    let primary = StoredValue::new(primary);
    let names = session.tenant().connection_names;
    let on_cancel = Callback::new(move |()| primary.with_value(|primary| session.return_as(primary)));
    let stage = flow.stage();
    let body = dyn_view(move || match stage.get() {
        Stage::Idle | Stage::Popup | Stage::Linking | Stage::Deletion(..) => view! { <Skeleton/> }.into_any(),
        Stage::Stopped(failure, ..) => {
            let title = if flow.has_secondary() { text::link_another() } else { text::page_heading() };
            let target = target.clone();
            let on_remedy = Callback::new(move |remedy| flow.remedy(remedy, target.clone()));
            view! { <h1>{title}</h1><FailureNotice failure on_remedy/> }.into_any()
        }
        Stage::OtherAccount(secondary, _) => {
            let (moved, merged) = (secondary.clone(), secondary.clone());
            let on_move = Callback::new(move |()| flow.take_over(&moved));
            let on_merge = Callback::new(move |()| flow.merge(merged.clone()));
            view! {
                <h1>{text::link_another()}</h1>
                <OtherAccount secondary on_move on_merge on_cancel/>
            }
            .into_any()
        }
        Stage::ConfirmPrimary(secondary, unexpected) => {
            let note = unexpected.then(|| other_login(&secondary, &names));
            let story = primary
                .with_value(|primary| prove_first(&secondary, &names, primary.account_name.as_deref()));
            let target = target.clone();
            view! {
                <h1>{text::link_another()}</h1>
                {note.map(|note| view! { <p class="notice">{words(&note)}</p> })}
                <p class="lede">{words(&story)}</p>
                <button
                    type="button"
                    class="button solid"
                    disabled=leaving
                    on:click=move |_| flow.confirm_primary(target.clone(), secondary.clone())
                >
                    {text::sign_in_to_finish()}
                </button>
            }
            .into_any()
        }
    });
    view! {
        {body}
        <p class="way-back">
            <button type="button" class="button" disabled=leaving on:click=move |_| on_cancel.run(())>
                {text::do_not_link()}
            </button>
        </p>
    }
}
