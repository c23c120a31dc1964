//! The tenant under test: shared by all inputs, with its own database file.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use model::{ConnectionName, Identity, Profile, User, UserId};
use serde_json::{Value, json};
use store::{Store, UserRow};
use tempfile::TempDir;
use tenant::configuration::{Connection, Parts};
use tenant::mail::{Mail, MailTransport};
use tenant::seed::SeedUser;
use tenant::{Clock, Configuration, Issuer, Moment, Tenant};
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt;

const ISSUER: &str = "http://localhost:3000/";
/// The fixed time, in seconds since 1970: 2026-01-01T00:00:00Z.
const NOW: i64 = 1_767_225_600;

/// The id of the user that sends the requests.
pub(crate) const OWN: &str = "auth0|own";
/// The id of a user that no request may change.
pub(crate) const OTHER: &str = "auth0|other/a b";

/// A tenant that answers requests without a network.
pub(crate) struct FuzzTenant {
    runtime: Runtime,
    router: Router,
    store: Store,
    kid: String,
    key: EncodingKey,
    /// A cache of tokens by subject and scope, because signing takes longer than everything else.
    tokens: RefCell<HashMap<(&'static str, &'static str), Vec<u8>>>,
    _folder: TempDir,
}

/// Discards mails. No input causes one.
struct Nowhere;

impl MailTransport for Nowhere {
    fn send(&self, _: &Mail) -> std::io::Result<()> {
        Ok(())
    }
}

/// A response with its whole body.
pub(crate) struct Response {
    pub(crate) status: StatusCode,
    pub(crate) text: String,
}

impl Response {
    /// Returns the body as JSON.
    ///
    /// # Panics
    /// If the body is not JSON or the status is 500, which no request may cause.
    pub(crate) fn expect_json(&self) -> Value {
        assert_ne!(self.status, StatusCode::INTERNAL_SERVER_ERROR, "{}", self.text);
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("{} {}", self.status, self.text))
    }
}

/// Calls `work` with the shared tenant. Inputs take turns.
pub(crate) fn with_tenant<T>(work: impl FnOnce(&FuzzTenant) -> T) -> T {
    static TENANT: OnceLock<Mutex<FuzzTenant>> = OnceLock::new();
    let tenant = TENANT.get_or_init(|| Mutex::new(FuzzTenant::open()));
    work(&tenant.lock().unwrap_or_else(PoisonError::into_inner))
}

fn user(id: &str) -> SeedUser {
    let key = UserId::new(id).as_identity_key().expect("the ids of this tenant have a provider");
    let identity = |provider: &str, user_id: model::IdentityId| Identity {
        profile_data: None,
        connection: ConnectionName::new(provider),
        provider: model::Provider::new(provider),
        user_id,
        is_social: false,
    };
    let linked = Identity {
        profile_data: Some(Profile::default().with("name", "linked")),
        ..identity("github", model::IdentityId::text(format!("{}-linked", key.user_id)))
    };
    let primary = identity("auth0", key.user_id);
    // A database has an address once.
    let email = if id == OWN { "own@example.test" } else { "other@example.test" };
    let profile = Profile::default().with("email", email).with("name", "Own Name");
    SeedUser {
        password: None,
        user: User {
            user_id: UserId::new(id),
            identities: vec![primary, linked],
            created_at: None,
            updated_at: None,
            last_login: None,
            last_ip: None,
            logins_count: None,
            blocked: None,
            user_metadata: json!({ "theme": "dark" }).as_object().cloned(),
            app_metadata: None,
            profile,
        },
    }
}

impl FuzzTenant {
    fn open() -> Self {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("threads can be started");
        let folder = tempfile::tempdir().expect("a temporary folder can be created");
        let path = folder.path().join("fuzz.db");
        let (router, store) = runtime.block_on(async {
            let store = Store::open(&format!("sqlite:{}", path.display())).await.expect("it opens");
            let connections = vec![Connection::new("auth0", "auth0"), Connection::new("github", "github")];
            let configuration = Configuration::new(Parts { connections, ..Parts::default() });
            let clock = Clock::settable(Moment::from_millis(NOW * 1000));
            let tenant = Tenant::open(
                store.clone(),
                Issuer::parse(ISSUER).expect("the issuer is valid"),
                configuration.expect("the configuration is valid"),
                clock,
                Arc::new(Nowhere),
            );
            let tenant = tenant.await.expect("the tenant opens");
            tenant.seed(vec![user(OWN), user(OTHER)]).await.expect("the users are inserted");
            (tenant.router(), store)
        });
        let keys = runtime.block_on(async { store.read().await?.list_signing_keys().await });
        let key = keys.expect("the keys can be read").remove(0);
        let signing = EncodingKey::from_rsa_pem(key.pem.as_bytes()).expect("the key is valid");
        Self {
            runtime,
            router,
            store,
            kid: key.kid,
            key: signing,
            tokens: RefCell::default(),
            _folder: folder,
        }
    }

    /// Sends a request with a token. Returns `None` if the URI is invalid for an HTTP client.
    pub(crate) fn send(&self, method: &str, uri: &str, token: &[u8]) -> Option<Response> {
        let mut bearer = b"Bearer ".to_vec();
        bearer.extend_from_slice(token);
        let request = Request::builder().method(method).uri(uri).header(header::AUTHORIZATION, bearer);
        let request = request.body(Body::empty()).ok()?;
        self.runtime.block_on(async {
            let response = self.router.clone().oneshot(request).await.expect("a router answers");
            let status = response.status();
            let body = response.into_body().collect().await.expect("its body is in memory").to_bytes();
            Some(Response { status, text: String::from_utf8_lossy(&body).into_owned() })
        })
    }

    /// Returns the stored user.
    pub(crate) fn row(&self, id: &str) -> Option<UserRow> {
        let find = async { self.store.read().await?.find_user(&UserId::new(id)).await };
        self.runtime.block_on(find).expect("the store answers")
    }

    /// Signs a header and claims with the tenant's key, whatever they contain.
    pub(crate) fn sign(&self, header: Option<&str>, claims: &str) -> Vec<u8> {
        use base64::Engine;
        use base64::engine::general_purpose::URL_SAFE_NO_PAD;
        let own = Header { kid: Some(self.kid.clone()), ..Header::new(Algorithm::RS256) };
        let own = serde_json::to_string(&own).expect("a header is JSON");
        let header = header.map_or(own, |header| header.replace("KID", &self.kid));
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &self.key, Algorithm::RS256);
        format!("{message}.{}", signature.expect("the key signs")).into_bytes()
    }

    /// Returns a valid token with this subject and scope.
    pub(crate) fn token(&self, sub: &'static str, scope: &'static str) -> Vec<u8> {
        let mut tokens = self.tokens.borrow_mut();
        let make = || self.sign(None, &claims(sub, scope).to_string());
        tokens.entry((sub, scope)).or_insert_with(make).clone()
    }
}

/// Returns the claims of a valid token.
pub(crate) fn claims(sub: &str, scope: &str) -> Value {
    json!({ "iss": ISSUER, "sub": sub, "aud": format!("{ISSUER}api/v2/"), "azp": "page", "iat": NOW,
        "exp": NOW + 3600, "scope": scope })
}
