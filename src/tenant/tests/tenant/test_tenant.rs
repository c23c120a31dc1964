//! A tenant on a database of its own, a clock that stands still, and browsers and API callers to meet it.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http_body_util::BodyExt;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use model::{Identity, Profile, User, UserId};
use serde_json::{Value, json};
use store::{SigningKeyRow, Store, UserRow};
use tempfile::TempDir;
use tenant::configuration::{
    ApplicationType, Client, ClientAuthentication, ClientGrant, Connection, Database, Options, PasswordLevel,
    PasswordPolicy, RefreshTokens, Usernames,
};
use tenant::mail::{Carrier, Mail};
use tenant::secret::{Secret, digest};
use tenant::seed::{SeedPassword, SeedUser};
use tenant::{Clock, Configuration, Issuer, Moment, Tenant};
use tokio::net::TcpListener;
use tokio::sync::OnceCell;
use tower::ServiceExt;

pub(crate) const ISSUER: &str = "http://localhost:3000/";
pub(crate) const AUDIENCE: &str = "http://localhost:3000/api/v2/";
/// A callback of the client "simple" whose origin may not receive messages.
pub(crate) const UNFRAMED: &str = "https://elsewhere.example.test/callback";
/// An API of somebody's own.
pub(crate) const API: &str = "https://things.example.test/";
pub(crate) const CALLBACK: &str = "http://localhost:3000/callback";
pub(crate) const PAGE: &str = "page";
pub(crate) const PASSWORD: &str = "correct horse";
pub(crate) const DATABASE: &str = "Username-Password-Authentication";
pub(crate) const SCOPE: &str = "openid profile email read:current_user update:current_user_identities";

/// How long the client "patient" may use a rotated refresh token.
pub(crate) const LEEWAY: Duration = Duration::from_secs(10);

/// When every story begins: 2026-01-01T00:00:00.000Z.
pub(crate) const START: i64 = 1_767_225_600_000;

pub(crate) struct TestTenant {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    issuer: Issuer,
    configuration: Configuration,
    router: Router,
    mails: Arc<Mails>,
    folder: TempDir,
}

/// The mails that were sent, the oldest first.
#[derive(Default)]
pub(crate) struct Mails(Mutex<Vec<Mail>>);

impl Carrier for Mails {
    fn carry(&self, mail: &Mail) -> std::io::Result<()> {
        self.0.lock().unwrap().push(mail.clone());
        Ok(())
    }
}

/// An response, read whole.
pub(crate) struct TestResponse {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl TestResponse {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {} {}", self.status, self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn location(&self) -> &str {
        self.header("location")
    }

    /// A parameter of the redirect.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        let url = url::Url::parse(ISSUER).unwrap().join(self.location()).unwrap();
        url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    /// Status and body in one text, for snapshots.
    pub(crate) fn status_and_text(&self) -> String {
        format!("{} {}", self.status.as_u16(), self.text)
    }
}

pub(crate) fn client(client_id: &str, authentication: ClientAuthentication, secret: Option<&str>) -> Client {
    Client {
        client_id: client_id.to_owned(),
        client_secret: secret.map(Secret::new),
        name: format!("The {client_id}"),
        application_type: ApplicationType::SinglePage,
        authentication,
        callbacks: vec![CALLBACK.to_owned()],
        allowed_logout_urls: vec!["http://localhost:3000/".to_owned()],
        initiate_login_uri: None,
        web_origins: vec!["http://localhost:3000".to_owned()],
        grant_types: vec!["authorization_code".to_owned(), "refresh_token".to_owned()],
        refresh_tokens: RefreshTokens::default(),
    }
}

fn identity(id: &str, profile: Profile) -> Identity {
    let key = UserId::new(id).as_identity_key().unwrap();
    let connection = match key.provider.as_str() {
        "auth0" => DATABASE,
        "samlp" => "acme",
        other => other,
    };
    Identity {
        profile_data: Some(profile),
        connection: model::ConnectionName::new(connection),
        is_social: key.provider.is_social(),
        user_id: key.user_id,
        provider: key.provider,
    }
}

