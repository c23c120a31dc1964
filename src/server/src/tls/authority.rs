//! A local certificate authority, for this machine and the issuer's host only.
//!
//! The authority is made once, for people to trust. The certificate that it issues to the server is made anew
//! at every start and never stored.

use std::fs;
use std::io::{ErrorKind, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, NameConstraints, date_time_ymd,
};
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use store::private_file;
use tempfile::NamedTempFile;
use tenant::clock::Moment;

use super::error::TlsError;
use crate::address;

/// The file with the certificate of the authority, for clients to trust.
const CERTIFICATE: &str = "authority.pem";
/// The file with the private key, readable by its owner only, and the certificate again: with one file there
/// is never one without the other.
const KEY: &str = "authority-key.pem";

const DAY: Duration = Duration::from_hours(24);
/// How long the authority is valid.
const AUTHORITY_LIFETIME: Duration = Duration::from_hours(24 * 3650);
/// How long a certificate of the server is valid: the longest that browsers accept (CA/Browser Forum, ballot
/// SC31).
const CERTIFICATE_LIFETIME: Duration = Duration::from_hours(24 * 397);

/// A local authority.
pub(super) struct Authority {
    folder: PathBuf,
    certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// Reads the authority in `folder`, or makes one there whose name constraints permit this machine and
    /// `host`. An existing authority is never replaced.
    ///
    /// # Errors
    /// [`TlsError`] when the folder cannot be used, or when the file of the authority is not valid.
    pub(super) fn open(folder: &Path, host: &str, now: Moment) -> Result<Self, TlsError> {
        let inaccessible = |error| TlsError::Inaccessible(folder.to_owned(), error);
        fs::create_dir_all(folder).map_err(inaccessible)?;
        let folder = folder.canonicalize().map_err(inaccessible)?;
        let file = folder.join(KEY);
        if !file.try_exists().map_err(inaccessible)? {
            let text = generate(host, now)
                .map_err(|error| TlsError::InvalidAuthority(file.clone(), error.to_string()))?;
            write_private(&folder, &file, &text).map_err(inaccessible)?;
        }
        private_file::tighten(&file).map_err(|error| TlsError::Inaccessible(file.clone(), error))?;
        let text = fs::read_to_string(&file).map_err(|error| TlsError::Inaccessible(file.clone(), error))?;
        let (certificate, issuer) =
            parse(&text, now).map_err(|reason| TlsError::InvalidAuthority(file.clone(), reason))?;
        let authority = Self { folder, certificate, issuer };
        authority.publish(&text).map_err(inaccessible)?;
        Ok(authority)
    }

    /// Returns the path of the certificate for clients to trust.
    pub(super) fn certificate_file(&self) -> PathBuf {
        self.folder.join(CERTIFICATE)
    }

    /// Issues a certificate for the usual names of this machine and for `host`, with a new key.
    ///
    /// # Errors
    /// [`TlsError::HostNotPermitted`] when a client that trusts the authority would refuse the certificate
    /// for `host`.
    pub(super) fn issue_certificate(
        &self,
        host: &str,
        now: Moment,
        provider: &Arc<CryptoProvider>,
    ) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), TlsError> {
        let not_permitted = |reason| TlsError::HostNotPermitted {
            file: self.folder.join(KEY),
            host: host.to_owned(),
            reason,
        };
        let general =
            |error: &dyn std::fmt::Display| not_permitted(rustls::Error::General(error.to_string()));
        let (certificate, key) = self.sign(host, now).map_err(|error| general(&error))?;

        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).map_err(not_permitted)?;
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
            .build()
            .map_err(|error| general(&error))?;
        let name = ServerName::try_from(host).map_err(|error| general(&error))?;
        let at = UnixTime::since_unix_epoch(since_epoch(now));
        verifier.verify_server_cert(&certificate, &[], &name, &[], at).map_err(not_permitted)?;
        Ok((vec![certificate], key))
    }

    fn sign(
        &self,
        host: &str,
        now: Moment,
    ) -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), rcgen::Error> {
        let mut names: Vec<_> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into();
        if !names.iter().any(|name| name == host) {
            names.push(host.to_owned());
        }
        let mut params = certificate_params(names, now, CERTIFICATE_LIFETIME)?;
        params.distinguished_name.push(DnType::CommonName, host);
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer)?.der().clone();
        Ok((certificate, PrivatePkcs8KeyDer::from(key.serialize_der()).into()))
    }

    /// Writes the certificate beside the key if it is missing or different.
    fn publish(&self, text: &str) -> std::io::Result<()> {
        let certificate = text.find("-----BEGIN CERTIFICATE").map_or(text, |start| &text[start..]);
        let path = self.certificate_file();
        if fs::read_to_string(&path).is_ok_and(|published| published == certificate) {
            return Ok(());
        }
        fs::write(path, certificate)
    }
}

/// Makes an authority and returns its key and its certificate in PEM.
fn generate(host: &str, now: Moment) -> Result<String, rcgen::Error> {
    let mut permitted = vec![
        GeneralSubtree::DnsName("localhost".to_owned()),
        GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(Ipv4Addr::new(127, 0, 0, 0).into(), 8)),
        GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(Ipv6Addr::LOCALHOST.into(), 128)),
    ];
    if !address::is_loopback(host) {
        permitted.push(match host.parse::<IpAddr>() {
            Ok(address) => GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(
                address,
                if address.is_ipv4() { 32 } else { 128 },
            )),
            Err(_) => GeneralSubtree::DnsName(host.to_owned()),
        });
    }
    let mut params = certificate_params(Vec::new(), now, AUTHORITY_LIFETIME)?;
    // The date distinguishes it from others in a list of trusted certificates.
    let day = now.iso();
    let name = format!("Linked Accounts, local authority of {}", day.split('T').next().unwrap_or(&day));
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.name_constraints =
        Some(NameConstraints { permitted_subtrees: permitted, excluded_subtrees: Vec::new() });
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    Ok(format!("{}{}", key.serialize_pem(), certificate.pem()))
}

