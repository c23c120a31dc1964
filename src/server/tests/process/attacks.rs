//! Attacks with malformed, slow and large requests. After each, the program runs, responds to others, and no
//! user has changed.

use std::fmt::Write as _;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::{MACHINE, MACHINE_SECRET, Server, WITH_MACHINE_SECRET, work_dir};

/// A program under attack, with its users before the attack.
struct AttackedServer {
    server: Server,
    token: String,
    before: Value,
}

impl AttackedServer {
    async fn start(work_dir: &Path, options: &[&str]) -> Self {
        let server = Server::start(
            work_dir,
            &[&["--no-rate-limit", "--log", "warn"], &WITH_MACHINE_SECRET[..], options].concat(),
        );
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_id", MACHINE),
            ("client_secret", MACHINE_SECRET),
            ("audience", &format!("{}/api/v2/", server.base)),
        ];
        let request = server.client.post(format!("{}/oauth/token", server.base)).form(&fields);
        let tokens: Value = request.send().await.unwrap().json().await.unwrap();
        let token = tokens["access_token"].as_str().unwrap().to_owned();
        let mut target = Self { server, token, before: Value::Null };
        target.before = target.users();
        target
    }

    /// Returns all users with all their data. The request has a connection of its own, because attacks evict
    /// idle ones.
    fn users(&self) -> Value {
        let path = "/api/v2/users?per_page=100&include_totals=true";
        let request = head("GET", path, &format!("Authorization: Bearer {}\r\n", self.token));
        let answer = read_all(self.send(request.as_bytes()));
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        let users: Value = serde_json::from_str(body).unwrap();
        assert!(users["total"].as_u64() > Some(1), "{users}");
        users
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.server.base.replace("http://localhost", "127.0.0.1")).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.set_write_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }

    /// Opens a connection and sends `bytes` on it.
    fn send(&self, bytes: &[u8]) -> TcpStream {
        let mut stream = self.connect();
        // The server may close the connection while this still sends; the response, or the end, can be read
        // all the same.
        let _ = stream.write_all(bytes);
        stream
    }

    /// Sends a whole request on a connection of its own. Returns the first line of the response, empty if
    /// there is none.
    fn request(&self, bytes: &[u8]) -> String {
        let answer = read_all(self.send(bytes));
        answer.lines().next().unwrap_or_default().to_owned()
    }

    /// Asserts that a request on another connection gets its response.
    fn assert_serves_others(&self) {
        let host = self.server.base.trim_start_matches("http://");
        let request = format!("GET /health HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        assert_eq!(self.request(request.as_bytes()), "HTTP/1.1 200 OK");
    }

    /// Asserts, after the attack, that the program runs and that no user has changed.
    fn assert_unharmed(mut self) {
        self.assert_serves_others();
        assert_eq!(self.server.process.try_wait().unwrap(), None, "the program ended");
        assert_eq!(self.users(), self.before);
    }
}

