//! Runs the targets with a fixed seed: the inputs of each corpus, then thousands of mutations of them, the
//! same in every run and on every machine.
//!
//! `cargo xtask test` runs it. `cargo run -p fuzz -- NAME INPUT-FILE` runs one target on one input.

mod mutation;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use fuzz::{TARGETS, Target};
use mutation::{Random, mutate};

/// The seed of the random number generator.
const SEED: u64 = 7636;

/// The time limit for one input, because an input that takes long can stop a server. It is generous, because
/// other programs run at the same time.
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

/// Runs one target. Returns whether it kept its guarantees.
fn run(target: &Target, crate_folder: &Path) -> bool {
    let known = corpus(&crate_folder.join("corpus").join(target.name));
    assert!(!known.is_empty(), "{} has no corpus", target.name);
    let mut random = Random::from_seed(SEED);
    let started = now();
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
        let why =
            if outcome.is_ok() { format!("it took {taken:?}") } else { "see the message above".to_owned() };
        let file = save(target.name, number, &input);
        eprintln!(
            "{}: input {number} violates a guarantee: {why}. It is stored in {}",
            target.name,
            file.display()
        );
        return false;
    }
    println!(
        "{:<12} {:>6} inputs in {:>5.1} s, the longest took {:.3} s",
        target.name,
        target.inputs,
        started.elapsed().as_secs_f32(),
        longest.as_secs_f32()
    );
    true
}

/// Returns the inputs of a corpus, ordered by file name.
fn corpus(folder: &Path) -> Vec<Vec<u8>> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    files.sort();
    files.iter().filter_map(|file| fs::read(file).ok()).collect()
}

/// Stores an input that violated a guarantee.
fn save(name: &str, number: u32, input: &[u8]) -> PathBuf {
    let folder = Path::new("target/fuzz");
    let file = folder.join(format!("{name}-{number}"));
    if let Err(error) = fs::create_dir_all(folder).and_then(|()| fs::write(&file, input)) {
        eprintln!("the input cannot be stored: {error}");
    }
    file
}

#[expect(clippy::disallowed_methods, reason = "measures inputs; no rule of the product depends on it")]
fn now() -> Instant {
    Instant::now()
}
