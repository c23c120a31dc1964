//! The signed-in user, the identity in use, and the tokens.

use model::{ConnectionName, Identity, IdentityId, IdentityKey, Profile, Provider, User, UserId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::token::{BearerToken, IdToken};

/// The signed-in user, from the claims of the ID token.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    /// The user id: the claim `sub`.
    pub user_id: UserId,
    /// All claims; name, e-mail address and picture as far as the tenant sends them.
    pub profile: Profile,
}

/// The identity that the tenant's session was created with, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurrentIdentity {
    /// The connection.
    pub connection: ConnectionName,
    /// The identity as `provider|id`; `None` when the tenant does not send it.
    pub identity: Option<UserId>,
}

impl CurrentIdentity {
    /// Reads the claim `{"provider", "user_id", "connection"}`. Returns `None` when it has another shape.
    #[must_use]
    pub fn from_claim(claim: &Value) -> Option<Self> {
        let text = |name: &str| claim.get(name).and_then(Value::as_str);
        let user_id: IdentityId = Deserialize::deserialize(claim.get("user_id")?).ok()?;
        let key = IdentityKey { provider: Provider::new(text("provider")?), user_id };
        Some(Self { connection: ConnectionName::new(text("connection")?), identity: Some(key.as_user_id()) })
    }

    /// Returns the key of this identity in `identities`. If only the connection is known, exactly one of them must
    /// belong to it.
    #[must_use]
    pub fn among(&self, identities: &[Identity]) -> Option<IdentityKey> {
        let mut fitting = identities.iter().filter(|identity| match &self.identity {
            Some(current_identity) => identity.key().as_user_id() == *current_identity,
            None => identity.connection == self.connection,
        });
        let found = fitting.next()?;
        fitting.next().is_none().then(|| found.key())
    }
}

/// A login that was proven here to be linked, since the person came in with another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvenIdentity {
    /// The login.
    pub identity: CurrentIdentity,
    /// Whether the tenant took the proof for a sign-in, as Auth0 does: its session is through this login now (contract
    /// [G100](model::contract#g100)).
    pub has_session: bool,
}

/// The user who was signed in here before, while it is not known whether they still are.
#[derive(Clone, Debug, PartialEq)]
pub struct LastUser {
    /// The user, as far as the last list tells it.
    pub person: Person,
    /// The identity that they came in with, as far as it is known.
    pub current_identity: Option<CurrentIdentity>,
    /// Their last list.
    pub list: User,
}

/// The signed-in user with a token for the Management API.
#[derive(Clone, Debug, PartialEq)]
pub struct Credentials {
    /// The user.
    pub person: Person,
    /// The token for the Management API.
    pub bearer: BearerToken,
    /// Whether the token permits changes of the user's metadata, as far as the tenant says what it permits.
    pub may_set_metadata: bool,
    /// When the token expires, by the page's clock; `None` when the tenant did not say.
    pub expires_at: Option<i64>,
    /// When the person last authenticated (`auth_time`), by the page's clock; `None` when the tenant did not say.
    pub auth_time: Option<i64>,
    /// What to add to the page's clock to get the tenant's, in seconds.
    pub tenant_ahead: i64,
    /// The identity that the person came in with, as far as it is known.
    pub current_identity: Option<CurrentIdentity>,
    /// The login that was proven since.
    pub proven: Option<ProvenIdentity>,
}

impl Credentials {
    /// Returns these credentials of a silent sign-in with what is known about the one before: the person still came in with
    /// `current_identity`, although a tenant may name the login that was `proven` since.
    #[must_use]
    pub fn silently_after(
        mut self,
        current_identity: Option<CurrentIdentity>,
        proven: Option<ProvenIdentity>,
    ) -> Self {
        match (&self.current_identity, proven) {
            (Some(claimed), Some(proven)) if *claimed == proven.identity => {
                self.current_identity = current_identity;
                self.proven = Some(ProvenIdentity { has_session: true, ..proven });
            }
            // The session is through another login, and so its own.
            (Some(_), _) => {}
            (None, proven) => {
                self.current_identity = current_identity;
                self.proven = proven;
            }
        }
        self
    }

