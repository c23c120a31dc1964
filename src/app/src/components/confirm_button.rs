//! A button that asks before it does anything.

use leptos::html::{Button, Dialog};
use leptos::prelude::*;

use crate::text::Label;

/// The Unlink button of a row, with the dialog that says what will happen.
#[component]
pub fn ConfirmButton(
    /// The login in question.
    label: Label,
    /// An id that no other element of the page has.
    id: String,
    /// Whether the deed is being done.
    #[prop(into)]
    busy: Signal<bool>,
    /// Whether the button is out of use.
    #[prop(into)]
    locked: Signal<bool>,
    /// Called once the person has confirmed.
    on_confirm: Callback<()>,
    /// What will happen, in words.
    children: Children,
) -> impl IntoView {
    let dialog = NodeRef::<Dialog>::new();
    let keep = NodeRef::<Button>::new();
    let ask = move |_| {
        if let Some(dialog) = dialog.get_untracked()
            && !dialog.open()
            && dialog.show_modal().is_ok()
            && let Some(keep) = keep.get_untracked()
        {
            // The safe button; a browser that refuses leaves it on the dialog, where Escape works too.
            let _ = keep.focus();
        }
    };
    let close = move || {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    let confirm = move |_| {
        close();
        on_confirm.run(());
    };
    // A click beside the box lands on the dialog itself, one inside it on something in it.
    let click_beside = move |event: web_sys::MouseEvent| {
        if event.target() == event.current_target() {
            close();
        }
    };
    let title = id.clone();
    view! {
        <button
            type="button"
            class="button danger"
            aria-label=label.unlink()
            disabled=locked
            on:click=ask
        >
            {move || if busy.get() { "Unlinking…" } else { "Unlink" }}
        </button>
        <dialog node_ref=dialog aria-labelledby=title on:click=click_beside>
            <div class="dialog-body">
                <h2 id=id>{label.question()}</h2>
                <p class="dialog-who"><bdi>{label.who.clone()}</bdi></p>
                {children()}
            </div>
            <div class="dialog-acts">
                <button type="button" class="button" node_ref=keep on:click=move |_| close()>"Keep it"</button>
                <button type="button" class="button danger solid" on:click=confirm>{label.confirm()}</button>
            </div>
        </dialog>
    }
}
