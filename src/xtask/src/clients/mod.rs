//! The clients that others wrote: installs what they need, runs their tests against a tenant with TLS, and keeps their
//! table in `src/docs/clients.md`.

mod client;
mod python;
mod table;
mod tenant;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use anyhow::{Result, bail};

use self::client::{CLIENTS, Client, Kind};
use self::tenant::Tenant;
use crate::counts::Counts;
use crate::step::Stopwatch;
use crate::workspace::Workspace;
use crate::{browser, server, tool};

/// The arguments of cargo for the tests of clients in Rust: with the features of the check `rust`, so that nothing is
/// compiled twice.
const RUST_TESTS: [&str; 3] = ["--workspace", "--test", "process"];

/// The results of one client's tests.
struct Outcome {
    client: &'static str,
    version: String,
    passed: Vec<String>,
}

/// Runs the tests of the clients whose names contain one of `wanted`, several at a time, each against a tenant of its
/// own. Without `wanted` it runs all; when they pass, it writes the table if `update_table`, else compares it.
///
/// # Errors
/// When no client is wanted, or something that the tests need is missing and cannot be installed, with what to do.
pub(crate) fn tests(workspace: &Workspace, wanted: &[String], update_table: bool) -> Result<Counts> {
    let clients = selection(wanted)?;
    let end2end = workspace.root.join("end2end");
    let folder = end2end.join("clients");
    browser::ensure_packages(&end2end, "the browser tests")?;
    browser::ensure_packages(&folder, "the clients")?;
    let browser = browser::find(&end2end)?;
    ensure_certutil()?;
    // Before the tests, which wait less patiently while a compiler runs.
    let mut rust_tests = workspace.cargo(&["test", "--no-run"]);
    rust_tests.args(RUST_TESTS);
    for compilation in [&mut server::compilation(workspace).command, &mut rust_tests] {
        if !tool::run_streaming(compilation)?.0.success() {
            bail!("the server or its tests could not be built; see the message of the compiler above");
        }
    }
    let mut preparation = workspace.command("node", &["prepare.js"]);
    if !tool::run_streaming(preparation.current_dir(&folder))?.0.success() {
        bail!("an application of the clients could not be built; see the message above");
    }
    for client in &clients {
        if let Kind::Python { requirements, .. } = client.kind {
            python::environment(workspace, &folder, requirements)?;
        }
    }
    let results = run_all(&Runner { workspace, folder, browser }, &clients)?;
    let (mut counts, mut outcomes) = (Counts::default(), Vec::new());
    for (outcome, of_client) in results {
        counts += of_client;
        outcomes.push(outcome);
    }
    if counts.failed == 0 && wanted.is_empty() {
        counts += Counts::single(table::holds(&workspace.root, &outcomes, update_table)?);
    }
    Ok(counts)
}

/// Returns the clients whose names contain one of `wanted`, all without any, in the order of the table.
fn selection(wanted: &[String]) -> Result<Vec<&'static Client>> {
    let is_wanted =
        |client: &&Client| wanted.is_empty() || wanted.iter().any(|part| client.name.contains(part.as_str()));
    let clients: Vec<_> = CLIENTS.iter().filter(is_wanted).collect();
    if clients.is_empty() {
        let names: Vec<_> = CLIENTS.iter().map(|client| client.name).collect();
        bail!("no client has this in its name; there are {}", names.join(", "));
    }
    Ok(clients)
}

/// Runs the tests of the clients, as many at a time as there are processors, and prints the output of each when it has
/// ended. Returns the results in the same order.
fn run_all(runner: &Runner, clients: &[&Client]) -> Result<Vec<(Outcome, Counts)>> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    let work = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(client) = clients.get(index) else { return };
            let result = runner.run(client, index);
            results.lock().unwrap_or_else(PoisonError::into_inner).push((index, result));
        }
    };
    let workers = thread::available_parallelism().map_or(2, |count| count.get().max(2));
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(work);
        }
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

/// What the runs of all clients share.
struct Runner<'a> {
    workspace: &'a Workspace,
    /// The folder of the tests.
    folder: PathBuf,
    browser: PathBuf,
}

/// The output of a run: the names of the passed tests, and all counts.
struct TestOutput {
    passed: Vec<String>,
    counts: Counts,
}

