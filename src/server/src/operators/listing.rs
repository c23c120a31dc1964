//! The commands `export` and `impact`, which read many users.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write, stdout};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use management_client::{Impact, ManagementClient, UserListing};
use model::User;
use serde_json::json;

use super::connect::{self, InvalidInput};
use super::options::{ExportOptions, ImpactOptions};
use super::output;
use super::progress::Progress;

/// How many users of a kind are printed. JSON has all.
const SHOWN: usize = 10;

/// Writes every user with its identities as JSON lines.
///
/// # Errors
/// When the tenant or the file fails. What was written until then is no complete export; a file is only there when it is.
pub(crate) async fn export(options: &ExportOptions) -> anyhow::Result<ExitCode> {
    let client = connect::client(&options.tenant)?;
    let progress = Progress::new("users", None);
    let writing = async {
        match &options.output {
            None => write_users(&client, options, &progress, &mut BufWriter::new(stdout())).await,
            Some(path) => {
                let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
                let file = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
                let mut lines = BufWriter::new(file);
                write_users(&client, options, &progress, &mut lines).await?;
                let file = lines.into_inner().map_err(std::io::IntoInnerError::into_error)?;
                let file: File =
                    file.persist(path).with_context(|| format!("{} cannot be written", path.display()))?;
                Ok(file.sync_all()?)
            }
        }
    };
    let outcome: anyhow::Result<()> = tokio::select! {
        outcome = writing => outcome,
        () = progress.report(|| client.paused_for()) => unreachable!("it never ends"),
    };
    progress.finish();
    outcome.map(|()| ExitCode::SUCCESS)
}

async fn write_users(
    client: &ManagementClient,
    options: &ExportOptions,
    progress: &Progress,
    lines: &mut impl Write,
) -> anyhow::Result<()> {
    let mut listing = UserListing::new(client, options.query.clone());
    while let Some(users) = listing.next().await? {
        for user in &users {
            serde_json::to_writer(&mut *lines, user)?;
            lines.write_all(b"\n")?;
        }
        progress.add(users.len() as u64);
    }
    Ok(lines.flush()?)
}

/// Says who is locked out if a connection is closed. Nothing is changed.
///
/// # Errors
/// [`InvalidInput`] for a connection that does not exist, or when the tenant fails.
pub(crate) async fn impact(options: &ImpactOptions) -> anyhow::Result<ExitCode> {
    let client = connect::client(&options.tenant)?;
    let name = &options.connection;
    let (policy, notice) = connect::policy(&options.rules, &client).await?;
    match notice {
        Some(notice) => output::notice(&format!("Notice: {notice}.")),
        None if !client.connections().await?.iter().any(|connection| connection.name == *name) => {
            return Err(InvalidInput(format!("the tenant has no connection {:?}", name.as_str())).into());
        }
        None => {}
    }
    let progress = Progress::new("users", None);
    let impact = tokio::select! {
        impact = Impact::of(&client, name, &policy, |users| progress.add(users as u64)) => impact,
        () = progress.report(|| client.paused_for()) => unreachable!("it never ends"),
    };
    progress.finish();
    let impact = impact?;
    if options.tenant.json {
        let ids = |users: &[User]| users.iter().map(|user| user.user_id.to_string()).collect::<Vec<_>>();
        output::print_json(&json!({
            "connection": name,
            "users": impact.users,
            "locked_out": ids(&impact.locked_out),
            "main_login": ids(&impact.main_login),
            "locked_out_already": impact.locked_out_already,
            "unreadable": impact.unreadable,
        }))?;
    } else {
        output::print(&forecast(name.as_str(), &impact))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn forecast(connection: &str, impact: &Impact) -> String {
    let mut text = format!("Users with a login of {}: {}\n", output::printable(connection), impact.users);
    let mut list = |title: &str, users: &[User]| {
        let _ = writeln!(text, "{title}: {}", users.len());
        for user in users.iter().take(SHOWN) {
            let _ = writeln!(text, "  {}", output::user(user));
        }
        if users.len() > SHOWN {
            let _ = writeln!(text, "  and {} more; --json has all", users.len() - SHOWN);
        }
    };
    list("Locked out if it is closed, because nothing else opens the account", &impact.locked_out);
    list("Keep another way in, but it is their main login, which cannot be unlinked", &impact.main_login);
    if impact.locked_out_already > 0 {
        let _ = writeln!(
            text,
            "Locked out already, because every connection of theirs is closed: {}",
            impact.locked_out_already
        );
    }
    if impact.unreadable > 0 {
        let _ = writeln!(text, "Not readable, and not counted: {}", impact.unreadable);
    }
    text
}
