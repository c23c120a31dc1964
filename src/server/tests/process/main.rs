//! Tests of the program as it is run: started on a free port, called over HTTP, ended by a signal.

#![expect(clippy::unwrap_used, reason = "a test reports a failure by panicking")]

mod attacks;
mod clients;
mod databases;
mod doctor;
#[cfg(unix)]
mod durability;
#[cfg(unix)]
mod files;
#[cfg(target_os = "linux")]
mod floods;
#[cfg(target_os = "linux")]
mod log;
#[cfg(unix)]
mod nodes;
#[cfg(target_os = "linux")]
mod open_files;
#[cfg(unix)]
mod operation;
mod operators;
mod page;
mod released;
mod tenant_file;
mod tls;
mod upstream;
mod users_file;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, COOKIE, LOCATION,
    ORIGIN, SET_COOKIE,
};
use reqwest::{Client, Method, Response, StatusCode, redirect};
use serde_json::Value;
use tempfile::TempDir;

/// A minimal built page. The hash of its script is that of "abc" (FIPS 180-2, appendix B.1).
const INDEX: &str = "<!doctype html><title>Page</title><script type=\"module\">abc</script>";
const SCRIPT_HASH: &str = "'sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0='";
const SCRIPT: &str = "/app-0123456789abcdef.js";

/// The machine client of the demo tenant, and options that give it a secret.
const MACHINE: &str = "linked-accounts-machine";
const MACHINE_SECRET: &str = "demo-machine-secret";
const WITH_MACHINE_SECRET: [&str; 2] = ["--client-secret", "linked-accounts-machine=demo-machine-secret"];

/// Makes a folder with a site, in which the program runs, so that its default database is there as well.
fn work_dir() -> TempDir {
    let work_dir = tempfile::tempdir().unwrap();
    let site = work_dir.path().join("site");
    fs::create_dir(&site).unwrap();
    fs::write(site.join("index.html"), INDEX).unwrap();
    fs::write(site.join("csp.txt"), format!("script-src 'self' {SCRIPT_HASH}\n")).unwrap();
    fs::write(site.join(&SCRIPT[1..]), "plain").unwrap();
    fs::write(site.join(format!("{}.br", &SCRIPT[1..])), "brotli").unwrap();
    work_dir
}

/// Returns a command that serves the site in `work_dir`.
fn program(work_dir: &Path, arguments: &[&str]) -> Command {
    let mut command = program_as(work_dir, "serve", arguments);
    command.env("LINKED_ACCOUNTS_LISTEN", "127.0.0.1:0").env("LINKED_ACCOUNTS_SITE", "site");
    command
}

