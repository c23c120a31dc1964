//! The dialog that asks before something is done.

use leptos::html::{Button, Dialog, H2};
use leptos::prelude::*;
use web_sys::HtmlElement;

use super::icon::Icon;
use super::words::{parts, words};
use crate::text::Fact;

/// A modal dialog with a title, consequences that describe it, a button that changes nothing and has the focus, and a
/// button that goes on. Escape and a click beside it are the first one.
///
/// Where the screen is too low to show the first button at once, the title has the focus instead: the consequences are
/// read before the buttons.
#[component]
pub fn ConfirmDialog(
    /// Names the parts of the dialog: no two dialogs of a page have the same.
    name: &'static str,
    /// Whether the dialog is open. Each change to `true` opens it, also where it was `true` before.
    open: Signal<bool>,
    /// The title.
    title: AnyView,
    /// The consequences, which describe the dialog.
    facts: AnyView,
    /// What else there is to see or to choose.
    #[prop(optional_no_strip)]
    more: Option<AnyView>,
    /// The words of the button that changes nothing.
    keep: Signal<String>,
    /// The words of the button that goes on.
    confirm: AnyView,
    /// Called when the person goes on.
    on_confirm: Callback<()>,
    /// Called when the dialog is left without going on.
    on_close: Callback<()>,
) -> impl IntoView {
    let (title_id, facts_id) = (format!("{name}-title"), format!("{name}-facts"));
    let (labelled_by, described_by) = (title_id.clone(), facts_id.clone());
    let is_wide = more.is_some();
    let (dialog, keep_button) = (NodeRef::<Dialog>::new(), NodeRef::<Button>::new());
    let heading = NodeRef::<H2>::new();
    Effect::new(move |_| {
        let is_open = open.get();
        let Some(dialog) = dialog.get() else { return };
        if !is_open {
            dialog.close();
        } else if !dialog.open() && dialog.show_modal().is_ok() {
            // A browser that refuses leaves the focus on the dialog, where Escape works too.
            if let (Some(keep), Some(heading)) = (keep_button.get_untracked(), heading.get_untracked()) {
                focus_safely(&dialog, &keep, &heading);
            }
        }
    });
    // Escape closes the dialog at once, and its event comes later: by then it may be open again.
    let closed = move |_| {
        if dialog.get_untracked().is_some_and(|dialog| !dialog.open()) {
            on_close.run(());
        }
    };
    // A click beside the box lands on the dialog itself, one inside it on something in it.
    let click_beside = move |event: web_sys::MouseEvent| {
        if event.target() == event.current_target() {
            on_close.run(());
        }
    };
    view! {
        <dialog
            class:wide=is_wide
            node_ref=dialog
            aria-labelledby=labelled_by
            aria-describedby=described_by
            on:click=click_beside
            on:close=closed
        >
            <div class="dialog-body">
                <h2 id=title_id tabindex="-1" node_ref=heading>{title}</h2>
                <div id=facts_id>{facts}</div>
                {more}
            </div>
            <div class="dialog-acts">
                <button
                    type="button"
                    class="button"
                    node_ref=keep_button
                    on:click=move |_| on_close.run(())
                    prop:textContent=keep
                ></button>
                <button type="button" class="button danger solid" on:click=move |_| on_confirm.run(())>
                    {confirm}
                </button>
            </div>
        </dialog>
    }
}

/// Moves the focus to `keep`, or to `heading` where `keep` is below what the dialog shows of itself at first.
fn focus_safely(dialog: &HtmlElement, keep: &HtmlElement, heading: &HtmlElement) {
    let _ = keep.focus();
    dialog.set_scroll_top(0);
    let bottom = |element: &HtmlElement| element.get_bounding_client_rect().bottom();
    if bottom(keep) > bottom(dialog) {
        let _ = heading.focus();
    }
}

/// Renders consequences as a list.
pub fn facts(facts: Vec<Fact>) -> AnyView {
    let fact = |Fact { icon, sentence, logins }: Fact| {
        let logins = (!logins.is_empty()).then(|| {
            let login = |login: String| view! { <li>{words(&login)}</li> };
            view! { <ul class="fact-logins">{logins.into_iter().map(login).collect_view()}</ul> }
        });
        view! { <li><Icon name=icon/><div>{parts(sentence)}{logins}</div></li> }
    };
    view! { <ul class="facts" role="list">{facts.into_iter().map(fact).collect_view()}</ul> }.into_any()
}
