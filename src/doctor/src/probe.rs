//! Looks at a set-up over HTTP. It changes nothing: the requests are those of somebody who is not signed in, and reads of the
//! Management API.

use model::{Settings, route};
use reqwest::RequestBuilder;
use serde_json::Value;
use url::Url;
use url::form_urlencoded::byte_serialize;

use crate::answer::{Answer, Observed};
use crate::http_client::{HttpClient, observe};
use crate::observations::{
    Configuration, EndpointsSeen, FilesSeen, ManagementSeen, Observations, PageSeen, TenantSeen,
};
use crate::target::{SCOPES, Target};

/// The challenge of RFC 7636, appendix B. Nobody gets a code for it.
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
/// Its verifier.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// The most connections of the page that are tried at the tenant.
const MOST_CONNECTIONS: usize = 20;
/// The most connections on a page of the Management API, and the most pages that are read.
const PAGE_SIZE: usize = 100;
const MOST_PAGES: usize = 10;

/// Credentials of a client that may read the tenant's configuration.
#[derive(Clone)]
pub struct Credentials {
    /// The client id.
    pub client_id: String,
    /// The client secret.
    pub client_secret: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Credentials").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

/// Looks at the page, the tenant, and with credentials at the tenant's configuration. `now` returns the seconds since 1970.
pub async fn probe(
    client: &HttpClient,
    target: Target,
    credentials: Option<&Credentials>,
    now: impl Fn() -> i64,
) -> Observations {
    let page = match &target.page {
        Some(origin) => Some(look_at_page(client, origin).await),
        None => None,
    };
    let settings = page.as_ref().and_then(PageSeen::settings);
    let probe = Probe { client, audience: target.audience(settings.as_ref()), target: &target };
    let discovery = observe(client.get(&target.at_tenant(route::DISCOVERY))).await;
    let clock = now();
    let answers = discovery.is_ok();
    let endpoints = if answers { Some(probe.endpoints(settings.as_ref()).await) } else { None };
    let management = match credentials {
        Some(credentials) if answers => Some(probe.management(credentials).await),
        _ => None,
    };
    Observations { clock, tenant: TenantSeen { discovery, endpoints }, page, management, target }
}

async fn look_at_page(client: &HttpClient, origin: &str) -> PageSeen {
    let navigate = |path: &str| client.get(&format!("{origin}{path}")).header("accept", "text/html");
    let index = observe(navigate("/")).await;
    let Ok(page) = &index else { return PageSeen { index, files: None } };
    let wasm = match wasm_path(&page.body) {
        Some(path) => Some(observe(client.head(&format!("{origin}{path}"))).await),
        None => None,
    };
    let files = FilesSeen {
        settings: observe(client.get(&format!("{origin}{}", route::SETTINGS))).await,
        callback: observe(navigate(route::CALLBACK)).await,
        deep_link: observe(navigate("/link/doctor")).await,
        wasm,
    };
    PageSeen { index, files: Some(files) }
}

/// Returns the path of the WASM file that the page loads.
pub(crate) fn wasm_path(page: &str) -> Option<&str> {
    let end = page.find(".wasm\"")? + ".wasm".len();
    let start = page[..end].rfind('"')? + 1;
    Some(&page[start..end]).filter(|path| path.starts_with('/') && !path.starts_with("//"))
}

struct Probe<'a> {
    client: &'a HttpClient,
    target: &'a Target,
    audience: String,
}

