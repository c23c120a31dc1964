//! The rules on dependencies: which crate of the workspace may depend on which (see `src/README.md`), that nothing of
//! the server reaches the browser, and which licences and sources are allowed at all (`deny.toml`).

use std::fs;

use anyhow::{Context, Result, anyhow};
use serde_json::Value;
use spdx::{Expression, Licensee, ParseMode};

use crate::tool;
use crate::workspace::{BROWSER_TARGET, Workspace};

/// The crates of the workspace, and those that each may depend on.
const CRATES: [(&str, &[&str]); 12] = [
    ("app", &["model"]),
    ("doctor", &["model"]),
    ("fuzz", &["model", "server", "store", "tenant"]),
    ("management-client", &["model"]),
    ("model", &[]),
    ("peers", &[]),
    ("server", &["doctor", "management-client", "model", "store", "tenant", "test-database"]),
    ("store", &["model", "test-database"]),
    ("tenant", &["model", "store", "test-database"]),
    ("test-database", &[]),
    ("wasm-streams", &[]),
    ("xtask", &["model"]),
];

/// Crates that only the named crates of the workspace may depend on: the first, and those that measure or test beside it.
const RESERVED: [(&str, &[&str]); 2] =
    [("rusqlite", &["store"]), ("tokio-postgres", &["store", "peers", "test-database"])];

/// Crates whose code runs in the browser.
const BROWSER_CRATES: [&str; 2] = ["app", "model"];

/// Crates that must not reach the browser.
const SERVER_ONLY: [&str; 4] = ["axum", "hyper", "rusqlite", "tokio"];

/// Checks the whole workspace, and returns each violation as a sentence.
///
/// # Errors
/// When cargo does not tell the dependencies, or `deny.toml` cannot be read.
pub(crate) fn violations(workspace: &Workspace) -> Result<Vec<String>> {
    let metadata = tool::output(&mut workspace.cargo(&["metadata", "--format-version", "1"]))?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let rules =
        fs::read_to_string(workspace.root.join("deny.toml")).context("deny.toml could not be read")?;
    let mut found = between_crates(&metadata);
    found.extend(licences_and_sources(&metadata, &Rules::parse(&rules)?));
    for name in BROWSER_CRATES {
        let arguments = ["tree", "-p", name, "--target", BROWSER_TARGET, "-e", "normal", "--prefix", "none"];
        found.extend(in_the_browser(name, &tool::output(&mut workspace.cargo(&arguments))?));
    }
    Ok(found)
}

/// The lists of `deny.toml` that this check reads.
struct Rules {
    /// Licences and their exceptions, in SPDX notation.
    allowed: Vec<Licensee>,
    /// Names of crates.
    denied: Vec<String>,
}

impl Rules {
    /// Reads `licenses.allow` and `bans.deny`.
    ///
    /// # Errors
    /// When the text is not TOML, or a list is missing or malformed.
    fn parse(text: &str) -> Result<Self> {
        let rules: toml::Table = text.parse().context("deny.toml is not TOML")?;
        let list = |section: &str, key: &str| {
            let list =
                rules.get(section).and_then(|section| section.get(key)).and_then(toml::Value::as_array);
            list.with_context(|| format!("deny.toml has no list `{section}.{key}`"))
        };
        let text = |value: &toml::Value| {
            let name = value.get("name").unwrap_or(value);
            name.as_str().map(str::to_owned).context("deny.toml lists something that is not a name")
        };
        let allowed = list("licenses", "allow")?.iter().map(|value| {
            let licence = text(value)?;
            Licensee::parse(&licence).map_err(|error| anyhow!("deny.toml allows {licence}: {error}"))
        });
        Ok(Self {
            allowed: allowed.collect::<Result<_>>()?,
            denied: list("bans", "deny")?.iter().map(text).collect::<Result<_>>()?,
        })
    }

    /// Whether an SPDX expression can be satisfied by allowed licences alone. The old notation with a slash means OR.
    fn permit(&self, expression: &str) -> bool {
        Expression::parse_mode(expression, ParseMode::LAX).is_ok_and(|expression| {
            expression.evaluate(|licence| self.allowed.iter().any(|allowed| allowed.satisfies(licence)))
        })
    }
}

/// The crate `name` and those that depend on it, directly or not; none when there is no such crate.
pub(crate) fn dependents(name: &str) -> Vec<&'static str> {
    let Some((name, _)) = CRATES.iter().find(|(listed, _)| *listed == name) else { return Vec::new() };
    let mut found = vec![*name];
    // Each round adds at least one crate, or is the last.
    while let Some((next, _)) = CRATES.iter().find(|(listed, dependencies)| {
        !found.contains(listed) && dependencies.iter().any(|dependency| found.contains(dependency))
    }) {
        found.push(next);
    }
    found
}

fn packages(metadata: &Value) -> impl Iterator<Item = &Value> {
    metadata["packages"].as_array().into_iter().flatten()
}

fn name(of: &Value) -> &str {
    of["name"].as_str().unwrap_or_default()
}

/// Dependencies between crates of the workspace that the rules do not allow. A package without a source is one of
/// the workspace.
fn between_crates(metadata: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for package in packages(metadata).filter(|package| package["source"].is_null()) {
        let dependent = name(package);
        let Some((_, known)) = CRATES.iter().find(|(listed, _)| *listed == dependent) else {
            found
                .push(format!("{dependent} has no rule; give it a row in src/xtask/src/dependency_rules.rs"));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let wanted = name(dependency);
            if dependency["path"].is_string() && !known.contains(&wanted) {
                found.push(format!("{dependent} depends on {wanted}, which its rule does not allow"));
            }
            let reserved = RESERVED.iter().find(|(reserved, _)| *reserved == wanted);
            if let Some((_, owners)) = reserved.filter(|(_, owners)| !owners.contains(&dependent)) {
                let owners = owners.join(" and ");
                found.push(format!("{dependent} depends on {wanted}, which only {owners} may use"));
            }
        }
    }
    found
}

