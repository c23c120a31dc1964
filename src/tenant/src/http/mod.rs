//! The HTTP building blocks of all endpoints: bearer tokens, bodies, cookies, CORS, errors, rate limits.

pub(crate) mod bearer;
pub(crate) mod body;
pub(crate) mod cookie;
pub(crate) mod cors;
pub(crate) mod error;
pub(crate) mod fetch_metadata;
pub(crate) mod not_found;
pub(crate) mod peer;
pub(crate) mod quota;
pub(crate) mod rate_limit;
pub(crate) mod required_scopes;
pub(crate) mod response;
pub(crate) mod token_buckets;
