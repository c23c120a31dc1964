//! The session as a pure state machine: a state and an event give the next state.

use super::credentials::{Authentication, Credentials, CurrentIdentity, LastUser, Person, ProvenIdentity};
use super::error::SignInError;
use super::intent::{LinkTarget, RememberedUser};
use crate::account_name::account_name;

/// The state of the session.
#[derive(Clone, Debug, PartialEq)]
pub enum State {
    /// A silent sign-in is under way. Meanwhile the page may show the last list of this user.
    Checking(Option<LastUser>),
    /// The response of a sign-in is being handled.
    SigningIn,
    /// Nobody is signed in.
    SignedOut,
    /// A user is signed in, with a token.
    SignedIn(Credentials),
    /// The session expired: the page may go on showing the user's list, the token is gone.
    Expired(Person),
    /// The tenant signed in another user than the one before. The person must choose between them.
    Changed(RememberedUser, Credentials),
    /// The secondary account is proven, and the primary one must be confirmed by signing in again. Only when linking
    /// by redirects, which leave nothing in memory.
    ConfirmPrimary(RememberedUser, LinkTarget, Authentication),
    /// Signing in failed.
    Failed(SignInError),
}

/// An event of the session.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The tenant issued tokens in a sign-in.
    Granted(Credentials),
    /// The tenant issued tokens for another user than the one before.
    SomebodyElse(RememberedUser, Credentials),
    /// The person accepts the other user whom the tenant signed in.
    Accepted,
    /// The secondary account is proven.
    SecondaryProven(RememberedUser, LinkTarget, Authentication),
    /// The person proved an identity to link it. They stay signed in with the one that they came in with.
    Proven(CurrentIdentity),
    /// The tenant has no session for this browser.
    NoSession,
    /// The tenant issued new tokens silently, or in a reauthentication.
    Renewed(Credentials),
    /// Signing in failed.
    Failed(SignInError),
    /// The silent sign-in is retried.
    Retried,
    /// The token expired, or the tenant refused it, and it could not be renewed.
    Expired,
    /// The person signed out, here or in another tab.
    SignedOut,
}

impl State {
    /// Returns the next state. An event that does not fit the state changes nothing: tokens that arrive after a
    /// sign-out must not sign the user in again.
    #[must_use]
    pub fn on(self, event: Event) -> Self {
        match (self, event) {
            (Self::Checking(_) | Self::SigningIn, Event::Granted(account))
            | (Self::Changed(_, account), Event::Accepted) => Self::SignedIn(account),
            (Self::Checking(_) | Self::SigningIn, Event::SomebodyElse(before, account)) => {
                Self::Changed(before, account)
            }
            (Self::SigningIn, Event::SecondaryProven(first, wanted, proof)) => {
                Self::ConfirmPrimary(first, wanted, proof)
            }
            (Self::SignedIn(account), Event::Proven(identity)) => {
                let proven = Some(ProvenIdentity { identity, has_session: false });
                Self::SignedIn(Credentials { proven, ..account })
            }
            (Self::Checking(_) | Self::SigningIn, Event::NoSession) | (_, Event::SignedOut) => {
                Self::SignedOut
            }
            (Self::Checking(_) | Self::SigningIn, Event::Failed(error)) => Self::Failed(error),
            (Self::Failed(_), Event::Retried) => Self::Checking(None),
            (Self::SignedIn(account), Event::Expired) => Self::Expired(account.person),
            (state @ (Self::SignedIn(_) | Self::Expired(_)), Event::Renewed(account)) => {
                match state.remembered_user().filter(|before| before.user_id != account.person.user_id) {
                    Some(before) => Self::Changed(before, account),
                    None => Self::SignedIn(account),
                }
            }
            (state, _) => state,
        }
    }

    /// Returns what is remembered of [`State::person`] across page loads.
    #[must_use]
    pub fn remembered_user(&self) -> Option<RememberedUser> {
        let person = self.person()?;
        let (current_identity, proven) = match self {
            Self::SignedIn(account) => (account.current_identity.clone(), account.proven.clone()),
            _ => (None, None),
        };
        let account_name = account_name(&person.profile).map(ToOwned::to_owned);
        Some(RememberedUser { user_id: person.user_id.clone(), account_name, current_identity, proven })
    }

