//! What both sides say on the wire: the page and the tenant share these types and nothing else.
//!
//! Only data and pure functions live here: no clock, no randomness, no I/O. The crate compiles for the
//! browser and for the server alike; continuous integration checks that nothing asynchronous reaches it.

pub mod contract;
pub mod error;
pub mod identity;
pub mod profile;
pub mod provider;
pub mod route;
pub mod scope;
pub mod settings;
pub mod user;

pub use error::{ManagementError, OAuthError};
pub use identity::{ConnectionName, Identity, IdentityId, IdentityKey};
pub use profile::Profile;
pub use provider::Provider;
pub use scope::{Scope, Scopes};
pub use settings::Settings;
pub use user::{Metadata, User, UserId};
