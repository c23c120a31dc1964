//! Patterns of messages in the notation of ICU's `MessageFormat`, and what they become with their arguments.
//!
//! A pattern is text with arguments in braces:
//!
//! - `{who}`: a name, a number or a time, or a message inside another one;
//! - `{count, plural, =0 {…} one {# login} other {# logins}}`: a branch by the number itself or by its plural category in the
//!   language of the page, where `#` is the number;
//! - `{who, select, none {…} other {…}}`: a branch by a keyword, or by whether the argument is there (`none`);
//! - `{logins, list, conjunction}` or `disjunction`: the elements joined by "and" or "or". ICU has no such type; the names are
//!   those of `Intl.ListFormat`.
//!
//! `<b>…</b>` emphasizes. Around a list it emphasizes the elements, and not the words that join them. An apostrophe before a
//! brace, `#` or `<` quotes up to the next one, and two of them are one.

use super::locale::{self, ListType};
use super::name::name;

/// Part of a sentence, emphasized or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The text.
    pub text: String,
    /// Whether the part is emphasized.
    pub strong: bool,
}

/// An argument of a message.
#[derive(Clone, Copy, Debug)]
pub enum Argument<'a> {
    /// A name or an address, which is isolated from the text around it.
    Name(&'a str),
    /// Another message.
    Message(&'a str),
    /// An argument that is not there: the branch `none` of a `select`.
    None,
    /// A branch of a `select`; never shown.
    Keyword(&'a str),
    /// A number.
    Count(usize),
    /// A time in seconds since 1970, shown as date and time.
    Time(i64),
    /// Messages to join. In a `plural` it is the number of them.
    List(&'a [String]),
}

/// A message as an argument of another one.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a>(pub &'a str);

/// The branch of a `select`.
#[derive(Clone, Copy, Debug)]
pub struct Keyword<'a>(pub &'a str);

impl<'a> From<&'a str> for Argument<'a> {
    fn from(name: &'a str) -> Self {
        Self::Name(name)
    }
}

impl<'a> From<Message<'a>> for Argument<'a> {
    fn from(message: Message<'a>) -> Self {
        Self::Message(message.0)
    }
}

impl<'a> From<Keyword<'a>> for Argument<'a> {
    fn from(keyword: Keyword<'a>) -> Self {
        Self::Keyword(keyword.0)
    }
}

impl<T: Into<Self>> From<Option<T>> for Argument<'_> {
    fn from(argument: Option<T>) -> Self {
        argument.map_or(Self::None, Into::into)
    }
}

impl From<usize> for Argument<'_> {
    fn from(count: usize) -> Self {
        Self::Count(count)
    }
}

impl From<u32> for Argument<'_> {
    fn from(count: u32) -> Self {
        Self::Count(usize::try_from(count).unwrap_or(usize::MAX))
    }
}

impl From<i64> for Argument<'_> {
    fn from(seconds: i64) -> Self {
        Self::Time(seconds)
    }
}

impl<'a> From<&'a [String]> for Argument<'a> {
    fn from(list: &'a [String]) -> Self {
        Self::List(list)
    }
}

/// Why a pattern cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PatternError {
    /// The byte of the pattern where it is wrong.
    pub at: usize,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong in a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// A brace is not closed, or closes nothing.
    Brace,
    /// The message has no argument of that name.
    UnknownArgument,
    /// There is no such type of argument, or the type has no such style.
    UnknownType,
    /// The argument is none that this type takes, or one that is never shown.
    WrongArgument,
    /// A `plural` has a branch for something that is neither `=` with a number nor a category.
    UnknownCategory,
    /// The branch `other` is missing.
    NoOther,
    /// A tag other than `<b>` and `</b>`, or one that does not match.
    Tag,
}

/// A formatted message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Formatted {
    /// The parts, none of them empty.
    pub parts: Vec<Part>,
    /// The arguments that the pattern names in any branch, as a set of bits.
    pub named: u32,
}

