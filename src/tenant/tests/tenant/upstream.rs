//! Signing in through other providers: another tenant of ours on a socket, and a provider that lies.

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
use tenant::configuration::{Client, ClientAuthentication, Connection, Options, Upstream};
use tenant::secret::{Secret, digest};
use tenant::seed::SeedUser;
use tenant::{Clock, Configuration, Moment};
use tokio::net::TcpListener;

use crate::test_tenant::{
    Browser, DATABASE, PASSWORD, START, TestResponse, TestTenant, authorize_path, claims_in, client, email,
    user,
};

const AT_HOME: &str = "http://localhost:3000";

fn through(name: &str, strategy: &str, issuer: &str) -> Connection {
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

/// A tenant, and another one that signs in the people of its connection "elsewhere".
async fn two_tenants(
    people: Vec<SeedUser>,
    authentication: ClientAuthentication,
) -> (TestTenant, TestTenant) {
    let (listener, issuer) = socket().await;
    let secret = (authentication != ClientAuthentication::None).then_some("tenant secret");
    let callbacks = vec![format!("{AT_HOME}/login/callback/elsewhere")];
    let tenant = Client { callbacks, ..client("tenant", authentication, secret) };
    let database = vec![Connection::new(DATABASE, "auth0")];
    let there = Configuration::new(Options::default(), vec![tenant], database, vec![]).unwrap();
    let clock = Clock::settable(Moment::from_millis(START));
    let there = TestTenant::with_configuration(&issuer, clock, there, people).await;
    there.listen(listener);
    let mut elsewhere = through("elsewhere", "oidc", &issuer);
    let upstream = elsewhere.upstream.as_mut().unwrap();
    upstream.client_secret = secret.map(Secret::new);
    upstream.authentication = Some(authentication);
    let here = TestTenant::with_connections(vec![user(&["auth0|1"])], options(), vec![elsewhere]).await;
    (here, there)
}

/// Path and query of an address.
fn target(location: &str) -> String {
    let url = url::Url::parse(AT_HOME).unwrap().join(location).unwrap();
    format!("{}?{}", url.path(), url.query().unwrap_or_default())
}

/// Asks to sign in through a connection: the way to the provider.
async fn leave(browser: &mut Browser<'_>, connection: &str, with: &[(&str, &str)]) -> TestResponse {
    let with: Vec<_> = [("connection", connection)].into_iter().chain(with.iter().copied()).collect();
    let response = browser.get(&authorize_path(&with)).await;
    browser.get(response.location()).await
}

/// Signs in at the other tenant: its response, which leads back.
async fn sign_in_there(browser: &mut Browser<'_>, way: &TestResponse, id: &str) -> String {
    let mut response = browser.get(&target(way.location())).await;
    if let Some(login_state) = response.location().strip_prefix("/u/login?state=") {
        response = browser.type_password(login_state, &email(id), PASSWORD).await;
    }
    assert!(response.location().starts_with(AT_HOME), "{}", response.status_and_text());
    target(response.location())
}

/// All the way there and back.
async fn round_trip(here: &mut Browser<'_>, there: &mut Browser<'_>, id: &str) -> TestResponse {
    let way = leave(here, "elsewhere", &[]).await;
    let back = sign_in_there(there, &way, id).await;
    here.get(&back).await
}

/// Whether nothing came of an answer: no code, no session, no new user.
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
        let (here, there) = two_tenants(vec![person], authentication).await;
        let (mut browser, mut other) = (Browser::new(&here), Browser::new(&there));
        let response = round_trip(&mut browser, &mut other, "auth0|ann").await;
        let account = here.account_of(&response.parameter("code").unwrap()).await;
        assert_eq!(account, "oidc|elsewhere|auth0|ann", "{authentication:?}");
        let row = here.row(&account).await.unwrap();
        assert_eq!(row.identities[0].connection.as_str(), "elsewhere");
        assert!(!row.identities[0].is_social);
        let profile = &row.profile;
        assert_eq!((profile.name(), profile.email()), (Some("Ann"), Some(&*email("auth0|ann"))));
        assert_eq!(profile.email_verified(), Some(true));

        let response = round_trip(&mut Browser::new(&here), &mut other, "auth0|ann").await;
        assert_eq!(here.account_of(&response.parameter("code").unwrap()).await, account);
        assert_eq!(here.row(&account).await.unwrap().logins_count, 2);
        assert_eq!(here.store.read().await.unwrap().count_users().await.unwrap(), 2);
    }
}

