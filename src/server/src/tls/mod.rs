//! TLS 1.2 and 1.3: the certificate that clients see, from files or vouched for by a local authority.

mod authority;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::ParsedCertificate;
use rustls::{InconsistentKeys, ServerConfig};
use tenant::Issuer;
use tenant::clock::Moment;
use tokio_rustls::TlsAcceptor;

use crate::address;
use crate::config::Serve;
use authority::Authority;

/// Why TLS cannot be spoken. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    /// A file or folder cannot be read or written.
    #[error("{}: {}", .0.display(), .1)]
    Inaccessible(PathBuf, #[source] std::io::Error),
    /// A file holds no certificate.
    #[error("{} holds no certificate in PEM; --tls-cert takes the server's, then those that lead to its root", .0.display())]
    NoCertificate(PathBuf),
    /// A file holds no key.
    #[error("{} holds no private key in PEM; one with a passphrase has to be freed from it first", .0.display())]
    NoKey(PathBuf),
    /// The two files do not belong together.
    #[error("the key in {} does not fit the certificate in {}", key.display(), certificate.display())]
    KeyDoesNotFit {
        /// The file of the key.
        key: PathBuf,
        /// The file of the certificate.
        certificate: PathBuf,
    },
    /// The TLS library does not take the pair.
    #[error("the certificate in {} cannot be used: {}", .0.display(), .1)]
    Unusable(PathBuf, #[source] rustls::Error),
    /// The local authority's file is none that we made, or its time is over.
    #[error("{} holds no local authority that can be used: {}. Remove it to have a new one made, or name another folder", .0.display(), .1)]
    NoAuthority(PathBuf, String),
    /// The local authority may not vouch for the host.
    #[error(
        "the local authority in {} cannot vouch for {host}: {reason}. Name another folder with --tls-self-signed, \
         or remove the file to have a new authority made, which clients must then be told to trust",
        file.display()
    )]
    CannotVouch {
        /// The authority's file.
        file: PathBuf,
        /// The issuer's host.
        host: String,
        /// In the TLS library's words.
        reason: rustls::Error,
    },
    /// The issuer has the other scheme.
    #[error(
        "the issuer {0} is http, but with TLS nothing is answered there; name an https --issuer, or none"
    )]
    PlainIssuer(String),
}

/// What speaks TLS.
pub(crate) struct Tls {
    /// Shakes hands.
    pub(crate) acceptor: TlsAcceptor,
    /// The certificate of the local authority, for clients to trust; `None` with a certificate from a file.
    pub(crate) authority: Option<PathBuf>,
}

/// Reads the certificate that `options` name, or has the local authority vouch for one, made if need be; `None`
/// when they name neither. What is only doubtful, such as a certificate that has expired, is told in the log.
///
/// # Errors
/// [`TlsError`].
pub(crate) fn open(options: &Serve, issuer: &Issuer, now: Moment) -> Result<Option<Tls>, TlsError> {
    if options.has_tls() && !issuer.is_https() {
        return Err(TlsError::PlainIssuer(issuer.as_str().to_owned()));
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let host = address::host(issuer);
    if let Some(folder) = &options.tls_self_signed {
        let authority = Authority::open(folder, host, now)?;
        let (chain, key) = authority.vouch_for(host, now, &provider)?;
        let acceptor =
            acceptor(chain, key, provider).map_err(|error| TlsError::Unusable(folder.clone(), error))?;
        return Ok(Some(Tls { acceptor, authority: Some(authority.certificate_file()) }));
    }
    let (Some(certificate), Some(key)) = (&options.tls_cert, &options.tls_key) else { return Ok(None) };
    let chain = chain(certificate)?;
    report_doubts(certificate, &chain, host, now);
    let fitting = PrivateKeyDer::from_pem_slice(&bytes(key)?).map_err(|_| TlsError::NoKey(key.clone()))?;
    let acceptor = acceptor(chain, fitting, provider).map_err(|error| match error {
        rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
            TlsError::KeyDoesNotFit { key: key.clone(), certificate: certificate.clone() }
        }
        other => TlsError::Unusable(certificate.clone(), other),
    })?;
    Ok(Some(Tls { acceptor, authority: None }))
}

fn acceptor(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    provider: Arc<CryptoProvider>,
) -> Result<TlsAcceptor, rustls::Error> {
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn bytes(path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|error| TlsError::Inaccessible(path.to_owned(), error))
}

fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let text = bytes(path)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    chain.ok().filter(|chain| !chain.is_empty()).ok_or_else(|| TlsError::NoCertificate(path.to_owned()))
}

/// Clients will refuse such a certificate; whether that matters, the operator knows.
fn report_doubts(path: &Path, chain: &[CertificateDer<'_>], host: &str, now: Moment) {
    let file = path.display();
    for certificate in chain {
        let Ok((_, parsed)) = x509_parser::parse_x509_certificate(certificate) else {
            tracing::warn!(%file, "a certificate cannot be read, so its dates are not checked");
            continue;
        };
        let (subject, validity) = (parsed.subject(), parsed.validity());
        if validity.not_after.timestamp() < now.seconds() {
            tracing::warn!(%file, "the certificate of {subject} expired on {}", validity.not_after);
        } else if validity.not_before.timestamp() > now.seconds() {
            tracing::warn!(%file, "the certificate of {subject} is not valid before {}", validity.not_before);
        }
    }
    let names_host = chain.first().and_then(|certificate| {
        let name = ServerName::try_from(host).ok()?;
        let parsed = ParsedCertificate::try_from(certificate).ok()?;
        rustls::client::verify_server_name(&parsed, &name).ok()
    });
    if names_host.is_none() {
        tracing::warn!(%file, "the certificate does not name {host}, the issuer's host");
    }
}
