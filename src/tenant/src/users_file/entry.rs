//! One user of a users file.

use crate::clock::Moment;
use crate::configuration::Connection;
use crate::seed::SeedUser;
use model::{
    ConnectionName, Identity, IdentityId, IdentityKey, Metadata, NewIdentityId, Profile, Provider, User,
    UserId,
};
use serde::Deserialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use store::fold_identifier;

use super::attributes::{self, Owner, check_time};
use super::connections::{Connections, database_identity, identity_of};
use super::notice::Notices;
use super::passwords::Passwords;
use super::place::{Misplaced, Path};
use crate::suggestion::closest;

/// A user as it is written. Every other key is an attribute of its profile.
#[derive(Deserialize)]
#[serde(expecting = "a user")]
pub(super) struct Entry {
    #[serde(default)]
    user_id: Option<UserId>,
    #[serde(default)]
    identities: Option<Vec<IdentityEntry>>,
    #[serde(default)]
    created_at: Option<String>,
    #[serde(default)]
    updated_at: Option<String>,
    #[serde(default)]
    last_login: Option<String>,
    #[serde(default)]
    last_ip: Option<String>,
    #[serde(default)]
    logins_count: Option<u64>,
    #[serde(default)]
    blocked: Option<bool>,
    #[serde(default)]
    user_metadata: Option<Metadata>,
    #[serde(default)]
    app_metadata: Option<Metadata>,
    #[serde(default)]
    password: Option<String>,
    #[serde(default)]
    password_hash: Option<String>,
    #[serde(default)]
    custom_password_hash: Option<Value>,
    #[serde(default)]
    last_password_reset: Option<Value>,
    #[serde(default)]
    password_set_date: Option<Value>,
    #[serde(flatten)]
    attributes: Map<String, Value>,
}

/// An identity as it is written.
#[derive(Deserialize)]
#[serde(expecting = "an identity")]
struct IdentityEntry {
    #[serde(default)]
    connection: Option<String>,
    #[serde(default)]
    user_id: Option<IdentityId>,
    #[serde(default)]
    provider: Option<String>,
    #[serde(default, rename = "isSocial")]
    is_social: Option<bool>,
    #[serde(default, rename = "profileData")]
    profile_data: Option<Map<String, Value>>,
    #[serde(flatten)]
    others: Map<String, Value>,
}

/// The keys of an identity.
const OF_IDENTITY: [&str; 5] = ["connection", "isSocial", "profileData", "provider", "user_id"];

/// The keys under which a user without identities can name its connection: that of a body of `POST /users`, and that of
/// an export job which was asked for it.
const CONNECTION: [&str; 2] = ["connection", "identities[0].connection"];

impl Entry {
    /// Checks a user and returns it, ready to be added.
    ///
    /// # Errors
    /// The first mistake.
    pub(super) fn into_seed_user(
        mut self,
        path: &Path,
        connections: &Connections<'_>,
        notices: &mut Notices,
    ) -> Result<SeedUser, Misplaced> {
        let identities = match self.identities.take() {
            Some(written) => self.listed(written, path, connections, notices)?,
            None => vec![self.only(path, connections)?],
        };
        attributes::check(&mut self.attributes, Owner::User, path, notices)?;
        let times = [
            ("created_at", &self.created_at),
            ("updated_at", &self.updated_at),
            ("last_login", &self.last_login),
        ];
        for (key, time) in times {
            if let Some(time) = time {
                check_time(time, &path.key(key))?;
            }
        }
        if let Some(time) = self.password_time(path, notices) {
            self.attributes.insert("last_password_reset".to_owned(), Value::String(time));
        }
        let has_database = identities.iter().any(|identity| identity.provider.as_str() == "auth0");
        let passwords = Passwords {
            password: self.password,
            password_hash: self.password_hash,
            custom_password_hash: self.custom_password_hash,
        };
        let password = passwords.read(has_database, path, notices)?;
        let user_id =
            identities.first().map_or_else(|| UserId::new(""), |primary| primary.key().as_user_id());
        let user = User {
            user_id,
            identities,
            created_at: self.created_at,
            updated_at: self.updated_at,
            last_login: self.last_login,
            last_ip: self.last_ip,
            logins_count: self.logins_count,
            blocked: self.blocked,
            user_metadata: self.user_metadata,
            app_metadata: self.app_metadata,
            profile: Profile(self.attributes),
        };
        Ok(SeedUser { user, password })
    }

