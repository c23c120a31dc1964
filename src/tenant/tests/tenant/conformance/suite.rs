//! The suite's client: what it sends, what the person in front of its browser does, and what it checks each time.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request as HttpRequest, header};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};
use tenant::configuration::{BackchannelLogout, Client, ClientAuthentication, Connection, Options, Parts};
use tenant::secret::{Secret, digest};
use tenant::{Clock, Configuration, Moment};

use crate::test_tenant::{
    Browser, ClientKeyPair, DATABASE, PASSWORD, START, TestResponse, TestTenant, claims_in, client, email,
    user,
};

const ISSUER: &str = "https://op.example.test/";
pub(super) const CALLBACK: &str = "https://suite.example.test/test/a/ours/callback";
pub(super) const POST_LOGOUT: &str = "https://suite.example.test/test/a/ours/post_logout_redirect";
pub(super) const PERSON: &str = "auth0|1";

/// A client that the suite has from its configuration, with its secret.
#[derive(Clone, Copy, Debug)]
pub(super) struct Registered {
    pub(super) id: &'static str,
    secret: &'static str,
}

pub(super) const CLIENT: Registered = Registered { id: "suite", secret: "the secret/of the suite+" };
pub(super) const CLIENT2: Registered = Registered { id: "suite2", secret: "another secret" };
/// A client with a key, for request objects.
pub(super) const SIGNING: Registered = Registered { id: "suite-signing", secret: "a third secret" };

/// How the authorization response comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Default,
    FormPost,
}

/// How the client proves itself at the token endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Authentication {
    Basic,
    Post,
}

/// An authorization request. A parameter without a value is left out.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) client: Registered,
    pub(super) parameters: Vec<(String, String)>,
}

impl Request {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(key, value)| key == name && !value.is_empty());
        found.map(|(_, value)| value.as_str())
    }

    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.parameters.retain(|(key, _)| key != name);
        self.parameters.push((name.to_owned(), value.to_owned()));
    }

    pub(super) fn sent(&self) -> Vec<(&str, &str)> {
        let sent = self.parameters.iter().filter(|(_, value)| !value.is_empty());
        sent.map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    fn path(&self) -> String {
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(self.sent()).finish();
        format!("/authorize?{query}")
    }
}

/// The parameters of an authorization response, and whether the person was asked to sign in for it.
#[derive(Debug)]
pub(super) struct Callback {
    pub(super) parameters: BTreeMap<String, String>,
    pub(super) asked: bool,
}

impl Callback {
    pub(super) fn error(&self) -> Option<&str> {
        self.parameters.get("error").map(String::as_str)
    }
}

/// What the token endpoint gave for a code, checked.
#[derive(Debug)]
pub(super) struct Tokens {
    pub(super) body: Value,
    pub(super) access_token: String,
    pub(super) id_token: String,
    pub(super) claims: Value,
    /// The request that was sent for them.
    pub(super) form: Vec<(String, String)>,
}

pub(super) struct Suite {
    pub(super) tenant: TestTenant,
    pub(super) metadata: Value,
    mode: Mode,
    keys: Value,
}

impl Suite {
    pub(super) async fn open(mode: Mode) -> Self {
        Self::open_with(mode, |client| client).await
    }

    /// Opens a tenant that tells the clients of the suite at this address when a session ends.
    pub(super) async fn open_told(url: &str) -> Self {
        let logout = BackchannelLogout { url: Some(url.to_owned()), ..BackchannelLogout::default() };
        let told = |client| Client { backchannel_logout: logout.clone(), ..client };
        Self::open_with(Mode::Default, told).await
    }

