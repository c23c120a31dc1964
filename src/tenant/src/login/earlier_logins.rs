//! The logins that were linked to an account before somebody proved its e-mail address.
//!
//! Whoever signs up with the address of somebody else can link a login of their own and wait for the owner. So the owner is
//! asked about each: none stays silently, and none of a rightful owner goes silently.

use std::collections::BTreeMap;

use model::{Identity, IdentityKey, Profile, UserId};
use store::{Unit, UserRow};

use super::form::Form;
use super::pages::ticket::LinkedLogin;
use crate::notice_mails::{self, Change, Login};
use crate::state::Tenant;

/// What the names of the fields with the decisions begin with; the identity as `provider|id` follows.
const PREFIX: &str = "login ";

/// What becomes of a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    Stays,
    Leaves,
}

/// The decisions in a submitted form, by the id of the identity.
#[derive(Clone)]
pub(super) struct Decisions(BTreeMap<UserId, Decision>);

impl Decisions {
    /// Reads the decisions in a form. Whatever is no decision is left out.
    pub(super) fn read(form: &Form) -> Self {
        let read = form.fields(PREFIX).filter_map(|(id, value)| {
            let decision = match value {
                "stays" => Decision::Stays,
                "leaves" => Decision::Leaves,
                _ => return None,
            };
            Some((UserId::new(id), decision))
        });
        Self(read.collect())
    }

    fn about(&self, key: &IdentityKey) -> Option<Decision> {
        self.0.get(&key.as_user_id()).copied()
    }
}

/// Returns the identities of a user that were linked before the address of the identity `proven` was proven; none if it was
/// proven before.
pub(super) fn earlier_logins<'u>(user: &'u UserRow, proven: &IdentityKey) -> Vec<&'u Identity> {
    match user.identity(proven) {
        Some(identity) if profile_of(user, identity).email_verified() != Some(true) => {
            user.identities.iter().filter(|other| other.key() != *proven).collect()
        }
        _ => Vec::new(),
    }
}

/// Returns the profile of an identity of a user.
pub(super) fn profile_of<'u>(user: &'u UserRow, identity: &'u Identity) -> &'u Profile {
    identity.profile_data.as_ref().unwrap_or(&user.profile)
}

/// Returns what the page shows about each of these identities of a user, with the decisions that were made.
pub(super) fn shown(
    tenant: &Tenant,
    user: &UserRow,
    logins: &[&Identity],
    decisions: Option<&Decisions>,
) -> Vec<LinkedLogin> {
    let shown = |identity: &&Identity| {
        let key = identity.key();
        let decision = decisions.and_then(|decisions| decisions.about(&key));
        let profile = profile_of(user, identity);
        let name = profile.email().or_else(|| profile.phone_number()).or_else(|| profile.text("name"));
        LinkedLogin {
            field: format!("{PREFIX}{}", key.as_user_id()),
            label: tenant.0.configuration.login_label(&identity.connection, &key.provider),
            provider: key.provider.clone(),
            name: name.unwrap_or_else(|| key.user_id.as_str()).to_owned(),
            is_primary: user.identities.first().is_some_and(|primary| primary.key() == key),
            stays: decision.map(|decision| decision == Decision::Stays),
        }
    };
    logins.iter().map(shown).collect()
}

/// The reason why the decisions about logins have no effect.
pub(super) enum DecisionError {
    /// A login has no decision, perhaps because it was linked after the page was shown.
    Missing,
    Store(store::Error),
}

impl From<store::Error> for DecisionError {
    fn from(error: store::Error) -> Self {
        Self::Store(error)
    }
}

/// Carries out the decisions about all earlier logins of a user, and returns those that left. Each opens an account of its own
/// afterwards. If the primary identity leaves, the account is its own: `proven` and whatever stays move out of it.
///
/// # Errors
/// [`DecisionError`]. The caller undoes the unit of work then.
pub(super) async fn separate(
    unit: &mut Unit,
    user: &UserRow,
    proven: &IdentityKey,
    decisions: &Decisions,
    now: i64,
) -> Result<Vec<Login>, DecisionError> {
    let (mut stay, mut leave) = (Vec::new(), Vec::new());
    for identity in earlier_logins(user, proven) {
        match decisions.about(&identity.key()).ok_or(DecisionError::Missing)? {
            Decision::Stays => stay.push(identity),
            Decision::Leaves => leave.push(identity),
        }
    }
    let primary = user.identities.first().map(Identity::key);
    if leave.iter().any(|identity| Some(identity.key()) == primary) {
        unlink(unit, user, proven, now).await?;
        for identity in stay {
            let key = identity.key();
            unlink(unit, user, &key, now).await?;
            unit.link_user(&proven.as_user_id(), &key.as_user_id(), now).await?;
        }
    }
    for key in leave.iter().map(|identity| identity.key()).filter(|key| Some(key) != primary.as_ref()) {
        unlink(unit, user, &key, now).await?;
    }
    Ok(leave.into_iter().map(|identity| Login::new(identity, user)).collect())
}

/// Tells the owners of the logins that left, and that of `account`, the account that they left.
pub(super) async fn tell(tenant: &Tenant, user_id: &UserId, account: &Login, left: &[Login]) {
    for login in left {
        notice_mails::send(tenant, user_id, Change::Unlinked, login, account).await;
    }
}

async fn unlink(unit: &mut Unit, user: &UserRow, key: &IdentityKey, now: i64) -> Result<(), DecisionError> {
    if unit.unlink_identity(user, key, now).await? {
        Ok(())
    } else {
        // Nothing else changes the user in this unit of work.
        Err(DecisionError::Store(store::Error::Damaged("identity")))
    }
}
