//! The access token: using it, and renewing it without asking anybody.

use std::future::Future;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::credentials::{Authentication, Credentials};
use super::error::LoginErrorKind;
use super::handle::Session;
use super::silent;
use super::state::Event;
use super::tabs::{self, Renewal, TabMessage};
use super::transaction::{self, AuthorizationRequest, CallbackOutcome, InteractionMode};
use crate::api::{ApiError, Client, ErrorKind};
use crate::clock::now;
use crate::location::own_origin;

/// How long before its end a token is renewed, in seconds.
const RENEWAL_LEAD: i64 = 60;

impl Session {
    /// Sends a request with a live token. A token that is over, or that the tenant no longer takes, is renewed once
    /// without asking anybody; when that fails, the session on this page has ended.
    ///
    /// # Errors
    /// What went wrong, by what the person can do about it.
    pub async fn call<T, F>(self, send: impl Fn(Client) -> F) -> Result<T, ApiError>
    where
        F: Future<Output = Result<T, ApiError>>,
    {
        let ended = |error: &ApiError| error.kind == ErrorKind::SessionEnded;
        let mut renewed = false;
        // A loop, so that each kind of request is compiled into one place and not two.
        loop {
            let spent = self.credentials();
            let outcome = match self.client() {
                Ok(client) => send(client).await,
                Err(error) => Err(error),
            };
            if !outcome.as_ref().is_err_and(ended) {
                return outcome;
            }
            if renewed || !self.renew(spent).await {
                self.apply(Event::Expired);
                return outcome;
            }
            renewed = true;
        }
    }

    /// A client with a token that is live by this device's clock.
    ///
    /// # Errors
    /// [`ApiError`] with the advice to sign in again when there is none.
    pub fn client(self) -> Result<Client, ApiError> {
        let account = self.credentials().filter(|account| account.is_live(now()));
        match account.zip(self.tenant.try_get_value()) {
            Some((account, tenant)) => Ok(Client::new(tenant.origin, account.person.user_id, account.bearer)),
            None => Err(ApiError::signed_out()),
        }
    }

    /// Renews the token a little before its time is over.
    pub(super) fn renew_in_time(self) {
        let Some(account) = self.credentials() else { return };
        let Some(left) = account.expires_at.and_then(|end| end.checked_sub(now())) else { return };
        // Not before half of it, and not in more days than a browser's timer can count.
        let wait = left.saturating_sub(RENEWAL_LEAD.min(left / 2)).clamp(1, 86_400 * 24).unsigned_abs();
        let renew = move || spawn_local(async move { _ = self.renew(Some(account)).await });
        set_timeout(renew, Duration::from_secs(wait));
    }

    /// Gets a token in place of that of `spent` without asking anybody, and whether there is one. One tab at a time
    /// asks the tenant, the others take what it got.
    pub(super) async fn renew(self, spent: Option<Credentials>) -> bool {
        let _turn = tabs::acquire_renewal_lock().await;
        // Both are compared: two tokens of the same second can be the same to the letter.
        let token = |account: &Credentials| (account.bearer.clone(), account.expires_at);
        let is_renewed = |account: &Credentials| {
            account.is_live(now()) && spent.as_ref().map(token) != Some(token(account))
        };
        if self.credentials().as_ref().is_some_and(is_renewed) {
            return true;
        }
        let Some(tenant) = self.tenant.try_get_value() else { return false };
        let asked = async {
            let ask = AuthorizationRequest::sign_in(InteractionMode::SilentIframe, String::new());
            let (url, transaction) = transaction::authorize_url(&tenant, &own_origin(), ask, now())?;
            let response = silent::authorize(&url, &tenant.origin).await?;
            match transaction.accept(response)? {
                CallbackOutcome::Exchange(code) => {
                    transaction::exchange_code(&tenant, &own_origin(), code, transaction, now).await
                }
                CallbackOutcome::NoSession => Err(LoginErrorKind::Denied.into()),
            }
        };
        let Ok(Authentication { mut account, .. }) = asked.await else { return false };
        account.current_identity = account
            .current_identity
            .or_else(|| self.remembered_user().and_then(|remembered| remembered.current_identity));
        let (renewal, got) = (Renewal::of(&account), account.bearer.clone());
        self.apply(Event::Renewed(account));
        // Not when somebody else turned out to be signed in.
        let renewed = self.credentials().is_some_and(|account| account.bearer == got);
        if renewed {
            tabs::broadcast(&TabMessage::Renewed(renewal));
            self.renew_in_time();
        }
        renewed
    }
}
