//! Where the line of a name or an address may break.

/// The fewest characters that stay together on one line, so that initials and short endings do.
const SHORTEST: usize = 3;

/// Splits a name or an address at its own places for a line break: after `@`, `-`, `_`, `+`, `/`, `|` and `:`, and before `.`,
/// each between two pieces of one word that have three characters or more. Spaces are places anyway, so that nothing is
/// split there. The pieces together are `text`.
///
/// ```
/// # use model::line_break::pieces;
/// assert_eq!(pieces("ada@mail.example"), ["ada@", "mail", ".example"]);
/// assert_eq!(pieces("J. R. R. Tolkien"), ["J. R. R. Tolkien"]);
/// ```
#[must_use]
pub fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut start, mut length) = (0, 0);
    let (mut before, mut letters) = (' ', 0);
    for (place, character) in text.char_indices() {
        // A single letter before a point is an initial.
        let is_place =
            character == '.' && letters > 1 || matches!(before, '@' | '-' | '_' | '+' | '/' | '|' | ':');
        if is_place && length >= SHORTEST && goes_on(text, place) {
            pieces.extend(text.get(start..place));
            (start, length) = (place, 0);
        }
        length = if character.is_whitespace() { 0 } else { length + 1 };
        letters = if character.is_alphanumeric() { letters + 1 } else { 0 };
        before = character;
    }
    pieces.extend(text.get(start..));
    pieces
}

/// Whether the word goes on for a while at `place`.
fn goes_on(text: &str, place: usize) -> bool {
    let rest = text.get(place..).unwrap_or_default();
    rest.chars().take_while(|character| !character.is_whitespace()).take(SHORTEST).count() == SHORTEST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_breaks_after_its_at_sign_and_before_its_points() {
        assert_eq!(
            pieces("ada.lovelace@mail.example.org"),
            ["ada", ".lovelace@", "mail", ".example", ".org"]
        );
        assert_eq!(
            pieces("ada+work@analytical-engine.example"),
            ["ada+", "work@", "analytical-", "engine", ".example"]
        );
        assert_eq!(pieces("google-oauth2|1150"), ["google-", "oauth2|", "1150"]);
    }

    #[test]
    fn short_pieces_stay_together() {
        assert_eq!(pieces("x@y.eu"), ["x@y.eu"]);
        assert_eq!(pieces("J.R.R. Tolkien"), ["J.R.R. Tolkien"]);
        assert_eq!(pieces("Dr. Ada Lovelace, F.R.S."), ["Dr. Ada Lovelace, F.R.S."]);
        assert_eq!(pieces(""), [""]);
    }

    #[test]
    fn the_pieces_together_are_the_text() {
        for text in
            ["ada@mail.example", "...", "@@@@@", "عائشة@مثال.إختبار", "a b-c_d/e", "-----", "🙂🙂🙂.🙂🙂🙂"]
        {
            assert_eq!(pieces(text).concat(), text);
        }
    }
}
