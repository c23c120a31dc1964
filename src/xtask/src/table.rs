//! Tables in documents that a command makes: it compares them, and writes them when asked to.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// A table of a document, between two marks.
pub(crate) struct Table {
    /// The path of the document from the root of the workspace.
    pub(crate) document: &'static str,
    /// What the table is of, as the marks name it.
    pub(crate) subject: &'static str,
    /// The command that writes it.
    pub(crate) command: &'static str,
}

impl Table {
    /// Compares the table in the document with `fresh`, and writes it if `update`. Returns whether the document has it.
    ///
    /// # Errors
    /// When the document cannot be read or written, or has no marks.
    pub(crate) fn holds(&self, root: &Path, fresh: &str, update: bool) -> Result<bool> {
        let path = root.join(self.document);
        let text = fs::read_to_string(&path).with_context(|| format!("{} is not there", self.document))?;
        let renewed = self
            .replace(&text, fresh)
            .with_context(|| format!("{} has no place for the table of {}", self.document, self.subject))?;
        let (subject, document) = (self.subject, self.document);
        if renewed == text {
            return Ok(true);
        }
        if update {
            fs::write(path, renewed)?;
            println!("\nThe table of {subject} in {document} was written anew.");
            return Ok(true);
        }
        println!(
            "\nThe table of {subject} in {document} is not what this run produced; write it anew by `{}`.",
            self.command
        );
        Ok(false)
    }

    /// Replaces what is between the two marks; `None` when a mark is missing.
    fn replace(&self, text: &str, fresh: &str) -> Option<String> {
        let begin = format!("<!-- The table of {}: `{}` writes it. -->\n", self.subject, self.command);
        let end = format!("<!-- End of the table of {}. -->\n", self.subject);
        let (before, rest) = text.split_once(&begin)?;
        let (_, after) = rest.split_once(&end)?;
        Some(format!("{before}{begin}\n{fresh}\n{end}{after}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_table_is_replaced() {
        let table =
            Table { document: "a.md", subject: "clients", command: "cargo xtask test --update-table" };
        let begin = "<!-- The table of clients: `cargo xtask test --update-table` writes it. -->\n";
        let end = "<!-- End of the table of clients. -->\n";
        assert_eq!(
            table.replace(&format!("a\n{begin}old\n{end}b\n"), "| new |\n"),
            Some(format!("a\n{begin}\n| new |\n\n{end}b\n"))
        );
        assert_eq!(table.replace("a", "table"), None);
    }
}
