//! Tests of the program with tenant files as the Deploy CLI of Auth0 exports them.

use std::fs;
use std::path::Path;

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{Server, program, program_as, start_failure, work_dir};

/// An export: no secrets, no ids of clients, and the Management API of the real tenant.
const EXPORT: &str = "
tenant: { friendly_name: Acme, support_email: help@example.com, session_lifetime_in_minutes: 600 }
clients:
  - { name: Default App, callbacks: [], grant_types: [authorization_code, implicit, client_credentials] }
  - { name: Night job, app_type: non_interactive, grant_types: [client_credentials] }
  - { name: Orders job, app_type: non_interactive, grant_types: [client_credentials] }
databases: [{ name: Username-Password-Authentication, strategy: auth0 }]
resourceServers:
  - { name: Orders, identifier: https://api.example.com/, token_lifetime: 600, scopes: [{ value: 'read:orders' }] }
clientGrants:
  - { client_id: Night job, audience: https://acme.eu.auth0.com/api/v2/, scope: ['read:users'] }
  - { client_id: Orders job, audience: https://api.example.com/, scope: ['read:orders'] }
  - { client_id: Default App, audience: https://api.example.com/, subject_type: user, scope: ['read:orders'] }
emailProvider: { name: sendgrid, credentials: { api_key: '##SENDGRID_API_KEY##' } }
";

fn write(work_dir: &Path, text: &str) {
    fs::write(work_dir.join("tenant.yaml"), text).unwrap();
}

/// Returns the word that follows `label` in the startup message.
fn shown(server: &Server, label: &str) -> Option<String> {
    let (_, after) = server.startup_message.split_once(label)?;
    after.split_whitespace().next().map(str::to_owned)
}

async fn token(server: &Server, client_id: &str, client_secret: &str, audience: &str) -> (StatusCode, Value) {
    let body = json!({
        "grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret,
        "audience": audience,
    });
    let request = server.client.post(format!("{}/oauth/token", server.base));
    let response =
        request.header("content-type", "application/json").body(body.to_string()).send().await.unwrap();
    (response.status(), serde_json::from_str(&response.text().await.unwrap()).unwrap())
}

async fn read_users(server: &Server, token: &Value) -> StatusCode {
    let request = server.client.get(format!("{}/api/v2/users", server.base));
    request.bearer_auth(token["access_token"].as_str().unwrap()).send().await.unwrap().status()
}

#[tokio::test]
async fn an_export_starts_with_derived_ids_and_secrets_that_are_made_once() {
    let work_dir = work_dir();
    write(work_dir.path(), EXPORT);
    let real = "https://acme.eu.auth0.com/api/v2/";
    let (id, secret) = {
        let server = Server::start(work_dir.path(), &["--tenant", "tenant.yaml"]);
        let id = shown(&server, "Night job  client_id ").unwrap();
        let secret = shown(&server, "Night job  client_secret ").unwrap();
        for audience in [real, &format!("{}/api/v2/", server.base.replace("127.0.0.1", "localhost"))] {
            let (status, token) = token(&server, &id, &secret, audience).await;
            assert_eq!(status, StatusCode::OK, "{token}");
            assert_eq!(token["scope"], "read:users");
            assert_eq!(read_users(&server, &token).await, StatusCode::OK);
        }
        let orders_id = shown(&server, "Orders job  client_id ").unwrap();
        let orders_secret = shown(&server, "Orders job  client_secret ").unwrap();
        let (_, orders) = token(&server, &orders_id, &orders_secret, "https://api.example.com/").await;
        assert_eq!((&orders["expires_in"], &orders["scope"]), (&json!(600), &json!("read:orders")));
        let app_id = shown(&server, "Default App  client_id ").unwrap();
        let app_secret = shown(&server, "Default App  client_secret ").unwrap();
        let (status, refusal) = token(&server, &app_id, &app_secret, "https://api.example.com/").await;
        assert_eq!((status, &refusal["error"]), (StatusCode::FORBIDDEN, &json!("access_denied")));
        let (status, _) = token(&server, &id, "a guess", real).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        let log = server.end_and_read_log();
        assert!(
            log.contains("tenant.support_email, tenant.session_lifetime_in_minutes")
                || log.contains("tenant.session_lifetime_in_minutes, tenant.support_email"),
            "{log}"
        );
        assert!(log.contains("the keyword \"SENDGRID_API_KEY\" has no value"), "{log}");
        assert!(!log.contains(&secret), "a secret is not logged");
        (id, secret)
    };
    let server = Server::start(work_dir.path(), &["--tenant", "tenant.yaml"]);
    assert_eq!(shown(&server, "Night job  client_id "), Some(id.clone()));
    assert_eq!(shown(&server, "client_secret "), None, "a secret is shown once");
    assert_eq!(token(&server, &id, &secret, real).await.0, StatusCode::OK);
    drop(server);
    let own = ["--tenant", "tenant.yaml", "--client-secret", "Night job=chosen=, Orders job=other"];
    let (_, stderr) = start_failure(work_dir.path(), &own);
    assert!(stderr.contains("no client with the name or id \" Orders job\""), "{stderr}");
    let own = ["--tenant", "tenant.yaml", "--client-secret", "Night job=chosen="];
    let server = Server::start(work_dir.path(), &own);
    assert_eq!(token(&server, &id, "chosen=", real).await.0, StatusCode::OK);
    assert_eq!(token(&server, &id, &secret, real).await.0, StatusCode::UNAUTHORIZED);
}

// attack: files
#[test]
fn what_the_file_protects_and_the_tenant_does_not_is_refused_on_a_network_unless_it_is_accepted() {
    let work_dir = work_dir();
    write(work_dir.path(), "guardianPolicies: { policies: [all-applications] }\nbranding: {}\n");
    let network = ["--tenant", "tenant.yaml", "--issuer", "https://login.example.com/"];
    let (code, stderr) = start_failure(work_dir.path(), &network);
    assert_eq!(
        (code, stderr.as_str()),
        (
            Some(2),
            "linked-accounts: the tenant file says what this tenant does not do, and this server is reached from \
             other machines, as https://login.example.com/:\n  \
             tenant.yaml:1:1: the key guardianPolicies is ignored: nobody is asked for a second factor\n\
             Remove it from the file, or pass --accept-ignored guardianPolicies\n"
        )
    );
    assert!(!work_dir.path().join("linked-accounts.db").exists());
    let demo = [&network[..], &["--allow-demo-on-network"]].concat();
    assert_eq!(start_failure(work_dir.path(), &demo).0, Some(2), "that option permits something else");
    let accepted = [&network[..], &["--accept-ignored", "guardianPolicies"]].concat();
    drop(Server::start(work_dir.path(), &accepted));
    drop(Server::start(work_dir.path(), &["--tenant", "tenant.yaml"]));
    let (code, stderr) = start_failure(work_dir.path(), &["--tenant", "tenant.yaml", "--strict"]);
    assert_eq!(code, Some(2));
    assert!(stderr.contains("--accept-ignored branding,guardianPolicies"), "{stderr}");
}

#[test]
fn a_file_is_checked_without_a_start() {
    let work_dir = work_dir();
    write(work_dir.path(), EXPORT);
    let check = |arguments: &[&str]| {
        let output = program_as(work_dir.path(), "check", arguments).output().unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (code, report, _) = check(&["--tenant", "tenant.yaml"]);
    assert_eq!(code, Some(0));
    assert!(report.starts_with("Clients: 3\n  Default App (regular web): client_id "), "{report}");
    assert!(
        report.contains(", derived from the name; a secret that the first start makes and prints\n"),
        "{report}"
    );
    assert!(report.contains("\nAPIs: 1\n  https://api.example.com/\n"), "{report}");
    assert!(report.contains("Night job for https://acme.eu.auth0.com/api/v2/\n"), "{report}");
    assert!(
        report.contains("\ntenant.yaml: ignored, because this tenant has no use for it: emailProvider, "),
        "{report}"
    );
    assert!(!work_dir.path().join("linked-accounts.db").exists());
    let (code, _, stderr) = check(&["--tenant", "tenant.yaml", "--strict"]);
    assert_eq!(code, Some(2), "{stderr}");
    let (code, report, _) = check(&[]);
    assert_eq!(code, Some(0));
    assert!(report.contains("google-oauth2 (google-oauth2): a stand-in\n"), "{report}");
}

#[test]
fn keywords_have_their_values_from_the_files_of_the_deploy_cli() {
    let work_dir = work_dir();
    write(
        work_dir.path(),
        "clients:\n  - name: ##APP_NAME##\n    app_type: spa\n    callbacks: @@APP_CALLBACKS@@\n",
    );
    let (code, stderr) = start_failure(work_dir.path(), &["--tenant", "tenant.yaml"]);
    assert_eq!(code, Some(2));
    assert!(stderr.contains("tenant.yaml:2:11: the keyword \"APP_NAME\" has no value"), "{stderr}");
    let mappings = json!({ "APP_NAME": "Shop", "APP_CALLBACKS": ["https://shop.example.com/callback"] });
    let config = json!({ "AUTH0_DOMAIN": "acme.eu.auth0.com", "AUTH0_KEYWORD_REPLACE_MAPPINGS": mappings });
    fs::write(work_dir.path().join("config.json"), config.to_string()).unwrap();
    let arguments = ["--tenant", "tenant.yaml", "--keywords", "config.json"];
    let server = Server::start(work_dir.path(), &arguments);
    assert!(server.startup_message.contains("Shop  client_id "), "{}", server.startup_message);
    drop(server);
    let mut check = program_as(work_dir.path(), "check", &["--tenant", "tenant.yaml"]);
    let output = check.env("AUTH0_KEYWORD_REPLACE_MAPPINGS", mappings.to_string()).output().unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().contains("Shop (single-page)"));
    let mut broken = program(work_dir.path(), &["--tenant", "tenant.yaml"]);
    let output = broken.env("AUTH0_KEYWORD_REPLACE_MAPPINGS", "{ hunter2").output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(stderr, "linked-accounts: AUTH0_KEYWORD_REPLACE_MAPPINGS:1:3: not valid JSON\n");
}

#[test]
fn an_issuer_by_http_that_is_not_this_machine_is_named() {
    let work_dir = work_dir();
    write(work_dir.path(), "clients:\n  - { name: Shop, app_type: spa }\n");
    let check = |issuer: &str| {
        let arguments = ["--tenant", "tenant.yaml", "--issuer", issuer];
        String::from_utf8(program_as(work_dir.path(), "check", &arguments).output().unwrap().stdout).unwrap()
    };
    let words = "is reached by http, and not on this machine";
    assert!(check("http://login.example.com").contains(words));
    for quiet in ["https://login.example.com", "http://localhost:3000", "http://127.0.0.1:3000"] {
        let report = check(quiet);
        assert!(report.contains("Clients: 1") && !report.contains(words), "{report}");
    }
}
