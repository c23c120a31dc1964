//! Users files, each as somebody would try it: saved, named with `--users`, signed in with.

use std::fs;
use std::path::Path;

use reqwest::header::AUTHORIZATION;
use serde_json::{Value, json};

use super::{Server, start_failure, work_dir};

const TENANT: &str = "
clients:
  - name: Page
    client_id: linked-accounts
    app_type: spa
    callbacks: ['##LINKED_ACCOUNTS_ISSUER##callback']
  - name: Machine
    client_id: machine
    client_secret: machine secret
    app_type: non_interactive
clientGrants:
  - client_id: Machine
    audience: '##LINKED_ACCOUNTS_ISSUER##api/v2/'
    scope: ['read:users']
databases:
  - name: Username-Password-Authentication
connections:
  - { name: google-oauth2, strategy: google-oauth2 }
";

/// The SHA-256 of "abc123" and "tiger", by Python's `hashlib`.
const HASH: &str = "ed5bb310297762e5dff88e82688a1d0d6bbba5fddd08713fcd3a30c9fff780a0";

/// Starts the program with a users file.
fn start(folder: &Path, users: &str) -> Server {
    fs::write(folder.join("tenant.yaml"), TENANT).unwrap();
    fs::write(folder.join("users.json"), users).unwrap();
    Server::start(folder, &["--tenant", "tenant.yaml", "--users", "users.json"])
}

/// Returns the users that the Management API lists, by address.
async fn listed(server: &Server) -> Vec<Value> {
    let body = json!({ "grant_type": "client_credentials", "client_id": "machine",
        "client_secret": "machine secret", "audience": format!("{}/api/v2/", server.base) });
    let request = server.client.post(format!("{}/oauth/token", server.base)).json(&body);
    let token: Value = request.send().await.unwrap().json().await.unwrap();
    let token = token["access_token"].as_str().unwrap_or_else(|| panic!("no token: {token}"));
    let authorization = format!("Bearer {token}");
    let users = server.get("/api/v2/users?sort=email:1", &[(AUTHORIZATION, &authorization)]).await;
    users.json().await.unwrap()
}

#[tokio::test]
async fn a_bulk_import_signs_in_and_keeps_its_ids_at_the_next_start() {
    let folder = work_dir();
    let users = json!([
        { "email": "Ada@Example.com", "email_verified": true, "shoe_size": 42, "pasword": "hunter2",
            "custom_password_hash": { "algorithm": "sha256",
                "hash": { "value": HASH, "encoding": "hex" }, "salt": { "value": "abc123" } } },
        { "email": "eve@example.com", "user_id": "legacy|7",
            "custom_password_hash": { "algorithm": "md4", "hash": { "value": "00", "encoding": "hex" } } },
    ]);
    let server = start(folder.path(), &users.to_string());
    let first = listed(&server).await;
    assert_eq!(first[0]["email"], "ada@example.com");
    assert_eq!(first[0]["shoe_size"], 42);
    assert_eq!(first[1]["user_id"], "auth0|legacy|7");
    assert!(!json!(first).to_string().contains("hunter2"));
    server.sign_in("ADA@example.com", "tiger").await;
    let log = server.end_and_read_log();
    assert!(log.contains("did you mean \"password\"?"), "{log}");
    assert!(log.contains("$[1].custom_password_hash: md4 is not verified here"), "{log}");
    assert!(!log.contains("hunter2") && !log.contains(HASH), "{log}");

    let server = start(folder.path(), &users.to_string());
    assert_eq!(listed(&server).await[0]["user_id"], first[0]["user_id"]);
    server.sign_in("ada@example.com", "tiger").await;
}

#[tokio::test]
async fn an_export_one_user_a_line_is_read_without_tokens() {
    let folder = work_dir();
    let lines = [
        json!({ "user_id": "auth0|1", "email": "ada@example.com", "password": "tiger" }),
        json!({ "user_id": "google-oauth2|99", "email": "cy@example.com", "blocked_for": [], "identities": [
            { "provider": "google-oauth2", "connection": "google-oauth2", "user_id": "99", "isSocial": true,
                "access_token": "hunter2", "refresh_token": "hunter2", "expires_in": 3599 }] }),
    ];
    let text = lines.map(|line| format!("{line}\n")).concat();
    let server = start(folder.path(), &text);
    let users = listed(&server).await;
    assert_eq!(
        users.iter().map(|user| &user["user_id"]).collect::<Vec<_>>(),
        ["auth0|1", "google-oauth2|99"]
    );
    assert!(!json!(users).to_string().contains("hunter2"));
    server.sign_in("ada@example.com", "tiger").await;
    let log = server.end_and_read_log();
    assert!(log.contains("tokens of providers are left out") && !log.contains("hunter2"), "{log}");
}

