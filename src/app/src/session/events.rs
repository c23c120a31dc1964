//! Events from outside the page: of the window, and messages of other tabs.

use leptos::prelude::*;

use super::error::SignInErrorKind;
use super::handle::Session;
use super::state::{Event, State};
use super::storage;
use super::tabs::TabMessage;
use crate::clock::now;

impl Session {
    /// Listens to the window for as long as the page lives: `pageshow` (the Back button restores a page whose buttons
    /// were disabled on leaving), `storage` (another tab signed out), `online` and `offline`.
    pub(super) fn listen_to_window(self) {
        let _ = window_event_listener_untyped("pageshow", move |_| _ = self.leaving.try_set(false));
        let _ = window_event_listener(leptos::ev::storage, move |event| {
            if event.key().as_deref() == Some(storage::REMEMBERED_USER) && event.new_value().is_none() {
                self.apply(Event::SignedOut);
            }
        });
        let set_online = move |online: bool| {
            let _ = self.online.try_set(online);
            let is_offline = |state: &State| matches!(state, State::Failed(error) if error.kind == SignInErrorKind::Offline);
            if online && self.state.try_with_untracked(is_offline) == Some(true) {
                self.retry();
            }
        };
        let _ = window_event_listener_untyped("online", move |_| set_online(true));
        let _ = window_event_listener_untyped("offline", move |_| set_online(false));
    }

    /// Applies a message of another tab.
    pub(super) fn on_tab_message(self, message: TabMessage) {
        match message {
            TabMessage::Changed(user_id) => _ = self.changed_elsewhere.try_set(Some(user_id)),
            TabMessage::SignedOut => self.apply(Event::SignedOut),
            TabMessage::Renewed(renewal) => {
                if let Some(account) =
                    self.credentials().and_then(|account| renewal.adopted_by(&account, now()))
                {
                    self.apply(Event::Renewed(account));
                    self.renew_in_time();
                }
            }
        }
    }
}
