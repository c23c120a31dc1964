//! Uses the access token, and renews it silently.

use std::future::Future;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::credentials::{Authentication, Credentials};
use super::error::SignInErrorKind;
use super::exchange::exchange_code;
use super::handle::Session;
use super::requests::authorize;
use super::state::Event;
use super::tabs::{self, Renewal, TabMessage};
use super::transaction::CallbackOutcome;
use crate::api::{ApiError, Client, ErrorKind};
use crate::clock::now;
use crate::location::own_origin;

/// How long before its expiry a token is renewed, in seconds.
const RENEWAL_LEAD: i64 = 60;

impl Session {
    /// Sends a request with a live token. A token that has expired, or that the tenant refuses, is renewed silently and
    /// the request sent once more; if that fails, the session on this page expires. Where the tenant asks for a more recent
    /// sign-in, the person is asked for it, and the request sent once more.
    ///
    /// # Errors
    /// The [`ApiError`] of the last attempt.
    pub async fn call<T, F>(self, send: impl Fn(Client) -> F) -> Result<T, ApiError>
    where
        F: Future<Output = Result<T, ApiError>>,
    {
        let (mut renewed, mut stepped_up) = (false, false);
        // A loop, so that `send` is compiled once for each kind of request, not twice.
        loop {
            let spent = self.credentials();
            let outcome = match self.client() {
                Ok(client) => send(client).await,
                Err(error) => Err(error),
            };
            match outcome.as_ref().err().map(|error| error.kind) {
                Some(ErrorKind::SessionEnded) => {
                    if renewed || !self.renew(spent).await {
                        self.apply(Event::Expired);
                        return outcome;
                    }
                    renewed = true;
                }
                Some(ErrorKind::OldSignIn(max_age)) if !stepped_up => {
                    if !self.answer_challenge(max_age).await {
                        return outcome;
                    }
                    stepped_up = true;
                }
                _ => return outcome,
            }
        }
    }

    /// Returns a client whose token has not expired by the page's clock.
    ///
    /// # Errors
    /// [`ErrorKind::SessionEnded`] without such a token.
    pub fn client(self) -> Result<Client, ApiError> {
        let account = self.credentials().filter(|account| account.is_live(now()));
        match account.zip(self.tenant.try_get_value()) {
            Some((account, tenant)) => {
                let Credentials { person, bearer, tenant_ahead, .. } = account;
                Ok(Client::new(tenant.origin, person.user_id, bearer, tenant_ahead))
            }
            None => Err(ApiError::signed_out()),
        }
    }

    /// Schedules the renewal of the token shortly before it expires.
    pub(super) fn renew_in_time(self) {
        let Some(account) = self.credentials() else { return };
        let Some(left) = account.expires_at.and_then(|end| end.checked_sub(now())) else { return };
        // At half of the lifetime at the earliest, and within the 24 days that a browser's timer can count.
        let wait = left.saturating_sub(RENEWAL_LEAD.min(left / 2)).clamp(1, 86_400 * 24).unsigned_abs();
        let renew = move || spawn_local(async move { _ = self.renew(Some(account)).await });
        set_timeout(renew, Duration::from_secs(wait));
    }

    /// Replaces the token of `spent` silently. Returns whether there is a new one. One tab at a time sends the request;
    /// the others adopt its token.
    pub(super) async fn renew_token(self, spent: Option<Credentials>) -> bool {
        let _lock = tabs::acquire_renewal_lock().await;
        // The expiry is compared too: two tokens that were issued in the same second can be identical.
        let token = |account: &Credentials| (account.bearer.clone(), account.expires_at);
        let is_renewed = |account: &Credentials| {
            account.is_live(now()) && spent.as_ref().map(token) != Some(token(account))
        };
        if self.credentials().as_ref().is_some_and(is_renewed) {
            return true;
        }
        let Some(tenant) = self.tenant.try_get_value() else { return false };
        let authentication = async {
            let (response, transaction) = authorize(&tenant).await?;
            match transaction.accept(response)? {
                CallbackOutcome::Exchange(code) => {
                    exchange_code(&tenant, &own_origin(), code, transaction, now).await
                }
                CallbackOutcome::NoSession => Err(SignInErrorKind::Denied.into()),
            }
        };
        let Ok(Authentication { mut account, .. }) = authentication.await else { return false };
        let before = self.remembered_user().filter(|before| before.user_id == account.person.user_id);
        if let Some(before) = before {
            account = account.silently_after(before.current_identity, before.proven);
        }
        let (renewal, bearer) = (Renewal::of(&account, now()), account.bearer.clone());
        self.apply(Event::Renewed(account));
        // False when the tenant has signed in another user.
        let renewed = self.credentials().is_some_and(|account| account.bearer == bearer);
        if renewed {
            tabs::broadcast(&TabMessage::Renewed(renewal));
            self.renew_in_time();
        }
        renewed
    }
}
