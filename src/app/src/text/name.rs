//! Names inside sentences: of providers, people, accounts and hosts.
//!
//! A sentence holds each name between the two characters by which Unicode isolates text (FSI and PDI), and the page
//! renders what is between them as an element of its own: its direction changes nothing around it, and a browser that
//! translates the page leaves it as it is.

const START: char = '\u{2068}';
const END: char = '\u{2069}';

/// Marks `text` as a name. Marks inside it are dropped, so that a name ends where it should.
#[must_use]
pub fn name(text: &str) -> String {
    format!("{START}{}{END}", plain(text))
}

/// Returns `sentence` without marks: for attributes, which hold text only.
#[must_use]
pub fn plain(sentence: &str) -> String {
    sentence.chars().filter(|c| !matches!(*c, START | END)).collect()
}

/// Splits a sentence into its parts, each with whether it is a name.
#[must_use]
pub fn parts(sentence: &str) -> Vec<(bool, &str)> {
    let mut is_name = false;
    let mut parts = Vec::new();
    for part in sentence.split([START, END]) {
        if !part.is_empty() {
            parts.push((is_name, part));
        }
        is_name = !is_name;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_split_at_its_names() {
        let sentence = format!("{} opens {}.", name("GitHub"), name("a\u{2069}b"));
        assert_eq!(parts(&sentence), [(true, "GitHub"), (false, " opens "), (true, "ab"), (false, ".")]);
        assert_eq!(plain(&sentence), "GitHub opens ab.");
        assert_eq!(parts("Nothing."), [(false, "Nothing.")]);
    }
}
