//! The store's guarantees, tested on the engine that the run is for.

#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

mod assignments;
mod copying;
mod files;
mod linking;
mod rows;
mod sign_in;
mod tickets;
mod tls;
mod units;
mod users;
