//! The program as a person runs it: started on a free port, spoken to over HTTP, ended by a signal.

#![expect(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

mod attacks;
mod clients;
#[cfg(unix)]
mod durability;
mod tls;
mod upstream;

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

/// A built page in miniature. The hash of its script is that of "abc" (FIPS 180-2, appendix B.1).
const INDEX: &str = "<!doctype html><title>Page</title><script type=\"module\">abc</script>";
const SCRIPT_HASH: &str = "'sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0='";
const SCRIPT: &str = "/app-0123456789abcdef.js";

/// A folder with a page, in which the program runs, so that its default database lies there, too.
fn room() -> TempDir {
    let room = tempfile::tempdir().unwrap();
    let site = room.path().join("site");
    fs::create_dir(&site).unwrap();
    fs::write(site.join("index.html"), INDEX).unwrap();
    fs::write(site.join("csp.txt"), format!("script-src 'self' {SCRIPT_HASH}\n")).unwrap();
    fs::write(site.join(&SCRIPT[1..]), "plain").unwrap();
    fs::write(site.join(format!("{}.br", &SCRIPT[1..])), "brotli").unwrap();
    room
}

fn program(room: &Path, arguments: &[&str]) -> Command {
    let mut command = program_as(room, "serve", arguments);
    command.env("LINKED_ACCOUNTS_LISTEN", "127.0.0.1:0").env("LINKED_ACCOUNTS_SITE", "site");
    command
}

fn program_as(room: &Path, task: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_linked-accounts"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("LINKED_ACCOUNTS_") {
            command.env_remove(name);
        }
    }
    command.current_dir(room).arg(task).args(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// How the program ends when it cannot start: its exit code and what it says.
fn refusal(room: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let Output { status, stderr, .. } = program(room, arguments).output().unwrap();
    (status.code(), String::from_utf8(stderr).unwrap())
}

/// A running program, which does not outlive its test.
struct Server {
    process: Child,
    stdout: BufReader<ChildStdout>,
    log: PathBuf,
    greeting: String,
    base: String,
    client: Client,
}

impl Server {
    /// Starts the program and waits until it says that it listens.
    fn start(room: &Path, arguments: &[&str]) -> Self {
        Self::start_trusting(None, room, arguments)
    }

    /// The same, for a client that trusts whomever the certificate in `trusted` names once the program listens.
    fn start_trusting(trusted: Option<&Path>, room: &Path, arguments: &[&str]) -> Self {
        let log = room.join("log.txt");
        let stderr = fs::File::create(&log).unwrap();
        let mut process = program(room, arguments).stderr(stderr).spawn().unwrap();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        let mut greeting = String::new();
        let base = loop {
            let start = greeting.len();
            let read = stdout.read_line(&mut greeting).unwrap();
            assert_ne!(read, 0, "it ended before it listened: {}", fs::read_to_string(&log).unwrap());
            if let Some(base) = greeting[start..].strip_prefix("Listening on ") {
                break base.trim_end().to_owned();
            }
        };
        let client = Client::builder().redirect(redirect::Policy::none());
        let client = client.use_preconfigured_tls(tls::trusting(trusted)).build().unwrap();
        Self { process, stdout, log, greeting, base, client }
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

    /// Signs in as a browser and the page would, and returns an access token for the Management API.
    async fn sign_in(&self, email: &str, password: &str) -> String {
        let callback = format!("{}/callback", self.base);
        let audience = format!("{}/api/v2/", self.base);
        let asked = [
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
        let asking = self.client.get(format!("{}/authorize", self.base)).query(&asked);
        let response = asking.header(ACCEPT, "text/html").send().await.unwrap();
        let cookies: Vec<_> = response
            .headers()
            .get_all(SET_COOKIE)
            .iter()
            .filter_map(|cookie| cookie.to_str().unwrap().split(';').next())
            .collect();
        let state = parameter(&response, "state");
        let typed = [("state", state.as_str()), ("username", email), ("password", password)];
        let login = self.client.post(format!("{}/u/login", self.base)).form(&typed);
        let response =
            login.header(COOKIE, cookies.join("; ")).header(ORIGIN, &self.base).send().await.unwrap();
        let code = parameter(&response, "code");
        let traded = [
            ("grant_type", "authorization_code"),
            ("client_id", "linked-accounts"),
            ("redirect_uri", &callback),
            ("code", &code),
            ("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
        ];
        let trade = self.client.post(format!("{}/oauth/token", self.base)).form(&traded);
        let answer: Value = trade.send().await.unwrap().json().await.unwrap();
        answer["access_token"].as_str().unwrap_or_else(|| panic!("no token: {answer}")).to_owned()
    }

    /// Calls the Management API and returns its answer.
    async fn manage(&self, method: Method, path: &str, token: &str) -> (StatusCode, Value) {
        let request = self.client.request(method, format!("{}{path}", self.base)).bearer_auth(token);
        let response = request.send().await.unwrap();
        (response.status(), response.json().await.unwrap())
    }

    /// Sends a signal and returns the exit code, `None` when the signal itself ended the program.
    fn end_by(mut self, signal: &str) -> Option<i32> {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &pid]).status().unwrap().success());
        let code = self.process.wait().unwrap().code();
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "", "nothing follows the line that programs look for");
        code
    }
}