/// Formats `pattern` with `arguments`, which are called `names`.
///
/// # Errors
/// Where the pattern is wrong, in the branches that are not shown, too.
pub fn format(pattern: &str, names: &[&str], arguments: &[Argument<'_>]) -> Result<Formatted, PatternError> {
    let mut reader = Reader { pattern, at: 0, names, arguments, named: 0, strong: false, parts: Vec::new() };
    reader.message(true, None)?;
    if reader.at < pattern.len() {
        return Err(reader.wrong(Problem::Brace));
    }
    Ok(Formatted { parts: reader.parts, named: reader.named })
}

struct Reader<'a> {
    pattern: &'a str,
    at: usize,
    names: &'a [&'a str],
    arguments: &'a [Argument<'a>],
    named: u32,
    strong: bool,
    parts: Vec<Part>,
}

impl<'a> Reader<'a> {
    /// Reads a message up to the end of the pattern or to the brace that closes its branch. Only a shown one is written.
    /// `count` is what `#` stands for.
    fn message(&mut self, is_shown: bool, count: Option<usize>) -> Result<(), PatternError> {
        let outside = self.strong;
        loop {
            let rest = self.rest();
            let special = rest.find(['{', '}', '#', '\'', '<']).unwrap_or(rest.len());
            self.push(is_shown, &rest[..special]);
            self.at += special;
            match self.peek() {
                None | Some(b'}') if self.strong != outside => return Err(self.wrong(Problem::Tag)),
                None | Some(b'}') => return Ok(()),
                Some(b'{') => self.argument(is_shown)?,
                Some(b'\'') => self.quoted(is_shown),
                Some(b'<') => self.tag()?,
                _ => {
                    self.at += 1;
                    match count {
                        Some(count) => self.push(is_shown, &locale::number(count)),
                        None => self.push(is_shown, "#"),
                    }
                }
            }
        }
    }

    /// Reads an apostrophe and what it quotes.
    fn quoted(&mut self, is_shown: bool) {
        self.at += 1;
        match self.peek() {
            Some(b'\'') => {
                self.at += 1;
                self.push(is_shown, "'");
            }
            Some(b'{' | b'}' | b'#' | b'<') => {
                let rest = self.rest();
                let end = rest.find('\'').unwrap_or(rest.len());
                self.push(is_shown, &rest[..end]);
                self.at += rest.len().min(end + 1);
            }
            _ => self.push(is_shown, "'"),
        }
    }

    fn tag(&mut self) -> Result<(), PatternError> {
        let (tag, strong) = if self.strong { ("</b>", false) } else { ("<b>", true) };
        if !self.rest().starts_with(tag) {
            return Err(self.wrong(Problem::Tag));
        }
        self.at += tag.len();
        self.strong = strong;
        Ok(())
    }

    /// Reads an argument in braces.
    fn argument(&mut self, is_shown: bool) -> Result<(), PatternError> {
        self.at += 1;
        let place = self.at;
        let called = self.word();
        let Some(index) = self.names.iter().position(|known| *known == called) else {
            return Err(PatternError { at: place, problem: Problem::UnknownArgument });
        };
        self.named |= 1 << index;
        let argument = self.arguments[index];
        if self.peek() == Some(b',') {
            self.at += 1;
            self.typed(argument, is_shown)?;
        } else {
            match argument {
                Argument::Name(text) => self.push(is_shown, &name(text)),
                Argument::Message(text) => self.push(is_shown, text),
                Argument::Count(count) => self.push(is_shown, &locale::number(count)),
                Argument::Time(seconds) => self.push(is_shown, &locale::date_and_time(seconds)),
                Argument::None => {}
                Argument::Keyword(_) | Argument::List(_) => {
                    return Err(PatternError { at: place, problem: Problem::WrongArgument });
                }
            }
        }
        self.expect(b'}')
    }

    /// Reads the type of an argument and what follows it.
    fn typed(&mut self, argument: Argument<'a>, is_shown: bool) -> Result<(), PatternError> {
        let place = self.at;
        let wrong = |problem| Err(PatternError { at: place, problem });
        let of_type = self.word();
        self.expect(b',')?;
        match (of_type, argument) {
            ("plural", Argument::Count(count)) => self.branches(Some(count), "", is_shown),
            ("plural", Argument::List(list)) => self.branches(Some(list.len()), "", is_shown),
            ("select", Argument::Keyword(keyword)) => self.branches(None, keyword, is_shown),
            ("select", Argument::None) => self.branches(None, "none", is_shown),
            ("select", Argument::Name(_) | Argument::Message(_)) => self.branches(None, "other", is_shown),
            ("list", Argument::List(list)) => {
                let Some(list_type) = ListType::named(self.word()) else {
                    return wrong(Problem::UnknownType);
                };
                if is_shown {
                    let strong = self.strong;
                    for (is_element, text) in locale::list(list, list_type) {
                        self.strong = strong && is_element;
                        self.push(true, &text);
                    }
                    self.strong = strong;
                }
                Ok(())
            }
            ("plural" | "select" | "list", _) => wrong(Problem::WrongArgument),
            _ => wrong(Problem::UnknownType),
        }
    }

