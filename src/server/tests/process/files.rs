//! Files with secrets: who can read them, and what happens when they are read-only, deleted, replaced or moved.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::sync::Notify;

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

/// Sends an authorization request, which stores a login that waits.
async fn start_login(server: &Server) -> StatusCode {
    let callback = format!("{}/callback", server.base);
    let request = server.client.get(format!("{}/authorize", server.base)).query(&[
        ("response_type", "code"),
        ("client_id", "linked-accounts"),
        ("redirect_uri", &callback),
        ("state", "a state"),
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method", "S256"),
    ]);
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
    let (release, began) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (released, beginning) = (Arc::clone(&release), Arc::clone(&began));
    let holding = tokio::spawn(async move {
        other
            .write::<(), store::Error, _>(move |_| {
                Box::pin(async move {
                    began.notify_one();
                    released.notified().await;
                    Ok(())
                })
            })
            .await
    });
    beginning.notified().await;
    let reason = reason_not_ready(&server).await.unwrap();
    assert!(reason.contains("did not answer") || reason.contains("busy"), "{reason}");
    assert_eq!(server.json("/health").await["status"], "ok");
    release.notify_one();
    holding.await.unwrap().unwrap();
}

/// Asks until the server is not ready, or is ready again, and returns the last answer. An answer is given again for a second.
async fn wait_until_ready_is(server: &Server, is_ready: bool) -> Option<String> {
    loop {
        let reason = reason_not_ready(server).await;
        if reason.is_none() == is_ready {
            return reason;
        }
    }
}

/// Overwrites the file behind its first page, or all of it, as a bad disk or another program may do.
fn damage(path: &Path, from: u64) {
    use std::os::unix::fs::FileExt;
    let file = fs::OpenOptions::new().write(true).open(path).unwrap();
    let size = usize::try_from(file.metadata().unwrap().len() - from).unwrap();
    assert!(size > 20 * 4096, "the database is in the file");
    file.write_all_at(&vec![0xa5; size], from).unwrap();
}

// attack: files
#[tokio::test]
async fn nothing_is_acknowledged_into_a_damaged_database() {
    for damaged_from in [4096, 0] {
        let work_dir = work_dir();
        let path = work_dir.path().join(DATABASE);
        // The end of the first server moves everything from the write-ahead log to the database.
        assert_eq!(Server::start(work_dir.path(), &[]).end_with("TERM"), Some(0));
        let whole = fs::read(&path).unwrap();
        let server = Server::start(work_dir.path(), &[]);
        let token = server.sign_in("ada@example.com", "ada-demo").await;
        damage(&path, damaged_from);
        // What is in memory is whole; the next pages are read from the file.
        let mut is_noticed = false;
        for _ in 0..50 {
            is_noticed |= start_login(&server).await == StatusCode::INTERNAL_SERVER_ERROR;
            let (status, _) = server.call_management_api(Method::GET, ADA, &token).await;
            is_noticed |= status == StatusCode::INTERNAL_SERVER_ERROR;
        }
        assert!(is_noticed);
        assert_eq!(
            wait_until_ready_is(&server, false).await.as_deref(),
            Some("the file of the database is damaged, so that changes are refused: it needs a backup")
        );
        let log_of_changes = work_dir.path().join(DATABASE_FILES[1]);
        let before = fs::read(&log_of_changes).unwrap();
        for _ in 0..20 {
            assert_eq!(start_login(&server).await, StatusCode::INTERNAL_SERVER_ERROR);
        }
        assert!(fs::read(&log_of_changes).unwrap() == before, "nothing was written");
        assert_eq!(server.json("/health").await["status"], "ok", "the process is alive");
        let log = server.end_and_read_log();
        assert!(log.contains("the database is damaged: changes are refused from now on"), "{log}");
        assert!(!log.contains("panicked"), "{log}");

        let damaged = fs::read(&path).unwrap();
        let (code, stderr) = start_failure(work_dir.path(), &[]);
        assert_eq!(code, Some(1), "{stderr}");
        assert!(stderr.contains("the database is damaged"), "{stderr}");
        assert!(stderr.contains("put a backup in its place"), "{stderr}");
        assert!(fs::read(&path).unwrap() == damaged, "nothing was written");
        // The backup of the test, without what belongs to the damaged file.
        for name in &DATABASE_FILES[1..] {
            let _ = fs::remove_file(work_dir.path().join(name));
        }
        fs::write(&path, whole).unwrap();
        let mended = Server::start(work_dir.path(), &[]);
        mended.sign_in("ada@example.com", "ada-demo").await;
        assert_eq!(reason_not_ready(&mended).await, None);
    }
}

