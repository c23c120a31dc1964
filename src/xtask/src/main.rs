//! `cargo xtask`: builds, runs, tests and packs the product. A thin driver: what it does is done by cargo,
//! wasm-bindgen's library and Playwright.

mod asset;
mod browser;
mod checks;
mod clients;
mod dist;
mod rooms;
mod server;
mod shell;
mod site;
mod step;
mod tally;
mod tool;
mod workspace;

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Result;
use lexopt::ValueExt as _;
use lexopt::prelude::{Long, Short, Value};

use crate::checks::{Check, Wishes};
use crate::site::Profile;
use crate::step::{Steps, Stopwatch};
use crate::workspace::Workspace;

const HELP: &str = "\
Linked Accounts: run, test, build and pack.

Usage: cargo xtask COMMAND

  run [--dev] [-- SERVER OPTIONS]
      Builds the page and the server and starts both as one process on
      http://localhost:3000. Ctrl-C stops it. What stands after `--` goes to the
      server: `cargo xtask run -- --help` lists what it takes.
      --dev            compiles the page quickly and large, with names in stack traces

  test [--only NAME ...] [--headed] [--update-table] [-- PLAYWRIGHT OPTIONS]
      Checks everything, cheapest first, and installs what that needs. The last
      line counts what passed and failed.
      --only NAME ...  only these checks: format rooms clippy clippy-browser rust
                       fuzz docs build browser clients (browser builds first)
      --headed         shows the browser
      --update-table   writes the table of clients as the check clients
                       has seen it, instead of comparing
      LINKED_ACCOUNTS_BROWSER in the environment names the browser to test in;
      else it is Playwright's own, else the system's Chromium or Chrome.

  build [--dev]
      Builds only the page, as a static site for any host, into target/site.

  dist
      Writes what is deployed into target/dist: the static site, and the release
      binary of the server with that site inside.

  -h, --help
      Shows this.
";

/// What was asked for.
enum Call {
    Help,
    Run { profile: Profile, server: Vec<OsString> },
    Test { checks: Vec<Check>, wishes: Wishes },
    Build { profile: Profile },
    Dist,
}

fn main() -> ExitCode {
    let call = match parsed(lexopt::Parser::from_env()) {
        Ok(call) => call,
        Err(error) => {
            eprintln!("error: {error}\n`cargo xtask --help` lists the commands and their options.");
            return ExitCode::from(2);
        }
    };
    let done = match call {
        Call::Help => {
            print!("{HELP}");
            Ok(true)
        }
        Call::Run { profile, server } => run(profile, &server),
        Call::Test { checks, wishes } => checks::run(&checks, &wishes),
        Call::Build { profile } => build(profile),
        Call::Dist => dist::write().map(|()| true),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Reads the command line.
///
/// # Errors
/// When the command, an option or the name of a check is unknown.
fn parsed(mut arguments: lexopt::Parser) -> Result<Call, lexopt::Error> {
    let command = match arguments.next()? {
        None | Some(Long("help") | Short('h')) => return Ok(Call::Help),
        Some(Value(command)) => command.string()?,
        Some(option) => return Err(option.unexpected()),
    };
    let command = command.as_str();
    if !["run", "test", "build", "dist"].contains(&command) {
        return Err(format!("there is no command \"{command}\"").into());
    }
    let (mut profile, mut wanted, mut headed, mut update_table, mut passed_on) =
        (Profile::Small, Vec::new(), false, false, Vec::new());
    loop {
        if let Some(mut rest) =
            arguments.try_raw_args().filter(|rest| rest.as_slice().first().is_some_and(|next| next == "--"))
            && ["run", "test"].contains(&command)
        {
            rest.next();
            passed_on.extend(rest);
            break;
        }
        match arguments.next()? {
            None => break,
            Some(Long("help") | Short('h')) => return Ok(Call::Help),
            Some(Long("dev")) if ["run", "build"].contains(&command) => profile = Profile::Dev,
            Some(Long("headed")) if command == "test" => headed = true,
            Some(Long("update-table")) if command == "test" => update_table = true,
            Some(Long("only")) if command == "test" => {
                for name in arguments.values()? {
                    let name = name.string()?;
                    wanted.push(Check::named(&name).ok_or_else(|| format!("there is no check \"{name}\""))?);
                }
            }
            Some(argument) => return Err(argument.unexpected()),
        }
    }
    Ok(match command {
        "run" => Call::Run { profile, server: passed_on },
        "test" => {
            let mut playwright =
                passed_on.into_iter().map(OsString::into_string).collect::<Result<Vec<_>, _>>()?;
            playwright.extend(headed.then(|| "--headed".to_owned()));
            Call::Test { checks: Check::selection(&wanted), wishes: Wishes { playwright, update_table } }
        }
        "build" => Call::Build { profile },
        _ => Call::Dist,
    })
}

fn build(profile: Profile) -> Result<bool> {
    let watch = Stopwatch::start();
    let workspace = Workspace::find()?;
    workspace.ensure_browser_target()?;
    let mut steps = Steps::of(2);
    steps
        .take("Compiling the page", |step| tool::build(vec![site::compilation(&workspace, profile)], step))?;
    let site = steps.take("Putting the site together", |_| site::assemble(&workspace, profile))?;
    println!("\n{}\nBuilt in {watch}.", site.table());
    site.keeps_budget()?;
    Ok(true)
}

fn run(profile: Profile, arguments: &[OsString]) -> Result<bool> {
    let workspace = Workspace::find()?;
    workspace.ensure_browser_target()?;
    let mut steps = Steps::of(3);
    steps.take("Compiling the page and the server", |step| {
        tool::build(vec![site::compilation(&workspace, profile), server::compilation(&workspace)], step)
    })?;
    let site = steps.take("Putting the site together", |_| site::assemble(&workspace, profile))?;
    // Too heavy a page is for `build` and `test` to refuse; it still runs.
    if let Err(error) = site.keeps_budget() {
        println!("    note: {error}");
    }
    println!("    {}\n3/3 Starting the server …", site.summary());
    server::become_server(&workspace, arguments)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(words: &str) -> Result<Call, lexopt::Error> {
        parsed(lexopt::Parser::from_args(words.split(' ')))
    }

    #[test]
    fn what_stands_after_the_dashes_goes_to_the_server_untouched() {
        let Ok(Call::Run { profile, server }) = call("run --dev -- --listen 127.0.0.1:0 --help") else {
            panic!()
        };
        assert!(profile == Profile::Dev);
        assert_eq!(server, ["--listen", "127.0.0.1:0", "--help"]);
    }

    #[test]
    fn several_checks_can_be_named_at_once() {
        let Ok(Call::Test { checks, wishes }) = call("test --only rust format --headed -- -g unlink") else {
            panic!()
        };
        assert_eq!(checks, [Check::Format, Check::Rust]);
        assert_eq!(wishes.playwright, ["-g", "unlink", "--headed"]);
        let Ok(Call::Test { wishes, .. }) = call("test --update-table") else { panic!() };
        assert!(wishes.update_table);
    }

    #[test]
    fn an_unknown_command_option_or_check_is_refused() {
        for words in ["walk", "build --fast", "dist --dev", "test --only attic", "build -- x"] {
            assert!(call(words).is_err(), "{words}");
        }
    }
}
