//! The house rules on dependencies: which room may know which (see `src/README.md`), that nothing of the server
//! reaches the browser, and which licences and sources may enter at all (`deny.toml`).

use std::fs;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::tool;
use crate::workspace::{BROWSER_TARGET, Workspace};

/// The rooms, and the rooms that each may know.
const ROOMS: [(&str, &[&str]); 7] = [
    ("app", &["model"]),
    ("fuzz", &["model", "server", "store", "tenant"]),
    ("model", &[]),
    ("server", &["model", "store", "tenant"]),
    ("store", &["model"]),
    ("tenant", &["model", "store"]),
    ("xtask", &[]),
];

/// Crates that only the named room may list.
const RESERVED: [(&str, &str); 1] = [("sqlx", "store")];

/// Rooms whose code runs in the browser.
const BROWSER_ROOMS: [&str; 2] = ["app", "model"];

/// Crates that have no business in the browser.
const SERVER_ONLY: [&str; 4] = ["axum", "hyper", "sqlx", "tokio"];

/// Holds the whole workspace to the rules; gives back each violation as a sentence.
///
/// # Errors
/// When cargo cannot tell the dependencies, or `deny.toml` cannot be read.
pub(crate) fn violations(workspace: &Workspace) -> Result<Vec<String>> {
    let metadata = tool::answer(&mut workspace.cargo(&["metadata", "--format-version", "1"]))?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let rules =
        fs::read_to_string(workspace.root.join("deny.toml")).context("deny.toml could not be read")?;
    let mut found = between_rooms(&metadata);
    found.extend(at_the_door(&metadata, &listed(&rules, "allow")?, &listed(&rules, "deny")?));
    for room in BROWSER_ROOMS {
        let arguments = ["tree", "-p", room, "--target", BROWSER_TARGET, "-e", "normal", "--prefix", "none"];
        found.extend(in_the_browser(room, &tool::answer(&mut workspace.cargo(&arguments))?));
    }
    Ok(found)
}

fn packages(metadata: &Value) -> impl Iterator<Item = &Value> {
    metadata["packages"].as_array().into_iter().flatten()
}

fn name(of: &Value) -> &str {
    of["name"].as_str().unwrap_or_default()
}

/// Arrows that the house does not have. A package without a source is one of ours.
fn between_rooms(metadata: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for package in packages(metadata).filter(|package| package["source"].is_null()) {
        let room = name(package);
        let Some((_, known)) = ROOMS.iter().find(|(listed, _)| *listed == room) else {
            found.push(format!("{room} is no room of this house; give it a row in src/xtask/src/rooms.rs"));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let wanted = name(dependency);
            if dependency["path"].is_string() && !known.contains(&wanted) {
                found.push(format!("{room} depends on {wanted}, which it may not know"));
            }
            if let Some((_, owner)) =
                RESERVED.iter().find(|(reserved, owner)| *reserved == wanted && *owner != room)
            {
                found.push(format!("{room} depends on {wanted}, which only {owner} may use"));
            }
        }
    }
    found
}

/// Server crates in what `cargo tree` lists for a room in the browser.
fn in_the_browser(room: &str, tree: &str) -> Vec<String> {
    let reached = |banned: &&str| tree.lines().any(|line| line.split(' ').next() == Some(banned));
    let banned = SERVER_ONLY.into_iter().filter(reached);
    banned.map(|banned| format!("{banned} reaches the browser through {room}: `cargo tree -p {room} --target {BROWSER_TARGET} -e normal -i {banned}`")).collect()
}

/// Packages of others with a licence that is not allowed, a name that is denied, or from a repository.
fn at_the_door(metadata: &Value, allowed: &[String], denied: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for package in packages(metadata).filter(|package| package["source"].is_string()) {
        let name = name(package);
        let licence = package["license"].as_str().unwrap_or("none");
        if !permits(licence, allowed) {
            found.push(format!("{name} has the licence {licence}, which deny.toml does not allow"));
        }
        if denied.iter().any(|denied| denied == name) {
            found.push(format!(
                "{name} is denied by deny.toml: `cargo tree --workspace --target all -i {name}`"
            ));
        }
        if package["source"].as_str().is_some_and(|source| source.starts_with("git+")) {
            found.push(format!("{name} comes from a repository; only published crates may enter"));
        }
    }
    found
}

/// The quoted values of a list in `deny.toml`, the `name` of each where the list has tables.
fn listed(rules: &str, list: &str) -> Result<Vec<String>> {
    let (_, rest) = rules
        .split_once(&format!("\n{list} = ["))
        .with_context(|| format!("deny.toml has no list `{list}`"))?;
    let (values, _) = rest.split_once(']').with_context(|| format!("deny.toml does not close `{list}`"))?;
    Ok(values.split('"').skip(1).step_by(2).map(str::to_owned).collect())
}

