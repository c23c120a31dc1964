//! Sends authorization requests and acts on their responses.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use model::route;

use super::authorization_response::AuthorizationResponse;
use super::credentials::Authentication;
use super::early_start::{self, BegunExchange, BegunSignIn};
use super::error::{SignInError, SignInErrorKind};
use super::handle::{Session, remember};
use super::intent::{PendingAction, RememberedUser};
use super::state::{Event, State};
use super::transaction::{
    self, AuthorizationRequest, CallbackOutcome, InteractionMode, Purpose, Transaction,
};
use super::{silent, storage};
use crate::clock::now;
use crate::location::{self, leave_to, own_origin};
use crate::settings::Tenant;
use crate::{cache, paths};

/// How long the tenant may take to answer when the browser leaves for it.
const LEAVING_TIMEOUT: Duration = Duration::from_secs(30);

impl Session {
    /// Handles the response that the callback's address holds.
    pub(super) fn receive(self, response: Option<AuthorizationResponse>, transaction: Option<Transaction>) {
        let Some(response) = response else {
            return self.apply(Event::Failed(SignInErrorKind::Stale.into()));
        };
        match transaction::accept(transaction.as_ref(), response) {
            Ok(outcome) => self.act_on(outcome, transaction, None),
            Err(error) => self.apply(Event::Failed(error)),
        }
    }

    /// Exchanges the code of an accepted response, or ends as signed out when the tenant has no session. `begun` is the
    /// exchange of that code which was sent already.
    pub(super) fn act_on(
        self,
        outcome: CallbackOutcome,
        transaction: Option<Transaction>,
        begun: Option<BegunExchange>,
    ) {
        if let (CallbackOutcome::Exchange(code), Some(transaction)) = (outcome, transaction) {
            spawn_local(async move {
                let (purpose, silent) = (transaction.purpose.clone(), transaction.silent);
                let mut received = None;
                if let Some(begun) = begun {
                    let (answer, user) = begun.receive().await;
                    early_start::keep_user(user);
                    received = Some(answer);
                }
                let authentication = transaction::exchange_code(
                    &self.tenant(),
                    &own_origin(),
                    code,
                    transaction,
                    now,
                    received,
                )
                .await;
                self.apply(authentication.map_or_else(Event::Failed, |authentication| {
                    self.outcome(purpose, silent, authentication)
                }));
                self.renew_in_time();
            });
        } else {
            storage::forget_user();
            cache::clear();
            self.apply(Event::NoSession);
        }
    }

    /// Returns the event that follows from tokens, by the purpose of their transaction. Another user never replaces
    /// the one who was signed in without the person's consent.
    pub(super) fn outcome(self, purpose: Purpose, silent: bool, authentication: Authentication) -> Event {
        let mut account = authentication.account.clone();
        let is_same_user = |remembered: &RememberedUser| remembered.user_id == account.person.user_id;
        match purpose {
            Purpose::SignIn if silent => match storage::remembered_user() {
                Some(before) if !is_same_user(&before) => return Event::SomebodyElse(before, account),
                Some(before) => {
                    account = account.silently_after(before.current_identity, before.proven);
                }
                None => {}
            },
            Purpose::SignIn => {}
            Purpose::ProveSecondary(primary, target) => {
                return Event::SecondaryProven(primary, target, authentication);
            }
            Purpose::Reauthenticate(primary, _) | Purpose::ReauthenticatePrimary(primary, ..)
                if !is_same_user(&primary) =>
            {
                return Event::SomebodyElse(primary, account);
            }
            Purpose::Reauthenticate(_, intent) => {
                self.pending_action.set_value(Some(PendingAction::Intent(intent)));
            }
            Purpose::ReauthenticatePrimary(_, target, secondary) => {
                self.pending_action.set_value(Some(PendingAction::Link(target, secondary)));
            }
        }
        remember(&account);
        Event::Granted(account)
    }

