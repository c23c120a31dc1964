//! The layers of each crate: `src/README.md` states an order of its modules, and every import is held to it. Documents
//! that sources cite by section are checked, too.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::folder::files_below;

/// The document that states the order.
const ORDER: &str = "src/README.md";

/// The crates that must have an order.
const CRATES: [&str; 7] = ["app", "doctor", "model", "server", "store", "tenant", "xtask"];

/// The specification, and how sources cite a section of it.
const CONTRACT: (&str, &str) = ("src/docs/auth0-contract.md", "contract#");

/// The name of the root file of a crate.
const ROOTS: [&str; 2] = ["lib", "main"];

/// Checks every crate, and returns each violation as a sentence.
///
/// # Errors
/// When a file cannot be read.
pub(crate) fn violations(root: &Path) -> Result<Vec<String>> {
    let orders = orders(&read(&root.join(ORDER))?)?;
    let contract = read(&root.join(CONTRACT.0))?;
    let mut found = repeated_sections(&contract);
    for name in CRATES {
        let folder = root.join("src").join(name).join("src");
        let mut modules = BTreeMap::new();
        for file in files_below(&folder)? {
            if file.extension().is_none_or(|extension| extension != "rs") {
                continue;
            }
            let shown = file.strip_prefix(root)?.to_string_lossy().replace('\\', "/");
            let source = read(&file)?;
            found.extend(broken_citations(&shown, &source, &contract));
            modules.insert(module_of(file.strip_prefix(&folder)?), Source::parse(shown, &source));
        }
        match orders.get(name) {
            Some(order) => found.extend(check(name, order, &modules)),
            None => found.push(format!("{ORDER} states no layers of {name}")),
        }
    }
    Ok(found)
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("{} could not be read", path.display()))
}

/// A path of names from the root of a crate; empty for the root itself.
type Module = Vec<String>;

/// The layers of a crate, lowest first: the modules of each, as `a::b`.
type Order = Vec<Vec<String>>;

/// The orders by crate: each `### name` below `## Layers`, with a fenced list after it.
fn orders(document: &str) -> Result<BTreeMap<String, Order>> {
    let (_, section) = document.split_once("\n## Layers\n").context("there is no section \"Layers\"")?;
    let section = section.split("\n## ").next().unwrap_or_default();
    let mut orders = BTreeMap::new();
    for part in section.split("\n### ").skip(1) {
        let (name, rest) = part.split_once('\n').unwrap_or((part, ""));
        let list = rest.split("```").nth(1).and_then(|list| list.strip_prefix("text\n"));
        let Some(list) = list else { bail!("the layers of {name} are not a list fenced by ```text") };
        let layers = list.lines().filter(|line| !line.trim().is_empty());
        let layers = layers.map(|line| line.split(',').map(|name| name.trim().to_owned()).collect());
        orders.insert(name.trim().to_owned(), layers.collect());
    }
    Ok(orders)
}

/// `session/popup.rs` is `session::popup`, `session/mod.rs` is `session`, `lib.rs` and `main.rs` are the root.
fn module_of(file: &Path) -> Module {
    let mut names: Vec<_> =
        file.with_extension("").iter().map(|name| name.to_string_lossy().into_owned()).collect();
    if names.last().is_some_and(|last| last == "mod") || names.len() == 1 && ROOTS.contains(&&*names[0]) {
        names.pop();
    }
    names
}

/// One source file with the paths that it names.
struct Source {
    file: String,
    /// The name of the file without its extension, which is the name of the root in an order.
    stem: String,
    paths: Vec<(usize, Vec<String>)>,
}

impl Source {
    fn parse(file: String, source: &str) -> Self {
        let stem = file.rsplit('/').next().unwrap_or_default().trim_end_matches(".rs").to_owned();
        Self { file, stem, paths: paths(source) }
    }
}

