//! The hosted pages as HTML: pure functions from view structs to markup.
//!
//! Every page works without scripts and with a content security policy that allows neither inline styles nor inline
//! scripts. The pages in [`scripted`] are the exceptions. The policy must allow styles and images of the page's own
//! origin.

pub(crate) mod account;
pub(crate) mod assets;
pub(crate) mod consent;
pub(crate) mod layout;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod new_link;
pub(crate) mod problem;
pub(crate) mod purpose;
pub(crate) mod scripted;
pub(crate) mod signed_up;
pub(crate) mod stand_in;
#[cfg(test)]
mod tests;
pub(crate) mod ticket;
