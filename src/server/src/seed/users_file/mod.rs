//! The users file: what `tenant::users_file` reads, with errors that name the file.
//!
//! The whole file is checked before anything is written.

use tenant::configuration::Connection;
use tenant::users_file::{self, InvalidUsersFile, Misplaced};

use super::error::{InvalidSeedFile, Place};

pub use tenant::users_file::{CheckedUsers, Notice, UsersFile};

/// Parses a users file, see [`tenant::users_file::parse`]. `file` is its path for error messages.
///
/// # Errors
/// The first mistake: with line and column if the file is not JSON, else with its JSON path.
pub fn parse(
    file: &str,
    text: &str,
    connections: &[Connection],
    import: Option<&str>,
) -> Result<UsersFile, InvalidSeedFile> {
    users_file::parse(text, connections, import).map_err(|error| invalid(file, error))
}

/// Checks a users file, see [`tenant::users_file::check`].
///
/// # Errors
/// As [`parse`].
pub fn check(
    file: &str,
    text: String,
    connections: &[Connection],
    import: Option<&str>,
) -> Result<(CheckedUsers, Vec<Notice>), InvalidSeedFile> {
    users_file::check(text, connections, import).map_err(|error| invalid(file, error))
}

fn invalid(file: &str, error: InvalidUsersFile) -> InvalidSeedFile {
    let (place, reason) = match error {
        InvalidUsersFile::Syntax { line, column, message } => {
            (Place::Line(line as u64, column as u64), message)
        }
        InvalidUsersFile::Content(Misplaced { line: None, path, reason }) => (Place::Path(path), reason),
        InvalidUsersFile::Content(Misplaced { line: Some(line), path, reason }) => {
            (Place::LineAndPath(line, path), reason)
        }
    };
    InvalidSeedFile { file: file.to_owned(), place, reason }
}

#[cfg(test)]
mod tests;
