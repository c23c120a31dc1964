//! A certificate authority for this machine alone. It is made once, for people to trust; the certificate that it
//! vouches for is made anew at every start and never stored.

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
use tempfile::NamedTempFile;
use tenant::clock::Moment;

use super::TlsError;
use crate::address;

/// What clients are told to trust.
const CERTIFICATE: &str = "authority.pem";
/// The key, which no one else may read, and the certificate again: one file, so that there is never half of it.
const KEY: &str = "authority-key.pem";

const DAY: Duration = Duration::from_hours(24);
/// How long the authority can be trusted.
const AUTHORITY_LIFE: Duration = Duration::from_hours(24 * 3650);
/// How long the server's certificate holds after a start: the most that browsers take (CA/Browser Forum, ballot SC31).
const CERTIFICATE_LIFE: Duration = Duration::from_hours(24 * 397);

/// A local authority.
pub(super) struct Authority {
    folder: PathBuf,
    certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// Reads the authority in `folder`, or makes one there that may vouch for names of this machine and for `host`.
    /// One that exists is never replaced.
    ///
    /// # Errors
    /// [`TlsError`] when the folder cannot be used, or holds something else under the authority's name.
    pub(super) fn open(folder: &Path, host: &str, now: Moment) -> Result<Self, TlsError> {
        let inaccessible = |error| TlsError::Inaccessible(folder.to_owned(), error);
        fs::create_dir_all(folder).map_err(inaccessible)?;
        let folder = folder.canonicalize().map_err(inaccessible)?;
        let file = folder.join(KEY);
        if !file.try_exists().map_err(inaccessible)? {
            let text =
                made(host, now).map_err(|error| TlsError::NoAuthority(file.clone(), error.to_string()))?;
            keep(&folder, &file, &text).map_err(inaccessible)?;
        }
        let text = fs::read_to_string(&file).map_err(|error| TlsError::Inaccessible(file.clone(), error))?;
        let (certificate, issuer) =
            read(&text, now).map_err(|reason| TlsError::NoAuthority(file.clone(), reason))?;
        let authority = Self { folder, certificate, issuer };
        authority.publish(&text).map_err(inaccessible)?;
        Ok(authority)
    }

    /// The file for clients to trust.
    pub(super) fn certificate_file(&self) -> PathBuf {
        self.folder.join(CERTIFICATE)
    }

    /// A fresh key, and a certificate for this machine's usual names and `host`.
    ///
    /// # Errors
    /// When a client that trusts the authority would not take it for `host`.
    pub(super) fn vouch_for(
        &self,
        host: &str,
        now: Moment,
        provider: &Arc<CryptoProvider>,
    ) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), TlsError> {
        let refused =
            |reason| TlsError::CannotVouch { file: self.folder.join(KEY), host: host.to_owned(), reason };
        let general = |error: &dyn std::fmt::Display| refused(rustls::Error::General(error.to_string()));
        let (certificate, key) = self.signed(host, now).map_err(|error| general(&error))?;

        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).map_err(refused)?;
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
            .build()
            .map_err(|error| general(&error))?;
        let name = ServerName::try_from(host).map_err(|error| general(&error))?;
        let at = UnixTime::since_unix_epoch(since_epoch(now));
        verifier.verify_server_cert(&certificate, &[], &name, &[], at).map_err(refused)?;
        Ok((vec![certificate], key))
    }

    fn signed(
        &self,
        host: &str,
        now: Moment,
    ) -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), rcgen::Error> {
        let mut names: Vec<_> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into();
        if !names.iter().any(|name| name == host) {
            names.push(host.to_owned());
        }
        let mut asked = params(names, now, CERTIFICATE_LIFE)?;
        asked.distinguished_name.push(DnType::CommonName, host);
        asked.use_authority_key_identifier_extension = true;
        asked.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        asked.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate()?;
        let certificate = asked.signed_by(&key, &self.issuer)?.der().clone();
        Ok((certificate, PrivatePkcs8KeyDer::from(key.serialize_der()).into()))
    }

    /// Puts the certificate beside the key where it is missing or another.
    fn publish(&self, text: &str) -> std::io::Result<()> {
        let certificate = text.find("-----BEGIN CERTIFICATE").map_or(text, |start| &text[start..]);
        let path = self.certificate_file();
        if fs::read_to_string(&path).is_ok_and(|published| published == certificate) {
            return Ok(());
        }
        fs::write(path, certificate)
    }
}

/// The key and the certificate of a new authority, in PEM.
fn made(host: &str, now: Moment) -> Result<String, rcgen::Error> {
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
    let mut asked = params(Vec::new(), now, AUTHORITY_LIFE)?;
    // The date tells it apart from others in a list of what is trusted.
    let day = now.iso();
    let name = format!("Linked Accounts, local authority of {}", day.split('T').next().unwrap_or(&day));
    asked.distinguished_name.push(DnType::CommonName, name);
    asked.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    asked.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    asked.name_constraints =
        Some(NameConstraints { permitted_subtrees: permitted, excluded_subtrees: Vec::new() });
    let key = KeyPair::generate()?;
    let certificate = asked.self_signed(&key)?;
    Ok(format!("{}{}", key.serialize_pem(), certificate.pem()))
}

