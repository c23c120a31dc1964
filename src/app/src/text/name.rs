//! Names inside sentences: of providers, people, accounts and hosts.
//!
//! A sentence holds each name between the two characters by which Unicode isolates text, and the page renders what is between
//! them as an element of its own (`components/words.rs`): its direction changes nothing around it, and a browser that
//! translates the page leaves it as it is. The title of a window keeps the characters.

pub use model::bidi::{isolate as name, isolated_parts as parts};

/// Returns `sentence` without these characters, for the attributes that name an element (`aria-label`). They are spoken in the
/// order of the text, where a direction changes nothing; and who says "click Unlink Google" has to be understood, which
/// compares the name with the words (WCAG 2.5.3).
#[must_use]
pub fn plain(sentence: &str) -> String {
    model::bidi::without_isolates(sentence)
}
