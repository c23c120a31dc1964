//! The program `linked-accounts`: serves the page and the tenant until it is told to shut down.

mod address;
mod bootstrap;
mod check;
mod config;
mod connection_slots;
mod headers;
mod list_header;
mod listener;
mod log;
mod mail_file;
mod navigation;
mod network_options;
mod operators;
mod page_host;
mod page_options;
mod page_policy;
mod page_settings;
mod proxy;
mod readiness;
mod router;
mod startup_message;
mod static_files;
mod tls;

use std::io::{IsTerminal, Write, stderr, stdout};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::Parser;
use store::Store;
use tenant::{Clock, Issuer, Tenant};
use tracing::Level;
use tracing_subscriber::filter::Targets;

use crate::bootstrap::{Bootstrap, InvalidOptions};
use crate::config::{Arguments, Command, Serve};
use crate::mail_file::MailFile;
use crate::startup_message::StartupMessage;

/// The exit code for invalid options and files, the same as that of clap. It is 1 for any other failure.
const INVALID_OPTIONS: u8 = 2;

#[tokio::main]
async fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Serve(options) => {
            let log = log::start(&options.network.log);
            tokio::select! {
                outcome = serve(&options) => outcome.map(|()| ExitCode::SUCCESS),
                () = log.report_dropped_lines() => unreachable!("the report never ends"),
            }
        }
        Command::Page(options) => {
            let log = log::start(&options.network.log);
            tokio::select! {
                outcome = page_host::serve(&options) => outcome.map(|()| ExitCode::SUCCESS),
                () = log.report_dropped_lines() => unreachable!("the report never ends"),
            }
        }
        Command::Check(options) => check::check(&options).map(|()| ExitCode::SUCCESS),
        Command::RotateKeys(options) => {
            let _log = log::start(&Targets::new().with_default(Level::WARN));
            rotate_keys(&options.database).await.map(|()| ExitCode::SUCCESS)
        }
        Command::Identities(options) => operators::identities::identities(&options).await,
        Command::Unlink(options) => operators::unlinking::unlink(&options).await,
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            // Nobody may read it; the exit code says it as well.
            let _ = writeln!(stderr(), "linked-accounts: {}", error_message(&error));
            let is_invalid = error.is::<InvalidOptions>() || error.is::<operators::InvalidInput>();
            if is_invalid { ExitCode::from(INVALID_OPTIONS) } else { ExitCode::FAILURE }
        }
    }
}

/// Returns the error and its causes in one sentence. A cause that the text already ends with is not repeated.
fn error_message(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |message, cause| {
        match (message.is_empty(), message.ends_with(&cause)) {
            (true, _) => cause,
            (false, true) => message,
            (false, false) => format!("{message}: {cause}"),
        }
    })
}

/// Serves the page and the tenant until the shutdown signal.
///
/// # Errors
/// [`InvalidOptions`] for options and files; anything else for the environment, such as a port in use.
async fn serve(options: &Serve) -> anyhow::Result<()> {
    let listener = listener::bind(&options.network.listen).await?;
    let listening = listener.local_addr()?;
    let scheme = options.network.scheme();
    let issuer = match &options.issuer {
        Some(issuer) => issuer.clone(),
        None => Issuer::parse(&address::default_issuer(scheme, listening))?,
    };

    let exposure = bootstrap::exposure(listening, &issuer);
    let Bootstrap { mut configuration, derived_client_ids, notices, users, has_demo_users } =
        bootstrap::read(&options.seed, &issuer, exposure.as_deref())?;
    for notice in &notices {
        tracing::warn!("{notice}");
    }
    bootstrap::complete(&mut configuration, options)?;
    let settings =
        page_settings::settings(&options.page, &configuration, &issuer).map_err(InvalidOptions::from)?;
    let site = bootstrap::site(options.site.as_deref())?;
    let tls = tls::open(&options.network, &issuer, Clock::system().now()).map_err(InvalidOptions::from)?;
    let (tls, authority) = tls.map_or((None, None), |tls| (Some(tls.acceptor), tls.authority));

    let store = open(options.database()).await?;
    bootstrap::check_demo_users(&store, options, exposure.as_deref()).await?;
    let derived_ids: Vec<_> = derived_client_ids
        .iter()
        .filter_map(|id| Some((configuration.client(id)?.name.clone(), id.clone())))
        .collect();
    let name = configuration.options().friendly_name.clone();
    let sign_ins = configuration.options().demo_sign_ins.clone();
    let stand_ins = configuration.options().stand_ins;
    let data = data_path(options.database());
    let mail_path = options.mail.clone().unwrap_or_else(|| mail_file::beside(&data));
    let mails = MailFile::open(&mail_path)
        .with_context(|| format!("mails cannot be written to {}", mail_path.display()))?;
    let mails = Arc::new(mails);
    let tenant = Tenant::open(store.clone(), issuer.clone(), configuration, Clock::system(), mails).await?;
    if !has_demo_users || !tenant.has_users().await? {
        let seeded = tenant.seed(users).await.context("the users cannot be added")?;
        tracing::info!(added = seeded.added, kept = seeded.kept, "users");
    }

    let endpoints = tenant.router().merge(readiness::router(store.clone()));
    let router = router::router(endpoints, &issuer, settings, site, listening.ip().is_loopback())
        .layer(axum::middleware::from_fn(headers::require_one_host));
    let router = proxy::trust_forwarded_for(router, &options.trust_proxy);
    let shutdown = listener::shutdown_signal().context("cannot install the signal handlers")?;
    let message = StartupMessage {
        name: &name,
        open: issuer.as_str(),
        listening: &address::reachable_at(&issuer, scheme, listening),
        sign_ins: &sign_ins,
        derived_ids: &derived_ids,
        new_secrets: tenant.new_client_secrets(),
        stand_ins,
        data: &data,
        mail: &std::path::absolute(&mail_path).unwrap_or(mail_path),
        authority: authority.as_deref(),
    };
    startup_message::print(message.text(stdout().is_terminal()), !tenant.new_client_secrets().is_empty());
    listener::serve(listener, tls, options.network.limits(), router, shutdown).await;
    tenant.drain_mails().await;
    store.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// Rotates the signing keys of the database.
///
/// # Errors
/// When there is no such database, or when it fails.
async fn rotate_keys(database: &str) -> anyhow::Result<()> {
    let path = data_path(database);
    // Opening a database creates it, which would hide a mistyped path.
    anyhow::ensure!(Path::new(&path).is_file(), "there is no database at {path}");
    let store = open(database).await?;
    let kid = tenant::rotate_keys(&store, &Clock::system()).await?;
    store.close().await;
    writeln!(
        stdout(),
        "Tokens are signed with the key {kid} from now on. Restart the servers on this database within a day."
    )
    .context("the keys are rotated, but standard output cannot be written to")
}

async fn open(database: &str) -> anyhow::Result<Store> {
    Store::open(database).await.with_context(|| format!("the database {database} cannot be opened"))
}

/// Returns the absolute path of the database file.
fn data_path(database: &str) -> String {
    let path = database.trim_start_matches("sqlite:");
    let path = path.strip_prefix("//").unwrap_or(path);
    std::path::absolute(Path::new(path)).map_or_else(|_| path.to_owned(), |path| path.display().to_string())
}