/// Names, `::`, and single other characters, each with its line. Comments, literals and tests are left out.
fn tokens(source: &str) -> Vec<(usize, String)> {
    let mut tokens: Vec<(usize, String)> = Vec::new();
    let mut line = 1;
    let mut rest = source;
    let mut test_depth = None::<usize>;
    let mut depth = 0_usize;
    while let Some(next) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if next == '"' {
            literal(rest)
        } else if let Some(raw) = raw_literal(rest) {
            raw
        } else if next == '\'' && is_character(rest) {
            rest[1..].find('\'').map_or(1, |end| end + 2).max(if rest.starts_with("'\\''") { 4 } else { 0 })
        } else if next.is_alphanumeric() || next == '_' {
            rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            next.len_utf8()
        };
        let text = &rest[..length];
        let is_token = !next.is_whitespace()
            && !text.starts_with("//")
            && !text.starts_with("/*")
            && !matches!(next, '"' | '\'')
            && raw_literal(text).is_none();
        if is_token {
            match text {
                "{" => depth += 1,
                "}" => {
                    depth = depth.saturating_sub(1);
                    if test_depth == Some(depth) {
                        test_depth = None;
                    }
                }
                // A module for tests, `#[cfg(test)] mod tests {`, ends where its brace closes.
                "mod" if test_depth.is_none() && follows_cfg_test(&tokens) => test_depth = Some(depth),
                _ => {}
            }
            if test_depth.is_none() {
                tokens.push((line, text.to_owned()));
            }
        }
        line += text.matches('\n').count();
        rest = &rest[length..];
    }
    tokens
}

fn follows_cfg_test(tokens: &[(usize, String)]) -> bool {
    let last: Vec<_> = tokens.iter().rev().take(7).map(|(_, token)| token.as_str()).collect();
    last == ["]", ")", "test", "(", "cfg", "[", "#"]
}

/// The length of a text literal that begins here.
fn literal(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// The length of a raw literal, `r"…"` or `r#"…"#`, if one begins here.
fn raw_literal(rest: &str) -> Option<usize> {
    let after = rest.strip_prefix('r')?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    let content = after[hashes..].strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(hashes));
    Some(content.find(&close).map_or(rest.len(), |end| 2 + hashes + end + close.len()))
}

/// Whether a quote begins a character and not a lifetime.
fn is_character(rest: &str) -> bool {
    let mut characters = rest.chars().skip(1);
    matches!((characters.next(), characters.next()), (Some('\\'), _) | (Some(_), Some('\'')))
}

/// The paths that begin with `crate`, `super` or `self`, or stand in a `use`, with groups spelled out.
fn paths(source: &str) -> Vec<(usize, Vec<String>)> {
    let tokens = tokens(source);
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let token = tokens[at].1.as_str();
        let before = at.checked_sub(1).map(|before| tokens[before].1.as_str());
        let is_path = match before {
            // `pub(in crate::a)` says who sees an item, and `a::self` is not a beginning.
            Some("in" | "::") => false,
            Some("use") => true,
            _ => matches!(token, "crate" | "super" | "self"),
        };
        let goes_on = tokens.get(at + 1).is_some_and(|(_, next)| next == "::");
        if is_path && goes_on {
            at = tree(&tokens, at, &[], &mut found);
        } else {
            at += 1;
        }
    }
    found
}

/// Reads one tree of paths below `prefix`, and returns where it ends.
fn tree(
    tokens: &[(usize, String)],
    mut at: usize,
    prefix: &[String],
    found: &mut Vec<(usize, Vec<String>)>,
) -> usize {
    let mut path = prefix.to_vec();
    let mut line = 0;
    while let Some((number, token)) = tokens.get(at) {
        line = *number;
        match token.as_str() {
            "{" => {
                at += 1;
                while tokens.get(at).is_some_and(|(_, token)| token != "}") {
                    let before = at;
                    at = tree(tokens, at, &path, found);
                    // A name by `as`, and the comma.
                    while tokens.get(at).is_some_and(|(_, token)| !matches!(&**token, "," | "}")) {
                        at += 1;
                    }
                    if tokens.get(at).is_some_and(|(_, token)| token == ",") {
                        at += 1;
                    }
                    if at == before {
                        break;
                    }
                }
                return at + 1;
            }
            "*" => {
                at += 1;
                break;
            }
            name if name.chars().all(|c| c.is_alphanumeric() || c == '_') => path.push(name.to_owned()),
            _ => break,
        }
        at += 1;
        if tokens.get(at).is_some_and(|(_, token)| token == "::") {
            at += 1;
        } else {
            break;
        }
    }
    found.push((line, path));
    at
}

