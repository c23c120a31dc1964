//! An Auth0-compatible tenant as a library: a store, a configuration, a clock and a mail transport go in, an axum
//! router comes out.
//!
//! The tenant implements HTTP and the rules. It has no access to SQL, files or the environment. The documentation of
//! each endpoint links the section of the [contract](model::contract) that it implements.
//!
//! Where to start reading:
//!
//! 1. [`Configuration`] and [`Tenant`]: what a tenant consists of.
//! 2. `oauth::request` and `oauth::authorize`: an authorization request and its response.
//! 3. `login`: the hosted pages where people sign in, up to `login::complete`.
//! 4. `oauth::token` and `token`: codes and refresh tokens become access tokens and ID tokens.
//! 5. `http::bearer`: an access token becomes a caller, and a caller gets permissions.
//! 6. `management`: the Management API, one table of endpoints (`management::endpoints`).
//!
//! The order of all modules, lowest layer first, is in `src/README.md`.
//!
//! # Example
//!
//! ```
//! use std::sync::Arc;
//!
//! use store::Store;
//! use tenant::configuration::{Connection, Parts};
//! use tenant::mail::{Mail, MailTransport};
//! use tenant::{Clock, Configuration, Issuer, Tenant};
//!
//! struct NoMail;
//!
//! impl MailTransport for NoMail {
//!     fn send(&self, _: &Mail) -> std::io::Result<()> {
//!         Ok(())
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let address = format!("sqlite:{}", folder.path().join("tenant.db").display());
//! let connections = vec![Connection::new("Username-Password-Authentication", "auth0")];
//! let configuration = Configuration::new(Parts { connections, ..Parts::default() })?;
//! let issuer = Issuer::parse("http://localhost:3000/")?;
//! let store = Store::open(&address).await?;
//! let tenant = Tenant::open(store, issuer, configuration, Clock::system(), Arc::new(NoMail)).await?;
//! assert!(!tenant.has_users().await?);
//! let router: axum::Router = tenant.router();
//! # Ok(())
//! # }
//! ```

mod client_secrets;
pub mod clock;
pub mod configuration;
mod counters;
mod database;
mod faults;
mod http;
pub mod issuer;
mod jobs;
mod keys;
mod login;
pub mod mail;
mod mail_queue;
mod management;
mod notice_mails;
mod oauth;
mod oidc;
mod origin;
pub mod password_hash;
mod password_policy;
pub mod secret;
pub mod seed;
mod session;
mod shared_map;
mod state;
pub mod suggestion;
mod token;
mod token_verifier;
pub mod users_file;
mod view;

use std::sync::Arc;

use axum::Router;
use tower::util::MapResponseLayer;

pub use client_secrets::NewClientSecret;
pub use clock::{Clock, Moment};
pub use configuration::Configuration;
pub use issuer::{InvalidIssuer, Issuer};
pub use state::{OpenError, Tenant, rotate_keys};

use crate::seed::{SeedError, SeedUser, Seeded};
use crate::users_file::CheckedUsers;

impl Tenant {
    /// Returns a router with every endpoint of the tenant.
    ///
    /// Serve it with connection info (`ConnectInfo<SocketAddr>`), so that sign-ins are recorded with their IP
    /// address.
    pub fn router(&self) -> Router {
        let has_faults = self.0.configuration.options().faults;
        let faults = if has_faults { faults::router(self) } else { Router::new() };
        let router = Router::new()
            .merge(oidc::router(self))
            .merge(oauth::router(self))
            .merge(login::router(self))
            .merge(database::router(self))
            .merge(management::router(self))
            .merge(faults);
        oidc::backchannel_logout::deliver_after(self, router)
            .layer(MapResponseLayer::new(http::response::no_store_by_default))
            .with_state(self.clone())
    }

    /// Waits until the transport has every mail of the requests that are answered. Mails are sent after the answers, so that a
    /// program that ends calls this first.
    pub async fn drain_mails(&self) {
        self.0.mails.drain().await;
    }

    /// Adds the users that do not exist yet, all in one unit of work.
    ///
    /// A user whose primary identity exists, as a user or linked to another one, is left unchanged: seeding never
    /// overwrites.
    ///
    /// # Errors
    /// [`SeedError`]; then no user was added.
    pub async fn seed(&self, users: Vec<SeedUser>) -> Result<Seeded, SeedError> {
        seed::add_missing(self, Arc::from(users), |_| {}).await
    }

    /// Adds the users of a file as [`Tenant::seed`] does, and calls `progress` with the number of those that it has looked at.
    ///
    /// # Errors
    /// [`SeedError`]; then no user was added.
    pub async fn seed_file(
        &self,
        users: CheckedUsers,
        progress: impl Fn(usize) + Clone + Send + Sync + 'static,
    ) -> Result<Seeded, SeedError> {
        seed::add_missing(self, users, progress).await
    }
}
