//! Seeding: users that are added at the start of a tenant.

use std::collections::HashMap;
use std::sync::Arc;

use model::id::InvalidIdentityId;
use model::{Identity, IdentityKey, NewIdentityId, Profile, Provider, User};
use serde_json::Value;
use store::{Address, CredentialRow, Unit, UserRow, fold_identifier};
use tokio::task::JoinSet;

use crate::clock::Moment;
use crate::database::accounts::{MAX_USER_SIZE, identifiers, json_size};
use crate::password_hash::{ImportedHash, hash_password, with_hash_permit};
use crate::secret::Secret;
use crate::state::Tenant;

/// A user to add, with the password of its database identity if it has one.
#[derive(Clone, Debug)]
pub struct SeedUser {
    /// The user as in `GET /api/v2/users/{id}`: the primary identity first, `profileData` on the secondary ones.
    pub user: User,
    /// The password of the user's database identity.
    pub password: Option<SeedPassword>,
}

/// A password of a seed file.
#[derive(Clone, Debug)]
pub enum SeedPassword {
    /// Plain text, which is hashed before it is stored.
    Clear(Secret),
    /// A hash that another system computed, as in Auth0's bulk import. It is replaced at the first sign-in.
    Imported(ImportedHash),
}

/// The result of seeding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seeded {
    /// The number of users that were added.
    pub added: usize,
    /// The number of users that existed already and were left unchanged.
    pub kept: usize,
}

/// The reason why no user was added.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// An identity or identifier of a new user belongs to another user. Contains the id of the new user.
    #[error("user \"{0}\" cannot be added: one of its identities or login names belongs to another user")]
    Conflict(String),
    /// An identity of a new user has an id that no request can name. Contains the id of the new user.
    #[error("user \"{user}\" cannot be added: {reason}")]
    Id {
        /// The id of the new user.
        user: String,
        /// What is wrong with the id of the identity.
        reason: InvalidIdentityId,
    },
    /// A new user is too large to be searched.
    #[error(
        "user \"{user}\" cannot be added: profile and metadata have {size} bytes, the maximum is {MAX_USER_SIZE}"
    )]
    TooLarge {
        /// The id of the new user.
        user: String,
        /// The size in bytes.
        size: usize,
    },
    /// The user at this place was read when the file was checked, and cannot be read any more.
    #[error("the user at place {0} of the file cannot be read")]
    Changed(usize),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] store::Error),
}

/// The users to add. Each is read when its turn comes, so that not all of them are in memory.
pub(crate) trait Source: Clone + Send + Sync + 'static {
    /// Returns the number of users.
    fn count(&self) -> usize;

    /// Returns the places of the users whose password is in clear.
    fn with_clear_password(&self) -> Vec<usize>;

    /// Returns the user at a place.
    fn read(&self, place: usize) -> Result<SeedUser, SeedError>;
}

impl Source for Arc<[SeedUser]> {
    fn count(&self) -> usize {
        self.len()
    }

    fn with_clear_password(&self) -> Vec<usize> {
        let users = self.iter().enumerate();
        users.filter(|(_, user)| user.clear_password().is_some()).map(|(place, _)| place).collect()
    }

    fn read(&self, place: usize) -> Result<SeedUser, SeedError> {
        Ok(self[place].clone())
    }
}

impl SeedUser {
    fn clear_password(&self) -> Option<&Secret> {
        match &self.password {
            Some(SeedPassword::Clear(password)) => Some(password),
            Some(SeedPassword::Imported(_)) | None => None,
        }
    }

    /// Returns the key of the first identity, which the id was checked against when the file was read.
    fn key(&self) -> Option<IdentityKey> {
        self.user.identities.first().map(Identity::key)
    }
}

/// Adds the users that do not exist yet, in one unit of work; see [`Tenant::seed`]. `progress` is called with the number of
/// users that were looked at.
pub(crate) async fn add_missing(
    tenant: &Tenant,
    users: impl Source,
    progress: impl Fn(usize) + Clone + Send + Sync + 'static,
) -> Result<Seeded, SeedError> {
    let hashes = Arc::new(hash_missing(tenant, &users).await?);
    let inner = tenant.clone();
    let add = tenant.0.store.write(move |unit| {
        Box::pin(async move {
            let (now, mut seeded) = (inner.now(), Seeded::default());
            for place in 0..users.count() {
                let seed = users.read(place)?;
                let is_known = match seed.key() {
                    Some(key) => unit.find_user_by_identity(&key).await?.is_some(),
                    None => true,
                };
                if is_known {
                    seeded.kept += 1;
                } else {
                    add_user(&inner, unit, seed, hashes.get(&place), now).await?;
                    seeded.added += 1;
                }
                progress(place + 1);
            }
            Ok(seeded)
        })
    });
    add.await
}

/// Hashes the passwords in clear of the users that do not exist yet, by their place. It is slow, so it happens before the unit
/// of work, on all processors.
async fn hash_missing(tenant: &Tenant, users: &impl Source) -> Result<HashMap<usize, String>, SeedError> {
    let mut hashing = JoinSet::new();
    for place in users.with_clear_password() {
        let seed = users.read(place)?;
        let (Some(key), Some(password)) = (seed.key(), seed.clear_password().cloned()) else { continue };
        if tenant.0.store.read().await?.find_user_by_identity(&key).await?.is_none() {
            hashing.spawn(with_hash_permit(move || (place, hash_password(&password))));
        }
    }
    Ok(hashing.join_all().await.into_iter().flatten().collect())
}

