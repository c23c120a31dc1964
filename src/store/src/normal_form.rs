//! The one form in which e-mail addresses, user names and other texts of people are compared.

use unicode_normalization::UnicodeNormalization;

/// Returns an e-mail address or a user name in the form in which it is stored as an identifier and compared: without
/// white space around it, in Unicode lower case, in the normal form NFC (Unicode Standard Annex 15).
///
/// The same letters typed on another system can be other code points, so that one address would open two
/// accounts. PRECIS (RFC 8265) would also refuse characters, such as a space within a user name, that Auth0 accepts
/// and that stored rows have; it has no profile for e-mail addresses. So only its normal form is taken.
#[must_use]
pub fn fold_identifier(text: &str) -> String {
    fold_text(text.trim())
}

/// Returns a text in the form in which it is compared without regard to case: in Unicode lower case and in NFC.
#[must_use]
pub fn fold_text(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    // Lower case first decomposes what it has to and may leave letters that can be composed.
    text.nfc().collect::<String>().to_lowercase().nfc().collect()
}

/// Returns whether two texts have the same letters in the same case, in whatever normal form they were typed.
#[must_use]
pub fn is_same_text(one: &str, other: &str) -> bool {
    one == other || one.nfc().eq(other.nfc())
}

#[cfg(test)]
mod tests {
    use super::{fold_identifier, is_same_text};

    #[test]
    fn a_text_is_the_same_in_every_normal_form_and_not_in_another_case() {
        assert!(is_same_text("j\u{f6}rg", "jo\u{308}rg") && is_same_text("a", "a"));
        assert!(!is_same_text("J\u{f6}rg", "jo\u{308}rg") && !is_same_text("jorg", "jo\u{308}rg"));
    }

    #[test]
    fn an_identifier_has_one_form() {
        for (text, folded) in [
            (" Ada@Example.COM ", "ada@example.com"),
            ("J\u{d6}RG@example.com", "j\u{f6}rg@example.com"),
            ("Jo\u{308}rg@example.com", "j\u{f6}rg@example.com"),
            ("JO\u{308}RG@EXAMPLE.COM", "j\u{f6}rg@example.com"),
            // The Kelvin and Angstrom signs are letters.
            ("\u{212a}\u{212b}", "k\u{e5}"),
            ("\u{130}stanbul", "i\u{307}stanbul"),
            // Marks in another order.
            ("q\u{307}\u{323}", "q\u{323}\u{307}"),
            ("", ""),
        ] {
            assert_eq!(fold_identifier(text), folded, "{text:?}");
            assert_eq!(fold_identifier(folded), folded, "{text:?} is stable");
        }
        assert_ne!(fold_identifier("jorg@example.com"), fold_identifier("j\u{f6}rg@example.com"));
    }

    #[test]
    fn every_letter_is_stable_once_folded_and_equal_to_its_decomposed_form() {
        use unicode_normalization::UnicodeNormalization;
        for letter in (0..=0x2_ffff).filter_map(char::from_u32) {
            let folded = fold_identifier(&letter.to_string());
            assert_eq!(fold_identifier(&folded), folded, "{letter:?}");
            let decomposed: String = letter.nfd().collect();
            assert_eq!(fold_identifier(&decomposed), folded, "{letter:?}");
        }
    }
}
