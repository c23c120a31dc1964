//! TLS to PostgreSQL. A certificate is always checked: by the authorities of the system, or by a file.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::Error;

/// Connects by TLS where the address asks for it, and where the server offers it.
pub(crate) type TlsConnector = MakeRustlsConnect;

/// Reads what an address says about TLS with libpq's names, `sslmode` and `sslrootcert`. Returns the rest for the driver, which
/// knows neither the file nor the modes that check certificates, as they all do here.
///
/// # Errors
/// [`Error::File`] if the file has no certificates; [`Error::Unavailable`] if the system has none.
pub(crate) fn connector(address: &str) -> Result<(String, TlsConnector), Error> {
    let (place, options) = address.split_once('?').unwrap_or((address, ""));
    let mut file = None;
    let mut rest = Vec::new();
    for option in options.split('&').filter(|option| !option.is_empty()) {
        match option.split_once('=') {
            Some(("sslrootcert", path)) => file = Some(PathBuf::from(decoded(path))),
            Some(("sslmode", "verify-ca" | "verify-full")) => rest.push("sslmode=require"),
            _ => rest.push(option),
        }
    }
    let address = if rest.is_empty() { place.to_owned() } else { format!("{place}?{}", rest.join("&")) };
    let mut roots = RootCertStore::empty();
    match file {
        Some(path) => {
            let unreadable = |reason: String| Error::File(path.clone(), reason);
            let certificates = CertificateDer::pem_file_iter(&path)
                .and_then(Iterator::collect::<Result<Vec<_>, _>>)
                .map_err(|error| unreadable(error.to_string()))?;
            if roots.add_parsable_certificates(certificates).0 == 0 {
                return Err(unreadable("no certificate in this file".to_owned()));
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::Unavailable(Arc::new(error)))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok((address, MakeRustlsConnect::new(config)))
}

fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}
