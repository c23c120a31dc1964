//! The session as pages show it.

use super::credentials::Authentication;
use super::error::SignInError;
use super::intent::{LinkTarget, RememberedUser};
use super::state::State;
use crate::account_name::account_name;

/// What a page shows of the session. It stays equal while details such as the token change.
#[derive(Clone, Debug, PartialEq)]
pub enum Phase {
    /// Not known yet.
    Waiting,
    /// Nobody is signed in.
    SignedOut,
    /// A user is signed in, or the page shows their list: their session expired since, or it is not known yet whether it lasts.
    Present,
    /// Signing in failed.
    Failed(SignInError),
    /// The tenant signed in another user: the account names of the one before and of the one now.
    Changed(Option<String>, Option<String>),
    /// The secondary account is proven, and the primary one must be confirmed by signing in again.
    ConfirmPrimary(Box<(RememberedUser, LinkTarget, Authentication)>),
}

impl From<&State> for Phase {
    fn from(state: &State) -> Self {
        match state {
            State::Checking(None) | State::SigningIn => Phase::Waiting,
            State::SignedOut => Phase::SignedOut,
            State::SignedIn(_) | State::Expired(_) | State::Checking(Some(_)) => Phase::Present,
            State::Failed(error) => Phase::Failed(error.clone()),
            State::Changed(before, now) => {
                let now = account_name(&now.person.profile).map(ToOwned::to_owned);
                Phase::Changed(before.account_name.clone(), now)
            }
            State::ConfirmPrimary(primary, target, authentication) => {
                Phase::ConfirmPrimary(Box::new((primary.clone(), target.clone(), authentication.clone())))
            }
        }
    }
}
