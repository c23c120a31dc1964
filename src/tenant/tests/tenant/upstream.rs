//! Sign-in through OpenID Connect providers: another tenant on a socket, and a fake provider with arbitrary
//! responses.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Form, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use model::ConnectionName;
use serde_json::{Value, json};
use tenant::configuration::{Client, ClientAuthentication, Connection, Options, Parts, Upstream};
use tenant::secret::{Secret, digest};
use tenant::seed::SeedUser;
use tenant::{Clock, Configuration, Moment};
use tokio::net::TcpListener;

use crate::test_tenant::{
    Browser, DATABASE, PASSWORD, START, TestResponse, TestTenant, authorize_path, claims_in, client, email,
    user,
};

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

/// Opens a tenant, and another one that is the provider of its connection "elsewhere".
async fn two_tenants(
    people: Vec<SeedUser>,
    authentication: ClientAuthentication,
) -> (TestTenant, TestTenant) {
    let (listener, issuer) = socket().await;
    let secret = (authentication != ClientAuthentication::None).then_some("tenant secret");
    let callbacks = vec![format!("{ORIGIN}/login/callback/elsewhere")];
    let registration = Client { callbacks, ..client("tenant", authentication, secret) };
    let parts = Parts {
        clients: vec![registration],
        connections: vec![Connection::new(DATABASE, "auth0")],
        ..Parts::default()
    };
    let configuration = Configuration::new(parts).unwrap();
    let clock = Clock::settable(Moment::from_millis(START));
    let provider = TestTenant::with_configuration(&issuer, clock, configuration, people).await;
    provider.listen(listener);
    let mut elsewhere = provider_connection("elsewhere", "oidc", &issuer);
    let upstream = elsewhere.upstream.as_mut().unwrap();
    upstream.client_secret = secret.map(Secret::new);
    upstream.authentication = Some(authentication);
    let tenant = TestTenant::with_connections(vec![user(&["auth0|1"])], options(), vec![elsewhere]).await;
    (tenant, provider)
}

