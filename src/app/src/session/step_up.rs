//! A fresh sign-in before a sensitive change.

use super::handle::{Session, remember};
use super::intent::Intent;
use super::popup::{Popup, PopupError};
use super::state::Event;
use super::transaction::{AuthorizationRequest, InteractionMode, Purpose};
use crate::account_name::account_name;
use crate::api::ApiError;
use crate::clock::now;

/// Why there is no client for a sensitive change.
#[derive(Clone, Debug, PartialEq)]
pub enum ReauthenticationError {
    /// There is no live token.
    SignedOut(ApiError),
    /// The browser is on its way to the tenant, and goes on when it comes back.
    Leaving,
    /// The person did not prove it.
    PopupError(PopupError),
    /// Somebody else signed in: how the header would call them.
    OtherPerson(Option<String>),
}

enum Start {
    Ready,
    Popup(Popup),
    Not(ReauthenticationError),
}

impl Session {
    /// Whether a sensitive change will ask the person to sign in again.
    #[must_use]
    pub fn needs_step_up(self) -> bool {
        let fresh_sign_in = self.tenant().fresh_sign_in;
        self.credentials().is_some_and(|account| !account.is_fresh(fresh_sign_in, now()))
    }

    /// Makes sure that the sign-in is recent enough for a sensitive change. Call it inside the click: if it is too
    /// old, this opens a window for a new one then and there, or leaves for it and goes on with `intent` after coming
    /// back ([`Session::take_pending_action`]).
    ///
    /// # Errors
    /// [`ReauthenticationError`].
    pub fn reauthenticate(self, intent: Intent) -> impl Future<Output = Result<(), ReauthenticationError>> {
        let begun = if self.needs_step_up() {
            match (Popup::open(), self.remembered_user()) {
                (Some(popup), _) => Start::Popup(popup),
                (None, Some(remembered)) => {
                    let purpose = Purpose::Reauthenticate(remembered.clone(), intent);
                    self.leave(AuthorizationRequest::reauthenticate(
                        InteractionMode::Redirect,
                        String::new(),
                        &remembered,
                        purpose,
                    ));
                    Start::Not(ReauthenticationError::Leaving)
                }
                (None, None) => Start::Not(ReauthenticationError::SignedOut(ApiError::signed_out())),
            }
        } else {
            Start::Ready
        };
        async move {
            match begun {
                Start::Ready => Ok(()),
                Start::Popup(popup) => self.reauthenticate_in(&popup).await,
                Start::Not(not) => Err(not),
            }
        }
    }

    /// Has the person sign in again in `popup`.
    ///
    /// # Errors
    /// [`ReauthenticationError`].
    pub async fn reauthenticate_in(self, popup: &Popup) -> Result<(), ReauthenticationError> {
        let remembered =
            self.remembered_user().ok_or_else(|| ReauthenticationError::SignedOut(ApiError::signed_out()))?;
        let request = AuthorizationRequest::reauthenticate(
            InteractionMode::Popup,
            String::new(),
            &remembered,
            Purpose::SignIn,
        );
        let proof =
            popup.authenticate(&self.tenant(), request).await.map_err(ReauthenticationError::PopupError)?;
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