#[tokio::test]
async fn the_login_page_links_to_the_provider_and_does_not_call_it_a_stand_in() {
    let (here, _there) = two_tenants(vec![], ClientAuthentication::None).await;
    let mut browser = Browser::new(&here);
    let login_state = browser.start_login(&[]).await;
    let page = browser.get(&format!("/u/login?state={login_state}")).await.text;
    let button = page.split("<a ").find(|link| link.contains("connection=elsewhere")).unwrap();
    assert!(
        button.contains("<bdi>Elsewhere</bdi>") && !button.split("</a>").next().unwrap().contains("stand-in")
    );
    let way = browser.get(&format!("/u/connection?state={login_state}&connection=elsewhere")).await;
    assert_eq!(way.status, StatusCode::FOUND);
    for (name, expected) in [
        ("client_id", "tenant"),
        ("response_type", "code"),
        ("redirect_uri", "http://localhost:3000/login/callback/elsewhere"),
        ("scope", "openid profile email"),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(way.parameter(name).as_deref(), Some(expected), "{name}");
    }
    assert_eq!(way.parameter("prompt"), None);
}

#[tokio::test]
async fn login_hint_prompt_and_max_age_are_passed_to_the_provider() {
    let (here, _there) = two_tenants(vec![], ClientAuthentication::None).await;
    let with = [("login_hint", "ann@example.test"), ("max_age", "0"), ("prompt", "login")];
    let way = leave(&mut Browser::new(&here), "elsewhere", &with).await;
    for (name, value) in with {
        assert_eq!(way.parameter(name).as_deref(), Some(value), "{name}");
    }
}

#[tokio::test]
async fn a_linked_identity_of_a_provider_opens_the_primary_account() {
    let (here, there) = two_tenants(vec![user(&["auth0|ann"])], ClientAuthentication::SecretBasic).await;
    let mut other = Browser::new(&there);
    let way = leave(&mut Browser::new(&here), "elsewhere", &[]).await;
    assert_eq!(way.status, StatusCode::FOUND);
    let response = round_trip(&mut Browser::new(&here), &mut other, "auth0|ann").await;
    let tokens = here.exchange_code(&response.parameter("code").unwrap(), &[]).await.json();
    let body = json!({ "link_with": tokens["id_token"] });
    let token = here.user_token("auth0|1").await;
    let linked = here.post_json("/api/v2/users/auth0%7C1/identities", Some(&token), &body).await;
    assert_eq!(linked.status, StatusCode::CREATED, "{}", linked.text);
    assert_eq!(here.identities("auth0|1").await, ["auth0|1", "oidc|elsewhere|auth0|ann"]);
    let response = round_trip(&mut Browser::new(&here), &mut other, "auth0|ann").await;
    assert_eq!(here.account_of(&response.parameter("code").unwrap()).await, "auth0|1");

    let path = "/api/v2/users/auth0%7C1/identities/oidc/elsewhere%7Cauth0%7Cann";
    assert_eq!(here.call(Method::DELETE, path, &token).await.status, StatusCode::OK);
    let response = round_trip(&mut Browser::new(&here), &mut other, "auth0|ann").await;
    let account = here.account_of(&response.parameter("code").unwrap()).await;
    assert_eq!(account, "oidc|elsewhere|auth0|ann");
}

