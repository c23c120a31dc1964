//! Undo after unlinking: an offer for a moment, and a lasting list of what was unlinked.

use std::time::Duration;

use leptos::prelude::*;
use model::{Identity, IdentityKey, LoginName, Metadata};

use crate::components::{Status, dyn_view, unsubscribed_on_cleanup};
use crate::session::Session;
use crate::text::{self, linking};
use crate::unlinked::Unlinked;

/// The identities that can be linked again. A copy is a handle to the same list.
#[derive(Clone, Copy)]
pub struct Undo {
    status_message: RwSignal<Option<Status>>,
    /// The identities that the status notice offers to link again.
    offered: RwSignal<Vec<Identity>>,
    kept: RwSignal<Option<Unlinked>>,
    /// Whether the pointer and the focus are in the notice.
    held: RwSignal<(bool, bool)>,
}

impl Undo {
    /// Reads what the person unlinked lately; offers nothing yet.
    pub(super) fn new(session: Session, status_message: RwSignal<Option<Status>>) -> Self {
        let kept = session.remembered_user().map(|user| Unlinked::of(user.user_id));
        let undo = Self {
            status_message,
            offered: RwSignal::new(Vec::new()),
            kept: RwSignal::new(kept),
            held: RwSignal::new((false, false)),
        };
        undo.count_down(session.tenant().undo_seconds);
        // The notice is gone, or says something else now.
        Effect::new(move |_| {
            if status_message.read().is_none() {
                undo.offered.set(Vec::new());
            }
        });
        undo
    }

    /// Offers to link again what was just unlinked, with the names in `metadata`. Called once the notice says what was unlinked.
    pub(super) fn offer(self, unlinked: Vec<Identity>, metadata: Option<&Metadata>) {
        self.change(|kept| kept.add(&unlinked, metadata));
        let _ = self.offered.try_set(unlinked);
    }

    /// Removes identities that are linked again.
    pub(super) fn forget(self, keys: &[IdentityKey]) {
        self.change(|kept| kept.remove(keys));
    }

    fn change(self, change: impl FnOnce(&mut Unlinked)) {
        let _ = self.kept.try_update(|kept| {
            if let Some(kept) = kept {
                change(kept);
                kept.store();
            }
        });
    }

    /// The name that an identity had which can be linked again.
    pub(super) fn name_of(self, key: &IdentityKey) -> Option<LoginName> {
        self.kept.try_with_untracked(|kept| kept.as_ref()?.name_of(key)).flatten()
    }

    /// Whether `key` is among those that can be linked again.
    pub(super) fn lists(self, key: &IdentityKey) -> bool {
        self.kept.read().as_ref().is_some_and(|kept| kept.identities().iter().any(|one| one.key() == *key))
    }

    /// The identities that can be linked again, the latest first.
    pub(super) fn unlinked(self) -> Vec<Identity> {
        self.kept.read().as_ref().map(|kept| kept.identities().to_vec()).unwrap_or_default()
    }

    /// Dismisses the notice after `seconds`, not counting the time while the pointer or the focus is in it.
    fn count_down(self, seconds: u32) {
        if seconds == 0 {
            return;
        }
        let left = StoredValue::new(seconds);
        Effect::new(move |_| {
            self.offered.track();
            left.set_value(seconds);
        });
        let tick = move || {
            let counts = self.offered.try_with_untracked(|offered| !offered.is_empty()) == Some(true)
                && self.held.try_get_untracked() == Some((false, false));
            if counts
                && left.try_update_value(|left| {
                    *left = left.saturating_sub(1);
                    *left == 0
                }) == Some(true)
            {
                let _ = self.status_message.try_set(None);
            }
        };
        if let Ok(timer) = set_interval_with_handle(tick, Duration::from_secs(1)) {
            on_cleanup(move || timer.clear());
        }
    }

    /// The sentence of the notice.
    pub(super) fn status_message(self) -> RwSignal<Option<Status>> {
        self.status_message
    }

    /// The content of the notice besides its sentence. `on_restore` is called inside a click to link a login again;
    /// `locked` says whether nothing can begin now.
    pub(super) fn acts(self, on_restore: Callback<Identity>, locked: Signal<bool>) -> impl IntoView {
        dyn_view(move || match self.offered.get().as_slice() {
            [] => ().into_any(),
            [one] => {
                let (takes, one) = (linking::undo_takes(one), one.clone());
                let locked = unsubscribed_on_cleanup(Memo::new(move |_| locked.get()));
                view! {
                    <p class="toast-more">{takes}</p>
                    <button
                        type="button"
                        class="button"
                        disabled=locked
                        on:click=move |_| on_restore.run(one.clone())
                    >
                        {text::undo()}
                    </button>
                }
                .into_any()
            }
            _ => view! { <a class="button" href="#unlinked">{text::undo_several()}</a> }.into_any(),
        })
    }

    /// Whether the pointer and the focus are in the notice.
    pub(super) fn held(self) -> RwSignal<(bool, bool)> {
        self.held
    }
}
