//! Database connections: people sign in with a password that this tenant stores (contract
//! [A8](model::contract#a8), [C4](model::contract#c4)).
//!
//! [`accounts`] has the rules for identifiers and passwords, [`sign_up`] creates accounts on request of a person,
//! [`ticket_mails`] sends links, and `endpoints` is the HTTP interface to them.

pub(crate) mod accounts;
mod endpoints;
pub(crate) mod sign_up;
pub(crate) mod ticket_mails;

pub(crate) use endpoints::router;
