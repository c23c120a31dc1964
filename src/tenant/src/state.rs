//! The state that all handlers share: [`Tenant`].

use std::sync::{Arc, Mutex, Once, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use axum::body::Bytes;
use store::{Store, Unit, UserRow};

use crate::client_secrets::{ClientSecrets, NewClientSecret};
use crate::clock::{Clock, Moment};
use crate::configuration::{Client, Configuration};
use crate::faults::plans::FaultPlans;
use crate::http::body::BodyMemory;
use crate::http::quota::{Quota, Quotas};
use crate::http::token_buckets::TokenBuckets;
use crate::issuer::Issuer;
use crate::jobs::Jobs;
use crate::keys::{self, KeyError, SigningKeys};
use crate::login::login_throttle::LoginThrottle;
use crate::login::pages::assets::Assets;
use crate::login::stand_in_sessions::StandInSessions;
use crate::login::upstream::provider::{Providers, TlsError};
use crate::mail::MailTransport;
use crate::mail_queue::MailQueue;
use crate::password_hash::{AttemptWork, own_prefix};
use crate::secret::Secret;
use crate::token::{self, AccessClaims, InvalidToken, MACHINE_TOKEN_LIFETIME};
use crate::token_verifier::TokenVerifier;

/// The mails that anybody may ask for to one address. One more comes after the time for which a link is good, so that whoever
/// has the address always has a good link, also when strangers ask for all the others.
const MAILS_TO: Quota = Quota { burst: 5, interval: Duration::from_hours(1) };

/// The mails that may be asked for from one network, which many people may share.
const MAILS_FROM: Quota = Quota { burst: 50, interval: Duration::from_mins(15) };

/// The mails about changes that one address gets for one account: at once more than a person makes in a sitting.
const NOTICES_TO: Quota = Quota { burst: 20, interval: Duration::from_mins(10) };

/// The shortest time between two looks for keys that tokens name.
const BETWEEN_LOOKS_FOR_KEYS: Duration = Duration::from_secs(5);

/// A tenant: a handle that clones share.
#[derive(Clone)]
pub struct Tenant(pub(crate) Arc<Inner>);

/// The shared state behind [`Tenant`].
pub(crate) struct Inner {
    pub(crate) store: Store,
    pub(crate) issuer: Issuer,
    pub(crate) configuration: Configuration,
    pub(crate) clock: Clock,
    verifier: RwLock<Arc<TokenVerifier>>,
    /// The time of the last look for a key that a token named.
    looked_for_keys: Mutex<Option<Moment>>,
    pub(crate) mails: MailQueue,
    pub(crate) client_secrets: ClientSecrets,
    new_client_secrets: Vec<NewClientSecret>,
    pub(crate) assets: Assets,
    pub(crate) body_memory: BodyMemory,
    pub(crate) login_throttle: LoginThrottle,
    /// What every attempt at a password costs.
    pub(crate) attempt_work: AttemptWork,
    /// The mails that may be asked for, for each recipient.
    pub(crate) mails_to: Quotas,
    /// The mails that may be asked for, from each network.
    pub(crate) mails_from: Quotas,
    /// The mails about changes, for each account and recipient.
    pub(crate) notices_to: Quotas,
    /// The key of the cookie that makes a browser known.
    pub(crate) browser_key: Secret,
    pub(crate) stand_in_sessions: StandInSessions,
    /// The rate limits of the Management API; `None` for no limit.
    pub(crate) buckets: Option<TokenBuckets>,
    pub(crate) faults: FaultPlans,
    pub(crate) jobs: Jobs,
    pub(crate) providers: Providers,
    /// The OpenAPI document, once it was asked for.
    pub(crate) openapi: OnceLock<Bytes>,
    /// Done once the log has the advice about access tokens in addresses.
    pub(crate) query_token_advice: Once,
}

/// The reason why a tenant cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] store::Error),
    /// A signing key cannot be generated or read.
    #[error("a signing key could not be made or read")]
    Key,
    /// The TLS client for requests to identity providers cannot be set up.
    #[error("the way to other providers cannot be secured")]
    Authorities,
}

impl From<KeyError> for OpenError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Store(error) => Self::Store(error),
            KeyError::Key => Self::Key,
        }
    }
}

impl From<TlsError> for OpenError {
    fn from(TlsError: TlsError) -> Self {
        Self::Authorities
    }
}

