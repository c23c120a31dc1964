//! Reads and checks everything that the options name, before anything is served or written.

use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use server::seed::keywords::Keywords;
use server::seed::notices::{self, Notice};
use server::seed::tenant_file::{self, TenantFile};
use server::seed::{demo, users_file};
use store::Store;
use tenant::configuration::{Client, Connection, Parts, RateLimit};
use tenant::{Configuration, Issuer};

use crate::address;
use crate::config::{ClientSecret, Seed, Serve};
use crate::invalid_options::InvalidOptions;
use crate::seeding::Users;
use crate::static_files::{Site, SiteError};

/// The folder to which `cargo xtask` writes the site.
#[cfg(not(feature = "embedded-site"))]
const BUILT_SITE: &str = "target/site";

/// The tenant to open and the users to add to it.
pub(crate) struct Bootstrap {
    /// The tenant's configuration.
    pub(crate) configuration: Configuration,
    /// The ids of the clients whose id was derived from their name.
    pub(crate) derived_client_ids: Vec<String>,
    /// What the reader of the tenant file should know, in sentences.
    pub(crate) notices: Vec<String>,
    /// The users to add.
    pub(crate) users: Users,
    /// Whether these are the demo users, which are added to an empty database only.
    pub(crate) has_demo_users: bool,
}

/// Reads the tenant file and the users file, or the demo in their place, and checks them against each other.
///
/// Demo users, stand-ins, planned faults and ignored keys that would make the tenant safer are refused when `exposure`
/// says how the server can be reached from a network, unless an option allows them.
///
/// # Errors
/// [`InvalidOptions`]. Nothing has been written then.
pub(crate) fn read(
    options: &Seed,
    issuer: &Issuer,
    exposure: Option<&str>,
) -> Result<Bootstrap, InvalidOptions> {
    let variable = |key: &str| match key {
        "LINKED_ACCOUNTS_ISSUER" => Some(issuer.as_str().to_owned()),
        "LINKED_ACCOUNTS_ORIGIN" => Some(issuer.origin().to_owned()),
        #[expect(clippy::disallowed_methods, reason = "keywords of a tenant file are environment variables")]
        key => std::env::var(key).ok(),
    };
    let has_demo_users = options.is_demo();
    let demo_exposure = exposure.filter(|_| !options.allow_demo_on_network);
    if let Some(exposure) = demo_exposure.filter(|_| has_demo_users) {
        return Err(InvalidOptions::ExposedDemoUsers(exposure.to_owned()));
    }

    let mut keywords = Keywords::new(&variable);
    if let Some(path) = &options.keywords {
        keywords = keywords.with_mappings_of_config(&path.display().to_string(), &read_text(path)?)?;
    }
    let keywords = keywords.with_mappings_of_environment()?;
    let file = match &options.tenant {
        Some(path) => tenant_file::read(path, &keywords, &options.accept_ignored)?,
        None => demo::tenant(&variable)?,
    };
    check_ignored(&file, options, exposure)?;
    let mut notices = notices::sentences(&tenant_name(options), &file.notices);
    if !issuer.is_https() && !address::is_local(issuer) {
        notices.push(format!(
            "the issuer {} is reached by http, and not on this machine: others on the way can read passwords, cookies and tokens \
             (--tls, or a proxy with https)",
            issuer.as_str()
        ));
    }
    let TenantFile { mut parts, derived_client_ids, .. } = file;
    set_client_secrets(&mut parts.clients, &options.client_secret)?;
    let Parts { options: tenant, connections, .. } = &mut parts;
    if let Some(exposure) = demo_exposure.filter(|_| tenant.faults) {
        return Err(InvalidOptions::ExposedFaults(exposure.to_owned()));
    }
    let stand_in = connections.iter().find(|connection| connection.needs_stand_in());
    if let (Some(connection), Some(exposure)) = (stand_in, demo_exposure) {
        let connection = connection.name.to_string();
        return Err(InvalidOptions::ExposedStandIn { connection, exposure: exposure.to_owned() });
    }
    tenant.stand_ins = stand_in.is_some();

    let users = users(options, has_demo_users, &variable, connections, &mut notices)?;
    if let Users::Listed(users) = &users {
        tenant.demo_sign_ins = demo::sign_ins(users, connections);
    }
    let configuration = Configuration::new(parts)?;
    Ok(Bootstrap { configuration, derived_client_ids, notices, users, has_demo_users })
}

/// Refuses a database with demo users where others can reach the server, unless the option allows it; names them in the log
/// where they are in a tenant of one's own on this machine.
///
/// # Errors
/// [`InvalidOptions::DemoUsersInDatabase`], or the error of the store.
pub(crate) async fn check_demo_users(
    store: &Store,
    options: &Serve,
    exposure: Option<&str>,
) -> anyhow::Result<()> {
    if options.seed.allow_demo_on_network || options.seed.is_demo() {
        return Ok(());
    }
    let mut reader = store.read().await?;
    let mut users = Vec::new();
    for id in demo::user_ids() {
        users.extend(reader.find_user(&id).await?.map(|_| id.to_string()));
    }
    if users.is_empty() {
        return Ok(());
    }
    let (database, users) = (options.database().to_owned(), users.join(", "));
    if let Some(exposure) = exposure {
        let because = exposure.to_owned();
        return Err(InvalidOptions::DemoUsersInDatabase { database, users, because }.into());
    }
    tracing::warn!(
        "the database {database} has users of the demo, whose passwords are public: {users}. \
         A server that others can reach refuses it"
    );
    Ok(())
}

