//! The functions of the session that come with the later chunk.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::authorization::silent_outcome;
use super::authorization_request::{self, AuthorizationRequest, InteractionMode};
use super::authorization_response::{AuthorizationResponse, Code};
use super::credentials::Authentication;
use super::error::{SignInError, SignInErrorKind};
use super::exchange::exchange_code;
use super::handle::{Session, remember};
use super::intent::{PendingAction, RememberedUser};
use super::later::{REQUESTS, Requests};
use super::silent;
use super::state::{Event, State};
use super::tabs::{self, TabMessage};
use super::transaction::{self, CallbackOutcome, Purpose, Transaction};
use crate::clock::now;
use crate::location::{self, own_origin};
use crate::settings::Tenant;
use crate::{json, paths};
use model::route;

static LATER: Requests = Requests {
    receive: Session::receive,
    exchange: Session::exchange,
    sign_in_silently: Session::request_silently,
    leave_silently: |session| {
        session.leave(AuthorizationRequest::sign_in(InteractionMode::SilentRedirect, String::new()));
    },
    sign_in: |session| {
        session.leave(AuthorizationRequest::sign_in(InteractionMode::Redirect, String::new()));
    },
    renew: |session, spent| Box::pin(session.renew_token(spent)),
    answer_challenge: |session, max_age| Box::pin(session.step_up(max_age)),
    listen_to_tabs: |session| tabs::on_message(move |message| session.on_tab_message(message)),
    broadcast_sign_out: || tabs::broadcast(&TabMessage::SignedOut),
};

/// Enters the functions in their table.
pub fn enter() {
    REQUESTS.set(Some(&LATER));
}

impl Session {
    /// Handles the response that the callback's address holds.
    fn receive(self, response: Option<AuthorizationResponse>, transaction: Option<String>) {
        let transaction: Option<Transaction> = transaction.and_then(|text| json::read(&text).ok());
        if let Some(transaction) = &transaction {
            self.return_to.set_value(paths::safe_return(&transaction.return_to).to_owned());
        }
        let Some(response) = response else {
            return self.apply(Event::Failed(SignInErrorKind::Stale.into()));
        };
        match transaction::accept(transaction.as_ref(), response) {
            Ok(outcome) => self.act_on(outcome, transaction),
            Err(error) => self.apply(Event::Failed(error)),
        }
    }

    /// Exchanges the code of an accepted response, or ends as signed out when the tenant has no session.
    fn act_on(self, outcome: CallbackOutcome, transaction: Option<Transaction>) {
        if let (CallbackOutcome::Exchange(code), Some(transaction)) = (outcome, transaction) {
            self.exchange(code, transaction);
        } else {
            self.has_no_session();
        }
    }

    fn exchange(self, code: Code, transaction: Transaction) {
        spawn_local(async move {
            let (purpose, silent) = (transaction.purpose.clone(), transaction.silent);
            let authentication = exchange_code(&self.tenant(), &own_origin(), code, transaction, now).await;
            self.apply(
                authentication.map_or_else(Event::Failed, |authentication| {
                    self.outcome(purpose, silent, authentication)
                }),
            );
            self.renew_in_time();
        });
    }

    /// Returns the event that follows from tokens, by the purpose of their transaction. Another user never replaces
    /// the one who was signed in without the person's consent.
    fn outcome(self, purpose: Purpose, silent: bool, authentication: Authentication) -> Event {
        let account = authentication.account.clone();
        let is_same_user = |remembered: &RememberedUser| remembered.user_id == account.person.user_id;
        match purpose {
            Purpose::SignIn if silent => return silent_outcome(account),
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

    /// Signs in without showing a page, in a hidden frame, and by one redirect where that cannot work.
    fn request_silently(self) {
        let tenant = self.tenant();
        spawn_local(async move {
            let accepted = authorize(&tenant)
                .await
                .and_then(|(response, transaction)| Ok((transaction.accept(response)?, transaction)));
            match accepted {
                Ok((CallbackOutcome::NoSession, _)) if self.is_elsewhere() => (LATER.leave_silently)(self),
                Ok((outcome, transaction)) => self.act_on(outcome, Some(transaction)),
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
        let fail = |error: SignInError| {
            self.leaving.set(false);
            self.state.set(State::Failed(error));
        };
        match authorization_request::authorize_url(&self.tenant(), &own_origin(), request, now()) {
            Ok((url, transaction)) if super::storage::put_transaction(&transaction) => {
                self.depart(&url);
            }
            Ok(_) => fail(SignInErrorKind::Storage.into()),
            Err(error) => fail(error),
        }
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
}

/// Sends the request of a silent sign-in in a hidden frame. Returns the response and what it is checked against.
///
/// # Errors
/// Those of [`authorization_request::authorize_url`] and [`silent::authorize`].
pub(super) async fn authorize(tenant: &Tenant) -> Result<(AuthorizationResponse, Transaction), SignInError> {
    let request = AuthorizationRequest::sign_in(InteractionMode::SilentIframe, String::new());
    let (url, transaction) = authorization_request::authorize_url(tenant, &own_origin(), request, now())?;
    Ok((silent::authorize(&url, &tenant.origin).await?, transaction))
}
