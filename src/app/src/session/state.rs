//! Who is signed in, as a pure state machine: what happened goes in, the next state comes out.

use std::fmt;

use model::{Profile, UserId};

use super::LoginError;

/// A token that opens the Management API. Held in memory only; its Debug prints nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct BearerToken(String);

impl BearerToken {
    /// Wraps a token as the tenant issued it.
    #[must_use]
    pub fn new(token: String) -> Self {
        Self(token)
    }

    /// The token itself, for an `Authorization` header and nothing else.
    #[must_use]
    pub fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BearerToken")
    }
}

/// Who is signed in, from the ID token.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    /// The account's id: the token's `sub`.
    pub user_id: UserId,
    /// Name, e-mail address and picture, as far as the tenant told.
    pub profile: Profile,
}

/// A signed-in person with a token.
#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    /// Who it is.
    pub person: Person,
    /// What to show to the Management API.
    pub bearer: BearerToken,
    /// When the token ends, in seconds since 1970; `None` when the tenant did not say.
    pub expires_at: Option<i64>,
}

impl Account {
    /// Whether the token still has time left at `now`, in seconds since 1970.
    #[must_use]
    pub fn is_live(&self, now: i64) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }
}

/// What is known about the session.
#[derive(Clone, Debug, PartialEq)]
pub enum State {
    /// The tenant is being asked whether its session lives.
    Checking,
    /// A sign-in came back and is being finished.
    SigningIn,
    /// Nobody is signed in.
    SignedOut,
    /// Somebody is, with a token.
    SignedIn(Account),
    /// Somebody was: what they see may stay on screen, the token is gone.
    Expired(Person),
    /// Signing in did not work.
    Failed(LoginError),
}

/// What can happen to a session.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The tenant issued tokens.
    Granted(Account),
    /// The tenant has no session for this browser.
    NoSession,
    /// The tenant issued tokens anew without asking anybody.
    Renewed(Account),
    /// Signing in did not work.
    Failed(LoginError),
    /// The person asked to try the silent sign-in again.
    Retried,
    /// The token's time is over, or the tenant refused it.
    Expired,
    /// The person signed out, here or in another tab.
    SignedOut,
}

impl State {
    /// The next state. An event that makes no sense in a state changes nothing: an answer that comes after
    /// somebody signed out must not sign them in again.
    #[must_use]
    pub fn on(self, event: Event) -> Self {
        match (self, event) {
            (Self::Checking | Self::SigningIn, Event::Granted(account)) => Self::SignedIn(account),
            (Self::Checking | Self::SigningIn, Event::NoSession) | (_, Event::SignedOut) => Self::SignedOut,
            (Self::Checking | Self::SigningIn, Event::Failed(error)) => Self::Failed(error),
            (Self::Failed(_), Event::Retried) => Self::Checking,
            (Self::SignedIn(account), Event::Expired) => Self::Expired(account.person),
            (state @ (Self::SignedIn(_) | Self::Expired(_)), Event::Renewed(account))
                if state.person().map(|person| &person.user_id) == Some(&account.person.user_id) =>
            {
                Self::SignedIn(account)
            }
            (state, _) => state,
        }
    }

    /// Who is, or until just now was, signed in.
    #[must_use]
    pub fn person(&self) -> Option<&Person> {
        match self {
            Self::SignedIn(account) => Some(&account.person),
            Self::Expired(person) => Some(person),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::LoginTrouble;

    fn account() -> Account {
        Account {
            person: Person { user_id: UserId::new("auth0|1"), profile: Profile::default() },
            bearer: BearerToken::new("secret".to_owned()),
            expires_at: Some(100),
        }
    }

    fn failure() -> LoginError {
        LoginError::from(LoginTrouble::Timeout)
    }

    #[test]
    fn a_grant_signs_in_while_somebody_waits_for_it() {
        assert_eq!(State::Checking.on(Event::Granted(account())), State::SignedIn(account()));
        assert_eq!(State::SigningIn.on(Event::Granted(account())), State::SignedIn(account()));
    }

    #[test]
    fn a_grant_that_comes_after_signing_out_is_dropped() {
        assert_eq!(State::Checking.on(Event::SignedOut).on(Event::Granted(account())), State::SignedOut);
    }

    #[test]
    fn no_session_is_quietly_signed_out() {
        assert_eq!(State::Checking.on(Event::NoSession), State::SignedOut);
        assert_eq!(State::SigningIn.on(Event::NoSession), State::SignedOut);
    }

    #[test]
    fn an_expired_session_keeps_the_person_and_drops_the_token() {
        assert_eq!(State::SignedIn(account()).on(Event::Expired), State::Expired(account().person));
    }

    #[test]
    fn only_somebody_signed_in_can_expire() {
        assert_eq!(State::SignedOut.on(Event::Expired), State::SignedOut);
        assert_eq!(State::Checking.on(Event::Expired), State::Checking);
    }

    #[test]
    fn a_failure_can_be_tried_again() {
        let failed = State::Checking.on(Event::Failed(failure()));
        assert_eq!(failed, State::Failed(failure()));
        assert_eq!(failed.on(Event::Retried), State::Checking);
    }

    #[test]
    fn a_renewal_gives_the_same_person_a_new_token() {
        let renewed = Account { bearer: BearerToken::new("newer".to_owned()), ..account() };
        let event = || Event::Renewed(renewed.clone());
        assert_eq!(State::SignedIn(account()).on(event()), State::SignedIn(renewed.clone()));
        assert_eq!(State::Expired(account().person).on(event()), State::SignedIn(renewed.clone()));
    }

    #[test]
    fn a_renewal_signs_nobody_else_in() {
        let mut other = account();
        other.person.user_id = UserId::new("auth0|2");
        for state in [State::SignedIn(account()), State::SignedOut, State::Checking] {
            assert_eq!(state.clone().on(Event::Renewed(other.clone())), state);
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
    fn a_token_is_live_until_its_last_second() {
        assert!(account().is_live(99));
        assert!(!account().is_live(100));
    }

    #[test]
    fn a_token_is_never_printed() {
        assert!(!format!("{:?}", State::SignedIn(account())).contains("secret"));
    }
}