/// Returns the parameters of a certificate with these names and this lifetime. It is valid from one day ago,
/// for clients whose clocks are behind.
fn certificate_params(
    names: Vec<String>,
    now: Moment,
    life: Duration,
) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.remove(DnType::CommonName);
    let at = |since: Duration| date_time_ymd(1970, 1, 1) + since;
    params.not_before = at(since_epoch(now).saturating_sub(DAY));
    params.not_after = at(since_epoch(now) + life.saturating_sub(DAY));
    Ok(params)
}

/// Parses the certificate and the key of an authority.
///
/// # Errors
/// The reason why they cannot be used.
fn parse(text: &str, now: Moment) -> Result<(CertificateDer<'static>, Issuer<'static, KeyPair>), String> {
    let certificate = CertificateDer::from_pem_slice(text.as_bytes()).map_err(|error| error.to_string())?;
    let key = KeyPair::from_pem(text).map_err(|error| error.to_string())?;
    let issuer = Issuer::from_ca_cert_der(&certificate, key).map_err(|error| error.to_string())?;
    // The verification of a chain does not check the dates of its root.
    let (_, parsed) = x509_parser::parse_x509_certificate(&certificate).map_err(|error| error.to_string())?;
    let end = parsed.validity().not_after;
    if end.timestamp() < now.seconds() {
        return Err(format!("it expired on {end}"));
    }
    Ok((certificate, issuer))
}

/// Writes a file that only its owner can read, all of it or nothing. A file that another process has written
/// meanwhile is kept.
fn write_private(folder: &Path, file: &Path, text: &str) -> std::io::Result<()> {
    let mut draft = NamedTempFile::new_in(folder)?;
    draft.write_all(text.as_bytes())?;
    draft.as_file().sync_all()?;
    match draft.persist_noclobber(file) {
        Err(failure) if failure.error.kind() == ErrorKind::AlreadyExists => Ok(()),
        other => Ok(other.map(drop)?),
    }
}

fn since_epoch(moment: Moment) -> Duration {
    Duration::from_secs(moment.seconds().try_into().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment::from_millis(1_800_000_000_000);

    fn issue(folder: &Path, host: &str, now: Moment) -> Result<(), String> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let authority = Authority::open(folder, host, now).map_err(|error| error.to_string())?;
        authority.issue_certificate(host, now, &provider).map(drop).map_err(|error| error.to_string())
    }

    #[test]
    fn an_authority_is_made_once_and_read_afterwards() {
        let temp = tempfile::tempdir().unwrap();
        let folder = temp.path().join("tls");
        issue(&folder, "localhost", NOW).unwrap();
        let files = || [KEY, CERTIFICATE].map(|name| fs::read_to_string(folder.join(name)).unwrap());
        let first = files();
        assert!(!first[1].contains("PRIVATE KEY"));
        issue(&folder, "localhost", NOW.after(DAY)).unwrap();
        assert_eq!(files(), first);
        fs::remove_file(folder.join(CERTIFICATE)).unwrap();
        issue(&folder, "localhost", NOW).unwrap();
        assert_eq!(files(), first, "the certificate is written again");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_can_read_the_key_of_the_authority() {
        use std::os::unix::fs::PermissionsExt;
        let temp = tempfile::tempdir().unwrap();
        issue(temp.path(), "localhost", NOW).unwrap();
        let mode = fs::metadata(temp.path().join(KEY)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn an_authority_issues_for_this_machine_and_the_host_it_was_made_for() {
        let temp = tempfile::tempdir().unwrap();
        issue(temp.path(), "tenant.example.com", NOW).unwrap();
        for host in ["localhost", "tenant.localhost", "127.0.0.1", "127.8.9.1", "::1", "tenant.example.com"] {
            assert_eq!(issue(temp.path(), host, NOW), Ok(()), "{host}");
        }
    }

    #[test]
    fn an_authority_cannot_issue_for_another_host() {
        let temp = tempfile::tempdir().unwrap();
        issue(temp.path(), "localhost", NOW).unwrap();
        for host in ["example.com", "notlocalhost", "192.168.1.2", "2001:db8::1"] {
            let error = issue(temp.path(), host, NOW).unwrap_err();
            assert!(error.contains(&format!("cannot issue a certificate for {host}: ")), "{error}");
            assert!(error.contains("NameConstraint"), "{error}");
        }
    }

    #[test]
    fn an_expired_authority_is_refused() {
        let temp = tempfile::tempdir().unwrap();
        issue(temp.path(), "localhost", NOW).unwrap();
        let later = NOW.after(AUTHORITY_LIFETIME);
        let error = issue(temp.path(), "localhost", later).unwrap_err();
        assert!(error.contains("it expired on "), "{error}");
    }

    #[test]
    fn a_file_that_is_not_an_authority_is_kept_and_named() {
        let temp = tempfile::tempdir().unwrap();
        fs::write(temp.path().join(KEY), "something of mine").unwrap();
        let error = issue(temp.path(), "localhost", NOW).unwrap_err();
        assert!(error.contains("authority-key.pem holds no local authority that can be used: "), "{error}");
        assert_eq!(fs::read_to_string(temp.path().join(KEY)).unwrap(), "something of mine");
    }
}
