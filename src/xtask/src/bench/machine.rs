//! The machine and the versions of what was measured, as a reader of the figures must know them.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::thread;

use anyhow::Result;
use serde_json::Value;

use super::programs::Programs;
use crate::tool;
use crate::workspace::Workspace;

/// The packages of the peers whose versions are told.
const PACKAGES: [&str; 5] =
    ["better-auth", "better-sqlite3", "oauth2-mock-server", "react", "@auth0/auth0-react"];

/// Today's date.
///
/// # Errors
/// When the system does not tell it.
pub(super) fn date() -> Result<String> {
    Ok(tool::output(Command::new("date").arg("+%F"))?.trim().to_owned())
}

/// Describes the processor, the memory and the system.
pub(super) fn description() -> String {
    let first = |file: &str, key: &str| {
        let text = fs::read_to_string(file).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with(key))?.to_owned();
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let processor = first("/proc/cpuinfo", "model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let memory = first("/proc/meminfo", "MemTotal")
        .and_then(|text| text.trim_end_matches(" kB").parse::<u64>().ok())
        .map_or_else(String::new, |kibibytes| format!(", {} GB", kibibytes * 1024 / 1_000_000_000));
    let system = tool::output(Command::new("uname").arg("-sr")).unwrap_or_default();
    format!("{processor}, {cores} cores{memory}, {}", system.trim())
}

/// How busy the machine is before a benchmark: the average number of tasks that ran in the last minute.
pub(super) fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or("unknown").to_owned()
}

/// The versions of both sides.
pub(super) fn versions(workspace: &Workspace, programs: &Programs) -> BTreeMap<String, String> {
    let mut versions = BTreeMap::new();
    let mut tell = |name: &str, version: Option<String>| {
        if let Some(version) = version {
            versions.insert(name.to_owned(), version.trim().to_owned());
        }
    };
    let printed = |program: &str| tool::output(Command::new(program).arg("--version")).ok();
    let commit = workspace.command("git", &["rev-parse", "--short", "HEAD"]);
    let commit = Some(commit).and_then(|mut git| tool::output(&mut git).ok());
    tell("linked-accounts", Some(format!("{} {}", env!("CARGO_PKG_VERSION"), commit.unwrap_or_default())));
    tell("rustc", printed("rustc").and_then(|text| Some(text.split(' ').nth(1)?.to_owned())));
    tell("node", printed("node"));
    for package in PACKAGES {
        let manifest = programs.scripts.join("node_modules").join(package).join("package.json");
        let manifest: Option<Value> =
            fs::read_to_string(manifest).ok().and_then(|text| serde_json::from_str(&text).ok());
        tell(package, manifest.and_then(|manifest| Some(manifest["version"].as_str()?.to_owned())));
    }
    versions
}