/// Server crates in the output of `cargo tree` for a crate of the browser.
fn in_the_browser(dependent: &str, tree: &str) -> Vec<String> {
    let reached = |banned: &&str| tree.lines().any(|line| line.split(' ').next() == Some(banned));
    let banned = SERVER_ONLY.into_iter().filter(reached);
    banned.map(|banned| format!("{banned} reaches the browser through {dependent}: `cargo tree -p {dependent} --target {BROWSER_TARGET} -e normal -i {banned}`")).collect()
}

/// Packages of others with a licence that is not allowed, a denied name, or a repository as their source.
fn licences_and_sources(metadata: &Value, rules: &Rules) -> Vec<String> {
    let mut found = Vec::new();
    for package in packages(metadata).filter(|package| package["source"].is_string()) {
        let name = name(package);
        let licence = package["license"].as_str().unwrap_or("none");
        if !rules.permit(licence) {
            found.push(format!("{name} has the licence {licence}, which deny.toml does not allow"));
        }
        if rules.denied.iter().any(|denied| denied == name) {
            found.push(format!(
                "{name} is denied by deny.toml: `cargo tree --workspace --target all -i {name}`"
            ));
        }
        if package["source"].as_str().is_some_and(|source| source.starts_with("git+")) {
            found.push(format!("{name} comes from a repository; only published crates are allowed"));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn member(name: &str, dependencies: &Value) -> Value {
        json!({ "packages": [{ "name": name, "source": null, "dependencies": dependencies }] })
    }

    fn crate_from(source: &str, licence: &str) -> Value {
        json!({ "packages": [{ "name": "widget", "source": source, "license": licence }] })
    }

    fn rules(allowed: &[&str], denied: &[&str]) -> Rules {
        Rules::parse(&format!("licenses.allow = {allowed:?}\nbans.deny = {denied:?}")).unwrap()
    }

    #[test]
    fn a_dependency_by_the_rules_is_allowed() {
        let metadata =
            member("tenant", &json!([{ "name": "store", "path": "src/store" }, { "name": "http" }]));
        assert_eq!(between_crates(&metadata), Vec::<String>::new());
    }

    #[test]
    fn the_page_may_not_depend_on_the_store() {
        let metadata = member("app", &json!([{ "name": "store", "path": "src/store" }]));
        assert_eq!(between_crates(&metadata), ["app depends on store, which its rule does not allow"]);
    }

    #[test]
    fn only_the_store_may_list_a_database_driver() {
        let dependencies = json!([{ "name": "rusqlite" }]);
        assert_eq!(
            between_crates(&member("tenant", &dependencies)),
            ["tenant depends on rusqlite, which only store may use"]
        );
        assert_eq!(between_crates(&member("store", &dependencies)), Vec::<String>::new());
    }

    #[test]
    fn a_member_without_a_rule_is_reported() {
        assert_eq!(between_crates(&member("attic", &json!([]))).len(), 1);
    }

    #[test]
    fn a_server_crate_in_the_browser_is_reported_by_its_whole_name() {
        let tree = "app v0.1.0\ntokio-util v0.7.0\nhyper v1.0.0 (*)\n";
        let found = in_the_browser("app", tree);
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("hyper reaches the browser through app"), "{found:?}");
    }

    #[test]
    fn a_licence_expression_is_met_by_one_side_of_or_and_both_sides_of_and() {
        let rules = rules(&["MIT", "ISC"], &[]);
        for met in [
            "MIT",
            "MIT OR GPL-3.0",
            "GPL-3.0/MIT",
            "ISC AND (GPL-3.0 OR MIT)",
            "Apache-2.0 WITH LLVM-exception OR MIT",
        ] {
            assert!(rules.permit(met), "{met}");
        }
        for unmet in [
            "GPL-3.0",
            "MIT AND GPL-3.0",
            "ISC AND (GPL-3.0 OR Zlib)",
            "MIT WITH odd-exception",
            "(MIT",
            "MIT ISC",
            "",
        ] {
            assert!(!rules.permit(unmet), "{unmet}");
        }
    }

    #[test]
    fn licence_name_and_source_are_checked_licences_and_sources() {
        let strict = rules(&["MIT"], &["openssl-sys"]);
        assert_eq!(licences_and_sources(&crate_from("registry+x", "MIT"), &strict), Vec::<String>::new());
        assert_eq!(licences_and_sources(&crate_from("registry+x", "GPL-3.0"), &strict).len(), 1);
        assert_eq!(licences_and_sources(&crate_from("git+x", "MIT"), &strict).len(), 1);
        assert_eq!(
            licences_and_sources(&crate_from("registry+x", "MIT"), &rules(&["MIT"], &["widget"])).len(),
            1
        );
    }

    #[test]
    fn lists_are_read_from_plain_values_and_from_tables() {
        let text = "[licenses]\nallow = [\"MIT\", \"Apache-2.0 WITH LLVM-exception\"]\n[bans]\ndeny = [{ name = \"openssl\", reason = \"a ] in a reason\" }]\n";
        let rules = Rules::parse(text).unwrap();
        assert_eq!(rules.denied, ["openssl"]);
        assert!(rules.permit("Apache-2.0 WITH LLVM-exception"));
        assert!(!rules.permit("Apache-2.0"));
        assert!(Rules::parse("[licenses]\nallow = []\n").is_err());
    }
}
