//! `cargo xtask test`: every check of the project, cheapest first, and their summary.

use std::fmt::Write as _;

use anyhow::{Result, bail};
use clap::ValueEnum;

use crate::bundle::Profile;
use crate::counts::Counts;
use crate::step::Stopwatch;
use crate::workspace::{BROWSER_TARGET, Workspace};
use crate::{
    attacks, browser, bundle, clients, dependency_rules, engines, layers, postgres, server, site,
    static_hosts, step, tool,
};

/// One check; they run in the order of [`Check::ALL`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Check {
    /// The code is formatted.
    Format,
    /// Dependencies keep their rules, modules their layers, and citations lead somewhere.
    Dependencies,
    /// The table of attacks in src/docs/security.md names the tests that there are.
    Attacks,
    /// Clippy finds nothing in the code for this machine.
    Clippy,
    /// Clippy finds nothing in the code for the browser.
    ClippyBrowser,
    /// The Rust tests.
    Rust,
    /// The Rust tests of what has a database, on PostgreSQL, and those of several servers on one.
    Postgres,
    /// Malformed inputs break no parser.
    Fuzz,
    /// The documentation builds and its links lead somewhere.
    Docs,
    /// Static hosts serve the page by the configurations in src/hosting.
    Hosts,
    /// The page and the server build, and the page keeps its budget.
    Build,
    /// The tests in a real browser, against the real server.
    Browser,
    /// The tests in Firefox and WebKit.
    Engines,
    /// The tests of clients that others wrote, against the real server with TLS.
    Clients,
}

/// Options of single checks.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct TestOptions {
    /// Arguments for Playwright.
    pub(crate) playwright: Vec<String>,
    /// Parts of the names of the clients of others to test; empty for all.
    pub(crate) clients: Vec<String>,
    /// Whether to write the tables of attacks, success criteria and clients instead of comparing them.
    pub(crate) update_table: bool,
}

impl Check {
    /// All checks, cheapest first.
    pub(crate) const ALL: [Self; 14] = [
        Self::Format,
        Self::Dependencies,
        Self::Attacks,
        Self::Clippy,
        Self::ClippyBrowser,
        Self::Rust,
        Self::Postgres,
        Self::Fuzz,
        Self::Docs,
        Self::Hosts,
        Self::Build,
        Self::Browser,
        Self::Engines,
        Self::Clients,
    ];

    /// Returns the name on the command line.
    pub(crate) fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// Returns the checks in `wanted` in the order of [`Check::ALL`], with the build that the browser tests need; all
    /// checks when `wanted` is empty.
    pub(crate) fn selection(wanted: &[Self]) -> Vec<Self> {
        let needed = |check: &Self| {
            wanted.is_empty()
                || wanted.contains(check)
                || (*check == Self::Build && wanted.iter().any(|wanted| wanted.is_of_build()))
        };
        Self::ALL.into_iter().filter(needed).collect()
    }

    /// Whether the check tests what the build makes.
    fn is_of_build(self) -> bool {
        matches!(self, Self::Browser | Self::Engines)
    }

    fn title(self) -> &'static str {
        match self {
            Self::Format => "Format",
            Self::Dependencies => "Dependencies and layers",
            Self::Attacks => "Table of attacks",
            Self::Clippy => "Clippy",
            Self::ClippyBrowser => "Clippy for the browser",
            Self::Rust => "Rust tests",
            Self::Postgres => "Rust tests on PostgreSQL",
            Self::Fuzz => "Hostile inputs",
            Self::Docs => "Documentation",
            Self::Hosts => "Static hosts",
            Self::Build => "Build of page and server",
            Self::Browser => "Browser tests",
            Self::Engines => "Firefox and WebKit",
            Self::Clients => "Clients of others",
        }
    }

    fn perform(self, workspace: &Workspace, options: &TestOptions) -> Result<Counts> {
        match self {
            Self::Format => {
                workspace.ensure_component("rustfmt", "fmt")?;
                cargo(workspace, &["fmt", "--all", "--check"], "run `cargo fmt --all`")
            }
            Self::Dependencies => {
                let mut violations = dependency_rules::violations(workspace)?;
                violations.extend(layers::violations(&workspace.root)?);
                for violation in &violations {
                    println!("{violation}");
                }
                Ok(Counts::single(violations.is_empty()))
            }
            Self::Attacks => {
                let counted = attacks::table_holds(&workspace.root, options.update_table)?;
                if let Some(count) = counted {
                    println!("{count} attacks");
                }
                Ok(Counts::single(counted.is_some()))
            }
            Self::Clippy => {
                workspace.ensure_component("clippy", "clippy")?;
                cargo(workspace, &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"], "")
            }
            Self::ClippyBrowser => {
                workspace.ensure_component("clippy", "clippy")?;
                workspace.ensure_browser_target()?;
                let target = ["--target", BROWSER_TARGET, "--", "-D", "warnings"];
                cargo(workspace, &[&["clippy", "-p", "app", "-p", "model"], &target[..]].concat(), "")
            }
            Self::Rust => {
                let (status, output) =
                    tool::run_streaming(&mut workspace.cargo(&["test", "--workspace", "--no-fail-fast"]))?;
                Ok(Counts::of_cargo(&output).with_status(status.success()))
            }
            Self::Postgres => postgres::tests(workspace),
            Self::Fuzz => {
                let mut fuzz = workspace.command(workspace.target.join("debug/fuzz"), &[]);
                for command in [&mut workspace.program("fuzz"), &mut fuzz] {
                    if !tool::run_streaming(command)?.0.success() {
                        bail!(
                            "an input broke a promise, or the check does not compile; see the message above"
                        );
                    }
                }
                Ok(Counts::single(true))
            }
            Self::Docs => {
                let mut docs = workspace.cargo(&["doc", "--workspace", "--no-deps"]);
                let (status, _) = tool::run_streaming(docs.env("RUSTDOCFLAGS", "-D warnings"))?;
                Ok(Counts::single(status.success()))
            }
            Self::Hosts => static_hosts::tests(workspace),
            Self::Build => {
                workspace.ensure_browser_target()?;
                let mut steps = step::Steps::of(2);
                steps.take("Compiling the page and the server", |step| {
                    tool::build(
                        vec![bundle::compilation(workspace, Profile::Small), server::compilation(workspace)],
                        step,
                    )
                })?;
                let site =
                    steps.take("Assembling the site", |_| site::assemble(workspace, Profile::Small))?;
                println!("{}", site.table());
                // A page over its budget is built all the same, and can be tested.
                let light = site.check_budget().inspect_err(|error| eprintln!("error: {error}")).is_ok();
                Ok(Counts { passed: 1, failed: u64::from(!light) })
            }
            Self::Browser => browser::tests(workspace, &options.playwright, options.update_table),
            Self::Engines => engines::tests(workspace),
            Self::Clients => clients::tests(workspace, &options.clients, options.update_table),
        }
    }
}

