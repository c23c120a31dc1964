//! The session as a page sees it.

use super::credentials::Authentication;
use super::error::LoginError;
use super::intent::{LinkTarget, RememberedUser};
use super::state::State;
use crate::account_name::account_name;

/// What a page should show of the session; it stays the same while details change.
#[derive(Clone, Debug, PartialEq)]
pub enum Phase {
    /// Not known yet.
    Waiting,
    /// Nobody is signed in.
    SignedOut,
    /// Somebody is, or was until just now and still sees their list.
    Present,
    /// Signing in did not work.
    Failed(LoginError),
    /// The tenant signed in somebody else than before, both as the header would call them.
    Changed(Option<String>, Option<String>),
    /// A login to be linked is proven, for the account of this one.
    ConfirmPrimary(Box<(RememberedUser, LinkTarget, Authentication)>),
}

impl From<&State> for Phase {
    fn from(state: &State) -> Self {
        match state {
            State::Checking | State::SigningIn => Phase::Waiting,
            State::SignedOut => Phase::SignedOut,
            State::SignedIn(_) | State::Expired(_) => Phase::Present,
            State::Failed(error) => Phase::Failed(error.clone()),
            State::Changed(before, now) => {
                let now = account_name(&now.person.profile).map(ToOwned::to_owned);
                Phase::Changed(before.who.clone(), now)
            }
            State::ConfirmPrimary(first, wanted, proof) => {
                Phase::ConfirmPrimary(Box::new((first.clone(), wanted.clone(), proof.clone())))
            }
        }
    }
}