    /// Opens a tenant with the clients of the suite, and reads its discovery document and its keys.
    async fn open_with(mode: Mode, change: impl Fn(Client) -> Client) -> Self {
        let registered = |registered: Registered| {
            change(Client {
                callbacks: vec![CALLBACK.to_owned()],
                allowed_logout_urls: vec![POST_LOGOUT.to_owned()],
                ..client(registered.id, ClientAuthentication::SecretPost, Some(registered.secret))
            })
        };
        let signing = Client { keys: vec![ClientKeyPair::rsa(0).public()], ..registered(SIGNING) };
        let configuration = Configuration::new(Parts {
            options: Options { end_session_discovery: true, ..Options::default() },
            clients: vec![registered(CLIENT), registered(CLIENT2), signing],
            connections: vec![Connection::new(DATABASE, "auth0")],
            ..Parts::default()
        });
        let mut person = user(&[PERSON]);
        for (name, value) in [
            ("email_verified", json!(true)),
            ("name", json!("Ada Lovelace")),
            ("given_name", json!("Ada")),
            ("family_name", json!("Lovelace")),
        ] {
            person.user.profile = person.user.profile.with(name, value);
        }
        let clock = Clock::settable(Moment::from_millis(START));
        let tenant =
            TestTenant::with_configuration(ISSUER, clock, configuration.unwrap(), vec![person]).await;
        let mut suite = Self { tenant, metadata: Value::Null, mode, keys: Value::Null };
        suite.metadata = suite.get("https://op.example.test/.well-known/openid-configuration").await;
        assert_eq!(suite.metadata["issuer"], ISSUER, "that of the address of the document");
        suite.keys = suite.get(suite.endpoint("jwks_uri")).await;
        for key in suite.keys["keys"].as_array().unwrap() {
            assert!(key["kid"].is_string() && key.get("d").is_none(), "a public key with an id: {key}");
        }
        suite
    }

