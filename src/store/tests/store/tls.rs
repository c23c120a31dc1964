//! TLS to PostgreSQL, against a server that ends each connection after the handshake.

use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use store::{Error, Store};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// What asks a server for TLS, in place of the first message (PostgreSQL, "Message Formats", `SSLRequest`).
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// How a client came.
#[derive(Debug, PartialEq, Eq)]
enum Came {
    WithoutTls,
    WithTls,
    /// It went away during the handshake.
    Left,
}

struct Server {
    port: u16,
    came: mpsc::Receiver<Came>,
    folder: TempDir,
}

impl Server {
    /// Starts a server whose certificate is of itself, for `localhost`.
    async fn start() -> Self {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("authority.pem"), cert.pem()).unwrap();
        let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
        let config = ServerConfig::builder().with_no_client_auth();
        let config = config.with_single_cert(vec![cert.der().clone()], key).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, came) = mpsc::channel(8);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                sender.send(accept(&acceptor, stream).await).await.unwrap();
            }
        });
        Self { port, came, folder }
    }

    /// Opens a store at this host of the server. Returns the error, and how the client came.
    async fn open(&mut self, host: &str, parameters: &str) -> (Error, Came) {
        let authority = self.folder.path().join("authority.pem").display().to_string();
        let parameters = parameters.replace("FILE", &authority);
        let address = format!("postgres://ada@{host}:{}/tenant?{parameters}", self.port);
        (Store::open(&address).await.unwrap_err(), self.came.recv().await.unwrap())
    }
}

async fn accept(acceptor: &TlsAcceptor, mut stream: TcpStream) -> Came {
    let mut first = [0; 8];
    stream.read_exact(&mut first).await.unwrap();
    if first != SSL_REQUEST {
        return Came::WithoutTls;
    }
    stream.write_all(b"S").await.unwrap();
    match acceptor.accept(stream).await {
        Ok(mut tls) => match tls.read_u8().await {
            Ok(_) => Came::WithTls,
            Err(_) => Came::Left,
        },
        Err(_) => Came::Left,
    }
}

#[tokio::test]
async fn a_certificate_is_checked_and_its_refusal_says_what_to_write() {
    let mut server = Server::start().await;
    let (error, came) = server.open("localhost", "sslmode=require").await;
    assert!(matches!(error, Error::Untrusted(_)), "{error:?}");
    assert_eq!(came, Came::Left);
    assert!(error.to_string().contains("sslrootcert=FILE"), "{error}");
    let (error, came) = server.open("localhost", "sslmode=verify-full&sslrootcert=FILE").await;
    assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
    assert_eq!(came, Came::WithTls, "the certificate is trusted, and the server ends the connection later");
    let (error, came) = server.open("127.0.0.1", "sslmode=require&sslrootcert=FILE").await;
    assert!(matches!(error, Error::Untrusted(_)), "the certificate is of another host: {error:?}");
    assert_eq!(came, Came::Left);
}

#[tokio::test]
async fn a_database_on_this_machine_is_reached_without_tls_unless_the_address_asks_for_it() {
    let mut server = Server::start().await;
    for host in ["localhost", "127.0.0.1"] {
        assert_eq!(server.open(host, "").await.1, Came::WithoutTls);
        assert_eq!(server.open(host, "sslmode=disable").await.1, Came::WithoutTls);
        assert_eq!(server.open(host, "sslmode=prefer").await.1, Came::Left);
    }
}
