//! The types that page and tenant share: what they send each other over HTTP.
//!
//! This crate contains data and pure functions only: no clock, no randomness, no I/O. It compiles for the
//! browser and for the server, and `cargo xtask test` checks that no asynchronous code reaches it.
//!
//! # Where to start
//!
//! 1. [`contract`] is the specification: how Auth0 behaves, fact by fact, with sources. Documentation
//!    comments of all crates link its sections.
//! 2. [`User`] and [`Identity`] are the records of the Management API, [`UserId`] and [`IdentityKey`] their
//!    identifiers, [`Profile`] their open set of attributes. [`Provider`] lists the known identity providers.
//! 3. [`mod@route`] has the path of every endpoint and builds the paths that contain ids.
//! 4. [`Scope`] and [`Scopes`] describe what a token permits; [`ManagementError`] and [`OAuthError`] are the
//!    error bodies of the two APIs.
//! 5. [`Settings`] is the content of the page's `/config.json`.
//!
//! # Example
//!
//! ```
//! use model::{User, UserId, route};
//!
//! let user: User = serde_json::from_str(
//!     r#"{
//!         "user_id": "auth0|1",
//!         "email": "ada@example.com",
//!         "identities": [
//!             {"provider": "auth0", "connection": "Users", "user_id": "1"},
//!             {"provider": "github", "connection": "github", "user_id": 42, "isSocial": true}
//!         ]
//!     }"#,
//! )?;
//! assert_eq!(user.profile.email(), Some("ada@example.com"));
//!
//! // The path of the request that unlinks the GitHub identity.
//! let github = user.identities[1].key();
//! assert_eq!(github.as_user_id(), UserId::new("github|42"));
//! assert_eq!(
//!     route::identity(&user.user_id, &github),
//!     "/api/v2/users/auth0%7C1/identities/github/42"
//! );
//! # Ok::<(), serde_json::Error>(())
//! ```

pub mod bidi;
pub mod connected_apps;
pub mod connection_label;
pub mod contract;
pub mod error;
pub mod id;
pub mod identity;
pub mod initials;
pub mod line_break;
pub mod login_names;
pub mod profile;
pub mod provider;
pub mod purpose;
pub mod route;
pub mod scope;
pub mod settings;
pub mod silent_sign_in;
pub mod unlink_policy;
pub mod user;

pub use connected_apps::connected_apps;
pub use connection_label::ConnectionLabel;
pub use error::{ManagementError, OAuthError};
pub use id::{ConnectionName, IdentityId, IdentityKey, NewIdentityId, UserId};
pub use identity::Identity;
pub use initials::initials;
pub use login_names::LoginName;
pub use profile::Profile;
pub use provider::Provider;
pub use scope::{Scope, Scopes};
pub use settings::Settings;
pub use unlink_policy::{UnlinkBlocked, UnlinkPolicy};
pub use user::{Metadata, User};