    /// Reads all branches, and writes the one for `count` or `keyword`.
    fn branches(&mut self, count: Option<usize>, keyword: &str, is_shown: bool) -> Result<(), PatternError> {
        let category = count.map(locale::plural_category);
        let keyword = category.as_deref().unwrap_or(keyword);
        let mut has_other = false;
        // The best branch so far: how well it fits, and where it begins.
        let mut best = (0, 0);
        loop {
            let place = self.at;
            let key = self.word();
            if key.is_empty() {
                break;
            }
            let number = key.strip_prefix('=').and_then(|number| number.parse().ok());
            if count.is_some() && number.is_none() && !CATEGORIES.contains(&key) {
                return Err(PatternError { at: place, problem: Problem::UnknownCategory });
            }
            let fit = if number.is_some() && number == count {
                3
            } else if key == keyword {
                2
            } else {
                u8::from(key == "other")
            };
            has_other |= key == "other";
            self.expect(b'{')?;
            if fit > best.0 {
                best = (fit, self.at);
            }
            self.message(false, count)?;
            self.expect(b'}')?;
        }
        if !has_other {
            return Err(self.wrong(Problem::NoOther));
        }
        let end = self.at;
        self.at = best.1;
        self.message(is_shown, count)?;
        self.at = end;
        Ok(())
    }

    /// Reads a word, with the space around it.
    fn word(&mut self) -> &'a str {
        self.skip_space();
        let rest = self.rest();
        let end = rest.find(|c: char| c.is_ascii_whitespace() || "{},".contains(c)).unwrap_or(rest.len());
        self.at += end;
        self.skip_space();
        &rest[..end]
    }

    fn skip_space(&mut self) {
        self.at = self.pattern.len() - self.rest().trim_ascii_start().len();
    }

    fn expect(&mut self, byte: u8) -> Result<(), PatternError> {
        if self.peek() != Some(byte) {
            return Err(self.wrong(Problem::Brace));
        }
        self.at += 1;
        Ok(())
    }

    fn push(&mut self, is_shown: bool, text: &str) {
        if !is_shown || text.is_empty() {
            return;
        }
        match self.parts.last_mut() {
            Some(last) if last.strong == self.strong => last.text.push_str(text),
            _ => self.parts.push(Part { text: text.to_owned(), strong: self.strong }),
        }
    }

    fn rest(&self) -> &'a str {
        &self.pattern[self.at..]
    }

    fn peek(&self) -> Option<u8> {
        self.pattern.as_bytes().get(self.at).copied()
    }

    fn wrong(&self, problem: Problem) -> PatternError {
        PatternError { at: self.at, problem }
    }
}

