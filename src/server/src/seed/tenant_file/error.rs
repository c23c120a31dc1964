//! Errors of a tenant file, in this program's words.

use serde_saphyr::{Error as YamlError, Location, MessageFormatter, UserMessageFormatter};

use super::super::error::{InvalidSeedFile, Place, redact_value};

/// The place of a mistake and the reason.
pub(super) type Misplaced = (Location, String);

/// Returns the error for a mistake at `location`.
pub(super) fn invalid(file: &str, (location, reason): Misplaced) -> InvalidSeedFile {
    InvalidSeedFile { file: file.to_owned(), place: Place::Line(location.line(), location.column()), reason }
}

/// Returns the error for a file that the YAML parser refused.
pub(super) fn unreadable(file: &str, error: &YamlError) -> InvalidSeedFile {
    let error = error.without_snippet();
    let reason = match error {
        YamlError::SerdeUnknownField { field, .. } => format!("unknown key \"{field}\""),
        YamlError::SerdeMissingField { field, .. } => format!("the key \"{field}\" is missing"),
        YamlError::SerdeUnknownVariant { variant, expected, .. } => {
            format!("\"{variant}\" is not one of {}", expected.join(", "))
        }
        YamlError::DuplicateMappingKey { key: Some(key), .. } => format!("the key \"{key}\" is given twice"),
        other => {
            let message = UserMessageFormatter.format_message(other);
            redact_value(&message).unwrap_or_else(|| message.into_owned())
        }
    };
    invalid(file, (error.location().unwrap_or(Location::UNKNOWN), reason))
}
