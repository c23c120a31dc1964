//! A tenant with the answers of Auth0, and a host of the page.
//!
//! The texts are those that people quote from Auth0 (contract [C1](model::contract#c1), [C3](model::contract#c3),
//! [C4](model::contract#c4)).

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::form_urlencoded;

pub(crate) const CLIENT: &str = "q7oV3xkT";
pub(crate) const SECRET: &str = "a secret of the reader";
const SCRIPT: &str = "start()";

/// The origins of a set-up that is served.
pub(crate) struct Running {
    pub(crate) tenant: String,
    pub(crate) page: String,
    /// What the tenant was asked: methods and paths.
    pub(crate) requests: Requests,
}

pub(crate) type Requests = Arc<Mutex<Vec<String>>>;

/// A tenant as in the documentation, with one client. In lists `PAGE` stands for the origin of the page, `TENANT` for that of the
/// tenant.
#[derive(Clone)]
pub(crate) struct StubTenant {
    pub(crate) issuer: &'static str,
    pub(crate) algorithms: Vec<&'static str>,
    pub(crate) keys: Value,
    pub(crate) date: &'static str,
    pub(crate) client_id: String,
    pub(crate) needs_secret: bool,
    pub(crate) callbacks: Vec<&'static str>,
    pub(crate) web_origins: Vec<&'static str>,
    pub(crate) logout_urls: Vec<&'static str>,
    pub(crate) methods: &'static str,
    /// The identifier of the Management API if it is not the tenant's own.
    pub(crate) audience: Option<String>,
    pub(crate) connections: Vec<&'static str>,
    /// An error of `/authorize` for this client.
    pub(crate) refusal: Option<(&'static str, &'static str)>,
    /// What is left of 50 requests.
    pub(crate) remaining: u64,
    /// Changes of the client's object.
    pub(crate) client: Value,
    pub(crate) api: Value,
    pub(crate) grants: Value,
    /// The options of connections, by name.
    pub(crate) options: Value,
    pub(crate) strategies: HashMap<&'static str, &'static str>,
    pub(crate) reader_scopes: bool,
    pub(crate) lists_clients_apart: bool,
}

