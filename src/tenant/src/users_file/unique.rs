//! What only one user of a file can have: an identity, and within one connection an address and a user name.

use std::collections::HashMap;
use std::sync::Arc;

use model::{Identity, IdentityKey, Profile, User};
use sha2::{Digest, Sha256};
use store::fold_identifier;

use super::place::{Misplaced, Path};

/// What the users before have, each with its place. A file can have millions: of each only a digest is kept.
#[derive(Default)]
pub(super) struct Seen {
    identities: HashMap<Key, Place>,
    identifiers: HashMap<Key, Place>,
}

/// The first half of a SHA-256.
type Key = [u8; 16];

/// The place of something in a user.
#[derive(Clone)]
struct Place {
    user: Arc<Path>,
    /// The place of the identity; `None` for the root profile.
    identity: Option<usize>,
    /// The attribute of the profile.
    attribute: Option<&'static str>,
}

impl Place {
    fn path(&self) -> Path {
        let identity = self.identity.map(|place| self.user.key("identities").element(place));
        match (identity, self.attribute) {
            (None, None) => Path::clone(&self.user),
            (None, Some(attribute)) => self.user.key(attribute),
            (Some(identity), None) => identity,
            (Some(identity), Some(attribute)) => identity.key("profileData").key(attribute),
        }
    }
}

impl Seen {
    /// Adds a user.
    ///
    /// # Errors
    /// A user before has one of its identities, or in one connection its address or its user name. The
    /// addresses come first: a derived id is only as different as they are.
    pub(super) fn add(&mut self, user: &User, path: &Path) -> Result<(), Misplaced> {
        let path = Arc::new(path.clone());
        for (place, identity) in user.identities.iter().enumerate() {
            let (profile, linked) = match &identity.profile_data {
                Some(profile) => (profile, Some(place)),
                None => (&user.profile, None),
            };
            self.add_identifiers(identity, profile, &path, linked)?;
        }
        for (place, identity) in user.identities.iter().enumerate() {
            let IdentityKey { provider, user_id } = identity.key();
            let key = key_of(provider.as_str(), user_id.as_str());
            let place = Place { user: Arc::clone(&path), identity: Some(place), attribute: None };
            if let Some(before) = self.identities.get(&key) {
                let (id, before) = (identity.key().as_user_id(), before.path());
                return Err(place.path().mistake(format!("\"{id}\" is already at {before}")));
            }
            self.identities.insert(key, place);
        }
        Ok(())
    }

    fn add_identifiers(
        &mut self,
        identity: &Identity,
        profile: &Profile,
        path: &Arc<Path>,
        linked: Option<usize>,
    ) -> Result<(), Misplaced> {
        let mut own = Vec::new();
        for attribute in unique_attributes(identity.provider.as_str()) {
            let Some(text) = profile.text(attribute).map(fold_identifier) else { continue };
            let place = Place { user: Arc::clone(path), identity: linked, attribute: Some(attribute) };
            let key = key_of(identity.connection.as_str(), &text);
            if let Some(before) = self.identifiers.get(&key) {
                let reason = format!(
                    "the same address or user name is already at {}, and the connection \"{}\" has it once",
                    before.path(),
                    identity.connection
                );
                return Err(place.path().mistake(reason));
            }
            own.push((key, place));
        }
        // Added at once: a user can have its address as its user name.
        self.identifiers.extend(own);
        Ok(())
    }
}

/// Returns the key of a text in a connection or of a provider.
fn key_of(of: &str, text: &str) -> Key {
    let mut digest = Sha256::new();
    digest.update(of.len().to_le_bytes());
    digest.update(of);
    digest.update(text);
    let mut key = Key::default();
    key.copy_from_slice(&digest.finalize()[..16]);
    key
}

/// Returns the attributes that are unique within a connection of this strategy.
fn unique_attributes(strategy: &str) -> &'static [&'static str] {
    match strategy {
        "auth0" => &["email", "username"],
        "email" => &["email"],
        "sms" => &["phone_number"],
        _ => &[],
    }
}
