//! A tenant under test: its own database, a clock that a test moves, and access to what is stored.

mod api;
mod browser;
mod client_keys;
mod configuration;
mod logout_receiver;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use model::UserId;
use serde_json::{Value, json};
use store::{SessionRow, SigningKeyRow, Store, UserRow};
use tenant::configuration::{Connection, Options, Parts};
use tenant::mail::{Mail, MailTransport};
use tenant::secret::Secret;
use tenant::seed::{SeedError, SeedUser, Seeded};
use tenant::{Clock, Configuration, Issuer, Moment, Tenant};
use test_database::TestDatabase;
use tokio::net::TcpListener;
use tokio::sync::{OnceCell, RwLock, RwLockWriteGuard};

pub(crate) use api::{PUBLIC, TestResponse};
pub(crate) use browser::{Browser, VERIFIER, authorize_path};
pub(crate) use client_keys::ClientKeyPair;
use configuration::configuration;
pub(crate) use configuration::{client, email, parts, unproven_user, user};
pub(crate) use logout_receiver::LogoutReceiver;

pub(crate) const ISSUER: &str = "http://localhost:3000/";
pub(crate) const AUDIENCE: &str = "http://localhost:3000/api/v2/";
/// A callback URL of the client "simple" whose origin is not a web origin, so that it cannot receive
/// messages.
pub(crate) const UNFRAMED: &str = "https://elsewhere.example.test/callback";
/// The audience of an API other than the Management API.
pub(crate) const API: &str = "https://things.example.test/";
pub(crate) const CALLBACK: &str = "http://localhost:3000/callback";
pub(crate) const PAGE: &str = "page";
pub(crate) const PASSWORD: &str = "correct horse";
pub(crate) const DATABASE: &str = "Username-Password-Authentication";
pub(crate) const SCOPE: &str = "openid profile email read:current_user update:current_user_identities";

/// The leeway of the client "patient" for rotated refresh tokens.
pub(crate) const LEEWAY: Duration = Duration::from_secs(10);

/// The time at which every test starts, in milliseconds since 1970: 2026-01-01T00:00:00.000Z.
pub(crate) const START: i64 = 1_767_225_600_000;

pub(crate) struct TestTenant {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    issuer: Issuer,
    configuration: Configuration,
    router: Router,
    tenant: Tenant,
    mails: Arc<Mails>,
    database: TestDatabase,
}

/// The sent mails, the oldest first.
#[derive(Default)]
pub(crate) struct Mails {
    sent: Mutex<Vec<Mail>>,
    /// Held by a test while no mail can be sent.
    is_held_up: RwLock<()>,
}

impl MailTransport for Mails {
    fn send(&self, mail: &Mail) -> std::io::Result<()> {
        let _turn = self.is_held_up.blocking_read();
        self.sent.lock().unwrap().push(mail.clone());
        Ok(())
    }
}

/// The signing keys. They take long to generate, so all tenants share those of the first one.
static KEYS: OnceCell<Vec<SigningKeyRow>> = OnceCell::const_new();

async fn generate_keys() -> Vec<SigningKeyRow> {
    let database = TestDatabase::in_file();
    let store = Store::open(database.address()).await.unwrap();
    let nothing = Configuration::new(Parts::default()).unwrap();
    let clock = Clock::settable(Moment::from_millis(START));
    open(&store, &Issuer::parse(ISSUER).unwrap(), &nothing, &clock, Arc::default()).await;
    store.read().await.unwrap().list_signing_keys().await.unwrap()
}

async fn open(
    store: &Store,
    issuer: &Issuer,
    configuration: &Configuration,
    clock: &Clock,
    mails: Arc<Mails>,
) -> Tenant {
    Tenant::open(store.clone(), issuer.clone(), configuration.clone(), clock.clone(), mails).await.unwrap()
}

impl TestTenant {
    /// Opens a tenant with these users, see [`user`].
    pub(crate) async fn with_users(users: &[&[&str]]) -> Self {
        Self::with_seeds(users.iter().map(|ids| user(ids)).collect()).await
    }

    pub(crate) async fn with_seeds(seeds: Vec<SeedUser>) -> Self {
        Self::with_options(seeds, Options { stand_ins: true, ..Options::default() }).await
    }

