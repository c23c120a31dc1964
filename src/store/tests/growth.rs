//! The table of what strangers can make grow, in the documentation.

#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

use std::collections::BTreeSet;

use rusqlite::Connection;
use store::Store;

/// Returns the names in backticks in the first column of the table.
fn documented() -> BTreeSet<String> {
    let (_, section) =
        include_str!("../../README.md").split_once("\n## What strangers can make grow\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let first_cells = section.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
    let names = first_cells.flat_map(|cell| cell.split('`').skip(1).step_by(2));
    names.map(str::to_owned).collect()
}

#[tokio::test]
async fn every_table_of_the_database_says_what_bounds_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tenant.db");
    drop(Store::open(&format!("sqlite:{}", path.display())).await.unwrap());
    let connection = Connection::open(&path).unwrap();
    let sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' \
               AND name <> 'schema_migrations'";
    let mut statement = connection.prepare(sql).unwrap();
    let names = statement.query_map([], |row| row.get(0)).unwrap();
    let tables: BTreeSet<String> = names.map(Result::unwrap).collect();
    assert_eq!(documented(), tables);
}
