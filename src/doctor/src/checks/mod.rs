//! The checks: pure functions from what was seen to findings.

pub(crate) mod access;
pub(crate) mod client;
pub(crate) mod connections;
pub(crate) mod files;
pub(crate) mod limits;
pub(crate) mod needs;
pub(crate) mod policy;
pub(crate) mod settings;
pub(crate) mod site;
pub(crate) mod tenant;
pub(crate) mod urls;
