//! Notices: a failure with its remedy, and the status notice.

use leptos::ev::FocusEvent;
use leptos::html::Div;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Element, HtmlDivElement, HtmlElement, Node, ScrollIntoViewOptions, ScrollLogicalPosition};

use super::dyn_view::dyn_view;
use super::focus::{focus_first, on_escape};
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
    let notice = NodeRef::<Div>::new();
    Effect::new(move |_| {
        if let Some(notice) = notice.get() {
            scroll_into_view(notice);
        }
    });
    view! {
        <div class="notice danger failure" role="alert" node_ref=notice>
            // Not from the sprite: without a connection, nothing can be fetched.
            <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
                <path d="M12 3a9 9 0 1 0 .01 0M12 7.5v5.5M12 16.5h.01"/>
            </svg>
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

/// Scrolls as far as it takes to see `notice`, after the focus has moved, which may scroll too.
fn scroll_into_view(notice: HtmlDivElement) {
    request_animation_frame(move || {
        let options = ScrollIntoViewOptions::new();
        options.set_block(ScrollLogicalPosition::Nearest);
        notice.scroll_into_view_with_scroll_into_view_options(&options);
    });
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

/// The id of the status notice, which takes the focus where its first button is the next thing to do.
pub const STATUS_ID: &str = "just-now";

/// A polite live region that stays below the list, so that its content is announced. It takes room of its own: nothing
/// that can be clicked is ever under it. When it goes, by its button, by Escape or in time, the focus that is in it
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
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        // The focus that came with a click does not hold the notice; one that is seen, or in a button, does.
        let is_held = target.is_some_and(|target| {
            target.id() != STATUS_ID || target.matches(":focus-visible").unwrap_or_default()
        });
        held.update(|held| held.1 = is_held);
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
    let notice = NodeRef::<Div>::new();
    let has_focus = move || {
        let focused = document().active_element();
        notice.get_untracked().is_some_and(|notice| notice.contains(focused.as_deref()))
    };
    let leave = move || {
        let is_here = has_focus();
        // Not every browser says that the focus left with the button.
        held.set((false, false));
        let from = came_from.try_update_value(Option::take).flatten();
        if is_here {
            match from.filter(|from| from.is_connected()) {
                Some(from) => _ = from.focus(),
                None => focus_first(&["#linked-logins"]),
            }
        }
    };
    let dismiss = move || {
        leave();
        message.set(None);
    };
    Effect::new(move |_| {
        if !is_shown.get() {
            leave();
        }
    });
    on_escape(move || {
        if is_shown.get_untracked() {
            dismiss();
        }
    });
    Effect::new(move |_| {
        if matches!(*message.read(), Some(Status::Shown(_)))
            && let Some(notice) = notice.get()
        {
            scroll_into_view(notice);
        }
    });
    view! {
        <div
            class="toast"
            id=STATUS_ID
            role=move || is_shown.get().then_some("group")
            aria-label=move || is_shown.get().then(text::just_now)
            tabindex="-1"
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
