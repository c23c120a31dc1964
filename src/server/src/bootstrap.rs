//! Reads and checks everything that the options name, before anything is served or written.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use server::seed::tenant_file::{self, TenantFile};
use server::seed::{InvalidSeedFile, demo, users_file};
use tenant::configuration::{Connection, InvalidConfiguration, Parts, RateLimit};
use tenant::seed::SeedUser;
use tenant::{Configuration, Issuer};

use crate::address;
use crate::config::Serve;
use crate::page_settings::InvalidPageOptions;
use crate::static_files::{Site, SiteError};
use crate::tls::TlsError;

/// The folder to which `cargo xtask` writes the site.
#[cfg(not(feature = "embedded-site"))]
const BUILT_SITE: &str = "target/site";

/// Why the server cannot start with these options. Each message says what to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InvalidOptions {
    /// A file cannot be read.
    #[error("{}: {}", .0.display(), .1)]
    Unreadable(PathBuf, std::io::Error),
    /// The file of `--upstream-ca` has no certificates.
    #[error("{}: no PEM certificate in this file, or an invalid one", .0.display())]
    NoCertificates(PathBuf),
    /// The tenant file or the users file is not valid.
    #[error(transparent)]
    SeedFile(#[from] InvalidSeedFile),
    /// The configuration of the tenant contradicts itself.
    #[error(transparent)]
    Contradiction(#[from] InvalidConfiguration),
    /// An option for the page is not valid.
    #[error(transparent)]
    Page(#[from] InvalidPageOptions),
    /// The demo users would be reachable from a network.
    #[error(
        "the demo users must not be served to a network: their passwords are public, and {0}. \
         Pass a tenant of your own with --tenant and its users with --users, or pass --allow-demo-on-network \
         if everybody who can reach this server may sign in as anybody"
    )]
    ExposedDemoUsers(String),
    /// A stand-in would be reachable from a network.
    #[error(
        "the connection \"{connection}\" is served by a stand-in, which signs in anybody as anybody, and {exposure}. \
         Remove it from the tenant file, listen on 127.0.0.1, or pass --allow-demo-on-network \
         if everybody who can reach this server may sign in as anybody"
    )]
    ExposedStandIn {
        /// The name of the connection.
        connection: String,
        /// How others can reach the server.
        exposure: String,
    },
    /// Planned faults would be reachable from a network.
    #[error(
        "the tenant file lets users plan faults (linkedAccounts.faults), which must not be served to a network, and {0}. \
         Remove it, listen on 127.0.0.1, or pass --allow-demo-on-network"
    )]
    ExposedFaults(String),
    /// TLS cannot be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The site cannot be served.
    #[error(transparent)]
    Site(#[from] SiteError),
}

/// The tenant to open and the users to add to it.
pub(crate) struct Bootstrap {
    /// The tenant's configuration.
    pub(crate) configuration: Configuration,
    /// The users to add.
    pub(crate) users: Vec<SeedUser>,
    /// Whether these are the demo users, which are added to an empty database only.
    pub(crate) has_demo_users: bool,
}

/// Reads the tenant file and the users file, or the demo in their place, and checks them against each other.
///
/// Demo users, stand-ins and planned faults are refused when the server can be reached from a network, unless
/// an option allows them.
///
/// # Errors
/// [`InvalidOptions`]. Nothing has been written then.
pub(crate) fn read(
    options: &Serve,
    issuer: &Issuer,
    listening: SocketAddr,
) -> Result<Bootstrap, InvalidOptions> {
    let keyword = |key: &str| match key {
        "LINKED_ACCOUNTS_ISSUER" => Some(issuer.as_str().to_owned()),
        "LINKED_ACCOUNTS_ORIGIN" => Some(issuer.origin().to_owned()),
        #[expect(clippy::disallowed_methods, reason = "keywords of a tenant file are environment variables")]
        key => std::env::var(key).ok(),
    };
    let exposure = exposure(listening, issuer).filter(|_| !options.allow_demo_on_network);
    let has_demo_users = options.tenant.is_none() && options.users.is_none();
    if let Some(exposure) = exposure.as_ref().filter(|_| has_demo_users) {
        return Err(InvalidOptions::ExposedDemoUsers(exposure.clone()));
    }

    let file = match &options.tenant {
        Some(path) => {
            let file = tenant_file::parse(&path.display().to_string(), &read_text(path)?, &keyword)?;
            report_ignored(path, &file);
            file
        }
        None => demo::tenant(&keyword)?,
    };
    let TenantFile { mut parts, .. } = file;
    let Parts { options: tenant, connections, .. } = &mut parts;
    if let Some(exposure) = exposure.as_ref().filter(|_| tenant.faults) {
        return Err(InvalidOptions::ExposedFaults(exposure.clone()));
    }
    let stand_in = connections.iter().find(|connection| connection.needs_stand_in());
    if let (Some(connection), Some(exposure)) = (stand_in, exposure) {
        let connection = connection.name.to_string();
        return Err(InvalidOptions::ExposedStandIn { connection, exposure });
    }
    tenant.stand_ins = stand_in.is_some();
    if connections.iter().any(|connection| connection.upstream.is_some()) {
        tenant.provider_authorities = authorities(options.upstream_ca.as_deref())?;
    }
    tenant.rate_limit = (!options.no_rate_limit).then(RateLimit::default);

    let users = users(options, has_demo_users, &keyword, connections)?;
    if has_demo_users {
        tenant.demo_sign_ins = demo::sign_ins(&users, connections);
    }
    let configuration = Configuration::new(parts)?;
    Ok(Bootstrap { configuration, users, has_demo_users })
}

