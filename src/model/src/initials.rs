//! Initials, which stand in place of a picture.
//!
//! Ranges of code points take the place of Unicode's tables, which would weigh more in the page than all of its texts. They
//! cover the scripts that people write their names in today.

/// Returns the initials of a name or an address: those of the first and of the last word, or of the first word alone in a
/// script that joins its letters, where two initials side by side would read as a word of their own. Empty without a letter,
/// as for a telephone number. Case stays as it is.
///
/// An initial is a whole grapheme cluster: a letter with its marks and, in scripts with conjuncts, with the letters joined to it.
#[must_use]
pub fn initials(name: &str) -> String {
    let name = name.split_once('@').map_or(name, |(local, _)| local);
    let mut all = name.split_whitespace().filter_map(initial);
    let (first, last) = (all.next(), all.next_back());
    let joins = |initial: &str| initial.chars().any(is_joining);
    match (first, last) {
        // A picture says more than nothing.
        (None, _) => name.split_whitespace().find_map(pictograph).unwrap_or_default().to_owned(),
        (Some(first), Some(last)) if !joins(first) && !joins(last) => [first, last].concat(),
        (Some(first), _) => first.to_owned(),
    }
}

/// Returns the first letter of a word as a grapheme cluster.
fn initial(word: &str) -> Option<&str> {
    let (start, _) = word.char_indices().find(|(_, c)| is_letter(*c))?;
    Some(cluster(&word[start..]))
}

/// Returns the first pictograph of a word as a grapheme cluster.
fn pictograph(word: &str) -> Option<&str> {
    let (start, _) = word.char_indices().find(|(_, c)| is_pictograph(*c))?;
    Some(cluster(&word[start..]))
}

/// Returns the grapheme cluster that `text` begins with.
fn cluster(text: &str) -> &str {
    let mut before = None::<char>;
    let mut flag_letters = 0;
    for (at, c) in text.char_indices() {
        let is_flag_letter = matches!(c, '\u{1F1E6}'..='\u{1F1FF}');
        flag_letters += u8::from(is_flag_letter);
        let goes_on = match before {
            None => true,
            Some('\u{200D}') => is_pictograph(c) || is_joining(c),
            Some(before) if is_linker(before) && is_letter(c) => true,
            Some(_) => is_extending(c) || (is_flag_letter && flag_letters == 2 && at == 4),
        };
        if !goes_on {
            return &text[..at];
        }
        before = Some(c);
    }
    text
}

/// The place of a code point in a block of the Indic scripts from Devanagari to Malayalam, which have one layout.
fn place_in_indic_block(c: char) -> Option<u32> {
    matches!(c, '\u{900}'..='\u{D7F}').then(|| u32::from(c) % 0x80)
}

/// Whether `c` is a letter, as far as names have such letters.
fn is_letter(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphabetic();
    }
    let is_indic_digit = place_in_indic_block(c).is_some_and(|place| matches!(place, 0x64..=0x6F));
    let is_other = matches!(c,
        // Signs of Latin-1, and modifiers.
        '\u{80}'..='\u{BF}' | '\u{D7}' | '\u{F7}' | '\u{2B0}'..='\u{2FF}'
        // Punctuation, signs and digits of Hebrew and Arabic.
        | '\u{5BE}' | '\u{5C0}' | '\u{5C3}' | '\u{5C6}' | '\u{5F3}'..='\u{61F}' | '\u{640}'
        | '\u{660}'..='\u{66D}' | '\u{6D4}' | '\u{6DD}' | '\u{6DE}' | '\u{6E9}' | '\u{6F0}'..='\u{6F9}' | '\u{700}'..='\u{70F}'
        // Digits of Thai and Lao, and vowels that are written before the consonant that they follow.
        | '\u{E3F}'..='\u{E5B}' | '\u{EC0}'..='\u{EDB}'
        // Punctuation and symbols, with what directs and joins text; that of East Asia, and its digits.
        | '\u{2000}'..='\u{2BFF}' | '\u{2E00}'..='\u{2E7F}' | '\u{3000}'..='\u{3004}' | '\u{3008}'..='\u{3020}' | '\u{3030}'
        | '\u{30FB}' | '\u{FF00}'..='\u{FF20}'
        // Private use and byte order marks.
        | '\u{E000}'..='\u{F8FF}' | '\u{FEFF}' | '\u{FFF0}'..='\u{FFFF}'
    );
    !is_other && !is_indic_digit && !is_extending(c) && !is_pictograph(c)
}

