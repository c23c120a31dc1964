//! The language of the page: all that depends on it, in one place.
//!
//! A further language is one file with its patterns, and one [`Locale`] here. Plurals, lists, numbers and dates come from
//! the browser (`Intl`); tests on the host, which has no browser, use a stand-in for the languages that they speak.

#[cfg(target_arch = "wasm32")]
mod intl;
#[cfg(not(target_arch = "wasm32"))]
mod stand_in;

#[cfg(target_arch = "wasm32")]
use intl as formats;
#[cfg(not(target_arch = "wasm32"))]
use stand_in as formats;

/// A language, and where it is spoken.
#[derive(Debug)]
pub struct Locale {
    /// Its tag (BCP 47), for `Intl` and for the `lang` of the document.
    pub tag: &'static str,
    /// Whether it is written from right to left.
    pub is_right_to_left: bool,
    /// The patterns of its messages, each after its key. English has none: its patterns are with the declarations.
    pub patterns: &'static [(&'static str, &'static str)],
}

/// The locale of the page. "en-GB" writes "a, b and c", as the English patterns do.
pub static ENGLISH: Locale = Locale { tag: "en-GB", is_right_to_left: false, patterns: &[] };

/// How a list joins its elements; the name is that of the type in `Intl.ListFormat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListType {
    /// All of them: "a, b and c".
    Conjunction,
    /// One of them: "a, b or c".
    Disjunction,
}

impl ListType {
    /// Reads the name of a type.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "conjunction" => Some(Self::Conjunction),
            "disjunction" => Some(Self::Disjunction),
            _ => None,
        }
    }

    /// Returns the name of the type.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Conjunction => "conjunction",
            Self::Disjunction => "disjunction",
        }
    }
}

/// Returns the locale of the page.
#[cfg(not(test))]
#[must_use]
pub fn current() -> &'static Locale {
    &ENGLISH
}

#[cfg(test)]
pub use chosen_by_tests::{current, with_locale};

/// Returns the pattern that the locale of the page has for the message `key`, if any.
#[must_use]
pub fn pattern(key: &str) -> Option<&'static str> {
    let patterns = current().patterns;
    patterns.iter().find(|(of, _)| *of == key).map(|(_, pattern)| *pattern)
}

/// Returns the plural category of `count`: "one", "few", "other" …
#[must_use]
pub fn plural_category(count: usize) -> String {
    formats::plural_category(current().tag, count)
}

/// Joins `elements`. Returns the parts of the list in order, each with whether it is an element.
#[must_use]
pub fn list(elements: &[String], list_type: ListType) -> Vec<(bool, String)> {
    formats::list(current().tag, elements, list_type)
}

/// Formats a number.
#[must_use]
pub fn number(number: usize) -> String {
    formats::number(current().tag, number)
}

/// Formats a time, in seconds since 1970, as date and time in the time zone of this device.
#[must_use]
pub fn date_and_time(seconds: i64) -> String {
    formats::date_and_time(current().tag, seconds)
}

/// Formats a date and a time of day that name no time zone, in seconds since 1970 as if they were of UTC.
#[must_use]
pub fn local_date_and_time(seconds: i64) -> String {
    formats::local_date_and_time(current().tag, seconds)
}

/// Formats a date that names no time zone, in seconds since 1970 as if it were of UTC.
#[must_use]
pub fn date(seconds: i64) -> String {
    formats::date(current().tag, seconds)
}

#[cfg(test)]
mod chosen_by_tests {
    use std::cell::Cell;

    use super::{ENGLISH, Locale};

    thread_local! {
        static CURRENT: Cell<&'static Locale> = const { Cell::new(&ENGLISH) };
    }

    /// Returns the locale of the test.
    #[must_use]
    pub fn current() -> &'static Locale {
        CURRENT.get()
    }

    /// Calls `test` in another locale.
    pub fn with_locale<T>(locale: &'static Locale, test: impl FnOnce() -> T) -> T {
        let before = CURRENT.replace(locale);
        let result = test();
        CURRENT.set(before);
        result
    }
}