/// What holds for every certificate: names and life. It begins a day early, for clocks that are behind.
fn params(names: Vec<String>, now: Moment, life: Duration) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.remove(DnType::CommonName);
    let at = |since: Duration| date_time_ymd(1970, 1, 1) + since;
    params.not_before = at(since_epoch(now).saturating_sub(DAY));
    params.not_after = at(since_epoch(now) + life.saturating_sub(DAY));
    Ok(params)
}

/// The certificate and what signs for it; else a reason.
fn read(text: &str, now: Moment) -> Result<(CertificateDer<'static>, Issuer<'static, KeyPair>), String> {
    let certificate = CertificateDer::from_pem_slice(text.as_bytes()).map_err(|error| error.to_string())?;
    let key = KeyPair::from_pem(text).map_err(|error| error.to_string())?;
    let issuer = Issuer::from_ca_cert_der(&certificate, key).map_err(|error| error.to_string())?;
    // Whoever verifies a chain takes its root's dates for granted.
    let (_, parsed) = x509_parser::parse_x509_certificate(&certificate).map_err(|error| error.to_string())?;
    let end = parsed.validity().not_after;
    if end.timestamp() < now.seconds() {
        return Err(format!("it expired on {end}"));
    }
    Ok((certificate, issuer))
}

/// Writes a file that only its owner may read, all of it or nothing. When another process was faster, its file stays.
fn keep(folder: &Path, file: &Path, text: &str) -> std::io::Result<()> {
    let mut draft = NamedTempFile::new_in(folder)?;
    draft.write_all(text.as_bytes())?;
    draft.as_file().sync_all()?;
    match draft.persist_noclobber(file) {
        Err(lost) if lost.error.kind() == ErrorKind::AlreadyExists => Ok(()),
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

    fn vouched(folder: &Path, host: &str, now: Moment) -> Result<(), String> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let authority = Authority::open(folder, host, now).map_err(|error| error.to_string())?;
        authority.vouch_for(host, now, &provider).map(drop).map_err(|error| error.to_string())
    }

    #[test]
    fn an_authority_is_made_once_and_read_afterwards() {
        let room = tempfile::tempdir().unwrap();
        let folder = room.path().join("tls");
        vouched(&folder, "localhost", NOW).unwrap();
        let files = || [KEY, CERTIFICATE].map(|name| fs::read_to_string(folder.join(name)).unwrap());
        let first = files();
        assert!(!first[1].contains("PRIVATE KEY"));
        vouched(&folder, "localhost", NOW.after(DAY)).unwrap();
        assert_eq!(files(), first);
        fs::remove_file(folder.join(CERTIFICATE)).unwrap();
        vouched(&folder, "localhost", NOW).unwrap();
        assert_eq!(files(), first, "the certificate is put back");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_reads_the_authoritys_key() {
        use std::os::unix::fs::PermissionsExt;
        let room = tempfile::tempdir().unwrap();
        vouched(room.path(), "localhost", NOW).unwrap();
        let mode = fs::metadata(room.path().join(KEY)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn an_authority_vouches_for_this_machine_and_the_host_it_was_made_for() {
        let room = tempfile::tempdir().unwrap();
        vouched(room.path(), "tenant.example.com", NOW).unwrap();
        for host in ["localhost", "tenant.localhost", "127.0.0.1", "127.8.9.1", "::1", "tenant.example.com"] {
            assert_eq!(vouched(room.path(), host, NOW), Ok(()), "{host}");
        }
    }

    #[test]
    fn an_authority_cannot_vouch_for_anybody_elses_host() {
        let room = tempfile::tempdir().unwrap();
        vouched(room.path(), "localhost", NOW).unwrap();
        for host in ["example.com", "notlocalhost", "192.168.1.2", "2001:db8::1"] {
            let refusal = vouched(room.path(), host, NOW).unwrap_err();
            assert!(refusal.contains(&format!("cannot vouch for {host}: ")), "{refusal}");
            assert!(refusal.contains("NameConstraint"), "{refusal}");
        }
    }

    #[test]
    fn an_authority_that_has_ended_says_so() {
        let room = tempfile::tempdir().unwrap();
        vouched(room.path(), "localhost", NOW).unwrap();
        let later = NOW.after(AUTHORITY_LIFE);
        let refusal = vouched(room.path(), "localhost", later).unwrap_err();
        assert!(refusal.contains("it expired on "), "{refusal}");
    }

    #[test]
    fn a_file_that_is_no_authority_is_left_alone_and_named() {
        let room = tempfile::tempdir().unwrap();
        fs::write(room.path().join(KEY), "something of mine").unwrap();
        let refusal = vouched(room.path(), "localhost", NOW).unwrap_err();
        assert!(
            refusal.contains("authority-key.pem holds no local authority that can be used: "),
            "{refusal}"
        );
        assert_eq!(fs::read_to_string(room.path().join(KEY)).unwrap(), "something of mine");
    }
}
