//! TLS 1.2 and 1.3, with a certificate from files or one that a local authority issues.

mod authority;
mod error;

pub(crate) use error::TlsError;

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
use crate::network_options::Network;
use authority::Authority;

/// The TLS of the server.
pub(crate) struct Tls {
    /// Performs handshakes.
    pub(crate) acceptor: TlsAcceptor,
    /// The file with the certificate of the local authority, for clients to trust; `None` with a certificate
    /// from files.
    pub(crate) authority: Option<PathBuf>,
}

/// Reads the certificate that `options` name, or has the local authority issue one; the authority is made if
/// there is none. Returns `None` when the options name neither.
///
/// A certificate that clients will refuse, such as an expired one, is reported in the log.
///
/// # Errors
/// [`TlsError`].
pub(crate) fn open(options: &Network, issuer: &Issuer, now: Moment) -> Result<Option<Tls>, TlsError> {
    if options.has_tls() && !issuer.is_https() {
        return Err(TlsError::PlainIssuer(issuer.as_str().to_owned()));
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let host = address::host(issuer);
    if let Some(folder) = &options.tls_self_signed {
        let authority = Authority::open(folder, host, now)?;
        let (chain, key) = authority.issue_certificate(host, now, &provider)?;
        let acceptor =
            acceptor(chain, key, provider).map_err(|error| TlsError::Unusable(folder.clone(), error))?;
        return Ok(Some(Tls { acceptor, authority: Some(authority.certificate_file()) }));
    }
    let (Some(certificate), Some(key)) = (&options.tls_cert, &options.tls_key) else { return Ok(None) };
    let chain = chain(certificate)?;
    warn_about(certificate, &chain, host, now);
    let private_key =
        PrivateKeyDer::from_pem_slice(&read_file(key)?).map_err(|_| TlsError::NoKey(key.clone()))?;
    let acceptor = acceptor(chain, private_key, provider).map_err(|error| match error {
        rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
            TlsError::KeyMismatch { key: key.clone(), certificate: certificate.clone() }
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

fn read_file(path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|error| TlsError::Inaccessible(path.to_owned(), error))
}

fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let text = read_file(path)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    chain.ok().filter(|chain| !chain.is_empty()).ok_or_else(|| TlsError::NoCertificate(path.to_owned()))
}

/// Reports in the log what makes clients refuse the certificate: its dates, or a host that it does not name.
/// The server starts nevertheless, because only the operator knows whether that matters.
fn warn_about(path: &Path, chain: &[CertificateDer<'_>], host: &str, now: Moment) {
    let file = path.display();
    for certificate in chain {
        let Ok((_, parsed)) = x509_parser::parse_x509_certificate(certificate) else {
            tracing::warn!(%file, "a certificate cannot be parsed; its dates are not checked");
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