impl Default for StubTenant {
    fn default() -> Self {
        Self {
            issuer: "TENANT/",
            algorithms: vec!["HS256", "RS256", "PS256"],
            keys: json!([{ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": "a", "n": "n", "e": "AQAB" }]),
            date: "Thu, 26 Nov 2026 09:00:00 GMT",
            client_id: CLIENT.to_owned(),
            needs_secret: false,
            callbacks: vec!["PAGE/callback"],
            web_origins: vec!["PAGE"],
            logout_urls: vec!["PAGE/"],
            methods: "GET, HEAD, PUT, PATCH, POST, DELETE",
            audience: None,
            connections: vec!["Username-Password-Authentication", "google-oauth2", "github"],
            refusal: None,
            remaining: 49,
            client: json!({}),
            api: json!({}),
            grants: json!([]),
            options: json!({}),
            strategies: HashMap::new(),
            reader_scopes: true,
            lists_clients_apart: false,
        }
    }
}

/// The page's host as in the documentation.
#[derive(Clone)]
pub(crate) struct PageHost {
    /// The content security policy; `TENANT` stands for the origin of the tenant.
    pub(crate) policy: Option<String>,
    pub(crate) script: &'static str,
    pub(crate) settings: Option<String>,
    pub(crate) serves_fallback: bool,
    pub(crate) cache_control: &'static str,
    pub(crate) opener_policy: Option<&'static str>,
    pub(crate) wasm_type: &'static str,
    pub(crate) nosniff: bool,
    pub(crate) content_type: &'static str,
    pub(crate) redirect: Option<&'static str>,
}

impl Default for PageHost {
    fn default() -> Self {
        let hash = "'sha256-DIm7WJS6ZKDYe5qFLPy+h4JFI9Bol5QmYC57mt3Fb00='";
        Self {
            policy: Some(format!(
                "default-src 'none'; script-src 'self' 'wasm-unsafe-eval' {hash}; img-src 'self' data: TENANT; \
                 connect-src 'self' TENANT; frame-src 'self' TENANT; frame-ancestors 'none'"
            )),
            script: SCRIPT,
            settings: Some(
                json!({ "domain": "TENANT", "clientId": CLIENT, "connections": [
                    { "name": "google-oauth2", "strategy": "google-oauth2" },
                    { "name": "github", "strategy": "github" },
                    { "name": "old-saml", "strategy": "samlp", "closed": true },
                ] })
                .to_string(),
            ),
            serves_fallback: true,
            cache_control: "no-cache",
            opener_policy: Some("same-origin-allow-popups"),
            wasm_type: "application/wasm",
            nosniff: true,
            content_type: "text/html; charset=utf-8",
            redirect: None,
        }
    }
}

#[derive(Clone)]
struct Served {
    tenant: Arc<StubTenant>,
    page: Arc<PageHost>,
    tenant_origin: String,
    page_origin: String,
    requests: Requests,
}

/// Serves the set-up on two ports of this machine until the test ends.
pub(crate) async fn serve(tenant: StubTenant, page: PageHost) -> Running {
    let listeners =
        [TcpListener::bind("127.0.0.1:0").await.unwrap(), TcpListener::bind("127.0.0.1:0").await.unwrap()];
    let [tenant_origin, page_origin] = listeners
        .each_ref()
        .map(|listener| format!("http://localhost:{}", listener.local_addr().unwrap().port()));
    let served = Served {
        tenant: Arc::new(tenant),
        page: Arc::new(page),
        tenant_origin: tenant_origin.clone(),
        page_origin: page_origin.clone(),
        requests: Requests::default(),
    };
    let requests = Arc::clone(&served.requests);
    let [at_tenant, at_page] = listeners;
    let router = Router::new().fallback(answer_as_tenant).with_state(served.clone());
    tokio::spawn(async move { axum::serve(at_tenant, router).await.unwrap() });
    let router = Router::new().fallback(answer_as_page).with_state(served);
    tokio::spawn(async move { axum::serve(at_page, router).await.unwrap() });
    Running { tenant: tenant_origin, page: page_origin, requests }
}

impl Served {
    fn fill(&self, text: &str) -> String {
        text.replace("TENANT", &self.tenant_origin).replace("PAGE", &self.page_origin)
    }

    fn lists(&self, list: &[&str], wanted: &str) -> bool {
        list.iter().any(|entry| self.fill(entry) == wanted)
    }

    fn audience(&self) -> String {
        self.tenant.audience.clone().unwrap_or_else(|| format!("{}/api/v2/", self.tenant_origin))
    }
}

async fn answer_as_tenant(State(served): State<Served>, request: Request) -> Response {
    let (method, uri, headers) = (request.method().clone(), request.uri().clone(), request.headers().clone());
    let body = axum::body::to_bytes(request.into_body(), 65536).await.unwrap();
    served.requests.lock().unwrap().push(format!("{method} {}", uri.path()));
    let mut response = match uri.path() {
        "/.well-known/openid-configuration" => axum::Json(discovery(&served)).into_response(),
        "/.well-known/jwks.json" => axum::Json(json!({ "keys": served.tenant.keys })).into_response(),
        "/authorize" => authorize(&served, &parameters(uri.query().unwrap_or_default())),
        "/oauth/token" => token(&served, &headers, &parameters(std::str::from_utf8(&body).unwrap())),
        "/v2/logout" => logout(&served, &parameters(uri.query().unwrap_or_default())),
        path if path.starts_with("/api/v2/") && method == Method::OPTIONS => preflight(&served, &headers),
        path if path.starts_with("/api/v2/") => management(&served, &uri, &headers),
        _ => StatusCode::NOT_FOUND.into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(header::DATE, served.tenant.date.parse().unwrap());
    headers.insert("x-ratelimit-limit", 50.into());
    headers.insert("x-ratelimit-remaining", served.tenant.remaining.into());
    response
}

fn parameters(text: &str) -> HashMap<String, String> {
    form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

fn discovery(served: &Served) -> Value {
    let at = |path: &str| format!("{}{path}", served.tenant_origin);
    json!({
        "issuer": served.fill(served.tenant.issuer),
        "authorization_endpoint": at("/authorize"),
        "token_endpoint": at("/oauth/token"),
        "jwks_uri": at("/.well-known/jwks.json"),
        "response_types_supported": ["code", "token", "id_token"],
        "code_challenge_methods_supported": ["S256", "plain"],
        "id_token_signing_alg_values_supported": served.tenant.algorithms,
    })
}

fn error_page(status: StatusCode, detail: &str) -> Response {
    let page = format!("<h1>Oops!, something went wrong</h1><details>{detail}</details>");
    (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response()
}

fn found(location: &str) -> Response {
    (StatusCode::FOUND, [(header::LOCATION, location)]).into_response()
}

fn authorize(served: &Served, query: &HashMap<String, String>) -> Response {
    let text = |key: &str| query.get(key).map(String::as_str).unwrap_or_default();
    let (tenant, callback) = (&served.tenant, text("redirect_uri"));
    if text("client_id") != tenant.client_id {
        return error_page(
            StatusCode::BAD_REQUEST,
            &format!("invalid_request: Unknown client: {}", text("client_id")),
        );
    }
    if !served.lists(&tenant.callbacks, callback) {
        let detail =
            "Callback URL mismatch. The provided redirect_uri is not in the list of allowed callback URLs.";
        return error_page(StatusCode::FORBIDDEN, detail);
    }
    let origin = callback.trim_end_matches("/callback");
    if text("response_mode") == "web_message" && !served.lists(&tenant.web_origins, origin) {
        let detail = format!(
            "invalid_request: The specified redirect_uri '{callback}' does not have a registered origin."
        );
        return error_page(StatusCode::BAD_REQUEST, &detail);
    }
    let audience = text("audience");
    // The session is looked for before the rest of the request.
    let error = if text("prompt") == "none" {
        Some(("login_required", "Login required".to_owned()))
    } else if let Some(refusal) = tenant.refusal {
        Some((refusal.0, refusal.1.to_owned()))
    } else if audience != served.audience() {
        Some(("access_denied", format!("Service not found: {audience}")))
    } else if tenant.connections.is_empty() {
        Some(("invalid_request", "no connections enabled for the client".to_owned()))
    } else if query.get("connection").is_some_and(|name| !tenant.connections.contains(&name.as_str())) {
        Some(("invalid_request", "the connection was not found".to_owned()))
    } else {
        None
    };
    let Some((error, description)) = error else { return found("/u/login?state=hKFo2SB") };
    if text("response_mode") == "web_message" {
        let response = json!({ "error": error, "error_description": description, "state": text("state") });
        let script = format!(
            "<script>let authorizationResponse = {{type: \"authorization_response\", response: {response}}};</script>"
        );
        return ([(header::CONTENT_TYPE, "text/html")], script).into_response();
    }
    let mut query = form_urlencoded::Serializer::new(String::new());
    query
        .append_pair("error", error)
        .append_pair("error_description", &description)
        .append_pair("state", text("state"));
    found(&format!("{callback}?{}", query.finish()))
}

fn token(served: &Served, headers: &HeaderMap, form: &HashMap<String, String>) -> Response {
    let tenant = &served.tenant;
    let text = |key: &str| form.get(key).map(String::as_str).unwrap_or_default();
    let refuse = |status, error: &str, description: &str| {
        (status, axum::Json(json!({ "error": error, "error_description": description }))).into_response()
    };
    if text("grant_type") == "client_credentials" {
        return if text("client_secret") == SECRET {
            axum::Json(json!({ "access_token": "header.payload.signature", "token_type": "Bearer" }))
                .into_response()
        } else {
            refuse(StatusCode::UNAUTHORIZED, "access_denied", "Unauthorized")
        };
    }
    let mut response = if text("client_id") != tenant.client_id || tenant.needs_secret {
        refuse(StatusCode::UNAUTHORIZED, "access_denied", "Unauthorized")
    } else {
        refuse(StatusCode::FORBIDDEN, "invalid_grant", "Invalid authorization code")
    };
    allow_origin(served, headers, &mut response);
    response
}

fn allow_origin(served: &Served, headers: &HeaderMap, response: &mut Response) {
    let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok()).unwrap_or_default();
    if served.lists(&served.tenant.web_origins, origin) {
        response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.parse().unwrap());
    }
}

fn preflight(served: &Served, headers: &HeaderMap) -> Response {
    let allowed = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, served.tenant.methods),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization,content-type,auth0-client"),
    ];
    let mut response = (StatusCode::NO_CONTENT, allowed).into_response();
    allow_origin(served, headers, &mut response);
    response
}

fn logout(served: &Served, query: &HashMap<String, String>) -> Response {
    let target = query.get("returnTo").cloned().unwrap_or_default();
    if served.lists(&served.tenant.logout_urls, &target) {
        return found(&target);
    }
    let detail = format!(
        "The \"returnTo\" querystring parameter \"{target}\" is not defined as a valid URL in \"Allowed Logout URLs\"."
    );
    error_page(StatusCode::BAD_REQUEST, &detail)
}

fn management(served: &Served, uri: &Uri, headers: &HeaderMap) -> Response {
    let tenant = &served.tenant;
    assert_eq!(headers.get(header::AUTHORIZATION).unwrap(), "Bearer header.payload.signature");
    if !tenant.reader_scopes {
        let body = json!({ "statusCode": 403, "error": "Forbidden", "errorCode": "insufficient_scope",
            "message": "Insufficient scope, expected any of: read:clients" });
        return (StatusCode::FORBIDDEN, axum::Json(body)).into_response();
    }
    let enabled = json!([CLIENT]);
    let body = match uri.path().trim_start_matches("/api/v2/") {
        "clients/q7oV3xkT" => {
            let fill = |list: &[&str]| list.iter().map(|entry| served.fill(entry)).collect::<Vec<_>>();
            let mut client = json!({
                "client_id": CLIENT, "app_type": "spa", "token_endpoint_auth_method": "none", "is_first_party": true,
                "grant_types": ["authorization_code"], "jwt_configuration": { "alg": "RS256" },
                "callbacks": fill(&tenant.callbacks), "web_origins": fill(&tenant.web_origins),
                "allowed_logout_urls": fill(&tenant.logout_urls),
            });
            for (key, value) in tenant.client.as_object().unwrap() {
                client[key] = value.clone();
            }
            client
        }
        "client-grants" => tenant.grants.clone(),
        "connections" => {
            let connection = |name: &&str| {
                let mut connection = json!({
                    "id": format!("con_{name}"), "name": name, "options": tenant.options[*name],
                    "strategy": tenant.strategies.get(name).unwrap_or(name),
                });
                if !tenant.lists_clients_apart {
                    connection["enabled_clients"] = enabled.clone();
                }
                connection
            };
            tenant.connections.iter().map(connection).collect()
        }
        path if path.starts_with("connections/") => json!({ "clients": [{ "client_id": CLIENT }] }),
        path if path.starts_with("resource-servers/") => tenant.api.clone(),
        path => panic!("the doctor read {path}"),
    };
    axum::Json(body).into_response()
}

async fn answer_as_page(State(served): State<Served>, request: Request) -> Response {
    let page = &served.page;
    let path = request.uri().path();
    if let Some(target) = page.redirect {
        return found(target);
    }
    let mut response = match path {
        "/config.json" => match &page.settings {
            Some(settings) => {
                ([(header::CONTENT_TYPE, "application/json")], served.fill(settings)).into_response()
            }
            None => index(&served),
        },
        "/app_bg-0123.wasm" => {
            ([(header::CONTENT_TYPE, page.wasm_type)], Body::from("\0asm")).into_response()
        }
        "/" => index(&served),
        _ if page.serves_fallback => index(&served),
        _ => StatusCode::NOT_FOUND.into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(header::DATE, "Thu, 26 Nov 2026 09:00:00 GMT".parse().unwrap());
    if let Some(policy) = &page.policy {
        headers.insert(header::CONTENT_SECURITY_POLICY, served.fill(policy).parse().unwrap());
    }
    if page.nosniff {
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, "nosniff".parse().unwrap());
    }
    if let Some(policy) = page.opener_policy {
        headers.insert("cross-origin-opener-policy", policy.parse().unwrap());
    }
    response
}

fn index(served: &Served) -> Response {
    let html = format!(
        "<!doctype html><link rel=\"preload\" as=\"fetch\" href=\"/app_bg-0123.wasm\"><script type=\"module\">{}</script>",
        served.page.script
    );
    let headers = [
        (header::CONTENT_TYPE, served.page.content_type),
        (header::CACHE_CONTROL, served.page.cache_control),
    ];
    (headers, html).into_response()
}
