//! The browser tests: installs what they need, and runs them.

use std::env::split_paths;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail};

use crate::counts::Counts;
use crate::postgres;
use crate::table::Table;
use crate::tool;
use crate::workspace::Workspace;

/// The environment variable that names the browser to test in, for this tool and for Playwright's configuration.
pub(crate) const CHOICE: &str = "LINKED_ACCOUNTS_BROWSER";

/// The names that the system's browser may have.
const SYSTEM_BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// Chromium's headless shell: the same engine without the browser around it. Preferred, because a test takes a fifth
/// less processor time in it.
const HEADLESS_SHELL: &str = "chromium-headless-shell";

/// The time limit of Playwright's download, which behind a firewall never ends.
const DOWNLOAD_LIMIT: Duration = Duration::from_mins(3);

/// Playwright's command, inside the folder `end2end`.
pub(crate) const PLAYWRIGHT: &str = "node_modules/@playwright/test/cli.js";

/// The static checks of the tests' source, by the npm script that runs each. Playwright itself only strips types.
const STATIC_CHECKS: [(&str, &[&str]); 3] = [
    ("types", &["node_modules/typescript/bin/tsc"]),
    ("format", &["node_modules/prettier/bin/prettier.cjs", "--check", "--log-level=warn", "."]),
    ("lint", &["node_modules/eslint/bin/eslint.js", "--max-warnings=0", "."]),
];

/// The report on accessibility, which a run of all browser tests makes.
const ACCESSIBILITY: Table = Table {
    document: "src/docs/accessibility.md",
    subject: "success criteria",
    command: "cargo xtask test --only browser --update-table",
};

/// Playwright's reporter that makes its table, inside the folder `end2end`.
const ACCESSIBILITY_REPORTER: &str = "./accessibility/report.ts";

/// Installs what is missing, checks the source of the tests and runs the browser tests with `arguments` for Playwright.
/// A run without arguments has all tests: it writes the table of the report on accessibility or compares it.
///
/// # Errors
/// When Node.js, the npm packages or a browser are missing and cannot be installed, with what to do.
pub(crate) fn tests(workspace: &Workspace, arguments: &[String], update_table: bool) -> Result<Counts> {
    let folder = workspace.root.join("end2end");
    ensure_packages(&folder, "the browser tests")?;
    for (script, command) in STATIC_CHECKS {
        if !tool::run_streaming(&mut node(&folder, command))?.0.success() {
            bail!(
                "the check above failed; `npm run {script}` in end2end runs it alone or corrects the files"
            );
        }
    }
    let browser = find(&folder)?;
    // The shell has no window to show, and a named browser is the one to test in.
    let is_free = environment(CHOICE).is_none_or(|chosen| chosen.is_empty())
        && !arguments.iter().any(|argument| argument == "--headed");
    let browser = of_the_system(&[HEADLESS_SHELL]).filter(|_| is_free).unwrap_or(browser);
    println!("Testing in {}", browser.display());
    let report = workspace.target.join("playwright.json");
    if report.exists() {
        fs::remove_file(&report)?;
    }
    let is_whole = arguments.is_empty();
    let accessibility = workspace.target.join("accessibility.md");
    let mut reporters = "--reporter=list,json".to_owned();
    if is_whole {
        let _ = write!(reporters, ",{ACCESSIBILITY_REPORTER}");
    }
    let mut playwright = node(&folder, &[PLAYWRIGHT, "test", &reporters]);
    playwright
        .args(arguments)
        .env("LINKED_ACCOUNTS_ACCESSIBILITY", &accessibility)
        .env(CHOICE, &browser)
        .env("LINKED_ACCOUNTS_SERVER", workspace.server())
        .env("PLAYWRIGHT_JSON_OUTPUT_FILE", &report);
    // It stops when this ends.
    let database = postgres::for_browser(workspace)?;
    match &database {
        Some(database) => _ = playwright.env("LINKED_ACCOUNTS_EMPTY_POSTGRES", &database.url),
        None => println!("Not run: the browser tests of a database that is away"),
    }
    let (status, _) = tool::run_streaming(&mut playwright)?;
    let report = fs::read_to_string(&report).context("Playwright stopped before its tests; see above")?;
    let counts = Counts::of_playwright(&report)?.with_status(status.success());
    // A run with failures tells what failed by itself.
    if !is_whole || counts.failed > 0 {
        return Ok(counts);
    }
    let table = fs::read_to_string(&accessibility).context("Playwright made no report on accessibility")?;
    let holds = ACCESSIBILITY.holds(&workspace.root, &table, update_table)?;
    Ok(Counts { failed: u64::from(!holds), ..counts })
}

