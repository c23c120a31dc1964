//! The database: users, identities, and what sign-in needs. The only crate that contains SQL.
//!
//! The store has no rules of its own: it knows neither HTTP nor clocks, and decides nothing. It keeps two
//! promises: an identity exists once in a tenant, and a unit of work changes everything or nothing.
//!
//! # Where to start
//!
//! 1. [`Store`] opens a database by its address. [`Store::read`] returns a [`Reader`]; [`Store::write`] runs
//!    a closure as a unit of work, which gets a [`Unit`].
//! 2. [`UserRow`] is a user with its identities. Linking and unlinking move an identity from one user to
//!    another: [`Unit::link_user`], [`Unit::unlink_identity`]. [`Assignments`] are its roles and permissions.
//! 3. [`CredentialRow`] is a password. [`PendingLoginRow`], [`CodeRow`], [`SessionRow`], [`AccessTokenRow`],
//!    [`RefreshTokenRow`] and [`TicketRow`] belong to sign-in. Where a row stands for a secret, it has its
//!    [`Digest`].
//! 4. The tables are in `migrations/`.
//!
//! The statements are the same for both engines, SQLite and PostgreSQL, except that of unlinking, with the types TEXT and BIGINT. Times are milliseconds since the Unix epoch
//! and always come from the caller.
//!
//! # Example
//!
//! ```
//! use model::{Profile, UserId};
//! use store::{Error, Store, UserRow};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let folder = tempfile::tempdir()?;
//! let store = Store::open(&format!("sqlite:{}", folder.path().join("example.db").display())).await?;
//!
//! // One unit of work: both changes are on disk afterwards, or neither is.
//! let id = UserId::new("auth0|1");
//! let key = id.as_identity_key().ok_or("not a user id")?;
//! let identity = model::Identity {
//!     profile_data: None,
//!     connection: model::ConnectionName::new("Users"),
//!     user_id: key.user_id,
//!     provider: key.provider,
//!     is_social: false,
//! };
//! let profile = Profile::default().with("email", "ada@example.com");
//! let user = UserRow::new(id.clone(), profile, vec![identity], 1_767_225_600_000);
//! store
//!     .write::<_, Error, _>(move |unit| {
//!         Box::pin(async move {
//!             unit.insert_user(&user).await?;
//!             unit.record_sign_in(&user.user_id, "192.0.2.1", 1_767_225_601_000).await
//!         })
//!     })
//!     .await?;
//!
//! let found = store.read().await?.find_user(&id).await?.ok_or("not stored")?;
//! assert_eq!((found.profile.email(), found.logins_count), (Some("ada@example.com"), 1));
//! # store.close().await;
//! # Ok(())
//! # }
//! ```

mod access_tokens;
mod assignments;
mod backup;
mod bounds;
mod client_assertions;
mod client_secrets;
mod codes;
mod columns;
mod consents;
mod copy;
mod credentials;
mod damage;
mod database;
mod database_file;
mod digest;
mod engine;
mod error;
mod identities;
mod link_proofs;
mod migrations;
mod normal_form;
mod pending_logins;
pub mod private_file;
mod profile_text;
mod pushed_requests;
mod query;
mod refresh_tokens;
mod row;
mod row_migrations;
mod session_clients;
mod sessions;
mod shared_values;
mod signing_keys;
mod tenant_secrets;
mod tickets;
mod unit;
mod user_scan;
mod users;
mod value;
mod writer;

pub use access_tokens::AccessTokenRow;
pub use assignments::{AssignedPermission, Assignments};
pub use backup::{backup, restore};
pub use bounds::Bounds;
pub use codes::CodeRow;
pub use consents::{ConsentRow, ConsentsOf};
pub use copy::{Copied, CopyError, copy};
pub use credentials::CredentialRow;
pub use database::{Store, file_of};
pub use digest::Digest;
pub use engine::postgres::shown;
pub use error::{Cause, Error};
pub use identities::{Address, IdentityRow};
pub use normal_form::{fold_identifier, fold_text, is_same_text};
pub use pending_logins::PendingLoginRow;
pub use profile_text::ProfileText;
pub use pushed_requests::PushedRequestRow;
pub use refresh_tokens::{RefreshFamilyRow, RefreshTokenRow};
pub use session_clients::{EndedSession, SessionEnd};
pub use sessions::SessionRow;
pub use shared_values::SharedValue;
pub use signing_keys::SigningKeyRow;
pub use tickets::{LINKS, Purpose, TicketOptions, TicketRow};
pub use unit::{Reader, Unit};
pub use user_scan::{AccountColumns, CandidateField, Candidates, ScanColumns, ScannedUser};
pub use users::{Order, UserRow, UserTexts};
pub use writer::Work;
