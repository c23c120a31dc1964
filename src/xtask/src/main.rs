//! `cargo xtask`: builds, runs, tests and packs the product. A thin driver: the work is done by cargo, wasm-bindgen's
//! library and Playwright.

mod asset;
mod attacks;
mod bench;
mod browser;
mod bundle;
mod changes;
mod checks;
mod clients;
mod counts;
mod dependency_rules;
mod dist;
mod early_start;
mod engines;
mod folder;
mod hosting;
mod layers;
mod postgres;
mod script;
mod server;
mod service_worker;
mod shell;
mod site;
mod static_hosts;
mod step;
mod table;
mod tool;
mod watch;
mod workspace;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::bundle::Profile;
use crate::checks::{Check, TestOptions};
use crate::step::{Steps, Stopwatch};
use crate::workspace::Workspace;

/// Run, test, build and pack Linked Accounts.
#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    disable_help_subcommand = true,
    max_term_width = 100
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, PartialEq, Subcommand)]
#[expect(clippy::doc_markdown, reason = "clap shows these comments as they are")]
enum Command {
    /// Build the page and the server, and start both as one process on http://localhost:3000
    ///
    /// Ctrl-C stops it. The server takes what follows `--`: `cargo xtask run -- --help` lists its options.
    Run {
        /// Compile the page quickly and large, with names in stack traces
        #[arg(long)]
        dev: bool,
        /// Options of the server
        #[arg(last = true, value_name = "SERVER OPTIONS")]
        server: Vec<OsString>,
    },
    /// As run --dev, and on each change build again, restart the server and reload the browser
    ///
    /// A change that does not compile shows the compiler's message and leaves the last version running. Ctrl-C stops it.
    Watch {
        /// Options of the server
        #[arg(last = true, value_name = "SERVER OPTIONS")]
        server: Vec<OsString>,
    },
    /// Check everything, cheapest first, and install what that needs
    ///
    /// The last line counts what passed and failed. The variable LINKED_ACCOUNTS_BROWSER names the browser to test in;
    /// the default is Playwright's own, else the system's Chromium or Chrome.
    Test {
        /// Run only these checks; browser builds first
        #[arg(long, value_name = "NAME", num_args = 1.., conflicts_with = "changed")]
        only: Vec<Check>,
        /// Run only the checks that the changes since BASE can affect, uncommitted ones included
        #[arg(
            long,
            value_name = "BASE",
            num_args = 0..=1,
            require_equals = true,
            default_missing_value = "main"
        )]
        changed: Option<String>,
        /// Show the browser
        #[arg(long)]
        headed: bool,
        /// Run the tests of these clients of others only, by a part of the name, such as passport
        #[arg(long, value_name = "NAME", num_args = 1.., conflicts_with = "update_table")]
        client: Vec<String>,
        /// Write the tables that the checks attacks, browser and clients make in src/docs, instead of comparing them
        #[arg(long)]
        update_table: bool,
        /// Options of Playwright, such as the path of one test file
        #[arg(last = true, value_name = "PLAYWRIGHT OPTIONS")]
        playwright: Vec<String>,
    },
    /// Start a PostgreSQL for tests by hand, and print its address for them
    ///
    /// `cargo test` uses it where the variable that is printed is set. Ctrl-C stops it, and its data goes with the next start.
    Postgres {
        /// The folder of its data, by default one below target/postgres
        #[arg(long)]
        folder: Option<PathBuf>,
        /// Start the server whose data is in the folder, instead of a new one
        #[arg(long, requires = "folder")]
        keep: bool,
    },
    /// Measure the product against peers on this machine, and write target/bench/report.html
    ///
    /// Builds and starts everything on loopback, runs each pair in turn, and prints ratios with their spread. It needs Node.js
    /// and a quiet machine; the exit code says whether all targets are met.
    Bench(bench::Options),
    /// Build only the page, as a static site for any host, into target/site
    Build {
        /// Compile the page quickly and large, with names in stack traces
        #[arg(long)]
        dev: bool,
    },
    /// Write what is deployed into target/dist: the static site, and the release binary with that site inside
    Dist {
        /// Make a program for any Linux of this processor, without libraries beside it, as a container needs it
        #[arg(long = "static")]
        is_static: bool,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<bool> {
    match command {
        Command::Run { dev, server } => start(profile(dev), &server),
        Command::Watch { server } => watch::run(&server).map(|()| true),
        Command::Test { only, changed, headed, client, update_table, mut playwright } => {
            let checks = match changed {
                Some(base) => {
                    let plan = changes::plan(&changes::since(&Workspace::find()?, &base)?);
                    println!("{}", plan.summary());
                    playwright.extend(plan.specs);
                    plan.checks
                }
                None => Check::selection(&only),
            };
            playwright.extend(headed.then(|| "--headed".to_owned()));
            checks::run(&checks, &TestOptions { playwright, clients: client, update_table })
        }
        Command::Postgres { folder, keep } => postgres::run(folder, keep).map(|()| true),
        Command::Bench(options) => bench::run(&options),
        Command::Build { dev } => build(profile(dev)),
        Command::Dist { is_static } => dist::write(is_static).map(|()| true),
    }
}

fn profile(dev: bool) -> Profile {
    if dev { Profile::Dev } else { Profile::Small }
}

fn build(profile: Profile) -> Result<bool> {
    let stopwatch = Stopwatch::start();
    let workspace = Workspace::find()?;
    workspace.ensure_browser_target()?;
    let mut steps = Steps::of(2);
    steps.take("Compiling the page", |step| {
        tool::build(vec![bundle::compilation(&workspace, profile)], step)
    })?;
    let site = steps.take("Assembling the site", |_| site::assemble(&workspace, profile))?;
    println!("\n{}\nBuilt in {stopwatch}.", site.table());
    site.check_budget()?;
    Ok(true)
}

fn start(profile: Profile, arguments: &[OsString]) -> Result<bool> {
    let workspace = Workspace::find()?;
    workspace.ensure_browser_target()?;
    let mut steps = Steps::of(3);
    steps.take("Compiling the page and the server", |step| {
        tool::build(vec![bundle::compilation(&workspace, profile), server::compilation(&workspace)], step)
    })?;
    let site = steps.take("Assembling the site", |_| site::assemble(&workspace, profile))?;
    // `build` and `test` refuse a page over its budget; here it runs all the same.
    if let Err(error) = site.check_budget() {
        println!("    note: {error}");
    }
    println!("    {}\n3/3 Starting the server …", site.summary());
    server::replace_by_server(&workspace, arguments)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(words: &str) -> Result<Command, clap::Error> {
        Ok(Arguments::try_parse_from(std::iter::once("xtask").chain(words.split(' ')))?.command)
    }

    #[test]
    fn what_follows_the_dashes_goes_to_the_server_untouched() {
        let Ok(Command::Run { dev: true, server }) = command("run --dev -- --listen 127.0.0.1:0 --help")
        else {
            panic!()
        };
        assert_eq!(server, ["--listen", "127.0.0.1:0", "--help"]);
    }

    #[test]
    fn several_checks_can_be_named_at_once() {
        let parsed = command("test --only rust format --headed -- -g unlink").unwrap();
        let Command::Test { only, headed: true, playwright, .. } = parsed else { panic!() };
        assert_eq!(Check::selection(&only), [Check::Format, Check::Rust]);
        assert_eq!(playwright, ["-g", "unlink"]);
    }

    #[test]
    fn changes_are_those_since_main_or_since_a_named_commit() {
        let base = |words| match command(words).unwrap() {
            Command::Test { changed, .. } => changed,
            _ => panic!(),
        };
        assert_eq!(base("test"), None);
        assert_eq!(base("test --changed").as_deref(), Some("main"));
        assert_eq!(base("test --changed=HEAD~3").as_deref(), Some("HEAD~3"));
    }

    #[test]
    fn an_unknown_command_option_or_check_is_refused() {
        for words in ["walk", "build --fast", "dist --dev", "test --only unknown", "build -- x"] {
            assert!(command(words).is_err(), "{words}");
        }
    }
}