/// Returns the name of the tenant file for messages.
fn tenant_name(options: &Seed) -> String {
    options.tenant.as_deref().unwrap_or(Path::new("demo/tenant.yaml")).display().to_string()
}

/// Refuses keys without effect: all of them if the options are strict, else those that would make the tenant safer if the
/// server can be reached from a network.
fn check_ignored(file: &TenantFile, options: &Seed, exposure: Option<&str>) -> Result<(), InvalidOptions> {
    let refused: Vec<Notice> = file
        .notices
        .iter()
        .filter(|notice| match notice {
            Notice::Remark(_) => false,
            Notice::Unsafe { .. } => options.strict || exposure.is_some(),
            Notice::Ignored { .. } | Notice::Unknown { .. } => options.strict,
        })
        .filter(|notice| {
            notice.key().is_some_and(|key| !options.accept_ignored.iter().any(|accepted| accepted == key))
        })
        .cloned()
        .collect();
    if refused.is_empty() {
        return Ok(());
    }
    let keys: BTreeSet<&str> = refused.iter().filter_map(Notice::key).collect();
    Err(InvalidOptions::IgnoredKeys {
        sentences: notices::sentences(&tenant_name(options), &refused).join("\n  "),
        accept: keys.into_iter().collect::<Vec<_>>().join(","),
        because: match exposure.filter(|_| !options.strict) {
            Some(exposure) => exposure.to_owned(),
            None => "the options are strict (--strict)".to_owned(),
        },
    })
}

/// Sets the secrets of the options.
fn set_client_secrets(clients: &mut [Client], secrets: &[ClientSecret]) -> Result<(), InvalidOptions> {
    for ClientSecret { client: name, secret } in secrets {
        let position = clients
            .iter()
            .position(|client| client.client_id == *name)
            .or_else(|| clients.iter().position(|client| client.name == *name))
            .ok_or_else(|| InvalidOptions::SecretOfUnknownClient(name.clone()))?;
        clients[position].client_secret = Some(secret.clone());
    }
    Ok(())
}

/// Sets what the process knows about its surroundings: whom to trust, and how many calls to serve.
pub(crate) fn complete(configuration: &mut Configuration, options: &Serve) -> Result<(), InvalidOptions> {
    if configuration.connections().iter().any(|connection| connection.upstream.is_some()) {
        configuration.options_mut().provider_authorities = authorities(options.upstream_ca.as_deref())?;
    }
    configuration.options_mut().rate_limit = (!options.no_rate_limit).then(RateLimit::default);
    Ok(())
}

/// Returns the certificate authorities (DER) that providers are verified against: those of the system, and
/// those in `file` (PEM).
pub(crate) fn authorities(file: Option<&Path>) -> Result<Vec<Vec<u8>>, InvalidOptions> {
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

/// Reads the users file and adds its notices; without one, returns the demo users or none.
fn users(
    options: &Seed,
    has_demo_users: bool,
    keyword: &dyn Fn(&str) -> Option<String>,
    connections: &[Connection],
    notices: &mut Vec<String>,
) -> Result<Users, InvalidOptions> {
    match &options.users {
        Some(path) => {
            let (name, text) = (path.display().to_string(), read_text(path)?);
            let import = options.users_connection.as_deref();
            let (users, found) = users_file::check(&name, text, connections, import)?;
            notices.extend(found.iter().map(|notice| format!("{name}: {notice}")));
            Ok(Users::File(users))
        }
        None if has_demo_users => Ok(Users::Listed(demo::users(keyword, connections)?)),
        None => Ok(Users::Listed(Vec::new())),
    }
}

pub(crate) fn read_text(path: &Path) -> Result<String, InvalidOptions> {
    fs::read_to_string(path).map_err(|error| InvalidOptions::Unreadable(path.to_owned(), error))
}

/// Says how the server can be reached from other machines; `None` when it cannot.
pub(crate) fn exposure(listening: SocketAddr, issuer: &Issuer) -> Option<String> {
    if !listening.ip().is_loopback() {
        Some(format!("this server listens on {listening}"))
    } else if !address::is_local(issuer) {
        Some(format!("this server is reached from other machines, as {}", issuer.as_str()))
    } else {
        None
    }
}

/// Returns the site: from `folder` if one is given, else the embedded one, else from the folder of the build. Its policy
/// names the origin of a tenant elsewhere.
///
/// # Errors
/// When there is no site, a file of it cannot be read, or it has no usable content security policy.
pub(crate) fn built_site(folder: Option<&Path>, tenant: Option<&str>) -> Result<Site, SiteError> {
    if let Some(folder) = folder {
        return Site::load(folder, tenant);
    }
    #[cfg(feature = "embedded-site")]
    return Site::embedded(tenant);
    #[cfg(not(feature = "embedded-site"))]
    Site::load(Path::new(BUILT_SITE), tenant)
}

/// Returns the site of a server with a tenant, see [`built_site`]. A missing one is reported in the log and replaced by one that
/// says how to build it: a tenant is useful without a page.
///
/// # Errors
/// When a file of the site cannot be read, or when the site has no usable content security policy.
pub(crate) fn site(folder: Option<&Path>) -> Result<Site, InvalidOptions> {
    match built_site(folder, None) {
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
        let exposure = exposure(listening.parse().unwrap(), issuer);
        let mut bootstrap =
            read(&options.seed, issuer, exposure.as_deref()).map_err(|error| error.to_string())?;
        complete(&mut bootstrap.configuration, options).map_err(|error| error.to_string())?;
        Ok(bootstrap)
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
        assert_eq!(start.users.count(), 0);
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
