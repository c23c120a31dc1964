//! `cargo xtask`: builds, runs, tests and packs the product. A thin driver: what it does is done by cargo,
//! wasm-bindgen's library and Playwright.

mod asset;
mod server;
mod shell;
mod site;
mod step;
mod tool;
mod workspace;

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Result;
use lexopt::prelude::{Long, Short, Value};

use crate::site::Profile;
use crate::step::{Steps, Stopwatch};
use crate::workspace::Workspace;

const HELP: &str = "\
Linked Accounts: build, run, test and pack.

Usage: cargo xtask COMMAND

  run [--dev] [-- SERVER OPTIONS]
      Builds the page and the server and starts both as one process on
      http://localhost:3000. Ctrl-C stops it. What stands after `--` goes to the
      server: `cargo xtask run -- --help` lists what it takes.
      --dev         compiles the page quickly and large, with names in stack traces

  build [--dev]
      Builds only the page, as a static site, into target/site.

  -h, --help
      Shows this.
";

/// What was asked for.
enum Call {
    Help,
    Build { profile: Profile },
    Run { profile: Profile, server: Vec<OsString> },
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
            Ok(ExitCode::SUCCESS)
        }
        Call::Build { profile } => build(profile),
        Call::Run { profile, server } => run(profile, &server),
    };
    done.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

/// Reads the command line.
///
/// # Errors
/// When the command or an option is unknown.
fn parsed(mut arguments: lexopt::Parser) -> Result<Call, lexopt::Error> {
    let command = match arguments.next()? {
        None | Some(Long("help") | Short('h')) => return Ok(Call::Help),
        Some(Value(command)) => command,
        Some(option) => return Err(option.unexpected()),
    };
    let mut profile = Profile::Small;
    let mut server = Vec::new();
    let command = command.to_string_lossy().into_owned();
    if !["build", "run"].contains(&command.as_str()) {
        return Err(format!("there is no command \"{command}\"").into());
    }
    loop {
        if command == "run"
            && let Some(rest) = arguments.try_raw_args()
            && rest.peek().is_some_and(|next| next == "--")
        {
            server = rest.skip(1).collect();
            break;
        }
        match arguments.next()? {
            None => break,
            Some(Long("help") | Short('h')) => return Ok(Call::Help),
            Some(Long("dev")) if command != "test" => profile = Profile::Dev,
            Some(argument) => return Err(argument.unexpected()),
        }
    }
    Ok(match command.as_str() {
        "build" => Call::Build { profile },
        _ => Call::Run { profile, server },
    })
}

fn build(profile: Profile) -> Result<ExitCode> {
    let watch = Stopwatch::start();
    let workspace = Workspace::find()?;
    workspace.ensure_browser_target()?;
    let mut steps = Steps::of(2);
    steps
        .take("Compiling the page", |step| tool::build(vec![site::compilation(&workspace, profile)], step))?;
    let site = steps.take("Putting the site together", |_| site::assemble(&workspace, profile))?;
    println!("\n{}\nBuilt in {watch}.", site.table());
    Ok(ExitCode::SUCCESS)
}

fn run(profile: Profile, arguments: &[OsString]) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    workspace.ensure_browser_target()?;
    let mut steps = Steps::of(3);
    steps.take("Compiling the page and the server", |step| {
        tool::build(vec![site::compilation(&workspace, profile), server::compilation(&workspace)], step)
    })?;
    steps.take("Putting the site together", |_| site::assemble(&workspace, profile))?;
    println!("3/3 Starting the server …");
    server::become_server(&workspace, arguments)?;
    Ok(ExitCode::SUCCESS)
}
