//! Faults that a user plans for their own next requests to the Management API, to see how a client handles them.
//!
//! They serve demos and browser tests, and exist only if the tenant enables them ([`Options::faults`]). A fault
//! affects only requests with a token of the user who planned it.
//!
//! [`Options::faults`]: crate::configuration::Options::faults

mod endpoints;
pub(crate) mod inject;
pub(crate) mod plans;

pub(crate) use endpoints::router;
