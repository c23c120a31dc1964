//! The guide names every finding.

use doctor::finding::Id;

#[test]
fn the_guide_explains_every_finding_and_no_other() {
    let guide = include_str!("../../../docs/auth0.md");
    let (_, table) = guide.split_once("| Finding | What is wrong |").unwrap();
    let mut explained: Vec<&str> = table
        .lines()
        .filter_map(|row| row.strip_prefix("| ")?.split(" | ").next())
        .flat_map(|cell| cell.split(", "))
        .map(|name| name.trim_matches('`'))
        .collect();
    let mut known: Vec<String> = Id::ALL.iter().map(|id| id.name()).collect();
    known.sort();
    explained.sort_unstable();
    assert_eq!(explained, known);
}
