//! `cargo xtask bench`: measures the product against peers on this machine, pair by pair in turn, and writes a report.
//!
//! Everything listens on loopback, and everything that is written is below `target/bench`. Times decide nothing else: no test
//! depends on them.

mod context;
mod growth;
mod http;
mod load;
mod machine;
mod measurement;
mod page;
mod plot;
mod population;
mod postgres;
mod programs;
mod report;
mod results;
mod running;
mod tenant;
mod tokens;
mod unlink;
mod user;

use std::fs;

use anyhow::Result;
use clap::{Args, ValueEnum};

use self::context::Context;
use self::measurement::Outcome;
use self::programs::Programs;
use self::results::{Recorded, Results};
use self::tenant::Databases;
use crate::step::Stopwatch;
use crate::table::Table;
use crate::workspace::Workspace;

/// The table in the README.
const TABLE: Table =
    Table { document: "README.md", subject: "benchmarks", command: "cargo xtask bench --update-table" };

/// One benchmark; they run in the order of [`Benchmark::ALL`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Benchmark {
    /// Durable unlinks, against better-auth on the same disk.
    Unlink,
    /// Durable unlinks with a million users, against a thousand.
    Million,
    /// Durable unlinks on PostgreSQL, against its plain driver.
    Postgres,
    /// Reading a user, against a bare axum server.
    User,
    /// Machine tokens, against the signatures of their library and another server.
    Tokens,
    /// The time of a request by the number of users, and of logins of one user.
    Growth,
    /// The page, against a React page that does the same.
    Page,
}

/// The options of the command.
#[derive(Args, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// Run only these benchmarks; by default all
    #[arg(value_name = "NAME")]
    names: Vec<Benchmark>,
    /// How often each pair is measured, in turn; by default 5 times, the pages 9 times
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=99))]
    runs: Option<u16>,
    /// How long each load lasts
    #[arg(long, value_name = "SECONDS", default_value = "4", value_parser = clap::value_parser!(u32).range(1..=60))]
    seconds: u32,
    /// Measure the programs that were built last
    #[arg(long)]
    no_build: bool,
    /// Write the table into the README
    #[arg(long)]
    update_table: bool,
}

impl Benchmark {
    /// All benchmarks, in the order of the table.
    const ALL: [Self; 7] =
        [Self::Unlink, Self::Million, Self::Postgres, Self::User, Self::Tokens, Self::Growth, Self::Page];

    fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }

    fn title(self) -> &'static str {
        match self {
            Self::Unlink => "Unlinking",
            Self::Million => "Unlinking with a million users",
            Self::Postgres => "Unlinking on PostgreSQL",
            Self::User => "Reading a user",
            Self::Tokens => "Machine tokens",
            Self::Growth => "Growth",
            Self::Page => "The page",
        }
    }

    fn measure(self, context: &Context) -> Result<Outcome> {
        match self {
            Self::Unlink => unlink::against_peer(context),
            Self::Million => unlink::with_a_million(context),
            Self::Postgres => postgres::against_driver(context),
            Self::User => user::against_hello(context),
            Self::Tokens => tokens::against_signatures(context),
            Self::Growth => growth::by_size(context),
            Self::Page => page::against_react(context),
        }
    }
}

/// Runs the benchmarks, prints their table and writes `target/bench/results.json` and `target/bench/report.html`. Returns
/// whether all ran and all targets are met; after one that cannot run, the others do.
///
/// # Errors
/// When something cannot be built or written, or the generator of load is missing and cannot be installed.
pub(crate) fn run(options: &Options) -> Result<bool> {
    let workspace = Workspace::find()?;
    let folder = workspace.root.join("target/bench");
    let databases = folder.join("databases");
    fs::create_dir_all(&databases)?;
    load::ensure_generator()?;
    let wanted = |benchmark: &Benchmark| options.names.is_empty() || options.names.contains(benchmark);
    let chosen: Vec<_> = Benchmark::ALL.into_iter().filter(wanted).collect();
    let programs = Programs::of(&workspace);
    if !options.no_build {
        programs::build(&workspace, chosen.contains(&Benchmark::Page))?;
    }
    let context = Context {
        databases: Databases::new(&programs.server, &databases),
        workspace: &workspace,
        programs,
        runs: options.runs,
        seconds: options.seconds,
        folder: folder.clone(),
    };
    let file = folder.join("results.json");
    let mut results = Results::read(&file)?;
    let mut failed = false;
    for (number, benchmark) in chosen.iter().enumerate() {
        println!("\n== {}/{} {} ({})", number + 1, chosen.len(), benchmark.title(), benchmark.name());
        match record(*benchmark, &context) {
            Ok(recorded) => _ = results.benchmarks.insert(benchmark.name(), recorded),
            Err(error) => {
                eprintln!("error: {error:#}");
                failed = true;
                continue;
            }
        }
        results.write(&file)?;
        let all = Benchmark::ALL.map(Benchmark::name);
        fs::write(folder.join("report.html"), report::page(&results, &all)?)?;
    }
    let _ = fs::remove_dir_all(folder.join("runs"));
    let names: Vec<_> = chosen.iter().map(|benchmark| benchmark.name()).collect();
    println!("\n{}\n{}\n{}", results.table(&names), file.display(), folder.join("report.html").display());
    if options.update_table {
        TABLE.holds(&workspace.root, &results.table(&Benchmark::ALL.map(Benchmark::name)), true)?;
    }
    let rows = names.iter().filter_map(|name| results.benchmarks.get(name)).flat_map(|one| &one.outcome.rows);
    Ok(rows.filter_map(measurement::Row::is_met).all(|met| met) && !failed)
}

fn record(benchmark: Benchmark, context: &Context) -> Result<Recorded> {
    let (watch, load_before) = (Stopwatch::start(), machine::load());
    let outcome = benchmark.measure(context)?;
    Ok(Recorded {
        title: benchmark.title().to_owned(),
        date: machine::date()?,
        machine: machine::description(),
        load_before,
        versions: machine::versions(context.workspace, &context.programs),
        took: watch.to_string(),
        outcome,
    })
}