    /// Returns whether the token has not expired at `now`, by the page's clock.
    #[must_use]
    pub fn is_live(&self, now: i64) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }

    /// Returns whether the person authenticated within the last `seconds` before `now`; 0 accepts any age.
    #[must_use]
    pub fn is_fresh(&self, seconds: u32, now: i64) -> bool {
        let since = |time: i64| now.saturating_sub(time) <= i64::from(seconds);
        seconds == 0 || self.auth_time.is_some_and(since)
    }
}

/// The result of a code exchange whose ID token passed all checks.
#[derive(Clone, Debug, PartialEq)]
pub struct Authentication {
    /// The user with their tokens.
    pub account: Credentials,
    /// The ID token, which proves the identity when it is linked.
    pub id_token: IdToken,
}

#[cfg(test)]
impl Credentials {
    /// Returns credentials of a user without a profile, whose token expires at 100.
    pub(super) fn for_test(user_id: &str, bearer: &str) -> Self {
        Self {
            person: Person { user_id: UserId::new(user_id), profile: Profile::default() },
            bearer: BearerToken::new(bearer.to_owned()),
            may_set_metadata: true,
            expires_at: Some(100),
            auth_time: None,
            tenant_ahead: 0,
            current_identity: None,
            proven: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn account() -> Credentials {
        Credentials::for_test("auth0|1", "secret")
    }

    #[test]
    fn a_token_is_live_until_its_last_second() {
        assert!(account().is_live(99));
        assert!(!account().is_live(100));
    }

    #[test]
    fn a_sign_in_is_fresh_for_as_long_as_was_asked() {
        let at = |auth_time| Credentials { auth_time, ..account() };
        assert!(at(Some(1000)).is_fresh(900, 1900));
        assert!(!at(Some(1000)).is_fresh(900, 1901));
        assert!(!at(None).is_fresh(900, 1000));
        assert!(at(None).is_fresh(0, 1000));
    }

    #[test]
    fn a_proof_does_not_change_what_the_person_came_in_with() {
        let identity = |name: &str| CurrentIdentity {
            connection: ConnectionName::new(name),
            identity: Some(UserId::new(format!("{name}|1"))),
        };
        let own = Some(identity("github"));
        let proven = Some(ProvenIdentity { identity: identity("line"), has_session: false });
        let renewed = |claimed: Option<&str>| {
            let account = Credentials { current_identity: claimed.map(identity), ..account() };
            let account = account.silently_after(own.clone(), proven.clone());
            (account.current_identity, account.proven.map(|proven| proven.has_session))
        };
        assert_eq!(renewed(Some("line")), (own.clone(), Some(true)), "the tenant took it for a sign-in");
        assert_eq!(renewed(Some("github")), (own.clone(), None), "the tenant kept its session");
        assert_eq!(renewed(Some("apple")), (Some(identity("apple")), None), "the person signed in elsewhere");
        assert_eq!(renewed(None), (own.clone(), Some(false)), "the tenant does not say");
    }

    #[test]
    fn the_identity_in_use_is_read_from_its_claim() {
        let claim = json!({ "provider": "github", "user_id": 42, "connection": "github" });
        let identity = CurrentIdentity::from_claim(&claim).unwrap().identity.unwrap();
        assert_eq!(identity.as_str(), "github|42");
        assert_eq!(CurrentIdentity::from_claim(&json!({ "provider": "github" })), None);
    }

    #[test]
    fn a_connection_alone_names_an_identity_only_if_no_other_has_it() {
        let identity = |id: &str, connection: &str| {
            let identity = json!({ "provider": connection, "user_id": id, "connection": connection });
            serde_json::from_value::<Identity>(identity).unwrap()
        };
        let current_identity = CurrentIdentity { connection: ConnectionName::new("github"), identity: None };
        let one = [identity("1", "github"), identity("2", "line")];
        assert_eq!(current_identity.among(&one), Some(one[0].key()));
        assert_eq!(current_identity.among(&[identity("1", "github"), identity("2", "github")]), None);
        assert_eq!(current_identity.among(&one[1..]), None);
    }
}