    /// Returns the identities that the file lists.
    fn listed(
        &self,
        written: Vec<IdentityEntry>,
        path: &Path,
        connections: &Connections<'_>,
        notices: &mut Notices,
    ) -> Result<Vec<Identity>, Misplaced> {
        let path = path.key("identities");
        let mut identities = Vec::with_capacity(written.len());
        for (place, identity) in written.into_iter().enumerate() {
            let named = self.user_id.as_ref().filter(|_| place == 0);
            identities.push(identity.into_identity(named, &path.element(place), connections, notices)?);
        }
        let Some(primary) = identities.first() else {
            return Err(path.mistake("a user has at least one identity, the primary"));
        };
        let primary_id = primary.key().as_user_id();
        if let Some(user_id) = self.user_id.as_ref().filter(|user_id| **user_id != primary_id) {
            let reason = format!("the first identity is \"{primary_id}\", but the user is \"{user_id}\"");
            return Err(path.element(0).mistake(reason));
        }
        if primary.profile_data.is_some() {
            let reason = "the user itself is the profile of the primary identity";
            return Err(path.element(0).key("profileData").mistake(reason));
        }
        for identity in &mut identities[1..] {
            identity.profile_data.get_or_insert_default();
        }
        Ok(identities)
    }

    /// Returns the identity of a user that the file lists without identities: as in Auth0's bulk import, or as
    /// an export job writes it.
    fn only(&mut self, path: &Path, connections: &Connections<'_>) -> Result<Identity, Misplaced> {
        let named = CONNECTION.into_iter().find_map(|key| match self.attributes.remove(key) {
            Some(Value::String(name)) => Some(connections.named(&name, &path.key(key))),
            _ => None,
        });
        let named = named.transpose()?;
        let (key, connection) = match &self.user_id {
            Some(user_id) if user_id.as_str().is_empty() => {
                return Err(path.key("user_id").mistake("the id must not be empty"));
            }
            Some(user_id) => match (identity_of(user_id), named) {
                (Some(key), Some(connection)) => (key, connection),
                (Some(key), None) => {
                    let connection = connections.of_key(&key, &path.key("user_id"))?;
                    (key, connection)
                }
                (None, named) => {
                    let connection = named.map_or_else(|| connections.of_import(path), Ok)?;
                    (database_identity(user_id.as_str()), connection)
                }
            },
            None => {
                let connection = named.map_or_else(|| connections.of_import(path), Ok)?;
                (database_identity(&self.derived_id(connection, path)?), connection)
            }
        };
        check_key(&key, path.key("user_id"))?;
        check_strategy(connection, &key.provider, path.key("user_id"))?;
        Ok(identity(key, connection.name.clone(), None, None))
    }

    /// Returns the id for a user without one: 24 hexadecimal digits as Auth0 makes them, always the same for one
    /// address or user name in one connection.
    fn derived_id(&self, connection: &Connection, path: &Path) -> Result<String, Misplaced> {
        let text = |key: &str| self.attributes.get(key).and_then(Value::as_str).map(fold_identifier);
        let name = ["email", "username", "phone_number"]
            .into_iter()
            .find_map(|key| text(key).filter(|text| !text.is_empty()));
        let Some(name) = name else {
            return Err(path.clone().mistake("a user has a user_id, an e-mail address or a user name"));
        };
        let digest = Sha256::digest(format!("{}\0{name}", connection.name));
        Ok(digest[..12].iter().fold(String::new(), |id, byte| format!("{id}{byte:02x}")))
    }

