//! Backups of a `SQLite` file: of one that a server has open, and back.

use std::path::Path;
use std::time::Duration;

use rusqlite::backup::Backup;

use crate::database_file::{self, DatabaseFile};
use crate::engine::sqlite;
use crate::error::Error;
use crate::private_file;

/// The number of pages that are copied at once, so that the file is never held for long.
const PAGES: i32 = 1024;

/// Copies the database file at `from` to a new file at `to`, also while a server changes it. The copy is what the database had at
/// one moment, with all that was acknowledged before the call. Only its owner can read it. `progress` is called with the number of
/// pages that remain and that there are.
///
/// # Errors
/// [`Error::File`] if there is a file at `to` already, or none at `from`; [`Error::Foreign`]; [`Error::Corrupt`] if the copy is
/// damaged, because the original is. No file is left at `to` then.
pub fn backup(from: &Path, to: &Path, progress: impl Fn(i32, i32)) -> Result<(), Error> {
    let exists = |path: &Path| path.try_exists().unwrap_or(false);
    if exists(to) {
        return Err(Error::File(to.to_owned(), "this file exists already".to_owned()));
    }
    if !from.is_file() {
        return Err(Error::File(from.to_owned(), "there is no such file".to_owned()));
    }
    sqlite::refuse_foreign(from)?;
    private_file::open(to).map_err(|error| Error::File(to.to_owned(), error.to_string()))?;
    let copied = copy_pages(from, to, progress);
    if copied.is_err() {
        // The error of the copy says what is wrong.
        let _ = std::fs::remove_file(to);
    }
    copied
}

fn copy_pages(from: &Path, to: &Path, progress: impl Fn(i32, i32)) -> Result<(), Error> {
    let source = sqlite::open_existing(from)?;
    // One transaction: what is written meanwhile would make the copy begin again.
    source.execute_batch("BEGIN")?;
    source.query_row("SELECT COUNT(*) FROM sqlite_master", [], |_| Ok(()))?;
    let mut copy = rusqlite::Connection::open(to)?;
    {
        let backup = Backup::new(&source, &mut copy)?;
        loop {
            let step = backup.step(PAGES)?;
            let state = backup.progress();
            progress(state.remaining, state.pagecount);
            match step {
                rusqlite::backup::StepResult::Done => break,
                rusqlite::backup::StepResult::More => {}
                _ => std::thread::sleep(Duration::from_millis(10)),
            }
        }
    }
    // A copy of a file in WAL mode is one, too. Without it a backup is a single file.
    copy.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))?;
    sqlite::check_pages(&copy)?;
    if !sqlite::can_shrink(&copy)?
        && let Err(error) = sqlite::rewrite(&copy)
    {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "the copy is as the file is, and does not become smaller"
        );
    }
    Ok(())
}

/// Puts the backup at `from` in the place of the database file at `to`, which no server may have open. The database of before is
/// replaced only if `replace` says so.
///
/// # Errors
/// [`Error::InUse`] if a server has the file open; [`Error::File`] if there is a database already; [`Error::Foreign`] or
/// [`Error::Corrupt`] if the backup is no whole database of this program. The database is as it was then.
pub fn restore(from: &Path, to: &Path, replace: bool, progress: impl Fn(i32, i32)) -> Result<(), Error> {
    let mut file = DatabaseFile::at(to);
    file.lock()?;
    let exists = to.metadata().is_ok_and(|file| file.len() > 0);
    if exists && !replace {
        return Err(Error::File(
            to.to_owned(),
            "there is a database already, which would be lost".to_owned(),
        ));
    }
    if exists {
        sqlite::refuse_foreign(to)?;
    }
    let beside = database_file::beside(to, "-restored");
    // What a restore that was killed left.
    let _ = std::fs::remove_file(&beside);
    backup(from, &beside, progress)?;
    sqlite::check_is_database(&beside)?;
    let failed = |error: std::io::Error| Error::File(to.to_owned(), error.to_string());
    if exists {
        // Whoever is stopped here leaves the database of before whole. It may be damaged, which is why it is replaced.
        let _ = sqlite::open_existing(to).and_then(|before| {
            Ok(before.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))?)
        });
    }
    // The log of the database of before would be taken for that of the new one.
    for suffix in ["-wal", "-shm", "-journal"] {
        match std::fs::remove_file(database_file::beside(to, suffix)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
    }
    std::fs::rename(&beside, to).map_err(failed)?;
    database_file::sync_folder(to).map_err(failed)
}
