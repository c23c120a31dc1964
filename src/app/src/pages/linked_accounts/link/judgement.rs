//! Decides what to do with a proven login, from what is known about both accounts.

use model::{Identity, IdentityKey, Metadata, User, UserId};

use crate::session::{LinkTarget, SecondaryAccount};
use model::unlink_policy::UnlinkPolicy;

/// What to do with a proven login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// Link it.
    Fit,
    /// It opens the primary account already.
    Same,
    /// It is not the expected one.
    Unexpected,
    /// Its e-mail address is not verified.
    Unverified,
    /// It belongs to an account with other logins, which the link would bring along.
    OtherAccount,
}

/// Judges a login that `secondary` proves, to be linked to the account `primary`.
#[must_use]
pub fn judge(primary: &UserId, target: &LinkTarget, secondary: &SecondaryAccount) -> Judgement {
    let profile = &secondary.user.profile;
    let is_expected = || target.expected.is_none() || target.expected.as_ref() == Some(&proven(secondary));
    if secondary.user.user_id == *primary {
        Judgement::Same
    } else if !is_expected() {
        Judgement::Unexpected
    } else if target.expected.is_none()
        && profile.email().is_some()
        && profile.email_verified() == Some(false)
    {
        Judgement::Unverified
    } else if secondary.user.identities.len() > 1 {
        Judgement::OtherAccount
    } else {
        Judgement::Fit
    }
}

/// Returns the first address of a password login of an account that nobody confirmed. A tenant can refuse to link such an
/// account: somebody else may have signed up with the address (contract [G3](model::contract#g3)).
pub(super) fn unconfirmed_address(user: &User) -> Option<&str> {
    let is_password = |identity: &&Identity| identity.provider.as_str() == "auth0";
    user.identities.iter().filter(is_password).find_map(|identity| {
        let profile = identity.profile_data.as_ref().unwrap_or(&user.profile);
        profile.email().filter(|_| profile.email_verified() != Some(true))
    })
}

/// Returns the identity that was proven, as `provider|id`: the one that the tenant names, else the account's primary.
fn proven(secondary: &SecondaryAccount) -> UserId {
    let identity =
        secondary.current_identity.as_ref().and_then(|current_identity| current_identity.identity.clone());
    identity.unwrap_or_else(|| secondary.user.user_id.clone())
}

/// Returns the proven identity if it can be unlinked from its account: its key, and the target to prove it again.
pub fn movable(secondary: &SecondaryAccount) -> Option<(IdentityKey, LinkTarget)> {
    let key = secondary.current_identity.as_ref()?.among(&secondary.user.identities)?;
    let identity = secondary.user.identities.iter().skip(1).find(|identity| identity.key() == key)?;
    let target = LinkTarget {
        connection: Some(identity.connection.clone()),
        hint: Some(hint(identity)),
        expected: Some(key.as_user_id()),
    };
    Some((key, target))
}

/// How long before its sign-in an account was made at most, so that it was made by that sign-in, in seconds.
const MADE_BY_SIGN_IN: i64 = 10 * 60;

/// Returns whether linking `secondary` deletes an account that somebody may miss. An account is missed by nobody which the
/// sign-in that proves the login has just made, or which nobody but that sign-in has opened since the login was
/// unlinked here (`was_unlinked_here`). `parse` reads a time in seconds; both times are the tenant's.
pub(super) fn deletes_an_account(
    secondary: &User,
    was_unlinked_here: bool,
    parse: impl Fn(&str) -> Option<i64>,
) -> bool {
    let time = |time: &Option<String>| time.as_deref().and_then(&parse);
    let is_empty = |metadata: &Option<Metadata>| metadata.as_ref().is_none_or(Metadata::is_empty);
    let is_made_now = match (time(&secondary.created_at), time(&secondary.last_login)) {
        (Some(made), Some(signed_in)) => signed_in.saturating_sub(made) <= MADE_BY_SIGN_IN,
        _ => false,
    };
    let is_unused = was_unlinked_here && secondary.logins_count.is_some_and(|count| count <= 1);
    secondary.identities.len() > 1 || !is_empty(&secondary.app_metadata) || !(is_made_now || is_unused)
}

/// Returns how many identities of the account still open it without the identity `going`.
pub fn ways_left(secondary: &User, going: &IdentityKey, policy: &UnlinkPolicy) -> usize {
    let stays = |identity: &&Identity| identity.key() != *going && policy.is_way_in(identity);
    secondary.identities.iter().filter(stays).count()
}

