//! The table of attacks in `src/docs/security.md`, made from the names of the tests that play them.
//!
//! A test is an attack if a comment says so: `// attack: KIND` in the line above it and its attributes, or
//! `//! attacks: KIND` (`// attacks: KIND` in TypeScript) in a line of its own for all tests of the file.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::folder::files_below;
use crate::table::Table;

const TABLE: Table = Table {
    document: "src/docs/security.md",
    subject: "attacks",
    command: "cargo xtask test --only attacks --update-table",
};

/// The folders with tests, from the root of the workspace.
const FOLDERS: [&str; 4] = ["src/server", "src/store", "src/tenant", "end2end/tests"];

/// The kinds of attacks, as comments name them, with their titles in the order of the table.
const KINDS: [(&str, &str); 11] = [
    ("accounts", "Taking another person's account"),
    ("linking", "Linking and unlinking what one must not"),
    ("sessions", "Signing in, sessions and signing out"),
    ("authorization", "Authorization requests, codes and redirects"),
    ("tokens", "Tokens and scopes"),
    ("providers", "Providers that lie, and answers that are not theirs"),
    ("guessing", "Guessing passwords and secrets, and learning who has an account"),
    ("floods", "Taking memory, disk and time"),
    ("network", "Hosts, headers, connections and other websites"),
    ("files", "Files of the server and what is configured"),
    ("page", "The page in the browser"),
];

/// An attack that a test plays.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Attack {
    /// The index in [`KINDS`].
    kind: usize,
    /// The path of the file from the root of the workspace.
    file: String,
    /// The line of the test in its file, so that attacks keep its order.
    line: usize,
    /// The name of the test as a sentence.
    name: String,
}

/// Writes the table, or compares it. Returns the number of attacks if the document has their table.
///
/// # Errors
/// When a file cannot be read, or a comment names no kind or stands above no test.
pub(crate) fn table_holds(root: &Path, update: bool) -> Result<Option<usize>> {
    let mut attacks = Vec::new();
    for folder in FOLDERS {
        for path in files_below(&root.join(folder))? {
            let file = path.strip_prefix(root)?.to_string_lossy().replace('\\', "/");
            if is_rust(&file) || file.ends_with(".spec.ts") {
                let source =
                    fs::read_to_string(&path).with_context(|| format!("{file} could not be read"))?;
                attacks.extend(attacks_in(&file, &source)?);
            }
        }
    }
    attacks.sort();
    Ok(TABLE.holds(root, &table(&attacks), update)?.then_some(attacks.len()))
}

/// The attacks of one source file.
fn attacks_in(file: &str, source: &str) -> Result<Vec<Attack>> {
    let rust = is_rust(file);
    let mut of_file = None;
    let mut of_test = None;
    // Whether the next name is that of a test.
    let mut is_test = false;
    let mut attacks = Vec::new();
    for (number, text) in source.lines().enumerate() {
        let text = text.trim_start();
        let line = number + 1;
        if let Some(kind) = text.strip_prefix(if rust { "//! attacks: " } else { "// attacks: " }) {
            of_file = Some(index_of(kind, file, line)?);
        } else if let Some(kind) = text.strip_prefix("// attack: ") {
            of_test = Some((index_of(kind, file, line)?, line));
        } else if rust && is_test_attribute(text) || !rust && text == "test(" {
            is_test = true;
        } else if let Some(name) = if rust { function_name(text) } else { title(text, is_test) } {
            if (is_test || !rust)
                && let Some(kind) = of_test.take().map(|(kind, _)| kind).or(of_file)
            {
                attacks.push(Attack { kind, file: file.to_owned(), line, name: sentence(name) });
            }
            is_test = false;
        }
        if let Some((_, above)) = of_test.filter(|(_, above)| line > above + 3) {
            bail!("{file}:{above}: no test follows the comment");
        }
    }
    if let Some((_, above)) = of_test {
        bail!("{file}:{above}: no test follows the comment");
    }
    Ok(attacks)
}

fn is_rust(file: &str) -> bool {
    Path::new(file).extension().is_some_and(|extension| extension == "rs")
}

fn index_of(kind: &str, file: &str, line: usize) -> Result<usize> {
    let kind = kind.trim_end();
    let index = KINDS.iter().position(|(name, _)| *name == kind);
    index.with_context(|| {
        let names: Vec<_> = KINDS.iter().map(|(name, _)| *name).collect();
        format!("{file}:{line}: {kind:?} is no kind of attack; these are: {}", names.join(", "))
    })
}

