//! Which checks a change can affect, for `cargo xtask test --changed`.

use anyhow::{Context, Result};

use crate::checks::Check;
use crate::dependency_rules::dependents;
use crate::tool;
use crate::workspace::Workspace;

/// What to run for a change.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// The checks, cheapest first.
    pub(crate) checks: Vec<Check>,
    /// The browser tests to run, as paths for Playwright; all when empty.
    pub(crate) specs: Vec<String>,
    changed: usize,
}

impl Plan {
    /// One line: how much changed, and what runs.
    pub(crate) fn summary(&self) -> String {
        let names: Vec<_> = self.checks.iter().map(|check| check.name()).collect();
        format!("{} changed files: {}", self.changed, names.join(", "))
    }
}

/// The paths that differ from the last commit in common with `base`, with uncommitted and untracked ones.
///
/// # Errors
/// When git fails, or there is no such commit.
pub(crate) fn since(workspace: &Workspace, base: &str) -> Result<Vec<String>> {
    let git = |arguments: &[&str]| tool::output(&mut workspace.command("git", arguments));
    let common = git(&["merge-base", base, "HEAD"])
        .with_context(|| format!("there is no commit {base}; name another by --changed=BASE"))?;
    let changed = git(&["diff", "--name-only", common.trim()])?;
    let untracked = git(&["ls-files", "--others", "--exclude-standard"])?;
    Ok(changed.lines().chain(untracked.lines()).map(str::to_owned).collect())
}

/// Chooses the checks that changes of `paths`, relative to the root of the workspace, can affect.
pub(crate) fn plan(paths: &[String]) -> Plan {
    let mut checks = vec![Check::Format];
    let mut specs = Vec::new();
    let mut only_specs = true;
    for path in paths {
        let affected = affected(path);
        if affected.contains(&Check::Browser) {
            match path.strip_prefix("end2end/").filter(|path| path.ends_with(".spec.ts")) {
                Some(spec) => specs.push(spec.to_owned()),
                None => only_specs = false,
            }
        }
        checks.extend(affected);
    }
    if !only_specs {
        specs.clear();
    }
    Plan { checks: Check::selection(&checks), specs, changed: paths.len() }
}

fn affected(path: &str) -> Vec<Check> {
    let (folder, rest) = path.split_once('/').unwrap_or(("", path));
    match folder {
        _ if has_extension(path, "md") => vec![Check::Dependencies, Check::Attacks, Check::Docs],
        "src" if rest.starts_with("hosting/") => vec![Check::Rust, Check::Hosts],
        "src" => {
            let name = rest.split('/').next().unwrap_or_default();
            by_crates(&dependents(name))
        }
        "style" | "public" => vec![Check::Build, Check::Browser, Check::Engines],
        "end2end" if rest.starts_with("clients/") => vec![Check::Clients],
        "end2end" if rest.starts_with("engines") => vec![Check::Build, Check::Engines],
        "end2end" => vec![Check::Attacks, Check::Browser],
        // What decides how everything is compiled.
        ".cargo" => Check::ALL.to_vec(),
        "" if rest.starts_with("Cargo.") || has_extension(rest, "toml") => Check::ALL.to_vec(),
        _ => Vec::new(),
    }
}

fn by_crates(crates: &[&str]) -> Vec<Check> {
    let has = |names: &[&str]| names.iter().any(|name| crates.contains(name));
    let mut checks = Vec::new();
    if !crates.is_empty() {
        checks.extend([Check::Dependencies, Check::Attacks, Check::Clippy, Check::Rust, Check::Docs]);
    }
    if has(&["app", "model"]) {
        checks.push(Check::ClippyBrowser);
    }
    if has(&["fuzz"]) {
        checks.push(Check::Fuzz);
    }
    if has(&["store", "tenant", "server", "test-database", "xtask"]) {
        checks.push(Check::Postgres);
    }
    if has(&["app", "server", "xtask"]) {
        checks.extend([Check::Build, Check::Browser, Check::Engines]);
    }
    if has(&["server", "xtask"]) {
        checks.extend([Check::Clients, Check::Hosts]);
    }
    checks
}

fn has_extension(path: &str, extension: &str) -> bool {
    std::path::Path::new(path).extension().is_some_and(|found| found == extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(paths: &[&str]) -> Plan {
        plan(&paths.iter().map(|&path| path.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn a_change_of_the_documentation_compiles_nothing_but_the_documentation() {
        assert_eq!(
            planned(&["README.md", "src/docs/auth0-contract.md"]).checks,
            [Check::Format, Check::Dependencies, Check::Attacks, Check::Docs]
        );
    }

    #[test]
    fn a_change_of_the_page_leaves_the_clients_of_others_alone() {
        let checks = planned(&["src/app/src/lib.rs"]).checks;
        assert!(checks.contains(&Check::Browser) && checks.contains(&Check::ClippyBrowser));
        assert!(!checks.contains(&Check::Clients) && !checks.contains(&Check::Fuzz));
    }

    #[test]
    fn a_change_of_the_store_reaches_everything_above_it() {
        let checks = planned(&["src/store/src/users.rs"]).checks;
        for check in [Check::Rust, Check::Fuzz, Check::Browser, Check::Clients] {
            assert!(checks.contains(&check), "{}", check.name());
        }
        assert!(!checks.contains(&Check::ClippyBrowser));
    }

    #[test]
    fn changed_browser_tests_run_alone() {
        let plan = planned(&["end2end/tests/unlink.spec.ts", "CHANGELOG.md"]);
        assert_eq!(plan.specs, ["tests/unlink.spec.ts"]);
        assert!(plan.checks.contains(&Check::Build));
        assert_eq!(planned(&["end2end/tests/unlink.spec.ts", "style/base.css"]).specs, Vec::<String>::new());
    }

    #[test]
    fn a_change_of_the_lock_file_runs_everything() {
        assert_eq!(planned(&["Cargo.lock"]).checks, Check::ALL);
    }

    #[test]
    fn a_change_of_a_workflow_or_nothing_runs_the_format_alone() {
        assert_eq!(planned(&[".github/workflows/ci.yml"]).checks, [Check::Format]);
        assert_eq!(planned(&[]).checks, [Check::Format]);
    }
}
