//! One request on loopback at a time, for preparations and checks. Nothing is measured by it.

use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// The longest time for an answer.
const LIMIT: Duration = Duration::from_mins(1);

/// Sends a request and returns the body of its answer, which is JSON.
///
/// # Errors
/// When the answer does not come, has another status than 200 or is not JSON.
pub(super) fn json(port: u16, head: &str, headers: &[(&str, &str)], body: &str) -> Result<Value> {
    let answer = text(port, head, headers, body)?;
    serde_json::from_str(&answer).with_context(|| format!("the answer to {head} is not JSON: {answer}"))
}

/// Sends a request such as `GET /health` and returns the body of its answer.
///
/// # Errors
/// When the answer does not come or has another status than 200.
pub(super) fn text(port: u16, head: &str, headers: &[(&str, &str)], body: &str) -> Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(LIMIT))?;
    // HTTP/1.0, so that the answer ends where the connection does.
    let mut request = format!("{head} HTTP/1.0\r\nHost: localhost:{port}\r\n");
    for (name, value) in headers {
        let _ = write!(request, "{name}: {value}\r\n");
    }
    write!(stream, "{request}Content-Length: {}\r\n\r\n{body}", body.len())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).with_context(|| format!("{head} was not answered"))?;
    let answer = String::from_utf8_lossy(&answer);
    let (answer_head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    if answer_head.split(' ').nth(1) != Some("200") {
        bail!("{head} was answered with {answer_head}\n{body}");
    }
    Ok(body.to_owned())
}
