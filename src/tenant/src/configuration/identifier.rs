//! Identifiers of configured objects.

use crate::secret::digest;

/// Returns an identifier that is the same for the same `name` at each start: `prefix`, then the first `length` letters and
/// digits of a hash; hexadecimal digits if there is no prefix, as in Auth0's older identifiers.
pub(super) fn derived_id(prefix: &str, name: &str, length: usize) -> String {
    let is_part = if prefix.is_empty() { is_hex_digit } else { is_alphanumeric };
    // One digest has 43 characters, too few for 24 hexadecimal digits, so that the hash is continued.
    let characters = (0..).flat_map(|round: u32| {
        digest(format!("{name}{}", "\0".repeat(round as usize)).as_bytes()).into_bytes()
    });
    let characters = characters.map(char::from).filter(|c| is_part(*c)).take(length);
    prefix.chars().chain(characters).collect()
}

fn is_alphanumeric(c: char) -> bool {
    c.is_ascii_alphanumeric()
}

fn is_hex_digit(c: char) -> bool {
    matches!(c, '0'..='9' | 'a'..='f')
}