    /// Returns the time of the last change of the password. One that cannot be read is left out.
    fn password_time(&self, path: &Path, notices: &mut Notices) -> Option<String> {
        let times = [
            ("last_password_reset", &self.last_password_reset),
            ("password_set_date", &self.password_set_date),
        ];
        let mut read = times.into_iter().filter_map(|(key, value)| {
            let value = value.as_ref()?;
            let time = value.as_str().filter(|time| Moment::parse_iso(time).is_some());
            if time.is_none() {
                notices.add(&path.key(key), format!("\"{key}\" is not an ISO 8601 time and is left out"));
            }
            time.map(str::to_owned)
        });
        read.next()
    }
}

impl IdentityEntry {
    /// Returns the identity. `user_id` is that of the user if this is its primary identity.
    fn into_identity(
        mut self,
        user_id: Option<&UserId>,
        path: &Path,
        connections: &Connections<'_>,
        notices: &mut Notices,
    ) -> Result<Identity, Misplaced> {
        attributes::remove_tokens(&mut self.others, path, notices);
        for key in self.others.keys() {
            let meant = closest(key, OF_IDENTITY);
            let meant = meant.map(|meant| format!("; did you mean \"{meant}\"?")).unwrap_or_default();
            notices.add(&path.key(key), format!("the unknown key {key:?} of an identity is left out{meant}"));
        }
        let named = self.connection.as_ref();
        let named = named.map(|name| connections.named(name, &path.key("connection"))).transpose()?;
        let of_user = user_id.and_then(UserId::as_identity_key);
        let provider = self.provider.map(Provider::new).or_else(|| named.map(|named| named.strategy.clone()));
        let provider = provider.or_else(|| of_user.as_ref().map(|key| key.provider.clone()));
        let Some(provider) = provider else { return Err(path.clone().mistake("missing field \"provider\"")) };
        let id = self.user_id.or_else(|| of_user.map(|key| key.user_id));
        let Some(user_id) = id else { return Err(path.clone().mistake("missing field \"user_id\"")) };
        let key = IdentityKey { provider, user_id };
        let connection = named.map_or_else(|| connections.of_key(&key, path), Ok)?;
        check_strategy(connection, &key.provider, path.key("provider"))?;
        check_key(&key, path.key("user_id"))?;
        if let Some(profile) = &mut self.profile_data {
            attributes::check(profile, Owner::Linked, &path.key("profileData"), notices)?;
        }
        Ok(identity(key, connection.name.clone(), self.is_social, self.profile_data.map(Profile)))
    }
}

fn identity(
    key: IdentityKey,
    connection: ConnectionName,
    is_social: Option<bool>,
    profile_data: Option<Profile>,
) -> Identity {
    Identity {
        profile_data,
        connection,
        is_social: is_social.unwrap_or_else(|| key.provider.is_social()),
        user_id: key.user_id,
        provider: key.provider,
    }
}

/// Checks the id of an identity. `path` is that of the id.
fn check_key(key: &IdentityKey, path: Path) -> Result<(), Misplaced> {
    if key.user_id.as_str().is_empty() {
        return Err(path.mistake("the id must not be empty"));
    }
    NewIdentityId::new(key.user_id.clone()).map(|_| ()).map_err(|reason| path.mistake(reason.to_string()))
}

/// Checks that a connection has identities of `provider`. `path` is that of the provider.
fn check_strategy(connection: &Connection, provider: &Provider, path: Path) -> Result<(), Misplaced> {
    if connection.strategy == *provider {
        return Ok(());
    }
    let Connection { name, strategy, .. } = connection;
    Err(path
        .mistake(format!("the connection \"{name}\" has the strategy \"{strategy}\", not \"{provider}\"")))
}
