//! Step-up: a fresh sign-in before a sensitive change.

use leptos::prelude::UpdateValue;

use super::authorization_request::{AuthorizationRequest, InteractionMode};
use super::credentials::Credentials;
use super::handle::{Session, remember};
use super::intent::{Declared, Intent};
use super::popup::{Popup, PopupError};
use super::state::Event;
use super::transaction::Purpose;
use crate::account_name::account_name;
use crate::api::ApiError;
use crate::clock::now;

/// Why the sign-in is not recent enough for a sensitive change.
#[derive(Clone, Debug, PartialEq)]
pub enum ReauthenticationError {
    /// Nobody is signed in.
    SignedOut(ApiError),
    /// The browser is leaving for the tenant, and the action is resumed when it returns.
    Leaving,
    /// The popup returned no tokens.
    Popup(PopupError),
    /// Another user signed in, with this account name.
    OtherPerson(Option<String>),
}

/// How a reauthentication starts, decided inside the click.
enum Start {
    Ready,
    Popup(Popup),
    Failed(ReauthenticationError),
}

impl Session {
    /// Returns whether a sensitive change requires a fresh sign-in.
    #[must_use]
    pub fn needs_step_up(self) -> bool {
        let fresh_sign_in = self.tenant().fresh_sign_in;
        self.credentials().is_some_and(|account| !account.is_fresh(fresh_sign_in, now()))
    }

    /// Ensures that the sign-in is recent enough for a sensitive change. Must be called inside a click: if it is too
    /// old, this opens a popup at once, or redirects and resumes `intent` afterwards
    /// ([`Session::take_pending_action`]). The hosted page says that it is for `declared`.
    ///
    /// # Errors
    /// [`ReauthenticationError`], with which nothing may be changed.
    pub fn reauthenticate(
        self,
        intent: Intent,
        declared: Declared,
    ) -> impl Future<Output = Result<(), ReauthenticationError>> {
        let start = if self.needs_step_up() {
            match (Popup::open(self.popup), self.remembered_user()) {
                (Some(popup), _) => Start::Popup(popup),
                (None, Some(remembered)) => {
                    let purpose = Purpose::Reauthenticate(remembered.clone(), intent);
                    let mode = InteractionMode::Redirect;
                    let declared = Some(declared.clone());
                    self.leave(AuthorizationRequest::reauthenticate(mode, &remembered, purpose, declared));
                    Start::Failed(ReauthenticationError::Leaving)
                }
                (None, None) => Start::Failed(ReauthenticationError::SignedOut(ApiError::signed_out())),
            }
        } else {
            Start::Ready
        };
        async move {
            match start {
                Start::Ready => Ok(()),
                Start::Popup(popup) => self.reauthenticate_in(&popup, declared).await,
                Start::Failed(error) => Err(error),
            }
        }
    }

    /// Answers a challenge of the tenant (RFC 9470) by a fresh sign-in in a popup, if the browser lets the page open one.
    /// Returns whether the same person signed in.
    ///
    /// Until somebody does, the page takes the sign-in for old, and from then on it asks for one of at most `max_age` seconds
    /// before by itself, inside the click.
    pub(super) async fn step_up(self, max_age: u32) -> bool {
        let max_age = max_age.max(1);
        self.tenant.try_update_value(|tenant| match &mut tenant.fresh_sign_in {
            0 => tenant.fresh_sign_in = max_age,
            own => *own = max_age.min(*own),
        });
        if let Some(account) = self.credentials() {
            self.apply(Event::Renewed(Credentials { auth_time: None, ..account }));
        }
        match Popup::open(self.popup) {
            Some(popup) => {
                let declared = Declared { purpose: model::purpose::Purpose::Confirm, connection: None };
                self.reauthenticate_in(&popup, declared).await.is_ok()
            }
            None => false,
        }
    }

    /// Requests a fresh sign-in in `popup`.
    ///
    /// # Errors
    /// [`ReauthenticationError`], with which nothing may be changed.
    pub async fn reauthenticate_in(
        self,
        popup: &Popup,
        declared: Declared,
    ) -> Result<(), ReauthenticationError> {
        let remembered =
            self.remembered_user().ok_or_else(|| ReauthenticationError::SignedOut(ApiError::signed_out()))?;
        let request = AuthorizationRequest::reauthenticate(
            InteractionMode::Popup,
            &remembered,
            Purpose::SignIn,
            Some(declared),
        );
        let proof =
            popup.authenticate(&self.tenant(), request).await.map_err(ReauthenticationError::Popup)?;
        if proof.account.person.user_id != remembered.user_id {
            let who = account_name(&proof.account.person.profile);
            return Err(ReauthenticationError::OtherPerson(who.map(ToOwned::to_owned)));
        }
        remember(&proof.account);
        self.apply(Event::Renewed(proof.account));
        self.renew_in_time();
        Ok(())
    }
}
