//! From options to parts: what is read, checked and decided before anything is served or written.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use model::settings::{InvalidSettings, OfferedConnection};
use model::{Settings, route};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use server::seed::tenant_file::{self, TenantFile};
use server::seed::{InvalidSeedFile, demo, users_file};
use tenant::configuration::{ApplicationType, Client, Connection, InvalidConfiguration, RateLimit};
use tenant::seed::SeedUser;
use tenant::{Configuration, Issuer};

use crate::address;
use crate::config::{Page, Serve};
use crate::static_files::{Site, SiteError};
use crate::tls::TlsError;

/// Where `cargo xtask` puts the page.
#[cfg(not(feature = "embedded-site"))]
const BUILT_SITE: &str = "target/site";

/// Why the options cannot be used. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InvalidOptions {
    /// A file cannot be read.
    #[error("{}: {}", .0.display(), .1)]
    Unreadable(PathBuf, std::io::Error),
    /// The file of `--upstream-ca` holds no certificates.
    #[error("{}: there is no certificate in PEM in it, or a broken one", .0.display())]
    NoCertificates(PathBuf),
    /// A file says something that cannot be.
    #[error(transparent)]
    SeedFile(#[from] InvalidSeedFile),
    /// The tenant contradicts itself.
    #[error(transparent)]
    Contradiction(#[from] InvalidConfiguration),
    /// The page is told something that it cannot use.
    #[error(transparent)]
    Page(#[from] InvalidSettings),
    /// The demo's people would be open to others.
    #[error(
        "the demo's people are not for a network: their passwords are known to everybody, and {0}. \
         Name a tenant of your own with --tenant and its users with --users, or pass --allow-demo-on-network \
         if everybody who reaches this server may sign in as anybody"
    )]
    ExposedDemoUsers(String),
    /// A stand-in would be open to others.
    #[error(
        "the connection \"{connection}\" is served by a stand-in, which signs in anybody as anybody, and {exposure}. \
         Leave it out of the tenant file, listen on 127.0.0.1, or pass --allow-demo-on-network \
         if everybody who reaches this server may sign in as anybody"
    )]
    ExposedStandIn {
        /// The connection's name.
        connection: String,
        /// In what way others reach the server.
        exposure: String,
    },
    /// Planned faults would be open to others.
    #[error(
        "the tenant file lets people plan faults (linkedAccounts.faults), which is not for a network, and {0}. \
         Leave it out, listen on 127.0.0.1, or pass --allow-demo-on-network"
    )]
    ExposedFaults(String),
    /// `--client` names none.
    #[error("--client: the tenant has no client with the id \"{0}\"")]
    UnknownClient(String),
    /// TLS cannot be spoken.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// `--site` holds no page.
    #[error(transparent)]
    Site(#[from] SiteError),
}

/// What the tenant is and whom it starts with.
pub(crate) struct Bootstrap {
    /// The tenant's configuration.
    pub(crate) configuration: Configuration,
    /// Users to add.
    pub(crate) users: Vec<SeedUser>,
    /// Whether these are the demo's, who only come to an empty database.
    pub(crate) has_demo_users: bool,
}

/// Reads the files, or the demo in their place, and checks them against each other and against where the server
/// can be reached.
///
/// # Errors
/// [`InvalidOptions`]; nothing has been written then.
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
            let file = tenant_file::parse(&path.display().to_string(), &text(path)?, &keyword)?;
            report_ignored(path, &file);
            file
        }
        None => demo::tenant(&keyword)?,
    };
    let TenantFile { options: mut tenant, clients, connections, grants, .. } = file;
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

    let users = users(options.users.as_deref(), has_demo_users, &keyword, &connections)?;
    if has_demo_users {
        tenant.demo_sign_ins = demo::sign_ins(&users, &connections);
    }
    let configuration = Configuration::new(tenant, clients, connections, grants)?;
    Ok(Bootstrap { configuration, users, has_demo_users })
}

