//! The passwords of users: in plain text, or hashed by another system.

use crate::password_hash::{ImportedHash, InvalidHash};
use crate::secret::Secret;
use crate::seed::SeedPassword;
use serde_json::Value;

use super::notice::Notices;
use super::place::{Misplaced, Path};

/// The keys under which a user can have a password, of which it has one at most.
pub(super) struct Passwords {
    pub(super) password: Option<String>,
    pub(super) password_hash: Option<String>,
    pub(super) custom_password_hash: Option<Value>,
}

impl Passwords {
    /// Returns the password, or `None` if there is none or if its algorithm is not verified here, which is noticed.
    /// `path` is that of the user.
    ///
    /// # Errors
    /// Two passwords; an empty one; a hash that is not written as its algorithm requires; a password of a user
    /// without an identity of a database. No message repeats a part of it.
    pub(super) fn read(
        self,
        has_database: bool,
        path: &Path,
        notices: &mut Notices,
    ) -> Result<Option<SeedPassword>, Misplaced> {
        let present: Vec<&str> = [
            self.password.as_ref().map(|_| "password"),
            self.password_hash.as_ref().map(|_| "password_hash"),
            self.custom_password_hash.as_ref().map(|_| "custom_password_hash"),
        ]
        .into_iter()
        .flatten()
        .collect();
        match present[..] {
            [one, other, ..] => {
                return Err(path.clone().mistake(format!("\"{one}\" and \"{other}\" exclude each other")));
            }
            [key] if !has_database => {
                return Err(path.key(key).mistake(
                    "a password belongs to an identity of provider \"auth0\", which this user does not have",
                ));
            }
            _ => {}
        }
        if let Some(password) = self.password {
            let path = path.key("password");
            return match password.as_str() {
                "" => Err(path.mistake("the password must not be empty")),
                _ => Ok(Some(SeedPassword::Clear(Secret::new(password)))),
            };
        }
        let (key, hash) = match (self.password_hash, self.custom_password_hash) {
            (Some(hash), _) => ("password_hash", ImportedHash::bcrypt(&hash)),
            (None, Some(hash)) => ("custom_password_hash", ImportedHash::custom(&hash)),
            (None, None) => return Ok(None),
        };
        let path = path.key(key);
        match hash {
            Ok(hash) => Ok(Some(SeedPassword::Imported(hash))),
            Err(error @ InvalidHash::Unsupported(_)) => {
                let message = format!("{error}: without a usable password, a mail sets a new one");
                notices.add(&path, message);
                Ok(None)
            }
            Err(error @ (InvalidHash::Malformed(_) | InvalidHash::TooExpensive)) => {
                Err(path.mistake(error.to_string()))
            }
        }
    }
}