impl Runner<'_> {
    /// Runs the tests of one client, and prints their output.
    fn run(&self, client: &Client, index: usize) -> Result<(Outcome, Counts)> {
        let version = client.version(self.workspace, &self.folder)?;
        let watch = Stopwatch::start();
        let place = self.workspace.target.join("clients/runs").join(index.to_string());
        let (text, results) = match &client.kind {
            Kind::Node { tests, .. } => {
                let mut node = self.workspace.command("node", &["--test", "--test-timeout=300000"]);
                node.args(["--test-reporter=./reporter.js", tests]).env(browser::CHOICE, &self.browser);
                self.with_tenant(node, &place, index)?
            }
            Kind::Python { requirements, tests, .. } => {
                let python = python::environment(self.workspace, &self.folder, requirements)?;
                let mut command = Command::new(python);
                command.arg("-B").arg(Path::new("python").join(tests));
                self.with_tenant(command, &place, index)?
            }
            Kind::Rust { krate } => {
                let tests = format!("clients::{krate}::");
                let mut cargo = self.workspace.cargo(&["test"]);
                cargo.args(RUST_TESTS).arg(&tests);
                let (text, succeeded) = tool::run_quietly(&mut cargo, &place.join("output.txt"))?;
                let mut results = read_results(&text, succeeded);
                // They run concurrently, so that they end in any order.
                results.passed.sort();
                (text, results)
            }
        };
        println!("\n-- {} {version}\n{}\n   {watch}", client.name, text.trim_end());
        let TestOutput { passed, counts } = results;
        Ok((Outcome { client: client.name, version, passed }, counts))
    }

    /// Runs a command against a new tenant. Returns its output, with the place of the tenant's log when a test failed.
    fn with_tenant(&self, mut command: Command, place: &Path, index: usize) -> Result<(String, TestOutput)> {
        let tenant = Tenant::start(self.workspace, &self.folder, place, index)?;
        command
            .current_dir(&self.folder)
            .env("CLIENTS_TENANT", &tenant.origin)
            .env("CLIENTS_WEB_ORIGIN", &tenant.web)
            .env("CLIENTS_SERVER", self.workspace.server())
            .env("CLIENTS_SITE", self.workspace.site());
        for variable in ["NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"] {
            command.env(variable, &tenant.authority);
        }
        let (mut text, succeeded) = tool::run_quietly(&mut command, &place.join("output.txt"))?;
        let results = read_results(&text, succeeded);
        if results.counts.failed > 0 {
            let _ = write!(text, "\n   The tenant's log: {}", tenant.log.display());
        }
        Ok((text, results))
    }
}

/// Reads the lines of the reporters of this workspace, `ok - NAME` and `not ok - NAME`, and those of cargo,
/// `test PATH ... ok`.
fn read_results(output: &str, succeeded: bool) -> TestOutput {
    let (mut passed, mut counts) = (Vec::new(), Counts::default());
    for line in output.lines() {
        let rust = line.strip_prefix("test ").and_then(|line| line.split_once(" ... "));
        let name = match rust {
            Some((path, "ok")) => path.rsplit("::").next().map(|name| name.replace('_', " ")),
            _ => line.strip_prefix("ok - ").map(str::to_owned),
        };
        counts.failed +=
            u64::from(line.starts_with("not ok - ") || rust.is_some_and(|(_, end)| end == "FAILED"));
        passed.extend(name);
    }
    counts.passed = passed.len() as u64;
    // A run without any result has failed.
    TestOutput { counts: counts.with_status(succeeded && !passed.is_empty()), passed }
}

/// Installs `certutil`, which writes Chromium's store of trusted authorities. Where it cannot be installed, the tests
/// pin the server's key instead.
fn ensure_certutil() -> Result<()> {
    // Without arguments it prints its usage and fails, which shows that it is installed.
    if Command::new("certutil").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err()
        && !tool::install_debians(&["libnss3-tools"])?
    {
        println!(
            "There is no certutil (Debian: libnss3-tools), so Chromium is told the server's key instead"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn promises_are_heard_from_every_reporter() {
        let output = read_results("ok - reads a user\nnot ok - links\n    ok - inside a message\n", true);
        assert_eq!(
            (output.passed, output.counts),
            (vec!["reads a user".to_owned()], Counts { passed: 1, failed: 1 })
        );
        let output = read_results(
            "running 2 tests\ntest clients::oauth2::signs_in ... ok\ntest a::b ... FAILED\n",
            false,
        );
        assert_eq!(
            (output.passed, output.counts),
            (vec!["signs in".to_owned()], Counts { passed: 1, failed: 1 })
        );
    }

    #[test]
    fn clients_are_chosen_by_a_part_of_their_name() {
        let names = |wanted: &[&str]| {
            let wanted: Vec<_> = wanted.iter().map(|word| (*word).to_owned()).collect();
            selection(&wanted).map(|clients| clients.iter().map(|client| client.name).collect::<Vec<_>>())
        };
        assert_eq!(
            names(&["passport", "oauth2"]).unwrap(),
            ["`passport-auth0` (Chromium)", "`oauth2` (Rust)"]
        );
        assert_eq!(names(&[]).unwrap().len(), CLIENTS.len());
        assert!(names(&["nobody"]).is_err());
    }

    #[test]
    fn a_client_that_says_nothing_has_failed() {
        assert_eq!(read_results("", true).counts, Counts { passed: 0, failed: 1 });
    }
}
