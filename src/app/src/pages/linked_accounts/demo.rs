//! The demo switch, which plays named faults to show how the page handles them.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::faults::Fault;
use crate::components::Status;
use crate::session::{Session, popup::Popup};
use crate::text::{self, demo};

/// Renders the switch; empty unless the settings enable the demo. `status_message` is the sentence of the status notice.
pub(super) fn demo_switch(session: Session, status_message: RwSignal<Option<Status>>) -> AnyView {
    if !session.tenant().demo {
        return ().into_any();
    }
    let plan = move |fault: Fault| {
        spawn_local(async move {
            let planned = session.call(move |client| async move { client.plan(fault).await }).await;
            let what = match planned {
                Ok(()) => demo::planned(demo::name(fault)),
                Err(error) => text::request_failure(&error).title.to_owned(),
            };
            let _ = status_message.try_set(Some(Status::Shown(what)));
        });
    };
    let button = |fault: Fault| {
        view! { <button type="button" class="button small" on:click=move |_| plan(fault)>{demo::name(fault)}</button> }
    };
    let close_popup = move |_| {
        Popup::close_next();
        status_message.set(Some(Status::Shown(demo::planned(demo::closed_popup()))));
    };
    view! {
        <details class="demo">
            <summary>{demo::title()}</summary>
            <p class="meta">{demo::story()}</p>
            <div class="demo-acts">
                {Fault::ALL.map(button).into_iter().collect_view()}
                <button type="button" class="button small" on:click=close_popup>{demo::closed_popup()}</button>
            </div>
        </details>
    }
    .into_any()
}