/// Adds one user.
async fn add_user(
    tenant: &Tenant,
    unit: &mut Unit,
    mut seed: SeedUser,
    hash: Option<&String>,
    now: Moment,
) -> Result<(), SeedError> {
    check(&mut seed)?;
    let (user, credentials) = rows_of(&seed, hash, now);
    let conflict = |error| match error {
        store::Error::Conflict => SeedError::Conflict(user.user_id.to_string()),
        other => SeedError::Store(other),
    };
    check_addresses(unit, &user).await.map_err(conflict)?;
    unit.insert_user(&user).await.map_err(conflict)?;
    for credential in &credentials {
        tenant.0.attempt_work.learn(&credential.password_hash);
        unit.insert_credential(credential).await.map_err(conflict)?;
    }
    Ok(())
}

/// Checks what is to become a user. Attributes that are too long are left out, because a file of another tenant can have
/// any; their names are logged.
fn check(seed: &mut SeedUser) -> Result<(), SeedError> {
    let user = &mut seed.user;
    let id = user.user_id.to_string();
    for identity in &user.identities {
        NewIdentityId::new(identity.user_id.clone())
            .map_err(|reason| SeedError::Id { user: id.clone(), reason })?;
    }
    let secondaries = user.identities.iter_mut().filter_map(|identity| identity.profile_data.as_mut());
    let oversized: Vec<String> =
        secondaries.chain([&mut user.profile]).flat_map(Profile::remove_oversized).collect();
    if !oversized.is_empty() {
        tracing::warn!(user = ?id, attributes = ?oversized, "attributes of a user are too long and are left out");
    }
    let size = json_size(&user.profile, user.user_metadata.as_ref(), user.app_metadata.as_ref());
    if size > MAX_USER_SIZE { Err(SeedError::TooLarge { user: id, size }) } else { Ok(()) }
}

/// Checks that no stored identity of the same database or passwordless connection has an address of the user.
async fn check_addresses(unit: &mut Unit, user: &UserRow) -> Result<(), store::Error> {
    for identity in user.identities.iter().filter(|identity| keeps_addresses(&identity.provider)) {
        let profile = identity.profile_data.as_ref().unwrap_or(&user.profile);
        let Some(email) = profile.email().map(|email| Address::Email(email.to_owned())) else { continue };
        if unit.find_identity_by_address(&identity.connection, &email, None).await?.is_some() {
            return Err(store::Error::Conflict);
        }
    }
    Ok(())
}

/// Returns whether the addresses of this provider's identities are this tenant's own, stored in the form in which
/// they are compared (contract [A7](model::contract#a7)), and unique within a connection.
fn keeps_addresses(provider: &Provider) -> bool {
    matches!(provider.as_str(), "auth0" | "email")
}

/// Replaces the e-mail address and the username of a profile by the form in which they are compared.
fn fold_identifiers(profile: &mut Profile) {
    for key in ["email", "username"] {
        if let Some(text) = profile.text(key).map(fold_identifier) {
            profile.0.insert(key.to_owned(), text.into());
        }
    }
}

/// Returns the rows of a user: its own, and one credential each for its e-mail address and its username. `hash` is that of its
/// password in clear.
fn rows_of(seed: &SeedUser, hash: Option<&String>, now: Moment) -> (UserRow, Vec<CredentialRow>) {
    let user = &seed.user;
    let millis = |text: &Option<String>| text.as_deref().and_then(Moment::parse_iso).map(Moment::millis);
    let created_at = millis(&user.created_at).unwrap_or(now.millis());
    let mut identities = user.identities.clone();
    for (place, identity) in identities.iter_mut().enumerate() {
        identity.profile_data = (place > 0).then(|| identity.profile_data.take().unwrap_or_default());
        if let Some(profile) = identity.profile_data.as_mut().filter(|_| keeps_addresses(&identity.provider))
        {
            fold_identifiers(profile);
        }
    }
    let mut profile = user.profile.clone();
    if identities.first().is_some_and(|primary| keeps_addresses(&primary.provider)) {
        fold_identifiers(&mut profile);
    }
    // The store keeps this time beside the profile, where a new password replaces it.
    let last_password_reset = match profile.0.get("last_password_reset").and_then(Value::as_str) {
        Some(time) => Moment::parse_iso(time).map(Moment::millis),
        None => None,
    };
    if last_password_reset.is_some() {
        profile.0.remove("last_password_reset");
    }
    let row = UserRow {
        user_id: user.user_id.clone(),
        profile,
        identities,
        user_metadata: user.user_metadata.clone(),
        app_metadata: user.app_metadata.clone(),
        blocked: user.blocked,
        created_at,
        updated_at: millis(&user.updated_at).unwrap_or(created_at),
        last_login: millis(&user.last_login),
        last_ip: user.last_ip.clone(),
        logins_count: user.logins_count.and_then(|count| i64::try_from(count).ok()).unwrap_or(0),
        last_password_reset,
    };
    let hash = match &seed.password {
        None => return (row, Vec::new()),
        Some(SeedPassword::Clear(password)) => hash.cloned().unwrap_or_else(|| hash_password(password)),
        Some(SeedPassword::Imported(hash)) => hash.clone().into_stored(),
    };
    let database = row.identities.iter().enumerate().find(|(_, one)| one.provider.as_str() == "auth0");
    let credentials = database.map_or_else(Vec::new, |(place, identity)| {
        let profile = match &identity.profile_data {
            Some(profile) if place > 0 => profile,
            _ => &row.profile,
        };
        identifiers(profile)
            .into_iter()
            .map(|identifier| CredentialRow {
                connection: identity.connection.clone(),
                identifier,
                key: IdentityKey { provider: identity.provider.clone(), user_id: identity.user_id.clone() },
                password_hash: hash.clone(),
            })
            .collect()
    });
    (row, credentials)
}