    pub(crate) async fn with_options(seeds: Vec<SeedUser>, options: Options) -> Self {
        Self::with_connections(seeds, options, Vec::new()).await
    }

    /// Opens a tenant with these connections in addition to the default ones.
    pub(crate) async fn with_connections(
        seeds: Vec<SeedUser>,
        options: Options,
        connections: Vec<Connection>,
    ) -> Self {
        let clock = Clock::settable(Moment::from_millis(START));
        Self::with_configuration(ISSUER, clock, configuration(options, connections), seeds).await
    }

    pub(crate) async fn with_configuration(
        issuer: &str,
        clock: Clock,
        configuration: Configuration,
        seeds: Vec<SeedUser>,
    ) -> Self {
        let issuer = Issuer::parse(issuer).unwrap();
        let database = TestDatabase::new();
        let store = Store::open(database.address()).await.unwrap();
        let keys = KEYS.get_or_init(generate_keys).await.clone();
        store
            .write::<_, store::Error, _>(move |unit| {
                Box::pin(async move {
                    for key in &keys {
                        unit.insert_signing_key(key).await?;
                    }
                    Ok(())
                })
            })
            .await
            .unwrap();
        let mails = Arc::<Mails>::default();
        let tenant = open(&store, &issuer, &configuration, &clock, mails.clone()).await;
        tenant.seed(seeds).await.unwrap();
        Self { store, clock, issuer, configuration, router: tenant.router(), tenant, mails, database }
    }

    /// Returns the router, for responses that are not text.
    pub(crate) fn router(&self) -> Router {
        self.router.clone()
    }

    /// Adds users, like a restart with a users file.
    pub(crate) async fn seed(&self, seeds: Vec<SeedUser>) {
        self.try_seed(seeds).await.unwrap();
    }

    /// Adds users like [`TestTenant::seed`], and returns the error for a test that expects one.
    pub(crate) async fn try_seed(&self, seeds: Vec<SeedUser>) -> Result<Seeded, SeedError> {
        let tenant =
            open(&self.store, &self.issuer, &self.configuration, &self.clock, self.mails.clone()).await;
        tenant.seed(seeds).await
    }

