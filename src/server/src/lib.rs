//! The part of the server that is usable without its process: readers for the files that a tenant starts
//! with.

pub mod seed;