    pub(super) fn browser(&self) -> Browser<'_> {
        Browser::new(&self.tenant)
    }

    /// Returns the address of an endpoint in the discovery document.
    pub(super) fn endpoint(&self, name: &str) -> &str {
        self.metadata[name].as_str().unwrap_or_else(|| panic!("discovery has no {name}"))
    }

    pub(super) fn path_of(&self, name: &str) -> &str {
        self.endpoint(name).strip_prefix(ISSUER.trim_end_matches('/')).unwrap()
    }

    async fn get(&self, url: &str) -> Value {
        let path = url.strip_prefix(ISSUER.trim_end_matches('/')).unwrap();
        let response = self.tenant.send(HttpRequest::get(path).body(Body::empty()).unwrap()).await;
        assert_eq!((response.status.as_u16(), response.header("content-type")), (200, "application/json"));
        response.json()
    }

    /// Returns the request of a client with a random state and nonce; `with` replaces or adds parameters.
    pub(super) fn request_of(&self, client: Registered, with: &[(&str, &str)]) -> Request {
        let [state, nonce] = [(), ()].map(|()| Secret::random().expose().to_owned());
        let mut request = Request { client, parameters: Vec::new() };
        for (name, value) in [
            ("client_id", client.id),
            ("redirect_uri", CALLBACK),
            ("scope", "openid"),
            ("state", &*state),
            ("nonce", &*nonce),
            ("response_type", "code"),
            ("response_mode", if self.mode == Mode::FormPost { "form_post" } else { "" }),
        ]
        .into_iter()
        .chain(with.iter().copied())
        {
            request.set(name, value);
        }
        request
    }

    pub(super) fn request(&self, with: &[(&str, &str)]) -> Request {
        self.request_of(CLIENT, with)
    }

    /// Sends a request in the browser. The person signs in where the tenant asks for it.
    pub(super) async fn authorize(&self, browser: &mut Browser<'_>, request: &Request) -> Callback {
        let response = self.send_to_login(browser, request).await;
        self.sign_in(browser, request, response).await
    }

    pub(super) async fn send_to_login(&self, browser: &mut Browser<'_>, request: &Request) -> TestResponse {
        browser.get(&request.path()).await
    }

    pub(super) async fn post_to_login(&self, browser: &mut Browser<'_>, request: &Request) -> TestResponse {
        browser.post(self.path_of("authorization_endpoint"), &request.sent()).await
    }

    /// Sends a request whose answer must be a page of the tenant. Returns its status.
    pub(super) async fn authorize_to_page(&self, browser: &mut Browser<'_>, request: &Request) -> u16 {
        let response = browser.get(&request.path()).await;
        assert_eq!(response.location(), "", "the browser stays");
        assert!(!response.text.contains("<form"), "nothing is posted anywhere: {}", response.text);
        assert!(response.header("content-type").starts_with("text/html"));
        response.status.as_u16()
    }

    /// Goes on from the response to a request up to the callback.
    pub(super) async fn sign_in(
        &self,
        browser: &mut Browser<'_>,
        request: &Request,
        mut response: TestResponse,
    ) -> Callback {
        let asked = response.location().starts_with("/u/login?state=");
        if asked {
            let login_state = response.parameter("state").unwrap();
            let page = browser.get(response.location()).await;
            assert_eq!((page.status.as_u16(), page.text.contains("type=\"password\"")), (200, true));
            response = browser.type_password(&login_state, &email(PERSON), PASSWORD).await;
        }
        // With `prompt=consent` the person allows what the page shows.
        if response.location().starts_with("/u/consent?") {
            let state = response.parameter("state").unwrap();
            response = browser.post("/u/consent", &[("state", &*state), ("choice", "accept")]).await;
        }
        let parameters = self.parameters(&response);
        let callback = Callback { parameters, asked };
        self.check_callback(request, &callback);
        callback
    }

    /// Returns the parameters that reach the callback, in the response mode of the profile.
    fn parameters(&self, response: &TestResponse) -> BTreeMap<String, String> {
        assert_eq!(response.header("cache-control"), "no-store");
        if self.mode == Mode::Default {
            assert_eq!(response.status, 302, "{}", response.text);
            let query = response.location().strip_prefix(&format!("{CALLBACK}?"));
            let query = query.unwrap_or_else(|| panic!("not the callback: {}", response.location()));
            return form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        }
        assert_eq!(response.status, 200, "{} {}", response.location(), response.text);
        assert!(response.text.contains(&format!("action=\"{CALLBACK}\"")), "{}", response.text);
        fields_of(&response.text).into_iter().collect()
    }

    /// `CheckMatchingStateParameter`, the check of `iss` (RFC 9207), and nothing that does not belong there.
    fn check_callback(&self, request: &Request, callback: &Callback) {
        let parameters = &callback.parameters;
        assert_eq!(parameters.get("state").map(String::as_str), request.get("state"));
        assert_eq!(self.metadata["authorization_response_iss_parameter_supported"], true);
        assert_eq!(parameters.get("iss").map(String::as_str), self.metadata["issuer"].as_str());
        let expected: &[&str] =
            if callback.error().is_some() { &["error", "error_description"] } else { &["code"] };
        for name in parameters.keys().filter(|name| !["state", "iss"].contains(&name.as_str())) {
            assert!(expected.contains(&name.as_str()), "unexpected {name}");
        }
        let is_text = |text: &String| text.chars().all(|c| matches!(c, ' '..='~') && c != '"' && c != '\\');
        assert!(parameters.get("error").is_none_or(is_text));
    }

    /// Exchanges the code of a callback by a Basic header, with every check; then asks for the claims of the person.
    pub(super) async fn complete(&self, request: &Request, callback: &Callback) -> Tokens {
        self.complete_as(Authentication::Basic, request, callback, &[]).await
    }

    pub(super) async fn complete_as(
        &self,
        authentication: Authentication,
        request: &Request,
        callback: &Callback,
        with: &[(&str, &str)],
    ) -> Tokens {
        assert_eq!(callback.error(), None, "{callback:?}");
        let code = callback.parameters["code"].clone();
        let form = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", CALLBACK)];
        let form: Vec<_> =
            form.iter().chain(with).map(|(key, value)| ((*key).into(), (*value).into())).collect();
        let response = self.token(authentication, request.client, &form).await;
        let tokens = self.check_tokens(request, &response, form);
        let userinfo = self.userinfo(Method::GET, &tokens).await;
        assert_eq!(userinfo["sub"], tokens.claims["sub"], "OpenID Connect Core 5.3.2");
        tokens
    }

    /// A whole code flow; `with` replaces or adds parameters of the authorization request.
    pub(super) async fn flow(&self, browser: &mut Browser<'_>, with: &[(&str, &str)]) -> Tokens {
        let request = self.request(with);
        let callback = self.authorize(browser, &request).await;
        self.complete(&request, &callback).await
    }

    pub(super) async fn token(
        &self,
        authentication: Authentication,
        client: Registered,
        form: &[(String, String)],
    ) -> TestResponse {
        let mut fields: Vec<(&str, &str)> = form.iter().map(|(key, value)| (&**key, &**value)).collect();
        let mut request = HttpRequest::post(self.path_of("token_endpoint"))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        match authentication {
            Authentication::Post => {
                fields.extend([("client_id", client.id), ("client_secret", client.secret)]);
            }
            Authentication::Basic => {
                let encode =
                    |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
                let credentials = format!("{}:{}", encode(client.id), encode(client.secret));
                request =
                    request.header(header::AUTHORIZATION, format!("Basic {}", STANDARD.encode(credentials)));
            }
        }
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.tenant.send(request.body(Body::from(body)).unwrap()).await
    }

    /// The checks of a token response: status, headers, token type, lifetime, and the ID token.
    pub(super) fn check_tokens(
        &self,
        request: &Request,
        response: &TestResponse,
        form: Vec<(String, String)>,
    ) -> Tokens {
        assert_eq!(response.status, 200, "{}", response.text);
        assert_eq!(response.header("content-type"), "application/json");
        assert_eq!((response.header("cache-control"), response.header("pragma")), ("no-store", "no-cache"));
        let body = response.json();
        assert!(body["token_type"].as_str().unwrap().eq_ignore_ascii_case("bearer"));
        assert!(body["expires_in"].as_u64().unwrap() > 0, "a positive number");
        let text = |key: &str| {
            let text = body[key].as_str().unwrap_or_else(|| panic!("no {key}: {body}"));
            assert!(text.len() >= 32 && text.bytes().all(|byte| (0x21..=0x7e).contains(&byte)), "{key}");
            text.to_owned()
        };
        let (access_token, id_token) = (text("access_token"), text("id_token"));
        let claims = self.check_id_token(request, &id_token);
        let half = &URL_SAFE_NO_PAD.decode(digest(access_token.as_bytes())).unwrap()[..16];
        assert!(claims.get("at_hash").is_none_or(|hash| *hash == URL_SAFE_NO_PAD.encode(half)));
        Tokens { body, access_token, id_token, claims, form }
    }

    /// `ValidateIdTokenSignature`, `ValidateIdTokenSignatureUsingKid`. Returns the claims.
    pub(super) fn verify(&self, token: &str) -> Value {
        let header = jsonwebtoken::decode_header(token).unwrap();
        let supported = self.metadata["id_token_signing_alg_values_supported"].as_array().unwrap();
        assert!(supported.contains(&json!(format!("{:?}", header.alg))));
        let kid = header.kid.expect("a kid");
        let keys = self.keys["keys"].as_array().unwrap();
        let key = keys.iter().find(|key| key["kid"] == *kid).expect("a key of the set");
        let part = |name: &str| key[name].as_str().unwrap();
        let key = DecodingKey::from_rsa_components(part("n"), part("e")).unwrap();
        let mut validation = Validation::new(Algorithm::RS256);
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        jsonwebtoken::decode::<Value>(token, &key, &validation).expect("a signature").claims
    }

    /// `ValidateIdToken`, `ValidateIdTokenNonce`, `CheckForSubjectInIdToken`.
    fn check_id_token(&self, request: &Request, token: &str) -> Value {
        let claims = self.verify(token);
        assert_eq!(claims["iss"], self.metadata["issuer"]);
        assert_eq!(claims["aud"], request.client.id, "for this client alone, so that it needs no azp");
        let now = self.tenant.clock.now().seconds();
        let (iat, exp) = (claims["iat"].as_i64().unwrap(), claims["exp"].as_i64().unwrap());
        assert!(exp > now && iat <= now && iat > now - 300, "{claims}");
        assert!(claims.get("nbf").is_none_or(|nbf| nbf.as_i64().unwrap() <= now));
        assert!(claims.get("auth_time").is_none_or(|time| time.as_i64().unwrap() <= now));
        let sub = claims["sub"].as_str().unwrap();
        assert!(!sub.is_empty() && sub.len() <= 255 && sub.is_ascii(), "{sub}");
        assert_eq!(claims.get("nonce").and_then(Value::as_str), request.get("nonce"));
        claims
    }

    /// Returns the claims of the person, with the token in the header.
    pub(super) async fn userinfo(&self, method: Method, tokens: &Tokens) -> Value {
        let path = self.path_of("userinfo_endpoint");
        let response = self.tenant.call(method, path, &tokens.access_token).await;
        check_userinfo(&response, tokens)
    }

    /// Lets time pass instead of the suite's waiting.
    pub(super) fn wait(&self, seconds: u64) {
        self.tenant.clock.advance(Duration::from_secs(seconds));
    }

    /// Sends the browser to the end session endpoint. The person confirms where the tenant asks for it.
    pub(super) async fn end_session(
        &self,
        browser: &mut Browser<'_>,
        parameters: &[(&str, &str)],
    ) -> TestResponse {
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        let path = self.path_of("end_session_endpoint");
        let response = browser.get(&format!("{path}?{query}")).await;
        if !response.text.contains("Do you want to sign out?") {
            return response;
        }
        let fields = fields_of(&response.text);
        let fields: Vec<_> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
        browser.post(path, &fields).await
    }

    /// A request with `prompt=none` must fail now.
    pub(super) async fn check_signed_out(&self, browser: &mut Browser<'_>) {
        let callback = self.authorize(browser, &self.request(&[("prompt", "none")])).await;
        check_needs_a_person(&callback);
    }
}