impl Probe<'_> {
    /// Returns an authorization request of the page with further parameters.
    fn authorize(&self, further: &[(&str, &str)]) -> RequestBuilder {
        let callback = self.target.callback();
        let scope = format!("openid profile email {}", scopes());
        let parameters = [
            ("response_type", "code"),
            ("client_id", &self.target.client_id),
            ("redirect_uri", &callback),
            ("audience", &self.audience),
            ("scope", &scope),
            ("state", "doctor"),
            ("nonce", "doctor"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        let query: Vec<_> = parameters.iter().chain(further).collect();
        self.client.get(&self.target.at_tenant(route::AUTHORIZE)).query(&query).header("accept", "text/html")
    }

    async fn endpoints(&self, settings: Option<&Settings>) -> EndpointsSeen {
        let target = self.target;
        let page = target.page.as_deref().unwrap_or("https://doctor.invalid");
        let preflight = format!("{}/auth0%7Cdoctor/identities/auth0/doctor", route::USERS);
        let preflight = self
            .client
            .options(&target.at_tenant(&preflight))
            .header("origin", page)
            .header("access-control-request-method", "DELETE")
            .header("access-control-request-headers", "authorization");
        let callback = target.callback();
        let exchange = [
            ("grant_type", "authorization_code"),
            ("client_id", &target.client_id),
            ("redirect_uri", &callback),
            ("code", "doctor"),
            ("code_verifier", VERIFIER),
        ];
        let token = self.client.post(&target.at_tenant(route::TOKEN)).header("origin", page);
        let home = format!("{page}/");
        let logout = self
            .client
            .get(&target.at_tenant(route::LOGOUT))
            .query(&[("client_id", &*target.client_id), ("returnTo", &home)])
            .header("accept", "text/html");
        let mut connections = Vec::new();
        let offered = settings.iter().flat_map(|settings| &settings.connections);
        for connection in offered.filter(|connection| !connection.closed).take(MOST_CONNECTIONS) {
            let name = connection.name.as_str();
            let answer = observe(self.authorize(&[("connection", name)])).await;
            connections.push((name.to_owned(), answer));
        }
        EndpointsSeen {
            keys: observe(self.client.get(&target.at_tenant(route::JWKS))).await,
            authorize: observe(self.authorize(&[("prompt", "none")])).await,
            sign_in: observe(self.authorize(&[])).await,
            silent: observe(self.authorize(&[("prompt", "none"), ("response_mode", "web_message")])).await,
            token: observe(form(token, &exchange)).await,
            preflight: observe(preflight).await,
            logout: observe(logout).await,
            connections,
        }
    }

    async fn management(&self, credentials: &Credentials) -> ManagementSeen {
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_id", &*credentials.client_id),
            ("client_secret", &*credentials.client_secret),
            ("audience", &*self.audience),
        ];
        let answer = observe(form(self.client.post(&self.target.at_tenant(route::TOKEN)), &fields)).await;
        let token = answer.as_ref().ok().and_then(|answer| answer.text_of("access_token"));
        let Some(token) = token else { return ManagementSeen::Refused(without_body(answer)) };
        let read = async |path: &str| {
            observe(self.client.get(&self.target.at_tenant(path)).bearer_auth(&token)).await
        };
        let (id, audience) = (encoded(&self.target.client_id), encoded(&self.audience));
        ManagementSeen::Read(Box::new(Configuration {
            client: read(&format!("{}/{id}", route::CLIENTS)).await,
            grants: read(&format!("{}?client_id={id}&audience={audience}", route::CLIENT_GRANTS)).await,
            api: read(&format!("{}/{audience}", route::RESOURCE_SERVERS)).await,
            connections: connections(&read).await,
        }))
    }
}

/// Reads all connections, with the clients of each. Newer tenants list these by an endpoint of their own.
async fn connections(read: &impl AsyncFn(&str) -> Observed) -> Result<Vec<Value>, Observed> {
    let mut all = Vec::new();
    for page in 0..MOST_PAGES {
        let answer = read(&format!("{}?per_page={PAGE_SIZE}&page={page}", route::CONNECTIONS)).await;
        let list = answer.as_ref().ok().filter(|answer| answer.status == 200).and_then(Answer::json);
        let Some(Value::Array(list)) = list else { return Err(answer) };
        let is_last = list.len() < PAGE_SIZE;
        all.extend(list);
        if is_last {
            break;
        }
    }
    for connection in &mut all {
        let id = connection["id"].as_str().unwrap_or_default().to_owned();
        if connection["enabled_clients"].is_array() || id.is_empty() {
            continue;
        }
        let answer = read(&format!("{}/{}/clients", route::CONNECTIONS, encoded(&id))).await;
        let clients = answer.ok().and_then(|answer| answer.json()).unwrap_or_default();
        let ids = clients["clients"].as_array().into_iter().flatten();
        connection["enabled_clients"] = ids.map(|client| client["client_id"].clone()).collect();
    }
    Ok(all)
}

/// Returns the three scopes in one text.
pub(crate) fn scopes() -> String {
    SCOPES.iter().map(model::Scope::as_str).collect::<Vec<_>>().join(" ")
}

fn form(request: RequestBuilder, fields: &[(&str, &str)]) -> RequestBuilder {
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(fields);
    request.header("content-type", "application/x-www-form-urlencoded").body(body.finish())
}

fn encoded(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

/// Drops a body that may hold a token.
fn without_body(answer: Observed) -> Observed {
    answer.map(|answer| if answer.status == 200 { Answer { body: String::new(), ..answer } } else { answer })
}

/// Returns the origin of an address, without a slash at its end.
pub(crate) fn origin_of(address: &str) -> Option<String> {
    Url::parse(address).ok().map(|url| url.origin().ascii_serialization())
}
