//! The part of the server that others can use without its process: the files that a tenant starts from.

pub mod seed;
