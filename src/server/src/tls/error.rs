//! Why TLS cannot be set up.

use std::path::PathBuf;

/// Why TLS cannot be set up. Each message says what to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    /// A file or folder cannot be read or written.
    #[error("{}: {}", .0.display(), .1)]
    Inaccessible(PathBuf, #[source] std::io::Error),
    /// A file has no certificate.
    #[error("{} holds no certificate in PEM; --tls-cert takes the certificate of the server, then those up to its root", .0.display())]
    NoCertificate(PathBuf),
    /// A file has no private key.
    #[error("{} holds no private key in PEM; remove the passphrase from a key that has one", .0.display())]
    NoKey(PathBuf),
    /// The private key belongs to another certificate.
    #[error("the key in {} does not match the certificate in {}", key.display(), certificate.display())]
    KeyMismatch {
        /// The file of the key.
        key: PathBuf,
        /// The file of the certificate.
        certificate: PathBuf,
    },
    /// The TLS library refuses the certificate or its key.
    #[error("the certificate in {} cannot be used: {}", .0.display(), .1)]
    Unusable(PathBuf, #[source] rustls::Error),
    /// The file of the local authority was not written by this program, or the authority has expired.
    #[error("{} holds no local authority that can be used: {}. Remove it to have a new one made, or pass another folder", .0.display(), .1)]
    InvalidAuthority(PathBuf, String),
    /// The constraints of the local authority exclude the host.
    #[error(
        "the local authority in {} cannot issue a certificate for {host}: {reason}. Pass another folder with \
         --tls-self-signed, or remove the file to have a new authority made, which clients must then be made to trust",
        file.display()
    )]
    HostNotPermitted {
        /// The file of the authority.
        file: PathBuf,
        /// The host of the issuer.
        host: String,
        /// The error of the TLS library.
        reason: rustls::Error,
    },
    /// The origin that browsers use is http, but the server speaks TLS.
    #[error(
        "{0} is http, but with TLS the server does not respond there; pass an https --issuer, or none \
         (with `page`: --origin)"
    )]
    PlainIssuer(String),
    /// The TLS library cannot be set up.
    #[error("TLS cannot be set up: {0}")]
    Unsupported(#[source] rustls::Error),
}
