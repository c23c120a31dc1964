//! The command `unlink`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use management_client::{Format, Journal, Outcome, Report, Row, Subject, UnlinkList, Unlinking, run};
use model::id::is_dot_segment;
use serde::Serialize;

use super::connect::{self, InvalidInput};
use super::options::UnlinkOptions;
use super::output;
use super::progress::Progress;
use crate::listener;

/// How many rows that are not done are printed at the end. The result file has all.
const SHOWN: usize = 10;

/// What is to be unlinked, and where that is remembered.
struct Work {
    rows: Vec<Row>,
    journal: Journal,
    results: Option<PathBuf>,
}

/// A line of the result file.
#[derive(Serialize)]
struct ResultLine<'r> {
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    user_id: &'r str,
    provider: &'r str,
    identity_id: &'r str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    dry_run: bool,
    #[serde(flatten)]
    outcome: Reached<'r>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Reached<'r> {
    Yes(&'r Outcome),
    No { outcome: &'static str },
}

/// Unlinks what the options say.
///
/// # Errors
/// [`InvalidInput`], or when nothing can be done.
pub(crate) async fn unlink(options: &UnlinkOptions) -> anyhow::Result<ExitCode> {
    let client = connect::client(&options.tenant)?;
    let work = work(options, client.address().origin())?;
    let (policy, notice) = connect::policy(&options.rules, &client).await?;
    if let Some(notice) = notice {
        output::notice(&format!("Notice: {notice}."));
    }
    let overridden: Vec<_> = options.overridden.iter().map(|rule| rule.blocked()).collect();
    let unlinking = Unlinking {
        client: &client,
        policy: &policy,
        overridden: &overridden,
        delete: options.delete,
        journal: &work.journal,
        dry_run: options.dry_run,
    };
    let progress = Progress::new("identities", Some(work.rows.len() as u64));
    let stop = AtomicBool::new(false);
    let tell = |row: &Row, outcome: &Outcome| {
        progress.add(1);
        if options.tenant.json {
            let line = ResultLine::new(row, Some(outcome), options);
            // Whoever reads has gone; the journal and the result file have it.
            let _ = output::print_json(&line);
        }
    };
    let shutdown = listener::shutdown_signal().context("cannot install the signal handlers")?;
    let running = run(&unlinking, &work.rows, options.concurrency.get().into(), &stop, &tell);
    tokio::pin!(running);
    let interrupted = async {
        shutdown.await;
        stop.store(true, Ordering::Relaxed);
        output::notice("Stopping: what is under way is brought to its end.");
        std::future::pending::<()>().await;
    };
    let report = tokio::select! {
        report = &mut running => report,
        () = interrupted => unreachable!("it never ends"),
        () = progress.report(|| client.paused_for()) => unreachable!("it never ends"),
    };
    progress.finish();
    finish(options, &work, report)
}

/// Reads what is to be unlinked, and opens the journal.
fn work(options: &UnlinkOptions, tenant: &str) -> anyhow::Result<Work> {
    let Some(path) = &options.from else {
        let user_id = options.user.clone().context("the user is missing")?;
        let keys = options.keys();
        if let Some(key) = keys.iter().find(|key| {
            [key.provider.as_str(), key.user_id.as_str()]
                .iter()
                .any(|part| part.is_empty() || is_dot_segment(part))
        }) {
            return Err(InvalidInput(format!("{:?} names no identity", key.as_user_id().as_str())).into());
        }
        let rows = (1..).zip(keys).map(|(line, key)| Row { line, user_id: user_id.clone(), key }).collect();
        return Ok(Work { rows, journal: Journal::in_memory(), results: None });
    };
    let invalid = |reason: String| InvalidInput(format!("{}: {reason}", path.display()));
    let format = Format::of(path).map_err(|error| invalid(error.to_string()))?;
    let content = std::fs::read(path).map_err(|error| invalid(error.to_string()))?;
    let list = UnlinkList::parse(format, &content).map_err(|error| invalid(error.to_string()))?;
    if options.dry_run {
        return Ok(Work { rows: list.rows, journal: Journal::in_memory(), results: None });
    }
    let subject = Subject { list: list.digest, tenant: tenant.to_owned(), delete: options.delete };
    let journal = Journal::open(&beside(path, ".journal"), &subject)
        .map_err(|error| InvalidInput(format!("{:#}", anyhow::Error::from(error))))?;
    Ok(Work { rows: list.rows, journal, results: Some(beside(path, ".results.jsonl")) })
}

/// Returns the path of a file with another ending after the whole name.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

impl<'r> ResultLine<'r> {
    fn new(row: &'r Row, outcome: Option<&'r Outcome>, options: &UnlinkOptions) -> Self {
        Self {
            line: options.from.is_some().then_some(row.line),
            user_id: row.user_id.as_str(),
            provider: row.key.provider.as_str(),
            identity_id: row.key.user_id.as_str(),
            dry_run: options.dry_run,
            outcome: outcome.map_or(Reached::No { outcome: "not_reached" }, Reached::Yes),
        }
    }
}

/// Writes the result file and says what was done.
fn finish(options: &UnlinkOptions, work: &Work, report: Report) -> anyhow::Result<ExitCode> {
    if let Some(path) = &work.results {
        write_results(path, options, work, &report)
            .with_context(|| format!("{} cannot be written", path.display()))?;
    }
    let (done, all) = (report.done(), work.rows.len());
    if !options.tenant.json {
        output::print(&text(options, work, &report))?;
    }
    match report.stopped {
        None => Ok(output::exit_code(done, all)),
        Some(stopped) if done == 0 => Err(stopped.into()),
        Some(stopped) => {
            output::notice(&format!("linked-accounts: {stopped}"));
            Ok(output::exit_code(done, all))
        }
    }
}

fn write_results(path: &Path, options: &UnlinkOptions, work: &Work, report: &Report) -> anyhow::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    let mut lines = std::io::BufWriter::new(&mut file);
    for (row, outcome) in work.rows.iter().zip(&report.outcomes) {
        serde_json::to_writer(&mut lines, &ResultLine::new(row, outcome.as_ref(), options))?;
        lines.write_all(b"\n")?;
    }
    lines.flush()?;
    drop(lines);
    file.persist(path)?;
    Ok(())
}

/// Returns the report: each row of a short list, the sums of a long one.
fn text(options: &UnlinkOptions, work: &Work, report: &Report) -> String {
    let mut text = String::new();
    let rows = || work.rows.iter().zip(&report.outcomes);
    let mut line = |row: &Row, outcome: &Option<Outcome>| {
        let number = if options.from.is_some() { format!("line {}: ", row.line) } else { String::new() };
        if let Some(outcome) = outcome {
            let _ = writeln!(text, "{number}{}", output::outcome(row, outcome, options.dry_run));
        }
    };
    if options.from.is_none() || options.dry_run {
        rows().for_each(|(row, outcome)| line(row, outcome));
    } else {
        let open = |outcome: &Option<Outcome>| outcome.as_ref().is_some_and(|outcome| !outcome.is_done());
        rows().filter(|(_, outcome)| open(outcome)).take(SHOWN).for_each(|(row, outcome)| line(row, outcome));
    }
    if options.from.is_some() {
        let mut sums: BTreeMap<&str, usize> = BTreeMap::new();
        for outcome in &report.outcomes {
            *sums.entry(outcome.as_ref().map_or("not reached", kind)).or_default() += 1;
        }
        let sums: Vec<String> = sums.into_iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        let would = if options.dry_run { "Nothing was changed. " } else { "" };
        let all = match work.rows.len() {
            1 => "1 identity".to_owned(),
            several => format!("{several} identities"),
        };
        let _ = writeln!(text, "{would}{all}: {}", sums.join(", "));
        if let Some(path) = &work.results {
            let _ = writeln!(text, "Results: {}", path.display());
        }
    }
    text
}

/// Returns the kind of an outcome, in a word or two.
fn kind(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Unlinked => "unlinked",
        Outcome::Deleted => "unlinked and deleted",
        Outcome::NotLinked => "not linked",
        Outcome::UnknownUser => "of unknown users",
        Outcome::Refused { .. } => "refused",
        Outcome::NotDeleted { .. } => "unlinked but not deleted",
        Outcome::Failed { .. } => "failed",
    }
}