/// The module that a path names from `importer`; `None` when it leads out of the crate or to `importer` itself.
fn resolve(path: &[String], importer: &Module, modules: &BTreeMap<Module, Source>) -> Option<Module> {
    let mut base = importer.clone();
    let mut names = path.iter().map(String::as_str).peekable();
    match names.peek().copied() {
        Some("crate") => {
            names.next();
            base.clear();
        }
        Some("self") => _ = names.next(),
        Some("super") => {}
        // A path of a `use` without any of them begins in the module itself.
        Some(first) => {
            let mut child = importer.clone();
            child.push(first.to_owned());
            modules.get(&child)?;
        }
        None => return None,
    }
    while names.next_if_eq(&"super").is_some() {
        base.pop()?;
    }
    for name in names {
        base.push(name.to_owned());
        if !modules.contains_key(&base) {
            base.pop();
            break;
        }
    }
    (base != *importer).then_some(base)
}

/// Each import against the order, and every module in it.
fn check(name: &str, order: &Order, modules: &BTreeMap<Module, Source>) -> Vec<String> {
    let mut found = Vec::new();
    let ranks: BTreeMap<&str, usize> = order
        .iter()
        .enumerate()
        .flat_map(|(rank, layer)| layer.iter().map(move |name| (name.as_str(), rank)))
        .collect();
    // The longest listed name that a module is, or is inside of.
    let listed = |module: &Module| -> Option<String> {
        if module.is_empty() {
            let stem = &modules.get(module)?.stem;
            return ranks.contains_key(stem.as_str()).then(|| stem.clone());
        }
        (1..=module.len())
            .rev()
            .map(|length| module[..length].join("::"))
            .find(|name| ranks.contains_key(&**name))
    };
    let mut edges: BTreeMap<&Module, BTreeSet<Module>> = BTreeMap::new();
    for (module, source) in modules {
        let Some(importer) = listed(module) else {
            found.push(format!("{}: {ORDER} gives the module no layer in {name}", source.file));
            continue;
        };
        for (line, path) in &source.paths {
            let Some(target) = resolve(path, module, modules) else { continue };
            let Some(below) = listed(&target) else { continue };
            edges.entry(module).or_default().insert(target);
            if importer != below && ranks[&*importer] <= ranks[&*below] {
                found.push(format!(
                    "{}:{line}: {importer} imports {below}, which is not below it in {ORDER}",
                    source.file
                ));
            }
        }
    }
    for listed in ranks.keys() {
        let module: Module = listed.split("::").map(str::to_owned).collect();
        let is_root = ROOTS.contains(listed) && modules.contains_key(&Vec::new());
        if !is_root && !modules.contains_key(&module) {
            found.push(format!("{ORDER} gives a layer to {name}::{listed}, which is no module"));
        }
    }
    found.extend(circles(name, &edges));
    found
}

/// Modules from which a way leads back to themselves.
fn circles(name: &str, edges: &BTreeMap<&Module, BTreeSet<Module>>) -> Vec<String> {
    let mut found = BTreeSet::new();
    for start in edges.keys() {
        let (mut seen, mut next) = (BTreeSet::new(), vec![*start]);
        while let Some(module) = next.pop() {
            for target in edges.get(module).into_iter().flatten() {
                if target == *start {
                    found.insert(format!("{name}::{} imports itself in a circle", start.join("::")));
                }
                if seen.insert(target) {
                    next.push(target);
                }
            }
        }
    }
    found.into_iter().collect()
}

/// Sections of the contract that have the name of one before: a citation would lead to the wrong one.
fn repeated_sections(contract: &str) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let names = contract.split("<a id=\"").skip(1).filter_map(|rest| rest.split('"').next());
    names
        .filter(|name| !seen.insert(*name))
        .map(|name| format!("{} has two sections {name}", CONTRACT.0))
        .collect()
}

