//! The notice of an open popup.

use leptos::html::Button;
use leptos::prelude::*;

use super::changing::changing;
use super::dyn_view::dyn_view;
use super::focus::has_focus;
use super::icon::Icon;
use super::subscription::unsubscribed_on_cleanup;
use crate::session::Session;
use crate::session::popup::{PopupState, bring_to_front, cancel};
use crate::text::{self, linking};

/// Says where to go on while a popup is open, with a button that brings it to the front and one that cancels. It stands
/// where the person opened the popup.
#[component]
pub fn PopupNotice(
    /// Whether it takes the focus, because the button that was pressed loses it.
    #[prop(optional)]
    takes_focus: bool,
) -> impl IntoView {
    let state = expect_context::<Session>().popup();
    let state = unsubscribed_on_cleanup(Memo::new(move |_| state.get()));
    let is_open = Memo::new(move |_| *state.read() != PopupState::None);
    let front = NodeRef::<Button>::new();
    Effect::new(move |_| {
        if let Some(front) = front.get()
            && (takes_focus || !has_focus())
        {
            let _ = front.focus();
        }
    });
    dyn_view(move || {
        if !is_open.get() {
            return ().into_any();
        }
        let is_lost = move || *state.read() == PopupState::OutOfSight;
        let sentence =
            changing(move || if is_lost() { linking::out_of_sight() } else { linking::go_on_there() });
        let front_words =
            changing(move || if is_lost() { linking::open_again() } else { linking::bring_to_front() });
        view! {
            <div class="notice pause popup">
                <Icon name="ui-out"/>
                <p role="status" prop:textContent=sentence></p>
                <div class="acts">
                    <button
                        type="button"
                        class="button"
                        node_ref=front
                        on:click=move |_| bring_to_front()
                        prop:textContent=front_words
                    ></button>
                    <button type="button" class="button" on:click=move |_| cancel()>{text::cancel()}</button>
                </div>
            </div>
        }
        .into_any()
    })
}
