//! Rows. The only room that knows SQL; it knows nothing of HTTP, clocks or rules.
//!
//! [`Store`] opens a database by its address and hands out two things: a [`Reader`] for questions, and units
//! of work ([`Store::write`]) for changes. One statement text serves every database. Times are milliseconds
//! since the Unix epoch, always given by the caller.

mod access_tokens;
mod codes;
mod credentials;
mod digest;
mod error;
mod identities;
mod pending_logins;
mod refresh_tokens;
mod sessions;
mod signing_keys;
mod tickets;
mod unit;
mod users;

pub use access_tokens::AccessTokenRow;
pub use codes::CodeRow;
pub use credentials::CredentialRow;
pub use digest::Digest;
pub use error::Error;
pub use identities::{Address, IdentityRow};
pub use pending_logins::PendingLoginRow;
pub use refresh_tokens::{RefreshFamilyRow, RefreshTokenRow};
pub use sessions::SessionRow;
pub use signing_keys::SigningKeyRow;
pub use tickets::{Purpose, TicketRow};
pub use unit::{Reader, Store, Unit, Work};
pub use users::{CandidateField, Candidates, Order, UserRow};
