//! What the commands print.

use std::io::{Write, stderr, stdout};
use std::process::ExitCode;

use anyhow::Context;
use management_client::{Blocked, Kept, Outcome, Row};
use model::{ConnectionLabel, Identity, User};
use serde::Serialize;

/// The exit code when nothing was done.
const NONE_DONE: u8 = 1;

/// The exit code when some of it was done.
const SOME_DONE: u8 = 3;

/// Returns a text without what would act on a terminal or change the direction of what is around it: control characters
/// and Unicode's direction marks.
pub(crate) fn printable(text: &str) -> String {
    let acts = |c: char| {
        c.is_control()
            || matches!(c, '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{061C}' | '\u{FEFF}')
    };
    text.chars().map(|c| if acts(c) { '\u{FFFD}' } else { c }).collect()
}

/// Writes to standard output.
///
/// # Errors
/// When nobody reads it.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    let mut output = stdout().lock();
    output
        .write_all(text.as_bytes())
        .and_then(|()| output.flush())
        .context("standard output cannot be written to")
}

/// Writes one line of JSON to standard output.
///
/// # Errors
/// As [`print()`].
pub(crate) fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    print(&format!("{}\n", serde_json::to_string(value)?))
}

/// Writes a line to standard error. Nobody may read it.
pub(crate) fn notice(text: &str) {
    let _ = writeln!(stderr(), "{text}");
}

/// Returns the exit code for so many done of all.
pub(crate) fn exit_code(done: usize, all: usize) -> ExitCode {
    match done {
        _ if done == all => ExitCode::SUCCESS,
        0 => ExitCode::from(NONE_DONE),
        _ => ExitCode::from(SOME_DONE),
    }
}

/// Describes a user in one line: id, name and address.
pub(crate) fn user(user: &User) -> String {
    let mut line = printable(user.user_id.as_str());
    let name = user.profile.name().filter(|name| Some(*name) != user.profile.email());
    for part in name.into_iter().chain(user.profile.email()) {
        line.push_str("  ");
        line.push_str(&printable(part));
    }
    if user.profile.email().is_some() && user.profile.email_verified() != Some(true) {
        line.push_str(" (not verified)");
    }
    if user.blocked == Some(true) {
        line.push_str("  blocked");
    }
    line
}

/// Describes an identity: provider and id as `unlink` takes them, then connection and address.
pub(crate) fn identity(identity: &Identity) -> String {
    let mut line =
        format!("{} {}", printable(identity.provider.as_str()), printable(identity.user_id.as_str()));
    if identity.connection.as_str() != identity.provider.as_str() {
        line.push_str("  connection ");
        line.push_str(&printable(identity.connection.as_str()));
    }
    let profile = identity.profile_data.as_ref();
    if let Some(detail) = profile.and_then(|profile| profile.email().or_else(|| profile.username())) {
        line.push_str("  ");
        line.push_str(&printable(detail));
    }
    line
}

/// Describes what became of a row, or would.
pub(crate) fn outcome(row: &Row, outcome: &Outcome, dry_run: bool) -> String {
    let subject = format!("{}  {} {}", row.user_id, row.key.provider, row.key.user_id);
    format!("{}  {}", printable(&subject), printable(&sentence(outcome, dry_run)))
}

/// Says what an outcome means.
pub(crate) fn sentence(outcome: &Outcome, dry_run: bool) -> String {
    let text = match (outcome, dry_run) {
        (Outcome::Unlinked, false) => "unlinked",
        (Outcome::Unlinked, true) => "would be unlinked",
        (Outcome::Deleted, false) => "unlinked, and the user that it became deleted",
        (Outcome::Deleted, true) => "would be unlinked, and the user that it becomes deleted",
        (Outcome::NotLinked, _) => "not linked to this user",
        (Outcome::UnknownUser, _) => "there is no such user",
        (Outcome::Refused { reason: Blocked::MainLogin }, _) => {
            "stays: it is the main login, which holds the account"
        }
        (Outcome::Refused { reason: Blocked::Pinned }, _) => {
            "stays: its connection is pinned (--override pinned unlinks it)"
        }
        (Outcome::Refused { reason: Blocked::LastWayIn }, _) => {
            "stays: nothing else would open the account (--override last-way-in unlinks it)"
        }
        (Outcome::NotDeleted { reason: Kept::NotFound }, _) => {
            "unlinked; the user that it became is not there to be deleted"
        }
        (Outcome::NotDeleted { reason: Kept::OtherIdentities }, _) => {
            "unlinked; the user that it became has other logins by now and is kept"
        }
        (Outcome::NotDeleted { reason: Kept::SignedIn }, _) => {
            "unlinked; somebody signed in to the user that it became, which is kept"
        }
        (Outcome::Failed { reason }, _) => return format!("failed: {reason}"),
    };
    text.to_owned()
}

/// Returns what people call the logins of an identity's connection, as far as its name tells.
pub(crate) fn connection(identity: &Identity) -> String {
    printable(&ConnectionLabel::new(None, &identity.connection, &identity.provider).into_english())
}

#[cfg(test)]
mod tests {
    use super::*;

    // attack: files
    #[test]
    fn a_name_cannot_act_on_the_terminal_or_turn_the_line_around() {
        assert_eq!(
            printable("a\u{1b}[2Jb\r\n\u{9b}1m\u{202e}c\u{2066}"),
            "a\u{fffd}[2Jb\u{fffd}\u{fffd}\u{fffd}1m\u{fffd}c\u{fffd}"
        );
        assert_eq!(printable("Zoë 王 שלום"), "Zoë 王 שלום");
    }

    #[test]
    fn the_exit_code_tells_all_some_or_none() {
        let code = |done, all| format!("{:?}", exit_code(done, all));
        assert_eq!(code(2, 2), format!("{:?}", ExitCode::SUCCESS));
        assert_eq!(code(0, 2), format!("{:?}", ExitCode::from(1)));
        assert_eq!(code(1, 2), format!("{:?}", ExitCode::from(3)));
    }
}
