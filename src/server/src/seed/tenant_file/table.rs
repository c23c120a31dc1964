//! The table of keys in `src/docs/tenant-file.md`.

use std::fmt::Write;

use super::keys::{PROTECTIONS, SECTIONS};

/// Returns the table of the keys of a tenant file in Markdown: for each section the keys that are read, those of Auth0
/// that are ignored with a notice, and those that refuse the start where others can reach the server.
#[must_use]
pub fn table_of_keys() -> String {
    let mut table = "| Section | Read | Ignored with a notice | Ignored, less safe: refused where others can reach the server |\n\
                     |---|---|---|---|\n"
        .to_owned();
    for keys in SECTIONS {
        let section = if keys.section.is_empty() { "the file" } else { keys.section };
        let protections: Vec<&str> = PROTECTIONS
            .iter()
            .filter_map(|protection| match keys.section {
                "" => Some(protection.key)
                    .filter(|key| !SECTIONS.iter().any(|keys| is_below(key, keys.section))),
                section => {
                    protection.key.strip_prefix(section)?.strip_prefix('.').filter(|key| !key.contains('.'))
                }
            })
            .collect();
        let ignored: Vec<&str> = keys
            .known
            .map_or_else(|| vec!["every other key"], |known| known.split_whitespace().collect())
            .into_iter()
            .filter(|key| !protections.contains(key))
            .collect();
        let _ = writeln!(
            table,
            "| {} | {} | {} | {} |",
            code(&[section]),
            code(keys.read),
            code(&ignored),
            code(&protections)
        );
    }
    table
}

/// Returns whether a key with its sections is of a section inside the file.
fn is_below(key: &str, section: &str) -> bool {
    !section.is_empty() && key.strip_prefix(section).is_some_and(|rest| rest.starts_with('.'))
}

fn code(keys: &[&str]) -> String {
    let is_key = |key: &&str| !key.contains(' ');
    keys.iter()
        .map(|key| if is_key(key) { format!("`{key}`") } else { (*key).to_owned() })
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The document that has the table between these lines.
    const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/tenant-file.md");
    const START: &str =
        "<!-- The table of keys: `UPDATE_TABLE=1 cargo test -p server table_of_keys` writes it. -->\n\n";
    const END: &str = "\n<!-- End of the table of keys. -->\n";

    #[test]
    fn the_table_of_keys_in_the_documentation_is_that_of_the_code() {
        let document = std::fs::read_to_string(DOCUMENT).unwrap();
        let (before, rest) = document.split_once(START).expect("the document has the first line");
        let (table, after) = rest.split_once(END).expect("the document has the last line");
        if std::env::var_os("UPDATE_TABLE").is_some() {
            std::fs::write(DOCUMENT, format!("{before}{START}{}{END}{after}", table_of_keys())).unwrap();
        } else {
            assert!(table == table_of_keys(), "the table is out of date; see the line above it");
        }
    }
}
