//! Attacks at the wire, on the program as it is run. After each it lives, answers others, and nobody's rows have changed.

use std::fmt::Write as _;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::{Server, room};

/// A program under attack.
struct Target {
    server: Server,
    token: String,
    before: Value,
}

impl Target {
    async fn start(room: &Path, options: &[&str]) -> Self {
        let server = Server::start(room, &[&["--no-rate-limit", "--log", "warn"], options].concat());
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_id", "linked-accounts-machine"),
            ("client_secret", "demo-machine-secret"),
            ("audience", &format!("{}/api/v2/", server.base)),
        ];
        let traded = server.client.post(format!("{}/oauth/token", server.base)).form(&fields);
        let traded: Value = traded.send().await.unwrap().json().await.unwrap();
        let token = traded["access_token"].as_str().unwrap().to_owned();
        let mut target = Self { server, token, before: Value::Null };
        target.before = target.rows();
        target
    }

    /// Everybody, with all that is known about them; on a connection of its own, because attacks end those that idle.
    fn rows(&self) -> Value {
        let path = "/api/v2/users?per_page=100&include_totals=true";
        let request = head("GET", path, &format!("Authorization: Bearer {}\r\n", self.token));
        let answer = everything(self.send(request.as_bytes()));
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        let rows: Value = serde_json::from_str(body).unwrap();
        assert!(rows["total"].as_u64() > Some(1), "{rows}");
        rows
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.server.base.replace("http://localhost", "127.0.0.1")).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.set_write_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }

    /// A connection on which this much has been sent.
    fn send(&self, bytes: &[u8]) -> TcpStream {
        let mut stream = self.connect();
        // Who is cut off while still sending gets the answer, or at least the end.
        let _ = stream.write_all(bytes);
        stream
    }

    /// Sends a whole request on a connection of its own: the first line of the answer, empty when there is none.
    fn ask(&self, bytes: &[u8]) -> String {
        let answer = everything(self.send(bytes));
        answer.lines().next().unwrap_or_default().to_owned()
    }

    /// Somebody else is answered, on a connection of their own.
    fn answers_others(&self) {
        let host = self.server.base.trim_start_matches("http://");
        let request = format!("GET /health HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        assert_eq!(self.ask(request.as_bytes()), "HTTP/1.1 200 OK");
    }

    /// The attack is over: the program lives, and it changed nothing.
    fn lives_unharmed(mut self) {
        self.answers_others();
        assert_eq!(self.server.process.try_wait().unwrap(), None, "it ended");
        assert_eq!(self.rows(), self.before);
    }
}

/// All that comes until the end.
fn everything(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
        Err(error) => panic!("{error} after {} bytes", answer.len()),
    }
    String::from_utf8_lossy(&answer).into_owned()
}

fn head(method: &str, path: &str, more: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{more}\r\n")
}

fn with_json(method: &str, path: &str, token: &str, body: &str) -> String {
    let length = body.len();
    let more = format!(
        "Authorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n"
    );
    head(method, path, &more) + body
}

#[tokio::test]
async fn heads_that_never_end_are_cut_off_and_others_are_answered_meanwhile() {
    let room = room();
    let target = Target::start(room.path(), &["--client-timeout", "2"]).await;
    let slow: Vec<_> = (0..200)
        .map(|number| {
            target.send(format!("GET /health HTTP/1.1\r\nHost: localhost\r\nX-{number}: ").as_bytes())
        })
        .collect();
    target.answers_others();
    for stream in slow {
        let answer = everything(stream);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
    }
    target.lives_unharmed();
}

#[tokio::test]
async fn bodies_that_never_end_are_cut_off_and_others_are_answered_meanwhile() {
    let room = room();
    let target = Target::start(room.path(), &["--client-timeout", "2"]).await;
    let length = "Content-Type: application/json\r\nContent-Length: 1000\r\n";
    let chunked = "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n";
    let slow: Vec<_> = (0..100)
        .flat_map(|_| {
            [
                target.send((head("POST", "/oauth/token", length) + "{\"grant_type\"").as_bytes()),
                target.send((head("POST", "/oauth/token", chunked) + "5\r\n{\"gra").as_bytes()),
            ]
        })
        .collect();
    target.answers_others();
    for stream in slow {
        let answer = everything(stream);
        assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    }
    target.lives_unharmed();
}