/// Returns a command that runs Node.js in `folder`.
pub(crate) fn node(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("node");
    command.args(arguments).current_dir(folder);
    command
}

/// Installs the npm packages of `folder` when they are missing or older than the lock file. `whose` they are is the
/// middle of a sentence: `the browser tests`.
///
/// # Errors
/// When Node.js is missing, or npm fails, with what to do.
pub(crate) fn ensure_packages(folder: &Path, whose: &str) -> Result<()> {
    tool::output(&mut node(folder, &["--version"])).with_context(|| {
        format!("{whose} need Node.js 20.19 or newer with npm; install them and start again")
    })?;
    let changed =
        |path: PathBuf| fs::metadata(path).and_then(|file| file.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
    if changed(folder.join("node_modules/.package-lock.json")) >= changed(folder.join("package-lock.json")) {
        return Ok(());
    }
    println!("Installing the npm packages of {whose}: `npm ci` in {}", folder.display());
    let mut install = Command::new("npm");
    install.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(folder);
    let (status, _) = tool::run_streaming(&mut install)?;
    if !status.success() {
        bail!("`npm ci` failed; see its message above. Check the network, then start again");
    }
    Ok(())
}

/// Finds the browser to test in: the one that [`CHOICE`] names, else Playwright's own, else the system's. Installs one
/// where there is none: Playwright's if it can be downloaded, else Debian's on Debian as root.
///
/// # Errors
/// When there is none and none can be installed.
pub(crate) fn find(folder: &Path) -> Result<PathBuf> {
    if let Some(chosen) = environment(CHOICE).filter(|chosen| !chosen.is_empty()) {
        let chosen = PathBuf::from(chosen);
        if !starts(&chosen) {
            bail!("{CHOICE} names {}, which does not start as a browser does", chosen.display());
        }
        return Ok(chosen);
    }
    let playwrights = playwrights(folder, "chromium")?;
    if starts(&playwrights) {
        return Ok(playwrights);
    }
    if let Some(browser) = of_the_system(&SYSTEM_BROWSERS) {
        return Ok(browser);
    }
    println!("No browser is here: trying Playwright's own, `playwright install chromium`");
    let mut download = node(folder, &[PLAYWRIGHT, "install", "chromium"]);
    download.env("PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT", "20000");
    if tool::run_with_limit(&mut download, DOWNLOAD_LIMIT)? && starts(&playwrights) {
        return Ok(playwrights);
    }
    println!("Playwright's own browser could not be installed");
    tool::install_debians(&["chromium", HEADLESS_SHELL])?;
    of_the_system(&SYSTEM_BROWSERS).with_context(|| {
        format!("no browser was found to test in; install Chromium or Chrome, or name one in {CHOICE}")
    })
}

/// Returns where Playwright has its own build of an engine, whether or not it is there.
///
/// # Errors
/// When Playwright cannot be asked.
pub(crate) fn playwrights(folder: &Path, engine: &str) -> Result<PathBuf> {
    let asked = format!("process.stdout.write(require('@playwright/test').{engine}.executablePath())");
    Ok(PathBuf::from(tool::output(&mut node(folder, &["--input-type=commonjs", "--eval", &asked]))?))
}

/// Whether a program exists and runs; a browser without its libraries does not.
fn starts(program: &Path) -> bool {
    program.is_file() && tool::output(Command::new(program).arg("--version")).is_ok()
}

/// Returns the first of these programs that is on the path and runs.
pub(crate) fn of_the_system(names: &[&str]) -> Option<PathBuf> {
    names.iter().flat_map(|name| on_path(name)).find(|candidate| starts(candidate))
}

/// Returns the files of this name on the path.
pub(crate) fn on_path(name: &str) -> Vec<PathBuf> {
    let path = environment("PATH").unwrap_or_default();
    split_paths(&path).map(|folder| folder.join(name)).filter(|file| file.is_file()).collect()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the build tool has no configuration but the machine's environment"
)]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
