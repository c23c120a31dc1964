//! The buttons below the list that copy it as text and print it.

use leptos::html::Textarea;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::changing::changing;
use super::dyn_view::dyn_view;
use super::focus::focus_first;
use super::notice::copy_text;
use super::rows::ListState;
use super::words::words;
use crate::account_name::account_name;
use crate::text::{self, list_as_text as texts};

/// What became of copying.
#[derive(Clone, PartialEq)]
enum Copying {
    Idle,
    Done,
    /// The browser refused; the text is shown, to be copied by hand.
    Refused(String),
}

/// Whose list it is and when it was read, for the list on paper: a screen does not show it.
#[component]
pub fn PrintedHead(
    /// The list below.
    list: ListState,
) -> impl IntoView {
    dyn_view(move || {
        let user = list.user.read();
        let whose = texts::whose(user.as_ref().and_then(|user| account_name(&user.profile)));
        view! { <p class="printed">{words(&whose)}<br/>{text::as_of(list.read_at.get())}</p> }.into_any()
    })
}

/// Copies the list as text, or prints it. Where the browser does not let the page copy, the text stands below, selected.
#[component]
pub fn ListAsText(
    /// The list above.
    list: ListState,
) -> impl IntoView {
    let copying = RwSignal::new(Copying::Idle);
    let copy = move |_| {
        let text = list.user.with_untracked(|user| {
            let user = user.as_ref()?;
            Some(list.policy.with_value(|policy| {
                list.names.with_value(|names| {
                    texts::list_as_text(user, names, policy, list.read_at.get_untracked())
                })
            }))
        });
        let Some(text) = text else { return };
        copying.set(Copying::Idle);
        spawn_local(async move {
            let is_copied = copy_text(&text).await;
            let _ = copying.try_set(if is_copied { Copying::Done } else { Copying::Refused(text) });
        });
    };
    // Refused only by a browser that cannot print.
    let print = move |_| _ = window().print();
    let status = changing(move || if *copying.read() == Copying::Done { texts::list_copied() } else { "" });
    view! {
        <div class="list-foot">
            <button type="button" class="button small" on:click=copy>{texts::copy_list()}</button>
            <button type="button" class="button small" on:click=print>{texts::print()}</button>
            <span class="meta" role="status" prop:textContent=status></span>
            {dyn_view(move || match copying.get() {
                Copying::Refused(text) => by_hand(text, copying),
                Copying::Idle | Copying::Done => ().into_any(),
            })}
        </div>
    }
}

/// Renders the text, selected, with its label and a button that closes it.
fn by_hand(text: String, copying: RwSignal<Copying>) -> AnyView {
    let field = NodeRef::<Textarea>::new();
    Effect::new(move |_| {
        if let Some(field) = field.get() {
            // Once its text is set.
            request_animation_frame(move || {
                let _ = field.focus();
                field.select();
            });
        }
    });
    let close = move |_| {
        copying.set(Copying::Idle);
        focus_first(&[".list-foot .button"]);
    };
    view! {
        <div class="field by-hand">
            <label for="list-as-text">{texts::list_not_copied()}</label>
            <textarea id="list-as-text" readonly rows="10" dir="auto" translate="no" node_ref=field prop:value=text></textarea>
            <button type="button" class="button small" on:click=close>{texts::close()}</button>
        </div>
    }
    .into_any()
}