/// Returns the `login_hint` that names an identity to its provider.
pub(super) fn hint(identity: &Identity) -> String {
    let profile = identity.profile_data.as_ref();
    let who = profile.and_then(|profile| {
        profile.email().or_else(|| profile.username()).or_else(|| profile.phone_number())
    });
    who.map_or_else(|| identity.user_id.to_string(), ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use model::ConnectionName;
    use serde_json::{Value, json};

    use super::*;
    use crate::session::CurrentIdentity;
    use crate::token::IdToken;

    fn secondary(current_identity: &str, profile: &Value, identities: &[&str]) -> SecondaryAccount {
        let identity = |id: &&str| json!({ "provider": id, "user_id": "1", "connection": id });
        let mut account = profile.clone();
        account["user_id"] = json!(format!("{}|1", identities[0]));
        account["identities"] = identities.iter().map(identity).collect();
        SecondaryAccount {
            id_token: IdToken::new("t".to_owned()),
            current_identity: Some(CurrentIdentity {
                connection: ConnectionName::new(current_identity),
                identity: Some(UserId::new(format!("{current_identity}|1"))),
            }),
            user: serde_json::from_value(account).unwrap(),
        }
    }

    fn judged(secondary: &SecondaryAccount, expected: Option<&str>) -> Judgement {
        let target = LinkTarget { expected: expected.map(UserId::new), ..LinkTarget::default() };
        judge(&UserId::new("auth0|1"), &target, secondary)
    }

    #[test]
    fn a_login_with_an_account_of_its_own_is_linked() {
        assert_eq!(judged(&secondary("github", &json!({}), &["github"]), None), Judgement::Fit);
    }

    #[test]
    fn a_login_of_this_very_account_is_not_linked_again() {
        assert_eq!(judged(&secondary("github", &json!({}), &["auth0", "github"]), None), Judgement::Same);
    }

    #[test]
    fn undo_brings_back_the_very_login_or_asks() {
        let github = secondary("github", &json!({}), &["github"]);
        assert_eq!(judged(&github, Some("github|1")), Judgement::Fit);
        assert_eq!(judged(&github, Some("github|2")), Judgement::Unexpected);
    }

    #[test]
    fn an_unverified_address_is_not_linked_but_may_come_back() {
        let unverified = json!({ "email": "a@example.com", "email_verified": false });
        let github = secondary("github", &unverified, &["github"]);
        assert_eq!(judged(&github, None), Judgement::Unverified);
        assert_eq!(judged(&github, Some("github|1")), Judgement::Fit);
    }

    #[test]
    fn an_account_with_other_logins_is_never_brought_along_unasked() {
        let other = secondary("github", &json!({}), &["line", "github"]);
        assert_eq!(judged(&other, None), Judgement::OtherAccount);
        assert_eq!(judged(&other, Some("github|1")), Judgement::OtherAccount);
    }

    #[test]
    fn only_a_linked_login_can_leave_its_account() {
        let (key, target) = movable(&secondary("github", &json!({}), &["line", "github"])).unwrap();
        assert_eq!(key.as_user_id().as_str(), "github|1");
        assert_eq!(target.expected, Some(UserId::new("github|1")));
        assert_eq!(movable(&secondary("line", &json!({}), &["line", "github"])), None);
    }

    #[test]
    fn an_account_is_deleted_unasked_only_where_nobody_may_miss_it() {
        let deletes = |account: &Value, was_unlinked_here| {
            let user = secondary("github", account, &["github"]).user;
            deletes_an_account(&user, was_unlinked_here, |time| time.parse().ok())
        };
        let times = |made: &str, signed_in: &str| json!({ "created_at": made, "last_login": signed_in });
        assert!(!deletes(&times("1000", "1600"), false));
        assert!(deletes(&times("1000", "1601"), false));
        // A tenant that does not say is not taken for one that says so.
        assert!(deletes(&json!({ "created_at": "1000" }), false));
        assert!(deletes(
            &json!({ "created_at": "1000", "last_login": "1000", "app_metadata": { "vip": 1 } }),
            false
        ));
        let unused = json!({ "created_at": "1000", "last_login": "9000", "logins_count": 1 });
        assert!(!deletes(&unused, true));
        assert!(deletes(&unused, false));
        assert!(deletes(&json!({ "created_at": "1000", "last_login": "9000", "logins_count": 2 }), true));
        let merged = secondary("github", &times("1000", "1000"), &["github", "line"]).user;
        assert!(deletes_an_account(&merged, true, |time| time.parse().ok()));
    }

    #[test]
    fn a_login_that_cannot_sign_in_is_no_way_that_is_left() {
        let user = secondary("github", &json!({}), &["samlp", "github", "line"]).user;
        let going = user.identities[1].key();
        let closed = json!([{ "name": "samlp", "strategy": "samlp", "closed": true }]);
        let policy = UnlinkPolicy::new(&serde_json::from_value::<Vec<_>>(closed).unwrap());
        assert_eq!(ways_left(&user, &going, &UnlinkPolicy::default()), 2);
        assert_eq!(ways_left(&user, &going, &policy), 1);
    }

    #[test]
    fn the_address_of_a_password_is_to_be_confirmed_and_that_of_a_provider_is_not() {
        let of = |provider: &str, profile: &Value| {
            let secondary = secondary(provider, profile, &[provider]);
            unconfirmed_address(&secondary.user).map(ToOwned::to_owned)
        };
        let address = json!({ "email": "a@example.com" });
        assert_eq!(of("auth0", &address).as_deref(), Some("a@example.com"));
        assert_eq!(of("github", &address), None);
        assert_eq!(of("auth0", &json!({ "email": "a@example.com", "email_verified": true })), None);
        assert_eq!(of("auth0", &json!({ "username": "ada" })), None);
    }
}