/// Whether `c` continues the cluster before it: marks, variation selectors, modifiers and joiners.
fn is_extending(c: char) -> bool {
    let is_indic = place_in_indic_block(c)
        .is_some_and(|place| matches!(place, 0..=3 | 0x3A..=0x3C | 0x3E..=0x4D | 0x51..=0x57 | 0x62..=0x63));
    is_indic
        || matches!(c,
            '\u{300}'..='\u{36F}' | '\u{483}'..='\u{489}'
            // Hebrew, Arabic, Syriac, Thaana and N'Ko.
            | '\u{591}'..='\u{5BD}' | '\u{5BF}' | '\u{5C1}' | '\u{5C2}' | '\u{5C4}' | '\u{5C5}' | '\u{5C7}'
            | '\u{610}'..='\u{61A}' | '\u{64B}'..='\u{65F}' | '\u{670}' | '\u{6D6}'..='\u{6DC}' | '\u{6DF}'..='\u{6E4}'
            | '\u{6E7}' | '\u{6E8}' | '\u{6EA}'..='\u{6ED}' | '\u{711}' | '\u{730}'..='\u{74A}' | '\u{7A6}'..='\u{7B0}'
            | '\u{7EB}'..='\u{7F3}' | '\u{8CA}'..='\u{8FF}'
            // Gurmukhi, Sinhala, Thai, Lao, Tibetan, Myanmar, Khmer.
            | '\u{A70}' | '\u{A71}' | '\u{D81}'..='\u{D83}' | '\u{DCA}'..='\u{DDF}' | '\u{DF2}' | '\u{DF3}'
            | '\u{E31}' | '\u{E33}'..='\u{E3A}' | '\u{E47}'..='\u{E4E}' | '\u{EB1}' | '\u{EB3}'..='\u{EBC}'
            | '\u{EC8}'..='\u{ECE}' | '\u{F71}'..='\u{F84}' | '\u{F8D}'..='\u{FBC}' | '\u{102B}'..='\u{103E}'
            | '\u{1056}'..='\u{1059}' | '\u{17B4}'..='\u{17D3}'
            // Vowels and finals of Hangul that are written as letters of their own.
            | '\u{1160}'..='\u{11FF}'
            | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}' | '\u{200C}' | '\u{200D}' | '\u{20D0}'..='\u{20FF}'
            | '\u{302A}'..='\u{302F}' | '\u{3099}' | '\u{309A}' | '\u{FE00}'..='\u{FE0F}' | '\u{FE20}'..='\u{FE2F}'
            // Colours of skin, tags and selectors.
            | '\u{1F3FB}'..='\u{1F3FF}' | '\u{E0020}'..='\u{E007F}' | '\u{E0100}'..='\u{E01EF}'
        )
}

/// Whether `c` joins the consonant after it to the one before it.
fn is_linker(c: char) -> bool {
    matches!(
        c,
        '\u{94D}' | '\u{9CD}' | '\u{ACD}' | '\u{B4D}' | '\u{C4D}' | '\u{D4D}' | '\u{1039}' | '\u{17D2}'
    )
}

/// Whether `c` is of a script that joins its letters, by strokes or as conjuncts.
fn is_joining(c: char) -> bool {
    matches!(c,
        // Arabic, Syriac, N'Ko, Mandaic; then the Indic scripts with Sinhala.
        '\u{600}'..='\u{77F}' | '\u{7C0}'..='\u{7FF}' | '\u{840}'..='\u{DFF}'
        // Tibetan, Myanmar, Khmer, Mongolian, Phags-pa.
        | '\u{F00}'..='\u{109F}' | '\u{1780}'..='\u{18AF}' | '\u{A840}'..='\u{A87F}'
        // The forms of Arabic for presentation, Hanifi Rohingya, Adlam.
        | '\u{FB50}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}' | '\u{10D00}'..='\u{10D3F}' | '\u{1E900}'..='\u{1E95F}'
    )
}

