//! Declarations of messages: each once, with its name, its arguments and its English pattern.

use super::message_format::{self, Argument, Part};

/// Declares the messages of a module. Each is a function.
///
/// ```text
/// messages! { list:
///     /// Heading of the list.
///     heading() = "Linked logins";
///     /// How many logins are chosen.
///     chosen(count: usize) = "{count, plural, one {# login chosen} other {# logins chosen}}";
///     /// What remains, in parts.
///     remains(logins: &[String]) = parts "You can still sign in with <b>{logins, list, conjunction}</b>.";
/// }
/// ```
///
/// Without arguments it returns a `&'static str`, which is the pattern; with arguments a `String`, formatted as
/// [`message_format`] describes; after `parts` the parts of the sentence, some of them emphasized. A `&str` is a name or an
/// address and is isolated, an `Option` may be missing, a [`Message`](message_format::Message) is a message inside another
/// one.
///
/// The key of a message, which other languages have their patterns by, is the name before the colon, a point, and the name
/// of the function. Tests read every pattern of every language.
macro_rules! messages {
    ($section:ident: $($(#[$doc:meta])* $name:ident($($argument:ident: $of:ty),*) = $($parts:ident)? $pattern:literal;)*) => {
        $($crate::text::messages::message! {
            [$(#[$doc])*] $section $name ($($argument: $of),*) $($parts)? $pattern
        })*

        /// The declarations, for tests.
        #[cfg(test)]
        pub(in crate::text) fn declared() -> Vec<$crate::text::messages::Declared> {
            vec![$($crate::text::messages::Declared {
                key: concat!(stringify!($section), ".", stringify!($name)),
                pattern: $pattern,
                arguments: &[$((stringify!($argument), stringify!($of))),*],
            }),*]
        }
    };
}

/// The function of one message.
macro_rules! message {
    ([$($doc:tt)*] $section:ident $name:ident () $pattern:literal) => {
        $($doc)*
        #[must_use]
        pub fn $name() -> &'static str {
            $crate::text::locale::pattern(concat!(stringify!($section), ".", stringify!($name))).unwrap_or($pattern)
        }
    };
    ([$($doc:tt)*] $section:ident $name:ident ($($argument:ident: $of:ty),*) parts $pattern:literal) => {
        $($doc)*
        #[must_use]
        pub fn $name($($argument: $of),*) -> Vec<$crate::text::message_format::Part> {
            $crate::text::messages::parts(
                $crate::text::locale::pattern(concat!(stringify!($section), ".", stringify!($name)))
                    .unwrap_or($pattern),
                &[$(stringify!($argument)),*],
                &[$($argument.into()),*],
            )
        }
    };
    ([$($doc:tt)*] $section:ident $name:ident ($($argument:ident: $of:ty),*) $pattern:literal) => {
        $($doc)*
        #[must_use]
        pub fn $name($($argument: $of),*) -> String {
            $crate::text::messages::text(
                $crate::text::locale::pattern(concat!(stringify!($section), ".", stringify!($name)))
                    .unwrap_or($pattern),
                &[$(stringify!($argument)),*],
                &[$($argument.into()),*],
            )
        }
    };
}

pub(in crate::text) use {message, messages};

/// The parts of a message. Tests read every pattern, so that none is wrong here; one that were would be shown as it is.
pub(in crate::text) fn parts(pattern: &'static str, names: &[&str], arguments: &[Argument<'_>]) -> Vec<Part> {
    match message_format::format(pattern, names, arguments) {
        Ok(formatted) => formatted.parts,
        Err(_) => vec![Part { text: pattern.to_owned(), strong: false }],
    }
}

/// A message as text.
pub(in crate::text) fn text(pattern: &'static str, names: &[&str], arguments: &[Argument<'_>]) -> String {
    parts(pattern, names, arguments).into_iter().map(|part| part.text).collect()
}

/// The declaration of a message.
#[cfg(test)]
pub(in crate::text) struct Declared {
    /// Its key.
    pub(in crate::text) key: &'static str,
    /// Its English pattern.
    pub(in crate::text) pattern: &'static str,
    /// The names of its arguments, each with its type.
    pub(in crate::text) arguments: &'static [(&'static str, &'static str)],
}
