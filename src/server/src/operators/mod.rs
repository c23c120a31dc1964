//! The operators' commands, which call the Management API of any tenant with the token of a machine.
//!
//! They print to standard output; notices and progress go to standard error. The exit code is 0 when all was done, 3 when
//! some was, 1 when nothing was, and 2 for invalid options and files.

pub(crate) mod connect;
pub(crate) mod identities;
pub(crate) mod linking;
pub(crate) mod listing;
pub(crate) mod options;
mod output;
pub(crate) mod progress;
pub(crate) mod unlinking;

pub(crate) use connect::InvalidInput;
