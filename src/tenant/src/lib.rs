//! An Auth0-compatible tenant as a library: a store, a configuration and a clock go in, a router comes out.

pub mod clock;
pub mod configuration;
mod login;
pub mod secret;
pub mod seed;

pub use clock::{Clock, Moment};
pub use configuration::Configuration;
