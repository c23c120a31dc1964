//! Initials, which stand in place of a picture.

/// Returns the initials of `name`.
#[must_use]
pub fn initials(name: &str) -> String {
    let name = name.split_once('@').map_or(name, |(local, _)| local);
    // Upper case is the style sheet's business: the tables for every script would weigh more than this file.
    let mut letters = name
        .split_whitespace()
        .filter_map(|word| word.chars().find(|letter| letter.is_ascii_alphabetic() || !letter.is_ascii()));
    letters.next().into_iter().chain(letters.next_back()).collect()
}
