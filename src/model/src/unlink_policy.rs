//! Whether an identity can be unlinked, by the tenant's rules as far as a client's data show them. The page and the
//! operators' commands thus explain a refusal before a request is sent. The tenant decides about people's requests
//! (contract [G1](crate::contract#g1)); it holds no machine to these rules, so that a command keeps them by itself.

use crate::id::{ConnectionName, IdentityId, IdentityKey};
use crate::identity::Identity;
use crate::settings::OfferedConnection;
use crate::user::User;

/// Why an identity cannot be unlinked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnlinkBlocked {
    /// It is the primary identity, which holds the account.
    Primary,
    /// Its connection is pinned: an organisation manages it.
    Pinned,
    /// No other identity would open the account.
    LastWayIn,
    /// The tenant does not say who it is, so that no request can name it.
    Unreadable,
}

/// What would open an account if one of its identities were lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaysIn {
    /// No identity can sign in.
    None,
    /// One identity can sign in, and it is the person's own.
    One,
    /// So many can sign in, all of them by connections of an organisation, which can close them.
    OnlyCompany(usize),
    /// So many can sign in, at least one of them the person's own.
    Several(usize),
}

impl WaysIn {
    /// Returns the number of identities that can sign in.
    #[must_use]
    pub fn count(self) -> usize {
        match self {
            Self::None => 0,
            Self::One => 1,
            Self::OnlyCompany(count) | Self::Several(count) => count,
        }
    }
}

/// The mark of an id that stands for a missing one. No provider issues ids with it.
const UNREADABLE: char = '\0';

/// Returns the id of an identity whose own is missing. `place` tells several of them apart.
#[must_use]
pub fn unreadable_id(place: usize) -> IdentityId {
    IdentityId::text(format!("{UNREADABLE}{place}"))
}

impl UnlinkBlocked {
    /// Returns the reason that an error code of the tenant stands for.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        match code {
            "delete_main_user_identity" => Some(Self::Primary),
            "pinned_connection" => Some(Self::Pinned),
            "last_way_in" => Some(Self::LastWayIn),
            _ => None,
        }
    }
}

/// Returns whether `id` is one of [`unreadable_id`].
#[must_use]
pub fn is_unreadable(id: &IdentityId) -> bool {
    id.as_str().starts_with(UNREADABLE)
}

/// The rules of unlinking, from the settings of the connections.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnlinkPolicy {
    pinned: Vec<ConnectionName>,
    closed: Vec<ConnectionName>,
    /// Every connection of the tenant, if they are all known: nobody signs in through another one.
    all: Option<Vec<ConnectionName>>,
}

impl UnlinkPolicy {
    /// Reads the settings. A connection that is not listed is open and not pinned.
    #[must_use]
    pub fn new(connections: &[OfferedConnection]) -> Self {
        let names = |matches: fn(&&OfferedConnection) -> bool| {
            connections.iter().filter(matches).map(|connection| connection.name.clone()).collect()
        };
        Self {
            pinned: names(|connection| connection.pinned),
            closed: names(|connection| connection.closed),
            all: None,
        }
    }

    /// Reads the settings of all connections that the tenant has. Nobody signs in through one that is not listed.
    #[must_use]
    pub fn of_all(connections: &[OfferedConnection]) -> Self {
        let all = connections.iter().map(|connection| connection.name.clone()).collect();
        Self { all: Some(all), ..Self::new(connections) }
    }

    /// Returns the rules as they are once a connection is closed.
    #[must_use]
    pub fn without(&self, connection: &ConnectionName) -> Self {
        let mut rules = self.clone();
        rules.closed.push(connection.clone());
        rules
    }

    /// Returns whether signing in with `identity` is possible: its connection is not closed.
    #[must_use]
    pub fn is_way_in(&self, identity: &Identity) -> bool {
        !self.closed.contains(&identity.connection)
            && self.all.as_ref().is_none_or(|all| all.contains(&identity.connection))
    }

    /// Returns what opens the account of `user`.
    #[must_use]
    pub fn ways_in(&self, user: &User) -> WaysIn {
        let ways_in = || user.identities.iter().filter(|identity| self.is_way_in(identity));
        match ways_in().count() {
            0 => WaysIn::None,
            count if ways_in().all(|identity| self.is_of_company(identity)) => WaysIn::OnlyCompany(count),
            1 => WaysIn::One,
            count => WaysIn::Several(count),
        }
    }

    /// Returns whether an organisation decides about `identity`: it is a company's directory, or pinned.
    fn is_of_company(&self, identity: &Identity) -> bool {
        identity.provider.is_enterprise() || self.pinned.contains(&identity.connection)
    }

