//! TLS, with a certificate from files and with one of the local authority.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use reqwest::{Method, StatusCode};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::{Server, start_failure, work_dir};

const SELF_SIGNED: [&str; 2] = ["--tls-self-signed", "tls"];
pub(crate) const FROM_FILES: [&str; 4] = ["--tls-cert", "certificate.pem", "--tls-key", "key.pem"];

/// Returns the TLS configuration of a client that trusts only the certificate in the file `trusted`, or none.
pub(crate) fn client_config(trusted: Option<&Path>) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    if let Some(trusted) = trusted {
        roots.add(CertificateDer::from_pem_file(trusted).unwrap()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let client = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    client.with_root_certificates(roots).with_no_client_auth()
}

/// Writes a certificate for localhost and its key to the files of [`FROM_FILES`].
pub(crate) fn write_pair(work_dir: &Path, last_year: i32) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    params.not_after = date_time_ymd(last_year, 12, 31);
    fs::write(work_dir.join("certificate.pem"), params.self_signed(&key).unwrap().pem()).unwrap();
    fs::write(work_dir.join("key.pem"), key.serialize_pem()).unwrap();
}

fn self_signed(work_dir: &Path) -> (Server, PathBuf) {
    let authority = work_dir.join("tls/authority.pem");
    (Server::start_trusting(Some(&authority), work_dir, &SELF_SIGNED), authority)
}

fn socket(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.base.replace("https://localhost", "127.0.0.1")).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    stream
}

#[tokio::test]
async fn a_client_that_trusts_the_local_authority_signs_in_over_tls() {
    let work_dir = work_dir();
    let (server, authority) = self_signed(work_dir.path());
    assert!(server.base.starts_with("https://localhost:"), "{}", server.base);
    assert!(
        server.startup_message.contains(&format!("Open     {}/", server.base)),
        "{}",
        server.startup_message
    );
    let line = format!("Trust    {}, once, by", authority.canonicalize().unwrap().display());
    assert!(server.startup_message.contains(&line), "{}", server.startup_message);
    let discovery = server.json("/.well-known/openid-configuration").await;
    assert_eq!(discovery["issuer"], format!("{}/", server.base));
    let token = server.sign_in("ada@example.com", "ada-demo").await;
    let (status, _) = server
        .call_management_api(Method::GET, "/api/v2/users/auth0%7C65a000000000000000000001", &token)
        .await;
    assert_eq!(status, StatusCode::OK);
    let health = server.get("/health", &[]).await;
    assert!(!health.headers().contains_key("strict-transport-security"));
}

// attack: network
#[tokio::test]
async fn a_client_without_the_authority_does_not_trust_the_server() {
    let work_dir = work_dir();
    let server = Server::start(work_dir.path(), &SELF_SIGNED);
    let error = server.client.get(format!("{}/health", server.base)).send().await.unwrap_err();
    assert!(format!("{error:?}").contains("UnknownIssuer"), "{error:?}");
}

#[tokio::test]
async fn the_authority_is_kept_over_a_restart() {
    let work_dir = work_dir();
    let (first, authority) = self_signed(work_dir.path());
    let made = fs::read(&authority).unwrap();
    drop(first);
    let (second, _) = self_signed(work_dir.path());
    assert_eq!(fs::read(&authority).unwrap(), made);
    assert_eq!(second.json("/health").await["status"], "ok");
}

#[tokio::test]
async fn a_certificate_from_files_is_served() {
    let work_dir = work_dir();
    write_pair(work_dir.path(), 4000);
    let certificate = work_dir.path().join("certificate.pem");
    let server = Server::start_trusting(Some(&certificate), work_dir.path(), &FROM_FILES);
    assert_eq!(server.json("/health").await["status"], "ok");
    assert!(!server.startup_message.contains("Trust"), "{}", server.startup_message);
    assert_eq!(server.end_and_read_log().matches("WARN").count(), 0);
}

#[test]
fn an_expired_certificate_and_one_for_another_host_are_reported_in_the_log() {
    let work_dir = work_dir();
    write_pair(work_dir.path(), 2001);
    let elsewhere = ["--issuer", "https://127.0.0.1:1"];
    let server = Server::start(work_dir.path(), &[&FROM_FILES[..], &elsewhere].concat());
    let log = server.end_and_read_log();
    assert!(log.contains("expired on Dec 31 00:00:00 2001 +00:00 file=certificate.pem"), "{log}");
    assert!(log.contains("the certificate does not name 127.0.0.1, the issuer's host"), "{log}");
}

#[test]
fn invalid_files_are_named_with_the_reason() {
    let work_dir = work_dir();
    write_pair(work_dir.path(), 4000);
    fs::write(work_dir.path().join("other.pem"), KeyPair::generate().unwrap().serialize_pem()).unwrap();
    let stderr_of = |certificate, key| {
        let (code, stderr) = start_failure(work_dir.path(), &["--tls-cert", certificate, "--tls-key", key]);
        assert_eq!(code, Some(2));
        stderr
    };
    let no_certificate = stderr_of("key.pem", "key.pem");
    assert!(
        no_certificate.starts_with("linked-accounts: key.pem holds no certificate in PEM"),
        "{no_certificate}"
    );
    let no_key = stderr_of("certificate.pem", "certificate.pem");
    assert!(no_key.starts_with("linked-accounts: certificate.pem holds no private key in PEM"), "{no_key}");
    assert_eq!(
        stderr_of("certificate.pem", "other.pem"),
        "linked-accounts: the key in other.pem does not match the certificate in certificate.pem\n"
    );
    assert_eq!(
        stderr_of("certificate.pem", "nowhere.pem"),
        "linked-accounts: nowhere.pem: No such file or directory (os error 2)\n"
    );
    let (_, plain) =
        start_failure(work_dir.path(), &[&FROM_FILES[..], &["--issuer", "http://localhost:1"]].concat());
    assert!(plain.starts_with("linked-accounts: http://localhost:1/ is http"), "{plain}");
}

// attack: network
#[test]
fn plain_http_on_the_tls_port_ends_with_a_closed_connection() {
    let work_dir = work_dir();
    let (server, _) = self_signed(work_dir.path());
    let mut stream = socket(&server);
    stream.write_all(b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    // An alert record (RFC 8446 section 5.1) and nothing else.
    assert_eq!((answer.first(), answer.len()), (Some(&21), 7), "{answer:?}");
}

// attack: network
#[tokio::test]
async fn handshakes_that_never_come_do_not_delay_others() {
    let work_dir = work_dir();
    let (server, _) = self_signed(work_dir.path());
    let silent: Vec<_> = (0..200).map(|_| socket(&server)).collect();
    assert_eq!(server.json("/health").await["status"], "ok");
    drop(silent);
}

#[cfg(unix)]
#[tokio::test]
async fn a_signal_shuts_down_a_server_with_tls_gracefully_despite_open_handshakes() {
    let work_dir = work_dir();
    let (server, _) = self_signed(work_dir.path());
    let mut silent = socket(&server);
    assert_eq!(server.json("/health").await["status"], "ok");
    // Gives up after five seconds, sooner than the timeout of a handshake.
    let closed = std::thread::spawn(move || silent.read(&mut [0; 1]));
    assert_eq!(server.end_with("TERM"), Some(0));
    match closed.join().unwrap() {
        Ok(0) => {}
        Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
        other => panic!("the open handshake was not aborted: {other:?}"),
    }
}