fn is_test_attribute(text: &str) -> bool {
    text.starts_with("#[test]") || text.starts_with("#[tokio::test")
}

/// The name in the line that begins a function.
fn function_name(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("async ").unwrap_or(text).strip_prefix("fn ")?;
    rest.split('(').next()
}

/// The title in the line that begins a test of Playwright, or in the one after it.
fn title(text: &str, begun: bool) -> Option<&str> {
    let rest = if begun { text } else { text.strip_prefix("test(")? };
    let quote = rest.chars().next().filter(|&first| matches!(first, '"' | '\'' | '`'))?;
    rest[1..].split(quote).next()
}

/// A name as a sentence without its full stop: `no_code_is_used_twice` is `No code is used twice`.
fn sentence(name: &str) -> String {
    let name = name.replace('_', " ");
    let mut letters = name.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}", letters.as_str()).replace('|', "\\|")
}

fn table(attacks: &[Attack]) -> String {
    let mut text = format!("{} attacks.\n", attacks.len());
    for (index, (_, title)) in KINDS.iter().enumerate() {
        let of_kind: Vec<_> = attacks.iter().filter(|attack| attack.kind == index).collect();
        if of_kind.is_empty() {
            continue;
        }
        let _ = write!(text, "\n### {title}\n\n| What holds under the attack | Test |\n|---|---|\n");
        for Attack { file, name, .. } in of_kind {
            let short = file.rsplit('/').next().unwrap_or(file);
            let _ = writeln!(text, "| {name} | [{short}](../../{file}) |");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(file: &str, source: &str) -> Vec<(usize, String)> {
        attacks_in(file, source).unwrap().into_iter().map(|attack| (attack.kind, attack.name)).collect()
    }

    #[test]
    fn a_comment_above_a_test_makes_it_an_attack() {
        let source = "\
fn helper() {}
// attack: tokens
#[tokio::test(start_paused = true)]
async fn no_token_is_forged() {}
#[test]
fn everything_works() {}
";
        assert_eq!(names("src/a.rs", source), [(4, "No token is forged".to_owned())]);
    }

    #[test]
    fn a_comment_at_the_top_makes_all_tests_of_a_file_attacks() {
        let source = "\
//! Attacks on codes.
//! attacks: authorization
fn helper() {}
#[test]
fn a_code_is_never_used_twice() {}
    // attack: floods
    #[tokio::test]
    async fn codes_never_fill_the_disk() {}
";
        assert_eq!(
            names("src/a.rs", source),
            [(3, "A code is never used twice".to_owned()), (7, "Codes never fill the disk".to_owned())]
        );
    }

    #[test]
    fn a_test_of_the_page_is_named_by_its_title() {
        let source = "\
// attacks: page
for (const a of b) {
  test(`a | ${a} runs nothing`, async () => {
// attack: linking
test(
  'nothing is linked',
";
        assert_eq!(
            names("end2end/tests/a.spec.ts", source),
            [(10, "A \\| ${a} runs nothing".to_owned()), (1, "Nothing is linked".to_owned())]
        );
    }

    #[test]
    fn a_comment_that_names_no_kind_or_no_test_is_an_error() {
        for (source, expected) in [
            ("// attack: magic\n#[test]\nfn a() {}\n", "src/a.rs:1: \"magic\" is no kind of attack"),
            ("\n// attack: tokens\n", "src/a.rs:2: no test follows"),
            ("// attack: tokens\n\n\n\n\n#[test]\nfn a() {}\n", "src/a.rs:1: no test follows"),
        ] {
            let error = attacks_in("src/a.rs", source).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }

    #[test]
    fn the_table_has_a_part_for_each_kind_that_occurs() {
        let attack =
            |kind, name: &str| Attack { kind, file: "src/a/b.rs".to_owned(), line: 1, name: name.to_owned() };
        assert_eq!(
            table(&[attack(0, "A"), attack(10, "B")]),
            "2 attacks.\n\n### Taking another person's account\n\n| What holds under the attack | Test |\n|---|---|\n\
             | A | [b.rs](../../src/a/b.rs) |\n\n### The page in the browser\n\n| What holds under the attack | Test |\n|---|---|\n\
             | B | [b.rs](../../src/a/b.rs) |\n"
        );
    }
}
