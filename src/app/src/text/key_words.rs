//! Keys of programs as words of people.

use std::iter;

/// The last words of keys under which a number is a time.
const OF_TIME: &[&str] = &[
    "at",
    "created",
    "date",
    "day",
    "exp",
    "expires",
    "expiration",
    "expiry",
    "iat",
    "login",
    "modified",
    "nbf",
    "on",
    "seen",
    "since",
    "time",
    "timestamp",
    "until",
    "updated",
    "used",
];

/// Formats a key for reading: `newsletter_opt_in`, `newsletterOptIn` and `NEWSLETTER-OPT-IN` become "Newsletter opt in". A
/// key with anything else than letters, digits and these marks stays as it is.
#[must_use]
pub fn readable(key: &str) -> String {
    // A claim with a namespace is named by its last part.
    let key = match key.split_once("://") {
        Some((_, rest)) => rest.trim_end_matches('/').rsplit('/').next().unwrap_or(rest),
        None => key,
    };
    if key.bytes().any(|byte| byte.is_ascii() && !byte.is_ascii_alphanumeric() && !b"_-.".contains(&byte)) {
        return key.to_owned();
    }
    let words = words(key);
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => iter::once(capital(first)).chain(letters).collect(),
        None => words,
    }
}

/// Returns the capital of a letter, where that is one letter.
fn capital(letter: char) -> char {
    let mut capital = letter.to_uppercase();
    match (capital.next(), capital.next()) {
        (Some(capital), None) => capital,
        _ => letter,
    }
}

/// The words of a key with blanks between them.
fn words(key: &str) -> String {
    let parts = key.split(['_', '-']).filter(|part| !part.is_empty());
    let are_several = key.trim_matches(['_', '-']).contains(['_', '-']);
    if are_several && key.is_ascii() && !key.bytes().any(|byte| byte.is_ascii_lowercase()) {
        return parts.map(str::to_ascii_lowercase).collect::<Vec<_>>().join(" ");
    }
    parts.map(camel_words).collect::<Vec<_>>().join(" ")
}

/// Splits `postalCode` into `postal code`. Abbreviations stay: `userID` becomes `user ID`, `HTMLParser` `HTML parser`, and
/// `OAuth` stays one word. Programs write such keys in ASCII; the tables of all capitals would weigh more than all of this.
fn camel_words(part: &str) -> String {
    let letters: Vec<char> = part.chars().collect();
    let mut words = String::new();
    let mut capitals = 0;
    for (place, &letter) in letters.iter().enumerate() {
        if !letter.is_ascii_uppercase() {
            capitals = 0;
            words.push(letter);
            continue;
        }
        let is_before_small = letters.get(place + 1).is_some_and(char::is_ascii_lowercase);
        let is_after_small = place > 0 && capitals == 0;
        if is_after_small || (capitals >= 2 && is_before_small) {
            words.push(' ');
        }
        if place > 0 && is_before_small && (is_after_small || capitals >= 2) {
            words.push(letter.to_ascii_lowercase());
        } else {
            words.push(letter);
        }
        capitals += 1;
    }
    words
}

/// Whether a number under this key may be a time, in seconds or milliseconds since 1970.
#[must_use]
pub fn is_of_time(key: &str) -> bool {
    let words = readable(key).to_ascii_lowercase();
    words.rsplit(' ').next().is_some_and(|last| OF_TIME.contains(&last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_every_style_become_words() {
        let cases = [
            ("newsletter_opt_in", "Newsletter opt in"),
            ("newsletterOptIn", "Newsletter opt in"),
            ("newsletter-opt-in", "Newsletter opt in"),
            ("NEWSLETTER_OPT_IN", "Newsletter opt in"),
            ("NewsletterOptIn", "Newsletter opt in"),
            ("userID", "User ID"),
            ("HTMLParser", "HTML parser"),
            ("OAuth", "OAuth"),
            ("IPv4", "IPv4"),
            ("API", "API"),
            ("line_2", "Line 2"),
            ("__proto__", "Proto"),
            ("https://acme.example/claims/costCenter/", "Cost center"),
            ("Favourite colour", "Favourite colour"),
            ("ada@x.example", "ada@x.example"),
            ("a/b", "a/b"),
            ("v1.2", "V1.2"),
            ("اللغة_المفضلة", "اللغة المفضلة"),
            ("ünlü", "Ünlü"),
            ("ßa", "ßa"),
            ("", ""),
            ("___", ""),
        ];
        for (key, words) in cases {
            assert_eq!(readable(key), words, "{key}");
        }
    }

    #[test]
    fn keys_of_times_are_told_by_their_last_word() {
        for key in ["created_at", "updatedAt", "last-seen", "exp", "timestamp", "birth_date", "valid_until"] {
            assert!(is_of_time(key), "{key}");
        }
        for key in ["attempts", "time_zone", "data", "format", "update_count", ""] {
            assert!(!is_of_time(key), "{key}");
        }
    }
}
