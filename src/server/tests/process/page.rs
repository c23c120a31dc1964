//! The command `page`: the page alone, for a tenant elsewhere.

use std::fs;
use std::path::Path;
use std::process::Output;

use reqwest::StatusCode;
use reqwest::header::{ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use serde_json::json;

use crate::{SCRIPT, Server, program_as, work_dir};

const TENANT: [&str; 4] = ["--domain", "Example.eu.auth0.com", "--client-id", "a-client"];
const POLICY: &str = "default-src 'none'; img-src 'self' data: https://TENANT; connect-src 'self' https://TENANT; \
                      frame-src 'self' https://TENANT\n";

fn start(work_dir: &Path, arguments: &[&str]) -> Server {
    fs::write(work_dir.join("site/csp.txt"), POLICY).unwrap();
    let mut command = program_as(work_dir, "page", &TENANT);
    command.args(["--listen", "127.0.0.1:0", "--site", "site"]).args(arguments);
    command.stderr(fs::File::create(work_dir.join("log.txt")).unwrap());
    Server::start_command(None, work_dir, command)
}

/// Returns the exit code and the standard error of a page that cannot start.
fn refusal(work_dir: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = program_as(work_dir, "page", arguments);
    let Output { status, stderr, .. } = command.args(["--listen", "127.0.0.1:0"]).output().unwrap();
    (status.code(), String::from_utf8(stderr).unwrap())
}

#[tokio::test]
async fn the_page_alone_is_served_with_a_policy_for_its_tenant() {
    let work_dir = work_dir();
    let server = start(work_dir.path(), &[]);
    for path in ["/", "/callback", "/link/github"] {
        let page = server.get(path, &[(ACCEPT, "text/html")]).await;
        assert_eq!(page.status(), StatusCode::OK, "{path}");
        assert_eq!(
            page.headers()[CONTENT_SECURITY_POLICY],
            "default-src 'none'; img-src 'self' data: https://example.eu.auth0.com; \
             connect-src 'self' https://example.eu.auth0.com; frame-src 'self' https://example.eu.auth0.com"
        );
        assert_eq!(page.headers()["x-content-type-options"], "nosniff");
        assert_eq!(page.headers()[CACHE_CONTROL], "no-cache");
    }
    let script = server.get(SCRIPT, &[]).await;
    assert_eq!(script.headers()[CACHE_CONTROL], "public, max-age=31536000, immutable");
    assert_eq!(server.get("/missing.js", &[]).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_settings_are_those_of_the_options() {
    let work_dir = work_dir();
    let server = start(work_dir.path(), &[]);
    let settings = server.json("/config.json").await;
    assert_eq!(
        settings,
        json!({ "domain": "Example.eu.auth0.com", "clientId": "a-client", "bearer": "access_token" })
    );
    drop(server);

    let connections = json!([{ "name": "github", "strategy": "github" }, { "name": "work", "strategy": "waad", "pinned": true }]);
    fs::write(work_dir.path().join("connections.json"), connections.to_string()).unwrap();
    let server = start(
        work_dir.path(),
        &[
            ["--audience", "https://example.eu.auth0.com/api/v2/"],
            ["--name", "Acme logins"],
            ["--connections", "connections.json"],
            ["--identity-claim", "https://acme.example/identity"],
            ["--fresh-sign-in", "60"],
            ["--undo", "0"],
            ["--return-to", "https://shop.acme.example/"],
            ["--verification-mail", "--verified-email-to-link"],
        ]
        .concat(),
    );
    let response = server.get("/config.json", &[]).await;
    assert_eq!(response.headers()[CONTENT_TYPE], "application/json");
    assert_eq!(response.headers()[CACHE_CONTROL], "no-cache");
    assert_eq!(
        server.json("/config.json").await,
        json!({
            "domain": "Example.eu.auth0.com",
            "clientId": "a-client",
            "audience": "https://example.eu.auth0.com/api/v2/",
            "bearer": "access_token",
            "name": "Acme logins",
            "connections": connections,
            "identityClaim": "https://acme.example/identity",
            "freshSignIn": 60,
            "undoSeconds": 0,
            "returnTo": ["https://shop.acme.example/"],
            "verificationMail": true,
            "verifiedEmailToLink": true,
        })
    );
}

#[tokio::test]
async fn a_page_alone_has_no_tenant_and_stores_nothing() {
    let work_dir = work_dir();
    let server = start(work_dir.path(), &[]);
    for path in ["/oauth/token", "/.well-known/openid-configuration", "/api/v2/users"] {
        assert_eq!(server.get(path, &[]).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
    for path in ["/health", "/health/ready"] {
        assert_eq!(server.json(path).await, json!({ "status": "ok" }), "{path}");
    }
    let mut left: Vec<_> =
        fs::read_dir(work_dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["log.txt", "site"]);
}

#[tokio::test]
async fn the_start_says_what_the_tenant_must_know() {
    let work_dir = work_dir();
    let server = start(work_dir.path(), &["--origin", "https://logins.acme.example"]);
    let message = &server.startup_message;
    assert!(message.contains("Open     https://logins.acme.example/\n"), "{message}");
    assert!(message.contains("Tenant   https://example.eu.auth0.com  client_id a-client\n"), "{message}");
    assert!(message.contains("https://logins.acme.example/callback  Allowed Callback URLs\n"), "{message}");
    assert!(message.contains("https://logins.acme.example/  Allowed Logout URLs\n"), "{message}");
    assert!(message.contains("https://logins.acme.example  Allowed Web Origins\n"), "{message}");
}

// attack: network
#[tokio::test]
async fn a_page_alone_on_loopback_answers_to_no_other_name() {
    let work_dir = work_dir();
    let server = start(work_dir.path(), &[]);
    let response = server.get("/config.json", &[(reqwest::header::HOST, "rebound.example")]).await;
    assert_eq!(response.status(), StatusCode::MISDIRECTED_REQUEST);
}

#[test]
fn wrong_options_of_a_page_are_refused_by_name() {
    let work_dir = work_dir();
    let (code, error) = refusal(work_dir.path(), &["--domain", "https://a.example/path", "--client-id", "a"]);
    assert_eq!(code, Some(2));
    assert!(error.contains("\"domain\" must be a host such as example.eu.auth0.com"), "{error}");

    fs::write(work_dir.path().join("connections.json"), r#"[{ "name": "github" }]"#).unwrap();
    let arguments = [&TENANT[..], &["--connections", "connections.json"]].concat();
    let (code, error) = refusal(work_dir.path(), &arguments);
    assert_eq!(code, Some(2));
    assert!(error.contains("connections.json: a list of connections as in config.json is needed"), "{error}");
    assert!(error.contains("missing field `strategy`"), "{error}");

    let (code, error) = refusal(work_dir.path(), &[&TENANT[..], &["--site", "nowhere"]].concat());
    assert_eq!(code, Some(2));
    assert!(error.contains("there is no page in nowhere"), "{error}");
}