    /// Returns why `identity` of `user` cannot be unlinked together with the identities `going`; `None` when it can.
    #[must_use]
    pub fn reason(&self, user: &User, identity: &Identity, going: &[IdentityKey]) -> Option<UnlinkBlocked> {
        let key = identity.key();
        if user.identities.first().is_some_and(|main| main.key() == key) {
            return Some(UnlinkBlocked::Primary);
        }
        if is_unreadable(&identity.user_id) {
            return Some(UnlinkBlocked::Unreadable);
        }
        if self.pinned.contains(&identity.connection) {
            return Some(UnlinkBlocked::Pinned);
        }
        let stays = |other: &&Identity| {
            let other = other.key();
            other != key && !going.contains(&other)
        };
        let opens = user.identities.iter().filter(stays).any(|other| self.is_way_in(other));
        (!opens).then_some(UnlinkBlocked::LastWayIn)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn user() -> User {
        let identity = |name: &str| json!({ "provider": name, "user_id": "1", "connection": name });
        let identities = ["auth0", "github", "apple", "okta"].map(identity);
        serde_json::from_value(json!({ "user_id": "auth0|1", "identities": identities })).unwrap()
    }

    fn guard(connections: &Value) -> UnlinkPolicy {
        UnlinkPolicy::new(&serde_json::from_value::<Vec<_>>(connections.clone()).unwrap())
    }

    fn reasons(guard: &UnlinkPolicy, going: &[usize]) -> Vec<Option<UnlinkBlocked>> {
        let user = user();
        let going: Vec<_> = going.iter().map(|place| user.identities[*place].key()).collect();
        user.identities.iter().map(|identity| guard.reason(&user, identity, &going)).collect()
    }

    #[test]
    fn the_main_login_stays_and_the_others_may_go() {
        assert_eq!(reasons(&UnlinkPolicy::default(), &[]), [Some(UnlinkBlocked::Primary), None, None, None]);
    }

    #[test]
    fn a_login_of_a_pinned_connection_stays() {
        let guard = guard(&json!([{ "name": "okta", "strategy": "okta", "pinned": true }]));
        assert_eq!(
            reasons(&guard, &[]),
            [Some(UnlinkBlocked::Primary), None, None, Some(UnlinkBlocked::Pinned)]
        );
    }

    #[test]
    fn the_last_login_that_opens_the_account_stays_also_when_others_go_with_it() {
        let closed = |name: &str| json!({ "name": name, "strategy": name, "closed": true });
        let one = guard(&json!([closed("auth0"), closed("apple"), closed("okta")]));
        assert_eq!(
            reasons(&one, &[]),
            [Some(UnlinkBlocked::Primary), Some(UnlinkBlocked::LastWayIn), None, None]
        );
        let two = guard(&json!([closed("auth0"), closed("okta")]));
        assert_eq!(reasons(&two, &[]), [Some(UnlinkBlocked::Primary), None, None, None]);
        assert_eq!(
            reasons(&two, &[1]),
            [Some(UnlinkBlocked::Primary), None, Some(UnlinkBlocked::LastWayIn), None]
        );
    }

    #[test]
    fn a_connection_that_the_tenant_no_longer_has_is_no_way_in() {
        let open = |names: &[&str]| {
            let list: Vec<_> = names.iter().map(|name| json!({ "name": name, "strategy": name })).collect();
            UnlinkPolicy::of_all(&serde_json::from_value::<Vec<_>>(Value::from(list)).unwrap())
        };
        assert_eq!(open(&["auth0", "github"]).ways_in(&user()), WaysIn::Several(2));
        assert_eq!(reasons(&open(&["github"]), &[])[1], Some(UnlinkBlocked::LastWayIn));
        let github = ConnectionName::new("github");
        assert_eq!(open(&["github"]).without(&github).ways_in(&user()), WaysIn::None);
    }

    #[test]
    fn a_way_in_is_what_can_sign_in_and_a_company_s_alone_is_not_one_s_own() {
        let closed = |name: &str| json!({ "name": name, "strategy": name, "closed": true });
        let ways_in = |connections: Value| guard(&connections).ways_in(&user());
        assert_eq!(ways_in(json!([])), WaysIn::Several(4));
        assert_eq!(ways_in(json!([closed("github")])), WaysIn::Several(3));
        assert_eq!(ways_in(json!([closed("auth0"), closed("apple"), closed("okta")])), WaysIn::One);
        assert_eq!(
            ways_in(json!([closed("auth0"), closed("apple"), closed("github")])),
            WaysIn::OnlyCompany(1)
        );
        let pinned = json!({ "name": "github", "strategy": "github", "pinned": true });
        assert_eq!(ways_in(json!([closed("auth0"), closed("apple"), pinned])), WaysIn::OnlyCompany(2));
        let all = json!([closed("auth0"), closed("github"), closed("apple"), closed("okta")]);
        assert_eq!(ways_in(all), WaysIn::None);
    }

    #[test]
    fn all_linked_logins_may_go_at_once_while_the_main_one_opens_the_account() {
        assert_eq!(
            reasons(&UnlinkPolicy::default(), &[1, 2, 3]),
            [Some(UnlinkBlocked::Primary), None, None, None]
        );
    }

    #[test]
    fn a_refusal_of_the_tenant_has_the_same_reasons() {
        assert_eq!(UnlinkBlocked::of_code("pinned_connection"), Some(UnlinkBlocked::Pinned));
        assert_eq!(UnlinkBlocked::of_code("last_way_in"), Some(UnlinkBlocked::LastWayIn));
        assert_eq!(UnlinkBlocked::of_code("delete_main_user_identity"), Some(UnlinkBlocked::Primary));
        assert_eq!(UnlinkBlocked::of_code("insufficient_scope"), None);
    }
}