/// A parameter of the address that a response leads to.
fn parameter(response: &Response, name: &str) -> String {
    let location = response.headers().get(LOCATION).map(|location| location.to_str().unwrap());
    let location = location.unwrap_or_else(|| panic!("{} leads nowhere", response.status()));
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
async fn a_newcomer_is_told_what_to_do() {
    let room = room();
    let server = Server::start(room.path(), &[]);
    let data = room.path().canonicalize().unwrap().join("linked-accounts.db");
    assert!(server.greeting.contains(&format!("Open     {}/", server.base)), "{}", server.greeting);
    assert!(server.greeting.contains("ada@example.com"), "{}", server.greeting);
    assert!(server.greeting.contains(&format!("Data     {}", data.display())), "{}", server.greeting);
    assert!(data.is_file());
}

#[tokio::test]
async fn a_server_that_listens_is_healthy() {
    let room = room();
    let server = Server::start(room.path(), &[]);
    assert_eq!(server.json("/health").await, serde_json::json!({ "status": "ok" }));
}

#[tokio::test]
async fn the_page_comes_with_the_hash_of_its_script_in_its_policy() {
    let room = room();
    let server = Server::start(room.path(), &[]);
    let page = server.get("/", &[(ACCEPT, "text/html")]).await;
    let policy = page.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
    assert!(policy.contains(SCRIPT_HASH), "{policy}");
    assert_eq!(page.text().await.unwrap(), INDEX);
}

#[tokio::test]
async fn a_navigation_anywhere_gets_the_page_and_anything_else_stays_unknown() {
    let room = room();
    let server = Server::start(room.path(), &[]);
    assert_eq!(server.get("/linked-accounts", &[(ACCEPT, "text/html")]).await.text().await.unwrap(), INDEX);
    for path in ["/missing.js", "/api/v2/unknown", "/linked-accounts"] {
        assert_eq!(server.get(path, &[]).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn a_file_named_by_its_content_is_sent_compressed_and_kept_for_good() {
    let room = room();
    let server = Server::start(room.path(), &[]);
    let script = server.get(SCRIPT, &[(ACCEPT_ENCODING, "gzip, br")]).await;
    assert_eq!(script.headers()[CONTENT_ENCODING], "br");
    assert_eq!(script.headers()[CACHE_CONTROL], "public, max-age=31536000, immutable");
    assert_eq!(script.text().await.unwrap(), "brotli");
}

#[tokio::test]
async fn the_page_is_led_to_the_tenant_that_serves_it() {
    let room = room();
    let server = Server::start(room.path(), &[]);
    let settings = server.json("/config.json").await;
    assert_eq!(settings["domain"], server.base.as_str());
    assert_eq!(settings["clientId"], "linked-accounts");
    assert_eq!(settings["audience"], format!("{}/api/v2/", server.base));
    let discovery = server.json("/.well-known/openid-configuration").await;
    assert_eq!(discovery["issuer"], format!("{}/", server.base));
}

#[tokio::test]
async fn the_page_sends_the_older_token_only_when_told_so() {
    let room = room();
    let usual = Server::start(room.path(), &[]).json("/config.json").await;
    assert_eq!(usual["bearer"], "access_token");
    let older = Server::start(room.path(), &["--bearer", "id_token"]).json("/config.json").await;
    assert_eq!(older["bearer"], "id_token");
}

#[tokio::test]
async fn a_navigation_by_another_name_of_this_machine_is_led_to_the_issuer() {
    let room = room();
    let server = Server::start(room.path(), &[]);
    let by_number = format!("{}/linked-accounts?a=b", server.base.replace("localhost", "127.0.0.1"));
    let response = server.client.get(by_number).header(ACCEPT, "text/html").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(response.headers()[LOCATION], format!("{}/linked-accounts?a=b", server.base));
}

#[tokio::test]
async fn without_a_page_the_tenant_is_served_and_a_browser_learns_how_to_build_one() {
    let room = room();
    let server = Server::start(room.path(), &["--site", "nowhere"]);
    let page = server.get("/", &[(ACCEPT, "text/html")]).await;
    assert_eq!(page.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.text().await.unwrap().contains("cargo xtask build"));
    assert_eq!(server.get("/.well-known/jwks.json", &[]).await.status(), StatusCode::OK);
}

#[test]
fn demo_people_are_refused_on_a_network_with_the_reason_and_what_to_do() {
    let room = room();
    let (code, said) = refusal(room.path(), &["--listen", "0.0.0.0:0"]);
    assert_eq!(code, Some(2));
    assert!(said.starts_with("linked-accounts: the demo's people are not for a network"), "{said}");
    assert!(said.contains("--allow-demo-on-network"), "{said}");
}

#[test]
fn a_bad_file_is_refused_with_its_place_before_anything_is_written() {
    let room = room();
    fs::write(room.path().join("tenant.yaml"), "clients:\n  - nmae: Page\n").unwrap();
    let (code, said) = refusal(room.path(), &["--tenant", "tenant.yaml"]);
    assert_eq!((code, said.as_str()), (Some(2), "linked-accounts: tenant.yaml:2:5: unknown key \"nmae\"\n"));
    fs::write(room.path().join("users.json"), "[{ \"user_id\": \"auth0|1\", \"identities\": [] }]").unwrap();
    let (code, said) = refusal(room.path(), &["--users", "users.json"]);
    assert_eq!(
        (code, said.as_str()),
        (
            Some(2),
            "linked-accounts: users.json: $[0].identities: a user has at least one identity, the primary\n"
        )
    );
    assert!(!room.path().join("linked-accounts.db").exists());
}

#[tokio::test]
async fn a_port_in_use_is_told_in_a_sentence() {
    let room = room();
    let server = Server::start(room.path(), &[]);
    let taken = server.base.replace("http://localhost", "127.0.0.1");
    let (code, said) = refusal(room.path(), &["--listen", &taken, "--database", "sqlite:other.db"]);
    assert_eq!(code, Some(1));
    assert!(said.starts_with(&format!("linked-accounts: {taken} cannot be listened on: ")), "{said}");
    assert_eq!(said.lines().count(), 1);
}

#[test]
fn a_database_that_cannot_be_opened_is_told_in_a_sentence() {
    let room = room();
    let (code, said) = refusal(room.path(), &["--database", "sqlite:nowhere/data.db"]);
    assert_eq!(code, Some(1));
    assert_eq!(
        said,
        "linked-accounts: the database sqlite:nowhere/data.db cannot be opened: the database failed: \
         error returned from database: (code: 14) unable to open database file\n"
    );
}

#[cfg(unix)]
#[tokio::test]
async fn a_signal_ends_the_program_gracefully_and_the_data_remain() {
    let room = room();
    let first = Server::start(room.path(), &[]);
    let keys = first.json("/.well-known/jwks.json").await;
    assert_eq!(first.end_by("TERM"), Some(0));
    let second = Server::start(room.path(), &[]);
    assert_eq!(second.json("/.well-known/jwks.json").await, keys);
    assert_eq!(second.end_by("INT"), Some(0));
}

#[tokio::test]
async fn rotated_keys_sign_after_a_restart_and_nothing_is_made_where_there_is_no_database() {
    let room = room();
    let rotate = || program_as(room.path(), "rotate-keys", &[]).output().unwrap();
    let Output { status, stderr, .. } = rotate();
    assert_eq!(status.code(), Some(1));
    assert!(String::from_utf8(stderr).unwrap().starts_with("linked-accounts: there is no database at "));
    assert!(!room.path().join("linked-accounts.db").exists());

    let server = Server::start(room.path(), &[]);
    let before = server.json("/.well-known/jwks.json").await;
    assert_eq!(rotate().status.code(), Some(0), "also while a server runs");
    assert_eq!(server.json("/.well-known/jwks.json").await, before);
    drop(server);
    let server = Server::start(room.path(), &[]);
    let after = server.json("/.well-known/jwks.json").await;
    assert_eq!((&after["keys"][0], &after["keys"][2]), (&before["keys"][1], &before["keys"][0]));
}

#[tokio::test]
async fn nothing_secret_reaches_the_log() {
    let room = room();
    let server = Server::start(room.path(), &["--log", "trace"]);
    let token = server.sign_in("ada@example.com", "ada-demo").await;
    let (status, _) =
        server.manage(Method::GET, "/api/v2/users/auth0%7C65a000000000000000000001", &token).await;
    assert_eq!(status, StatusCode::OK);
    let code = "?code=a-code-in-a-query";
    server.get(&format!("/callback{code}"), &[(ACCEPT, "text/html")]).await;
    let log = fs::read_to_string(&server.log).unwrap();
    assert!(log.contains("path=\"/callback\""), "{log}");
    let claims = token.split('.').nth(1).unwrap();
    for secret in ["ada-demo", "a-code-in-a-query", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", claims] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}

#[tokio::test]
async fn a_link_in_a_mail_is_in_the_mail_and_not_in_the_log() {
    let room = room();
    let server = Server::start(room.path(), &["--log", "trace"]);
    let asked = serde_json::json!({ "client_id": "linked-accounts", "email": "ada@example.com",
        "connection": "Username-Password-Authentication" });
    let asking = server.client.post(format!("{}/dbconnections/change_password", server.base)).json(&asked);
    assert_eq!(asking.send().await.unwrap().status(), StatusCode::OK);
    let mails = room.path().canonicalize().unwrap().join("linked-accounts.mail.jsonl");
    assert!(server.greeting.contains(&format!("Mail     {}", mails.display())), "{}", server.greeting);
    let mail: Value = serde_json::from_str(&fs::read_to_string(mails).unwrap()).unwrap();
    assert_eq!(mail["to"], "ada@example.com");
    let link = mail["link"].as_str().unwrap();
    let path = link.strip_prefix(&server.base).unwrap();
    assert_eq!(server.get(path, &[]).await.status(), StatusCode::FOUND);
    let log = fs::read_to_string(&server.log).unwrap();
    assert!(log.contains("path=\"/u/reset-password\""), "{log}");
    assert!(!log.contains(link.split('=').nth(1).unwrap()), "the code is in the log");
}

/// Asks for mails with ever new addresses, more often than one network may: how the last one is answered, for each
/// of two networks that a header tells.
async fn asked_too_often(server: &Server) -> [StatusCode; 2] {
    let mut answers = [StatusCode::OK; 2];
    for (network, answer) in ["192.0.2.1", "198.51.100.1"].into_iter().zip(&mut answers) {
        for number in 0..26 {
            let asked = serde_json::json!({ "client_id": "linked-accounts", "email": format!("{network}@{number}"),
                "connection": "Username-Password-Authentication" });
            let asking = server.client.post(format!("{}/dbconnections/change_password", server.base));
            *answer = asking.header("x-forwarded-for", network).json(&asked).send().await.unwrap().status();
        }
    }
    answers
}

#[tokio::test]
async fn only_a_trusted_proxy_says_where_a_request_comes_from() {
    let room = room();
    let trusting = Server::start(room.path(), &["--trust-proxy", "127.0.0.0/8,::1"]);
    assert_eq!(asked_too_often(&trusting).await, [StatusCode::OK, StatusCode::OK]);
    drop(trusting);
    // To a server that trusts nobody all of it comes from here.
    let server = Server::start(room.path(), &[]);
    assert_eq!(asked_too_often(&server).await, [StatusCode::OK, StatusCode::TOO_MANY_REQUESTS]);
}

#[tokio::test]
async fn what_a_client_sends_makes_no_line_of_the_log_and_colours_none() {
    const FORGED: &str = "\r\n2026-01-01T00:00:00.000000Z  INFO forged\x1b[31m\x07\u{9b}2J";
    let room = room();
    let server = Server::start(room.path(), &[]);
    let encoded = "%0D%0A2026-01-01T00:00:00.000000Z%20%20INFO%20forged%1B%5B31m";
    for path in ["/", "/u/", "/api/v2/users/", "/oauth/"] {
        server.get(&format!("{path}{encoded}"), &[(ACCEPT, "text/html")]).await;
    }
    // Whatever HTTP forbids arrives without a client that would keep to it.
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
        // Until the server has done with it.
        let _ = stream.read_to_end(&mut Vec::new());
    }
    let sign_up = serde_json::json!({ "client_id": FORGED, "connection": FORGED, "email": FORGED });
    for path in ["/dbconnections/signup", "/dbconnections/change_password", "/oauth/token"] {
        server.client.post(format!("{}{path}", server.base)).json(&sign_up).send().await.unwrap();
    }
    let typed = [("state", FORGED), ("username", FORGED), ("password", FORGED)];
    let login = server.client.post(format!("{}/u/login", server.base)).form(&typed);
    login.header(ORIGIN, &server.base).header("x-request-id", "2026 INFO forged").send().await.unwrap();
    let log = fs::read_to_string(&server.log).unwrap();
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
async fn an_acknowledged_unlink_survives_a_kill() {
    const GRACE: &str = "/api/v2/users/auth0%7C65a000000000000000000002";
    let room = room();
    let first = Server::start(room.path(), &[]);
    let listen = first.base.replace("http://localhost", "127.0.0.1");
    let token = first.sign_in("grace@example.com", "grace-demo").await;
    let unlink = format!("{GRACE}/identities/github/19061209");
    let (status, remaining) = first.manage(Method::DELETE, &unlink, &token).await;
    assert_eq!((status, remaining.as_array().unwrap().len()), (StatusCode::OK, 11));
    assert_eq!(first.end_by("KILL"), None);

    let second = Server::start(room.path(), &["--listen", &listen]);
    let (status, grace) = second.manage(Method::GET, GRACE, &token).await;
    assert_eq!(status, StatusCode::OK, "{grace}");
    let kept: Vec<_> = grace["identities"].as_array().unwrap().iter().map(|kept| &kept["user_id"]).collect();
    let acknowledged: Vec<_> = remaining.as_array().unwrap().iter().map(|kept| &kept["user_id"]).collect();
    assert_eq!(kept, acknowledged);
}
