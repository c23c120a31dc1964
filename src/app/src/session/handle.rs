//! The handle that pages use: who is signed in, and what they can do with the session.

use leptos::prelude::*;
use model::{UserId, route};
use web_sys::UrlSearchParams;

use super::credentials::{Credentials, CurrentIdentity, Person};
use super::entry::PageEntry;
use super::intent::{PendingAction, RememberedUser};
use super::phase::Phase;
use super::state::{Event, State};
use super::storage;
use super::tabs::{self, TabMessage};
use crate::location::{leave_to, own_origin};
use crate::settings::Tenant;
use crate::{cache, paths, unlinked};

/// The session, provided as context at the root. All its parts live as long as the page.
#[derive(Clone, Copy)]
pub struct Session {
    pub(super) tenant: StoredValue<Tenant>,
    pub(super) state: RwSignal<State>,
    pub(super) return_to: StoredValue<String>,
    pub(super) leaving: RwSignal<bool>,
    /// The account whose logins another tab changed, told anew each time.
    pub(super) changed_elsewhere: RwSignal<Option<UserId>>,
    pub(super) online: RwSignal<bool>,
    pub(super) pending_action: StoredValue<Option<PendingAction>>,
}

impl Session {
    /// Starts the session: finishes a login that came back, or asks the tenant silently when it may have a
    /// session, or leaves everything as it is.
    #[must_use]
    pub fn start(tenant: Tenant, entry: PageEntry) -> Self {
        let (state, return_to) = match &entry {
            PageEntry::Callback(_, transaction) => (
                State::SigningIn,
                transaction
                    .as_ref()
                    .map_or(paths::LIST, |transaction| paths::safe_return(&transaction.return_to)),
            ),
            PageEntry::Visit if storage::may_have_session() => (State::Checking, paths::LIST),
            PageEntry::Visit | PageEntry::Popup(_) => (State::SignedOut, paths::LIST),
        };
        let session = Self {
            tenant: StoredValue::new(tenant),
            state: RwSignal::new(state.clone()),
            return_to: StoredValue::new(return_to.to_owned()),
            leaving: RwSignal::new(false),
            changed_elsewhere: RwSignal::new(None),
            online: RwSignal::new(window().navigator().on_line()),
            pending_action: StoredValue::new(None),
        };
        match (entry, state) {
            (PageEntry::Callback(response, transaction), _) => {
                session.receive(response, transaction.map(|transaction| *transaction));
            }
            (PageEntry::Visit, State::Checking) => session.sign_in_silently(),
            (PageEntry::Visit | PageEntry::Popup(_), _) => {}
        }
        session.listen_to_window();
        session
    }

    /// What a page should show.
    #[must_use]
    pub fn phase(self) -> Memo<Phase> {
        Memo::new(move |_| Phase::from(&*self.state.read()))
    }

    /// Which login is in use, as far as it is known.
    #[must_use]
    pub fn current_identity(self) -> Memo<Option<CurrentIdentity>> {
        Memo::new(move |_| match &*self.state.read() {
            State::SignedIn(account) => account.current_identity.clone(),
            _ => None,
        })
    }

    /// Notes that the tenant's session is through another identity of the same account now.
    pub fn set_current_identity(self, current_identity: CurrentIdentity) {
        self.apply(Event::CurrentIdentityChanged(current_identity));
        if let Some(remembered) = self.remembered_user() {
            storage::remember(&remembered);
        }
    }

    /// Who is signed in, as far as it outlives a page load.
    #[must_use]
    pub fn remembered_user(self) -> Option<RememberedUser> {
        self.state.try_with_untracked(State::remembered_user).flatten()
    }

    /// What the person was doing when a redirect for a fresh sign-in took them away; taken on first use.
    #[must_use]
    pub fn take_pending_action(self) -> Option<PendingAction> {
        self.pending_action.try_update_value(Option::take).flatten()
    }

    /// Who is, or until just now was, signed in.
    #[must_use]
    pub fn person(self) -> Memo<Option<Person>> {
        Memo::new(move |_| self.state.read().person().cloned())
    }

    /// Whether the browser is on its way to the tenant.
    #[must_use]
    pub fn is_leaving(self) -> Signal<bool> {
        self.leaving.into()
    }

    /// The tenant.
    #[must_use]
    pub fn tenant(self) -> Tenant {
        self.tenant.get_value()
    }

    /// Where to go once signing in is over.
    #[must_use]
    pub fn return_to(self) -> String {
        self.return_to.get_value()
    }

    /// Which account another tab changed the logins of; told anew each time.
    #[must_use]
    pub fn changed_elsewhere(self) -> Signal<Option<UserId>> {
        self.changed_elsewhere.into()
    }

    /// Tells the other tabs that the logins of this account are others now.
    pub fn broadcast_change(self) {
        if let Some(person) = self.state.try_with_untracked(|state| state.person().cloned()).flatten() {
            tabs::broadcast(&TabMessage::Changed(person.user_id));
        }
    }

    /// Drops the token and ends the tenant's session too.
    pub fn sign_out(self) {
        let tenant = self.tenant();
        let parameters = UrlSearchParams::new().ok();
        let query = parameters.map_or_else(String::new, |parameters| {
            parameters.append("client_id", &tenant.client_id);
            parameters.append("returnTo", &format!("{}/", own_origin()));
            String::from(parameters.to_string())
        });
        self.leaving.set(true);
        self.apply(Event::SignedOut);
        storage::forget_user();
        cache::clear();
        unlinked::clear();
        tabs::broadcast(&TabMessage::SignedOut);
        leave_to(&format!("{}{}?{query}", tenant.origin, route::LOGOUT));
    }

    /// Signs out because of what the person did, and says `words` once they are out.
    pub fn sign_out_with_notice(self, words: &str) {
        storage::put_sign_out_notice(words);
        self.sign_out();
    }

    /// What to say to somebody who was signed out by what they did; taken on first use, once they are out.
    #[must_use]
    pub fn take_sign_out_notice(self) -> Option<String> {
        if self.leaving.get_untracked() { None } else { storage::take_sign_out_notice() }
    }

    /// Whether the browser has a connection, as far as it knows.
    #[must_use]
    pub fn is_online(self) -> Signal<bool> {
        self.online.into()
    }

    pub(super) fn apply(self, event: Event) {
        // The signal belongs to the root and outlives every task; `try_` all the same, for a panic is final.
        let _ = self.state.try_update(|state| {
            let before = std::mem::replace(state, State::SignedOut);
            *state = before.on(event);
        });
    }

    pub(super) fn credentials(self) -> Option<Credentials> {
        match self.state.try_get_untracked()? {
            State::SignedIn(account) => Some(account),
            _ => None,
        }
    }
}

/// Remembers who is signed in for the next page load.
pub(super) fn remember(account: &Credentials) {
    if let Some(remembered) = State::SignedIn(account.clone()).remembered_user() {
        storage::remember(&remembered);
    }
}
