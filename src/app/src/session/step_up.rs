//! A fresh sign-in before a sensitive change, and what to go on with afterwards.

use std::fmt;

use model::{ConnectionName, User, UserId};
use serde::{Deserialize, Serialize};

use super::login::{Ask, Manner, Purpose};
use super::popup::{NotProven, Popup};
use super::state::{Event, IdToken, Used};
use super::{Session, now, remember};
use crate::api::ApiError;
use crate::text;

/// Somebody who was signed in, as far as it outlives a page load.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whom {
    /// The account's id.
    pub user_id: UserId,
    /// How the header called them.
    pub who: Option<String>,
    /// What they signed in with.
    pub used: Option<Used>,
}

impl Whom {
    /// What tells the tenant, or the provider behind it, who is expected: the e-mail address of the account, or
    /// the id of the linked identity that is in use.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let linked = self.used.as_ref().and_then(|used| used.identity.as_ref());
        match linked.filter(|identity| **identity != self.user_id).and_then(UserId::as_identity_key) {
            Some(key) => Some(key.user_id.to_string()),
            None => self.who.clone(),
        }
    }
}

/// What was to be done when a fresh sign-in was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Intent {
    /// Unlink these identities, named `provider|id`.
    Unlink(Vec<UserId>),
    /// Link the login that is proven next.
    Link(Wanted),
}

/// The login that shall be linked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// Its connection; without one the person chooses at the tenant.
    pub connection: Option<ConnectionName>,
    /// Who is expected there.
    pub hint: Option<String>,
    /// The very identity that is expected, as `provider|id`: one that was unlinked.
    pub expected: Option<UserId>,
}

/// A login that was proven in order to be linked, with the account that it opens.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Second {
    /// The proof.
    pub id_token: IdToken,
    /// What it was proven with.
    pub used: Option<Used>,
    /// The account.
    pub user: User,
}

impl fmt::Debug for Second {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Second")
    }
}

/// What to go on with after a redirect.
#[derive(Clone, Debug, PartialEq)]
pub enum Resume {
    /// The person is proven; do what they were about to do.
    Intent(Intent),
    /// Both are proven: link the second.
    Link(Wanted, Box<Second>),
}

/// Why there is no client for a sensitive change.
#[derive(Clone, Debug, PartialEq)]
pub enum NotFresh {
    /// There is no live token.
    SignedOut(ApiError),
    /// The browser is on its way to the tenant, and goes on when it comes back.
    Leaving,
    /// The person did not prove it.
    NotProven(NotProven),
    /// Somebody else signed in: how the header would call them.
    OtherPerson(Option<String>),
}

enum Begun {
    Ready,
    Asked(Popup),
    Not(NotFresh),
}

impl Session {
    /// Whether a sensitive change will ask the person to sign in again.
    #[must_use]
    pub fn needs_step_up(self) -> bool {
        let fresh_sign_in = self.tenant().fresh_sign_in;
        self.account().is_some_and(|account| !account.is_fresh(fresh_sign_in, now()))
    }

    /// Makes sure that the sign-in is recent enough for a sensitive change. Call it inside the click: if it is too
    /// old, this opens a window for a new one then and there, or leaves for it and goes on with `intent` after coming
    /// back ([`Session::take_resume`]).
    ///
    /// # Errors
    /// [`NotFresh`].
    pub fn fresh(self, intent: Intent) -> impl Future<Output = Result<(), NotFresh>> {
        let begun = if self.needs_step_up() {
            match (Popup::open(), self.whom()) {
                (Some(popup), _) => Begun::Asked(popup),
                (None, Some(whom)) => {
                    let purpose = Purpose::StepUp(whom.clone(), intent);
                    self.leave(Ask::again(Manner::Visible, String::new(), &whom, purpose));
                    Begun::Not(NotFresh::Leaving)
                }
                (None, None) => Begun::Not(NotFresh::SignedOut(ApiError::signed_out())),
            }
        } else {
            Begun::Ready
        };
        async move {
            match begun {
                Begun::Ready => Ok(()),
                Begun::Asked(popup) => self.step_up_in(&popup).await,
                Begun::Not(not) => Err(not),
            }
        }
    }

    /// Has the person sign in again in `popup`.
    ///
    /// # Errors
    /// [`NotFresh`].
    pub async fn step_up_in(self, popup: &Popup) -> Result<(), NotFresh> {
        let whom = self.whom().ok_or_else(|| NotFresh::SignedOut(ApiError::signed_out()))?;
        let ask = Ask::again(Manner::Popup, String::new(), &whom, Purpose::SignIn);
        let proof = popup.ask(self, ask).await.map_err(NotFresh::NotProven)?;
        if proof.account.person.user_id != whom.user_id {
            let who = text::person(&proof.account.person.profile);
            return Err(NotFresh::OtherPerson(who.map(ToOwned::to_owned)));
        }
        remember(&proof.account);
        self.handle(Event::Renewed(proof.account));
        self.renew_in_time();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whom(identity: Option<&str>) -> Whom {
        let used = identity.map(|identity| Used {
            connection: ConnectionName::new("github"),
            identity: Some(UserId::new(identity)),
        });
        Whom { user_id: UserId::new("auth0|1"), who: Some("ada@example.com".to_owned()), used }
    }

    #[test]
    fn the_tenant_is_told_whom_to_expect_by_the_login_in_use() {
        assert_eq!(whom(None).hint().as_deref(), Some("ada@example.com"));
        assert_eq!(whom(Some("auth0|1")).hint().as_deref(), Some("ada@example.com"));
        assert_eq!(whom(Some("github|42")).hint().as_deref(), Some("42"));
    }

    #[test]
    fn a_proven_login_survives_its_storage_and_prints_nothing() {
        let user = r#"{"user_id":"auth0|1","identities":[]}"#;
        let second = Second {
            id_token: IdToken::new("s3cret".to_owned()),
            used: None,
            user: serde_json::from_str(user).unwrap(),
        };
        let text = serde_json::to_string(&second).unwrap();
        assert_eq!(serde_json::from_str::<Second>(&text).unwrap(), second);
        assert_eq!(format!("{second:?}"), "Second");
    }
}
