//! TLS 1.2 and 1.3, with a certificate from files or one that a local authority issues.

mod authority;
mod error;

pub(crate) use error::TlsError;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::{ClientHello, ParsedCertificate, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{InconsistentKeys, ServerConfig};
use tenant::Issuer;
use tenant::clock::Moment;
use tokio_rustls::TlsAcceptor;

use crate::address;
use crate::network_options::Network;
use authority::Authority;

/// The certificate and the key of handshakes, which are replaced together.
#[derive(Debug)]
struct CurrentCertificate(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for CurrentCertificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// The TLS of the server.
pub(crate) struct Tls {
    current: Arc<CurrentCertificate>,
    /// Performs handshakes.
    pub(crate) acceptor: TlsAcceptor,
    /// The file with the certificate of the local authority, for clients to trust; `None` with a certificate
    /// from files.
    pub(crate) authority: Option<PathBuf>,
}

/// What the options name, read and checked.
struct Read {
    certified: CertifiedKey,
    authority: Option<PathBuf>,
}

impl Tls {
    /// Reads the certificate that `options` name, or has the local authority issue one; the authority is made if
    /// there is none. Returns `None` when the options name neither.
    ///
    /// A certificate that clients will refuse, such as an expired one, is reported in the log.
    ///
    /// # Errors
    /// [`TlsError`].
    pub(crate) fn open(options: &Network, issuer: &Issuer, now: Moment) -> Result<Option<Self>, TlsError> {
        if options.has_tls() && !issuer.is_https() {
            return Err(TlsError::PlainIssuer(issuer.as_str().to_owned()));
        }
        let provider = provider();
        let Some(Read { certified, authority }) = read(options, issuer, now, &provider)? else {
            return Ok(None);
        };
        let current = Arc::new(CurrentCertificate(RwLock::new(Arc::new(certified))));
        let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let mut config = builder
            .map_err(TlsError::Unsupported)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&current) as _);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Some(Self { current, acceptor: TlsAcceptor::from(Arc::new(config)), authority }))
    }

    /// Reads the files again, or has the local authority issue a new certificate. Handshakes from now on use it. A file that
    /// cannot be used is reported in the log, and the certificate stays as it is.
    pub(crate) fn reload(&self, options: &Network, issuer: &Issuer, now: Moment) {
        match read(options, issuer, now, &provider()) {
            Ok(Some(Read { certified, .. })) => {
                *self.current.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(certified);
                tracing::info!("the certificate was read again");
            }
            Ok(None) => {}
            Err(error) => tracing::error!("the certificate stays as it was: {error}"),
        }
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

fn read(
    options: &Network,
    issuer: &Issuer,
    now: Moment,
    provider: &Arc<CryptoProvider>,
) -> Result<Option<Read>, TlsError> {
    let host = address::host(issuer);
    if let Some(folder) = &options.tls_self_signed {
        let authority = Authority::open(folder, host, now)?;
        let (chain, key) = authority.issue_certificate(host, now, provider)?;
        let certified = CertifiedKey::from_der(chain, key, provider)
            .map_err(|error| TlsError::Unusable(folder.clone(), error))?;
        return Ok(Some(Read { certified, authority: Some(authority.certificate_file()) }));
    }
    let (Some(certificate), Some(key)) = (&options.tls_cert, &options.tls_key) else { return Ok(None) };
    let chain = chain(certificate)?;
    warn_about(certificate, &chain, host, now);
    let private_key =
        PrivateKeyDer::from_pem_slice(&read_file(key)?).map_err(|_| TlsError::NoKey(key.clone()))?;
    let certified = CertifiedKey::from_der(chain, private_key, provider).map_err(|error| match error {
        rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
            TlsError::KeyMismatch { key: key.clone(), certificate: certificate.clone() }
        }
        other => TlsError::Unusable(certificate.clone(), other),
    })?;
    Ok(Some(Read { certified, authority: None }))
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