    /// Keeps mails from being sent until the guard is dropped.
    pub(crate) async fn hold_mails_up(&self) -> RwLockWriteGuard<'_, ()> {
        self.mails.is_held_up.write().await
    }

    /// Returns how many mails are sent and not taken.
    pub(crate) fn count_sent_mails(&self) -> usize {
        self.mails.sent.lock().unwrap().len()
    }

    /// Returns and removes the mails of all requests so far.
    pub(crate) async fn take_mails(&self) -> Vec<Mail> {
        self.tenant.drain_mails().await;
        std::mem::take(&mut self.mails.sent.lock().unwrap())
    }

    /// Removes all mails and returns the path of the link in the only one that has one.
    ///
    /// # Panics
    /// If there is not exactly one link.
    pub(crate) async fn take_link(&self) -> String {
        let links: Vec<String> = self.take_mails().await.into_iter().filter_map(|mail| mail.link).collect();
        let [link] = &links[..] else { panic!("not one mail with a link") };
        link.strip_prefix(ISSUER.trim_end_matches('/')).unwrap().to_owned()
    }

    /// Makes the next signing key the current one, and has the open tenant read the keys again.
    pub(crate) async fn rotate_keys(&self) {
        tenant::rotate_keys(&self.store, &self.clock).await.unwrap();
        self.tenant.reload_keys().await.unwrap();
    }

    /// Has the open tenant read its keys again.
    pub(crate) async fn reload_keys(&self) {
        self.tenant.reload_keys().await.unwrap();
    }

    /// Opens the tenant again, like a restart.
    pub(crate) async fn reopen(&mut self) {
        let (store, issuer, mails) = (&self.store, &self.issuer, self.mails.clone());
        self.tenant = open(store, issuer, &self.configuration, &self.clock, mails).await;
        self.router = self.tenant.router();
    }

    /// Opens the tenant again with another configuration, like a restart with another tenant file.
    pub(crate) async fn reopen_with(&mut self, configuration: Configuration) {
        self.configuration = configuration;
        self.reopen().await;
    }

    /// Serves the tenant on a socket too.
    pub(crate) fn listen(&self, listener: TcpListener) {
        tokio::spawn(axum::serve(listener, self.router.clone()).into_future());
    }

    /// Returns whether this text is anywhere in the database.
    pub(crate) fn stores(&self, text: &str) -> bool {
        self.database.contains(text)
    }

    /// Returns the stored user.
    pub(crate) async fn row(&self, id: &str) -> Option<UserRow> {
        self.store.read().await.unwrap().find_user(&UserId::new(id)).await.unwrap()
    }

    /// Returns the ids of a user's stored identities, the primary first.
    pub(crate) async fn identities(&self, id: &str) -> Vec<String> {
        let row = self.row(id).await.unwrap_or_else(|| panic!("no user {id}"));
        row.identities.iter().map(|identity| identity.key().as_user_id().to_string()).collect()
    }

    /// Returns the tenant's signing key and its id, for tokens that only the tenant could have issued.
    pub(crate) async fn key(&self) -> (String, EncodingKey) {
        let keys = self.store.read().await.unwrap().list_signing_keys().await.unwrap();
        let key = keys.first().unwrap();
        (key.kid.clone(), EncodingKey::from_rsa_pem(key.pem.as_bytes()).unwrap())
    }

    /// Signs claims with the tenant's key.
    pub(crate) async fn sign(&self, claims: &Value) -> String {
        let (kid, key) = self.key().await;
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some(kid);
        jsonwebtoken::encode(&header, claims, &key).unwrap()
    }

    /// Returns the claims of a valid access token for `sub` that expires in an hour.
    pub(crate) fn claims(&self, sub: &str, scope: &str) -> Value {
        let now = self.clock.now().seconds();
        json!({ "iss": ISSUER, "sub": sub, "aud": AUDIENCE, "azp": PAGE, "iat": now, "exp": now + 3600,
            "scope": scope })
    }

    /// Returns a user-bound access token like that of the page.
    pub(crate) async fn user_token(&self, sub: &str) -> String {
        self.sign(&self.claims(sub, "openid read:current_user update:current_user_identities")).await
    }

    /// Returns an access token of a machine.
    pub(crate) async fn machine_token(&self, scope: &str) -> String {
        let mut claims = self.claims("machine@clients", scope);
        claims["azp"] = json!("machine");
        claims["gty"] = json!("client-credentials");
        self.sign(&claims).await
    }

    /// Returns an ID token of `sub` for `client_id`, of a new session of the identity that `sub` names, if it exists.
    pub(crate) async fn id_token(&self, sub: &str, client_id: &str) -> String {
        let now = self.clock.now();
        let sid = Secret::random().expose().to_owned();
        if let Some(key) = UserId::new(sub).as_identity_key() {
            let session = SessionRow {
                digest: Secret::random().digest(),
                sid: sid.clone(),
                key,
                authenticated_at: now.millis(),
                used_at: now.millis(),
                expires_at: now.after(Duration::from_hours(1)).millis(),
                replaced: false,
            };
            let insert = self.store.write::<_, store::Error, _>(move |unit| {
                Box::pin(async move { unit.insert_session(&session).await })
            });
            // An identity that does not exist has no session.
            let _ = insert.await;
        }
        let now = now.seconds();
        let claims =
            json!({ "iss": ISSUER, "sub": sub, "aud": client_id, "iat": now, "exp": now + 3600, "sid": sid });
        self.sign(&claims).await
    }

    /// Returns whether a refresh token is stored.
    pub(crate) async fn has_refresh_token(&self, token: &str) -> bool {
        let digest = Secret::new(token).digest();
        self.store.read().await.unwrap().find_refresh_token(&digest).await.unwrap().is_some()
    }

    /// Blocks or unblocks a user.
    pub(crate) async fn block(&self, id: &str, blocked: bool) {
        let row = UserRow { blocked: Some(blocked), ..self.row(id).await.unwrap() };
        let update = self.store.write::<_, store::Error, _>(move |unit| {
            Box::pin(async move { unit.update_account(&row).await })
        });
        assert!(update.await.unwrap());
    }

    /// Exchanges a code and returns the id of the account that it signs in to.
    pub(crate) async fn account_of(&self, code: &str) -> String {
        let tokens = self.exchange_code(code, &[]).await.json();
        claims_in(tokens["id_token"].as_str().unwrap())["sub"].as_str().unwrap().to_owned()
    }
}

/// Returns the claims of a token without verifying it.
pub(crate) fn claims_in(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}
