//! Names inside sentences: of providers, people, accounts and hosts.
//!
//! A sentence holds each name between the two characters by which Unicode isolates text (FSI and PDI), so that the name's
//! direction changes nothing around it. Markup makes an element of what is between them; titles, subjects and plain text keep
//! the characters.

const START: char = '\u{2068}';
const END: char = '\u{2069}';

/// Isolates a name. The characters that change the direction of text or isolate it are dropped from the name itself: without
/// them it ends where it should, and an address cannot be made to read as another one.
#[must_use]
pub fn isolate(name: &str) -> String {
    let mut isolated = String::from(START);
    isolated.extend(name.chars().filter(|c| !is_control(*c)));
    isolated.push(END);
    isolated
}

/// Returns a text without the characters that change the direction of text or isolate it.
#[must_use]
pub fn without_controls(text: &str) -> String {
    text.chars().filter(|c| !is_control(*c)).collect()
}

/// Whether `c` is not seen, or changes only how its neighbours are: marks, embeddings and isolates of direction, and
/// characters without width.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    is_control(c)
        || matches!(c, '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{2029}' | '\u{2060}'..='\u{2065}' | '\u{206A}'..='\u{206F}' | '\u{FEFF}')
}

/// Returns a sentence without isolating characters, for what is spoken and not shown.
#[must_use]
pub fn without_isolates(sentence: &str) -> String {
    sentence.chars().filter(|c| !matches!(*c, START | END)).collect()
}

/// Splits a sentence into its parts, each with whether it is a name.
#[must_use]
pub fn isolated_parts(sentence: &str) -> Vec<(bool, &str)> {
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

/// Whether `c` embeds, overrides or isolates the direction of what follows.
pub(crate) fn is_control(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_split_at_its_names() {
        let sentence = format!("{} opens {}.", isolate("GitHub"), isolate("a\u{2069}b"));
        assert_eq!(
            isolated_parts(&sentence),
            [(true, "GitHub"), (false, " opens "), (true, "ab"), (false, ".")]
        );
        assert_eq!(without_isolates(&sentence), "GitHub opens ab.");
        assert_eq!(isolated_parts("Nothing."), [(false, "Nothing.")]);
    }

    #[test]
    fn an_address_cannot_be_turned_around() {
        assert_eq!(isolate("ada@\u{202E}elpmaxe.live\u{202C}"), "\u{2068}ada@elpmaxe.live\u{2069}");
        assert_eq!(isolate("ليلى"), "\u{2068}ليلى\u{2069}");
    }
}