#[tokio::test]
async fn a_connection_with_a_provider_has_no_stand_in() {
    let (here, _there) = two_tenants(vec![], ClientAuthentication::None).await;
    let mut browser = Browser::new(&here);
    let login_state = browser.start_login(&[]).await;
    let fields = [("state", &*login_state), ("connection", "elsewhere"), ("choice", ""), ("name", "Eve")];
    let response = browser.post("/u/stand-in", &fields).await;
    assert_eq!(response.status, StatusCode::BAD_REQUEST);
    assert_nobody_signed_in(&here, &browser, &response, 1).await;
}

#[tokio::test]
async fn a_callback_for_another_browser_signs_nobody_in() {
    let (here, there) = two_tenants(vec![user(&["auth0|eve"])], ClientAuthentication::None).await;
    let way = leave(&mut Browser::new(&here), "elsewhere", &[]).await;
    let planted = sign_in_there(&mut Browser::new(&there), &way, "auth0|eve").await;
    // A browser without any login, and one that asked for itself.
    for asked in [false, true] {
        let mut victim = Browser::new(&here);
        if asked {
            leave(&mut victim, "elsewhere", &[]).await;
        }
        let response = victim.get(&planted).await;
        assert_eq!(response.status, StatusCode::BAD_REQUEST);
        assert_nobody_signed_in(&here, &victim, &response, 1).await;
    }
}

#[tokio::test]
async fn a_code_of_another_login_is_not_exchanged() {
    let people = vec![user(&["auth0|ann"]), user(&["auth0|eve"])];
    let (here, there) = two_tenants(people, ClientAuthentication::None).await;
    let mut attacker = Browser::new(&here);
    let way = leave(&mut attacker, "elsewhere", &[]).await;
    let stolen = sign_in_there(&mut Browser::new(&there), &way, "auth0|eve").await;
    let code = |back: &str| {
        let url = url::Url::parse(AT_HOME).unwrap().join(back).unwrap();
        url.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned()
    };
    let mut victim = Browser::new(&here);
    let way = leave(&mut victim, "elsewhere", &[]).await;
    let state = way.parameter("state").unwrap();
    let injected = format!("/login/callback/elsewhere?code={}&state={state}", code(&stolen));
    let response = victim.get(&injected).await;
    assert_eq!(response.parameter("error").as_deref(), Some("server_error"));
    assert_nobody_signed_in(&here, &victim, &response, 1).await;
}

