//! The number of connections follows the limit of open files of the process.
//!
//! attacks: floods

use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};

use reqwest::StatusCode;

use crate::{Server, program, work_dir};

/// Starts the program with limits of open files: one in effect, and one up to which it may raise that.
fn start(work_dir: &Path, soft: u32, hard: u32, arguments: &[&str]) -> Server {
    let inner = program(work_dir, arguments);
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("ulimit -H -n {hard} && ulimit -S -n {soft} && exec \"$0\" \"$@\""));
    command.arg(inner.get_program()).args(inner.get_args()).current_dir(work_dir);
    for (name, value) in inner.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.stdin(Stdio::null()).stderr(fs::File::create(work_dir.join("log.txt")).unwrap());
    Server::start_command(None, work_dir, command)
}

fn connect(server: &Server) -> TcpStream {
    TcpStream::connect(server.base.replace("http://localhost", "127.0.0.1")).unwrap()
}

/// Returns how many lines of the log contain this text.
fn count_lines(server: &Server, text: &str) -> usize {
    fs::read_to_string(&server.log).unwrap().lines().filter(|line| line.contains(text)).count()
}

/// Returns how many of these connections the server has not closed.
fn count_open(connections: &[TcpStream]) -> usize {
    let is_open = |connection: &&TcpStream| {
        connection.set_nonblocking(true).unwrap();
        connection.peek(&mut [0]).is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
    };
    connections.iter().filter(is_open).count()
}

#[tokio::test]
async fn idle_connections_beyond_the_limit_of_open_files_shut_nobody_out_and_are_logged_once() {
    let work_dir = work_dir();
    let server = start(work_dir.path(), 200, 200, &[]);
    let mut idle = Vec::new();
    for number in 0..400 {
        idle.push(connect(&server));
        if number % 50 == 0 {
            assert_eq!(server.get("/health/ready", &[]).await.status(), StatusCode::OK, "{number}");
        }
    }
    assert_eq!(server.get("/health/ready", &[]).await.status(), StatusCode::OK);
    assert_eq!(count_lines(&server, "all 100 connections are taken"), 1);
    assert_eq!(count_lines(&server, "could not be accepted"), 0);
}

#[tokio::test]
async fn the_limit_of_open_files_is_raised_so_that_connections_which_it_allows_stay_open() {
    let work_dir = work_dir();
    let server = start(work_dir.path(), 64, 1024, &[]);
    let idle: Vec<_> = (0..400).map(|_| connect(&server)).collect();
    assert_eq!(server.get("/health/ready", &[]).await.status(), StatusCode::OK);
    assert_eq!(count_open(&idle), 400);
    assert_eq!(count_lines(&server, "connections are taken"), 0);
}

#[tokio::test]
async fn an_option_never_takes_more_connections_than_the_limit_of_open_files_allows() {
    let work_dir = work_dir();
    let server = start(work_dir.path(), 300, 300, &["--max-connections", "100000"]);
    assert_eq!(count_lines(&server, "172 connections are served at once, not 100000"), 1);
    assert_eq!(server.get("/health/ready", &[]).await.status(), StatusCode::OK);
}
