//! What only one user of a file can have: an identity, and within one connection an address and a user name.

use std::collections::HashMap;

use model::{ConnectionName, Identity, IdentityKey, Profile, User};
use store::fold_identifier;

use super::place::{Misplaced, Path};

/// What the users before have, each with its path.
#[derive(Default)]
pub(super) struct Seen {
    identities: HashMap<IdentityKey, Path>,
    identifiers: HashMap<(ConnectionName, String), Path>,
}

impl Seen {
    /// Adds a user.
    ///
    /// # Errors
    /// A user before has one of its identities, or in one connection its address or its user name. The
    /// addresses come first: a derived id is only as different as they are.
    pub(super) fn add(&mut self, user: &User, path: &Path) -> Result<(), Misplaced> {
        for (place, identity) in user.identities.iter().enumerate() {
            let linked = path.key("identities").element(place).key("profileData");
            let (profile, path) = match &identity.profile_data {
                Some(profile) => (profile, &linked),
                None => (&user.profile, path),
            };
            self.add_identifiers(identity, profile, path)?;
        }
        for (place, identity) in user.identities.iter().enumerate() {
            let path = path.key("identities").element(place);
            if let Some(before) = self.identities.get(&identity.key()) {
                let reason = format!("\"{}\" is already at {before}", identity.key().as_user_id());
                return Err(path.mistake(reason));
            }
            self.identities.insert(identity.key(), path);
        }
        Ok(())
    }

    fn add_identifiers(
        &mut self,
        identity: &Identity,
        profile: &Profile,
        path: &Path,
    ) -> Result<(), Misplaced> {
        let mut own = Vec::new();
        for key in unique_attributes(identity.provider.as_str()) {
            let Some(text) = profile.text(key).map(fold_identifier) else { continue };
            let path = path.key(key);
            let entry = (identity.connection.clone(), text);
            if let Some(before) = self.identifiers.get(&entry) {
                let reason = format!(
                    "the same address or user name is already at {before}, and the connection \"{}\" has it once",
                    identity.connection
                );
                return Err(path.mistake(reason));
            }
            own.push((entry, path));
        }
        // Added at once: a user can have its address as its user name.
        self.identifiers.extend(own);
        Ok(())
    }
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
