//! The handle of the session that pages use.

use std::time::Duration;

use js_sys::Promise;
use leptos::prelude::*;
use leptos::task::spawn_local;
use model::{User, UserId, route};
use web_sys::UrlSearchParams;

use super::credentials::{Credentials, CurrentIdentity, LastUser, Person};
use super::early_start;
use super::entry::PageEntry;
use super::intent::{PendingAction, RememberedUser};
use super::phase::Phase;
use super::popup::PopupState;
use super::state::{Event, State};
use super::storage;
use super::tabs::{self, TabMessage};
use crate::cache;
use crate::clock::date;
use crate::location::own_origin;
use crate::settings::Tenant;
use crate::unlinked;

/// A handle to the session, provided as context at the root. Copies refer to the same session, which lives as long as
/// the page.
#[derive(Clone, Copy)]
pub struct Session {
    pub(super) tenant: StoredValue<Tenant>,
    pub(super) state: RwSignal<State>,
    pub(super) return_to: StoredValue<String>,
    pub(super) leaving: RwSignal<bool>,
    /// The user whose identities another tab changed. Set again, and so notified, on every change.
    pub(super) changed_elsewhere: RwSignal<Option<UserId>>,
    pub(super) online: RwSignal<bool>,
    pub(super) pending_action: StoredValue<Option<PendingAction>>,
    pub(super) popup: RwSignal<PopupState>,
}

/// How often the page looks whether the sign-in is too old for a change.
const AGE_CHECK: Duration = Duration::from_secs(10);

impl Session {
    /// Makes the session of a visit. Until [`Session::begin`] it sends nothing.
    #[must_use]
    pub fn new(tenant: Tenant, entry: &PageEntry) -> Self {
        let state = match entry {
            PageEntry::Callback(..) => State::SigningIn,
            PageEntry::Visit if storage::may_have_session() => {
                let last = storage::remembered_user()
                    .and_then(|user| Some((cache::recent_of(&user.user_id, date())?, user)));
                State::Checking(last.map(|(list, user)| {
                    let person = Person { user_id: user.user_id, profile: list.profile.clone() };
                    LastUser { person, current_identity: user.current_identity, list }
                }))
            }
            PageEntry::Visit | PageEntry::Popup(_) => State::SignedOut,
        };
        let session = Self {
            tenant: StoredValue::new(tenant),
            state: RwSignal::new(state),
            return_to: StoredValue::new(route::LIST.to_owned()),
            leaving: RwSignal::new(false),
            changed_elsewhere: RwSignal::new(None),
            online: RwSignal::new(window().navigator().on_line()),
            pending_action: StoredValue::new(None),
            popup: RwSignal::new(PopupState::None),
        };
        session.listen_to_window();
        session.listen_to_tabs();
        session
    }

    /// Begins the session: completes the sign-in of a callback, signs in silently when the tenant may have a session, or stays
    /// signed out. `begun` is the silent sign-in that the early start sent, if any.
    pub fn begin(self, entry: PageEntry, begun: Option<Promise>) {
        match entry {
            PageEntry::Callback(response, transaction) => {
                self.request(move |requests, session| (requests.receive)(session, response, transaction));
            }
            PageEntry::Visit if self.state.with_untracked(|state| matches!(state, State::Checking(_))) => {
                early_start::keep_sign_in(begun);
                self.sign_in_silently();
            }
            PageEntry::Visit | PageEntry::Popup(_) => {}
        }
    }

    /// Returns what a page shows of the session.
    #[must_use]
    pub fn phase(self) -> Memo<Phase> {
        Memo::new(move |_| Phase::from(&*self.state.read()))
    }

    /// Returns the identity in use, as far as it is known.
    #[must_use]
    pub fn current_identity(self) -> Memo<Option<CurrentIdentity>> {
        Memo::new(move |_| match &*self.state.read() {
            State::SignedIn(account) => account.current_identity.clone(),
            State::Checking(Some(last)) => last.current_identity.clone(),
            _ => None,
        })
    }

    /// Returns the list to show until it is known whether its user is signed in.
    #[must_use]
    pub fn last_list(self) -> Option<User> {
        self.state.with_untracked(|state| match state {
            State::Checking(Some(last)) => Some(last.list.clone()),
            _ => None,
        })
    }

    /// Returns whether a user is signed in, with a token.
    #[must_use]
    pub fn is_signed_in(self) -> Memo<bool> {
        Memo::new(move |_| matches!(*self.state.read(), State::SignedIn(_)))
    }

    /// Returns the login that was proven to be linked and that the tenant's session is through since, if it took the proof for
    /// a sign-in. It notifies.
    #[must_use]
    pub fn identity_of_session(self) -> Option<CurrentIdentity> {
        match &*self.state.read() {
            State::SignedIn(account) => {
                account.proven.clone().filter(|proven| proven.has_session).map(|proven| proven.identity)
            }
            _ => None,
        }
    }

    /// Returns whether a change would ask for a fresh sign-in first; it notifies within `AGE_CHECK`.
    #[must_use]
    pub fn asks_first(self) -> Signal<bool> {
        let look_again = Trigger::new();
        if let Ok(timer) = set_interval_with_handle(move || look_again.notify(), AGE_CHECK) {
            on_cleanup(move || timer.clear());
        }
        let asks = Memo::new(move |_| {
            look_again.track();
            self.state.track();
            self.needs_step_up()
        });
        asks.into()
    }

