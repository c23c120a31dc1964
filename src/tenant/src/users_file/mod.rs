//! Users in files: in the shape of `GET /api/v2/users/{id}` (contract [B2](model::contract#b2)) or of Auth0's bulk
//! import (contract [B4](model::contract#b4)), each with a password or its hash if it has a database identity.
//!
//! What this tenant reads is checked strictly. Every other attribute is kept as it is, and what is left out or looks like
//! a mistake is returned as a [`Notice`].

mod attributes;
mod connections;
mod entry;
mod formats;
mod message;
mod notice;
mod passwords;
mod place;
mod unique;

use serde_json::{Map, Value};

use self::connections::Connections;
use self::entry::Entry;
use self::formats::InvalidFormat;
use self::message::json_message;
use self::notice::Notices;
use self::place::Path;
use self::unique::Seen;
use crate::configuration::Connection;
use crate::seed::SeedUser;

pub use self::message::redact_value;
pub use self::notice::Notice;
pub use self::place::Misplaced;

/// What a users file has.
#[derive(Debug)]
pub struct UsersFile {
    /// The users.
    pub users: Vec<SeedUser>,
    /// What is left out, and what is probably a mistake.
    pub notices: Vec<Notice>,
}

/// The first mistake in a users file.
#[derive(Debug)]
pub enum InvalidUsersFile {
    /// The file is not JSON.
    Syntax {
        /// The line, counted from one.
        line: usize,
        /// The column, counted from one.
        column: usize,
        /// The message of the parser, without values.
        message: String,
    },
    /// The content is wrong.
    Content(Misplaced),
}

/// Parses a users file: one user, an array, a list of the Management API with its totals, or several of these one after
/// the other (newline-delimited JSON).
///
/// `connections` are those of the tenant; every identity must belong to one. `import` names the database for users whose
/// connection the file does not tell; if there is only one, it is that.
///
/// # Errors
/// The first mistake.
pub fn parse(
    text: &str,
    connections: &[Connection],
    import: Option<&str>,
) -> Result<UsersFile, InvalidUsersFile> {
    let mut notices = Notices::default();
    let written = formats::users(text, &mut notices).map_err(|error| match error {
        InvalidFormat::Content(misplaced) => InvalidUsersFile::Content(misplaced),
        InvalidFormat::Syntax(error) => InvalidUsersFile::Syntax {
            line: error.line(),
            column: error.column(),
            message: json_message(&error),
        },
    })?;
    let mut reader = Reader::new(connections, import).map_err(InvalidUsersFile::Content)?;
    reader.notices = notices;
    let mut users = Vec::with_capacity(written.len());
    for (path, object) in written {
        users.push(reader.read_at(&path, object).map_err(InvalidUsersFile::Content)?);
    }
    Ok(UsersFile { users, notices: reader.notices.into_list() })
}

/// A reader of one user after the other. It remembers what only one of them can have.
pub(crate) struct Reader<'c> {
    connections: Connections<'c>,
    seen: Seen,
    notices: Notices,
}

impl<'c> Reader<'c> {
    /// Creates a reader; see [`parse`].
    ///
    /// # Errors
    /// There is no database of the name in `import`.
    pub(crate) fn new(connections: &'c [Connection], import: Option<&str>) -> Result<Self, Misplaced> {
        let connections = Connections::new(connections, import)?;
        Ok(Self { connections, seen: Seen::default(), notices: Notices::default() })
    }

    /// Reads the user at a place of an array.
    ///
    /// # Errors
    /// The first mistake.
    pub(crate) fn read(&mut self, place: usize, object: Map<String, Value>) -> Result<SeedUser, Misplaced> {
        self.read_at(&Path::root(None).element(place), object)
    }

    fn read_at(&mut self, path: &Path, object: Map<String, Value>) -> Result<SeedUser, Misplaced> {
        let entry: Entry = serde_path_to_error::deserialize(Value::Object(object))
            .map_err(|error| path.within(&error.path().to_string()).mistake(json_message(error.inner())))?;
        let user = entry.into_seed_user(path, &self.connections, &mut self.notices)?;
        self.seen.add(&user.user, path)?;
        Ok(user)
    }
}
