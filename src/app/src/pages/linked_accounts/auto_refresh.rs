//! Refreshes of the list, which other tabs and devices can change.

use leptos::ev;
use leptos::prelude::*;

use super::account::AccountState;
use crate::session::Session;

/// Reads the list again when the person comes back to the page, when the connection is back, and when another tab has
/// changed the account. It does not while `running`, because the responses to come are newer than what it could read.
pub(super) fn refresh_automatically(session: Session, account: AccountState, running: Signal<bool>) {
    let refresh = move || {
        if running.try_get_untracked() == Some(false) && session.is_online().get_untracked() {
            account.refresh();
        }
    };
    let focus = window_event_listener(ev::focus, move |_| refresh());
    let seen = document_event_listener_visible(refresh);
    on_cleanup(move || {
        focus.remove();
        seen.remove();
    });
    let changed = session.changed_elsewhere();
    Effect::new(move |before: Option<()>| {
        changed.track();
        if before.is_some() && changed.with_untracked(|user_id| account.is_of(user_id.as_ref())) {
            refresh();
        }
    });
    let online = session.is_online();
    Effect::new(move |before: Option<bool>| {
        let online = online.get();
        if online && before == Some(false) {
            refresh();
        }
        online
    });
}

fn document_event_listener_visible(refresh: impl Fn() + 'static) -> WindowListenerHandle {
    // It bubbles to the window.
    window_event_listener_untyped("visibilitychange", move |_| {
        if !document().hidden() {
            refresh();
        }
    })
}