/// Returns a command that runs `task` in `work_dir`, without options from the environment of the test.
fn program_as(work_dir: &Path, task: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_linked-accounts"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("LINKED_ACCOUNTS_") {
            command.env_remove(name);
        }
    }
    command.current_dir(work_dir).arg(task).args(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Returns the exit code and the standard error of a program that cannot start.
fn start_failure(work_dir: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let Output { status, stderr, .. } = program(work_dir, arguments).output().unwrap();
    (status.code(), String::from_utf8(stderr).unwrap())
}

/// A running program. It is killed on drop.
struct Server {
    process: Child,
    stdout: BufReader<ChildStdout>,
    log: PathBuf,
    startup_message: String,
    base: String,
    client: Client,
}

impl Server {
    /// Starts the program and waits until it listens.
    fn start(work_dir: &Path, arguments: &[&str]) -> Self {
        Self::start_trusting(None, work_dir, arguments)
    }

    /// As [`start`](Self::start), with a client that trusts only the certificate in the file `trusted`, which
    /// the program may write before it listens.
    fn start_trusting(trusted: Option<&Path>, work_dir: &Path, arguments: &[&str]) -> Self {
        let mut command = program(work_dir, arguments);
        command.stderr(fs::File::create(work_dir.join("log.txt")).unwrap());
        Self::start_command(trusted, work_dir, command)
    }

    /// Starts what `command` says and waits until it listens.
    fn start_command(trusted: Option<&Path>, work_dir: &Path, mut command: Command) -> Self {
        let log = work_dir.join("log.txt");
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        let mut startup_message = String::new();
        let base = loop {
            let start = startup_message.len();
            let read = stdout.read_line(&mut startup_message).unwrap();
            assert_ne!(
                read,
                0,
                "the program ended before it listened: {}",
                fs::read_to_string(&log).unwrap_or_default()
            );
            if let Some(base) = startup_message[start..].strip_prefix("Listening on ") {
                break base.trim_end().to_owned();
            }
        };
        let client = Client::builder().redirect(redirect::Policy::none());
        let client = client.use_preconfigured_tls(tls::client_config(trusted)).build().unwrap();
        Self { process, stdout, log, startup_message, base, client }
    }

    async fn get(&self, path: &str, headers: &[(reqwest::header::HeaderName, &str)]) -> Response {
        let mut request = self.client.get(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        request.send().await.unwrap()
    }

    async fn json(&self, path: &str) -> Value {
        serde_json::from_str(&self.get(path, &[]).await.text().await.unwrap()).unwrap()
    }

    /// Signs in with the requests of a browser and the page, and returns an access token for the Management
    /// API.
    async fn sign_in(&self, email: &str, password: &str) -> String {
        let callback = format!("{}/callback", self.base);
        let audience = format!("{}/api/v2/", self.base);
        let authorization_request = [
            ("response_type", "code"),
            ("client_id", "linked-accounts"),
            ("redirect_uri", &callback),
            ("audience", &audience),
            ("scope", "openid read:current_user update:current_user_identities"),
            ("state", "a state"),
            // RFC 7636, appendix B.
            ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
            ("code_challenge_method", "S256"),
        ];
        let request = self.client.get(format!("{}/authorize", self.base)).query(&authorization_request);
        let response = request.header(ACCEPT, "text/html").send().await.unwrap();
        let cookies: Vec<_> = response
            .headers()
            .get_all(SET_COOKIE)
            .iter()
            .filter_map(|cookie| cookie.to_str().unwrap().split(';').next())
            .collect();
        let state = parameter(&response, "state");
        let form = [("state", state.as_str()), ("username", email), ("password", password)];
        let login = self.client.post(format!("{}/u/login", self.base)).form(&form);
        let response =
            login.header(COOKIE, cookies.join("; ")).header(ORIGIN, &self.base).send().await.unwrap();
        let code = parameter(&response, "code");
        let exchange = [
            ("grant_type", "authorization_code"),
            ("client_id", "linked-accounts"),
            ("redirect_uri", &callback),
            ("code", &code),
            ("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
        ];
        let request = self.client.post(format!("{}/oauth/token", self.base)).form(&exchange);
        let tokens: Value = request.send().await.unwrap().json().await.unwrap();
        tokens["access_token"].as_str().unwrap_or_else(|| panic!("no token: {tokens}")).to_owned()
    }

    /// Calls the Management API and returns status and body of the response.
    async fn call_management_api(&self, method: Method, path: &str, token: &str) -> (StatusCode, Value) {
        let request = self.client.request(method, format!("{}{path}", self.base)).bearer_auth(token);
        let response = request.send().await.unwrap();
        (response.status(), response.json().await.unwrap())
    }

    /// Ends the program, which then writes the lines of the log that wait, and returns the log.
    fn end_and_read_log(self) -> String {
        let log = self.log.clone();
        assert_eq!(self.end_with("TERM"), Some(0));
        fs::read_to_string(log).unwrap()
    }

    /// Sends a signal and returns the exit code; `None` when the signal itself ended the program.
    fn end_with(mut self, signal: &str) -> Option<i32> {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &pid]).status().unwrap().success());
        let code = self.process.wait().unwrap().code();
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "", "nothing follows the line that programs wait for");
        code
    }
}

