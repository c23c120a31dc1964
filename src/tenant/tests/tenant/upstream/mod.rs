//! Sign-in through OpenID Connect providers: another tenant on a socket, and a fake provider with arbitrary
//! responses.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Form, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use model::ConnectionName;
use serde_json::{Value, json};
use tenant::configuration::{Connection, Options, Upstream};
use tenant::secret::Secret;
use tokio::net::TcpListener;

use crate::test_tenant::{Browser, TestResponse, TestTenant, authorize_path, user};

mod errors;
mod id_token;
mod keys;
mod odd_responses;
mod profile;
mod sizes;
mod two_tenants;

const ORIGIN: &str = "http://localhost:3000";

fn provider_connection(name: &str, strategy: &str, issuer: &str) -> Connection {
    Connection {
        upstream: Some(Upstream {
            issuer: issuer.to_owned(),
            client_id: "tenant".to_owned(),
            client_secret: Some(Secret::new("tenant secret")),
            authentication: None,
            scopes: vec!["profile".to_owned(), "email".to_owned()],
        }),
        display_name: Some("Elsewhere".to_owned()),
        ..Connection::new(name, strategy)
    }
}

fn options() -> Options {
    Options { stand_ins: true, provider_timeout: Duration::from_millis(500), ..Options::default() }
}

async fn socket() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    (listener, address)
}

/// Starts a login through a connection and returns the redirect to the provider.
async fn start_at_provider(
    browser: &mut Browser<'_>,
    connection: &str,
    with: &[(&str, &str)],
) -> TestResponse {
    let with: Vec<_> = [("connection", connection)].into_iter().chain(with.iter().copied()).collect();
    let response = browser.get(&authorize_path(&with)).await;
    browser.get(response.location()).await
}

/// Checks that a response has no code, and that there is no new session and no new user.
async fn assert_nobody_signed_in(
    tenant: &TestTenant,
    browser: &Browser<'_>,
    response: &TestResponse,
    users: u64,
) {
    assert_eq!(response.parameter("code"), None, "{}", response.status_and_text());
    assert!(!browser.cookies.keys().any(|name| name.contains("session")), "{}", response.status_and_text());
    let mut reader = tenant.store.read().await.unwrap();
    assert_eq!(reader.count_users().await.unwrap(), users, "{}", response.status_and_text());
    let people = reader.list_identities(&ConnectionName::new("elsewhere"), 10).await.unwrap();
    assert!(people.is_empty(), "{}", response.status_and_text());
}

/// A provider whose responses are set by the test.
#[derive(Clone)]
struct FakeProvider(Arc<Mutex<Script>>);

struct Script {
    issuer: String,
    /// Additional properties of the discovery document.
    discovery: Value,
    keys: Value,
    /// The response of the token endpoint.
    token: Option<(StatusCode, String)>,
    /// The response of the userinfo endpoint.
    userinfo: Option<Value>,
    /// Whether requests get no response at all.
    unresponsive: bool,
    /// The number of requests for the discovery document.
    discovery_requests: usize,
}

impl FakeProvider {
    fn script(&self) -> std::sync::MutexGuard<'_, Script> {
        self.0.lock().unwrap()
    }

    /// Waits forever if the provider is unresponsive.
    async fn wait_if_unresponsive(&self) {
        if self.script().unresponsive {
            std::future::pending::<()>().await;
        }
    }

    fn router(&self) -> Router {
        let discovery = async |State(provider): State<Self>| {
            provider.wait_if_unresponsive().await;
            let mut script = provider.script();
            script.discovery_requests += 1;
            let at = |path: &str| format!("{}{path}", script.issuer);
            let mut document = json!({
                "issuer": script.issuer, "authorization_endpoint": at("authorize"),
                "token_endpoint": at("token"), "userinfo_endpoint": at("person"), "jwks_uri": at("keys"),
                "response_types_supported": ["code"], "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
            });
            document.as_object_mut().unwrap().extend(script.discovery.as_object().unwrap().clone());
            Json(document)
        };
        let token = async |State(provider): State<Self>, Form(_): Form<Value>| -> Response {
            provider.wait_if_unresponsive().await;
            let (status, text) = provider.script().token.clone().unwrap();
            (status, [(header::CONTENT_TYPE, "application/json"), (header::LOCATION, "/again")], text)
                .into_response()
        };
        Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(async |State(provider): State<Self>| Json(provider.script().keys.clone())))
            .route("/token", post(token))
            .route(
                "/person",
                get(async |State(provider): State<Self>| {
                    Json(provider.script().userinfo.clone().unwrap_or_default())
                }),
            )
            .with_state(self.clone())
    }

    fn respond_with(&self, id_token: &str) {
        let body = json!({ "access_token": "a", "token_type": "Bearer", "id_token": id_token });
        self.script().token = Some((StatusCode::OK, body.to_string()));
    }
}

/// Opens a tenant whose connection "elsewhere" has a fake provider, which publishes the keys of the tenant.
async fn with_fake_provider() -> (TestTenant, FakeProvider) {
    let (listener, issuer) = socket().await;
    let connections = vec![provider_connection("elsewhere", "oidc", &issuer)];
    let tenant = TestTenant::with_connections(vec![user(&["auth0|1"])], options(), connections).await;
    let keys = tenant.call(Method::GET, "/.well-known/jwks.json", "").await.json();
    let script = Script {
        issuer,
        discovery: json!({}),
        keys,
        token: None,
        userinfo: None,
        unresponsive: false,
        discovery_requests: 0,
    };
    let provider = FakeProvider(Arc::new(Mutex::new(script)));
    let router = provider.router();
    tokio::spawn(axum::serve(listener, router).into_future());
    (tenant, provider)
}

/// A login that waits for the provider's callback.
struct Attempt<'b> {
    tenant: &'b TestTenant,
    browser: Browser<'b>,
    state: String,
    nonce: String,
}

impl<'b> Attempt<'b> {
    async fn start(tenant: &'b TestTenant, with: &[(&str, &str)]) -> Self {
        let mut browser = Browser::new(tenant);
        let redirect = start_at_provider(&mut browser, "elsewhere", with).await;
        let part =
            |name: &str| redirect.parameter(name).unwrap_or_else(|| panic!("{}", redirect.status_and_text()));
        let (state, nonce) = (part("state"), part("nonce"));
        Self { tenant, browser, state, nonce }
    }

    /// Returns the claims of a valid ID token.
    fn claims(&self, provider: &FakeProvider) -> Value {
        let now = self.tenant.clock.now().seconds();
        json!({ "iss": provider.script().issuer, "sub": "ann", "aud": "tenant", "iat": now, "exp": now + 60,
            "nonce": self.nonce, "email": "ann@example.test" })
    }

    /// Completes the login with the claims of a valid ID token after a change.
    async fn sign_in(mut self, provider: &FakeProvider, change: &Value) -> (Browser<'b>, TestResponse) {
        let mut claims = self.claims(provider);
        claims.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        provider.respond_with(&self.tenant.sign(&claims).await);
        let response = self.call_back("&code=c").await;
        (self.browser, response)
    }

    async fn call_back(&mut self, more: &str) -> TestResponse {
        let path = format!("/login/callback/elsewhere?state={}{more}", self.state);
        self.browser.get(&path).await
    }
}
