//! The number of connections follows the limit of open files of the process.
//!
//! attacks: floods

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::{Server, program, work_dir};

/// Starts the program with limits of open files: one in effect, and one up to which it may raise that.
fn start(work_dir: &Path, soft: u32, hard: u32, arguments: &[&str]) -> Server {
    let inner = program(work_dir, arguments);
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("ulimit -S -n {soft} && ulimit -H -n {hard} && exec \"$0\" \"$@\""));
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

/// Asks on a connection of its own whether the server is ready, and returns the first line of the answer.
fn status_line(server: &Server) -> String {
    let mut stream = connect(server);
    stream.write_all(b"GET /health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.lines().next().unwrap_or_default().to_owned()
}

/// Ends the program and returns how many lines of its log contain each of these texts.
fn count_lines<const N: usize>(work_dir: &Path, server: Server, texts: [&str; N]) -> [usize; N] {
    assert_eq!(server.end_with("TERM"), Some(0));
    let log = fs::read_to_string(work_dir.join("log.txt")).unwrap();
    texts.map(|text| log.lines().filter(|line| line.contains(text)).count())
}

/// Returns how many of these connections the server has not closed.
fn count_open(connections: &[TcpStream]) -> usize {
    let is_open = |connection: &&TcpStream| {
        connection.set_nonblocking(true).unwrap();
        connection.peek(&mut [0]).is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
    };
    connections.iter().filter(is_open).count()
}

const TAKEN: &str = "connections are taken";
const NOT_ACCEPTED: &str = "could not be accepted";
const READY: &str = "HTTP/1.1 200 OK";

#[test]
fn idle_connections_beyond_the_limit_of_open_files_shut_nobody_out_and_are_logged_once() {
    let work_dir = work_dir();
    let server = start(work_dir.path(), 200, 200, &[]);
    let mut idle = Vec::new();
    for number in 0..400 {
        idle.push(connect(&server));
        if number % 50 == 0 {
            assert_eq!(status_line(&server), READY, "{number}");
        }
    }
    assert_eq!(status_line(&server), READY);
    assert_eq!(count_lines(work_dir.path(), server, [TAKEN, NOT_ACCEPTED]), [1, 0]);
}

#[test]
fn the_limit_of_open_files_is_raised_so_that_connections_which_it_allows_stay_open() {
    let work_dir = work_dir();
    let server = start(work_dir.path(), 64, 1024, &[]);
    let idle: Vec<_> = (0..400).map(|_| connect(&server)).collect();
    assert_eq!(status_line(&server), READY);
    assert_eq!(count_open(&idle), 400);
    assert_eq!(count_lines(work_dir.path(), server, [TAKEN, NOT_ACCEPTED]), [0, 0]);
}

#[test]
fn an_option_never_takes_more_connections_than_the_limit_of_open_files_allows() {
    let work_dir = work_dir();
    let server = start(work_dir.path(), 300, 300, &["--max-connections", "100000"]);
    assert_eq!(status_line(&server), READY);
    let said = "172 connections are served at once, not 100000";
    assert_eq!(count_lines(work_dir.path(), server, [said]), [1]);
}
