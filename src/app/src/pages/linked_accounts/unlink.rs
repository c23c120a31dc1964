//! Unlinking one identity, or several one after the other.

use std::cell::Cell;
use std::iter::repeat;

use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use model::purpose::Purpose;
use model::{Identity, IdentityKey};

use super::account::AccountState;
use super::focus::{focus_again, focus_notice, focus_row, is_focus_in_rows, prefers_reduced_motion};
use super::pause::{pause, send_with_pause};
use crate::api::identities::Outcome;
use crate::api::{ApiError, Client, ErrorKind};
use crate::components::{Status, Step};
use crate::session::popup::PopupError;
use crate::session::{Declared, Intent, ReauthenticationError, Session};
use crate::text::linking::not_fresh;
use crate::text::{self, Label, unlinking};

/// The time in which a row folds away, in milliseconds: `--quick` in `style/tokens.css`.
const FOLD: u32 = 180;

/// Unlinking as an action: it sends one DELETE for each identity, and redraws the list from each response. A page runs
/// it once at a time. A copy is a handle to the same action.
#[derive(Clone, Copy)]
pub(super) struct Unlinking {
    action: Action<Vec<IdentityKey>, ()>,
    /// Whether a run is under way.
    running: Memo<bool>,
    context: Context,
}

/// The state that a run of the action works on.
#[derive(Clone, Copy)]
struct Context {
    session: Session,
    account: AccountState,
    current_identity: Memo<Option<IdentityKey>>,
    status_message: RwSignal<Option<Status>>,
    /// Called with what was unlinked once a run is over and the session goes on.
    on_done: Callback<Vec<Identity>>,
}

impl Unlinking {
    /// The action, not yet run.
    pub(super) fn new(
        session: Session,
        account: AccountState,
        current_identity: Memo<Option<IdentityKey>>,
        status_message: RwSignal<Option<Status>>,
        on_done: Callback<Vec<Identity>>,
    ) -> Self {
        let context = Context { session, account, current_identity, status_message, on_done };
        let action = Action::new_unsync(move |keys: &Vec<IdentityKey>| context.start(keys.clone()));
        // Once: each call makes a memo, which one inside a click would leave behind.
        Self { action, running: action.pending(), context }
    }

    /// Whether a run is under way.
    pub(super) fn running(self) -> Signal<bool> {
        self.running.into()
    }

    /// Unlinks `keys` one after the other, the one in use last: with it, the session may end. Does nothing while
    /// another run is under way. Only inside a click, because it may open a popup.
    pub(super) fn start(self, mut keys: Vec<IdentityKey>) {
        if self.running.get_untracked() || keys.is_empty() {
            return;
        }
        let Context { current_identity, account, status_message, .. } = self.context;
        status_message.set(None);
        let current_identity = current_identity.get_untracked();
        if let Some(place) = keys.iter().position(|key| Some(key) == current_identity.as_ref()) {
            let last = keys.remove(place);
            keys.push(last);
        }
        let first = if self.context.session.needs_step_up() { Step::SigningIn } else { Step::Queued };
        for (key, step) in keys.iter().zip([first].into_iter().chain(repeat(Step::Queued))) {
            account.steps().set(key, Some(step));
        }
        self.action.dispatch_local(keys);
    }
}

impl Context {
    /// Has the person sign in again if need be, and unlinks `keys`. The first part runs at once, inside the click.
    fn start(self, keys: Vec<IdentityKey>) -> impl Future<Output = ()> {
        let intent = Intent::Unlink(keys.iter().map(IdentityKey::as_user_id).collect());
        // One login is named on the hosted page, several are not.
        let connection = match keys.as_slice() {
            [one] => self.account.identity(one).map(|identity| identity.connection),
            _ => None,
        };
        let declared = Declared { purpose: Purpose::ConfirmUnlink, connection };
        let reauthenticated = self.session.reauthenticate(intent, declared);
        let current_identity = self.current_identity.get_untracked();
        async move {
            match reauthenticated.await {
                Ok(()) => {
                    if let Some(first) = keys.first() {
                        self.account.steps().set(first, Some(Step::Queued));
                    }
                    self.run(keys, current_identity).await;
                }
                Err(error) => self.give_up(&keys, &error),
            }
        }
    }

    /// Ends a run in which nothing is unlinked, because the person did not sign in again.
    fn give_up(self, keys: &[IdentityKey], error: &ReauthenticationError) {
        let steps = self.account.steps();
        steps.forget(|step| matches!(step, Step::Queued | Step::SigningIn));
        if let Some(key) = keys.first().filter(|_| *error != ReauthenticationError::Leaving) {
            if *error != ReauthenticationError::Popup(PopupError::Cancelled) {
                steps.set(key, Some(Step::Failed(not_fresh(error))));
            }
            focus_again(key.clone());
        }
    }

