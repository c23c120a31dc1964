//! The command `check`: says what a tenant file and a users file contain.

use std::fmt::Write as _;
use std::io::{Write as _, stdout};

use anyhow::Context;
use tenant::Configuration;
use tenant::configuration::{ApplicationType, Client, ClientAuthentication, Connection};

use crate::address;
use crate::bootstrap::{self, Bootstrap};
use crate::config::Check;

/// Reads the files of the options and prints what they contain.
///
/// # Errors
/// What `serve` would refuse.
pub(crate) fn check(options: &Check) -> anyhow::Result<()> {
    let exposure = (!address::is_local(&options.issuer))
        .then(|| format!("this server is reached from other machines, as {}", options.issuer.as_str()));
    let bootstrap = bootstrap::read(&options.seed, &options.issuer, exposure.as_deref())?;
    stdout().write_all(report(&bootstrap).as_bytes()).context("standard output cannot be written to")
}

/// Returns the report: what is served, then the notices.
fn report(bootstrap: &Bootstrap) -> String {
    let Bootstrap { configuration, derived_client_ids, notices, users, .. } = bootstrap;
    let mut report = String::new();
    let mut list = |title: &str, lines: Vec<String>| {
        let _ = writeln!(report, "{title}: {}", lines.len());
        for line in lines {
            let _ = writeln!(report, "  {line}");
        }
    };
    let clients = configuration.clients().iter();
    list("Clients", clients.map(|client| describe_client(client, derived_client_ids)).collect());
    list("Connections", configuration.connections().iter().map(describe_connection).collect());
    list("APIs", configuration.apis().iter().map(|api| api.identifier.clone()).collect());
    list("Roles", configuration.roles().iter().map(|role| role.name.clone()).collect());
    list("Client grants", describe_grants(configuration));
    let _ = writeln!(report, "Users: {}", users.count());
    for notice in notices {
        let _ = writeln!(report, "\n{notice}");
    }
    report
}

fn describe_client(client: &Client, derived_client_ids: &[String]) -> String {
    let kind = match client.application_type {
        ApplicationType::SinglePage => "single-page",
        ApplicationType::Native => "native",
        ApplicationType::RegularWeb => "regular web",
        ApplicationType::Machine => "machine",
    };
    let derived = if derived_client_ids.contains(&client.client_id) { ", derived from the name" } else { "" };
    let proof = match client.authentication {
        ClientAuthentication::None => "no secret",
        ClientAuthentication::PrivateKeyJwt if client.keys.is_empty() => "a key that the file does not have",
        ClientAuthentication::PrivateKeyJwt => "its key",
        _ if client.lacks_secret() => "a secret that the first start makes and prints",
        _ => "its secret",
    };
    format!("{} ({kind}): client_id {}{derived}; {proof}", client.name, client.client_id)
}

fn describe_connection(connection: &Connection) -> String {
    let by = if connection.is_database() {
        "passwords of this tenant".to_owned()
    } else {
        match &connection.upstream {
            Some(upstream) => format!("the provider {}", upstream.issuer),
            None => "a stand-in".to_owned(),
        }
    };
    let open = if connection.is_enabled() { "" } else { ", open to no client" };
    format!("{} ({}): {by}{open}", connection.name, connection.strategy)
}

fn describe_grants(configuration: &Configuration) -> Vec<String> {
    let name =
        |id: &str| configuration.client(id).map_or_else(|| id.to_owned(), |client| client.name.clone());
    configuration
        .grants()
        .iter()
        .map(|grant| format!("{} for {}", name(&grant.client_id), grant.audience))
        .collect()
}
