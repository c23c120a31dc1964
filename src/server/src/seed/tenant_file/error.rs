//! Errors of a tenant file, in this program's words.

use serde_saphyr::{Error as YamlError, Location, MessageFormatter, UserMessageFormatter};

use tenant::users_file::redact_value;

use super::super::error::{InvalidSeedFile, Place};
use super::super::keywords::{missing_in, missing_value};

/// The place of a mistake and the reason.
pub(super) type Misplaced = (Location, String);

/// Returns the error for a mistake at `location`.
pub(super) fn invalid(file: &str, (location, reason): Misplaced) -> InvalidSeedFile {
    let place = if location == Location::UNKNOWN {
        Place::Whole
    } else {
        Place::Line(location.line(), location.column())
    };
    InvalidSeedFile { file: file.to_owned(), place, reason }
}

/// Returns the error for a file that the YAML parser refused. `text` is the text that it read.
pub(super) fn unreadable(file: &str, text: &str, error: &YamlError) -> InvalidSeedFile {
    let error = error.without_snippet();
    let location = error.location().unwrap_or(Location::UNKNOWN);
    if let Some(key) = keyword_at(text, location) {
        return invalid(file, (location, missing_value(key)));
    }
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
    invalid(file, (location, reason))
}

/// Returns the keyword without a value in the line of an error, from the place of the error on.
fn keyword_at(text: &str, location: Location) -> Option<&str> {
    let line = text.lines().nth(usize::try_from(location.line()).ok()?.checked_sub(1)?)?;
    let column = usize::try_from(location.column()).ok()?.checked_sub(1)?;
    let (start, _) = line.char_indices().nth(column)?;
    missing_in(&line[start..])
}
