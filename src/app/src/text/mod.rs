//! Every sentence that a person reads, as pure functions. "Login" is the word for an identity here.

pub mod demo;
pub mod failure;
pub mod linking;
pub mod list;
pub mod name;
pub mod unlinking;

pub use failure::{Failure, Remedy, request_failure, settings_failure, sign_in_failure};
pub use linking::{CLOSE_WINDOW, Change, HANDED_OVER, change};
pub use list::*;
pub use name::{name, plain};
pub use unlinking::{Fact, Part, Question, question};