/// The checks of a response with the claims of the person.
pub(super) fn check_userinfo(response: &TestResponse, tokens: &Tokens) -> Value {
    assert_eq!(response.status, 200, "{}", response.text);
    assert_eq!(response.header("content-type"), "application/json");
    let claims = response.json();
    assert_eq!(claims["sub"], tokens.claims["sub"]);
    let is_claim = |(name, value): (&String, &Value)| match name.as_str() {
        "email_verified" | "phone_number_verified" => value.is_boolean(),
        "address" => value.is_object(),
        _ => value.is_string(),
    };
    assert!(claims.as_object().unwrap().iter().all(is_claim), "{claims}");
    claims
}

/// `CheckErrorFromAuthorizationEndpointIsOneThatRequiredAUserInterface`.
pub(super) fn check_needs_a_person(callback: &Callback) {
    let errors = ["interaction_required", "login_required", "account_selection_required", "consent_required"];
    assert!(callback.error().is_some_and(|error| errors.contains(&error)), "{callback:?}");
}

/// The `invalid_grant` of a token endpoint, with the status that Auth0 has for it: 403. The suite expects 400
/// (`CheckTokenEndpointHttpStatus400`).
pub(super) fn check_invalid_grant(response: &TestResponse) {
    assert_eq!((response.status.as_u16(), response.header("content-type")), (403, "application/json"));
    let body = response.json();
    assert_eq!(body["error"], "invalid_grant");
    let description = body["error_description"].as_str().unwrap();
    assert!(description.chars().all(|c| matches!(c, ' '..='~')), "{description}");
}

/// Two sign-ins in one session: the same person, and the same time where the tokens have it.
pub(super) fn check_same_sign_in(first: &Tokens, second: &Tokens) {
    assert_eq!(first.claims["sub"], second.claims["sub"]);
    if let (Some(before), Some(after)) = (first.claims.get("auth_time"), second.claims.get("auth_time")) {
        assert_eq!(before, after);
    }
    assert_eq!(claims_in(&first.id_token)["sid"], claims_in(&second.id_token)["sid"]);
}

/// Returns the hidden fields of a page.
fn fields_of(html: &str) -> Vec<(String, String)> {
    let plain = |text: &str| {
        let text = text.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">");
        text.replace("&amp;", "&")
    };
    let attribute = |input: &str, name: &str| {
        let (_, rest) = input.split_once(&format!("{name}=\""))?;
        rest.split_once('"').map(|(value, _)| plain(value))
    };
    let inputs = html.split("<input").skip(1).filter(|input| input.contains("type=\"hidden\""));
    inputs.filter_map(|input| Some((attribute(input, "name")?, attribute(input, "value")?))).collect()
}