    /// Records that a login was proven and is of this account now. The person came in with another one, and stays so.
    ///
    /// The page asks a tenant that does not serve it, silently, whether its session is through that login since; the tenant
    /// that serves it keeps them apart.
    pub fn note_proof(self, identity: CurrentIdentity) {
        self.apply(Event::Proven(identity));
        if let Some(remembered) = self.remembered_user() {
            storage::remember(&remembered);
        }
        if self.tenant().origin != own_origin() {
            let account = self.credentials();
            spawn_local(async move { _ = self.renew(account).await });
        }
    }

    /// Returns whether the token permits changes of the user's metadata. It notifies.
    #[must_use]
    pub fn may_set_metadata(self) -> Signal<bool> {
        Signal::derive(move || match &*self.state.read() {
            State::SignedIn(account) => account.may_set_metadata,
            _ => true,
        })
    }

    /// Returns what is remembered of the signed-in user across page loads.
    #[must_use]
    pub fn remembered_user(self) -> Option<RememberedUser> {
        self.state.try_with_untracked(State::remembered_user).flatten()
    }

    /// Returns and removes the action that a redirect for reauthentication interrupted.
    #[must_use]
    pub fn take_pending_action(self) -> Option<PendingAction> {
        self.pending_action.try_update_value(Option::take).flatten()
    }

    /// Returns the user whom the page shows: who is signed in, or was until their session expired on this page, or was at the
    /// last visit, while it is not known whether they still are.
    #[must_use]
    pub fn person(self) -> Memo<Option<Person>> {
        Memo::new(move |_| self.state.read().person().cloned())
    }

    /// Returns whether the browser is leaving the page for the tenant.
    #[must_use]
    pub fn is_leaving(self) -> Signal<bool> {
        self.leaving.into()
    }

    /// Returns the tenant of the settings.
    #[must_use]
    pub fn tenant(self) -> Tenant {
        self.tenant.get_value()
    }

    /// Returns the path to go to once the sign-in of this page load is over.
    #[must_use]
    pub fn return_to(self) -> String {
        self.return_to.get_value()
    }

    /// Returns the user whose identities another tab changed; it notifies on every change.
    #[must_use]
    pub fn changed_elsewhere(self) -> Signal<Option<UserId>> {
        self.changed_elsewhere.into()
    }

    /// Notifies the other tabs that the identities of the user changed.
    pub fn broadcast_change(self) {
        if let Some(person) = self.state.try_with_untracked(|state| state.person().cloned()).flatten() {
            tabs::broadcast(&TabMessage::Changed(person.user_id));
        }
    }

    /// Signs out here, in all tabs, and at the tenant: drops the token, clears what is stored, and redirects to the
    /// tenant's logout endpoint.
    pub fn sign_out(self) {
        let tenant = self.tenant();
        let parameters = UrlSearchParams::new().ok();
        let query = parameters.map_or_else(String::new, |parameters| {
            parameters.append("client_id", &tenant.client_id);
            parameters.append("returnTo", &format!("{}/", own_origin()));
            String::from(parameters.to_string())
        });
        // Before the page that follows looks for a notice of signing out.
        self.leaving.set(true);
        self.apply(Event::SignedOut);
        storage::forget_user();
        cache::clear();
        unlinked::clear();
        Self::broadcast_sign_out();
        self.depart(&format!("{}{}?{query}", tenant.origin, route::LOGOUT));
    }

    /// Signs out, and shows `sentence` on the page that follows.
    pub fn sign_out_with_notice(self, sentence: &str) {
        storage::put_sign_out_notice(sentence);
        self.sign_out();
    }

    /// Returns and removes the sentence of [`Session::sign_out_with_notice`]; `None` while the browser is leaving.
    #[must_use]
    pub fn take_sign_out_notice(self) -> Option<String> {
        if self.leaving.get_untracked() { None } else { storage::take_sign_out_notice() }
    }

    /// Returns whether the browser reports a network connection.
    #[must_use]
    pub fn is_online(self) -> Signal<bool> {
        self.online.into()
    }

    /// Returns what the page sees of its popup.
    #[must_use]
    pub fn popup(self) -> RwSignal<PopupState> {
        self.popup
    }

    /// Moves the state machine by `event`.
    pub(super) fn apply(self, event: Event) {
        // The signal outlives every task. `try_` nevertheless, because a panic ends the page.
        let _ = self.state.try_update(|state| {
            let before = std::mem::replace(state, State::SignedOut);
            *state = before.on(event);
        });
    }

    /// Returns the credentials of the signed-in user; the token may have expired.
    pub(super) fn credentials(self) -> Option<Credentials> {
        match self.state.try_get_untracked()? {
            State::SignedIn(account) => Some(account),
            _ => None,
        }
    }
}

/// Stores what the next page load remembers of the signed-in user.
pub(super) fn remember(account: &Credentials) {
    if let Some(remembered) = State::SignedIn(account.clone()).remembered_user() {
        storage::remember(&remembered);
    }
}
