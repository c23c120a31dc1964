//! What a users file has that the tenant leaves out, or that is probably a mistake.

use std::fmt;

use super::place::Path;

/// Something in the file that the tenant leaves out, or that is probably a mistake; once for all users that have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What it is, and what becomes of it. Repeats no value of the file.
    message: String,
    /// How often the file has it.
    count: usize,
    /// The place of the first.
    first: String,
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { message, count, first } = self;
        match count {
            1 => write!(f, "{first}: {message}"),
            _ => write!(f, "{first} and {} more: {message}", count - 1),
        }
    }
}

/// The notices of one file, in the order in which they were found.
#[derive(Default)]
pub(super) struct Notices(Vec<Notice>);

impl Notices {
    /// Adds a notice, or counts it if the file has it already.
    pub(super) fn add(&mut self, path: &Path, message: impl Into<String>) {
        let message = message.into();
        match self.0.iter_mut().find(|notice| notice.message == message) {
            Some(notice) => notice.count += 1,
            None => self.0.push(Notice { message, count: 1, first: path.to_string() }),
        }
    }

    pub(super) fn into_list(self) -> Vec<Notice> {
        self.0
    }
}
