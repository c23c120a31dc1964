//! Whole databases: backups of one that is served, and back; copies between engines.

use reqwest::{Method, StatusCode};

use crate::{Server, program_as, work_dir};

const ADA: &str = "/api/v2/users/auth0%7C65a000000000000000000001";
const DEMO: &str = "sqlite:linked-accounts-demo.db";

fn run(work_dir: &std::path::Path, command: &str, arguments: &[&str]) -> (bool, String) {
    let output = program_as(work_dir, command, arguments).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

#[tokio::test]
async fn a_backup_of_a_served_database_has_what_was_acknowledged_and_is_restored() {
    let work_dir = work_dir();
    let server = Server::start(work_dir.path(), &[]);
    let token = server.sign_in("ada@example.com", "ada-demo").await;
    let unlink = format!("{ADA}/identities/github/18151210");
    assert_eq!(server.call_management_api(Method::DELETE, &unlink, &token).await.0, StatusCode::OK);
    let (done, text) = run(work_dir.path(), "backup", &["--database", DEMO, "backup.db"]);
    assert!(done, "{text}");
    let (done, text) = run(work_dir.path(), "backup", &["--database", DEMO, "backup.db"]);
    assert!(!done && text.contains("this file exists already"), "{text}");

    // A database that is served, or has something in it, is not replaced.
    let (done, text) = run(work_dir.path(), "restore", &["--database", DEMO, "backup.db", "--replace"]);
    assert!(!done && text.contains("is open in another server"), "{text}");
    let again = format!("{ADA}/identities/google-oauth2/104388216570921137785");
    assert_eq!(server.call_management_api(Method::DELETE, &again, &token).await.0, StatusCode::OK);
    drop(server);
    let (done, text) = run(work_dir.path(), "restore", &["--database", DEMO, "backup.db"]);
    assert!(!done && text.contains("there is a database already"), "{text}");

    let (done, text) = run(work_dir.path(), "restore", &["--database", DEMO, "backup.db", "--replace"]);
    assert!(done, "{text}");
    let server = Server::start(work_dir.path(), &[]);
    let token = server.sign_in("ada@example.com", "ada-demo").await;
    let (_, user) = server.call_management_api(Method::GET, ADA, &token).await;
    let ids = user["identities"].to_string();
    assert!(ids.contains("104388216570921137785") && !ids.contains("18151210"), "{ids}");
}

#[tokio::test]
async fn a_tenant_is_copied_whole_and_again_and_never_over_another_one() {
    let work_dir = work_dir();
    let server = Server::start(work_dir.path(), &[]);
    let keys = server.json("/.well-known/jwks.json").await;
    for _ in 0..2 {
        let (done, text) = run(work_dir.path(), "migrate", &[DEMO, "sqlite:copy.db"]);
        assert!(done && text.contains("12 users"), "{text}");
    }
    drop(server);
    let copy = Server::start(work_dir.path(), &["--database", "sqlite:copy.db"]);
    assert_eq!(copy.json("/.well-known/jwks.json").await, keys, "the same keys");
    let token = copy.sign_in("ada@example.com", "ada-demo").await;
    let (status, user) = copy.call_management_api(Method::GET, ADA, &token).await;
    assert_eq!((status, user["identities"].as_array().unwrap().len()), (StatusCode::OK, 5));

    let other = Server::start(work_dir.path(), &["--database", "sqlite:other.db"]);
    let before = other.json("/.well-known/jwks.json").await;
    let (done, text) = run(work_dir.path(), "migrate", &[DEMO, "sqlite:other.db"]);
    assert!(!done && text.contains("is open in another server"), "{text}");
    drop(other);
    let (done, text) = run(work_dir.path(), "migrate", &[DEMO, "sqlite:other.db"]);
    assert!(!done && text.contains("has a tenant of its own"), "{text}");
    let other = Server::start(work_dir.path(), &["--database", "sqlite:other.db"]);
    assert_eq!(other.json("/.well-known/jwks.json").await, before, "nothing was changed");
}

// attack: files
#[tokio::test]
async fn a_second_server_on_the_same_file_is_refused_in_words() {
    let work_dir = work_dir();
    let first = Server::start(work_dir.path(), &[]);
    let (code, stderr) = crate::start_failure(work_dir.path(), &[]);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("is open in another server: one server serves a file"), "{stderr}");
    assert_eq!(first.json("/health/ready").await["status"], "ok");
}