/// Whether an SPDX expression can be met with these licences alone. The old notation with a slash means OR.
fn permits(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words = spaced.split_whitespace().peekable();
    let met = any(&mut words, allowed);
    met && words.next().is_none()
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn any(words: &mut Words, allowed: &[String]) -> bool {
    let mut met = all(words, allowed);
    while words.next_if_eq(&"OR").is_some() {
        met |= all(words, allowed);
    }
    met
}

fn all(words: &mut Words, allowed: &[String]) -> bool {
    let mut met = one(words, allowed);
    while words.next_if_eq(&"AND").is_some() {
        met &= one(words, allowed);
    }
    met
}

fn one(words: &mut Words, allowed: &[String]) -> bool {
    match words.next() {
        Some("(") => {
            let met = any(words, allowed);
            words.next_if_eq(&")").is_some() && met
        }
        Some(licence) if words.next_if_eq(&"WITH").is_some() => {
            let exception = words.next().unwrap_or_default();
            allowed.contains(&format!("{licence} WITH {exception}"))
        }
        Some(licence) => allowed.iter().any(|known| known == licence),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn room(name: &str, dependencies: &Value) -> Value {
        json!({ "packages": [{ "name": name, "source": null, "dependencies": dependencies }] })
    }

    fn crate_from(source: &str, licence: &str) -> Value {
        json!({ "packages": [{ "name": "widget", "source": source, "license": licence }] })
    }

    fn words(list: &[&str]) -> Vec<String> {
        list.iter().map(|&word| word.to_owned()).collect()
    }

    #[test]
    fn an_arrow_of_the_house_is_allowed() {
        let metadata = room("tenant", &json!([{ "name": "store", "path": "src/store" }, { "name": "http" }]));
        assert_eq!(between_rooms(&metadata), Vec::<String>::new());
    }

    #[test]
    fn the_page_may_not_know_the_store() {
        let metadata = room("app", &json!([{ "name": "store", "path": "src/store" }]));
        assert_eq!(between_rooms(&metadata), ["app depends on store, which it may not know"]);
    }

    #[test]
    fn only_the_store_may_list_sqlx() {
        let dependencies = json!([{ "name": "sqlx" }]);
        assert_eq!(
            between_rooms(&room("tenant", &dependencies)),
            ["tenant depends on sqlx, which only store may use"]
        );
        assert_eq!(between_rooms(&room("store", &dependencies)), Vec::<String>::new());
    }

    #[test]
    fn a_member_without_a_rule_is_noticed() {
        assert_eq!(between_rooms(&room("attic", &json!([]))).len(), 1);
    }

    #[test]
    fn a_server_crate_in_the_browser_is_noticed_by_its_whole_name() {
        let tree = "app v0.1.0\ntokio-util v0.7.0\nhyper v1.0.0 (*)\n";
        let found = in_the_browser("app", tree);
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("hyper reaches the browser through app"), "{found:?}");
    }

    #[test]
    fn a_licence_expression_is_met_by_one_side_of_or_and_both_sides_of_and() {
        let allowed = words(&["MIT", "ISC"]);
        for met in [
            "MIT",
            "MIT OR GPL-3.0",
            "GPL-3.0/MIT",
            "ISC AND (GPL-3.0 OR MIT)",
            "Apache-2.0 WITH LLVM-exception OR MIT",
        ] {
            assert!(permits(met, &allowed), "{met}");
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
            assert!(!permits(unmet, &allowed), "{unmet}");
        }
    }

    #[test]
    fn licence_name_and_source_are_checked_at_the_door() {
        let (allowed, denied) = (words(&["MIT"]), words(&["openssl-sys"]));
        assert_eq!(at_the_door(&crate_from("registry+x", "MIT"), &allowed, &denied), Vec::<String>::new());
        assert_eq!(at_the_door(&crate_from("registry+x", "GPL-3.0"), &allowed, &denied).len(), 1);
        assert_eq!(at_the_door(&crate_from("git+x", "MIT"), &allowed, &denied).len(), 1);
        assert_eq!(at_the_door(&crate_from("registry+x", "MIT"), &allowed, &words(&["widget"])).len(), 1);
    }

    #[test]
    fn lists_are_read_from_plain_values_and_from_tables() {
        let rules = "[licenses]\nallow = [\n  \"MIT\",\n  \"ISC\",\n]\n[bans]\ndeny = [\n  { name = \"openssl\" },\n]\n";
        assert_eq!(listed(rules, "allow").unwrap(), ["MIT", "ISC"]);
        assert_eq!(listed(rules, "deny").unwrap(), ["openssl"]);
        assert!(listed(rules, "skip").is_err());
    }
}
