//! Files with secrets: who can read them, and what happens when they are read-only, deleted, replaced or moved.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Stdio;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{Server, program, start_failure, work_dir};

const ADA: &str = "/api/v2/users/auth0%7C65a000000000000000000001";
const DATABASE: &str = "linked-accounts-demo.db";
const DATABASE_FILES: [&str; 3] = [DATABASE, "linked-accounts-demo.db-wal", "linked-accounts-demo.db-shm"];
const MAIL: &str = "linked-accounts-demo.mail.jsonl";

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// Returns the names of the files in `folder` that others than their owner can read or write, except those of the site and
/// the log of the test.
fn files_open_to_others(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_file() && !["log.txt", "authority.pem"].contains(&&*name) && mode(&path) & 0o077 != 0 {
            found.push(name);
        }
    }
    found
}

async fn request_mail(server: &Server) -> StatusCode {
    let body = json!({ "client_id": "linked-accounts", "email": "ada@example.com",
        "connection": "Username-Password-Authentication" });
    let request = server.client.post(format!("{}/dbconnections/change_password", server.base)).json(&body);
    request.send().await.unwrap().status()
}

// attack: files
#[tokio::test]
async fn no_file_with_secrets_is_ever_readable_by_others() {
    let work_dir = work_dir();
    let tls = work_dir.path().join("tls");
    fs::create_dir(&tls).unwrap();
    let arguments = ["--tls-self-signed", "tls"];
    for umask in ["000", "022"] {
        // The shell sets the umask and then becomes the program.
        let mut command = std::process::Command::new("sh");
        let program = program(work_dir.path(), &arguments);
        command.args(["-c", &format!("umask {umask}; exec \"$0\" \"$@\"")]);
        command.arg(program.get_program()).args(program.get_args()).current_dir(work_dir.path());
        for (name, value) in program.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.process_group(0).stdin(Stdio::null());
        let server = Server::start_command(Some(&tls.join("authority.pem")), work_dir.path(), command);
        assert_eq!(request_mail(&server).await, StatusCode::OK);
        for name in DATABASE_FILES.into_iter().chain([MAIL]) {
            assert_eq!(mode(&work_dir.path().join(name)), 0o600, "{name} with umask {umask}");
        }
        assert_eq!(files_open_to_others(work_dir.path()), Vec::<String>::new());
        assert_eq!(files_open_to_others(&tls), Vec::<String>::new());
    }
}

#[tokio::test]
async fn every_mail_that_was_promised_is_written_before_the_program_ends() {
    let work_dir = work_dir();
    let server = Server::start(work_dir.path(), &[]);
    for _ in 0..5 {
        assert_eq!(request_mail(&server).await, StatusCode::OK);
    }
    server.end_and_read_log();
    assert_eq!(fs::read_to_string(work_dir.path().join(MAIL)).unwrap().lines().count(), 5);
}

// attack: files
#[tokio::test]
async fn a_file_that_others_could_read_does_not_stay_so() {
    let work_dir = work_dir();
    let path = |name: &str| work_dir.path().join(name);
    let arguments = ["--tls-self-signed", "tls"];
    let authority = path("tls/authority.pem");
    let first = Server::start_trusting(Some(&authority), work_dir.path(), &arguments);
    request_mail(&first).await;
    // Killed, so that the write-ahead log stays.
    assert_eq!(first.end_with("KILL"), None);
    let files = DATABASE_FILES.into_iter().chain([MAIL, "tls/authority-key.pem"]);
    for name in files.clone() {
        set_mode(&path(name), 0o644);
    }
    let second = Server::start_trusting(Some(&authority), work_dir.path(), &arguments);
    for name in files.clone() {
        assert_eq!(mode(&path(name)), 0o600, "{name}");
    }
    let log = second.end_and_read_log();
    for name in files {
        let said = format!("{name} has secrets and had mode 644");
        assert!(log.contains(&said), "{said}: {log}");
    }
}

// attack: files
#[test]
fn a_file_of_another_owner_is_not_used() {
    let work_dir = work_dir();
    for (name, options) in [
        (DATABASE, vec![]),
        ("of-another.jsonl", vec!["--mail", "of-another.jsonl", "--database", "sqlite:own.db"]),
    ] {
        let path = work_dir.path().join(name);
        fs::write(&path, "").unwrap();
        // Only root may give a file away.
        if std::os::unix::fs::chown(&path, Some(65_534), None).is_err() {
            return;
        }
        let (code, stderr) = start_failure(work_dir.path(), &options);
        assert_eq!(code, Some(1), "{stderr}");
        assert!(stderr.contains("belongs to another user (id 65534)"), "{stderr}");
        assert!(stderr.contains("Run `chown "), "{stderr}");
        assert_eq!(fs::read(&path).unwrap(), b"", "nothing was written");
    }
}

// attack: files
#[test]
fn a_read_only_database_does_not_start() {
    let work_dir = work_dir();
    drop(Server::start(work_dir.path(), &[]));
    let path = work_dir.path().join(DATABASE);
    set_mode(&path, 0o400);
    let before = fs::read(&path).unwrap();
    let (code, stderr) = start_failure(work_dir.path(), &[]);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("it is read-only. Run `chmod 600 "), "{stderr}");
    assert_eq!(fs::read(&path).unwrap(), before);
}

/// Asks `/health/ready` and returns the reason why the server is not ready.
async fn reason_not_ready(server: &Server) -> Option<String> {
    let response = server.get("/health/ready", &[]).await;
    let status = response.status();
    let body: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    match status {
        StatusCode::OK => None,
        StatusCode::SERVICE_UNAVAILABLE => Some(body["reason"].as_str().unwrap().to_owned()),
        other => panic!("{other}: {body}"),
    }
}