/// Returns the certificate authorities (DER) that providers are verified against: those of the system, and
/// those in `file` (PEM).
fn authorities(file: Option<&Path>) -> Result<Vec<Vec<u8>>, InvalidOptions> {
    let system = rustls_native_certs::load_native_certs();
    for error in &system.errors {
        tracing::warn!(%error, "a certificate authority of the system cannot be read");
    }
    let own = match file {
        Some(path) => CertificateDer::pem_slice_iter(read_text(path)?.as_bytes())
            .collect::<Result<Vec<_>, _>>()
            .ok()
            .filter(|certificates| !certificates.is_empty())
            .ok_or_else(|| InvalidOptions::NoCertificates(path.to_owned()))?,
        None => Vec::new(),
    };
    Ok(system.certs.into_iter().chain(own).map(|certificate| certificate.to_vec()).collect())
}

/// Reads the users file; without one, returns the demo users or none.
fn users(
    options: &Serve,
    has_demo_users: bool,
    keyword: &dyn Fn(&str) -> Option<String>,
    connections: &[Connection],
) -> Result<Vec<SeedUser>, InvalidOptions> {
    match &options.users {
        Some(path) => {
            let (name, text) = (path.display().to_string(), read_text(path)?);
            let file = users_file::parse(&name, &text, connections, options.users_connection.as_deref())?;
            for notice in &file.notices {
                tracing::warn!(file = name, "{notice}");
            }
            Ok(file.users)
        }
        None if has_demo_users => Ok(demo::users(keyword, connections)?),
        None => Ok(Vec::new()),
    }
}

fn read_text(path: &Path) -> Result<String, InvalidOptions> {
    fs::read_to_string(path).map_err(|error| InvalidOptions::Unreadable(path.to_owned(), error))
}

fn report_ignored(path: &Path, file: &TenantFile) {
    if !file.ignored.is_empty() {
        let keys: Vec<_> = file.ignored.iter().map(String::as_str).collect();
        tracing::info!(file = %path.display(), keys = keys.join(", "), "ignored keys that have no meaning here");
    }
}

/// Says how the server can be reached from other machines; `None` when it cannot.
fn exposure(listening: SocketAddr, issuer: &Issuer) -> Option<String> {
    if !listening.ip().is_loopback() {
        Some(format!("this server listens on {listening}"))
    } else if !address::is_local(issuer) {
        Some(format!("this server is reached from other machines, as {}", issuer.as_str()))
    } else {
        None
    }
}

/// Returns the site: from `folder` if one is given, else the embedded one, else from the folder of the build.
///
/// A folder without a page is reported in the log, and the tenant is served without a page.
///
/// # Errors
/// When a file of the site cannot be read, or when the site has no usable content security policy.
pub(crate) fn site(folder: Option<&Path>) -> Result<Site, InvalidOptions> {
    if let Some(folder) = folder {
        return or_not_built(Site::load(folder));
    }
    #[cfg(feature = "embedded-site")]
    return Ok(Site::embedded()?);
    #[cfg(not(feature = "embedded-site"))]
    or_not_built(Site::load(Path::new(BUILT_SITE)))
}