#[tokio::test]
async fn one_user_and_a_list_with_totals_are_read() {
    let user = json!({ "user_id": "auth0|1", "email": "ada@example.com", "password": "tiger",
        "password_set_date": "2024-01-01T00:00:00.000Z", "identities": [
            { "connection": "Username-Password-Authentication", "user_id": "1", "provider": "auth0" }] });
    let list = json!({ "start": 0, "limit": 50, "length": 1, "total": 1, "users": [user] });
    for text in [user.to_string(), list.to_string()] {
        let folder = work_dir();
        let server = start(folder.path(), &text);
        let users = listed(&server).await;
        assert_eq!((users.len(), &users[0]["last_password_reset"]), (1, &json!("2024-01-01T00:00:00.000Z")));
        server.sign_in("ada@example.com", "tiger").await;
    }
}

#[test]
fn an_address_twice_stops_the_start() {
    let folder = work_dir();
    fs::write(folder.path().join("tenant.yaml"), TENANT).unwrap();
    let users = json!([{ "email": "ada@example.com" }, { "email": "ADA@example.com" }]);
    fs::write(folder.path().join("users.json"), users.to_string()).unwrap();
    let (code, message) = start_failure(folder.path(), &["--tenant", "tenant.yaml", "--users", "users.json"]);
    assert_eq!(code, Some(2));
    assert!(
        message.contains("users.json: $[1].email: the same address or user name is already at $[0].email"),
        "{message}"
    );
    assert!(!folder.path().join("linked-accounts.db").exists(), "nothing was written");
}

/// Returns a file of users with a database identity and two others.
fn many(count: usize) -> String {
    let users = (0..count).map(|number| {
        json!({ "user_id": format!("auth0|{number:024}"), "email": format!("user{number}@example.com"),
            "email_verified": true, "user_metadata": { "theme": "dark", "notes": "x".repeat(200) },
            "identities": [
                { "connection": "Username-Password-Authentication", "user_id": format!("{number:024}"),
                    "provider": "auth0", "isSocial": false },
                { "connection": "google-oauth2", "user_id": format!("g{number}"), "provider": "google-oauth2",
                    "isSocial": true, "profileData": { "email": format!("user{number}@gmail.example") } },
                { "connection": "google-oauth2", "user_id": format!("h{number}"), "provider": "google-oauth2",
                    "isSocial": true, "profileData": { "name": "x".repeat(200) } },
            ] })
    });
    users.map(|user| user.to_string()).collect::<Vec<_>>().join("\n") + "\n"
}

// attack: accounts
#[tokio::test]
async fn a_file_whose_last_user_has_a_login_of_somebody_else_adds_nobody() {
    let folder = work_dir();
    let first = json!({ "user_id": "google-oauth2|taken", "email": "eve@example.com", "identities": [
        { "connection": "google-oauth2", "user_id": "taken", "provider": "google-oauth2", "isSocial": true }] });
    drop(start(folder.path(), &first.to_string()));
    let last = json!({ "user_id": "auth0|last", "email": "last@example.com", "identities": [
        { "connection": "Username-Password-Authentication", "user_id": "last", "provider": "auth0" },
        { "connection": "google-oauth2", "user_id": "taken", "provider": "google-oauth2", "isSocial": true }] });
    fs::write(folder.path().join("users.json"), format!("{}{last}\n", many(6000))).unwrap();
    let (code, log) = start_failure(folder.path(), &["--tenant", "tenant.yaml", "--users", "users.json"]);
    assert_eq!(code, Some(1));
    assert!(log.contains("user \"auth0|last\" cannot be added"), "{log}");
    assert!(log.contains("users are being added done=3005 total=6001"), "{log}");
    let users = listed(&Server::start(folder.path(), &["--tenant", "tenant.yaml"])).await;
    assert_eq!(users.iter().map(|user| &user["user_id"]).collect::<Vec<_>>(), ["google-oauth2|taken"]);
}

#[cfg(target_os = "linux")]
#[test]
fn adding_many_users_takes_a_fixed_amount_of_memory_and_twice_their_file_at_most() {
    // What a server takes without any: hashing at the start alone takes 19 MiB on each processor.
    const WITHOUT_USERS: usize = 64 * 1024 * 1024;

    let (folder, file) = (work_dir(), many(40_000));
    let server = start(folder.path(), &file);
    let status = fs::read_to_string(format!("/proc/{}/status", server.process.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak = peak.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024;
    assert!(peak < WITHOUT_USERS + 2 * file.len(), "{peak} bytes for {} of the file", file.len());
}
