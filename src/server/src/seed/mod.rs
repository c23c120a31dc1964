//! What a tenant starts with: a tenant file, a users file, or the demo built into the program.

pub mod demo;
mod keywords;
pub mod tenant_file;
pub mod users_file;

use std::fmt;

/// Why a file is refused: which file, where in it, and the reason.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}{place}: {reason}")]
pub struct InvalidSeedFile {
    /// The file as the person named it.
    file: String,
    place: Place,
    reason: String,
}

/// Where in a file.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    /// Line and column, both counted from one.
    Line(u64, u64),
    /// A JSON path such as `$[3].identities[1].user_id`.
    Path(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line, column) => write!(f, ":{line}:{column}"),
            Self::Path(path) => write!(f, ": {path}"),
        }
    }
}

/// A reader's "invalid type: string "x", expected y" without the value: what stands in the place of something else may
/// be a secret that slipped. `None` for everything else that a reader says.
fn redact_value(said: &str) -> Option<String> {
    ["invalid type", "invalid value"].into_iter().find_map(|mistake| {
        let (found, expected) = said.strip_prefix(mistake)?.strip_prefix(": ")?.rsplit_once(", expected ")?;
        let kind = found.split(['`', '"']).next().unwrap_or_default().trim_end();
        Some(format!("{mistake}: {kind}, expected {expected}"))
    })
}
