//! The store's guarantees, tested on a database file.

#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

mod linking;
mod rows;
mod sign_in;
mod tickets;
mod units;
mod users;