/// Reads until the end of the connection.
fn read_all(mut stream: TcpStream) -> String {
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

// attack: floods
#[tokio::test]
async fn heads_that_never_end_time_out_and_others_are_served_meanwhile() {
    let work_dir = work_dir();
    let target = AttackedServer::start(work_dir.path(), &["--client-timeout", "2"]).await;
    let slow: Vec<_> = (0..200)
        .map(|number| {
            target.send(format!("GET /health HTTP/1.1\r\nHost: localhost\r\nX-{number}: ").as_bytes())
        })
        .collect();
    target.assert_serves_others();
    for stream in slow {
        let answer = read_all(stream);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
    }
    target.assert_unharmed();
}

// attack: floods
#[tokio::test]
async fn bodies_that_never_end_time_out_and_others_are_served_meanwhile() {
    let work_dir = work_dir();
    let target = AttackedServer::start(work_dir.path(), &["--client-timeout", "2"]).await;
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
    target.assert_serves_others();
    for stream in slow {
        let answer = read_all(stream);
        assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    }
    target.assert_unharmed();
}

// attack: floods
#[tokio::test]
async fn thousands_of_idle_connections_do_not_shut_others_out() {
    let work_dir = work_dir();
    let target = AttackedServer::start(work_dir.path(), &["--max-connections", "64"]).await;
    let mut idle = std::collections::VecDeque::new();
    for number in 0..3000 {
        idle.push_back(target.connect());
        // The most connections that the test itself may hold open.
        if idle.len() > 600 {
            idle.pop_front();
        }
        if number % 100 == 0 {
            target.assert_serves_others();
        }
    }
    target.assert_serves_others();
    drop(idle);
    target.assert_unharmed();
}

// attack: floods
#[tokio::test]
async fn more_slow_requests_than_connections_do_not_shut_others_out() {
    let work_dir = work_dir();
    let target = AttackedServer::start(work_dir.path(), &["--max-connections", "16"]).await;
    let body = head("POST", "/oauth/token", "Content-Length: 1000\r\n") + "{";
    let mut slow = Vec::new();
    for _ in 0..100 {
        slow.push(target.send(b"GET /health HTTP/1.1\r\nHost: "));
        slow.push(target.send(body.as_bytes()));
        slow.push(target.connect());
    }
    target.assert_serves_others();
    target.assert_unharmed();
}

// attack: floods
#[tokio::test]
async fn a_client_that_does_not_read_does_not_delay_others() {
    let work_dir = work_dir();
    let target = AttackedServer::start(work_dir.path(), &["--max-connections", "4"]).await;
    let host = target.server.base.trim_start_matches("http://").to_owned();
    let request = format!("GET /.well-known/jwks.json HTTP/1.1\r\nHost: {host}\r\n\r\n");
    let mut unread = Vec::new();
    for _ in 0..8 {
        let mut stream = target.connect();
        stream.set_nonblocking(true).unwrap();
        let requests = request.repeat(2000);
        // As much as the buffers take: then the server waits for a reader that never comes.
        let _ = stream.write(requests.as_bytes());
        unread.push(stream);
    }
    target.assert_serves_others();
    target.assert_unharmed();
}

// attack: floods
#[tokio::test]
async fn heads_that_are_too_large_are_refused() {
    let work_dir = work_dir();
    let target = AttackedServer::start(work_dir.path(), &[]).await;
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
        let answer = target.request(request.as_bytes());
        let is_refused = answer.is_empty()
            || ["400", "414", "431"].iter().any(|status| answer.starts_with(&format!("HTTP/1.1 {status}")));
        assert!(is_refused, "{} {answer}", &request[..60]);
        target.assert_serves_others();
    }
    target.assert_unharmed();
}

// attack: floods
#[tokio::test]
async fn bodies_that_are_too_large_are_refused() {
    let work_dir = work_dir();
    let target = AttackedServer::start(work_dir.path(), &[]).await;
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
                let answer = target.request((head("POST", path, &more) + body).as_bytes());
                assert!(
                    answer.is_empty() || answer.starts_with("HTTP/1.1 4"),
                    "{path} {kind} {size} {answer}"
                );
            }
        }
    }
    target.assert_unharmed();
}

// attack: floods
#[tokio::test]
async fn bodies_and_tokens_that_are_nested_too_deeply_are_refused() {
    let work_dir = work_dir();
    let target = AttackedServer::start(work_dir.path(), &[]).await;
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
            let answer = target.request(with_json(method, path, &target.token, &body).as_bytes());
            let expected = if path == "/oauth/token" { "HTTP/1.1 413" } else { "HTTP/1.1 400" };
            assert!(answer.starts_with(expected), "{method} {path} {answer}");
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
        let answer = target.request(with_json("GET", ada, &token, "").as_bytes());
        assert!(answer.starts_with("HTTP/1.1 40"), "{answer}");
    }
    target.assert_unharmed();
}

// attack: floods
#[tokio::test]
async fn many_parameters_are_refused_quickly() {
    let work_dir = work_dir();
    let target = AttackedServer::start(work_dir.path(), &[]).await;
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
        (head("POST", "/oauth/token", &form) + &fields, "HTTP/1.1 413"),
        (with_json("POST", "/api/v2/users", &target.token, &keys), "HTTP/1.1 413"),
        (head("GET", &format!("/authorize?{}", "a=b&".repeat(10_000)), ""), "HTTP/1.1 400"),
    ] {
        let answer = target.request(request.as_bytes());
        assert!(answer.starts_with(expected), "{answer}");
    }
    target.assert_unharmed();
}

// attack: network
#[tokio::test]
async fn a_request_that_two_servers_could_read_differently_is_refused() {
    let work_dir = work_dir();
    let target = AttackedServer::start(work_dir.path(), &[]).await;
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
        let answers = read_all(stream);
        assert!(!answers.contains("HTTP/1.1 2"), "{more:?} {answers}");
        assert_eq!(target.users(), target.before, "{more:?}");
    }
    target.assert_unharmed();
}

