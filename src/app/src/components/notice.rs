//! Notices: a failure with its remedy, and the status notice.

use leptos::ev::FocusEvent;
use leptos::html::Div;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{HtmlElement, Node, ScrollIntoViewOptions, ScrollLogicalPosition};

use super::dyn_view::dyn_view;
use super::focus::{focus_first, on_escape};
use super::icon::Icon;
use super::words::words;
use crate::clock::within;
use crate::text::{self, Failure, Remedy};

/// Shows a failure in plain words with its remedy; the details are one click away.
#[component]
pub fn FailureNotice(
    /// The failure.
    failure: Failure,
    /// Called when the person follows the remedy.
    on_remedy: Callback<Remedy>,
    /// Called when the person dismisses the notice; without it the notice stays.
    #[prop(optional)]
    on_dismiss: Option<Callback<()>>,
    /// Another button beside the remedy.
    #[prop(optional_no_strip)]
    beside: Option<AnyView>,
) -> impl IntoView {
    let remedy = failure.remedy;
    let way_on = match remedy {
        Remedy::TryAgain => text::try_again(),
        Remedy::SignIn => text::sign_in_again(),
    };
    let dismiss = on_dismiss.map(|on_dismiss| {
        view! { <button type="button" class="button" on:click=move |_| on_dismiss.run(())>{text::dismiss()}</button> }
    });
    view! {
        <div class="notice danger failure" role="alert">
            <Icon name="ui-alert"/>
            <div class="failure-body">
                <p class="failure-title">{failure.title}</p>
                <p>{words(&failure.advice)}</p>
                <div class="failure-acts">
                    <button type="button" class="button" on:click=move |_| on_remedy.run(remedy)>{way_on}</button>
                    {beside}
                    {dismiss}
                </div>
                {failure.details.map(|details| view! { <TechnicalDetails details/> })}
            </div>
        </div>
    }
}

#[component]
fn TechnicalDetails(details: String) -> impl IntoView {
    let label = RwSignal::new(text::copy_details().to_owned());
    let copied = details.clone();
    let copy = move |_| {
        let copied = copied.clone();
        spawn_local(async move {
            let result = if copy_text(&copied).await { text::copied() } else { text::not_copied() };
            let _ = label.try_set(result.to_owned());
        });
    };
    view! {
        <details>
            <summary>{text::technical_details()}</summary>
            <pre tabindex="0">{details}</pre>
            <button type="button" class="button" on:click=copy prop:textContent=label></button>
        </details>
    }
}

/// How long copying may take, in milliseconds. A browser may ask the person for a permission.
const COPY_TIMEOUT_MS: u32 = 10_000;

/// Copies `text` to the clipboard and returns whether that worked; browsers have one on secure origins only.
pub(super) async fn copy_text(text: &str) -> bool {
    let clipboard = window().navigator().clipboard();
    !clipboard.is_undefined()
        && within(COPY_TIMEOUT_MS, JsFuture::from(clipboard.write_text(text)))
            .await
            .is_some_and(|copied| copied.is_ok())
}

/// What the status notice says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// A sentence to read and to hear.
    Shown(String),
    /// A sentence to hear only, because the row or the banner shows it already.
    Announced(String),
}

/// A polite live region that stays below the list, so that its content is announced. It takes room of its own: nothing
/// that can be clicked is ever under it. When it is dismissed, by its button or by Escape, the focus
/// returns to where it came from.
#[component]
pub fn StatusNotice(
    /// The sentence to show, if any.
    message: RwSignal<Option<Status>>,
    /// Set to whether the pointer and the focus are in the notice.
    held: RwSignal<(bool, bool)>,
    /// The content beside the sentence.
    children: Children,
) -> impl IntoView {
    let came_from = StoredValue::new_local(None::<HtmlElement>);
    let on_focus = move |event: FocusEvent| {
        held.update(|held| held.1 = true);
        let inside = |from: &HtmlElement| {
            let notice = event.current_target().and_then(|notice| notice.dyn_into::<Node>().ok());
            notice.is_some_and(|notice| notice.contains(Some(from)))
        };
        let from = event.related_target().and_then(|from| from.dyn_into::<HtmlElement>().ok());
        if !from.as_ref().is_some_and(inside) {
            came_from.set_value(from);
        }
    };
    let is_shown = Memo::new(move |_| matches!(*message.read(), Some(Status::Shown(_))));
    let dismiss = move || {
        message.set(None);
        let had_focus = held.get_untracked().1;
        // Not every browser says that the focus left with the button.
        held.set((false, false));
        let from = came_from.try_update_value(Option::take).flatten();
        if had_focus {
            match from.filter(|from| from.is_connected()) {
                Some(from) => _ = from.focus(),
                None => focus_first(&["#linked-logins"]),
            }
        }
    };
    on_escape(move || {
        if is_shown.get_untracked() {
            dismiss();
        }
    });
    let notice = NodeRef::<Div>::new();
    Effect::new(move |_| {
        if matches!(*message.read(), Some(Status::Shown(_)))
            && let Some(notice) = notice.get()
        {
            let options = ScrollIntoViewOptions::new();
            options.set_block(ScrollLogicalPosition::Nearest);
            // After the focus has moved, which may scroll too.
            request_animation_frame(move || {
                notice.scroll_into_view_with_scroll_into_view_options(&options);
            });
        }
    });
    view! {
        <div
            class="toast"
            node_ref=notice
            class:shown=is_shown
            on:mouseenter=move |_| held.update(|held| held.0 = true)
            on:mouseleave=move |_| held.update(|held| held.0 = false)
            on:focusin=on_focus
            on:focusout=move |_| held.update(|held| held.1 = false)
        >
            <p role="status" class:visually-hidden=move || !is_shown.get()>
                {dyn_view(move || match &*message.read() {
                    None => ().into_any(),
                    Some(Status::Shown(sentence) | Status::Announced(sentence)) => words(sentence),
                })}
            </p>
            {children()}
            {dyn_view(move || if is_shown.get() {
                view! { <button type="button" class="button" on:click=move |_| dismiss()>{text::dismiss()}</button> }.into_any()
            } else {
                ().into_any()
            })}
        </div>
    }
}