#[tokio::test]
async fn a_callback_opens_one_session() {
    let (here, there) = two_tenants(vec![user(&["auth0|ann"])], ClientAuthentication::None).await;
    let mut browser = Browser::new(&here);
    let way = leave(&mut browser, "elsewhere", &[]).await;
    let back = sign_in_there(&mut Browser::new(&there), &way, "auth0|ann").await;
    assert!(browser.get(&back).await.parameter("code").is_some());
    assert_eq!(browser.get(&back).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(here.row("oidc|elsewhere|auth0|ann").await.unwrap().logins_count, 1);
}

#[tokio::test]
async fn a_blocked_user_cannot_sign_in_through_a_provider() {
    let (here, there) = two_tenants(vec![user(&["auth0|ann"])], ClientAuthentication::None).await;
    let mut other = Browser::new(&there);
    round_trip(&mut Browser::new(&here), &mut other, "auth0|ann").await;
    here.block("oidc|elsewhere|auth0|ann", true).await;
    let mut browser = Browser::new(&here);
    let response = round_trip(&mut browser, &mut other, "auth0|ann").await;
    assert!(response.text.contains("This account is blocked."), "{}", response.status_and_text());
    assert!(!browser.cookies.keys().any(|name| name.contains("session")));
    assert_eq!(here.row("oidc|elsewhere|auth0|ann").await.unwrap().logins_count, 1);
}

/// A provider that answers what a test tells it to.
#[derive(Clone)]
struct FakeProvider(Arc<Mutex<Script>>);

struct Script {
    issuer: String,
    /// Beside what every description holds.
    described: Value,
    keys: Value,
    /// What the token endpoint answers.
    token: Option<(StatusCode, String)>,
    /// What the endpoint about people answers.
    person: Option<Value>,
    /// Answers nothing at all.
    silent: bool,
    /// How often the description was read.
    described_times: usize,
}

impl FakeProvider {
    fn script(&self) -> std::sync::MutexGuard<'_, Script> {
        self.0.lock().unwrap()
    }

    /// Never answers while it is silent.
    async fn speak(&self) {
        if self.script().silent {
            std::future::pending::<()>().await;
        }
    }

    fn router(&self) -> Router {
        let description = async |State(provider): State<Self>| {
            provider.speak().await;
            let mut script = provider.script();
            script.described_times += 1;
            let at = |path: &str| format!("{}{path}", script.issuer);
            let mut told = json!({
                "issuer": script.issuer, "authorization_endpoint": at("authorize"),
                "token_endpoint": at("token"), "userinfo_endpoint": at("person"), "jwks_uri": at("keys"),
                "response_types_supported": ["code"], "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
            });
            told.as_object_mut().unwrap().extend(script.described.as_object().unwrap().clone());
            Json(told)
        };
        let token = async |State(provider): State<Self>, Form(_): Form<Value>| -> Response {
            provider.speak().await;
            let (status, text) = provider.script().token.clone().unwrap();
            (status, [(header::CONTENT_TYPE, "application/json"), (header::LOCATION, "/again")], text)
                .into_response()
        };
        Router::new()
            .route("/.well-known/openid-configuration", get(description))
            .route("/keys", get(async |State(provider): State<Self>| Json(provider.script().keys.clone())))
            .route("/token", post(token))
            .route(
                "/person",
                get(async |State(provider): State<Self>| {
                    Json(provider.script().person.clone().unwrap_or_default())
                }),
            )
            .with_state(self.clone())
    }

    fn respond_with(&self, id_token: &str) {
        let body = json!({ "access_token": "a", "token_type": "Bearer", "id_token": id_token });
        self.script().token = Some((StatusCode::OK, body.to_string()));
    }
}

/// A tenant whose connection "elsewhere" is with a provider, who has the keys of this tenant.
async fn with_fake_provider() -> (TestTenant, FakeProvider) {
    let (listener, issuer) = socket().await;
    let connections = vec![through("elsewhere", "oidc", &issuer)];
    let tenant = TestTenant::with_connections(vec![user(&["auth0|1"])], options(), connections).await;
    let keys = tenant.call(Method::GET, "/.well-known/jwks.json", "").await.json();
    let script = Script {
        issuer,
        described: json!({}),
        keys,
        token: None,
        person: None,
        silent: false,
        described_times: 0,
    };
    let provider = FakeProvider(Arc::new(Mutex::new(script)));
    let router = provider.router();
    tokio::spawn(axum::serve(listener, router).into_future());
    (tenant, provider)
}

/// An attempt that waits for the provider's response.
struct Attempt<'b> {
    tenant: &'b TestTenant,
    browser: Browser<'b>,
    state: String,
    nonce: String,
}

impl<'b> Attempt<'b> {
    async fn start(tenant: &'b TestTenant, with: &[(&str, &str)]) -> Self {
        let mut browser = Browser::new(tenant);
        let way = leave(&mut browser, "elsewhere", with).await;
        let part = |name: &str| way.parameter(name).unwrap_or_else(|| panic!("{}", way.status_and_text()));
        let (state, nonce) = (part("state"), part("nonce"));
        Self { tenant, browser, state, nonce }
    }

    /// Claims of a good token.
    fn claims(&self, provider: &FakeProvider) -> Value {
        let now = self.tenant.clock.now().seconds();
        json!({ "iss": provider.script().issuer, "sub": "ann", "aud": "tenant", "iat": now, "exp": now + 60,
            "nonce": self.nonce, "email": "ann@example.test" })
    }

    async fn come_back(&mut self, more: &str) -> TestResponse {
        let path = format!("/login/callback/elsewhere?state={}{more}", self.state);
        self.browser.get(&path).await
    }
}