/// Returns a query parameter of the redirect target of `response`.
fn parameter(response: &Response, name: &str) -> String {
    let location = response.headers().get(LOCATION).map(|location| location.to_str().unwrap());
    let location = location.unwrap_or_else(|| panic!("{} is not a redirect", response.status()));
    let address = response.url().join(location).unwrap();
    let found = address.query_pairs().find(|(key, _)| key == name);
    found.unwrap_or_else(|| panic!("{location} has no {name}")).1.into_owned()
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
async fn the_start_up_message_says_what_to_do() {
    let work_dir = work_dir();
    let server = Server::start(work_dir.path(), &[]);
    let data = work_dir.path().canonicalize().unwrap().join("linked-accounts-demo.db");
    assert!(
        server.startup_message.contains(&format!("Open     {}/", server.base)),
        "{}",
        server.startup_message
    );
    assert!(server.startup_message.contains("ada@example.com"), "{}", server.startup_message);
    assert!(
        server.startup_message.contains(&format!("Data     {}", data.display())),
        "{}",
        server.startup_message
    );
    assert!(data.is_file());
}

#[tokio::test]
async fn the_health_check_succeeds_once_the_server_listens() {
    let work_dir = work_dir();
    let server = Server::start(work_dir.path(), &[]);
    assert_eq!(server.json("/health").await, serde_json::json!({ "status": "ok" }));
}

#[tokio::test]
async fn the_policy_of_the_page_has_the_hash_of_its_script() {
    let work_dir = work_dir();
    let server = Server::start(work_dir.path(), &[]);
    let page = server.get("/", &[(ACCEPT, "text/html")]).await;
    let policy = page.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
    assert!(policy.contains(SCRIPT_HASH), "{policy}");
    assert_eq!(page.text().await.unwrap(), INDEX);
}

#[tokio::test]
async fn a_navigation_gets_the_page_and_any_other_unknown_path_is_not_found() {
    let work_dir = work_dir();
    let server = Server::start(work_dir.path(), &[]);
    assert_eq!(server.get("/linked-accounts", &[(ACCEPT, "text/html")]).await.text().await.unwrap(), INDEX);
    for path in ["/missing.js", "/api/v2/unknown", "/linked-accounts"] {
        assert_eq!(server.get(path, &[]).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn a_file_named_by_its_content_is_compressed_and_immutable() {
    let work_dir = work_dir();
    let server = Server::start(work_dir.path(), &[]);
    let script = server.get(SCRIPT, &[(ACCEPT_ENCODING, "gzip, br")]).await;
    assert_eq!(script.headers()[CONTENT_ENCODING], "br");
    assert_eq!(script.headers()[CACHE_CONTROL], "public, max-age=31536000, immutable");
    assert_eq!(script.text().await.unwrap(), "brotli");
}

#[tokio::test]
async fn the_settings_of_the_page_name_the_tenant_that_serves_it() {
    let work_dir = work_dir();
    let server = Server::start(work_dir.path(), &[]);
    let settings = server.json("/config.json").await;
    assert_eq!(settings["domain"], server.base.as_str());
    assert_eq!(settings["clientId"], "linked-accounts");
    assert_eq!(settings["audience"], format!("{}/api/v2/", server.base));
    let discovery = server.json("/.well-known/openid-configuration").await;
    assert_eq!(discovery["issuer"], format!("{}/", server.base));
}

#[tokio::test]
async fn the_page_sends_the_id_token_only_with_the_option() {
    let work_dir = work_dir();
    let usual = Server::start(work_dir.path(), &[]).json("/config.json").await;
    assert_eq!(usual["bearer"], "access_token");
    let older = Server::start(work_dir.path(), &["--bearer", "id_token"]).json("/config.json").await;
    assert_eq!(older["bearer"], "id_token");
}

#[tokio::test]
async fn a_navigation_to_another_loopback_name_is_redirected_to_the_issuer() {
    let work_dir = work_dir();
    let server = Server::start(work_dir.path(), &[]);
    let by_address = format!("{}/linked-accounts?a=b", server.base.replace("localhost", "127.0.0.1"));
    let response = server.client.get(by_address).header(ACCEPT, "text/html").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(response.headers()[LOCATION], format!("{}/linked-accounts?a=b", server.base));
}

#[tokio::test]
async fn without_a_site_the_tenant_is_served_and_a_browser_is_told_how_to_build_one() {
    let work_dir = work_dir();
    let server = Server::start(work_dir.path(), &["--site", "nowhere"]);
    let page = server.get("/", &[(ACCEPT, "text/html")]).await;
    assert_eq!(page.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.text().await.unwrap().contains("cargo xtask build"));
    assert_eq!(server.get("/.well-known/jwks.json", &[]).await.status(), StatusCode::OK);
}

// attack: files
#[test]
fn demo_users_are_refused_on_a_network_with_the_reason_and_what_to_do() {
    let work_dir = work_dir();
    let (code, stderr) = start_failure(work_dir.path(), &["--listen", "0.0.0.0:0"]);
    assert_eq!(code, Some(2));
    assert!(
        stderr.starts_with("linked-accounts: the demo users must not be served to a network"),
        "{stderr}"
    );
    assert!(stderr.contains("--allow-demo-on-network"), "{stderr}");
}

#[test]
fn an_invalid_file_is_refused_with_its_place_before_anything_is_written() {
    let work_dir = work_dir();
    fs::write(work_dir.path().join("tenant.yaml"), "clients:\n  - nmae: Page\n").unwrap();
    let (code, stderr) = start_failure(work_dir.path(), &["--tenant", "tenant.yaml"]);
    assert_eq!(
        (code, stderr.as_str()),
        (Some(2), "linked-accounts: tenant.yaml:2:5: unknown key \"nmae\"; did you mean \"name\"?\n")
    );
    fs::write(work_dir.path().join("users.json"), "[{ \"user_id\": \"auth0|1\", \"identities\": [] }]")
        .unwrap();
    let (code, stderr) = start_failure(work_dir.path(), &["--users", "users.json"]);
    assert_eq!(
        (code, stderr.as_str()),
        (
            Some(2),
            "linked-accounts: users.json: $[0].identities: a user has at least one identity, the primary\n"
        )
    );
    assert!(!work_dir.path().join("linked-accounts.db").exists());
}

#[tokio::test]
async fn a_port_in_use_is_reported_in_one_line() {
    let work_dir = work_dir();
    let server = Server::start(work_dir.path(), &[]);
    let taken = server.base.replace("http://localhost", "127.0.0.1");
    let (code, stderr) =
        start_failure(work_dir.path(), &["--listen", &taken, "--database", "sqlite:other.db"]);
    assert_eq!(code, Some(1));
    assert!(stderr.starts_with(&format!("linked-accounts: cannot listen on {taken}: ")), "{stderr}");
    assert_eq!(stderr.lines().count(), 1);
}

#[test]
fn a_database_that_cannot_be_opened_is_reported_in_one_line() {
    let work_dir = work_dir();
    let (code, stderr) = start_failure(work_dir.path(), &["--database", "sqlite:nowhere/data.db"]);
    assert_eq!(code, Some(1));
    let sentence = "linked-accounts: the database sqlite:nowhere/data.db cannot be opened: the database failed: \
                    unable to open database file: ";
    assert!(stderr.starts_with(sentence), "{stderr}");
    assert!(stderr.ends_with("unable to open database file\n") && stderr.lines().count() == 1, "{stderr}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_signal_shuts_the_program_down_gracefully_and_the_data_remain() {
    let work_dir = work_dir();
    let first = Server::start(work_dir.path(), &[]);
    let keys = first.json("/.well-known/jwks.json").await;
    assert_eq!(first.end_with("TERM"), Some(0));
    let second = Server::start(work_dir.path(), &[]);
    assert_eq!(second.json("/.well-known/jwks.json").await, keys);
    assert_eq!(second.end_with("INT"), Some(0));
}

#[tokio::test]
async fn rotated_keys_sign_after_a_restart_and_no_database_is_created() {
    let work_dir = work_dir();
    let rotate = || {
        program_as(work_dir.path(), "rotate-keys", &["--database", "sqlite:linked-accounts-demo.db"])
            .output()
            .unwrap()
    };
    let Output { status, stderr, .. } = rotate();
    assert_eq!(status.code(), Some(1));
    assert!(String::from_utf8(stderr).unwrap().starts_with("linked-accounts: there is no database at "));
    assert!(!work_dir.path().join("linked-accounts-demo.db").exists());

    let server = Server::start(work_dir.path(), &[]);
    let before = server.json("/.well-known/jwks.json").await;
    assert_eq!(rotate().status.code(), Some(0), "also while a server runs");
    assert_eq!(server.json("/.well-known/jwks.json").await, before);
    drop(server);
    let server = Server::start(work_dir.path(), &[]);
    let after = server.json("/.well-known/jwks.json").await;
    assert_eq!((&after["keys"][0], &after["keys"][2]), (&before["keys"][1], &before["keys"][0]));
}

#[cfg(unix)]
// attack: files
#[tokio::test]
async fn nothing_secret_reaches_the_log() {
    let work_dir = work_dir();
    let server = Server::start(work_dir.path(), &["--log", "trace"]);
    let token = server.sign_in("ada@example.com", "ada-demo").await;
    let (status, _) = server
        .call_management_api(Method::GET, "/api/v2/users/auth0%7C65a000000000000000000001", &token)
        .await;
    assert_eq!(status, StatusCode::OK);
    let code = "?code=a-code-in-a-query";
    server.get(&format!("/callback{code}"), &[(ACCEPT, "text/html")]).await;
    let log = server.end_and_read_log();
    assert!(log.contains("path=\"/callback\""), "{log}");
    let claims = token.split('.').nth(1).unwrap();
    for secret in ["ada-demo", "a-code-in-a-query", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", claims] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}

#[cfg(unix)]
// attack: files
#[tokio::test]
async fn the_link_of_a_mail_is_not_in_the_log() {
    let work_dir = work_dir();
    let server = Server::start(work_dir.path(), &["--log", "trace"]);
    let body = serde_json::json!({ "client_id": "linked-accounts", "email": "ada@example.com",
        "connection": "Username-Password-Authentication" });
    let request = server.client.post(format!("{}/dbconnections/change_password", server.base)).json(&body);
    assert_eq!(request.send().await.unwrap().status(), StatusCode::OK);
    let mails = work_dir.path().canonicalize().unwrap().join("linked-accounts-demo.mail.jsonl");
    assert!(
        server.startup_message.contains(&format!("Mail     {}", mails.display())),
        "{}",
        server.startup_message
    );
    // The answer does not wait for the mail.
    while !fs::read_to_string(&mails).unwrap().ends_with('\n') {
        assert_eq!(server.get("/health", &[]).await.status(), StatusCode::OK);
    }
    let mail: Value = serde_json::from_str(&fs::read_to_string(mails).unwrap()).unwrap();
    assert_eq!(mail["to"], "ada@example.com");
    let link = mail["link"].as_str().unwrap();
    let path = link.strip_prefix(&server.base).unwrap();
    assert_eq!(server.get(path, &[]).await.status(), StatusCode::FOUND);
    let log = server.end_and_read_log();
    assert!(log.contains("path=\"/u/reset-password\""), "{log}");
    assert!(!log.contains(link.split('=').nth(1).unwrap()), "the code is in the log");
}

/// Requests password mails for ever new addresses, more often than one client address may. Returns the last
/// status for each of two client addresses in `X-Forwarded-For`.
async fn exceed_mail_limit(server: &Server) -> [StatusCode; 2] {
    let mut statuses = [StatusCode::OK; 2];
    for (network, status) in ["192.0.2.1", "198.51.100.1"].into_iter().zip(&mut statuses) {
        for number in 0..26 {
            let body = serde_json::json!({ "client_id": "linked-accounts", "email": format!("{network}@{number}"),
                "connection": "Username-Password-Authentication" });
            let request = server.client.post(format!("{}/dbconnections/change_password", server.base));
            *status = request.header("x-forwarded-for", network).json(&body).send().await.unwrap().status();
        }
    }
    statuses
}

// attack: network
#[tokio::test]
async fn only_a_trusted_proxy_sets_the_client_address() {
    let work_dir = work_dir();
    let trusting = Server::start(work_dir.path(), &["--trust-proxy", "127.0.0.0/8,::1"]);
    assert_eq!(exceed_mail_limit(&trusting).await, [StatusCode::OK, StatusCode::OK]);
    drop(trusting);
    // To a server that trusts no proxy all requests come from this machine.
    let server = Server::start(work_dir.path(), &[]);
    assert_eq!(exceed_mail_limit(&server).await, [StatusCode::OK, StatusCode::TOO_MANY_REQUESTS]);
}

#[cfg(unix)]
// attack: network
#[tokio::test]
async fn a_client_cannot_forge_a_log_line_or_send_control_characters_to_it() {
    const FORGED: &str = "\r\n2026-01-01T00:00:00.000000Z  INFO forged\x1b[31m\x07\u{9b}2J";
    let work_dir = work_dir();
    let server = Server::start(work_dir.path(), &[]);
    let encoded = "%0D%0A2026-01-01T00:00:00.000000Z%20%20INFO%20forged%1B%5B31m";
    for path in ["/", "/u/", "/api/v2/users/", "/oauth/"] {
        server.get(&format!("{path}{encoded}"), &[(ACCEPT, "text/html")]).await;
    }
    // What HTTP forbids is sent without a client library, which would refuse it.
    let address = server.base.replace("http://localhost", "127.0.0.1");
    for request in [
        format!("GET /{FORGED} HTTP/1.1\r\nHost: x\r\n\r\n"),
        format!("GET /health HTTP/1.1\r\nHost: x\r\nUser-Agent: x{FORGED}\r\nConnection: close\r\n\r\n"),
        "GET /health HTTP/1.1\r\nHost: x\r\nX-Request-Id: \x1b[31m\r\nConnection: close\r\n\r\n".to_owned(),
        format!("X{FORGED} /health HTTP/1.1\r\nHost: x\r\n\r\n"),
    ] {
        let mut stream = std::net::TcpStream::connect(&address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        // Wait until the server closes the connection.
        let _ = stream.read_to_end(&mut Vec::new());
    }
    let sign_up = serde_json::json!({ "client_id": FORGED, "connection": FORGED, "email": FORGED });
    for path in ["/dbconnections/signup", "/dbconnections/change_password", "/oauth/token"] {
        server.client.post(format!("{}{path}", server.base)).json(&sign_up).send().await.unwrap();
    }
    let form = [("state", FORGED), ("username", FORGED), ("password", FORGED)];
    let login = server.client.post(format!("{}/u/login", server.base)).form(&form);
    login.header(ORIGIN, &server.base).header("x-request-id", "2026 INFO forged").send().await.unwrap();
    let log = server.end_and_read_log();
    assert!(log.lines().count() >= 8, "{log}");
    for line in log.lines() {
        let year = line.get(..5).unwrap_or_default();
        assert!(year.starts_with("20") && year.ends_with('-'), "{line:?}");
        assert!(!line.chars().any(char::is_control), "{line:?}");
        assert!(!line.contains("Z  INFO forged"), "{line:?}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn an_acknowledged_unlink_survives_kill() {
    const GRACE: &str = "/api/v2/users/auth0%7C65a000000000000000000002";
    let work_dir = work_dir();
    let first = Server::start(work_dir.path(), &[]);
    let listen = first.base.replace("http://localhost", "127.0.0.1");
    let token = first.sign_in("grace@example.com", "grace-demo").await;
    let unlink = format!("{GRACE}/identities/github/19061209");
    let (status, remaining) = first.call_management_api(Method::DELETE, &unlink, &token).await;
    assert_eq!((status, remaining.as_array().unwrap().len()), (StatusCode::OK, 11));
    assert_eq!(first.end_with("KILL"), None);

    let second = Server::start(work_dir.path(), &["--listen", &listen]);
    let (status, grace) = second.call_management_api(Method::GET, GRACE, &token).await;
    assert_eq!(status, StatusCode::OK, "{grace}");
    let kept: Vec<_> = grace["identities"].as_array().unwrap().iter().map(|kept| &kept["user_id"]).collect();
    let acknowledged: Vec<_> = remaining.as_array().unwrap().iter().map(|kept| &kept["user_id"]).collect();
    assert_eq!(kept, acknowledged);
}
