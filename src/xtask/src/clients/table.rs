//! The table of clients in `src/docs/clients.md`.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Result;

use super::Outcome;
use crate::table::Table;

const TABLE: Table = Table {
    document: "src/docs/clients.md",
    subject: "clients",
    command: "cargo xtask test --only clients --update-table",
};

/// Writes the table, or compares it. Returns whether it is that of this run.
pub(super) fn holds(root: &Path, outcomes: &[Outcome], update: bool) -> Result<bool> {
    TABLE.holds(root, &table(outcomes), update)
}

fn table(outcomes: &[Outcome]) -> String {
    let mut table = "| Client | Version | What it did |\n|---|---|---|\n".to_owned();
    for Outcome { client, version, passed } in outcomes {
        let _ = writeln!(table, "| {client} | {version} | {} |", passed.join("; "));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_a_row() {
        let outcome =
            Outcome { client: "`auth0`", version: "7".to_owned(), passed: vec!["reads".to_owned()] };
        assert_eq!(
            table(&[outcome]),
            "| Client | Version | What it did |\n|---|---|---|\n| `auth0` | 7 | reads |\n"
        );
    }
}
