//! Why a file is refused, and where in it.

use std::fmt;

/// Why a file is refused: the file, the place in it, and the reason.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}{place}: {reason}")]
pub struct InvalidSeedFile {
    /// The path of the file as it was given.
    pub(super) file: String,
    pub(super) place: Place,
    pub(super) reason: String,
}

/// A place in a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Line and column, both counted from one.
    Line(u64, u64),
    /// A JSON path such as `$[3].identities[1].user_id`.
    Path(String),
    /// The line of a value in a file of several, and a JSON path within it.
    LineAndPath(u64, String),
    /// The file as a whole.
    Whole,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line, column) => write!(f, ":{line}:{column}"),
            Self::Path(path) => write!(f, ": {path}"),
            Self::LineAndPath(line, path) => write!(f, ":{line}: {path}"),
            Self::Whole => Ok(()),
        }
    }
}
