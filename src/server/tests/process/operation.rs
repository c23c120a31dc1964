//! What operators need: metrics, logs for programs, renewed certificates and keys, the options in effect.

use std::fs;
use std::path::Path;
use std::process::Command;

use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::tls::{FROM_FILES, client_config, write_pair};
use crate::{Server, program, program_as, work_dir};

const ADA: &str = "auth0|65a000000000000000000001";

impl Server {
    /// Makes the server read certificate and keys again, and waits until its log says `done`.
    fn reload_until(&self, done: &str) {
        let pid = self.process.id().to_string();
        let count = || fs::read_to_string(&self.log).unwrap().matches(done).count();
        let before = count();
        assert!(Command::new("kill").args(["-s", "HUP", &pid]).status().unwrap().success());
        while count() == before {
            std::thread::yield_now();
        }
    }

    /// Returns the address of the metrics.
    fn metrics(&self) -> String {
        let line = self.startup_message.lines().find_map(|line| line.trim().strip_prefix("Metrics"));
        line.unwrap_or_else(|| panic!("{}", self.startup_message)).trim().to_owned()
    }

    /// Returns the id of the key that signs.
    async fn signing_key(&self) -> String {
        let keys = self.json("/.well-known/jwks.json").await;
        keys["keys"][0]["kid"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn requests_are_counted_by_route_on_an_address_of_their_own() {
    let work_dir = work_dir();
    let server = Server::start(work_dir.path(), &["--metrics-listen", "127.0.0.1:0"]);
    let token = server.sign_in("ada@example.com", "ada-demo").await;
    let path = format!("/api/v2/users/{}", ADA.replace('|', "%7C"));
    let (status, _) = server.call_management_api(Method::GET, &path, &token).await;
    assert_eq!(status, StatusCode::OK);
    let metrics = server.client.get(server.metrics()).send().await.unwrap();
    assert_eq!(metrics.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    let text = metrics.text().await.unwrap();
    for line in [
        "http_requests_total{method=\"GET\",route=\"/api/v2/users/{id}\",status=\"200\"} 1\n",
        "http_request_duration_seconds_count{method=\"GET\",route=\"/api/v2/users/{id}\"} 1\n",
        "http_requests_in_flight 0\n",
    ] {
        assert!(text.contains(line), "{text}");
    }
    let ready = server.client.get(server.metrics().replace("/metrics", "/ready")).send().await.unwrap();
    assert_eq!(ready.status(), StatusCode::OK);
}

// attack: network
#[tokio::test]
async fn metrics_are_not_where_strangers_are() {
    let work_dir = work_dir();
    let server = Server::start(work_dir.path(), &["--metrics-listen", "127.0.0.1:0"]);
    assert_eq!(server.get("/metrics", &[]).await.status(), StatusCode::NOT_FOUND);
    // Without the option they are nowhere.
    let other = Server::start(work_dir.path(), &["--database", "sqlite:other.db"]);
    assert!(!other.startup_message.contains("Metrics"));
    assert_eq!(other.get("/metrics", &[]).await.status(), StatusCode::NOT_FOUND);
}

// attack: floods
#[tokio::test]
async fn paths_and_methods_that_strangers_make_up_add_no_numbers() {
    let work_dir = work_dir();
    let server = Server::start(work_dir.path(), &["--metrics-listen", "127.0.0.1:0"]);
    let ask = async |number: u32| {
        let method = Method::from_bytes(format!("METHOD{number}").as_bytes()).unwrap();
        let request = server.client.request(method, format!("{}/path-{number}", server.base));
        request.send().await.unwrap();
        server.get(&format!("/u/path-{number}"), &[]).await;
    };
    ask(0).await;
    let lines = async || {
        let text = server.client.get(server.metrics()).send().await.unwrap().text().await.unwrap();
        assert!(!text.contains("path-") && !text.contains("METHOD"), "{text}");
        text.lines().count()
    };
    let before = lines().await;
    for number in 1..50 {
        ask(number).await;
    }
    assert_eq!(lines().await, before);
}

#[tokio::test]
async fn a_log_for_programs_says_who_did_what_to_whom_and_how_it_ended() {
    let work_dir = work_dir();
    let server = Server::start(work_dir.path(), &["--log-format", "json"]);
    let token = server.sign_in("ada@example.com", "ada-demo").await;
    let path = "/api/v2/users/auth0%7C65a000000000000000000002/identities/github/1";
    let request = server.client.delete(format!("{}{path}", server.base)).bearer_auth(&token);
    let response = request.header("x-request-id", "request-1").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    let log = server.end_and_read_log();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let refused = lines.iter().find(|line| line["span"]["id"] == "request-1").unwrap();
    assert_eq!(refused["level"], "INFO");
    assert_eq!(refused["message"], "answered");
    let span = &refused["span"];
    assert_eq!(span["actor"], ADA);
    assert_eq!(span["target"], "auth0|65a000000000000000000002 github|1");
    assert_eq!(span["outcome"], "refused");
    assert_eq!((&span["method"], &span["status"]), (&"DELETE".into(), &403.into()));
    let signature = token.rsplit('.').next().unwrap();
    assert!(!log.contains(signature) && !log.contains("ada-demo"), "no secret is in the log");
}

#[tokio::test]
async fn a_hangup_renews_the_certificate_and_a_bad_file_keeps_the_old_one() {
    let work_dir = work_dir();
    let trusted = |name: &str| {
        let certificate = client_config(Some(&work_dir.path().join(name)));
        reqwest::Client::builder().use_preconfigured_tls(certificate).build().unwrap()
    };
    let copy =
        |to: &str| fs::copy(work_dir.path().join("certificate.pem"), work_dir.path().join(to)).unwrap();
    write_pair(work_dir.path(), 2999);
    copy("first.pem");
    let file = work_dir.path().join("first.pem");
    let server = Server::start_trusting(Some(&file), work_dir.path(), &FROM_FILES);
    let health = format!("{}/health", server.base);
    write_pair(work_dir.path(), 2998);
    copy("second.pem");
    // The open connection of this client goes on.
    assert_eq!(server.json("/health").await["status"], "ok");
    server.reload_until("the certificate was read again");
    assert_eq!(server.json("/health").await["status"], "ok");
    assert!(trusted("second.pem").get(&health).send().await.is_ok());
    assert!(trusted("first.pem").get(&health).send().await.is_err());
    fs::write(work_dir.path().join("key.pem"), "no key").unwrap();
    server.reload_until("the certificate stays as it was: key.pem holds no private key");
    assert!(trusted("second.pem").get(&health).send().await.is_ok());
}

#[tokio::test]
async fn a_hangup_reads_rotated_keys_and_earlier_tokens_stay_good() {
    let work_dir = work_dir();
    let server = Server::start(work_dir.path(), &[]);
    let before = server.signing_key().await;
    let token = server.sign_in("ada@example.com", "ada-demo").await;
    let database = ["--database", "sqlite:linked-accounts-demo.db"];
    assert!(program_as(work_dir.path(), "rotate-keys", &database).output().unwrap().status.success());
    assert_eq!(server.signing_key().await, before);
    server.reload_until("the signing keys were read again");
    assert_ne!(server.signing_key().await, before);
    let path = format!("/api/v2/users/{}", ADA.replace('|', "%7C"));
    for token in [token, server.sign_in("ada@example.com", "ada-demo").await] {
        assert_eq!(server.call_management_api(Method::GET, &path, &token).await.0, StatusCode::OK);
    }
}

fn output(mut command: Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_options_in_effect_are_printed_and_nothing_is_started() {
    let work_dir = work_dir();
    let mut command = program(work_dir.path(), &["--print-config", "--client-secret", "api=s3cret"]);
    command.env("LINKED_ACCOUNTS_UNDO", "20");
    let printed = output(command);
    assert!(printed.contains("--listen 127.0.0.1:0  (LINKED_ACCOUNTS_LISTEN)\n"), "{printed}");
    assert!(printed.contains("--undo 20  (LINKED_ACCOUNTS_UNDO)\n"), "{printed}");
    assert!(printed.contains("--client-secret [secret]  (command line)\n"), "{printed}");
    assert!(printed.contains("--client-timeout 30  (default)\n"), "{printed}");
    assert!(!printed.contains("s3cret"), "{printed}");
    let files: Vec<_> =
        fs::read_dir(work_dir.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(files, ["site"]);
}

#[test]
fn a_shell_gets_its_completions_and_a_reader_the_manual() {
    let work_dir = work_dir();
    for shell in ["bash", "zsh", "fish"] {
        let script = output(program_as(work_dir.path(), "completions", &[shell]));
        assert!(script.contains("rotate-keys") && script.contains("metrics-listen"), "{shell}");
    }
    output(program_as(work_dir.path(), "man", &["pages"]));
    let page = |name: &str| fs::read_to_string(Path::new(work_dir.path()).join("pages").join(name)).unwrap();
    assert!(page("linked-accounts.1").contains("rotate\\-keys"));
    assert!(page("linked-accounts-serve.1").contains("\\-\\-metrics\\-listen"));
}