/// A user with these identities, the primary first. The e-mail address of each is `{id}@example.test` with
/// everything but letters and digits left out.
pub(crate) fn user(ids: &[&str]) -> SeedUser {
    let mut identities: Vec<Identity> =
        ids.iter().map(|id| identity(id, Profile::default().with("email", email(id)))).collect();
    let profile = identities[0].profile_data.take().unwrap();
    SeedUser {
        password: ids.iter().any(|id| id.starts_with("auth0|")).then(|| {
            // The lowest cost that bcrypt knows: these stories are not about its strength.
            SeedPassword::Bcrypt(bcrypt::hash(PASSWORD, 4).unwrap())
        }),
        user: User {
            user_id: UserId::new(ids[0]),
            identities,
            created_at: None,
            updated_at: None,
            last_login: None,
            last_ip: None,
            logins_count: None,
            blocked: None,
            user_metadata: Some(json!({ "theme": "dark" }).as_object().unwrap().clone()),
            app_metadata: None,
            profile,
        },
    }
}

pub(crate) fn email(id: &str) -> String {
    let local: String = id.chars().filter(char::is_ascii_alphanumeric).collect();
    format!("{}@example.test", local.to_lowercase())
}

/// Keys take their time to make, so all benches share those of the first.
static KEYS: OnceCell<Vec<SigningKeyRow>> = OnceCell::const_new();

async fn make_keys() -> Vec<SigningKeyRow> {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&format!("sqlite:{}", folder.path().join("keys.db").display())).await.unwrap();
    let nothing = Configuration::new(Options::default(), Vec::new(), Vec::new(), Vec::new()).unwrap();
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

/// What every tenant but a provider's has, and these connections.
fn configuration(options: Options, connections: Vec<Connection>) -> Configuration {
    let machine = Client {
        application_type: ApplicationType::Machine,
        grant_types: vec!["client_credentials".to_owned()],
        ..client("machine", ClientAuthentication::SecretPost, Some("machine secret"))
    };
    Configuration::new(
        options,
        vec![
            client(PAGE, ClientAuthentication::None, None),
            client("other", ClientAuthentication::None, None),
            Client {
                refresh_tokens: RefreshTokens { rotate: false, ..RefreshTokens::default() },
                ..client("web", ClientAuthentication::SecretPost, Some("web secret"))
            },
            Client {
                refresh_tokens: RefreshTokens { leeway: LEEWAY, ..RefreshTokens::default() },
                ..client("patient", ClientAuthentication::None, None)
            },
            Client {
                grant_types: vec!["authorization_code".to_owned()],
                callbacks: vec![CALLBACK.to_owned(), UNFRAMED.to_owned()],
                ..client("simple", ClientAuthentication::None, None)
            },
            Client {
                grant_types: vec!["implicit".to_owned()],
                ..client("implicit", ClientAuthentication::SecretPost, Some("implicit secret"))
            },
            // A machine without a grant, and one without a secret.
            Client {
                client_id: "idle".to_owned(),
                client_secret: Some(Secret::new("idle secret")),
                ..machine.clone()
            },
            Client {
                client_id: "open".to_owned(),
                authentication: ClientAuthentication::None,
                ..machine.clone()
            },
            machine,
        ],
        vec![
            Connection::new(DATABASE, "auth0"),
            Connection::new("google-oauth2", "google-oauth2"),
            Connection::new("github", "github"),
            Connection::new("acme", "samlp"),
            Connection::new("sms", "sms"),
            Connection {
                enabled_clients: Some(vec!["other".to_owned()]),
                ..Connection::new("facebook", "facebook")
            },
            Connection { pinned: true, ..Connection::new("waad", "waad") },
            Connection {
                enabled_clients: Some(vec!["other".to_owned()]),
                database: Database {
                    usernames: Some(Usernames::default()),
                    passwords: PasswordPolicy { level: PasswordLevel::Good, min_length: None },
                    ..Database::default()
                },
                ..Connection::new("members", "auth0")
            },
            Connection {
                enabled_clients: Some(vec!["other".to_owned()]),
                database: Database { sign_up: false, ..Database::default() },
                ..Connection::new("staff", "auth0")
            },
            Connection { enabled_clients: Some(Vec::new()), ..Connection::new("linkedin", "linkedin") },
        ]
        .into_iter()
        .chain(connections)
        .collect(),
        vec![
            ClientGrant {
                client_id: "machine".to_owned(),
                audience: AUDIENCE.to_owned(),
                scopes: model::Scopes::parse("read:users update:users"),
            },
            ClientGrant {
                client_id: "machine".to_owned(),
                audience: API.to_owned(),
                scopes: model::Scopes::parse("read:things write:things"),
            },
        ],
    )
    .unwrap()
}

