//! The client of the tenant, from the options.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use management_client::{Error, ManagementClient, TenantAddress};
use model::settings::OfferedConnection;
use model::{ConnectionName, UnlinkPolicy};
use reqwest::redirect;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use serde::Deserialize;

use super::options::{RuleOptions, SECRET_VARIABLE, TenantOptions};
use crate::bootstrap;

/// The longest time for an answer.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Something that is wrong with the options or the files that they name.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct InvalidInput(pub(crate) String);

/// The keys of the page's settings that say something about connections.
#[derive(Deserialize)]
struct PageConnections {
    #[serde(default)]
    connections: Vec<OfferedConnection>,
}

/// Makes the client of the tenant. Nothing is sent yet.
///
/// # Errors
/// [`InvalidInput`], or when the client cannot be made.
pub(crate) fn client(options: &TenantOptions) -> anyhow::Result<ManagementClient> {
    let audience = options.management_audience.as_deref();
    let address = TenantAddress::parse(&options.management_domain, audience)
        .map_err(|error| InvalidInput(format!("--domain: {error}")))?;
    let secret = secret(options.management_client_secret_file.as_deref())?;
    let mut roots = RootCertStore::empty();
    let authorities = bootstrap::authorities(options.management_ca.as_deref())?;
    // Systems contain certificates of every age. Unreadable ones are skipped.
    roots.add_parsable_certificates(authorities.into_iter().map(CertificateDer::from));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let http = reqwest::Client::builder()
        .use_preconfigured_tls(tls)
        .redirect(redirect::Policy::none())
        .timeout(TIMEOUT)
        .user_agent(concat!("linked-accounts/", env!("CARGO_PKG_VERSION")));
    let http = if address.is_loopback() { http.no_proxy() } else { http }.build()?;
    let max_rate = options.management_max_rate.map(std::num::NonZero::get);
    Ok(ManagementClient::new(http, address, options.management_client_id.clone(), secret, max_rate))
}

/// Returns the secret, from the file or the environment.
fn secret(file: Option<&Path>) -> Result<String, InvalidInput> {
    let secret = match file {
        Some(path) => read(path)?,
        None => std::env::var_os(SECRET_VARIABLE)
            .ok_or_else(|| {
                InvalidInput(format!(
                    "the secret of the application is missing: set {SECRET_VARIABLE}, or name a file by --client-secret-file"
                ))
            })?
            .into_string()
            .map_err(|_| InvalidInput(format!("{SECRET_VARIABLE} is not UTF-8")))?,
    };
    match secret.trim() {
        "" => Err(InvalidInput("the secret of the application is empty".to_owned())),
        secret => Ok(secret.to_owned()),
    }
}

fn read(path: &Path) -> Result<String, InvalidInput> {
    fs::read_to_string(path).map_err(|error| InvalidInput(format!("{}: {error}", path.display())))
}

/// Returns the rules of unlinking, and a notice when the connections of the tenant are not known.
///
/// # Errors
/// [`InvalidInput`] for the files, or when the tenant fails.
pub(crate) async fn policy(
    options: &RuleOptions,
    client: &ManagementClient,
) -> anyhow::Result<(UnlinkPolicy, Option<String>)> {
    let mut offered = match &options.page_settings {
        None => Vec::new(),
        Some(path) => {
            let settings: PageConnections = serde_json::from_str(&read(path)?)
                .map_err(|error| InvalidInput(format!("{}: {error}", path.display())))?;
            settings.connections
        }
    };
    let notice = match client.connections().await {
        Ok(connections) => {
            let known = connections.into_iter().map(|connection| {
                let settings = offered.iter().find(|one| one.name == connection.name);
                let has_no_client = connection.enabled_clients.is_some_and(|clients| clients.is_empty());
                OfferedConnection {
                    name: connection.name.clone(),
                    strategy: connection.strategy,
                    display_name: None,
                    pinned: settings.is_some_and(|one| one.pinned)
                        || options.pinned.iter().any(|name| name == connection.name.as_str()),
                    closed: has_no_client || settings.is_some_and(|one| one.closed),
                }
            });
            let known: Vec<_> = known.collect();
            check_pinned(options, |name| known.iter().any(|one| one.name == *name))?;
            return Ok((UnlinkPolicy::of_all(&known), None));
        }
        Err(Error::MissingScope { .. }) => {
            "without the scope read:connections it is not known which connections are closed: every login counts as a way in"
        }
        Err(error) => return Err(error.into()),
    };
    for name in &options.pinned {
        offered.push(OfferedConnection {
            name: ConnectionName::new(name),
            strategy: model::Provider::new(name),
            display_name: None,
            pinned: true,
            closed: false,
        });
    }
    Ok((UnlinkPolicy::new(&offered), Some(notice.to_owned())))
}

/// Checks that `--pinned` names connections of the tenant: a mistyped one would protect nothing.
fn check_pinned(options: &RuleOptions, exists: impl Fn(&ConnectionName) -> bool) -> Result<(), InvalidInput> {
    match options.pinned.iter().find(|name| !exists(&ConnectionName::new(*name))) {
        Some(name) => Err(InvalidInput(format!("--pinned: the tenant has no connection {name:?}"))),
        None => Ok(()),
    }
}
