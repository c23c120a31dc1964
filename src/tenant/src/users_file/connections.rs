//! The connections of the tenant that identities belong to, also where a file does not name them.

use crate::configuration::Connection;
use model::{IdentityId, IdentityKey, Provider, UserId};

use super::place::{Misplaced, Path};

/// The connections of the tenant.
pub(super) struct Connections<'c> {
    all: &'c [Connection],
    /// The database that takes users whose connection the file does not tell.
    import: Option<&'c Connection>,
}

impl<'c> Connections<'c> {
    /// Returns the connections of a tenant. `import` names the database for users whose connection the file does not
    /// tell; without it, the only database is that.
    ///
    /// # Errors
    /// There is no such database.
    pub(super) fn new(all: &'c [Connection], import: Option<&str>) -> Result<Self, Misplaced> {
        let mut databases = all.iter().filter(|connection| connection.is_database());
        let import = match import {
            None => {
                let first = databases.next();
                first.filter(|_| databases.next().is_none())
            }
            Some(name) => {
                let found = databases.find(|connection| connection.name.as_str() == name);
                let reason = || {
                    format!(
                        "the tenant has no database \"{name}\" for --users-connection; {}",
                        Self::databases(all)
                    )
                };
                Some(found.ok_or_else(|| Path::root(None).mistake(reason()))?)
            }
        };
        Ok(Self { all, import })
    }

    /// Returns the connection with this name.
    ///
    /// # Errors
    /// There is none. `path` is that of the name.
    pub(super) fn named(&self, name: &str, path: &Path) -> Result<&'c Connection, Misplaced> {
        self.all.iter().find(|connection| connection.name.as_str() == name).ok_or_else(|| {
            let names = list(self.all.iter());
            path.clone().mistake(format!("the tenant has no connection \"{name}\"; it has {names}"))
        })
    }

    /// Returns the connection of an identity that the file names by its provider and id only.
    ///
    /// # Errors
    /// No connection has this strategy, or several. `path` is that of the identity or the user.
    pub(super) fn of_key(&self, key: &IdentityKey, path: &Path) -> Result<&'c Connection, Misplaced> {
        if key.provider.as_str() == "auth0"
            && let Some(import) = self.import
        {
            return Ok(import);
        }
        let candidates: Vec<_> =
            self.all.iter().filter(|connection| connection.strategy == key.provider).collect();
        let in_id = key.user_id.as_str().split_once('|').map(|(name, _)| name);
        let in_id = in_id.filter(|_| key.provider.has_connection_in_id());
        let found = candidates.iter().find(|connection| Some(connection.name.as_str()) == in_id);
        match (&candidates[..], found) {
            (_, Some(connection)) | ([connection], None) => Ok(connection),
            ([], None) => {
                let names = list(self.all.iter());
                let provider = &key.provider;
                Err(path.clone().mistake(format!(
                    "the tenant has no connection with the strategy \"{provider}\"; it has {names}"
                )))
            }
            (several, None) => {
                let names = list(several.iter().copied());
                let mut reason = format!("this identity can be of {names}, and no connection is named");
                if key.provider.as_str() == "auth0" {
                    reason.push_str("; --users-connection names one for all such users");
                }
                Err(path.clone().mistake(reason))
            }
        }
    }

    /// Returns the connection for a user in the format of Auth0's bulk import, which names none.
    ///
    /// # Errors
    /// The tenant has no database, or several and none is named. `path` is that of the user.
    pub(super) fn of_import(&self, path: &Path) -> Result<&'c Connection, Misplaced> {
        self.import.ok_or_else(|| {
            let has = Self::databases(self.all);
            path.clone().mistake(format!(
                "a user without identities, as in Auth0's bulk import, belongs to the database that \
                 --users-connection names; {has}"
            ))
        })
    }

    fn databases(all: &[Connection]) -> String {
        let mut databases = all.iter().filter(|connection| connection.is_database()).peekable();
        if databases.peek().is_none() {
            return "the tenant has no database".to_owned();
        }
        format!("its databases are {}", list(databases))
    }
}

/// Returns the key of the identity that a user id names.
///
/// The id of a bulk import is that of the identity alone, and may itself have a bar in it: what stands before the
/// bar counts as a provider only if Auth0 has it.
pub(super) fn identity_of(user_id: &UserId) -> Option<IdentityKey> {
    user_id.as_identity_key().filter(|key| key.provider.is_known())
}

/// Returns the key of an identity of a database.
pub(super) fn database_identity(id: &str) -> IdentityKey {
    IdentityKey { provider: Provider::new("auth0"), user_id: IdentityId::text(id) }
}

fn list<'c>(connections: impl Iterator<Item = &'c Connection>) -> String {
    let names: Vec<_> = connections.map(|connection| format!("\"{}\"", connection.name)).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