#[tokio::test]
async fn a_token_that_is_not_for_this_login_signs_nobody_in() {
    let (tenant, provider) = with_fake_provider().await;
    let issuer = provider.script().issuer.clone();
    let now = tenant.clock.now().seconds();
    for (claim, lie) in [
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
        claims[claim] = lie.clone();
        if lie.is_null() {
            claims.as_object_mut().unwrap().remove(claim);
        }
        provider.respond_with(&tenant.sign(&claims).await);
        let response = attempt.come_back("&code=c").await;
        assert_eq!(response.parameter("error").as_deref(), Some("server_error"), "{claim} {lie}");
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
        let response = attempt.come_back("&code=c").await;
        assert_eq!(response.parameter("error").as_deref(), Some("server_error"), "{forgery}");
        assert_nobody_signed_in(&tenant, &attempt.browser, &response, 1).await;
    }
    for head in [json!({ "alg": "none" }), json!({ "alg": "None", "typ": "JWT" }), json!({ "alg": "RS256" })]
    {
        let mut attempt = Attempt::start(&tenant, &[]).await;
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        provider.respond_with(&format!("{}.{}.", part(&head), part(&attempt.claims(&provider))));
        let response = attempt.come_back("&code=c").await;
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
    assert_eq!(attempt.come_back("&code=c").await.parameter("error").as_deref(), Some("server_error"));
    assert_eq!(provider.script().described_times, 1, "too early");
    tenant.clock.advance(Duration::from_secs(10));
    let mut attempt = Attempt::start(&tenant, &[]).await;
    provider.respond_with(&tenant.sign(&attempt.claims(&provider)).await);
    assert!(attempt.come_back("&code=c").await.parameter("code").is_some());
    assert_eq!(provider.script().described_times, 2);
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
        let response = attempt.come_back("&code=c").await;
        assert!(response.parameter("error").is_some(), "{status} {}", response.status_and_text());
        assert_nobody_signed_in(&tenant, &attempt.browser, &response, 1).await;
    }
}

