//! Every sentence that a person reads, as pure functions. "Login" is the word for an identity here.
//!
//! A sentence is one message with named arguments (see [`message_format`]), so that another language can order it in its
//! own way. English is the only language so far; [`locale`] is where another one is added.

pub mod deleting;
pub mod demo;
pub mod details;
pub mod failure;
pub mod key_words;
pub mod label;
pub mod linking;
pub mod list;
pub mod list_as_text;
pub mod locale;
pub mod message_format;
mod messages;
pub mod name;
pub mod naming;
pub mod page;
pub mod times;
pub mod unlink_blocked;
pub mod unlinking;
pub mod values;
pub mod ways_in;

pub use failure::{Failure, Remedy, request_failure, settings_failure, sign_in_failure, still_signed_in};
pub use label::{Label, connection_name, label_of, labels, picture, provider_name};
pub use linking::{Change, change};
pub use list::*;
pub use message_format::Part;
pub use model::initials;
pub use name::{name, plain};
pub use page::*;
pub use unlinking::{Fact, PresentSignIn, Question, question};
pub use ways_in::{safety_of, ways_in};

#[cfg(test)]
mod tests;
