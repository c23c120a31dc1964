//! The silent sign-in of the first load, and leaving for the tenant.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::authorization_response::Code;
use super::credentials::{Authentication, Credentials};
use super::early_start::{self, BegunExchange, BegunSignIn};
use super::error::{SignInError, SignInErrorKind};
use super::handle::{Session, remember};
use super::state::{Event, State};
use super::storage;
use super::tokens::{Tokens, authentication};
use super::transaction::{CallbackOutcome, Transaction};
use crate::cache;
use crate::location::leave_to;
use crate::settings::Tenant;

/// How long the tenant may take to answer when the browser leaves for it.
const LEAVING_TIMEOUT: Duration = Duration::from_secs(30);

impl Session {
    /// Signs in without showing a page: takes over the sign-in that the early start sent, and where it sent none, sends another
    /// one.
    pub(super) fn sign_in_silently(self) {
        if !self.online.get_untracked() {
            return self.apply(Event::Failed(SignInErrorKind::Offline.into()));
        }
        let Some(begun) = early_start::take_sign_in() else {
            return self.request(|requests, session| (requests.sign_in_silently)(session));
        };
        let tenant = self.tenant();
        spawn_local(async move {
            let Some(BegunSignIn { transaction, response, exchange }) =
                early_start::sign_in(begun, &tenant).await
            else {
                return self.request(|requests, session| (requests.sign_in_silently)(session));
            };
            let accepted = response
                .ok_or_else(|| SignInErrorKind::Timeout.into())
                .and_then(|response| transaction.accept(response));
            match accepted {
                // A browser may withhold the cookies of another site from a frame. One silent redirect decides;
                // its response is final.
                Ok(CallbackOutcome::NoSession) if self.is_elsewhere() => {
                    self.request(|requests, session| (requests.leave_silently)(session));
                }
                Ok(CallbackOutcome::NoSession) => self.has_no_session(),
                Ok(CallbackOutcome::Exchange(code)) => self.take_over(code, transaction, exchange).await,
                Err(error) => self.apply(Event::Failed(error)),
            }
        });
    }

    /// Takes over the exchange of `code` that the early start sent, or sends it.
    async fn take_over(self, code: Code, transaction: Transaction, begun: Option<BegunExchange>) {
        let Some(begun) = begun else {
            return self.request(move |requests, session| (requests.exchange)(session, code, transaction));
        };
        let (tokens, user) = receive(&self.tenant(), transaction, begun).await;
        early_start::keep_user(user);
        self.apply(tokens.map_or_else(Event::Failed, |found| silent_outcome(found.account)));
        self.renew_in_time();
    }

    /// Whether the page and the tenant are on two hosts.
    pub(super) fn is_elsewhere(self) -> bool {
        window().location().hostname().as_deref() != Ok(self.tenant().hostname())
    }

    /// Ends as signed out, because the tenant has no session.
    pub(super) fn has_no_session(self) {
        storage::forget_user();
        cache::clear();
        self.apply(Event::NoSession);
    }

    /// Leaves the page for `url`. Where the browser is still here after a while, the page can be used again; one on
    /// which nobody is signed in says that the tenant does not answer.
    pub(super) fn depart(self, url: &str) {
        self.leaving.set(true);
        leave_to(url);
        let give_up = move || {
            if self.leaving.try_get_untracked() == Some(true) {
                let _ = self.leaving.try_set(false);
                let _ = self.state.try_update(|state| {
                    if !matches!(state, State::SignedIn(_) | State::Expired(_)) {
                        *state = State::Failed(SignInErrorKind::Timeout.into());
                    }
                });
            }
        };
        set_timeout(give_up, LEAVING_TIMEOUT);
    }

    /// Redirects to the tenant's login page. The person returns to the current address.
    pub fn sign_in(self) {
        self.leaving.set(true);
        self.request(|requests, session| (requests.sign_in)(session));
    }

    /// Retries the silent sign-in after a failure.
    pub fn retry(self) {
        self.apply(Event::Retried);
        self.sign_in_silently();
    }

    /// Accepts the other user whom the tenant signed in.
    pub fn accept(self) {
        if let Some(State::Changed(_, account)) = self.state.try_get_untracked() {
            remember(&account);
        }
        self.apply(Event::Accepted);
    }
}

/// Waits for the tokens that the early start asked for and checks them. Returns them with its request for the user.
async fn receive(
    tenant: &Tenant,
    transaction: Transaction,
    begun: BegunExchange,
) -> (Result<Authentication, SignInError>, Option<early_start::BegunUser>) {
    match begun.receive().await {
        (Ok(answer), user) => {
            let tokens = Tokens::read(answer.status, &answer.body);
            (tokens.and_then(|tokens| authentication(tenant, transaction, tokens, answer.at)), user)
        }
        (Err(error), user) => (Err(SignInError::with(SignInErrorKind::Offline, error.to_string())), user),
    }
}

/// Returns the event that follows from the credentials of a silent sign-in. Another user never replaces the one who was signed
/// in without the person's consent.
pub(super) fn silent_outcome(mut account: Credentials) -> Event {
    match storage::remembered_user() {
        Some(before) if before.user_id != account.person.user_id => {
            return Event::SomebodyElse(before, account);
        }
        Some(before) => account = account.silently_after(before.current_identity, before.proven),
        None => {}
    }
    remember(&account);
    Event::Granted(account)
}