#[tokio::test]
async fn the_iss_parameter_of_a_callback_is_checked_if_the_provider_supports_it() {
    let (tenant, provider) = with_fake_provider().await;
    provider.script().described = json!({ "authorization_response_iss_parameter_supported": true });
    for (more, taken) in [("", false), ("&iss=https://another.test/", false), ("&iss={issuer}", true)] {
        let mut attempt = Attempt::start(&tenant, &[]).await;
        provider.respond_with(&tenant.sign(&attempt.claims(&provider)).await);
        let more = more.replace("{issuer}", &provider.script().issuer);
        let response = attempt.come_back(&format!("&code=c{more}")).await;
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
    let connections = vec![through("elsewhere", "oidc", &issuer), through("beyond", "oidc", &issuer)];
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
    for (error, told) in [
        ("access_denied", "access_denied"),
        ("temporarily_unavailable", "temporarily_unavailable"),
        ("invalid_scope", "server_error"),
        ("%3Cscript%3E", "server_error"),
    ] {
        let mut attempt = Attempt::start(&tenant, &[]).await;
        let response = attempt.come_back(&format!("&error={error}&error_description=secret")).await;
        assert_eq!(response.parameter("error").as_deref(), Some(told), "{error}");
        assert_eq!(response.parameter("state").as_deref(), Some("the-state"));
        assert!(!response.location().contains("secret"));
        assert_nobody_signed_in(&tenant, &attempt.browser, &response, 1).await;
        assert_eq!(attempt.come_back("&code=c").await.status, StatusCode::BAD_REQUEST, "it is over");
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
        let way = browser.get(&format!("/u/connection?state={login_state}&connection=elsewhere")).await;
        let state = way.parameter("state").unwrap();
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
    provider.script().silent = true;
    let mut browser = Browser::new(&tenant);
    let login_state = browser.start_login(&[]).await;
    let path = format!("/u/connection?state={login_state}&connection=elsewhere");
    let page = browser.get(&path).await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.text.contains("Elsewhere does not answer at the moment."), "{}", page.status_and_text());
    provider.script().silent = false;
    assert_eq!(browser.get(&path).await.status, StatusCode::SERVICE_UNAVAILABLE, "not asked again at once");
    tenant.clock.advance(Duration::from_secs(10));
    assert_eq!(browser.get(&path).await.status, StatusCode::FOUND);

    let mut attempt = Attempt::start(&tenant, &[]).await;
    provider.script().silent = true;
    let response = attempt.come_back("&code=c").await;
    assert_eq!(response.parameter("error").as_deref(), Some("temporarily_unavailable"));
    assert_nobody_signed_in(&tenant, &attempt.browser, &response, 1).await;
}

#[tokio::test]
async fn a_tenant_opens_while_a_provider_is_down() {
    let (listener, issuer) = socket().await;
    drop(listener);
    let tenant =
        TestTenant::with_connections(vec![], options(), vec![through("elsewhere", "oidc", &issuer)]).await;
    let response = leave(&mut Browser::new(&tenant), "elsewhere", &[]).await;
    assert_eq!(response.parameter("error").as_deref(), Some("temporarily_unavailable"));
    assert_eq!(
        response.parameter("error_description").as_deref(),
        Some("Elsewhere does not answer at the moment. Try again in a while.")
    );
}

#[tokio::test]
async fn a_discovery_document_of_another_issuer_or_with_other_origins_is_refused() {
    let (tenant, provider) = with_fake_provider().await;
    for described in [
        json!({ "issuer": "https://another.test/" }),
        json!({ "authorization_endpoint": "http://another.test/authorize" }),
        json!({ "authorization_endpoint": "javascript:alert(1)" }),
        json!({ "jwks_uri": "http://another.test/keys" }),
    ] {
        tenant.clock.advance(Duration::from_hours(2));
        provider.script().described = described.clone();
        let response = leave(&mut Browser::new(&tenant), "elsewhere", &[]).await;
        assert!(response.parameter("error").is_some(), "{described} {}", response.status_and_text());
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
        let response = attempt.come_back("&code=c").await;
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
    let connections = vec![through("elsewhere", "oidc", &provider.script().issuer), {
        // "elsewhere|x" with the id "y" would be called like "elsewhere" with the id "x|y".
        through("elsewhere|x", "oidc", &issuer)
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
    let response = attempt.come_back("&code=c").await;
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
    for (told, email, verified) in [
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
        claims.as_object_mut().unwrap().extend(told.as_object().unwrap().clone());
        provider.respond_with(&tenant.sign(&claims).await);
        assert!(attempt.come_back("&code=c").await.parameter("code").is_some());
        let profile = tenant.row(id).await.unwrap().profile;
        assert_eq!((profile.email(), profile.email_verified()), (Some(email), Some(verified)), "{told}");
        assert_eq!(profile.name(), Some("Ann"), "what is not spoken of stays");
    }
}

#[tokio::test]
async fn userinfo_of_the_same_subject_completes_an_id_token_without_an_address() {
    let (tenant, provider) = with_fake_provider().await;
    for (subject, taken) in [("bob", false), ("ann", true)] {
        provider.script().person =
            Some(json!({ "sub": subject, "email": "ann@example.test", "email_verified": true }));
        let mut attempt = Attempt::start(&tenant, &[]).await;
        let mut claims = attempt.claims(&provider);
        claims.as_object_mut().unwrap().remove("email");
        provider.respond_with(&tenant.sign(&claims).await);
        let response = attempt.come_back("&code=c").await;
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
    let way = browser.get(&format!("/u/connection?state={login_state}&connection=elsewhere")).await;
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
    for secret in
        ["state", "nonce"].map(|name| way.parameter(name).unwrap()).iter().chain(browser.cookies.values())
    {
        assert!(!stored.contains(secret.as_str()), "{stored}");
    }
    // The challenge is that of a verifier which nobody has seen.
    assert_ne!(way.parameter("code_challenge").unwrap(), digest(way.parameter("nonce").unwrap().as_bytes()));
}