#[tokio::test]
async fn thousands_of_idle_connections_shut_nobody_out() {
    let room = room();
    let target = Target::start(room.path(), &["--max-connections", "64"]).await;
    let mut idle = std::collections::VecDeque::new();
    for number in 0..3000 {
        idle.push_back(target.connect());
        // As many as the test itself may hold.
        if idle.len() > 600 {
            idle.pop_front();
        }
        if number % 100 == 0 {
            target.answers_others();
        }
    }
    target.answers_others();
    drop(idle);
    target.lives_unharmed();
}

#[tokio::test]
async fn more_slow_requests_than_connections_shut_nobody_out() {
    let room = room();
    let target = Target::start(room.path(), &["--max-connections", "16"]).await;
    let body = head("POST", "/oauth/token", "Content-Length: 1000\r\n") + "{";
    let mut slow = Vec::new();
    for _ in 0..100 {
        slow.push(target.send(b"GET /health HTTP/1.1\r\nHost: "));
        slow.push(target.send(body.as_bytes()));
        slow.push(target.connect());
    }
    target.answers_others();
    target.lives_unharmed();
}

#[tokio::test]
async fn a_client_that_does_not_read_holds_up_nobody_else() {
    let room = room();
    let target = Target::start(room.path(), &["--max-connections", "4"]).await;
    let host = target.server.base.trim_start_matches("http://").to_owned();
    let request = format!("GET /.well-known/jwks.json HTTP/1.1\r\nHost: {host}\r\n\r\n");
    let mut deaf = Vec::new();
    for _ in 0..8 {
        let mut stream = target.connect();
        stream.set_nonblocking(true).unwrap();
        let requests = request.repeat(2000);
        // As much as fits: then it waits for a reader that never comes.
        let _ = stream.write(requests.as_bytes());
        deaf.push(stream);
    }
    target.answers_others();
    target.lives_unharmed();
}

#[tokio::test]
async fn heads_that_are_too_large_are_refused() {
    let room = room();
    let target = Target::start(room.path(), &[]).await;
    let mut many = String::new();
    for number in 0..1000 {
        let _ = write!(many, "X-{number}: a\r\n");
    }
    let long = "a".repeat(1024 * 1024);
    for request in [
        head("GET", "/health", &format!("X-Long: {long}\r\n")),
        head("GET", "/health", &format!("Cookie: {long}\r\n")),
        head("GET", "/health", &format!("Authorization: Bearer {long}\r\n")),
        head("GET", "/health", &many),
        head("GET", &format!("/{long}"), ""),
        head("GET", &format!("/api/v2/users?q={long}"), ""),
        head("GET", &format!("/authorize?{}", "a=b&".repeat(100_000)), ""),
        head(&long, "/health", ""),
    ] {
        let answer = target.ask(request.as_bytes());
        let is_refused = answer.is_empty()
            || ["400", "414", "431"].iter().any(|status| answer.starts_with(&format!("HTTP/1.1 {status}")));
        assert!(is_refused, "{} {answer}", &request[..60]);
        target.answers_others();
    }
    target.lives_unharmed();
}

#[tokio::test]
async fn bodies_that_are_too_large_are_refused() {
    let room = room();
    let target = Target::start(room.path(), &[]).await;
    let large = format!("{{\"name\":\"{}\"}}", "a".repeat(1024 * 1024));
    let fields = "a=b&".repeat(300_000);
    for path in ["/api/v2/users", "/oauth/token", "/u/login", "/oauth/revoke"] {
        for (kind, body) in [("application/json", &large), ("application/x-www-form-urlencoded", &fields)] {
            let sizes = [
                format!("Content-Length: {}\r\n", body.len()),
                format!("Content-Length: {}\r\n", u64::MAX),
                "Content-Length: 18446744073709551616\r\n".to_owned(),
            ];
            for size in sizes {
                let more =
                    format!("Content-Type: {kind}\r\nAuthorization: Bearer {}\r\n{size}", target.token);
                let answer = target.ask((head("POST", path, &more) + body).as_bytes());
                assert!(
                    answer.is_empty() || answer.starts_with("HTTP/1.1 4"),
                    "{path} {kind} {size} {answer}"
                );
            }
        }
    }
    target.lives_unharmed();
}

