//! Reads what a tenant starts with: a tenant file and a users file, or the demo that is built into the
//! program.
//!
//! Every error names the file, the place in it and the reason. A value that was found in the wrong place is
//! never repeated: it may be a secret.

pub mod demo;
mod error;
pub mod keywords;
pub mod notices;
pub mod tenant_file;
pub mod users_file;

pub use error::InvalidSeedFile;
pub use tenant::suggestion;