/// Runs a cargo command that is one check by itself.
fn cargo(workspace: &Workspace, arguments: &[&str], remedy: &str) -> Result<Counts> {
    let (status, _) = tool::run_streaming(&mut workspace.cargo(arguments))?;
    if !status.success() {
        let remedy = if remedy.is_empty() { "see its message above" } else { remedy };
        bail!("cargo {} found something: {remedy}", arguments.first().unwrap_or(&""));
    }
    Ok(Counts::single(true))
}

/// The result of one check.
struct Outcome {
    check: Check,
    counts: Counts,
    time: String,
}

/// Runs all the checks, even after one has failed, and prints the summary. Returns whether all passed.
///
/// # Errors
/// When the workspace cannot be found.
pub(crate) fn run(checks: &[Check], options: &TestOptions) -> Result<bool> {
    let workspace = Workspace::find()?;
    let all = Stopwatch::start();
    let mut outcomes: Vec<Outcome> = Vec::new();
    for (number, &check) in checks.iter().enumerate() {
        println!("\n== {}/{} {} ({})", number + 1, checks.len(), check.title(), check.name());
        let watch = Stopwatch::start();
        let unbuilt = outcomes.iter().any(|before| before.check == Check::Build && before.counts.passed == 0);
        let counts = if check.is_of_build() && unbuilt {
            println!("Not run: they would test an older build.");
            Counts::single(false)
        } else {
            check.perform(&workspace, options).unwrap_or_else(|error| {
                eprintln!("error: {error:#}");
                Counts::single(false)
            })
        };
        outcomes.push(Outcome { check, counts, time: watch.to_string() });
    }
    let (summary, sum) = summary(&outcomes);
    println!("\n{summary}All in {all}.\n{} passed, {} failed", sum.passed, sum.failed);
    Ok(sum.failed == 0)
}

/// Returns the table of all checks, and the sum of their counts.
fn summary(outcomes: &[Outcome]) -> (String, Counts) {
    let mut table = format!("{:<28}{:<10}{:>8}{:>8}{:>14}\n", "", "", "passed", "failed", "time");
    let mut sum = Counts::default();
    for Outcome { check, counts, time } in outcomes {
        let word = if counts.failed == 0 { "passed" } else { "FAILED" };
        let _ = writeln!(
            table,
            "{:<28}{word:<10}{:>8}{:>8}{time:>14}",
            check.title(),
            counts.passed,
            counts.failed
        );
        sum += *counts;
    }
    (table, sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browser_tests_bring_the_build_they_stand_on() {
        assert_eq!(Check::selection(&[Check::Browser]), [Check::Build, Check::Browser]);
        assert_eq!(Check::selection(&[Check::Docs, Check::Format]), [Check::Format, Check::Docs]);
        assert_eq!(Check::selection(&[]), Check::ALL);
    }

    #[test]
    fn the_summary_adds_up() {
        let outcome = |check, passed, failed| Outcome {
            check,
            counts: Counts { passed, failed },
            time: "1.0 s".to_owned(),
        };
        let (table, sum) = summary(&[outcome(Check::Format, 1, 0), outcome(Check::Rust, 40, 2)]);
        assert_eq!(sum, Counts { passed: 41, failed: 2 });
        assert!(table.contains("Rust tests                  FAILED          40       2"), "{table}");
    }
}
