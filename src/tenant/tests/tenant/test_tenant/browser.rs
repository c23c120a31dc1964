//! Requests of a browser: cookies, forms, and sign-in on the hosted pages.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, header};
use tenant::secret::digest;

use super::{AUDIENCE, CALLBACK, PAGE, PASSWORD, SCOPE, TestResponse, TestTenant, email};

/// Returns the path of an authorization request like that of the page. `with` replaces or adds parameters; an
/// empty value removes one.
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

/// A PKCE code verifier of the required length (RFC 7636 section 4.1).
pub(crate) const VERIFIER: &str = "a-verifier-of-more-than-forty-three-characters";

/// A browser: it stores cookies and sends forms from the tenant's origin.
pub(crate) struct Browser<'b> {
    tenant: &'b TestTenant,
    pub(crate) cookies: BTreeMap<String, String>,
    pub(crate) origin: &'b str,
    /// The value of `Accept` in posted forms. The default is that of clients without a page; those get redirects.
    pub(crate) accept: &'b str,
    /// Further headers of every request.
    pub(crate) headers: Vec<(&'b str, &'b str)>,
    /// The IP address of its connections.
    pub(crate) address: Option<IpAddr>,
    /// The value of `X-Forwarded-For`.
    pub(crate) forwarded_for: Option<String>,
}

impl<'b> Browser<'b> {
    pub(crate) fn new(tenant: &'b TestTenant) -> Self {
        Self {
            tenant,
            cookies: BTreeMap::new(),
            origin: tenant.issuer.origin(),
            accept: "*/*",
            headers: Vec::new(),
            address: None,
            forwarded_for: None,
        }
    }

    async fn send(&mut self, mut request: Request<Body>) -> TestResponse {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request.headers_mut().insert(header::COOKIE, cookies.join("; ").parse().unwrap());
        }
        for (name, value) in &self.headers {
            let name: header::HeaderName = name.parse().unwrap();
            request.headers_mut().insert(name, value.parse().unwrap());
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
            .header(header::ACCEPT, self.accept)
            .body(Body::from(body))
            .unwrap();
        self.send(request).await
    }

    /// Sends an authorization request up to the login page and returns the `state` in its address.
    pub(crate) async fn start_login(&mut self, with: &[(&str, &str)]) -> String {
        let response = self.get(&authorize_path(with)).await;
        response.parameter("state").unwrap_or_else(|| panic!("no login page: {}", response.status_and_text()))
    }

    /// Submits the login form; the response is a redirect with a code if the password is correct.
    pub(crate) async fn type_password(
        &mut self,
        login_state: &str,
        username: &str,
        password: &str,
    ) -> TestResponse {
        let fields = [("state", login_state), ("username", username), ("password", password)];
        self.post("/u/login", &fields).await
    }

    /// Signs in with a password and returns the code.
    pub(crate) async fn sign_in(&mut self, id: &str, with: &[(&str, &str)]) -> String {
        let login_state = self.start_login(with).await;
        let response = self.type_password(&login_state, &email(id), PASSWORD).await;
        response.parameter("code").unwrap_or_else(|| panic!("no code: {}", response.status_and_text()))
    }

    /// Submits the form of a stand-in.
    pub(crate) async fn stand_in(&mut self, connection: &str, fields: &[(&str, &str)]) -> TestResponse {
        let login_state = self.start_login(&[("connection", connection)]).await;
        let fields: Vec<_> = [("state", &*login_state), ("connection", connection)]
            .into_iter()
            .chain(fields.iter().copied())
            .collect();
        self.post("/u/stand-in", &fields).await
    }
}