// attack: network
#[tokio::test]
async fn a_request_without_one_host_is_never_answered() {
    let work_dir = work_dir();
    let target = AttackedServer::start(work_dir.path(), &[]).await;
    let own = target.server.base.trim_start_matches("http://").to_owned();
    let delete = |version: &str, hosts: &str| {
        let path = "/api/v2/users/auth0%7C65a000000000000000000001";
        let token = &target.token;
        format!(
            "DELETE {path} {version}\r\n{hosts}Authorization: Bearer {token}\r\nConnection: close\r\n\r\n"
        )
    };
    for hosts in [
        String::new(),
        format!("Host: {own}\r\nHost: {own}\r\n"),
        format!("Host: {own}\r\nHost: evil.test\r\n"),
        format!("Host: evil.test\r\nhost: {own}\r\n"),
        format!("Host: {own}, evil.test\r\n"),
        format!("Host: evil@{own}\r\n"),
        format!("Host: {own}/evil\r\n"),
        "Host:\r\n".to_owned(),
        "Host: a b\r\n".to_owned(),
    ] {
        let answer = target.request(delete("HTTP/1.1", &hosts).as_bytes());
        assert_eq!(answer, "HTTP/1.1 400 Bad Request", "{hosts:?}");
    }
    let twice = format!("Host: {own}\r\nHost: {own}\r\n");
    assert!(target.request(delete("HTTP/1.0", &twice).as_bytes()).contains(" 400 "));
    let health =
        |version: &str, host: &str| format!("GET /health {version}\r\n{host}Connection: close\r\n\r\n");
    assert!(target.request(health("HTTP/1.0", "").as_bytes()).contains(" 200 "), "it has no such header");
    let one = format!("Host: {own}\r\n");
    assert!(target.request(health("HTTP/1.1", &one).as_bytes()).contains(" 200 "));
    target.assert_unharmed();
}

// attack: network
#[tokio::test]
async fn bytes_that_are_not_http_are_refused() {
    let work_dir = work_dir();
    let target = AttackedServer::start(work_dir.path(), &["--client-timeout", "2"]).await;
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
        let answer = target.request(noise);
        assert!(!answer.starts_with("HTTP/1.1 2"), "{noise:?} {answer}");
    }
    target.assert_unharmed();
}

// attack: network
#[tokio::test]
async fn a_website_whose_name_leads_to_this_machine_does_not_reach_the_tenant() {
    let work_dir = work_dir();
    let issuer = ["--issuer", "http://accounts.example.test:3000", "--allow-demo-on-network"];
    let proxied = self::work_dir();
    let target = AttackedServer::start(work_dir.path(), &[]).await;
    let behind_proxy = Server::start(proxied.path(), &issuer);
    let status = |server: &Server, method: &str, path: &str, host: &str| {
        let address = server.base.replace("http://", "").replace("localhost", "127.0.0.1");
        let mut stream = TcpStream::connect(address).unwrap();
        let more = format!("Authorization: Bearer {}\r\nConnection: close\r\n", target.token);
        let request = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\n{more}\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        read_all(stream).split(' ').nth(1).unwrap_or_default().to_owned()
    };
    let user = "/api/v2/users/auth0%7C65a000000000000000000001";
    for host in ["evil.test", "evil.test:3000", "localhost.evil.test", "accounts.example.test", "192.0.2.1"] {
        for (method, path) in
            [("DELETE", user), ("GET", user), ("GET", "/config.json"), ("GET", "/health"), ("GET", "/")]
        {
            assert_eq!(status(&target.server, method, path, host), "421", "{method} {path} {host}");
        }
    }
    for host in ["localhost", "LOCALHOST:80", "tenant.localhost", "127.0.0.1:1", "[::1]:3000"] {
        assert_eq!(status(&target.server, "GET", "/health", host), "200", "{host}");
    }
    for host in ["accounts.example.test", "Accounts.Example.Test:3000", "127.0.0.1"] {
        assert_eq!(status(&behind_proxy, "GET", "/health", host), "200", "{host}");
    }
    assert_eq!(target.users(), target.before);
}

// attack: files
#[tokio::test]
async fn no_secret_that_somebody_could_know_opens_the_demo() {
    let work_dir = work_dir();
    let first = Server::start(work_dir.path(), &[]);
    let secret = |server: &Server| {
        let (_, rest) = server.startup_message.split_once("Demo machine  client_secret ")?;
        rest.split_whitespace().next().map(str::to_owned)
    };
    let made = secret(&first).unwrap();
    let status = async |server: &Server, secret: &str| {
        let audience = format!("{}/api/v2/", server.base);
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_id", MACHINE),
            ("client_secret", secret),
            ("audience", &audience),
        ];
        let request = server.client.post(format!("{}/oauth/token", server.base)).form(&fields);
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!((status(&first, MACHINE_SECRET).await, status(&first, &made).await), (401, 200));
    drop(first);
    let second = Server::start(work_dir.path(), &[]);
    assert_eq!((secret(&second), status(&second, &made).await), (None, 200));
    drop(second);
    let elsewhere = self::work_dir();
    let other = Server::start(elsewhere.path(), &[]);
    assert_eq!(status(&other, &made).await, 401);
}