/// The authorities that providers are believed by: the system's, and those of the file.
fn authorities(file: Option<&Path>) -> Result<Vec<Vec<u8>>, InvalidOptions> {
    let system = rustls_native_certs::load_native_certs();
    for error in &system.errors {
        tracing::warn!(%error, "the system's authorities are not all known");
    }
    let own = match file {
        Some(path) => CertificateDer::pem_slice_iter(text(path)?.as_bytes())
            .collect::<Result<Vec<_>, _>>()
            .ok()
            .filter(|certificates| !certificates.is_empty())
            .ok_or_else(|| InvalidOptions::NoCertificates(path.to_owned()))?,
        None => Vec::new(),
    };
    Ok(system.certs.into_iter().chain(own).map(|certificate| certificate.to_vec()).collect())
}

fn users(
    file: Option<&Path>,
    has_demo_users: bool,
    keyword: &dyn Fn(&str) -> Option<String>,
    connections: &[Connection],
) -> Result<Vec<SeedUser>, InvalidOptions> {
    match file {
        Some(path) => Ok(users_file::parse(&path.display().to_string(), &text(path)?, connections)?),
        None if has_demo_users => Ok(demo::users(keyword, connections)?),
        None => Ok(Vec::new()),
    }
}

fn text(path: &Path) -> Result<String, InvalidOptions> {
    fs::read_to_string(path).map_err(|error| InvalidOptions::Unreadable(path.to_owned(), error))
}

fn report_ignored(path: &Path, file: &TenantFile) {
    if !file.ignored.is_empty() {
        let keys: Vec<_> = file.ignored.iter().map(String::as_str).collect();
        tracing::info!(file = %path.display(), keys = keys.join(", "), "keys without a meaning here are ignored");
    }
}

/// In what way others than the people at this machine reach the server; `None` when they do not.
fn exposure(listening: SocketAddr, issuer: &Issuer) -> Option<String> {
    if !listening.ip().is_loopback() {
        Some(format!("this server listens on {listening}"))
    } else if !address::is_local(issuer) {
        Some(format!("this server is reached from elsewhere, as {}", issuer.as_str()))
    } else {
        None
    }
}

/// The page: from the folder that was named, from inside the program, or from where it is built. Without any, a page
/// that says so.
///
/// # Errors
/// When the named folder holds no page, or a file cannot be read.
pub(crate) fn site(folder: Option<&Path>) -> Result<Site, InvalidOptions> {
    if let Some(folder) = folder {
        return or_not_built(Site::load(folder));
    }
    #[cfg(feature = "embedded-site")]
    return Ok(Site::embedded()?);
    #[cfg(not(feature = "embedded-site"))]
    or_not_built(Site::load(Path::new(BUILT_SITE)))
}

/// The tenant is of use without a page, so that a missing one is no reason to stop.
fn or_not_built(site: Result<Site, SiteError>) -> Result<Site, InvalidOptions> {
    match site {
        Err(error @ SiteError::Missing(_)) => {
            tracing::warn!(
                "{error}. Run `cargo xtask build`, or name the folder of a built page with --site. \
                 The tenant is served without it"
            );
            Ok(Site::not_built())
        }
        other => Ok(other?),
    }
}

/// What the page boots from; `None` when the tenant has no single-page client.
///
/// # Errors
/// When `--client` names a client that the tenant does not have, or another option of the page's cannot be used.
pub(crate) fn settings(
    page: &Page,
    configuration: &Configuration,
    issuer: &Issuer,
) -> Result<Option<Settings>, InvalidOptions> {
    let callback = format!("{}{}", issuer.origin(), route::CALLBACK);
    let client = match &page.client {
        Some(id) => Some(configuration.client(id).ok_or_else(|| InvalidOptions::UnknownClient(id.clone()))?),
        None => page_client(configuration.clients(), &callback),
    };
    match client {
        None => tracing::warn!("the tenant has no single-page client, so nobody can sign in to the page"),
        Some(client) if !client.callbacks.contains(&callback) => tracing::warn!(
            "the page signs in as the client \"{}\", which lacks the callback {callback}: add it to its callbacks",
            client.name
        ),
        Some(_) => {}
    }
    let settings = client.map(|client| Settings {
        domain: issuer.origin().to_owned(),
        client_id: client.client_id.clone(),
        audience: Some(issuer.management_audience()),
        bearer: page.bearer,
        name: Some(configuration.options().friendly_name.clone()),
        connections: offered(configuration, &client.client_id),
        identity_claim: Some(configuration.options().identity_claim.clone()),
        fresh_sign_in: page.fresh_sign_in,
        undo_seconds: page.undo,
        return_to: page.return_to.clone(),
        demo: configuration.options().faults,
    });
    settings.as_ref().map_or(Ok(()), Settings::check)?;
    Ok(settings)
}

