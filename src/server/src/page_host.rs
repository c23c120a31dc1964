//! The command `page`: serves the page alone, for a tenant elsewhere. There is no database and no state.

use std::io::{IsTerminal, stdout};
use std::path::Path;

use anyhow::Context;
use model::Settings;
use model::settings::OfferedConnection;
use tenant::{Clock, Issuer};

use crate::bootstrap;
use crate::invalid_options::InvalidOptions;
use crate::page_options::PageHost;
use crate::startup_message::{self, PageMessage};
use crate::tls::Tls;
use crate::{address, listener, page_settings, router};

/// The name of a page without one of its own.
const NAME: &str = "Linked accounts";

/// Serves the page until the shutdown signal.
///
/// # Errors
/// [`InvalidOptions`] for options and files; anything else for the environment, such as a port in use.
pub(crate) async fn serve(options: &PageHost) -> anyhow::Result<()> {
    let listener = listener::bind(&options.network.listen).await?;
    let listening = listener.local_addr()?;
    let scheme = options.network.scheme();
    let origin = match &options.origin {
        Some(origin) => origin.clone(),
        None => Issuer::parse(&address::default_issuer(scheme, listening))?,
    };

    let connections = options.connections.as_deref().map(connections).transpose()?.unwrap_or_default();
    let settings =
        page_settings::settings_for_tenant_elsewhere(options, connections).map_err(InvalidOptions::from)?;
    let tenant = settings
        .tenant_origin()
        .map_err(page_settings::InvalidPageOptions::from)
        .map_err(InvalidOptions::from)?;
    warn_about(&origin, &tenant);
    let site = bootstrap::built_site(options.site.as_deref(), Some(&tenant)).map_err(InvalidOptions::from)?;
    let tls = Tls::open(&options.network, &origin, Clock::system().now()).map_err(InvalidOptions::from)?;

    let Settings { name, client_id, .. } = settings.clone();
    let is_loopback = listening.ip().is_loopback();
    let router = router::router(router::page_health(), &origin, Some(settings), site, is_loopback);
    let shutdown = listener::shutdown_signal().context("cannot install the signal handlers")?;
    let message = PageMessage {
        name: name.as_deref().unwrap_or(NAME),
        origin: origin.origin(),
        tenant: &tenant,
        client_id: &client_id,
        listening: &address::reachable_at(&origin, scheme, listening),
        authority: tls.as_ref().and_then(|tls| tls.authority.as_deref()),
    };
    startup_message::print(startup_message::page_text(&message, stdout().is_terminal()), false);
    let acceptor = tls.as_ref().map(|tls| tls.acceptor.clone());
    let reload = async || {
        if let Some(tls) = &tls {
            tls.reload(&options.network, &origin, Clock::system().now());
        }
    };
    tokio::select! {
        () = listener::serve(listener, acceptor, options.network.limits(), router, shutdown) => {}
        () = listener::reload_on_hangup(reload) => {}
    }
    tracing::info!("stopped");
    Ok(())
}

/// Reads the file of `--connections`.
fn connections(path: &Path) -> Result<Vec<OfferedConnection>, InvalidOptions> {
    let text = bootstrap::read_text(path)?;
    serde_json::from_str(&text).map_err(|error| InvalidOptions::Connections(path.to_owned(), error))
}

/// Reports in the log what keeps browsers from using the page with the tenant: they sign and digest nothing on a page that came
/// by http from elsewhere, and a page by https reaches no tenant by http.
fn warn_about(origin: &Issuer, tenant: &str) {
    if !origin.is_https() && !address::is_local(origin) {
        tracing::warn!(
            "browsers give a page by http no way to sign in safely; reach {} by https (--tls-cert, or a proxy and --origin)",
            origin.as_str()
        );
    }
    let is_plain =
        Issuer::parse(tenant).is_ok_and(|tenant| !tenant.is_https() && !address::is_local(&tenant));
    if is_plain {
        tracing::warn!(
            "the tenant {tenant} is reached by http, so that others on the way can read passwords and tokens"
        );
    }
}
