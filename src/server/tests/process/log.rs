//! The log and the startup message, when nobody reads them or nobody can.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use reqwest::StatusCode;

use crate::{Server, program, program_as, work_dir};

/// Requests that write more to the log than a pipe and the lines that wait for it can hold.
async fn fill_log(server: &Server) {
    let path = format!("/{}", "a".repeat(2000));
    for _ in 0..1500 {
        assert_eq!(server.get(&path, &[]).await.status(), StatusCode::NOT_FOUND);
    }
}

// attack: floods
#[tokio::test]
async fn a_log_that_nobody_reads_never_holds_anything_up() {
    let work_dir = work_dir();
    let mut command = program(work_dir.path(), &["--log", "trace"]);
    command.stderr(Stdio::piped());
    let mut server = Server::start_command(None, work_dir.path(), command);
    let unread = server.process.stderr.take().unwrap();
    fill_log(&server).await;
    assert_eq!(server.json("/health").await["status"], "ok");
    assert!(server.sign_in("ada@example.com", "ada-demo").await.contains('.'));
    assert_eq!(server.end_with("TERM"), Some(0));
    drop(unread);
}

#[tokio::test]
async fn a_log_that_is_gone_stops_nothing() {
    let work_dir = work_dir();
    let mut command = program(work_dir.path(), &["--log", "trace"]);
    command.stderr(Stdio::piped());
    let mut server = Server::start_command(None, work_dir.path(), command);
    drop(server.process.stderr.take());
    fill_log(&server).await;
    assert_eq!(server.json("/health").await["status"], "ok");
    assert_eq!(server.end_with("TERM"), Some(0));
}

#[tokio::test]
async fn lines_that_were_dropped_are_counted_and_not_hidden() {
    let work_dir = work_dir();
    let mut command = program(work_dir.path(), &["--log", "trace"]);
    command.stderr(Stdio::piped());
    let mut server = Server::start_command(None, work_dir.path(), command);
    let mut log = BufReader::new(server.process.stderr.take().unwrap()).lines();
    fill_log(&server).await;
    let said =
        log.find(|line| line.as_ref().is_ok_and(|line| line.contains("lines of the log were dropped")));
    assert!(said.is_some());
}

#[tokio::test]
async fn a_start_up_message_that_cannot_be_written_does_not_stop_the_start() {
    for output in ["/dev/full", "closed", "gone"] {
        let work_dir = work_dir();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let log = work_dir.path().join("log.txt");
        let mut command = program(work_dir.path(), &["--listen", &address.to_string()]);
        command.stderr(fs::File::create(&log).unwrap());
        match output {
            "/dev/full" => command.stdout(fs::OpenOptions::new().write(true).open(output).unwrap()),
            "closed" => command.stdout(Stdio::null()),
            _ => command.stdout(Stdio::piped()),
        };
        let mut process = command.spawn().unwrap();
        drop(process.stdout.take());
        let client = reqwest::Client::builder()
            .use_preconfigured_tls(crate::tls::client_config(None))
            .build()
            .unwrap();
        let mut healthy = false;
        while !healthy {
            assert_eq!(process.try_wait().unwrap(), None, "{}", fs::read_to_string(&log).unwrap());
            let answer = client.get(format!("http://{address}/health")).send().await;
            healthy = answer.is_ok_and(|answer| answer.status() == StatusCode::OK);
        }
        assert!(
            Command::new("kill").args(["-s", "TERM", &process.id().to_string()]).status().unwrap().success()
        );
        assert_eq!(process.wait().unwrap().code(), Some(0), "{output}");
    }
}

#[test]
fn a_refusal_that_nobody_can_read_keeps_its_exit_code() {
    let work_dir = work_dir();
    let mut command = program(work_dir.path(), &["--tenant", "nowhere.yaml"]);
    command.stderr(fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
    assert_eq!(command.status().unwrap().code(), Some(2));
    let mut check = program_as(work_dir.path(), "check", &[]);
    check.stdout(fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
    let mut child = check.spawn().unwrap();
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(stderr.starts_with("linked-accounts: standard output cannot be written to"), "{stderr}");
}