    // The page may be gone when an answer comes: after an await, only `try_` is safe.
    async fn run(self, keys: Vec<IdentityKey>, current_identity: Option<IdentityKey>) {
        let steps = self.account.steps();
        let (mut unlinked, mut labels) = (Vec::new(), Vec::new());
        let mut next = None;
        for (place, key) in keys.iter().enumerate() {
            if steps.peek(key) != Some(Step::Queued) {
                continue;
            }
            if keys.len() > 1 {
                self.say(unlinking::progress(place, keys.len()));
            }
            steps.set(key, Some(Step::Busy));
            let Some(identity) = self.account.identity(key) else {
                steps.set(key, None);
                continue;
            };
            let Some(label) = self.account.label(key) else { continue };
            match self.send(key, place, keys.len()).await {
                None => {}
                Some(Ok(Outcome::Unlinked(left))) => {
                    next = self.account.neighbour_of(key);
                    if keys.len() == 1 {
                        self.say(label.unlinked());
                    }
                    steps.set(key, Some(Step::Folding));
                    if !prefers_reduced_motion() {
                        TimeoutFuture::new(FOLD).await;
                    }
                    self.account.replace_identities(left);
                    // A refresh that was under way may have seen it go.
                    self.account.dismiss_removed(key);
                    unlinked.push(identity);
                    labels.push(label);
                }
                Some(Ok(Outcome::NothingMatched(left))) => {
                    self.say(label.nothing_matched());
                    self.account.replace_identities(left);
                    steps.set(key, None);
                }
                Some(Err(error)) => {
                    if let ErrorKind::UnlinkBlocked(reason) = error.kind {
                        self.announce(label.stayed(reason));
                        steps.set(key, Some(Step::Refused(reason)));
                    } else {
                        steps.set(key, Some(Step::Failed(text::request_failure(&error))));
                    }
                    if error.kind == ErrorKind::SessionEnded {
                        // So would the others; they stay as they are.
                        break;
                    }
                }
            }
        }
        steps.forget(|step| *step == Step::Queued);
        self.end(&keys, unlinked, &labels, next, current_identity);
    }

    /// Shows the result of a run, and moves the focus to the row that needs attention, else to the notice with Undo.
    fn end(
        self,
        keys: &[IdentityKey],
        unlinked: Vec<Identity>,
        labels: &[Label],
        next: Option<IdentityKey>,
        current_identity: Option<IdentityKey>,
    ) {
        let outcome = match labels {
            [one] if keys.len() == 1 => one.unlinked(),
            labels => unlinking::several_unlinked(labels, keys.len()),
        };
        if current_identity.is_some()
            && unlinked.iter().any(|identity| Some(identity.key()) == current_identity)
        {
            // Other tabs learn of it as a sign-out: their tokens ended with the login, so that they could read nothing.
            self.session.sign_out_with_notice(&unlinking::sign_out_notice(&outcome));
            return;
        }
        if !unlinked.is_empty() {
            self.session.broadcast_change();
        }
        let kept = keys.iter().find(|key| self.account.steps().peek(key).is_some()).cloned();
        if keys.len() > 1 {
            self.say(outcome);
        }
        if let Some(kept) = kept {
            focus_again(kept);
        } else if is_focus_in_rows() {
            if unlinked.is_empty() {
                let first = keys.first().cloned();
                request_animation_frame(move || focus_row(first.as_ref()));
            } else {
                request_animation_frame(move || focus_notice(next.as_ref()));
            }
        }
        if !unlinked.is_empty() {
            let _ = self.on_done.try_run(unlinked);
        }
    }

    /// Sends one DELETE, and once more after a pause where the tenant asks for one. Returns `None` when the person
    /// stops the pause.
    async fn send(self, key: &IdentityKey, place: usize, total: usize) -> Option<Result<Outcome, ApiError>> {
        let steps = self.account.steps();
        let send = || {
            self.session.call(|client: Client| {
                let key = key.clone();
                async move { client.unlink(&key).await }
            })
        };
        let is_stopped = Cell::new(false);
        let wait = async |seconds| {
            steps.set(key, Some(Step::Pausing(seconds)));
            self.announce(text::pausing(seconds));
            let on_second = |left| {
                matches!(steps.peek(key), Some(Step::Pausing(_))) && steps.set(key, Some(Step::Pausing(left)))
            };
            let waited = pause(seconds, on_second).await;
            is_stopped.set(!waited);
            let progress = (waited && total > 1).then(|| unlinking::progress(place, total));
            let _ = self.status_message.try_set(progress.map(Status::Shown));
            if waited {
                steps.set(key, Some(Step::Busy));
            }
            waited
        };
        let outcome = send_with_pause(send, wait).await;
        (!is_stopped.get()).then_some(outcome)
    }

    fn say(self, what: String) {
        let _ = self.status_message.try_set(Some(Status::Shown(what)));
    }

    /// Says what the row shows.
    fn announce(self, what: String) {
        let _ = self.status_message.try_set(Some(Status::Announced(what)));
    }
}
