//! Sending authorization requests, and acting on their responses.

use leptos::prelude::*;
use leptos::task::spawn_local;
use model::route;

use super::authorization_response::AuthorizationResponse;
use super::credentials::Authentication;
use super::error::LoginErrorKind;
use super::handle::{Session, remember};
use super::intent::{PendingAction, RememberedUser};
use super::state::{Event, State};
use super::transaction::{
    self, AuthorizationRequest, CallbackOutcome, InteractionMode, Purpose, Transaction,
};
use super::{silent, storage};
use crate::clock::now;
use crate::location::{self, leave_to, own_origin};
use crate::{cache, paths};

impl Session {
    pub(super) fn receive(self, response: Option<AuthorizationResponse>, transaction: Option<Transaction>) {
        let Some(response) = response else {
            return self.apply(Event::Failed(LoginErrorKind::Stale.into()));
        };
        match transaction::accept(transaction.as_ref(), response) {
            Ok(outcome) => self.act_on(outcome, transaction),
            Err(error) => self.apply(Event::Failed(error)),
        }
    }

    pub(super) fn act_on(self, outcome: CallbackOutcome, transaction: Option<Transaction>) {
        if let (CallbackOutcome::Exchange(code), Some(transaction)) = (outcome, transaction) {
            spawn_local(async move {
                let (purpose, silent) = (transaction.purpose.clone(), transaction.silent);
                let proof =
                    transaction::exchange_code(&self.tenant(), &own_origin(), code, transaction, now).await;
                self.apply(proof.map_or_else(Event::Failed, |proof| self.outcome(purpose, silent, proof)));
                self.renew_in_time();
            });
        } else {
            storage::forget_user();
            cache::clear();
            self.apply(Event::NoSession);
        }
    }

    /// What a proof means, by what the login was for. Who was signed in is never replaced without being asked.
    pub(super) fn outcome(self, purpose: Purpose, silent: bool, proof: Authentication) -> Event {
        let mut account = proof.account.clone();
        let is = |remembered: &RememberedUser| remembered.user_id == account.person.user_id;
        match purpose {
            Purpose::SignIn if silent => match storage::remembered_user() {
                Some(before) if !is(&before) => return Event::SomebodyElse(before, account),
                Some(before) => {
                    account.current_identity = account.current_identity.or(before.current_identity);
                }
                None => {}
            },
            Purpose::SignIn => {}
            Purpose::ProveSecondary(first, wanted) => return Event::SecondaryProven(first, wanted, proof),
            Purpose::Reauthenticate(first, _) | Purpose::ReauthenticatePrimary(first, ..) if !is(&first) => {
                return Event::SomebodyElse(first, account);
            }
            Purpose::Reauthenticate(_, intent) => {
                self.pending_action.set_value(Some(PendingAction::Intent(intent)));
            }
            Purpose::ReauthenticatePrimary(_, wanted, second) => {
                self.pending_action.set_value(Some(PendingAction::Link(wanted, second)));
            }
        }
        remember(&account);
        Event::Granted(account)
    }

    pub(super) fn sign_in_silently(self) {
        if !self.online.get_untracked() {
            return self.apply(Event::Failed(LoginErrorKind::Offline.into()));
        }
        let tenant = self.tenant();
        spawn_local(async move {
            let ask = AuthorizationRequest::sign_in(InteractionMode::SilentIframe, String::new());
            let begun = transaction::authorize_url(&tenant, &own_origin(), ask, now());
            let asked = match begun {
                Ok((url, transaction)) => {
                    silent::authorize(&url, &tenant.origin).await.map(|response| (response, transaction))
                }
                Err(error) => Err(error),
            };
            let judged =
                asked.and_then(|(response, transaction)| Ok((transaction.accept(response)?, transaction)));
            match judged {
                // A browser may keep the cookies of another site from a frame. Asking by going there settles
                // it, once: that way's own answer is final.
                Ok((CallbackOutcome::NoSession, _))
                    if window().location().hostname().as_deref() != Ok(tenant.hostname()) =>
                {
                    self.leave(AuthorizationRequest::sign_in(InteractionMode::SilentRedirect, String::new()));
                }
                Ok((outcome, transaction)) => self.act_on(outcome, Some(transaction)),
                Err(error) => self.apply(Event::Failed(error)),
            }
        });
    }

    /// Goes to the tenant, and comes back to where the person is now, or to where a login that failed was going.
    pub fn leave(self, mut ask: AuthorizationRequest) {
        let here = location::current();
        let return_to = if here == route::CALLBACK { self.return_to() } else { here };
        paths::safe_return(&return_to).clone_into(&mut ask.return_to);
        match transaction::authorize_url(&self.tenant(), &own_origin(), ask, now()) {
            Ok((url, transaction)) if storage::put_transaction(&transaction) => {
                self.leaving.set(true);
                leave_to(&url);
            }
            Ok(_) => self.state.set(State::Failed(LoginErrorKind::Storage.into())),
            Err(error) => self.state.set(State::Failed(error)),
        }
    }

    /// Goes to the tenant's login page, and comes back to where the person is now, or to where a login that
    /// failed was going.
    pub fn sign_in(self) {
        self.leave(AuthorizationRequest::sign_in(InteractionMode::Redirect, String::new()));
    }

    /// Goes to the tenant to sign in as the person who was signed in before.
    pub fn sign_in_again(self) {
        if let Some(State::Changed(before, _)) = self.state.try_get_untracked() {
            self.return_as(&before);
        }
    }

    /// Goes to the tenant to sign in as somebody who was signed in before.
    pub fn return_as(self, remembered: &RememberedUser) {
        self.leave(AuthorizationRequest::reauthenticate(
            InteractionMode::Redirect,
            String::new(),
            remembered,
            Purpose::SignIn,
        ));
    }

    /// Asks the tenant silently once more.
    pub fn retry(self) {
        self.apply(Event::Retried);
        self.sign_in_silently();
    }

    /// Goes on as whom the tenant signed in.
    pub fn accept(self) {
        if let Some(State::Changed(_, account)) = self.state.try_get_untracked() {
            remember(&account);
        }
        self.apply(Event::Accepted);
    }
}