/// What befalls a file of the database while the server runs.
#[derive(Clone, Copy, Debug)]
enum Loss {
    Deleted,
    Moved,
    Replaced,
}

// attack: files
#[tokio::test]
async fn nothing_is_acknowledged_into_a_database_that_nobody_will_find() {
    for (name, loss) in [
        (DATABASE, Loss::Deleted),
        (DATABASE, Loss::Moved),
        (DATABASE, Loss::Replaced),
        (DATABASE_FILES[1], Loss::Deleted),
        (DATABASE_FILES[1], Loss::Replaced),
        (DATABASE_FILES[2], Loss::Deleted),
    ] {
        let work_dir = work_dir();
        let server = Server::start(work_dir.path(), &[]);
        let token = server.sign_in("ada@example.com", "ada-demo").await;
        let (status, ada) = server.call_management_api(Method::GET, ADA, &token).await;
        assert_eq!(status, StatusCode::OK);
        let (path, aside) = (work_dir.path().join(name), work_dir.path().join("aside"));
        match loss {
            Loss::Deleted => fs::remove_file(&path).unwrap(),
            Loss::Moved => fs::rename(&path, &aside).unwrap(),
            Loss::Replaced => {
                fs::copy(&path, &aside).unwrap();
                fs::rename(&aside, &path).unwrap();
            }
        }
        let secondary = &ada["identities"][1];
        let unlink = format!(
            "{ADA}/identities/{}/{}",
            secondary["provider"].as_str().unwrap(),
            secondary["user_id"].as_str().unwrap()
        );
        let (status, body) = server.call_management_api(Method::DELETE, &unlink, &token).await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR, "{name} {loss:?}: {body}");
        let (_, after) = server.call_management_api(Method::GET, ADA, &token).await;
        assert_eq!(after["identities"], ada["identities"], "{name} {loss:?}: nothing was changed");
        assert_eq!(
            reason_not_ready(&server).await.as_deref(),
            Some("a file of the database was deleted or replaced"),
            "{name} {loss:?}"
        );
        assert_eq!(server.json("/health").await["status"], "ok", "the process is alive");
        if matches!(loss, Loss::Moved) {
            fs::rename(&aside, &path).unwrap();
            let (status, _) = server.call_management_api(Method::DELETE, &unlink, &token).await;
            assert_eq!(status, StatusCode::OK, "a file that was put back is the same one");
        }
        let log = server.end_and_read_log();
        assert!(log.contains("was deleted or replaced while it was open"), "{log}");
    }
}

#[tokio::test]
async fn a_server_that_can_do_its_work_is_ready() {
    let work_dir = work_dir();
    let server = Server::start(work_dir.path(), &[]);
    assert_eq!(reason_not_ready(&server).await, None);
}

#[tokio::test]
async fn a_server_whose_writer_is_held_up_is_not_ready() {
    let work_dir = work_dir();
    let server = Server::start(work_dir.path(), &[]);
    let url = format!("sqlite:{}", work_dir.path().join(DATABASE).display());
    let other = store::Store::open(&url).await.unwrap();
    let (release, released) = tokio::sync::oneshot::channel::<()>();
    let (began, beginning) = tokio::sync::oneshot::channel::<()>();
    let holding = tokio::spawn(async move {
        other
            .write::<(), store::Error, _>(move |_| {
                Box::pin(async move {
                    began.send(()).unwrap();
                    let _ = released.await;
                    Ok(())
                })
            })
            .await
    });
    beginning.await.unwrap();
    let reason = reason_not_ready(&server).await.unwrap();
    assert!(reason.contains("did not answer") || reason.contains("locked"), "{reason}");
    assert_eq!(server.json("/health").await["status"], "ok");
    release.send(()).unwrap();
    holding.await.unwrap().unwrap();
}

/// Returns what a database has of the users of the demo.
async fn demo_users(database: &Path) -> Vec<String> {
    let store = store::Store::open(&format!("sqlite:{}", database.display())).await.unwrap();
    let mut found = Vec::new();
    for id in server::seed::demo::user_ids() {
        found.extend(store.read().await.unwrap().find_user(&id).await.unwrap().map(|row| format!("{row:?}")));
    }
    store.close().await;
    found
}

// attack: files
#[tokio::test]
async fn nobody_of_the_demo_signs_in_to_a_tenant_of_ones_own() {
    let work_dir = work_dir();
    drop(Server::start(work_dir.path(), &[]));
    let tenant = "databases: [{ name: Username-Password-Authentication }]";
    fs::write(work_dir.path().join("tenant.yaml"), tenant).unwrap();
    let public = ["--tenant", "tenant.yaml", "--issuer", "https://accounts.example.test"];
    let of_demo = format!("sqlite:{DATABASE}");
    let before = demo_users(&work_dir.path().join(DATABASE)).await;
    assert!(before.len() > 5);
    let (code, stderr) = start_failure(work_dir.path(), &[&public[..], &["--database", &of_demo]].concat());
    assert_eq!(code, Some(2), "{stderr}");
    assert!(stderr.contains("has users of the demo, whose passwords are public"), "{stderr}");
    assert!(stderr.contains("auth0|65a000000000000000000001"), "{stderr}");
    assert!(demo_users(&work_dir.path().join(DATABASE)).await == before, "nobody was changed");
    // Without --database nobody of the demo is there.
    let own = Server::start(work_dir.path(), &public);
    assert!(own.startup_message.contains("linked-accounts.db"), "{}", own.startup_message);
    drop(own);
    assert!(demo_users(&work_dir.path().join("linked-accounts.db")).await.is_empty());
    let local = Server::start(work_dir.path(), &["--tenant", "tenant.yaml", "--database", &of_demo]);
    assert!(local.end_and_read_log().contains("whose passwords are public: auth0|65a000000000000000000001"));
}
