//! Places of mistakes in a users file.

use std::fmt;

/// A mistake: where it is, and the reason why the file is refused.
#[derive(Debug, PartialEq, Eq)]
pub struct Misplaced {
    /// The line of the value that has the mistake, if the file has several values.
    pub line: Option<u64>,
    /// A JSON path, which starts with `$`.
    pub path: String,
    /// The reason, which repeats no value.
    pub reason: String,
}

/// A place in a file: a JSON path, in a file of several values with the line of the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Path {
    line: Option<u64>,
    path: String,
}

impl Path {
    /// Returns the path of a whole value, which starts in `line` if the file has several values.
    pub(super) fn root(line: Option<u64>) -> Self {
        Self { line, path: "$".to_owned() }
    }

    /// Returns the path of the value under `key`.
    pub(super) fn key(&self, key: &str) -> Self {
        Self { line: self.line, path: format!("{}.{key}", self.path) }
    }

    /// Returns the path of the element at `place`.
    pub(super) fn element(&self, place: usize) -> Self {
        Self { line: self.line, path: format!("{}[{place}]", self.path) }
    }

    /// Returns the path that a parser of this value calls `inner`. The parser calls the value itself ".".
    pub(super) fn within(&self, inner: &str) -> Self {
        let separator = if inner.starts_with(['.', '[']) { "" } else { "." };
        let inner = inner.trim_end_matches('.');
        let path =
            if inner.is_empty() { self.path.clone() } else { format!("{}{separator}{inner}", self.path) };
        Self { line: self.line, path }
    }

    /// Returns the mistake `reason` at this place.
    pub(super) fn mistake(self, reason: impl Into<String>) -> Misplaced {
        Misplaced { line: self.line, path: self.path, reason: reason.into() }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            None => f.write_str(&self.path),
            Some(line) => write!(f, "{} in line {line}", self.path),
        }
    }
}