/// The connections that are open to a client, then those that are closed to it.
fn offered(configuration: &Configuration, client_id: &str) -> Vec<OfferedConnection> {
    let offered = |connection: &Connection, closed: bool| OfferedConnection {
        name: connection.name.clone(),
        strategy: connection.strategy.clone(),
        display_name: connection.display_name.clone(),
        pinned: connection.pinned,
        closed,
    };
    let open: Vec<&Connection> = configuration.connections_open_to(client_id).collect();
    let is_closed = |connection: &&Connection| !open.iter().any(|open| open.name == connection.name);
    let closed = configuration.connections().iter().filter(is_closed);
    open.iter().map(|one| offered(one, false)).chain(closed.map(|one| offered(one, true))).collect()
}

/// The first single-page client that the page's callback belongs to, else the first one at all.
fn page_client<'a>(clients: &'a [Client], callback: &String) -> Option<&'a Client> {
    let mut pages =
        clients.iter().filter(|client| client.application_type == ApplicationType::SinglePage).peekable();
    let first = pages.peek().copied();
    pages.find(|client| client.callbacks.contains(callback)).or(first)
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

    fn bootstrapped(options: &Serve, issuer: &Issuer, listening: &str) -> Result<Bootstrap, String> {
        read(options, issuer, listening.parse().unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn without_files_the_demo_starts_on_this_machine() {
        let start = bootstrapped(&options(&[]), &local(), "127.0.0.1:3000").unwrap();
        assert!(start.has_demo_users);
        assert!(start.configuration.options().stand_ins);
        assert!(!start.configuration.options().demo_sign_ins.is_empty());
    }

    #[test]
    fn the_rate_is_limited_unless_a_load_test_lifts_the_limit() {
        let limit = |arguments: &[&str]| {
            let start = bootstrapped(&options(arguments), &local(), "127.0.0.1:3000").unwrap();
            start.configuration.options().rate_limit
        };
        assert_eq!(limit(&[]), Some(RateLimit::default()));
        assert_eq!(limit(&["--no-rate-limit"]), None);
    }

    #[test]
    fn demo_people_are_refused_on_a_network() {
        let refusal = bootstrapped(&options(&[]), &local(), "0.0.0.0:3000").err().unwrap();
        assert_eq!(
            refusal,
            "the demo's people are not for a network: their passwords are known to everybody, and this server \
             listens on 0.0.0.0:3000. Name a tenant of your own with --tenant and its users with --users, or pass \
             --allow-demo-on-network if everybody who reaches this server may sign in as anybody"
        );
        let behind_a_proxy = Issuer::parse("https://login.example.com").unwrap();
        let refusal = bootstrapped(&options(&[]), &behind_a_proxy, "127.0.0.1:3000").err().unwrap();
        assert!(refusal.contains("reached from elsewhere, as https://login.example.com/"), "{refusal}");
    }

    #[test]
    fn the_demo_starts_on_a_network_when_told_so() {
        let allowed = options(&["--allow-demo-on-network"]);
        assert!(bootstrapped(&allowed, &local(), "0.0.0.0:3000").is_ok());
    }

    #[test]
    fn stand_ins_are_refused_on_a_network_and_passwords_are_not() {
        let tenant = file(TENANT);
        let path = tenant.path().to_str().unwrap();
        let start = bootstrapped(&options(&["--tenant", path]), &local(), "0.0.0.0:3000").unwrap();
        assert!(!start.configuration.options().stand_ins);

        let tenant = file("connections: [{ name: github, strategy: github }]");
        let path = tenant.path().to_str().unwrap();
        let refusal = bootstrapped(&options(&["--tenant", path]), &local(), "0.0.0.0:3000").err().unwrap();
        assert!(refusal.starts_with("the connection \"github\" is served by a stand-in"), "{refusal}");
    }

    #[test]
    fn planned_faults_are_refused_on_a_network() {
        let tenant = file("linkedAccounts: { faults: true }");
        let path = tenant.path().to_str().unwrap();
        let start = bootstrapped(&options(&["--tenant", path]), &local(), "127.0.0.1:3000").unwrap();
        assert!(start.configuration.options().faults);
        let refusal = bootstrapped(&options(&["--tenant", path]), &local(), "0.0.0.0:3000").err().unwrap();
        assert!(refusal.contains("plan faults (linkedAccounts.faults)"), "{refusal}");
    }

    #[test]
    fn a_connection_with_a_provider_of_its_own_needs_no_stand_in() {
        let tenant = file(
            "connections: [{ name: work, strategy: oidc, options: { issuer: 'https://id.example.com/', client_id: a } }]",
        );
        let path = tenant.path().to_str().unwrap();
        let start = bootstrapped(&options(&["--tenant", path]), &local(), "0.0.0.0:3000").unwrap();
        assert!(!start.configuration.options().stand_ins);
        let ca = file("no certificate");
        let ca = ca.path().to_str().unwrap();
        let refusal =
            bootstrapped(&options(&["--tenant", path, "--upstream-ca", ca]), &local(), "0.0.0.0:3000")
                .err()
                .unwrap();
        assert_eq!(refusal, format!("{ca}: there is no certificate in PEM in it, or a broken one"));
    }

    #[test]
    fn a_tenant_of_ones_own_comes_without_demo_people() {
        let tenant = file(TENANT);
        let path = tenant.path().to_str().unwrap();
        let start = bootstrapped(&options(&["--tenant", path]), &local(), "127.0.0.1:3000").unwrap();
        assert!(start.users.is_empty());
        assert!(start.configuration.options().demo_sign_ins.is_empty());
    }

    #[test]
    fn a_file_that_is_not_there_is_refused_by_name() {
        let refusal =
            bootstrapped(&options(&["--users", "nowhere.json"]), &local(), "127.0.0.1:3000").err().unwrap();
        assert!(refusal.starts_with("nowhere.json: "), "{refusal}");
    }

    /// What the page of the tenant in [`TENANT`] is told under these options.
    fn page_settings(arguments: &[&str], issuer: &str) -> Result<Settings, String> {
        let tenant = file(TENANT);
        let options = options(&[&["--tenant", tenant.path().to_str().unwrap()], arguments].concat());
        let start = bootstrapped(&options, &local(), "127.0.0.1:3000").unwrap();
        settings(&options.page, &start.configuration, &Issuer::parse(issuer).unwrap())
            .map(Option::unwrap)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_page_is_the_client_with_its_callback() {
        let id =
            |arguments: &[&str], issuer| page_settings(arguments, issuer).map(|settings| settings.client_id);
        assert_eq!(id(&[], "http://localhost:3000"), Ok("page".to_owned()));
        assert_eq!(id(&[], "http://localhost:4000"), Ok("first".to_owned()));
        assert_eq!(id(&["--client", "first"], "http://localhost:3000"), Ok("first".to_owned()));
        assert_eq!(
            id(&["--client", "ghost"], "http://localhost:3000"),
            Err("--client: the tenant has no client with the id \"ghost\"".to_owned())
        );
    }

    #[test]
    fn the_page_learns_how_careful_it_shall_be_and_where_it_may_lead() {
        let arguments =
            ["--fresh-sign-in", "60", "--undo", "0", "--return-to", "https://a.example/,https://b.example/x"];
        let settings = page_settings(&arguments, "http://localhost:3000").unwrap();
        assert_eq!((settings.fresh_sign_in, settings.undo_seconds), (Some(60), Some(0)));
        assert_eq!(settings.return_to, ["https://a.example/", "https://b.example/x"]);
    }

    #[test]
    fn a_place_to_return_to_that_is_no_address_is_refused() {
        let refusal =
            page_settings(&["--return-to", "javascript:alert(1)"], "http://localhost:3000").unwrap_err();
        assert!(refusal.contains("javascript:alert(1)"), "{refusal}");
    }

    #[test]
    fn a_missing_page_does_not_stop_the_tenant() {
        let empty = tempfile::tempdir().unwrap();
        assert!(site(Some(empty.path())).is_ok());
    }
}
