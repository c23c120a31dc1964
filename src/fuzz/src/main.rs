//! The targets with a fixed seed: the known inputs of each corpus, then thousands of mutations of them, the same in every
//! run and on every machine. `cargo xtask test` runs it; `cargo run -p fuzz -- NAME INPUT-FILE` reads one input again.

mod mutation;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use fuzz::{TARGETS, Target};
use mutation::{Random, mutate};

/// What every run begins with.
const SEED: u64 = 7636;

/// The most that one input may take: what costs more than its own length is a way to stop a server. Generous, because
/// other programs run, too.
const LONGEST: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    if let (Some(name), Some(file)) = (arguments.next(), arguments.next()) {
        let target = TARGETS.iter().find(|target| target.name == name);
        let (Some(target), Ok(input)) = (target, fs::read(&file)) else {
            eprintln!("there is no target {name} or no file {file}");
            return ExitCode::from(2);
        };
        (target.read)(&input);
        return ExitCode::SUCCESS;
    }
    let broken = TARGETS.iter().filter(|target| !run(target, crate_folder)).count();
    if broken == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs one target; says whether it kept its promises.
fn run(target: &Target, crate_folder: &Path) -> bool {
    let known = corpus(&crate_folder.join("corpus").join(target.name));
    assert!(!known.is_empty(), "{} has no corpus", target.name);
    let mut random = Random::from_seed(SEED);
    let begun = now();
    let mut longest = Duration::ZERO;
    for number in 0..target.inputs {
        let input = match known.get(number as usize) {
            Some(known) => known.clone(),
            None => mutate(&known, target.words, &mut random),
        };
        let start = now();
        let outcome = catch_unwind(AssertUnwindSafe(|| (target.read)(&input)));
        let taken = start.elapsed();
        longest = longest.max(taken);
        if outcome.is_ok() && taken <= LONGEST {
            continue;
        }
        let why = if outcome.is_ok() {
            format!("it took {taken:?}")
        } else {
            "its message stands above".to_owned()
        };
        let file = keep(target.name, number, &input);
        eprintln!(
            "{}: input {number} breaks a promise: {why}. It is kept in {}",
            target.name,
            file.display()
        );
        return false;
    }
    println!(
        "{:<12} {:>6} inputs in {:>5.1} s, the longest took {:.3} s",
        target.name,
        target.inputs,
        begun.elapsed().as_secs_f32(),
        longest.as_secs_f32()
    );
    true
}

/// The known inputs, in the order of their names.
fn corpus(folder: &Path) -> Vec<Vec<u8>> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    files.sort();
    files.iter().filter_map(|file| fs::read(file).ok()).collect()
}

/// Writes down the input that broke a promise.
fn keep(name: &str, number: u32, input: &[u8]) -> PathBuf {
    let folder = Path::new("target/fuzz");
    let file = folder.join(format!("{name}-{number}"));
    if let Err(error) = fs::create_dir_all(folder).and_then(|()| fs::write(&file, input)) {
        eprintln!("the input cannot be kept: {error}");
    }
    file
}

#[expect(clippy::disallowed_methods, reason = "measures inputs; no rule of the product depends on it")]
fn now() -> Instant {
    Instant::now()
}