/// Returns path and query of a URL.
fn target(location: &str) -> String {
    let url = url::Url::parse(ORIGIN).unwrap().join(location).unwrap();
    format!("{}?{}", url.path(), url.query().unwrap_or_default())
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

/// Signs in at the provider and returns the path of the callback.
async fn sign_in_at_provider(browser: &mut Browser<'_>, redirect: &TestResponse, id: &str) -> String {
    let mut response = browser.get(&target(redirect.location())).await;
    if let Some(login_state) = response.location().strip_prefix("/u/login?state=") {
        response = browser.type_password(login_state, &email(id), PASSWORD).await;
    }
    assert!(response.location().starts_with(ORIGIN), "{}", response.status_and_text());
    target(response.location())
}

/// Signs in through the connection "elsewhere" and returns the response of the callback.
async fn sign_in_through_provider(
    browser: &mut Browser<'_>,
    at_provider: &mut Browser<'_>,
    id: &str,
) -> TestResponse {
    let redirect = start_at_provider(browser, "elsewhere", &[]).await;
    let back = sign_in_at_provider(at_provider, &redirect, id).await;
    browser.get(&back).await
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

#[tokio::test]
async fn a_person_of_another_provider_gets_an_account_and_opens_it_the_next_time() {
    for authentication in
        [ClientAuthentication::SecretBasic, ClientAuthentication::SecretPost, ClientAuthentication::None]
    {
        let mut person = user(&["auth0|ann"]);
        person.user.profile = person.user.profile.clone().with("email_verified", true).with("name", "Ann");
        let (tenant, provider) = two_tenants(vec![person], authentication).await;
        let (mut browser, mut other) = (Browser::new(&tenant), Browser::new(&provider));
        let response = sign_in_through_provider(&mut browser, &mut other, "auth0|ann").await;
        let account = tenant.account_of(&response.parameter("code").unwrap()).await;
        assert_eq!(account, "oidc|elsewhere|auth0|ann", "{authentication:?}");
        let row = tenant.row(&account).await.unwrap();
        assert_eq!(row.identities[0].connection.as_str(), "elsewhere");
        assert!(!row.identities[0].is_social);
        let profile = &row.profile;
        assert_eq!((profile.name(), profile.email()), (Some("Ann"), Some(&*email("auth0|ann"))));
        assert_eq!(profile.email_verified(), Some(true));

        let response = sign_in_through_provider(&mut Browser::new(&tenant), &mut other, "auth0|ann").await;
        assert_eq!(tenant.account_of(&response.parameter("code").unwrap()).await, account);
        assert_eq!(tenant.row(&account).await.unwrap().logins_count, 2);
        assert_eq!(tenant.store.read().await.unwrap().count_users().await.unwrap(), 2);
    }
}

#[tokio::test]
async fn the_login_page_links_to_the_provider_and_does_not_call_it_a_stand_in() {
    let (tenant, _provider) = two_tenants(vec![], ClientAuthentication::None).await;
    let mut browser = Browser::new(&tenant);
    let login_state = browser.start_login(&[]).await;
    let page = browser.get(&format!("/u/login?state={login_state}")).await.text;
    let button = page.split("<a ").find(|link| link.contains("connection=elsewhere")).unwrap();
    assert!(
        button.contains("<bdi>Elsewhere</bdi>") && !button.split("</a>").next().unwrap().contains("stand-in")
    );
    let redirect = browser.get(&format!("/u/connection?state={login_state}&connection=elsewhere")).await;
    assert_eq!(redirect.status, StatusCode::FOUND);
    for (name, expected) in [
        ("client_id", "tenant"),
        ("response_type", "code"),
        ("redirect_uri", "http://localhost:3000/login/callback/elsewhere"),
        ("scope", "openid profile email"),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(redirect.parameter(name).as_deref(), Some(expected), "{name}");
    }
    assert_eq!(redirect.parameter("prompt"), None);
}

#[tokio::test]
async fn login_hint_prompt_and_max_age_are_passed_to_the_provider() {
    let (tenant, _provider) = two_tenants(vec![], ClientAuthentication::None).await;
    let with = [("login_hint", "ann@example.test"), ("max_age", "0"), ("prompt", "login")];
    let redirect = start_at_provider(&mut Browser::new(&tenant), "elsewhere", &with).await;
    for (name, value) in with {
        assert_eq!(redirect.parameter(name).as_deref(), Some(value), "{name}");
    }
}

#[tokio::test]
async fn a_linked_identity_of_a_provider_opens_the_primary_account() {
    let (tenant, provider) = two_tenants(vec![user(&["auth0|ann"])], ClientAuthentication::SecretBasic).await;
    let mut other = Browser::new(&provider);
    let redirect = start_at_provider(&mut Browser::new(&tenant), "elsewhere", &[]).await;
    assert_eq!(redirect.status, StatusCode::FOUND);
    let response = sign_in_through_provider(&mut Browser::new(&tenant), &mut other, "auth0|ann").await;
    let tokens = tenant.exchange_code(&response.parameter("code").unwrap(), &[]).await.json();
    let body = json!({ "link_with": tokens["id_token"] });
    let token = tenant.user_token("auth0|1").await;
    let linked = tenant.post_json("/api/v2/users/auth0%7C1/identities", Some(&token), &body).await;
    assert_eq!(linked.status, StatusCode::CREATED, "{}", linked.text);
    assert_eq!(tenant.identities("auth0|1").await, ["auth0|1", "oidc|elsewhere|auth0|ann"]);
    let response = sign_in_through_provider(&mut Browser::new(&tenant), &mut other, "auth0|ann").await;
    assert_eq!(tenant.account_of(&response.parameter("code").unwrap()).await, "auth0|1");

    let path = "/api/v2/users/auth0%7C1/identities/oidc/elsewhere%7Cauth0%7Cann";
    assert_eq!(tenant.call(Method::DELETE, path, &token).await.status, StatusCode::OK);
    let response = sign_in_through_provider(&mut Browser::new(&tenant), &mut other, "auth0|ann").await;
    let account = tenant.account_of(&response.parameter("code").unwrap()).await;
    assert_eq!(account, "oidc|elsewhere|auth0|ann");
}

#[tokio::test]
async fn a_connection_with_a_provider_has_no_stand_in() {
    let (tenant, _provider) = two_tenants(vec![], ClientAuthentication::None).await;
    let mut browser = Browser::new(&tenant);
    let login_state = browser.start_login(&[]).await;
    let fields = [("state", &*login_state), ("connection", "elsewhere"), ("choice", ""), ("name", "Eve")];
    let response = browser.post("/u/stand-in", &fields).await;
    assert_eq!(response.status, StatusCode::BAD_REQUEST);
    assert_nobody_signed_in(&tenant, &browser, &response, 1).await;
}

#[tokio::test]
async fn a_callback_for_another_browser_signs_nobody_in() {
    let (tenant, provider) = two_tenants(vec![user(&["auth0|eve"])], ClientAuthentication::None).await;
    let redirect = start_at_provider(&mut Browser::new(&tenant), "elsewhere", &[]).await;
    let planted = sign_in_at_provider(&mut Browser::new(&provider), &redirect, "auth0|eve").await;
    // A browser without a pending login, and one with a pending login of its own.
    for asked in [false, true] {
        let mut victim = Browser::new(&tenant);
        if asked {
            start_at_provider(&mut victim, "elsewhere", &[]).await;
        }
        let response = victim.get(&planted).await;
        assert_eq!(response.status, StatusCode::BAD_REQUEST);
        assert_nobody_signed_in(&tenant, &victim, &response, 1).await;
    }
}

#[tokio::test]
async fn a_code_of_another_login_is_not_exchanged() {
    let people = vec![user(&["auth0|ann"]), user(&["auth0|eve"])];
    let (tenant, provider) = two_tenants(people, ClientAuthentication::None).await;
    let mut attacker = Browser::new(&tenant);
    let redirect = start_at_provider(&mut attacker, "elsewhere", &[]).await;
    let stolen = sign_in_at_provider(&mut Browser::new(&provider), &redirect, "auth0|eve").await;
    let code = |back: &str| {
        let url = url::Url::parse(ORIGIN).unwrap().join(back).unwrap();
        url.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned()
    };
    let mut victim = Browser::new(&tenant);
    let redirect = start_at_provider(&mut victim, "elsewhere", &[]).await;
    let state = redirect.parameter("state").unwrap();
    let injected = format!("/login/callback/elsewhere?code={}&state={state}", code(&stolen));
    let response = victim.get(&injected).await;
    assert_eq!(response.parameter("error").as_deref(), Some("server_error"));
    assert_nobody_signed_in(&tenant, &victim, &response, 1).await;
}

#[tokio::test]
async fn a_callback_opens_one_session() {
    let (tenant, provider) = two_tenants(vec![user(&["auth0|ann"])], ClientAuthentication::None).await;
    let mut browser = Browser::new(&tenant);
    let redirect = start_at_provider(&mut browser, "elsewhere", &[]).await;
    let back = sign_in_at_provider(&mut Browser::new(&provider), &redirect, "auth0|ann").await;
    assert!(browser.get(&back).await.parameter("code").is_some());
    assert_eq!(browser.get(&back).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(tenant.row("oidc|elsewhere|auth0|ann").await.unwrap().logins_count, 1);
}

#[tokio::test]
async fn a_blocked_user_cannot_sign_in_through_a_provider() {
    let (tenant, provider) = two_tenants(vec![user(&["auth0|ann"])], ClientAuthentication::None).await;
    let mut other = Browser::new(&provider);
    sign_in_through_provider(&mut Browser::new(&tenant), &mut other, "auth0|ann").await;
    tenant.block("oidc|elsewhere|auth0|ann", true).await;
    let mut browser = Browser::new(&tenant);
    let response = sign_in_through_provider(&mut browser, &mut other, "auth0|ann").await;
    assert!(response.text.contains("This account is blocked."), "{}", response.status_and_text());
    assert!(!browser.cookies.keys().any(|name| name.contains("session")));
    assert_eq!(tenant.row("oidc|elsewhere|auth0|ann").await.unwrap().logins_count, 1);
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

    async fn call_back(&mut self, more: &str) -> TestResponse {
        let path = format!("/login/callback/elsewhere?state={}{more}", self.state);
        self.browser.get(&path).await
    }
}

#[tokio::test]
async fn a_token_that_is_not_for_this_login_signs_nobody_in() {
    let (tenant, provider) = with_fake_provider().await;
    let issuer = provider.script().issuer.clone();
    let now = tenant.clock.now().seconds();
    for (claim, value) in [
        ("nonce", json!("another")),
        ("nonce", json!(null)),
        ("iss", json!("https://another.test/")),
        ("iss", json!(issuer.trim_end_matches('/'))),
        ("aud", json!("another")),
        ("aud", json!(["tenant", "another"])),
        ("aud", json!([])),
        ("exp", json!(now)),
        ("exp", json!(null)),
        ("sub", json!("")),
        ("sub", json!("..")),
        ("sub", json!("a\u{0}b")),
        ("sub", json!("a".repeat(256))),
        ("sub", json!(null)),
    ] {
        let mut attempt = Attempt::start(&tenant, &[]).await;
        let mut claims = attempt.claims(&provider);
        claims[claim] = value.clone();
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(claim);
        }
        provider.respond_with(&tenant.sign(&claims).await);
        let response = attempt.call_back("&code=c").await;
        assert_eq!(response.parameter("error").as_deref(), Some("server_error"), "{claim} {value}");
        assert_nobody_signed_in(&tenant, &attempt.browser, &response, 1).await;
    }
}

#[tokio::test]
async fn a_token_that_the_provider_did_not_sign_signs_nobody_in() {
    let (tenant, provider) = with_fake_provider().await;
    let keys = provider.script().keys.clone();
    let (kid, own) = tenant.key().await;
    let other = tenant.store.read().await.unwrap().list_signing_keys().await.unwrap();
    let other = EncodingKey::from_rsa_pem(other[1].pem.as_bytes()).unwrap();
    let shared = |text: &str| EncodingKey::from_secret(text.as_bytes());
    let forgeries: [(&str, Algorithm, Option<&str>, EncodingKey); 5] = [
        ("another key under this id", Algorithm::RS256, Some(&kid), other),
        ("an unknown key", Algorithm::RS256, Some("unknown"), own),
        ("the shared secret", Algorithm::HS256, None, shared("tenant secret")),
        ("the public key as a secret", Algorithm::HS256, Some(&kid), shared(&keys.to_string())),
        ("an empty secret", Algorithm::HS256, Some(&kid), shared("")),
    ];
    for (forgery, algorithm, kid, key) in forgeries {
        let mut attempt = Attempt::start(&tenant, &[]).await;
        let mut head = Header::new(algorithm);
        head.kid = kid.map(str::to_owned);
        provider.respond_with(&jsonwebtoken::encode(&head, &attempt.claims(&provider), &key).unwrap());
        let response = attempt.call_back("&code=c").await;
        assert_eq!(response.parameter("error").as_deref(), Some("server_error"), "{forgery}");
        assert_nobody_signed_in(&tenant, &attempt.browser, &response, 1).await;
    }
    for head in [json!({ "alg": "none" }), json!({ "alg": "None", "typ": "JWT" }), json!({ "alg": "RS256" })]
    {
        let mut attempt = Attempt::start(&tenant, &[]).await;
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        provider.respond_with(&format!("{}.{}.", part(&head), part(&attempt.claims(&provider))));
        let response = attempt.call_back("&code=c").await;
        assert_eq!(response.parameter("error").as_deref(), Some("server_error"), "{head}");
        assert_nobody_signed_in(&tenant, &attempt.browser, &response, 1).await;
    }
}

#[tokio::test]
async fn a_new_key_is_fetched_at_most_once_per_interval() {
    let (tenant, provider) = with_fake_provider().await;
    let keys = std::mem::replace(&mut provider.script().keys, json!({ "keys": [] }));
    let mut attempt = Attempt::start(&tenant, &[]).await;
    provider.respond_with(&tenant.sign(&attempt.claims(&provider)).await);
    provider.script().keys = keys;
    assert_eq!(attempt.call_back("&code=c").await.parameter("error").as_deref(), Some("server_error"));
    assert_eq!(provider.script().discovery_requests, 1, "too early");
    tenant.clock.advance(Duration::from_secs(10));
    let mut attempt = Attempt::start(&tenant, &[]).await;
    provider.respond_with(&tenant.sign(&attempt.claims(&provider)).await);
    assert!(attempt.call_back("&code=c").await.parameter("code").is_some());
    assert_eq!(provider.script().discovery_requests, 2);
}

#[tokio::test]
async fn an_invalid_response_of_the_token_endpoint_signs_nobody_in() {
    let (tenant, provider) = with_fake_provider().await;
    for (status, text) in [
        (StatusCode::OK, "{}".to_owned()),
        (StatusCode::OK, json!({ "access_token": "a", "token_type": "Bearer" }).to_string()),
        (
            StatusCode::OK,
            json!({ "access_token": "a", "token_type": "Bearer", "id_token": "a.b.c" }).to_string(),
        ),
        (StatusCode::OK, "<html>".to_owned()),
        (StatusCode::OK, format!("{{\"access_token\":\"{}\"", "a".repeat(1024 * 1024))),
        (StatusCode::FOUND, String::new()),
        (StatusCode::BAD_REQUEST, json!({ "error": "invalid_client" }).to_string()),
        (StatusCode::INTERNAL_SERVER_ERROR, String::new()),
    ] {
        let mut attempt = Attempt::start(&tenant, &[]).await;
        provider.script().token = Some((status, text));
        let response = attempt.call_back("&code=c").await;
        assert!(response.parameter("error").is_some(), "{status} {}", response.status_and_text());
        assert_nobody_signed_in(&tenant, &attempt.browser, &response, 1).await;
    }
}

#[tokio::test]
async fn the_iss_parameter_of_a_callback_is_checked_if_the_provider_supports_it() {
    let (tenant, provider) = with_fake_provider().await;
    provider.script().discovery = json!({ "authorization_response_iss_parameter_supported": true });
    for (more, taken) in [("", false), ("&iss=https://another.test/", false), ("&iss={issuer}", true)] {
        let mut attempt = Attempt::start(&tenant, &[]).await;
        provider.respond_with(&tenant.sign(&attempt.claims(&provider)).await);
        let more = more.replace("{issuer}", &provider.script().issuer);
        let response = attempt.call_back(&format!("&code=c{more}")).await;
        assert_eq!(response.parameter("code").is_some(), taken, "{more} {}", response.status_and_text());
        if !taken {
            assert_nobody_signed_in(&tenant, &attempt.browser, &response, 1).await;
        }
    }
}

#[tokio::test]
async fn a_callback_for_another_connection_is_refused() {
    let (listener, issuer) = socket().await;
    drop(listener);
    let connections = vec![
        provider_connection("elsewhere", "oidc", &issuer),
        provider_connection("beyond", "oidc", &issuer),
    ];
    let tenant = TestTenant::with_connections(vec![], options(), connections).await;
    let mut browser = Browser::new(&tenant);
    let login_state = browser.start_login(&[("connection", "elsewhere")]).await;
    for connection in ["beyond", "github", DATABASE, "nowhere", "..%2Felsewhere"] {
        let path = format!("/login/callback/{connection}?code=c&state={login_state}.x");
        let response = browser.get(&path).await;
        assert_eq!((response.status, response.location()), (StatusCode::BAD_REQUEST, ""), "{connection}");
        assert_nobody_signed_in(&tenant, &browser, &response, 0).await;
    }
}

#[tokio::test]
async fn a_providers_error_is_passed_to_an_application_that_named_the_connection() {
    let (tenant, _provider) = with_fake_provider().await;
    for (error, expected) in [
        ("access_denied", "access_denied"),
        ("temporarily_unavailable", "temporarily_unavailable"),
        ("invalid_scope", "server_error"),
        ("%3Cscript%3E", "server_error"),
    ] {
        let mut attempt = Attempt::start(&tenant, &[]).await;
        let response = attempt.call_back(&format!("&error={error}&error_description=secret")).await;
        assert_eq!(response.parameter("error").as_deref(), Some(expected), "{error}");
        assert_eq!(response.parameter("state").as_deref(), Some("the-state"));
        assert!(!response.location().contains("secret"));
        assert_nobody_signed_in(&tenant, &attempt.browser, &response, 1).await;
        assert_eq!(attempt.call_back("&code=c").await.status, StatusCode::BAD_REQUEST, "the login has ended");
    }
}

#[tokio::test]
async fn the_login_page_shows_a_providers_error_and_the_other_connections() {
    let (tenant, _provider) = with_fake_provider().await;
    for (error, sentence) in [
        ("access_denied", "You did not finish signing in with Elsewhere."),
        ("server_error", "Elsewhere did not sign you in."),
    ] {
        let mut browser = Browser::new(&tenant);
        let login_state = browser.start_login(&[]).await;
        let redirect = browser.get(&format!("/u/connection?state={login_state}&connection=elsewhere")).await;
        let state = redirect.parameter("state").unwrap();
        let page = browser.get(&format!("/login/callback/elsewhere?state={state}&error={error}")).await;
        assert!(page.text.contains(sentence), "{}", page.status_and_text());
        assert!(!page.text.contains(error));
        let response = browser.type_password(&login_state, &email("auth0|1"), PASSWORD).await;
        assert!(response.parameter("code").is_some());
    }
}

#[tokio::test]
async fn an_unresponsive_provider_times_out_and_is_used_again_when_it_recovers() {
    let (tenant, provider) = with_fake_provider().await;
    provider.script().unresponsive = true;
    let mut browser = Browser::new(&tenant);
    let login_state = browser.start_login(&[]).await;
    let path = format!("/u/connection?state={login_state}&connection=elsewhere");
    let page = browser.get(&path).await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.text.contains("Elsewhere does not answer at the moment."), "{}", page.status_and_text());
    provider.script().unresponsive = false;
    assert_eq!(browser.get(&path).await.status, StatusCode::SERVICE_UNAVAILABLE, "not asked again at once");
    tenant.clock.advance(Duration::from_secs(10));
    assert_eq!(browser.get(&path).await.status, StatusCode::FOUND);

    let mut attempt = Attempt::start(&tenant, &[]).await;
    provider.script().unresponsive = true;
    let response = attempt.call_back("&code=c").await;
    assert_eq!(response.parameter("error").as_deref(), Some("temporarily_unavailable"));
    assert_nobody_signed_in(&tenant, &attempt.browser, &response, 1).await;
}

#[tokio::test]
async fn a_tenant_opens_while_a_provider_is_down() {
    let (listener, issuer) = socket().await;
    drop(listener);
    let tenant = TestTenant::with_connections(
        vec![],
        options(),
        vec![provider_connection("elsewhere", "oidc", &issuer)],
    )
    .await;
    let response = start_at_provider(&mut Browser::new(&tenant), "elsewhere", &[]).await;
    assert_eq!(response.parameter("error").as_deref(), Some("temporarily_unavailable"));
    assert_eq!(
        response.parameter("error_description").as_deref(),
        Some("Elsewhere does not answer at the moment. Try again in a while.")
    );
}

#[tokio::test]
async fn a_discovery_document_of_another_issuer_or_with_other_origins_is_refused() {
    let (tenant, provider) = with_fake_provider().await;
    for discovery in [
        json!({ "issuer": "https://another.test/" }),
        json!({ "authorization_endpoint": "http://another.test/authorize" }),
        json!({ "authorization_endpoint": "javascript:alert(1)" }),
        json!({ "jwks_uri": "http://another.test/keys" }),
    ] {
        tenant.clock.advance(Duration::from_hours(2));
        provider.script().discovery = discovery.clone();
        let response = start_at_provider(&mut Browser::new(&tenant), "elsewhere", &[]).await;
        assert!(response.parameter("error").is_some(), "{discovery} {}", response.status_and_text());
    }
}

#[tokio::test]
async fn auth_time_is_the_time_of_the_sign_in_at_the_provider() {
    let (tenant, provider) = with_fake_provider().await;
    let now = tenant.clock.now().seconds();
    for (max_age, at, taken) in
        [("", now - 5000, true), ("600", now - 300, true), ("600", now - 5000, false), ("0", now, true)]
    {
        let mut attempt = Attempt::start(&tenant, &[("max_age", max_age)]).await;
        let mut claims = attempt.claims(&provider);
        claims["auth_time"] = json!(at);
        provider.respond_with(&tenant.sign(&claims).await);
        let response = attempt.call_back("&code=c").await;
        if !taken {
            assert_eq!(response.parameter("error").as_deref(), Some("access_denied"), "{max_age} {at}");
            assert!(!attempt.browser.cookies.keys().any(|name| name.contains("session")));
            continue;
        }
        let silent = authorize_path(&[("prompt", "none"), ("max_age", "6000")]);
        let code = attempt.browser.get(&silent).await.parameter("code").unwrap();
        let tokens = tenant.exchange_code(&code, &[]).await.json();
        assert_eq!(claims_in(tokens["id_token"].as_str().unwrap())["auth_time"], at, "{max_age}");
    }
}

#[tokio::test]
async fn an_id_that_two_connections_share_belongs_to_the_first() {
    let (listener, issuer) = socket().await;
    let (tenant, provider) = with_fake_provider().await;
    drop((tenant, listener));
    let connections = vec![provider_connection("elsewhere", "oidc", &provider.script().issuer), {
        // The user id of "y" in connection "elsewhere|x" equals that of "x|y" in "elsewhere".
        provider_connection("elsewhere|x", "oidc", &issuer)
    }];
    let tenant = TestTenant::with_connections(vec![], options(), connections).await;
    let mut first = user(&["auth0|1"]).user;
    first.user_id = model::UserId::new("oidc|elsewhere|x|y");
    first.identities[0].provider = model::Provider::new("oidc");
    first.identities[0].user_id = model::IdentityId::text("elsewhere|x|y");
    first.identities[0].connection = ConnectionName::new("elsewhere|x");
    tenant.seed(vec![SeedUser { user: first, password: None }]).await;
    let mut attempt = Attempt::start(&tenant, &[]).await;
    let mut claims = attempt.claims(&provider);
    claims["sub"] = json!("x|y");
    provider.respond_with(&tenant.sign(&claims).await);
    let response = attempt.call_back("&code=c").await;
    assert_eq!(
        response.parameter("error").as_deref(),
        Some("access_denied"),
        "{}",
        response.status_and_text()
    );
    assert_nobody_signed_in(&tenant, &attempt.browser, &response, 1).await;
    assert_eq!(tenant.row("oidc|elsewhere|x|y").await.unwrap().logins_count, 0);
}

#[tokio::test]
async fn the_profile_is_updated_from_the_provider_at_each_sign_in() {
    let (tenant, provider) = with_fake_provider().await;
    let id = "oidc|elsewhere|ann";
    for (sent, email, verified) in [
        (
            json!({ "email": "ann@example.test", "email_verified": true, "name": "Ann" }),
            "ann@example.test",
            true,
        ),
        (json!({ "email": "ann@new.test" }), "ann@new.test", false),
        (json!({ "email": "ann@new.test", "email_verified": "true" }), "ann@new.test", true),
    ] {
        let mut attempt = Attempt::start(&tenant, &[]).await;
        let mut claims = attempt.claims(&provider);
        claims.as_object_mut().unwrap().extend(sent.as_object().unwrap().clone());
        provider.respond_with(&tenant.sign(&claims).await);
        assert!(attempt.call_back("&code=c").await.parameter("code").is_some());
        let profile = tenant.row(id).await.unwrap().profile;
        assert_eq!((profile.email(), profile.email_verified()), (Some(email), Some(verified)), "{sent}");
        assert_eq!(profile.name(), Some("Ann"), "an absent claim is kept");
    }
}

#[tokio::test]
async fn userinfo_of_the_same_subject_completes_an_id_token_without_an_address() {
    let (tenant, provider) = with_fake_provider().await;
    for (subject, taken) in [("bob", false), ("ann", true)] {
        provider.script().userinfo =
            Some(json!({ "sub": subject, "email": "ann@example.test", "email_verified": true }));
        let mut attempt = Attempt::start(&tenant, &[]).await;
        let mut claims = attempt.claims(&provider);
        claims.as_object_mut().unwrap().remove("email");
        provider.respond_with(&tenant.sign(&claims).await);
        let response = attempt.call_back("&code=c").await;
        assert_eq!(response.parameter("code").is_some(), taken, "{}", response.status_and_text());
        if !taken {
            assert_nobody_signed_in(&tenant, &attempt.browser, &response, 1).await;
        }
    }
    let profile = tenant.row("oidc|elsewhere|ann").await.unwrap().profile;
    assert_eq!((profile.email(), profile.email_verified()), (Some("ann@example.test"), Some(true)));
}

#[tokio::test]
async fn no_secret_of_a_provider_sign_in_is_stored() {
    let (tenant, _provider) = with_fake_provider().await;
    let mut browser = Browser::new(&tenant);
    let login_state = browser.start_login(&[("connection", "elsewhere")]).await;
    let redirect = browser.get(&format!("/u/connection?state={login_state}&connection=elsewhere")).await;
    let row = tenant
        .store
        .read()
        .await
        .unwrap()
        .find_pending_login(&Secret::new(&login_state).digest())
        .await
        .unwrap()
        .unwrap();
    let stored = format!("{row:?}");
    for secret in ["state", "nonce"]
        .map(|name| redirect.parameter(name).unwrap())
        .iter()
        .chain(browser.cookies.values())
    {
        assert!(!stored.contains(secret.as_str()), "{stored}");
    }
    // The challenge belongs to a verifier that never leaves the server.
    assert_ne!(
        redirect.parameter("code_challenge").unwrap(),
        digest(redirect.parameter("nonce").unwrap().as_bytes())
    );
}
