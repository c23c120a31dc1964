//! The users file: what `tenant::users_file` reads, with errors that name the file.
//!
//! The whole file is checked before anything is written.

use tenant::configuration::Connection;
use tenant::users_file::{self, InvalidUsersFile, Misplaced};

use super::error::{InvalidSeedFile, Place};

pub use tenant::users_file::{Notice, UsersFile};

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
    users_file::parse(text, connections, import).map_err(|error| {
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
    })
}

#[cfg(test)]
mod tests;