/// Citations of sections that the contract does not have.
fn broken_citations(file: &str, source: &str, contract: &str) -> Vec<String> {
    let anchors = source
        .split(CONTRACT.1)
        .skip(1)
        .map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').next().unwrap_or_default());
    let missing: BTreeSet<_> =
        anchors.filter(|anchor| !contract.contains(&format!("<a id=\"{anchor}\">"))).collect();
    let is_ours = file.ends_with("xtask/src/layers.rs");
    missing
        .into_iter()
        .filter(|_| !is_ours)
        .map(|anchor| format!("{file} cites section {anchor}, which {} does not have", CONTRACT.0))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modules(files: &[(&str, &str)]) -> BTreeMap<Module, Source> {
        files
            .iter()
            .map(|(file, source)| (module_of(Path::new(file)), Source::parse((*file).to_owned(), source)))
            .collect()
    }

    fn order(layers: &[&[&str]]) -> Order {
        layers.iter().map(|layer| layer.iter().map(|&name| name.to_owned()).collect()).collect()
    }

    fn found(layers: &[&[&str]], files: &[(&str, &str)]) -> Vec<String> {
        check("x", &order(layers), &modules(files))
    }

    #[test]
    fn an_import_from_a_lower_layer_is_allowed() {
        let files = [("lib.rs", "mod a; mod b;"), ("a.rs", ""), ("b.rs", "use crate::a::Thing;")];
        assert_eq!(found(&[&["a"], &["b"], &["lib"]], &files), Vec::<String>::new());
    }

    #[test]
    fn an_import_from_a_higher_or_the_same_layer_is_reported_with_its_line() {
        let files = [("lib.rs", ""), ("a.rs", "\nuse crate::{b::Thing, c};"), ("b.rs", ""), ("c.rs", "")];
        assert_eq!(
            found(&[&["a", "b"], &["c"], &["lib"]], &files),
            [
                "a.rs:2: a imports b, which is not below it in src/README.md",
                "a.rs:2: a imports c, which is not below it in src/README.md"
            ]
        );
    }

    #[test]
    fn paths_in_expressions_and_by_super_count() {
        let files = [
            ("lib.rs", ""),
            ("a/mod.rs", "pub use one::One;"),
            ("a/one.rs", "fn f() { super::two::g(); crate::b::h() }"),
            ("a/two.rs", ""),
            ("b.rs", ""),
        ];
        assert_eq!(
            found(&[&["a::one"], &["a::two", "a"], &["b"], &["lib"]], &files),
            [
                "a/one.rs:1: a::one imports a::two, which is not below it in src/README.md",
                "a/one.rs:1: a::one imports b, which is not below it in src/README.md"
            ]
        );
    }

    #[test]
    fn a_circle_inside_one_layer_is_reported() {
        let files = [
            ("lib.rs", ""),
            ("a/mod.rs", ""),
            ("a/one.rs", "use super::two::T;"),
            ("a/two.rs", "pub(crate) use super::one::{self, U};"),
        ];
        assert_eq!(
            found(&[&["a"], &["lib"]], &files),
            ["x::a::one imports itself in a circle", "x::a::two imports itself in a circle"]
        );
    }

    #[test]
    fn comments_texts_tests_and_visibilities_are_no_imports() {
        let source = "// crate::b\n/// [`crate::b`]\npub(in crate::b) fn f<'a>() { g(\"crate::b\", r#\"crate::b\"#, '\"') }\n#[cfg(test)]\nmod tests { use crate::b::T; fn f() {} }\n";
        let files = [("lib.rs", ""), ("a.rs", source), ("b.rs", "use crate::a::f;")];
        assert_eq!(found(&[&["a"], &["b"], &["lib"]], &files), Vec::<String>::new());
    }

    #[test]
    fn a_module_without_a_layer_and_a_layer_without_a_module_are_reported() {
        assert_eq!(
            found(&[&["b"], &["lib"]], &[("lib.rs", ""), ("a.rs", "")]),
            [
                "a.rs: src/README.md gives the module no layer in x",
                "src/README.md gives a layer to x::b, which is no module"
            ]
        );
    }

    #[test]
    fn orders_are_read_by_crate() {
        let document =
            "# A\n\n## Layers\n\nWords.\n\n### app\n\n```text\na, b::c\nlib\n```\n\n## More\n\n### no\n";
        assert_eq!(orders(document).unwrap()["app"], order(&[&["a", "b::c"], &["lib"]]));
        assert!(orders("# A\n").is_err());
    }

    #[test]
    fn a_citation_of_a_missing_section_is_reported() {
        let source = "/// See [A1](model::contract#a1) and [U-9](model::contract#u-9).";
        assert_eq!(broken_citations("a.rs", source, "<a id=\"a1\"></a>").len(), 1);
    }

    #[test]
    fn two_sections_of_one_name_are_reported() {
        let contract = "<a id=\"a1\"></a>A1 <a id=\"a2\"></a>A2 <a id=\"a1\"></a>A1";
        assert_eq!(repeated_sections(contract), ["src/docs/auth0-contract.md has two sections a1"]);
    }
}