/// Replaces a missing site by one that says how to build it: a tenant is useful without a page.
fn or_not_built(site: Result<Site, SiteError>) -> Result<Site, InvalidOptions> {
    match site {
        Err(error @ SiteError::Missing(_)) => {
            tracing::warn!(
                "{error}. Run `cargo xtask build`, or pass the folder of a built page with --site. \
                 The tenant is served without it"
            );
            Ok(Site::not_built())
        }
        other => Ok(other?),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use clap::Parser;

    use super::*;
    use crate::config::{Arguments, Command};

    const TENANT: &str = "
clients:
  - { name: First, client_id: first, app_type: spa, callbacks: [https://a.example.com/callback] }
  - { name: Page, client_id: page, app_type: spa, callbacks: ['##LINKED_ACCOUNTS_ISSUER##callback'] }
databases:
  - { name: Username-Password-Authentication }
";

    fn options(arguments: &[&str]) -> Serve {
        let arguments = ["linked-accounts", "serve"].iter().chain(arguments);
        let Command::Serve(serve) = Arguments::parse_from(arguments).command else { panic!("serve") };
        *serve
    }

    fn file(text: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    }

    fn local() -> Issuer {
        Issuer::parse("http://localhost:3000").unwrap()
    }

    fn bootstrap(options: &Serve, issuer: &Issuer, listening: &str) -> Result<Bootstrap, String> {
        read(options, issuer, listening.parse().unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn without_files_the_demo_starts_on_this_machine() {
        let start = bootstrap(&options(&[]), &local(), "127.0.0.1:3000").unwrap();
        assert!(start.has_demo_users);
        assert!(start.configuration.options().stand_ins);
        assert!(!start.configuration.options().demo_sign_ins.is_empty());
    }

    #[test]
    fn the_rate_is_limited_unless_an_option_lifts_the_limit() {
        let limit = |arguments: &[&str]| {
            let start = bootstrap(&options(arguments), &local(), "127.0.0.1:3000").unwrap();
            start.configuration.options().rate_limit
        };
        assert_eq!(limit(&[]), Some(RateLimit::default()));
        assert_eq!(limit(&["--no-rate-limit"]), None);
    }

    #[test]
    fn demo_users_are_refused_on_a_network() {
        let error = bootstrap(&options(&[]), &local(), "0.0.0.0:3000").err().unwrap();
        assert_eq!(
            error,
            "the demo users must not be served to a network: their passwords are public, and this server \
             listens on 0.0.0.0:3000. Pass a tenant of your own with --tenant and its users with --users, or pass \
             --allow-demo-on-network if everybody who can reach this server may sign in as anybody"
        );
        let behind_a_proxy = Issuer::parse("https://login.example.com").unwrap();
        let error = bootstrap(&options(&[]), &behind_a_proxy, "127.0.0.1:3000").err().unwrap();
        assert!(error.contains("reached from other machines, as https://login.example.com/"), "{error}");
    }

    #[test]
    fn an_option_allows_the_demo_on_a_network() {
        let allowed = options(&["--allow-demo-on-network"]);
        assert!(bootstrap(&allowed, &local(), "0.0.0.0:3000").is_ok());
    }

    #[test]
    fn stand_ins_are_refused_on_a_network_and_passwords_are_not() {
        let tenant = file(TENANT);
        let path = tenant.path().to_str().unwrap();
        let start = bootstrap(&options(&["--tenant", path]), &local(), "0.0.0.0:3000").unwrap();
        assert!(!start.configuration.options().stand_ins);

        let tenant = file("connections: [{ name: github, strategy: github }]");
        let path = tenant.path().to_str().unwrap();
        let error = bootstrap(&options(&["--tenant", path]), &local(), "0.0.0.0:3000").err().unwrap();
        assert!(error.starts_with("the connection \"github\" is served by a stand-in"), "{error}");
    }

    #[test]
    fn planned_faults_are_refused_on_a_network() {
        let tenant = file("linkedAccounts: { faults: true }");
        let path = tenant.path().to_str().unwrap();
        let start = bootstrap(&options(&["--tenant", path]), &local(), "127.0.0.1:3000").unwrap();
        assert!(start.configuration.options().faults);
        let error = bootstrap(&options(&["--tenant", path]), &local(), "0.0.0.0:3000").err().unwrap();
        assert!(error.contains("plan faults (linkedAccounts.faults)"), "{error}");
    }

    #[test]
    fn a_connection_with_an_upstream_provider_needs_no_stand_in() {
        let tenant = file(
            "connections: [{ name: work, strategy: oidc, options: { issuer: 'https://id.example.com/', client_id: a } }]",
        );
        let path = tenant.path().to_str().unwrap();
        let start = bootstrap(&options(&["--tenant", path]), &local(), "0.0.0.0:3000").unwrap();
        assert!(!start.configuration.options().stand_ins);
        let ca = file("no certificate");
        let ca = ca.path().to_str().unwrap();
        let error = bootstrap(&options(&["--tenant", path, "--upstream-ca", ca]), &local(), "0.0.0.0:3000")
            .err()
            .unwrap();
        assert_eq!(error, format!("{ca}: no PEM certificate in this file, or an invalid one"));
    }

    #[test]
    fn a_tenant_file_comes_without_demo_users() {
        let tenant = file(TENANT);
        let path = tenant.path().to_str().unwrap();
        let start = bootstrap(&options(&["--tenant", path]), &local(), "127.0.0.1:3000").unwrap();
        assert!(start.users.is_empty());
        assert!(start.configuration.options().demo_sign_ins.is_empty());
    }

    #[test]
    fn a_missing_file_is_refused_by_name() {
        let error =
            bootstrap(&options(&["--users", "nowhere.json"]), &local(), "127.0.0.1:3000").err().unwrap();
        assert!(error.starts_with("nowhere.json: "), "{error}");
    }

    #[test]
    fn a_missing_page_does_not_stop_the_tenant() {
        let empty = tempfile::tempdir().unwrap();
        assert!(site(Some(empty.path())).is_ok());
    }
}