impl TestTenant {
    /// A tenant with these users, see [`user`].
    pub(crate) async fn with_users(users: &[&[&str]]) -> Self {
        Self::with_seeds(users.iter().map(|ids| user(ids)).collect()).await
    }

    pub(crate) async fn with_seeds(seeds: Vec<SeedUser>) -> Self {
        Self::with_options(seeds, Options { stand_ins: true, ..Options::default() }).await
    }

    pub(crate) async fn with_options(seeds: Vec<SeedUser>, options: Options) -> Self {
        Self::with_connections(seeds, options, Vec::new()).await
    }

    /// With these connections besides the usual ones.
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
        let folder = tempfile::tempdir().unwrap();
        let store =
            Store::open(&format!("sqlite:{}", folder.path().join("tenant.db").display())).await.unwrap();
        let keys = KEYS.get_or_init(make_keys).await.clone();
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
        Self { store, clock, issuer, configuration, router: tenant.router(), mails, folder }
    }

    /// Adds users, as a restart with a users file does.
    pub(crate) async fn seed(&self, seeds: Vec<SeedUser>) {
        let tenant =
            open(&self.store, &self.issuer, &self.configuration, &self.clock, self.mails.clone()).await;
        tenant.seed(seeds).await.unwrap();
    }

    /// The mails that were sent since they were last taken.
    pub(crate) fn take_mails(&self) -> Vec<Mail> {
        std::mem::take(&mut self.mails.0.lock().unwrap())
    }

    /// The path that the link of the one mail leads to.
    pub(crate) fn take_link(&self) -> String {
        let [mail] = &self.take_mails()[..] else { panic!("not one mail") };
        mail.link.strip_prefix(ISSUER.trim_end_matches('/')).unwrap().to_owned()
    }

    /// Opens the tenant again, as a restart does.
    pub(crate) async fn reopen(&mut self) {
        let (store, issuer, mails) = (&self.store, &self.issuer, self.mails.clone());
        self.router = open(store, issuer, &self.configuration, &self.clock, mails).await.router();
    }

    /// Answers on a socket as well, for whoever is not on this tenant.
    pub(crate) fn listen(&self, listener: TcpListener) {
        tokio::spawn(axum::serve(listener, self.router.clone()).into_future());
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> TestResponse {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        TestResponse {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    /// A Management API call without a body.
    pub(crate) async fn call(&self, method: Method, path: &str, token: &str) -> TestResponse {
        let request = Request::builder().method(method).uri(path);
        let request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        self.send(request.body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post_json(&self, path: &str, token: Option<&str>, body: &Value) -> TestResponse {
        self.send_json(Method::POST, path, token, body).await
    }

    pub(crate) async fn send_json(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: &Value,
    ) -> TestResponse {
        let request = Request::builder().method(method).uri(path);
        let mut request = request.header(header::CONTENT_TYPE, "application/json; charset=utf-8");
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    pub(crate) async fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> TestResponse {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body))
            .unwrap();
        self.send(request).await
    }

    /// Whether this text stands anywhere in the files of the database.
    pub(crate) fn stores(&self, text: &str) -> bool {
        std::fs::read_dir(self.folder.path()).unwrap().any(|file| {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            bytes.windows(text.len()).any(|window| window == text.as_bytes())
        })
    }

    /// What is stored about a user.
    pub(crate) async fn row(&self, id: &str) -> Option<UserRow> {
        self.store.read().await.unwrap().find_user(&UserId::new(id)).await.unwrap()
    }

    /// The ids of a user's stored identities, the primary first.
    pub(crate) async fn identities(&self, id: &str) -> Vec<String> {
        let row = self.row(id).await.unwrap_or_else(|| panic!("no user {id}"));
        row.identities.iter().map(|identity| identity.key().as_user_id().to_string()).collect()
    }

    /// The tenant's own signing key and its id: for tokens that only the tenant could have made.
    pub(crate) async fn key(&self) -> (String, EncodingKey) {
        let keys = self.store.read().await.unwrap().list_signing_keys().await.unwrap();
        let key = keys.first().unwrap();
        (key.kid.clone(), EncodingKey::from_rsa_pem(key.pem.as_bytes()).unwrap())
    }

    /// Signs claims as the tenant does.
    pub(crate) async fn sign(&self, claims: &Value) -> String {
        let (kid, key) = self.key().await;
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some(kid);
        jsonwebtoken::encode(&header, claims, &key).unwrap()
    }

    /// The claims of a good access token for `sub`, good for an hour.
    pub(crate) fn claims(&self, sub: &str, scope: &str) -> Value {
        let now = self.clock.now().seconds();
        json!({ "iss": ISSUER, "sub": sub, "aud": AUDIENCE, "azp": PAGE, "iat": now, "exp": now + 3600,
            "scope": scope })
    }

    /// A user-bound access token as the page gets one.
    pub(crate) async fn user_token(&self, sub: &str) -> String {
        self.sign(&self.claims(sub, "openid read:current_user update:current_user_identities")).await
    }

    /// A machine's access token.
    pub(crate) async fn machine_token(&self, scope: &str) -> String {
        let mut claims = self.claims("machine@clients", scope);
        claims["azp"] = json!("machine");
        claims["gty"] = json!("client-credentials");
        self.sign(&claims).await
    }

    /// An ID token of `sub` for `client_id`.
    pub(crate) async fn id_token(&self, sub: &str, client_id: &str) -> String {
        let now = self.clock.now().seconds();
        self.sign(&json!({ "iss": ISSUER, "sub": sub, "aud": client_id, "iat": now, "exp": now + 3600 }))
            .await
    }
}

/// The claims in a token, unverified.
pub(crate) fn claims_in(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

/// An authorization request as the page makes it; `with` replaces or adds parameters, an empty value removes.
pub(crate) fn authorize_path(with: &[(&str, &str)]) -> String {
    let challenge = digest(VERIFIER.as_bytes());
    let mut parameters: BTreeMap<&str, &str> = BTreeMap::from([
        ("client_id", PAGE),
        ("response_type", "code"),
        ("redirect_uri", CALLBACK),
        ("scope", SCOPE),
        ("audience", AUDIENCE),
        ("state", "the-state"),
        ("nonce", "the-nonce"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ]);
    parameters.extend(with.iter().copied());
    parameters.retain(|_, value| !value.is_empty());
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    format!("/authorize?{query}")
}

/// Long enough for RFC 7636 section 4.1.
pub(crate) const VERIFIER: &str = "a-verifier-of-more-than-forty-three-characters";

/// A browser: it keeps cookies and sends forms from the tenant's own origin.
pub(crate) struct Browser<'b> {
    tenant: &'b TestTenant,
    pub(crate) cookies: BTreeMap<String, String>,
    pub(crate) origin: &'b str,
    /// Where its connections come from.
    pub(crate) address: Option<IpAddr>,
    /// What it says about where they come from.
    pub(crate) forwarded_for: Option<String>,
}

impl<'b> Browser<'b> {
    pub(crate) fn new(tenant: &'b TestTenant) -> Self {
        Self {
            tenant,
            cookies: BTreeMap::new(),
            origin: tenant.issuer.origin(),
            address: None,
            forwarded_for: None,
        }
    }

    async fn send(&mut self, mut request: Request<Body>) -> TestResponse {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request.headers_mut().insert(header::COOKIE, cookies.join("; ").parse().unwrap());
        }
        if let Some(address) = self.address {
            request.extensions_mut().insert(ConnectInfo(SocketAddr::new(address, 50_000)));
        }
        if let Some(forwarded_for) = &self.forwarded_for {
            request.headers_mut().insert("x-forwarded-for", forwarded_for.parse().unwrap());
        }
        let response = self.tenant.send(request).await;
        for cookie in response.headers.get_all(header::SET_COOKIE) {
            let text = cookie.to_str().unwrap();
            let (name, rest) = text.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            if text.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        response
    }

    pub(crate) async fn get(&mut self, path: &str) -> TestResponse {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> TestResponse {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ORIGIN, self.origin)
            .body(Body::from(body))
            .unwrap();
        self.send(request).await
    }

    /// Asks to sign in and gets as far as the login page: the handle in its address.
    pub(crate) async fn start_login(&mut self, with: &[(&str, &str)]) -> String {
        let response = self.get(&authorize_path(with)).await;
        response.parameter("state").unwrap_or_else(|| panic!("no login page: {}", response.status_and_text()))
    }

    /// Types a password; the answer is a redirect with a code if it was right.
    pub(crate) async fn type_password(
        &mut self,
        login_state: &str,
        username: &str,
        password: &str,
    ) -> TestResponse {
        let fields = [("state", login_state), ("username", username), ("password", password)];
        self.post("/u/login", &fields).await
    }

    /// Signs in with a password: the code.
    pub(crate) async fn sign_in(&mut self, id: &str, with: &[(&str, &str)]) -> String {
        let login_state = self.start_login(with).await;
        let response = self.type_password(&login_state, &email(id), PASSWORD).await;
        response.parameter("code").unwrap_or_else(|| panic!("no code: {}", response.status_and_text()))
    }

    /// Chooses somebody at a stand-in.
    pub(crate) async fn stand_in(&mut self, connection: &str, fields: &[(&str, &str)]) -> TestResponse {
        let login_state = self.start_login(&[("connection", connection)]).await;
        let fields: Vec<_> = [("state", &*login_state), ("connection", connection)]
            .into_iter()
            .chain(fields.iter().copied())
            .collect();
        self.post("/u/stand-in", &fields).await
    }
}

impl TestTenant {
    /// Trades a code as the page does; `with` replaces or adds parameters, an empty value removes.
    pub(crate) async fn exchange_code(&self, code: &str, with: &[(&str, &str)]) -> TestResponse {
        let mut fields: BTreeMap<&str, &str> = BTreeMap::from([
            ("grant_type", "authorization_code"),
            ("client_id", PAGE),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ]);
        fields.extend(with.iter().copied());
        fields.retain(|_, value| !value.is_empty());
        let fields: Vec<_> = fields.into_iter().collect();
        self.post_form("/oauth/token", &fields).await
    }

    /// Signs in with `offline_access` and trades the code: the tokens.
    pub(crate) async fn tokens(&self, browser: &mut Browser<'_>, id: &str, client: &str) -> Value {
        let scope = format!("{SCOPE} offline_access");
        let code =
            browser.sign_in(id, &[("scope", &scope), ("client_id", client), ("prompt", "login")]).await;
        let response =
            self.exchange_code(&code, &[("client_id", client), ("client_secret", "web secret")]).await;
        assert_eq!(response.status, 200, "{}", response.text);
        response.json()
    }

    /// Exchanges a refresh token; `with` replaces or adds parameters, an empty value removes.
    pub(crate) async fn refresh(&self, token: &str, with: &[(&str, &str)]) -> TestResponse {
        let mut fields: BTreeMap<&str, &str> =
            BTreeMap::from([("grant_type", "refresh_token"), ("client_id", PAGE), ("refresh_token", token)]);
        fields.extend(with.iter().copied());
        fields.retain(|_, value| !value.is_empty());
        let fields: Vec<_> = fields.into_iter().collect();
        self.post_form("/oauth/token", &fields).await
    }

    /// Whether a refresh token is stored.
    pub(crate) async fn has_refresh_token(&self, token: &str) -> bool {
        let digest = Secret::new(token).digest();
        self.store.read().await.unwrap().find_refresh_token(&digest).await.unwrap().is_some()
    }

    /// Blocks a user, or opens the account again.
    pub(crate) async fn block(&self, id: &str, blocked: bool) {
        let row = UserRow { blocked: Some(blocked), ..self.row(id).await.unwrap() };
        let update = self.store.write::<_, store::Error, _>(move |unit| {
            Box::pin(async move { unit.update_account(&row).await })
        });
        assert!(update.await.unwrap());
    }

    /// Whose account a code opens.
    pub(crate) async fn account_of(&self, code: &str) -> String {
        let tokens = self.exchange_code(code, &[]).await.json();
        claims_in(tokens["id_token"].as_str().unwrap())["sub"].as_str().unwrap().to_owned()
    }
}