/// Returns a command that serves the site in `work_dir` with its data on a disk of 64 MiB that only the program sees, mounted at
/// `disk`; `None` where the system lets nobody mount one.
#[cfg(target_os = "linux")]
fn on_a_small_disk(work_dir: &Path, disk: &Path) -> Option<std::process::Command> {
    let of_own = ["--user", "--map-root-user", "--mount"];
    let can = |options: &[&str]| {
        let mut command = std::process::Command::new("unshare");
        command.args(options).args(["mount", "-t", "tmpfs", "tmpfs"]).arg(disk);
        command.output().is_ok_and(|tried| tried.status.success())
    };
    let options = [&of_own[..], &of_own[2..]].into_iter().find(|options| can(options))?;
    let served = program(work_dir, &["--database", "sqlite:disk/small.db", "--mail", "disk/mail.jsonl"]);
    let mut command = std::process::Command::new("unshare");
    let script = "mount -t tmpfs -o size=64m tmpfs disk && exec \"$0\" \"$@\"";
    command.args(options).args(["sh", "-c", script]).arg(served.get_program()).args(served.get_args());
    command.current_dir(work_dir).stdin(Stdio::null());
    for (name, value) in served.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    Some(command)
}

// attack: floods
#[cfg(target_os = "linux")]
#[tokio::test]
async fn nothing_is_acknowledged_on_a_full_disk_and_nothing_is_lost_by_it() {
    use std::io::Write;
    let work_dir = work_dir();
    let disk = work_dir.path().join("disk");
    fs::create_dir(&disk).unwrap();
    let Some(mut command) = on_a_small_disk(work_dir.path(), &disk) else {
        // Not by a macro, so that the line is seen without a failure as well.
        let said = "nothing_is_acknowledged_on_a_full_disk_and_nothing_is_lost_by_it: NOT PLAYED, no disk can be mounted here\n";
        std::io::stderr().write_all(said.as_bytes()).unwrap();
        return;
    };
    command.args(crate::WITH_MACHINE_SECRET);
    command.stderr(fs::File::create(work_dir.path().join("log.txt")).unwrap());
    let server = Server::start_command(None, work_dir.path(), command);
    assert_eq!(reason_not_ready(&server).await, None);
    let exchange = json!({ "grant_type": "client_credentials", "client_id": crate::MACHINE, "client_secret": crate::MACHINE_SECRET,
        "audience": format!("{}/api/v2/", server.base) });
    let exchanged =
        server.client.post(format!("{}/oauth/token", server.base)).json(&exchange).send().await.unwrap();
    let token: Value = exchanged.json().await.unwrap();
    let token = token["access_token"].as_str().unwrap();
    let change = async |text: String| {
        let request = server.client.patch(format!("{}{ADA}", server.base)).bearer_auth(token);
        request.json(&json!({ "app_metadata": { "text": text } })).send().await.unwrap().status()
    };
    let stored =
        async || server.call_management_api(Method::GET, ADA, token).await.1["app_metadata"]["text"].clone();

    // The disk as the program sees it.
    let filler =
        format!("/proc/{}/root{}/filler", server.process.id(), disk.canonicalize().unwrap().display());
    let mut file = fs::File::create(&filler).unwrap();
    let mut size = 1 << 20;
    while size > 0 {
        // ENOSPC: then the rest byte by byte, or nearly.
        if file.write_all(&vec![0; size]).is_err() {
            size /= 2;
        }
    }
    let mut last = Value::Null;
    let refused = 'refused: {
        for number in 0..500 {
            let text = format!("{number} {}", "x".repeat(8000));
            match change(text.clone()).await {
                StatusCode::OK => last = text.into(),
                other => break 'refused other,
            }
        }
        panic!("a full disk takes everything");
    };
    assert_eq!(refused, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(stored().await, last, "what was acknowledged is there, and nothing else");
    let reason = wait_until_ready_is(&server, false).await.unwrap();
    assert!(reason.contains("bytes of free space left"), "{reason}");
    assert_eq!(server.json("/health").await["status"], "ok", "the process is alive");

    fs::remove_file(&filler).unwrap();
    drop(file);
    assert_eq!(change("there is room".to_owned()).await, StatusCode::OK);
    assert_eq!(stored().await, "there is room");
    assert_eq!(wait_until_ready_is(&server, true).await, None);
    let log = server.end_and_read_log();
    assert!(!log.contains("panicked") && !log.contains("is damaged"), "{log}");
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