impl Tenant {
    /// Opens a tenant with a store. The first start generates the signing keys, which takes a moment.
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
        let keys = SigningKeys::open(&store, clock.now(), longest_token_lifetime(&configuration)).await?;
        let (client_secrets, new_client_secrets) =
            ClientSecrets::open(&store, &configuration, clock.now()).await?;
        let browser_key = open_browser_key(&store).await?;
        let attempt_work = find_attempt_work(&store).await?;
        let providers = Providers::new(&configuration)?;
        let buckets = configuration.options().rate_limit.map(|limit| TokenBuckets::new(&store, limit));
        let login_throttle = LoginThrottle::new(&store);
        let mails_to = Quotas::new(&store, "mails to", MAILS_TO);
        let mails_from = Quotas::new(&store, "mails from", MAILS_FROM);
        let notices_to = Quotas::new(&store, "notices to", NOTICES_TO);
        let stand_in_sessions = StandInSessions::new(&store);
        let (faults, jobs) = (FaultPlans::new(&store), Jobs::new(&store));
        Ok(Self(Arc::new(Inner {
            store,
            issuer,
            configuration,
            clock,
            verifier: RwLock::new(Arc::new(TokenVerifier::new(keys))),
            looked_for_keys: Mutex::default(),
            mails: MailQueue::start(mail),
            client_secrets,
            new_client_secrets,
            assets: Assets::new(),
            body_memory: BodyMemory::default(),
            login_throttle,
            attempt_work,
            mails_to,
            mails_from,
            notices_to,
            browser_key,
            stand_in_sessions,
            buckets,
            faults,
            jobs,
            providers,
            openapi: OnceLock::new(),
            query_token_advice: Once::new(),
        })))
    }

    /// Returns the signing keys as they were last read.
    pub(crate) fn keys(&self) -> Arc<SigningKeys> {
        self.verifier().keys()
    }

    /// Returns what verifies access tokens, with the signing keys as they were last read.
    pub(crate) fn verifier(&self) -> Arc<TokenVerifier> {
        Arc::clone(&self.0.verifier.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Verifies an access token, also one whose key another server has made meanwhile.
    ///
    /// # Errors
    /// [`InvalidToken`].
    pub(crate) async fn verify(&self, token: &str) -> Result<Arc<AccessClaims>, InvalidToken> {
        let verified = self.verifier().verify(token, self.now());
        if verified.as_ref().is_err_and(|error| *error == InvalidToken::Signature) {
            self.learn_key_of(token).await;
            return self.verifier().verify(token, self.now());
        }
        verified
    }

    /// Reads the signing keys again if `token` names one that is not known: another server may have made it. Tokens that
    /// anybody made up lead to few such looks.
    pub(crate) async fn learn_key_of(&self, token: &str) {
        let is_known = token::key_id(token).is_none_or(|kid| self.keys().find(&kid).is_some());
        if is_known || !self.may_look_for_keys() {
            return;
        }
        if let Err(error) = self.reload_keys().await {
            tracing::warn!(error = &error as &dyn std::error::Error, "the signing keys were not read again");
        }
    }

    fn may_look_for_keys(&self) -> bool {
        let now = self.now();
        let mut last = self.0.looked_for_keys.lock().unwrap_or_else(PoisonError::into_inner);
        let is_early = last.is_some_and(|last| now >= last && now < last.after(BETWEEN_LOOKS_FOR_KEYS));
        if !is_early {
            *last = Some(now);
        }
        !is_early
    }

    /// Reads the signing keys again, after [`rotate_keys`]. Requests that began before go on with the keys that they have.
    ///
    /// # Errors
    /// [`OpenError`]; then the keys stay as they are.
    pub async fn reload_keys(&self) -> Result<(), OpenError> {
        let lifetime = longest_token_lifetime(&self.0.configuration);
        let keys = SigningKeys::open(&self.0.store, self.now(), lifetime).await?;
        if keys.are_same(&self.keys()) {
            return Ok(());
        }
        let verifier = Arc::new(TokenVerifier::new(keys));
        *self.0.verifier.write().unwrap_or_else(PoisonError::into_inner) = verifier;
        Ok(())
    }

    /// Returns the secrets that were made when the tenant was opened, for clients whose secret is neither configured nor
    /// stored. Nothing returns them a second time after the next start.
    #[must_use]
    pub fn new_client_secrets(&self) -> &[NewClientSecret] {
        &self.0.new_client_secrets
    }

    /// Returns whether the tenant has any user.
    ///
    /// # Errors
    /// The store's.
    pub async fn has_users(&self) -> Result<bool, store::Error> {
        self.0.store.read().await?.has_users().await
    }

    /// Returns the application with this id.
    pub(crate) fn client(&self, client_id: &str) -> Option<&Client> {
        self.0.configuration.client(client_id)
    }

    /// Records that a client knows of a session from now on, so that it is told when the session ends. Does nothing for a
    /// client that is told of none.
    pub(crate) async fn note_session_client(
        &self,
        unit: &mut Unit,
        client_id: &str,
        sid: &str,
        user: &UserRow,
    ) -> Result<(), store::Error> {
        match self.client(client_id).and_then(|client| client.backchannel_logout.url.as_ref()) {
            Some(_) => unit.add_session_client(sid, client_id, &user.user_id).await,
            None => Ok(()),
        }
    }

    /// Returns the current time.
    pub(crate) fn now(&self) -> Moment {
        self.0.clock.now()
    }

    /// Returns the name of the tenant on the hosted pages.
    pub(crate) fn name(&self) -> &str {
        &self.0.configuration.options().friendly_name
    }
}

/// Returns the key of the cookie that makes a browser known. It is stored, so that a restart does not forget them.
async fn open_browser_key(store: &Store) -> Result<Secret, store::Error> {
    let offered = Secret::random();
    let find = store.write(move |unit| {
        Box::pin(async move { unit.find_or_insert_tenant_secret("known browsers", offered.expose()).await })
    });
    find.await.map(Secret::new)
}

/// Returns the work of an attempt at a password, with that of every stored hash.
async fn find_attempt_work(store: &Store) -> Result<AttemptWork, store::Error> {
    const AT_ONCE: u32 = 1000;
    let (work, own, mut reader) = (AttemptWork::default(), own_prefix(), store.read().await?);
    let mut after = None;
    loop {
        let page = reader.list_password_hashes_unlike(&own, after.as_ref(), AT_ONCE).await?;
        for row in &page {
            work.learn(&row.password_hash);
        }
        match page.into_iter().last() {
            Some(last) => after = Some(last),
            None => return Ok(work),
        }
    }
}

/// Returns how long the tokens of this configuration are valid at most, which is how long a former key stays known.
fn longest_token_lifetime(configuration: &Configuration) -> Duration {
    let fixed =
        [configuration.options().access_token_lifetime, MACHINE_TOKEN_LIFETIME, Client::ID_TOKEN_LIFETIME];
    let of_apis = configuration.apis().iter().map(|api| api.token_lifetime);
    let of_clients = configuration.clients().iter().map(|client| client.id_token_lifetime);
    of_apis.chain(of_clients).chain(fixed).max().unwrap_or_default()
}

/// Makes the next signing key the current one and generates a new next key. Returns the id of the new current key.
///
/// Clients know the next key already, and tokens of the former key stay valid until they expire. An open tenant
/// keeps the keys that it has read, which stay valid, until [`Tenant::reload_keys`], or until a token names a newer one.
///
/// # Errors
/// [`OpenError`].
pub async fn rotate_keys(store: &Store, clock: &Clock) -> Result<String, OpenError> {
    Ok(keys::rotate(store, clock.now()).await?)
}

#[cfg(test)]
mod tests {
    use model::{ConnectionName, Identity, IdentityId, Profile, Provider, UserId};
    use store::{CredentialRow, UserRow};

    use super::*;
    use crate::password_hash::hash_password;

    /// Adds a user with as many identifiers as there are hashes, the first of which is "00000".
    async fn insert(store: &Store, hashes: Vec<String>) {
        let identity = Identity {
            profile_data: None,
            connection: ConnectionName::new("members"),
            user_id: IdentityId::text("1"),
            provider: Provider::new("auth0"),
            is_social: false,
        };
        let write = store.write::<_, store::Error, _>(move |unit| {
            Box::pin(async move {
                let user =
                    UserRow::new(UserId::new("auth0|1"), Profile::default(), vec![identity.clone()], 0);
                unit.insert_user(&user).await?;
                for (place, password_hash) in hashes.into_iter().enumerate() {
                    let (connection, identifier) = (identity.connection.clone(), format!("{place:05}"));
                    let key = identity.key();
                    let row = CredentialRow { connection, identifier, key, password_hash };
                    unit.insert_credential(&row).await?;
                }
                Ok(())
            })
        });
        write.await.unwrap();
    }

    #[tokio::test]
    async fn every_stored_hash_counts_for_the_work_of_an_attempt_from_the_start() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tenant.db");
        let store = Store::open(&format!("sqlite:{}", path.display())).await.unwrap();
        let nothing = find_attempt_work(&store).await.unwrap();
        let own = hash_password(&Secret::new("correct horse"));
        // More than are read at once, and the costly one is the last.
        let mut hashes = vec![bcrypt::hash("correct horse", 4).unwrap(); 2100];
        hashes[7] = own;
        hashes.push(bcrypt::hash("correct horse", 6).unwrap());
        let costly = hashes[2100].clone();
        insert(&store, hashes).await;
        let found = find_attempt_work(&store).await.unwrap();
        assert_ne!(found.get(), nothing.get());
        nothing.learn(&costly);
        assert_eq!(found.get(), nothing.get());
    }
}