/// The categories of plurals in the Unicode CLDR.
const CATEGORIES: [&str; 6] = ["zero", "one", "two", "few", "many", "other"];

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(pattern: &str, names: &[&str], arguments: &[Argument<'_>]) -> String {
        let formatted = format(pattern, names, arguments).unwrap();
        let part = |part: &Part| if part.strong { format!("*{}*", part.text) } else { part.text.clone() };
        formatted.parts.iter().map(part).collect()
    }

    fn problem(pattern: &str) -> (usize, Problem) {
        let names = ["who", "count", "logins", "kind"];
        let list = ["a".to_owned()];
        let arguments =
            [Argument::Name("Ada"), Argument::Count(1), Argument::List(&list), Argument::Keyword("x")];
        let error = format(pattern, &names, &arguments).unwrap_err();
        (error.at, error.problem)
    }

    #[test]
    fn a_name_is_isolated_and_a_message_is_not() {
        let arguments = [Argument::Name("Ada"), Argument::Message("your account")];
        assert_eq!(
            shown("{who} opens { what }.", &["who", "what"], &arguments),
            "\u{2068}Ada\u{2069} opens your account."
        );
    }

    #[test]
    fn a_name_with_braces_and_tags_is_text() {
        assert_eq!(
            shown("{who}", &["who"], &[Argument::Name("{who} <b># ''")]),
            "\u{2068}{who} <b># ''\u{2069}"
        );
    }

    #[test]
    fn a_plural_takes_the_number_itself_before_its_category() {
        let pattern = "{n, plural, other {# logins} one {# login} =0 {No login} =1 {The login}}";
        let of = |n| shown(pattern, &["n"], &[Argument::Count(n)]);
        assert_eq!([of(0), of(1), of(2)], ["No login", "The login", "2 logins"]);
        assert_eq!(shown("{n, plural, one{# x}other{# y}} #", &["n"], &[Argument::Count(1)]), "1 x #");
    }

    #[test]
    fn a_select_takes_its_keyword_or_whether_there_is_something() {
        let pattern = "{who, select, none {Nobody} other {It is {who}}}.";
        assert_eq!(shown(pattern, &["who"], &[Argument::None]), "Nobody.");
        // Whoever is called "none" is somebody.
        assert_eq!(shown(pattern, &["who"], &[Argument::Name("none")]), "It is \u{2068}none\u{2069}.");
        let pattern = "{kind, select, sms {Text message} other {Login}}";
        assert_eq!(shown(pattern, &["kind"], &[Argument::Keyword("sms")]), "Text message");
        assert_eq!(shown(pattern, &["kind"], &[Argument::Keyword("x")]), "Login");
    }

    #[test]
    fn emphasis_around_a_list_leaves_its_joins_alone() {
        let list = ["a", "b", "c"].map(ToOwned::to_owned);
        let pattern =
            "With <b>{l, list, conjunction}</b> or {l, list, disjunction}; {l, plural, one {x} other {#}}";
        assert_eq!(shown(pattern, &["l"], &[Argument::List(&list)]), "With *a*, *b* and *c* or a, b or c; 3");
    }

    #[test]
    fn an_apostrophe_quotes_only_what_would_mean_something() {
        assert_eq!(
            shown("It isn't ''{n}'' '{n}' '<b>' '#'", &["n"], &[Argument::Count(1)]),
            "It isn't '1' {n} <b> #"
        );
    }

    #[test]
    fn an_error_tells_its_place_in_a_branch_that_is_not_shown_too() {
        assert_eq!(problem("a {whom}"), (3, Problem::UnknownArgument));
        assert_eq!(problem("{count, plural, one {x} other {{whom}}}"), (32, Problem::UnknownArgument));
        assert_eq!(problem("{count, plural, one {x}}"), (23, Problem::NoOther));
        assert_eq!(problem("{kind, select, x {x}}"), (20, Problem::NoOther));
        assert_eq!(problem("{count, plural, single {x} other {y}}"), (15, Problem::UnknownCategory));
        assert_eq!(problem("{who"), (4, Problem::Brace));
        assert_eq!(problem("a } b"), (2, Problem::Brace));
        assert_eq!(problem("{count, plural, other {x}"), (25, Problem::Brace));
        assert_eq!(problem("{count, amount, x}"), (7, Problem::UnknownType));
        assert_eq!(problem("{logins, list, both}"), (8, Problem::UnknownType));
        assert_eq!(problem("{who, plural, other {x}}"), (5, Problem::WrongArgument));
        assert_eq!(problem("{count, select, other {x}}"), (7, Problem::WrongArgument));
        assert_eq!(problem("{kind}"), (1, Problem::WrongArgument));
        assert_eq!(problem("<b>a"), (4, Problem::Tag));
        assert_eq!(problem("a</b>"), (1, Problem::Tag));
        assert_eq!(problem("<i>a</i>"), (0, Problem::Tag));
        assert_eq!(problem("{count, plural, other {<b>x}}</b>"), (27, Problem::Tag));
    }

    #[test]
    fn arguments_named_in_any_branch_count_as_named() {
        let arguments = [Argument::Count(1), Argument::Name("Ada"), Argument::Name("Bob")];
        let formatted =
            format("{n, plural, one {x} other {{who}}}", &["n", "who", "other"], &arguments).unwrap();
        assert_eq!(formatted.named, 0b011);
    }
}
