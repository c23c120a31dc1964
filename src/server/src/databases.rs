//! The commands for whole databases: `migrate`, `backup` and `restore`.

use std::io::{Write, stdout};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, ensure};
use clap::Args;

use crate::operators::progress::Progress;

/// The options of `migrate`.
#[derive(Debug, Args)]
pub(crate) struct Migrate {
    /// The database to copy from, such as `sqlite:linked-accounts.db`.
    #[arg(value_name = "FROM", value_parser = address)]
    from: String,
    /// The database to copy to, such as `postgres://USER:PASSWORD@HOST/DATABASE`. It must be empty, or have a copy of before.
    #[arg(value_name = "TO", value_parser = address)]
    to: String,
}

/// The options of `backup`.
#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// The file to write, which must not exist.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The database file to copy, which a server may have open.
    #[arg(long, env = "LINKED_ACCOUNTS_DATABASE", value_name = "sqlite:PATH")]
    #[arg(default_value = "sqlite:linked-accounts.db", value_parser = address)]
    database: String,
}

/// The options of `restore`.
#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The backup.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The database file to put it in the place of, which no server may have open.
    #[arg(long, env = "LINKED_ACCOUNTS_DATABASE", value_name = "sqlite:PATH")]
    #[arg(default_value = "sqlite:linked-accounts.db", value_parser = address)]
    database: String,
    /// Replace the database that is there. What is in it is lost.
    #[arg(long)]
    replace: bool,
}

/// Checks the address of a database, of either engine.
pub(crate) fn address(text: &str) -> Result<String, String> {
    match text.split_once(':') {
        Some(("sqlite" | "postgres" | "postgresql", place)) if !place.is_empty() => Ok(text.to_owned()),
        _ => Err("expected sqlite:PATH, such as sqlite:linked-accounts.db, or postgres://USER:PASSWORD@HOST/DATABASE"
            .to_owned()),
    }
}

/// Copies a tenant whole to another database.
///
/// # Errors
/// When there is nothing to copy, when the other database has another tenant, or when one of them fails. Nothing was copied then.
pub(crate) async fn migrate(options: &Migrate) -> anyhow::Result<()> {
    require_file(&options.from)?;
    ensure!(options.from != options.to, "both databases are the same");
    let progress = Progress::new("rows", None);
    let before = AtomicU64::new(0);
    let count = |rows: u64| progress.add(rows - before.swap(rows, Ordering::Relaxed));
    let copy = Box::pin(store::copy(&options.from, &options.to, count));
    let copied = tokio::select! {
        copied = copy => copied,
        () = progress.report(|| None) => unreachable!("the report never ends"),
    };
    progress.finish();
    let copied = copied.with_context(|| format!("{} was not copied", store::shown(&options.from)))?;
    say(&format!(
        "{} users and all that belongs to them, {} rows, are in {} and were compared. Start the servers with that database.",
        copied.users,
        copied.rows,
        store::shown(&options.to)
    ))
}

/// Copies a database file, also while a server changes it.
///
/// # Errors
/// When the database is no file, when the backup exists already, or when it cannot be written. There is no backup then.
pub(crate) fn backup(options: &Backup) -> anyhow::Result<()> {
    let from = require_sqlite(
        &options.database,
        "Use pg_dump for PostgreSQL, or `linked-accounts migrate` to a file",
    )?;
    store::backup(&from, &options.file, |_, _| ())
        .with_context(|| format!("there is no backup of {}", from.display()))?;
    say(&format!("{} is a whole copy of {}", options.file.display(), from.display()))
}

/// Puts a backup in the place of a database file.
///
/// # Errors
/// When a server has the database open, when there is one already, or when the backup is damaged or another program's. The
/// database is as it was then.
pub(crate) fn restore(options: &Restore) -> anyhow::Result<()> {
    let to = require_sqlite(
        &options.database,
        "Use pg_restore for PostgreSQL, or `linked-accounts migrate` from the file",
    )?;
    store::restore(&options.file, &to, options.replace, |_, _| ())
        .with_context(|| format!("{} was not restored (--replace replaces a database)", to.display()))?;
    say(&format!("{} has what {} has", to.display(), options.file.display()))
}

/// Refuses a file that is not there: opening it would create it, which would hide a mistyped path.
pub(crate) fn require_file(database: &str) -> anyhow::Result<()> {
    match store::file_of(database) {
        Some(path) => {
            ensure!(path.is_file(), "there is no database at {}", path.display());
            Ok(())
        }
        None => Ok(()),
    }
}

fn require_sqlite(database: &str, otherwise: &str) -> anyhow::Result<PathBuf> {
    store::file_of(database).with_context(|| format!("{} is no file. {otherwise}", store::shown(database)))
}

fn say(text: &str) -> anyhow::Result<()> {
    writeln!(stdout(), "{text}").context("it is done, but standard output cannot be written to")
}
