//! The table of clients in `src/docs/clients.md`.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::Outcome;

/// The document with the table.
const DOCUMENT: &str = "src/docs/clients.md";

/// The marks around the table.
const BEGIN: &str =
    "<!-- The table of clients: `cargo xtask test --only clients --update-table` writes it. -->\n";
const END: &str = "<!-- End of the table of clients. -->\n";

/// Writes the table, or compares it. Returns whether it is that of this run.
pub(super) fn holds(root: &Path, outcomes: &[Outcome], update: bool) -> Result<bool> {
    let document = root.join(DOCUMENT);
    let text = fs::read_to_string(&document)?;
    let fresh = with_table(&text, &table(outcomes))
        .with_context(|| format!("{DOCUMENT} has no place for the table of clients"))?;
    if fresh == text {
        return Ok(true);
    }
    if update {
        fs::write(document, fresh)?;
        println!("\nThe table of clients in {DOCUMENT} was written anew.");
        return Ok(true);
    }
    println!(
        "\nThe table of clients in {DOCUMENT} is not what this run produced; write it anew by \
         `cargo xtask test --only clients --update-table`."
    );
    Ok(false)
}

fn table(outcomes: &[Outcome]) -> String {
    let mut table = "| Client | Version | What it did |\n|---|---|---|\n".to_owned();
    for Outcome { client, version, passed } in outcomes {
        let _ = writeln!(table, "| {client} | {version} | {} |", passed.join("; "));
    }
    table
}

/// Replaces the table between the two marks; `None` when a mark is missing.
fn with_table(text: &str, table: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{table}\n{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_table_is_replaced() {
        let outcome =
            Outcome { client: "`auth0`", version: "7".to_owned(), passed: vec!["reads".to_owned()] };
        let text = with_table(&format!("a\n{BEGIN}old\n{END}b\n"), &table(&[outcome])).unwrap();
        assert_eq!(
            text,
            format!(
                "a\n{BEGIN}\n| Client | Version | What it did |\n|---|---|---|\n| `auth0` | 7 | reads |\n\n{END}b\n"
            )
        );
        assert_eq!(with_table("a", "table"), None);
    }
}
