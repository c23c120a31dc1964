//! Several servers on one PostgreSQL, as behind a balancer: each request may reach another one.
//!
//! These tests need PostgreSQL, so that only `cargo xtask test` runs them, or who sets `LINKED_ACCOUNTS_TEST_POSTGRES` and asks for
//! ignored tests.

mod crash;
mod races;
mod shared;

use std::fs;

use reqwest::header::{ACCEPT, COOKIE, ORIGIN, SET_COOKIE};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use test_database::TestDatabase;

use crate::{Server, WITH_MACHINE_SECRET, durability, parameter, work_dir};

/// The address of the balancer, which the tests play: nothing listens there.
const ISSUER: &str = "http://localhost:9";

const CALLBACK: &str = "http://localhost:9/callback";

/// The tenant of all nodes, with an application that gets refresh tokens which rotate.
const TENANT: &str = "
clients:
  - name: Page
    client_id: linked-accounts
    app_type: spa
    token_endpoint_auth_method: none
    grant_types: [authorization_code, refresh_token]
    refresh_token: { rotation_type: rotating, expiration_type: expiring, leeway: 0 }
    callbacks: ['##LINKED_ACCOUNTS_ISSUER##callback']
  - name: Demo machine
    client_id: linked-accounts-machine
    app_type: non_interactive
    token_endpoint_auth_method: client_secret_post
    grant_types: [client_credentials]
clientGrants:
  - client_id: Demo machine
    audience: '##LINKED_ACCOUNTS_ISSUER##api/v2/'
    scope: [read:users, create:users, update:users, delete:users, read:connections]
databases:
  - { name: Username-Password-Authentication, strategy: auth0, enabled_clients: [Page] }
connections:
  - { name: google-oauth2, strategy: google-oauth2, enabled_clients: [Page] }
resourceServers:
  - { name: Things, identifier: 'https://things.example.test/', allow_offline_access: true }
";

/// The verifier and the challenge of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

const EMAIL: &str = "ada@example.com";
const PASSWORD: &str = "correct horse battery";

/// Servers that run in folders of their own.
struct Nodes {
    servers: Vec<Server>,
    _folders: Vec<TempDir>,
    database: TestDatabase,
}

impl Nodes {
    /// Starts `count` servers at the same time on an empty database.
    fn start(count: usize, options: &[&str]) -> Self {
        let database = TestDatabase::on_postgres();
        let (servers, folders) = (0..count)
            .map(|_| start_in_thread(database.address(), options))
            .collect::<Vec<_>>()
            .into_iter()
            .map(|starting| starting.join().unwrap())
            .unzip();
        Self { servers, _folders: folders, database }
    }

    fn pair(&self) -> (&Server, &Server) {
        (&self.servers[0], &self.servers[1])
    }
}

fn start_in_thread(address: &str, options: &[&str]) -> std::thread::JoinHandle<(Server, TempDir)> {
    let address = address.to_owned();
    let options: Vec<String> = options.iter().map(|&option| option.to_owned()).collect();
    std::thread::spawn(move || start_node(&address, &options.iter().map(String::as_str).collect::<Vec<_>>()))
}

/// Starts one server of the tenant, with Ada and the users of the tests of durability.
fn start_node(address: &str, options: &[&str]) -> (Server, TempDir) {
    let folder = work_dir();
    fs::write(folder.path().join("tenant.yaml"), TENANT).unwrap();
    let mut users = durability::users();
    users.as_array_mut().unwrap().push(json!({ "user_id": "auth0|ada", "email": EMAIL, "email_verified": true,
        "password": PASSWORD, "identities": [{ "connection": "Username-Password-Authentication", "provider": "auth0",
            "isSocial": false, "user_id": "ada" }] }));
    fs::write(folder.path().join("users.json"), users.to_string()).unwrap();
    let fixed = [
        "--database",
        address,
        "--issuer",
        ISSUER,
        "--tenant",
        "tenant.yaml",
        "--users",
        "users.json",
        "--log",
        "warn",
    ];
    let server = Server::start(folder.path(), &[&fixed[..], &WITH_MACHINE_SECRET, options].concat());
    (server, folder)
}

/// A browser's cookies and the login that waits for it.
struct Waiting {
    cookies: String,
    state: String,
}

/// Begins a sign-in at a node.
async fn authorize(node: &Server, audience: &str, scope: &str) -> Waiting {
    let response = request_authorization(node, audience, scope, "", &[]).await;
    Waiting { cookies: cookies_of(&response), state: parameter(&response, "state") }
}

async fn request_authorization(
    node: &Server,
    audience: &str,
    scope: &str,
    cookies: &str,
    more: &[(&str, &str)],
) -> Response {
    let query = [
        ("response_type", "code"),
        ("client_id", "linked-accounts"),
        ("redirect_uri", CALLBACK),
        ("audience", audience),
        ("scope", scope),
        ("state", "a state"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let request = node.client.get(format!("{}/authorize", node.base)).query(&query).query(more);
    request.header(ACCEPT, "text/html").header(COOKIE, cookies).send().await.unwrap()
}

fn cookies_of(response: &Response) -> String {
    let cookies = response.headers().get_all(SET_COOKIE).iter();
    let values: Vec<_> = cookies.filter_map(|cookie| cookie.to_str().unwrap().split(';').next()).collect();
    values.join("; ")
}

/// Submits a password at a node.
async fn submit(node: &Server, waiting: &Waiting, email: &str, password: &str) -> Response {
    let form = [("state", waiting.state.as_str()), ("username", email), ("password", password)];
    let login = node.client.post(format!("{}/u/login", node.base)).form(&form);
    login.header(COOKIE, &waiting.cookies).header(ORIGIN, ISSUER).send().await.unwrap()
}

async fn post_token(node: &Server, form: &[(&str, &str)]) -> (StatusCode, Value) {
    let request = node.client.post(format!("{}/oauth/token", node.base)).form(form);
    let response = request.send().await.unwrap();
    (response.status(), response.json().await.unwrap())
}

async fn exchange(node: &Server, code: &str) -> (StatusCode, Value) {
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", "linked-accounts"),
        ("redirect_uri", CALLBACK),
        ("code", code),
        ("code_verifier", VERIFIER),
    ];
    post_token(node, &form).await
}

async fn refresh(node: &Server, token: &str) -> (StatusCode, Value) {
    let form = [("grant_type", "refresh_token"), ("client_id", "linked-accounts"), ("refresh_token", token)];
    post_token(node, &form).await
}

/// Returns the ids of the keys of a node, the current one first.
async fn key_ids(node: &Server) -> Vec<String> {
    let keys = node.json("/.well-known/jwks.json").await;
    keys["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}
