//! The settings that the page loads from `/config.json`, made of the options and the tenant's configuration.

use model::settings::{InvalidSettings, OfferedConnection};
use model::{Settings, route};
use tenant::configuration::{ApplicationType, Client, Connection, VerifiedEmailToLink};
use tenant::{Configuration, Issuer};

use crate::config::Page;
use crate::page_options::PageHost;

/// Why the options for the page are not valid.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InvalidPageOptions {
    /// `--client` names a client that the tenant does not have.
    #[error("--client: the tenant has no client with the id \"{0}\"")]
    UnknownClient(String),
    /// A setting has a value that the page cannot use.
    #[error(transparent)]
    Settings(#[from] InvalidSettings),
}

/// Returns the settings of the page; `None` when the tenant has no single-page client.
///
/// A page that nobody can sign in to is reported in the log.
///
/// # Errors
/// [`InvalidPageOptions`].
pub(crate) fn settings(
    page: &Page,
    configuration: &Configuration,
    issuer: &Issuer,
) -> Result<Option<Settings>, InvalidPageOptions> {
    let callback = format!("{}{}", issuer.origin(), route::CALLBACK);
    let client = match &page.client {
        Some(id) => {
            Some(configuration.client(id).ok_or_else(|| InvalidPageOptions::UnknownClient(id.clone()))?)
        }
        None => page_client(configuration.clients(), &callback),
    };
    match client {
        None => tracing::warn!("the tenant has no single-page client, so nobody can sign in to the page"),
        Some(client) if !client.callbacks.contains(&callback) => tracing::warn!(
            "the page signs in as the client \"{}\", which does not have the callback {callback}: add it to its callbacks",
            client.name
        ),
        Some(_) => {}
    }
    let settings = client.map(|client| Settings {
        domain: issuer.origin().to_owned(),
        client_id: client.client_id.clone(),
        audience: Some(issuer.management_audience()),
        bearer: page.behaviour.bearer,
        name: Some(configuration.options().friendly_name.clone()),
        connections: offered_connections(configuration, &client.client_id),
        identity_claim: Some(configuration.options().identity_claim.clone()),
        fresh_sign_in: page.behaviour.fresh_sign_in,
        undo_seconds: page.behaviour.undo,
        return_to: page.behaviour.return_to.clone(),
        demo: configuration.options().faults,
        verification_mail: true,
        verified_email_to_link: configuration.options().verified_email_to_link != VerifiedEmailToLink::Nobody,
    });
    settings.as_ref().map_or(Ok(()), Settings::check)?;
    Ok(settings)
}

/// Returns the settings of a page whose tenant is elsewhere, of the options and the connections that they name.
///
/// # Errors
/// [`InvalidPageOptions::Settings`].
pub(crate) fn settings_for_tenant_elsewhere(
    page: &PageHost,
    connections: Vec<OfferedConnection>,
) -> Result<Settings, InvalidPageOptions> {
    let settings = Settings {
        domain: page.domain.clone(),
        client_id: page.client_id.clone(),
        audience: page.audience.clone(),
        bearer: page.behaviour.bearer,
        name: page.name.clone(),
        connections,
        identity_claim: page.identity_claim.clone(),
        fresh_sign_in: page.behaviour.fresh_sign_in,
        undo_seconds: page.behaviour.undo,
        return_to: page.behaviour.return_to.clone(),
        demo: false,
        verification_mail: page.verification_mail,
        verified_email_to_link: page.verified_email_to_link,
    };
    settings.check()?;
    Ok(settings)
}

/// Returns the connections that are open to a client, then those that are closed to it.
fn offered_connections(configuration: &Configuration, client_id: &str) -> Vec<OfferedConnection> {
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
    let open = open.iter().map(|connection| offered(connection, false));
    open.chain(closed.map(|connection| offered(connection, true))).collect()
}

/// Returns the first single-page client that has the page's callback, else the first single-page client.
fn page_client<'a>(clients: &'a [Client], callback: &String) -> Option<&'a Client> {
    let mut pages =
        clients.iter().filter(|client| client.application_type == ApplicationType::SinglePage).peekable();
    let first = pages.peek().copied();
    pages.find(|client| client.callbacks.contains(callback)).or(first)
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use server::seed::keywords::Keywords;
    use server::seed::tenant_file;

    use super::*;
    use crate::config::{Arguments, Command};

    const TENANT: &str = "
clients:
  - { name: First, client_id: first, app_type: spa, callbacks: [https://a.example.com/callback] }
  - { name: Page, client_id: page, app_type: spa, callbacks: ['http://localhost:3000/callback'] }
databases:
  - { name: Username-Password-Authentication }
";

    /// Returns the settings of the page of [`TENANT`] with these options.
    fn settings_of(arguments: &[&str], issuer: &str) -> Result<Settings, String> {
        let arguments = ["linked-accounts", "serve"].iter().chain(arguments);
        let Command::Serve(serve) = Arguments::parse_from(arguments).command else { panic!("serve") };
        let file = tenant_file::parse("tenant.yaml", TENANT, &Keywords::new(&|_| None), &[]).unwrap();
        let configuration = Configuration::new(file.parts).unwrap();
        settings(&serve.page, &configuration, &Issuer::parse(issuer).unwrap())
            .map(Option::unwrap)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_page_is_the_client_with_its_callback() {
        let id =
            |arguments: &[&str], issuer| settings_of(arguments, issuer).map(|settings| settings.client_id);
        assert_eq!(id(&[], "http://localhost:3000"), Ok("page".to_owned()));
        assert_eq!(id(&[], "http://localhost:4000"), Ok("first".to_owned()));
        assert_eq!(id(&["--client", "first"], "http://localhost:3000"), Ok("first".to_owned()));
        assert_eq!(
            id(&["--client", "ghost"], "http://localhost:3000"),
            Err("--client: the tenant has no client with the id \"ghost\"".to_owned())
        );
    }

    #[test]
    fn the_page_gets_the_options_for_fresh_sign_in_undo_and_return() {
        let arguments =
            ["--fresh-sign-in", "60", "--undo", "0", "--return-to", "https://a.example/,https://b.example/x"];
        let settings = settings_of(&arguments, "http://localhost:3000").unwrap();
        assert_eq!((settings.fresh_sign_in, settings.undo_seconds), (Some(60), Some(0)));
        assert_eq!(settings.return_to, ["https://a.example/", "https://b.example/x"]);
    }

    #[test]
    fn a_return_address_that_is_not_a_web_address_is_refused() {
        let error =
            settings_of(&["--return-to", "javascript:alert(1)"], "http://localhost:3000").unwrap_err();
        assert!(error.contains("javascript:alert(1)"), "{error}");
    }
}