fn is_pictograph(c: char) -> bool {
    matches!(c, '\u{2600}'..='\u{27BF}' | '\u{2B50}' | '\u{1F000}'..='\u{1FAFF}')
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn initials_come_from_the_first_and_last_word() {
        assert_eq!(initials("Ada King Lovelace"), "AL");
        assert_eq!(initials("ada.lovelace@x.example"), "a");
        assert_eq!(initials("Ada (work)"), "Aw");
        assert_eq!(initials("Łukasz Żak"), "ŁŻ");
        assert_eq!(initials("Ольга Иванова"), "ОИ");
        assert_eq!(initials("Γιώργος Παπαδόπουλος"), "ΓΠ");
    }

    #[test]
    fn without_a_letter_there_are_no_initials() {
        for name in ["  ", "", "+15550100", "٠١٢٣", "१२३", "—", "«»", "\u{200F}", "\u{2068}\u{2069}"]
        {
            assert_eq!(initials(name), "", "{name:?}");
        }
        assert_eq!(initials("«Ada» „Lovelace“"), "AL");
        assert_eq!(initials("\u{200F}אסתר\u{200E} כהן"), "אכ");
    }

    #[test]
    fn a_script_that_joins_its_letters_has_one_initial() {
        assert_eq!(initials("ليلى حداد"), "ل");
        assert_eq!(initials("محمد بن سلمان"), "م");
        assert_eq!(initials("فاطمه زهرایی"), "ف");
        assert_eq!(initials("Layla حداد"), "L");
        assert_eq!(initials("ܐܦܪܝܡ ܣܘܪܝܝܐ"), "ܐ");
        assert_eq!(initials("अमिताभ बच्चन"), "अ");
        assert_eq!(initials("রবীন্দ্রনাথ ঠাকুর"), "র");
        assert_eq!(initials("သန်း ရွှေ"), "သ");
    }

    #[test]
    fn an_initial_keeps_its_marks_and_the_letters_joined_to_it() {
        // E with an acute accent as a mark, and a letter with two marks.
        assert_eq!(initials("E\u{301}ric Ở"), "E\u{301}Ở");
        assert_eq!(initials("O\u{31B}\u{309} Lê"), "O\u{31B}\u{309}L");
        assert_eq!(initials("نُور"), "نُ");
        assert_eq!(initials("שִׂמחה לוי"), "שִׂל");
        assert_eq!(initials("प्रिया शर्मा"), "प्रि");
        assert_eq!(initials("श्रीनिवास रामानुजन"), "श्री");
        assert_eq!(initials("ஸ்ரீனிவாசன்"), "ஸ்");
        assert_eq!(initials("សុខា"), "សុ");
    }

    #[test]
    fn scripts_whose_letters_stand_alone_have_two_initials() {
        assert_eq!(initials("אסתר כהן"), "אכ");
        assert_eq!(initials("山田 太郎"), "山太");
        assert_eq!(initials("山田太郎"), "山");
        assert_eq!(initials("か\u{3099}く すい"), "か\u{3099}す");
        assert_eq!(initials("김 민준"), "김민");
        assert_eq!(initials("สมชาย ใจดี"), "สจ");
        // The vowel is written first and spoken after the consonant, whose mark stays with it.
        assert_eq!(initials("เพชรา กุ้ง"), "พกุ้");
    }

    #[test]
    fn an_emoji_is_whole_and_only_without_letters() {
        assert_eq!(initials("👩🏽‍💻"), "👩🏽‍💻");
        assert_eq!(initials("🇩🇪🇫🇷"), "🇩🇪");
        assert_eq!(initials("❤️ 42"), "❤️");
        assert_eq!(initials("🦄 Ada 👩‍👩‍👧"), "A");
    }
}
