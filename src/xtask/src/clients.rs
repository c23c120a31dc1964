//! The clients that others wrote: installs what they need, runs their tests against a tenant with TLS, and keeps their
//! table in `src/docs/clients.md`.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::counts::Counts;
use crate::step::Stopwatch;
use crate::workspace::Workspace;
use crate::{browser, server, tool};

/// The origin of a client, which decides how its tests run.
enum Kind {
    /// An npm package, by its folder in `node_modules`, and the file of its tests.
    Node { package: &'static str, tests: &'static str },
    /// A version of `auth0-python`, by the file that names it and all that it needs.
    Python { requirements: &'static str },
    /// A crate, whose tests are the module of that name among the server's.
    Rust { krate: &'static str },
}

/// The clients, by the name that the table gives them.
const CLIENTS: [(&str, Kind); 10] = [
    ("`auth0` (Node.js)", Kind::Node { package: "auth0", tests: "node-auth0.test.js" }),
    ("`auth0` 4 (Node.js)", Kind::Node { package: "auth0-4", tests: "node-auth0-4.test.js" }),
    ("`auth0-python` 6", Kind::Python { requirements: "auth0-python-6" }),
    ("`auth0-python` 5", Kind::Python { requirements: "auth0-python-5" }),
    ("`auth0-python` 4", Kind::Python { requirements: "auth0-python-4" }),
    (
        "`@auth0/auth0-spa-js` (Chromium)",
        Kind::Node { package: "@auth0/auth0-spa-js", tests: "auth0-spa-js.test.js" },
    ),
    ("`auth0-js` (Chromium)", Kind::Node { package: "auth0-js", tests: "auth0-js.test.js" }),
    (
        "`express-openid-connect` (Chromium)",
        Kind::Node { package: "express-openid-connect", tests: "express-openid-connect.test.js" },
    ),
    ("`oauth2` (Rust)", Kind::Rust { krate: "oauth2" }),
    ("`openidconnect` (Rust)", Kind::Rust { krate: "openidconnect" }),
];

/// The document with the table.
const DOCUMENT: &str = "src/docs/clients.md";

/// The marks around the table.
const BEGIN: &str =
    "<!-- The table of clients: `cargo xtask test --only clients --update-table` writes it. -->\n";
const END: &str = "<!-- End of the table of clients. -->\n";

/// The results of one client's tests.
struct Outcome {
    client: &'static str,
    version: String,
    passed: Vec<String>,
}

/// Runs the tests of every client, each against a tenant of its own. When all pass, writes the table if
/// `update_table`, else compares it.
///
/// # Errors
/// When something that the tests need is missing and cannot be installed, with what to do.
pub(crate) fn tests(workspace: &Workspace, update_table: bool) -> Result<Counts> {
    let end2end = workspace.root.join("end2end");
    let folder = end2end.join("clients");
    browser::ensure_packages(&end2end, "the browser tests")?;
    browser::ensure_packages(&folder, "the clients")?;
    let browser = browser::find(&end2end)?;
    ensure_certutil()?;
    if !tool::run_streaming(&mut server::compilation(workspace).command)?.0.success() {
        bail!("the server could not be built; see the message of the compiler above");
    }
    let (mut counts, mut outcomes) = (Counts::default(), Vec::new());
    for (client, kind) in CLIENTS {
        let version = version(workspace, &folder, &kind)?;
        println!("\n-- {client} {version}");
        let watch = Stopwatch::start();
        let output = run(workspace, &folder, &browser, &kind)?;
        println!("   {watch}");
        counts += output.counts;
        outcomes.push(Outcome { client, version, passed: output.passed });
    }
    if counts.failed == 0 {
        counts += Counts::single(table_holds(&workspace.root.join(DOCUMENT), &outcomes, update_table)?);
    }
    Ok(counts)
}

/// The output of a run: the names of the passed tests, and all counts.
struct TestOutput {
    passed: Vec<String>,
    counts: Counts,
}

fn run(workspace: &Workspace, folder: &Path, browser: &Path, kind: &Kind) -> Result<TestOutput> {
    let mut command = match kind {
        Kind::Node { tests, .. } => {
            let mut node = workspace.command("node", &["--test", "--test-timeout=120000"]);
            node.args(["--test-reporter=./reporter.js", tests]).env(browser::CHOICE, browser);
            node
        }
        Kind::Python { requirements } => {
            let python = python(workspace, folder, requirements)?;
            let mut command = Command::new(python);
            command.args(["-B", "python/auth0_python.py"]);
            command
        }
        Kind::Rust { krate } => {
            let tests = format!("clients::{krate}::");
            // With the features of the check `rust`, so that nothing is compiled twice.
            let mut cargo = workspace.cargo(&["test", "--workspace", "--test", "process", &tests]);
            let (status, output) = tool::run_streaming(&mut cargo)?;
            let mut output = read_results(&output, status.success());
            // They run concurrently, so that they end in any order.
            output.passed.sort();
            return Ok(output);
        }
    };
    let tenant = Tenant::start(workspace, folder)?;
    command.current_dir(folder).env("CLIENTS_TENANT", &tenant.origin).env("CLIENTS_WEB_ORIGIN", &tenant.web);
    for variable in ["NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"] {
        command.env(variable, &tenant.authority);
    }
    let (status, output) = tool::run_streaming(&mut command)?;
    let output = read_results(&output, status.success());
    if output.counts.failed > 0 {
        println!("   The tenant's log: {}", tenant.log.display());
    }
    Ok(output)
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

fn version(workspace: &Workspace, folder: &Path, kind: &Kind) -> Result<String> {
    match kind {
        Kind::Node { package, .. } => {
            let manifest =
                fs::read_to_string(folder.join("node_modules").join(package).join("package.json"))?;
            let manifest: Value = serde_json::from_str(&manifest)?;
            Ok(manifest["version"].as_str().context("the package names no version")?.to_owned())
        }
        Kind::Python { requirements } => {
            let text = fs::read_to_string(listed(folder, requirements))?;
            let line = text.lines().find_map(|line| line.strip_prefix("auth0-python=="));
            Ok(line.with_context(|| format!("{requirements}.txt names no auth0-python"))?.to_owned())
        }
        Kind::Rust { krate } => {
            let lock = fs::read_to_string(workspace.root.join("Cargo.lock"))?;
            let entry = lock.split_once(&format!("name = \"{krate}\"\nversion = \"")).map(|(_, rest)| rest);
            let version = entry.and_then(|rest| rest.split('"').next());
            Ok(version.with_context(|| format!("Cargo.lock has no {krate}"))?.to_owned())
        }
    }
}

fn listed(folder: &Path, requirements: &str) -> PathBuf {
    folder.join("python").join(format!("{requirements}.txt"))
}

/// Returns the Python of an environment with the packages that `requirements` lists. Creates the environment when it
/// is missing or older than the list.
fn python(workspace: &Workspace, folder: &Path, requirements: &str) -> Result<PathBuf> {
    let environment = workspace.target.join("clients").join(requirements);
    let python = environment.join("bin/python");
    let (list, installed) = (listed(folder, requirements), environment.join("installed.txt"));
    let wanted = fs::read_to_string(&list)?;
    if fs::read_to_string(&installed).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    println!("Installing {requirements} into target/clients");
    if environment.exists() {
        fs::remove_dir_all(&environment)?;
    }
    let make = || tool::output(Command::new("python3").args(["-m", "venv"]).arg(&environment));
    if let Err(error) = make() {
        // Debian has `venv` in a package of its own.
        tool::install_debians(&["python3-venv"])?;
        make().with_context(|| {
            format!(
                "auth0-python needs Python 3.11 or newer with venv; install it and start again ({error:#})"
            )
        })?;
    }
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "-r"])
        .arg(&list);
    if !tool::run_streaming(&mut pip)?.0.success() {
        bail!("pip could not install {requirements}; see its message above");
    }
    fs::write(installed, wanted)?;
    Ok(python)
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

/// A running server with the tenant of the clients. It is stopped when it is dropped.
struct Tenant {
    process: Child,
    origin: String,
    /// The origin at which an application may listen: the tenant file names it as a callback.
    web: String,
    authority: PathBuf,
    log: PathBuf,
}

impl Tenant {
    /// Starts the server on a free port with a new database, and a certificate by the local authority that all runs
    /// share.
    fn start(workspace: &Workspace, clients: &Path) -> Result<Self> {
        let folder = workspace.target.join("clients/tenant");
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        let web = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let web = format!("http://localhost:{web}");
        let (authority, log) = (workspace.target.join("clients/tls"), folder.join("log.txt"));
        let mut command = Command::new(workspace.server());
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("LINKED_ACCOUNTS_") {
                command.env_remove(name);
            }
        }
        command.current_dir(&folder).args(["serve", "--listen", "127.0.0.1:0", "--tls-self-signed"]);
        command.arg(&authority).arg("--tenant").arg(clients.join("tenant.yaml"));
        command.arg("--users").arg(clients.join("users.json")).arg("--site").arg(workspace.site());
        command
            .env("WEB_ORIGIN", &web)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(fs::File::create(&log)?);
        let mut process = command.spawn().context("the server could not be started")?;
        let greeting = process.stdout.take().context("the server has no standard output")?;
        let mut tenant =
            Self { process, origin: String::new(), web, authority: authority.join("authority.pem"), log };
        for line in BufReader::new(greeting).lines() {
            if let Some(origin) = line?.strip_prefix("Listening on ") {
                origin.clone_into(&mut tenant.origin);
                return Ok(tenant);
            }
        }
        bail!("the server did not start: {}", fs::read_to_string(&tenant.log)?);
    }
}

impl Drop for Tenant {
    fn drop(&mut self) {
        tool::end(&mut self.process);
    }
}

/// Writes the table, or compares it. Returns whether it is that of this run.
fn table_holds(document: &Path, outcomes: &[Outcome], update: bool) -> Result<bool> {
    let text = fs::read_to_string(document)?;
    let fresh = with_table(&text, &table(outcomes))
        .with_context(|| format!("{DOCUMENT} has no place for the table of clients"))?;
    if fresh == text {
        return Ok(true);
    }
    if update {
        fs::write(document, fresh)?;
        println!("\nThe table of clients in {DOCUMENT} was written anew.");
        return Ok(true);
    }
    println!(
        "\nThe table of clients in {DOCUMENT} is not what this run produced; write it anew by \
         `cargo xtask test --only clients --update-table`."
    );
    Ok(false)
}

fn table(outcomes: &[Outcome]) -> String {
    let mut table = "| Client | Version | What it did |\n|---|---|---|\n".to_owned();
    for Outcome { client, version, passed } in outcomes {
        let _ = writeln!(table, "| {client} | {version} | {} |", passed.join("; "));
    }
    table
}

/// Replaces the table between the two marks; `None` when a mark is missing.
fn with_table(text: &str, table: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{table}\n{END}{after}"))
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
    fn a_client_that_says_nothing_has_failed() {
        assert_eq!(read_results("", true).counts, Counts { passed: 0, failed: 1 });
    }

    #[test]
    fn only_the_table_is_replaced() {
        let outcome =
            Outcome { client: "`auth0`", version: "7".to_owned(), passed: vec!["reads".to_owned()] };
        let text = with_table(&format!("a\n{BEGIN}old\n{END}b\n"), &table(&[outcome])).unwrap();
        assert_eq!(
            text,
            format!(
                "a\n{BEGIN}\n| Client | Version | What it did |\n|---|---|---|\n| `auth0` | 7 | reads |\n\n{END}b\n"
            )
        );
        assert_eq!(with_table("a", "table"), None);
    }
}
