//! The users file: users in the shape of `GET /api/v2/users/{id}` (contract [B2](model::contract#b2)) or of Auth0's bulk
//! import (contract [B4](model::contract#b4)), each with a password or its hash if it has a database identity.
//!
//! The whole file is checked before anything is written. What this tenant reads is checked strictly. Every other
//! attribute is kept as it is, and what is left out or looks like a mistake is returned as a [`Notice`].

mod attributes;
mod connections;
mod entry;
mod formats;
mod notice;
mod passwords;
mod place;
mod unique;

use serde_json::Value;
use tenant::configuration::Connection;
use tenant::seed::SeedUser;

use self::connections::Connections;
use self::entry::Entry;
use self::formats::{InvalidFormat, Written};
use self::notice::Notices;
use self::place::Misplaced;
use self::unique::Seen;
use super::error::{InvalidSeedFile, Place, redact_value};

pub use self::notice::Notice;

/// What a users file has.
#[derive(Debug)]
pub struct UsersFile {
    /// The users.
    pub users: Vec<SeedUser>,
    /// What is left out, and what is probably a mistake.
    pub notices: Vec<Notice>,
}

/// Parses a users file: one user, an array, a list of the Management API with its totals, or several of these one after
/// the other (newline-delimited JSON).
///
/// `file` is its path for error messages. `connections` are those of the tenant; every identity must belong
/// to one. `import` names the database for users whose connection the file does not tell; if there is only one, it
/// is that.
///
/// # Errors
/// The first mistake: with line and column if the file is not JSON, else with its JSON path.
pub fn parse(
    file: &str,
    text: &str,
    connections: &[Connection],
    import: Option<&str>,
) -> Result<UsersFile, InvalidSeedFile> {
    let refuse = |Misplaced { line, path, reason }| InvalidSeedFile {
        file: file.to_owned(),
        place: line.map_or(Place::Path(path.clone()), |line| Place::LineAndPath(line, path)),
        reason,
    };
    let mut notices = Notices::default();
    let written = formats::users(text, &mut notices).map_err(|error| match error {
        InvalidFormat::Content(misplaced) => refuse(misplaced),
        InvalidFormat::Syntax(error) => InvalidSeedFile {
            file: file.to_owned(),
            place: Place::Line(error.line() as u64, error.column() as u64),
            reason: json_message(&error),
        },
    })?;
    let connections = Connections::new(connections, import).map_err(refuse)?;
    let mut seen = Seen::default();
    let mut users = Vec::with_capacity(written.len());
    for entry in written {
        users.push(read(entry, &connections, &mut seen, &mut notices).map_err(refuse)?);
    }
    Ok(UsersFile { users, notices: notices.into_list() })
}

fn read(
    (path, object): Written,
    connections: &Connections<'_>,
    seen: &mut Seen,
    notices: &mut Notices,
) -> Result<SeedUser, Misplaced> {
    let entry: Entry = serde_path_to_error::deserialize(Value::Object(object))
        .map_err(|error| path.within(&error.path().to_string()).mistake(json_message(error.inner())))?;
    let user = entry.into_seed_user(&path, connections, notices)?;
    seen.add(&user.user, &path)?;
    Ok(user)
}

/// Returns the message of the JSON parser without a value and without "at line 3 column 4" at its end.
fn json_message(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let message = text.rfind(" at line ").map_or(text.as_str(), |end| &text[..end]);
    redact_value(message).unwrap_or_else(|| message.replace('`', "\""))
}

#[cfg(test)]
mod tests;