    /// Returns the user whom the page shows: who is signed in, or was until the session expired, or was before, while it is
    /// not known whether they still are.
    #[must_use]
    pub fn person(&self) -> Option<&Person> {
        match self {
            Self::SignedIn(account) => Some(&account.person),
            Self::Expired(person) | Self::Checking(Some(LastUser { person, .. })) => Some(person),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use model::UserId;

    use super::*;
    use crate::session::error::SignInErrorKind;
    use crate::token::BearerToken;

    fn account() -> Credentials {
        Credentials::for_test("auth0|1", "secret")
    }

    fn failure() -> SignInError {
        SignInError::from(SignInErrorKind::Timeout)
    }

    #[test]
    fn a_grant_signs_in_while_somebody_waits_for_it() {
        assert_eq!(State::Checking(None).on(Event::Granted(account())), State::SignedIn(account()));
        assert_eq!(State::SigningIn.on(Event::Granted(account())), State::SignedIn(account()));
    }

    #[test]
    fn the_last_user_is_shown_and_has_no_token_until_the_tenant_has_answered() {
        let list = serde_json::from_str(r#"{"user_id":"auth0|1","identities":[]}"#).unwrap();
        let before = LastUser { person: account().person, current_identity: None, list };
        let checking = State::Checking(Some(before));
        assert_eq!(checking.person(), Some(&account().person));
        for event in [Event::Renewed(account()), Event::Expired, Event::Retried] {
            assert_eq!(checking.clone().on(event), checking);
        }
        assert_eq!(checking.clone().on(Event::NoSession), State::SignedOut);
        assert_eq!(checking.clone().on(Event::Failed(failure())), State::Failed(failure()));
        assert_eq!(checking.on(Event::Granted(account())), State::SignedIn(account()));
    }

    #[test]
    fn a_grant_that_comes_after_signing_out_is_dropped() {
        assert_eq!(
            State::Checking(None).on(Event::SignedOut).on(Event::Granted(account())),
            State::SignedOut
        );
    }

    #[test]
    fn no_session_is_quietly_signed_out() {
        assert_eq!(State::Checking(None).on(Event::NoSession), State::SignedOut);
        assert_eq!(State::SigningIn.on(Event::NoSession), State::SignedOut);
    }

    #[test]
    fn an_expired_session_keeps_the_person_and_drops_the_token() {
        assert_eq!(State::SignedIn(account()).on(Event::Expired), State::Expired(account().person));
    }

    #[test]
    fn only_somebody_signed_in_can_expire() {
        assert_eq!(State::SignedOut.on(Event::Expired), State::SignedOut);
        assert_eq!(State::Checking(None).on(Event::Expired), State::Checking(None));
    }

    #[test]
    fn a_failure_can_be_tried_again() {
        let failed = State::Checking(None).on(Event::Failed(failure()));
        assert_eq!(failed, State::Failed(failure()));
        assert_eq!(failed.on(Event::Retried), State::Checking(None));
    }

    #[test]
    fn a_renewal_gives_the_same_person_a_new_token() {
        let renewed = Credentials { bearer: BearerToken::new("newer".to_owned()), ..account() };
        let event = || Event::Renewed(renewed.clone());
        assert_eq!(State::SignedIn(account()).on(event()), State::SignedIn(renewed.clone()));
        assert_eq!(State::Expired(account().person).on(event()), State::SignedIn(renewed.clone()));
    }

    #[test]
    fn a_renewal_signs_nobody_else_in() {
        let mut other = account();
        other.person.user_id = UserId::new("auth0|2");
        for state in [State::SignedOut, State::Checking(None)] {
            assert_eq!(state.clone().on(Event::Renewed(other.clone())), state);
        }
        let before = State::SignedIn(account()).remembered_user().unwrap();
        for state in [State::SignedIn(account()), State::Expired(account().person)] {
            assert_eq!(
                state.on(Event::Renewed(other.clone())),
                State::Changed(before.clone(), other.clone())
            );
        }
        assert_eq!(State::SignedOut.on(Event::Renewed(account())), State::SignedOut);
    }

    #[test]
    fn a_late_failure_leaves_a_signed_in_person_alone() {
        assert_eq!(State::SignedIn(account()).on(Event::Failed(failure())), State::SignedIn(account()));
    }

    #[test]
    fn signing_out_ends_every_state() {
        for state in [State::SignedIn(account()), State::Expired(account().person), State::Failed(failure())]
        {
            assert_eq!(state.on(Event::SignedOut), State::SignedOut);
        }
    }

    #[test]
    fn somebody_else_is_signed_in_only_when_the_person_says_so() {
        let before = RememberedUser {
            user_id: UserId::new("auth0|2"),
            account_name: None,
            current_identity: None,
            proven: None,
        };
        let changed = State::Checking(None).on(Event::SomebodyElse(before.clone(), account()));
        assert_eq!(changed, State::Changed(before, account()));
        assert_eq!(changed.clone().on(Event::Expired), changed);
        assert_eq!(changed.on(Event::Accepted), State::SignedIn(account()));
    }

    #[test]
    fn a_token_is_never_printed() {
        assert!(!format!("{:?}", State::SignedIn(account())).contains("secret"));
    }
}