    /// Signs in without showing a page, in a hidden frame, and by one redirect where that cannot work. A sign-in that the early
    /// start sent is taken over in place of another one.
    pub(super) fn sign_in_silently(self) {
        if !self.online.get_untracked() {
            return self.apply(Event::Failed(SignInErrorKind::Offline.into()));
        }
        let tenant = self.tenant();
        let begun = early_start::take_sign_in();
        spawn_local(async move {
            let begun = match begun {
                Some(begun) => early_start::sign_in(begun, &tenant).await,
                None => None,
            };
            let answered = match begun {
                Some(BegunSignIn { transaction, response, exchange }) => response
                    .map(|response| (response, transaction, exchange))
                    .ok_or_else(|| SignInErrorKind::Timeout.into()),
                None => authorize(&tenant).await,
            };
            let accepted = answered.and_then(|(response, transaction, exchange)| {
                Ok((transaction.accept(response)?, transaction, exchange))
            });
            match accepted {
                // A browser may withhold the cookies of another site from a frame. One silent redirect decides;
                // its response is final.
                Ok((CallbackOutcome::NoSession, ..))
                    if window().location().hostname().as_deref() != Ok(tenant.hostname()) =>
                {
                    self.leave(AuthorizationRequest::sign_in(InteractionMode::SilentRedirect, String::new()));
                }
                Ok((outcome, transaction, exchange)) => self.act_on(outcome, Some(transaction), exchange),
                Err(error) => self.apply(Event::Failed(error)),
            }
        });
    }

    /// Redirects to the tenant's authorization endpoint. The person returns to the current address, or, on the
    /// callback page, to the `return_to` of the sign-in that failed.
    pub fn leave(self, mut request: AuthorizationRequest) {
        let here = location::current();
        let return_to = if here == route::CALLBACK { self.return_to() } else { here };
        paths::safe_return(&return_to).clone_into(&mut request.return_to);
        match transaction::authorize_url(&self.tenant(), &own_origin(), request, now()) {
            Ok((url, transaction)) if storage::put_transaction(&transaction) => {
                self.depart(&url);
            }
            Ok(_) => self.state.set(State::Failed(SignInErrorKind::Storage.into())),
            Err(error) => self.state.set(State::Failed(error)),
        }
    }

    /// Leaves the page for `url`. Where the browser is still here after a while, the page can be used again; one that
    /// shows no list says that the tenant does not answer.
    pub(super) fn depart(self, url: &str) {
        self.leaving.set(true);
        leave_to(url);
        let give_up = move || {
            if self.leaving.try_get_untracked() == Some(true) {
                let _ = self.leaving.try_set(false);
                let _ = self.state.try_update(|state| {
                    if state.person().is_none() {
                        *state = State::Failed(SignInErrorKind::Timeout.into());
                    }
                });
            }
        };
        set_timeout(give_up, LEAVING_TIMEOUT);
    }

    /// Redirects to the tenant's login page. See [`Session::leave`] for where the person returns to.
    pub fn sign_in(self) {
        self.leave(AuthorizationRequest::sign_in(InteractionMode::Redirect, String::new()));
    }

    /// Redirects to sign in as the user before, after the tenant signed in another one.
    pub fn sign_in_again(self) {
        if let Some(State::Changed(before, _)) = self.state.try_get_untracked() {
            self.return_as(&before);
        }
    }

    /// Redirects to sign in as `remembered`.
    pub fn return_as(self, remembered: &RememberedUser) {
        self.leave(AuthorizationRequest::reauthenticate(
            InteractionMode::Redirect,
            remembered,
            Purpose::SignIn,
            None,
        ));
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

/// Sends the request of a silent sign-in in a hidden frame. Returns the response and what it is checked against.
///
/// # Errors
/// Those of [`transaction::authorize_url`] and [`silent::authorize`].
async fn authorize(
    tenant: &Tenant,
) -> Result<(AuthorizationResponse, Transaction, Option<BegunExchange>), SignInError> {
    let request = AuthorizationRequest::sign_in(InteractionMode::SilentIframe, String::new());
    let (url, transaction) = transaction::authorize_url(tenant, &own_origin(), request, now())?;
    Ok((silent::authorize(&url, &tenant.origin).await?, transaction, None))
}
