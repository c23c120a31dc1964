//! An Auth0-compatible tenant as a library: a store, a configuration, a clock and a transport of mails go in, a router
//! comes out.
//!
//! The tenant knows HTTP and the rules; it sees neither SQL nor files nor the environment. What each endpoint
//! does follows the contract that its documentation names by section.

pub mod clock;
pub mod configuration;
mod database;
mod faults;
mod http;
pub mod issuer;
mod keys;
mod login;
pub mod mail;
mod management;
mod oauth;
mod oidc;
mod password;
pub mod secret;
pub mod seed;
mod session;
mod token;
mod view;

use std::sync::Arc;

use axum::Router;
use store::Store;

pub use clock::{Clock, Moment};
pub use configuration::Configuration;
pub use issuer::{InvalidIssuer, Issuer};

use crate::faults::FaultPlans;
use crate::http::rate_limit::TokenBucket;
use crate::keys::SigningKeys;
use crate::login::login_throttle::LoginThrottle;
use crate::login::pages::Assets;
use crate::login::stand_in_sessions::StandInSessions;
use crate::login::upstream::provider::Providers;
use crate::mail::MailTransport;
use crate::oauth::token::MACHINE_TOKEN_LIFETIME;
use crate::token::ID_TOKEN_LIFETIME;

/// A tenant. Clones share it.
#[derive(Clone)]
pub struct Tenant(Arc<Inner>);

/// What every handler can reach.
struct Inner {
    store: Store,
    issuer: Issuer,
    configuration: Configuration,
    clock: Clock,
    keys: SigningKeys,
    mail: Arc<dyn MailTransport>,
    assets: Assets,
    login_throttle: LoginThrottle,
    stand_in_sessions: StandInSessions,
    bucket: Option<TokenBucket>,
    faults: FaultPlans,
    providers: Providers,
}

/// Why a tenant did not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] store::Error),
    /// A signing key could not be made or read.
    #[error("a signing key could not be made or read")]
    Key,
    /// The way to other providers cannot be secured.
    #[error("the way to other providers cannot be secured")]
    Authorities,
}

/// Replaces the key that signs tokens by the next one, which clients know already, and makes a new next one.
/// Gives the id of the key that signs from now on. Tokens by the former key hold until they expire. A tenant that
/// is open does not notice: it goes on with the keys that it knows, which stay good, until it is opened again.
///
/// # Errors
/// [`OpenError`].
pub async fn rotate_keys(store: &Store, clock: &Clock) -> Result<String, OpenError> {
    keys::rotate(store, clock.now()).await
}

impl Tenant {
    /// Opens a tenant over a store. On the first start it makes its signing keys, which takes a moment.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open(
        store: Store,
        issuer: Issuer,
        configuration: Configuration,
        clock: Clock,
        mail: Arc<dyn MailTransport>,
    ) -> Result<Self, OpenError> {
        let options = configuration.options();
        let longest =
            [options.access_token_lifetime, MACHINE_TOKEN_LIFETIME, ID_TOKEN_LIFETIME].into_iter().max();
        let keys = SigningKeys::open(&store, clock.now(), longest.unwrap_or_default()).await?;
        let assets = login::assets();
        let (login_throttle, stand_in_sessions) = (LoginThrottle::default(), StandInSessions::default());
        let bucket = configuration.options().rate_limit.map(|limit| TokenBucket::new(limit, clock.now()));
        let faults = FaultPlans::default();
        let providers = Providers::new(&configuration)?;
        Ok(Self(Arc::new(Inner {
            store,
            issuer,
            configuration,
            clock,
            keys,
            mail,
            assets,
            login_throttle,
            stand_in_sessions,
            bucket,
            faults,
            providers,
        })))
    }

    /// Whether the tenant has any user.
    ///
    /// # Errors
    /// The store's.
    pub async fn has_users(&self) -> Result<bool, store::Error> {
        self.0.store.read().await?.has_users().await
    }

    /// Every endpoint of the tenant. Serve it with connection info (`ConnectInfo<SocketAddr>`), so that
    /// sign-ins are recorded with their address.
    pub fn router(&self) -> Router {
        let faults = self.0.configuration.options().faults.then(faults::router).unwrap_or_default();
        Router::new()
            .merge(oidc::router())
            .merge(oauth::router())
            .merge(login::router())
            .merge(database::router())
            .merge(management::router())
            .merge(faults)
            .with_state(self.clone())
    }

    fn client(&self, client_id: &str) -> Option<&configuration::Client> {
        self.0.configuration.client(client_id)
    }

    fn now(&self) -> Moment {
        self.0.clock.now()
    }

    /// What the hosted pages call the tenant.
    fn name(&self) -> &str {
        &self.0.configuration.options().friendly_name
    }
}
