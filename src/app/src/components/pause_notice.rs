//! The countdown of a pause that the tenant asked for.

use leptos::prelude::*;

use super::changing::changing;
use super::icon::Icon;
use crate::text;

/// The countdown of a pause that the tenant asked for.
#[component]
pub fn PauseNotice(
    /// The seconds left.
    #[prop(into)]
    left: Signal<u32>,
    /// Called when the person stops the pause; without it there is no button.
    #[prop(optional)]
    on_stop: Option<Callback<()>>,
) -> impl IntoView {
    let stop = on_stop.map(|on_stop| {
        view! { <button type="button" class="button" on:click=move |_| on_stop.run(())>{text::stop()}</button> }
    });
    view! {
        <div class="notice pause">
            <Icon name="ui-clock"/>
            <p>{text::paused()}" "<span role="timer" prop:textContent=changing(move || text::goes_on(left.get()))></span></p>
            {stop}
        </div>
    }
}
