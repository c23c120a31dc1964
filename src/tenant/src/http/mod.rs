//! What handlers share of HTTP: who calls, what the body holds, how errors look, who may read from where.

pub(crate) mod bearer;
pub(crate) mod body;
pub(crate) mod cookie;
pub(crate) mod cors;
pub(crate) mod error;
pub(crate) mod rate_limit;
