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

use std::sync::Arc;

use serde_json::{Map, Value};

use self::connections::Connections;
use self::entry::Entry;
use self::formats::{InvalidFormat, Mistake, Written};
use self::message::json_message;
use self::notice::Notices;
use self::place::Path;
use self::unique::Seen;
use crate::configuration::Connection;
use crate::seed::{SeedError, SeedPassword, SeedUser, Source};

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

/// The users of a file that was checked. They are read from its text one by one, so that they take no more memory than
/// that. Clones share the text.
#[derive(Clone, Debug)]
pub struct CheckedUsers(Arc<Checked>);

#[derive(Debug)]
struct Checked {
    text: String,
    written: Vec<Written>,
    /// The users with a password in clear, by their place in the file.
    with_clear_password: Vec<usize>,
    connections: Vec<Connection>,
    import: Option<String>,
}

impl CheckedUsers {
    /// Returns the number of users.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.written.len()
    }

    /// Reads the user at a place of the file, which was checked with all of it.
    fn read_at(&self, place: usize) -> Result<SeedUser, InvalidUsersFile> {
        let Checked { text, written, connections, import, .. } = &*self.0;
        let mut reader = Reader::new(connections, import.as_deref()).map_err(InvalidUsersFile::Content)?;
        reader.read_written(&written[place], text)
    }
}

impl Source for CheckedUsers {
    fn count(&self) -> usize {
        self.0.written.len()
    }

    fn with_clear_password(&self) -> Vec<usize> {
        self.0.with_clear_password.clone()
    }

    fn read(&self, place: usize) -> Result<SeedUser, SeedError> {
        self.read_at(place).map_err(|_| SeedError::Changed(place))
    }
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
    let mut users = Vec::new();
    let (_, notices) = read_all(text, connections, import, |user| users.push(user))?;
    Ok(UsersFile { users, notices })
}

/// Checks a users file as [`parse`] does, without keeping its users. Returns what reads them, and the notices.
///
/// # Errors
/// The first mistake.
pub fn check(
    text: String,
    connections: &[Connection],
    import: Option<&str>,
) -> Result<(CheckedUsers, Vec<Notice>), InvalidUsersFile> {
    let (mut place, mut with_clear_password) = (0, Vec::new());
    let (written, notices) = read_all(&text, connections, import, |user| {
        if matches!(user.password, Some(SeedPassword::Clear(_))) {
            with_clear_password.push(place);
        }
        place += 1;
    })?;
    let (connections, import) = (connections.to_vec(), import.map(str::to_owned));
    Ok((CheckedUsers(Arc::new(Checked { text, written, with_clear_password, connections, import })), notices))
}

/// Reads a users file and hands over each user. Returns where they are written, and the notices.
fn read_all(
    text: &str,
    connections: &[Connection],
    import: Option<&str>,
    mut each: impl FnMut(SeedUser),
) -> Result<(Vec<Written>, Vec<Notice>), InvalidUsersFile> {
    let mut notices = Notices::default();
    let written = formats::users(text, &mut notices)?;
    let mut reader = Reader::new(connections, import).map_err(InvalidUsersFile::Content)?;
    reader.notices = notices;
    for one in &written {
        let user = reader.read_written(one, text)?;
        reader.seen.add(&user.user, &one.path()).map_err(InvalidUsersFile::Content)?;
        each(user);
    }
    Ok((written, reader.notices.into_list()))
}

impl From<InvalidFormat> for InvalidUsersFile {
    fn from(error: InvalidFormat) -> Self {
        match error {
            InvalidFormat::Content(misplaced) => Self::Content(misplaced),
            InvalidFormat::Syntax(mistake) => mistake.into(),
        }
    }
}

impl From<Mistake> for InvalidUsersFile {
    fn from(Mistake { line, column, error }: Mistake) -> Self {
        Self::Syntax { line, column, message: json_message(&error) }
    }
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
        let path = Path::root(None).element(place);
        let user = self.read_at(&path, object)?;
        self.seen.add(&user.user, &path)?;
        Ok(user)
    }

    fn read_written(&mut self, written: &Written, text: &str) -> Result<SeedUser, InvalidUsersFile> {
        let object = written.parse(text)?;
        self.read_at(&written.path(), object).map_err(InvalidUsersFile::Content)
    }

    fn read_at(&mut self, path: &Path, object: Map<String, Value>) -> Result<SeedUser, Misplaced> {
        let entry: Entry = serde_path_to_error::deserialize(Value::Object(object))
            .map_err(|error| path.within(&error.path().to_string()).mistake(json_message(error.inner())))?;
        entry.into_seed_user(path, &self.connections, &mut self.notices)
    }
}