#[tokio::test]
async fn bodies_and_tokens_that_are_nested_too_deeply_are_refused() {
    let room = room();
    let target = Target::start(room.path(), &[]).await;
    let ada = "/api/v2/users/auth0%7C65a000000000000000000001";
    let depth = 100_000;
    let deep = format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    let objects = format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
    for nested in [deep.clone(), objects, "[".repeat(depth), "{\"a\":".repeat(depth)] {
        for (method, path, body) in [
            ("POST", "/api/v2/users", nested.clone()),
            ("PATCH", ada, format!("{{\"user_metadata\":{nested}}}")),
            ("PATCH", ada, format!("{{\"user_metadata\":{{\"a\":{nested}}}}}")),
            ("POST", "/oauth/token", format!("{{\"grant_type\":{nested}}}")),
        ] {
            let answer = target.ask(with_json(method, path, &target.token, &body).as_bytes());
            assert!(answer.starts_with("HTTP/1.1 400"), "{method} {path} {answer}");
        }
    }
    let encode = |text: &str| {
        use base64::Engine;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text)
    };
    // Small enough for a head, deep enough for a stack.
    let deep = "[".repeat(20_000);
    let head_of_token = encode(&format!("{{\"alg\":\"RS256\",\"crit\":{deep}"));
    let parts: Vec<_> = target.token.split('.').collect();
    let signed = format!("{}.{}.{}", parts[0], encode(&deep), parts[2]);
    for token in [format!("{head_of_token}.{}.{}", parts[1], parts[2]), signed, ".".repeat(30_000)] {
        let answer = target.ask(with_json("GET", ada, &token, "").as_bytes());
        assert!(answer.starts_with("HTTP/1.1 40"), "{answer}");
    }
    target.lives_unharmed();
}

#[tokio::test]
async fn many_parameters_are_read_or_refused_quickly() {
    let room = room();
    let target = Target::start(room.path(), &[]).await;
    let mut fields = String::from("grant_type=client_credentials");
    let mut keys = String::from("{\"a\":1");
    for number in 0..80_000 {
        let _ = write!(fields, "&a{number}=b");
        let _ = write!(keys, ",\"a{number}\":1");
    }
    keys.push('}');
    let form =
        format!("Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n", fields.len());
    for (request, expected) in [
        (head("POST", "/oauth/token", &form) + &fields, "HTTP/1.1 401"),
        (with_json("POST", "/api/v2/users", &target.token, &keys), "HTTP/1.1 400"),
        (head("GET", &format!("/authorize?{}", "a=b&".repeat(10_000)), ""), "HTTP/1.1 400"),
    ] {
        let answer = target.ask(request.as_bytes());
        assert!(answer.starts_with(expected), "{answer}");
    }
    target.lives_unharmed();
}

#[tokio::test]
async fn a_request_that_two_servers_could_read_differently_is_read_by_none() {
    let room = room();
    let target = Target::start(room.path(), &[]).await;
    let second = "DELETE /api/v2/users/auth0%7C65a000000000000000000001 HTTP/1.1\r\nHost: localhost\r\n";
    let second = format!("{second}Authorization: Bearer {}\r\n\r\n", target.token);
    for more in [
        "Content-Length: 0\r\nContent-Length: 4\r\n",
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Content-Length: +4\r\n",
        "Content-Length: 0x4\r\n",
        "X: a\0b\r\n",
        "X: a\rb\r\n",
        " X: folded\r\n",
    ] {
        let request = format!("POST /oauth/token HTTP/1.1\r\nHost: localhost\r\n{more}\r\n0\r\n\r\n{second}");
        let stream = target.send(request.as_bytes());
        let _ = stream.shutdown(Shutdown::Write);
        let answers = everything(stream);
        assert!(!answers.contains("HTTP/1.1 2"), "{more:?} {answers}");
        assert_eq!(target.rows(), target.before, "{more:?}");
    }
    target.lives_unharmed();
}

#[tokio::test]
async fn noise_is_no_request() {
    let room = room();
    let target = Target::start(room.path(), &["--client-timeout", "2"]).await;
    for noise in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /health\r\n\r\n",
        b"GET /health HTTP/9.9\r\n\r\n",
        b"\r\n\r\n\r\n\r\n",
        b"\0\0\0\0\0\0\0\0",
        b"GET  /health  HTTP/1.1\r\nHost: x\r\n\r\n",
        b"CONNECT evil.test:80 HTTP/1.1\r\nHost: evil.test:80\r\n\r\n",
    ] {
        let answer = target.ask(noise);
        assert!(!answer.starts_with("HTTP/1.1 2"), "{noise:?} {answer}");
    }
    target.lives_unharmed();
}
