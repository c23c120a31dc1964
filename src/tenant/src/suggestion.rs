//! The key that was probably meant by one that is unknown.

/// Returns the key of `known` that `key` is probably a misspelling of, or `None` if no key is close to it.
///
/// Keys that differ only in case, hyphens and underscores (`userId` for `user_id`) are close, and keys that
/// differ by one slip of the pen: a letter that is missing, added, replaced or swapped with its neighbour. In
/// keys of eight letters or more two slips are. In keys of three letters or fewer none is, because most such keys
/// are close to each other.
#[must_use]
pub fn closest<'k>(key: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let letters = letters_of(key);
    let slips = match letters.chars().count() {
        0..=3 => 0,
        4..=7 => 1,
        _ => 2,
    };
    known
        .into_iter()
        .map(|known| (strsim::osa_distance(&letters, &letters_of(known)), known))
        .filter(|(distance, known)| *distance <= slips && *known != key)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

fn letters_of(key: &str) -> String {
    key.chars().filter(|letter| !matches!(letter, '_' | '-')).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::closest;

    const KNOWN: [&str; 6] = ["email", "emails", "password", "user_id", "app_metadata", "name"];

    #[test]
    fn a_misspelt_key_is_recognised() {
        for (key, meant) in [
            ("emial", "email"),
            ("e-mail", "email"),
            ("Email", "email"),
            ("pasword", "password"),
            ("userid", "user_id"),
            ("userId", "user_id"),
            ("appMetdata", "app_metadata"),
            ("nmae", "name"),
        ] {
            assert_eq!(closest(key, KNOWN), Some(meant), "{key}");
        }
    }

    #[test]
    fn another_key_is_close_to_none() {
        for key in ["", "id", "phone", "blocked_for", "user_metadata_2", "password"] {
            assert_eq!(closest(key, KNOWN), None, "{key}");
        }
    }
}
