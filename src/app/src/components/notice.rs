//! What happened: a failure with a way on, or a polite word that something worked.

use leptos::ev::FocusEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{HtmlElement, Node};

use super::dyn_view::dyn_view;
use super::icon::Icon;
use crate::text::{Failure, Remedy};

/// A failure in plain words, the way on, and what was said one click away.
#[component]
pub fn FailureNotice(
    /// What to say.
    failure: Failure,
    /// Called when the person takes the way on.
    on_remedy: Callback<Remedy>,
    /// Called when the person has read enough; without it the notice stays.
    #[prop(optional)]
    on_dismiss: Option<Callback<()>>,
    /// Another way on, beside the first.
    #[prop(optional_no_strip)]
    beside: Option<AnyView>,
) -> impl IntoView {
    let remedy = failure.remedy;
    let way_on = match remedy {
        Remedy::TryAgain => "Try again",
        Remedy::SignIn => "Sign in again",
    };
    let dismiss = on_dismiss.map(|on_dismiss| {
        view! { <button type="button" class="button" on:click=move |_| on_dismiss.run(())>"Dismiss"</button> }
    });
    view! {
        <div class="notice danger failure" role="alert">
            <Icon name="ui-alert"/>
            <div class="failure-body">
                <p class="failure-title">{failure.title}</p>
                <p>{failure.advice}</p>
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
    let label = RwSignal::new("Copy details");
    let text = details.clone();
    let copy = move |_| {
        let text = text.clone();
        spawn_local(async move {
            let said = if copy_text(&text).await { "Copied" } else { "Not copied: select the text instead" };
            let _ = label.try_set(said);
        });
    };
    view! {
        <details>
            <summary>"Technical details"</summary>
            <pre tabindex="0">{details}</pre>
            <button type="button" class="button" on:click=copy>{label}</button>
        </details>
    }
}

/// Whether the browser took `text` to its clipboard; it offers one only on secure origins.
async fn copy_text(text: &str) -> bool {
    let clipboard = window().navigator().clipboard();
    !clipboard.is_undefined() && JsFuture::from(clipboard.write_text(text)).await.is_ok()
}

/// A polite live region that stays in the page, so that what appears in it is announced. Dismissed, it gives the focus
/// back to where that came from.
#[component]
pub fn StatusNotice(
    /// The sentence to say, if any.
    message: RwSignal<Option<String>>,
    /// Told whether the person is at the notice: by pointer, and by focus.
    held: RwSignal<(bool, bool)>,
    /// What can be done about it.
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
    let dismiss = move |_| {
        message.set(None);
        // Not every browser says that the focus left with the button.
        held.set((false, false));
        if let Some(from) = came_from.try_update_value(Option::take).flatten() {
            let _ = from.focus();
        }
    };
    view! {
        <div
            class="toast"
            class:shown=move || message.read().is_some()
            on:mouseenter=move |_| held.update(|held| held.0 = true)
            on:mouseleave=move |_| held.update(|held| held.0 = false)
            on:focusin=on_focus
            on:focusout=move |_| held.update(|held| held.1 = false)
        >
            <p role="status">{message}</p>
            {children()}
            {dyn_view(move || match *message.read() {
                None => ().into_any(),
                Some(_) => view! {
                    <button type="button" class="button" on:click=dismiss>"Dismiss"</button>
                }
                .into_any(),
            })}
        </div>
    }
}
