//! The program `linked-accounts`: serves the page and the tenant until it is told to shut down.

mod address;
mod bootstrap;
mod check;
mod config;
mod connection_slots;
mod databases;
mod doctor_options;
mod examination;
mod file_variants;
mod headers;
mod invalid_options;
mod list_header;
mod listener;
mod log;
mod mail_file;
mod metrics;
mod navigation;
mod network_options;
mod open_files;
mod operators;
mod page_host;
mod page_options;
mod page_policy;
mod page_settings;
mod print_config;
mod proxy;
mod readiness;
mod router;
mod seeding;
mod startup_message;
mod static_files;
mod tls;

use std::fs;
use std::io::{IsTerminal, Write, stderr, stdout};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::{ArgMatches, CommandFactory, FromArgMatches};
use clap_complete::Shell;
use metrics_exporter_prometheus::PrometheusHandle;
use mimalloc::MiMalloc;
use store::Store;
use tenant::{Clock, Issuer, Tenant};
use tokio::net::TcpListener;
use tracing::Level;
use tracing_subscriber::filter::Targets;

use crate::bootstrap::Bootstrap;
use crate::config::{Arguments, Command, Serve};
use crate::invalid_options::InvalidOptions;
use crate::log::LogFormat;
use crate::mail_file::MailFile;
use crate::readiness::Readiness;
use crate::startup_message::StartupMessage;
use crate::tls::Tls;

/// Returns to the system what was allocated at once and is free again, such as the memory of hashing passwords, and is as fast
/// where there is no other allocator than that of musl.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// How long a server goes on with the signing keys that it knows, after others have rotated them. They stay valid for longer.
const BETWEEN_LOOKS_FOR_KEYS: Duration = Duration::from_mins(1);

/// The exit code for invalid options and files, the same as that of clap. It is 1 for any other failure.
const INVALID_OPTIONS: u8 = 2;

#[tokio::main]
async fn main() -> ExitCode {
    let program = Arguments::command();
    let matches = program.clone().get_matches();
    let command = Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit()).command;
    let outcome = match command {
        Command::Serve(options) if options.network.print_config => {
            print_effective_options(&program, &matches).map(|()| ExitCode::SUCCESS)
        }
        Command::Serve(options) => {
            let log = log::start(&options.network.log, options.network.log_format);
            tokio::select! {
                outcome = serve(&options) => outcome.map(|()| ExitCode::SUCCESS),
                () = log.report_dropped_lines() => unreachable!("the report never ends"),
            }
        }
        Command::Page(options) if options.network.print_config => {
            print_effective_options(&program, &matches).map(|()| ExitCode::SUCCESS)
        }
        Command::Page(options) => {
            let log = log::start(&options.network.log, options.network.log_format);
            tokio::select! {
                outcome = page_host::serve(&options) => outcome.map(|()| ExitCode::SUCCESS),
                () = log.report_dropped_lines() => unreachable!("the report never ends"),
            }
        }
        Command::Check(options) => check::check(&options).map(|()| ExitCode::SUCCESS),
        Command::Doctor(options) => examination::examine(&options).await,
        Command::RotateKeys(options) => {
            let _log = log::start(&Targets::new().with_default(Level::WARN), LogFormat::Text);
            rotate_keys(&options.database).await.map(|()| ExitCode::SUCCESS)
        }
        Command::Migrate(options) => {
            let _log = log::start(&Targets::new().with_default(Level::WARN), LogFormat::Text);
            databases::migrate(&options).await.map(|()| ExitCode::SUCCESS)
        }
        Command::Backup(options) => databases::backup(&options).map(|()| ExitCode::SUCCESS),
        Command::Restore(options) => databases::restore(&options).map(|()| ExitCode::SUCCESS),
        Command::Identities(options) => operators::identities::identities(&options).await,
        Command::Unlink(options) => operators::unlinking::unlink(&options).await,
        Command::Link(options) => operators::linking::link(&options).await,
        Command::Find(options) => operators::linking::find(&options).await,
        Command::Export(options) => operators::listing::export(&options).await,
        Command::Impact(options) => operators::listing::impact(&options).await,
        Command::Completions(options) => {
            print_completions(program, options.shell).map(|()| ExitCode::SUCCESS)
        }
        Command::Man(options) => write_manual_pages(program, &options.folder).map(|()| ExitCode::SUCCESS),
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

/// Prints what `serve` would do.
fn print_effective_options(program: &clap::Command, matches: &ArgMatches) -> anyhow::Result<()> {
    let (name, matches) = matches.subcommand().context("there is no command")?;
    let command = program.find_subcommand(name).context("there is no such command")?;
    print(print_config::text(command, matches).as_bytes())
}

fn print_completions(mut program: clap::Command, shell: Shell) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut program, "linked-accounts", &mut script);
    print(&script)
}

fn write_manual_pages(program: clap::Command, folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(program, folder))
        .with_context(|| format!("the manual pages cannot be written to {}", folder.display()))
}

fn print(text: &[u8]) -> anyhow::Result<()> {
    stdout().write_all(text).context("standard output cannot be written to")
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
    let tls = Tls::open(&options.network, &issuer, Clock::system().now()).map_err(InvalidOptions::from)?;
    let metrics = match &options.metrics_listen {
        Some(address) => {
            Some((listener::bind(address).await?, metrics::start().context("nothing can be measured")?))
        }
        None => None,
    };

    let store =
        Store::open_for_server(options.database()).await.with_context(|| cannot_open(options.database()))?;
    bootstrap::check_demo_users(&store, options, exposure.as_deref()).await?;
    let derived_ids: Vec<_> = derived_client_ids
        .iter()
        .filter_map(|id| Some((configuration.client(id)?.name.clone(), id.clone())))
        .collect();
    let name = configuration.options().friendly_name.clone();
    let sign_ins = configuration.options().demo_sign_ins.clone();
    let stand_ins = configuration.options().stand_ins;
    let data = database_name(options.database());
    let mail_path = options.mail.clone().unwrap_or_else(|| {
        mail_file::beside(&store::file_of(options.database()).unwrap_or_else(|| "linked-accounts".into()))
    });
    let mails = MailFile::open(&mail_path)
        .with_context(|| format!("mails cannot be written to {}", mail_path.display()))?;
    let mails = Arc::new(mails);
    let tenant = Tenant::open(store.clone(), issuer.clone(), configuration, Clock::system(), mails).await?;
    if !has_demo_users || !tenant.has_users().await? {
        let seeded = seeding::seed(&tenant, users).await.context("the users cannot be added")?;
        tracing::info!(added = seeded.added, kept = seeded.kept, "users");
    }

    let readiness = Readiness::new(store.clone());
    let endpoints = tenant.router().merge(readiness.clone().router());
    let router = router::router(endpoints, &issuer, settings, site, listening.ip().is_loopback());
    let router = if metrics.is_some() { metrics::measure(router) } else { router };
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
        authority: tls.as_ref().and_then(|tls| tls.authority.as_deref()),
        metrics: metrics.as_ref().and_then(|(listener, _)| listener.local_addr().ok()),
    };
    startup_message::print(message.text(stdout().is_terminal()), !tenant.new_client_secrets().is_empty());
    let acceptor = tls.as_ref().map(|tls| tls.acceptor.clone());
    let reload = async || reload(options, &issuer, &tenant, tls.as_ref()).await;
    tokio::select! {
        () = listener::serve(listener, acceptor, options.network.limits(), router, shutdown) => {}
        () = listener::reload_on_hangup(reload) => {}
        () = serve_metrics(metrics, readiness) => {}
        () = look_for_keys(&tenant) => {}
    }
    tenant.drain_mails().await;
    store.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// Reads the certificate and the signing keys again. What cannot be read is reported in the log, and stays as it is.
async fn reload(options: &Serve, issuer: &Issuer, tenant: &Tenant, tls: Option<&Tls>) {
    if let Some(tls) = tls {
        tls.reload(&options.network, issuer, Clock::system().now());
    }
    match tenant.reload_keys().await {
        Ok(()) => tracing::info!("the signing keys were read again"),
        Err(error) => tracing::error!("the signing keys stay as they were: {}", error_message(&error.into())),
    }
}

/// Reads the signing keys again from time to time, because another server or the command may have rotated them. Never returns.
async fn look_for_keys(tenant: &Tenant) {
    loop {
        tokio::time::sleep(BETWEEN_LOOKS_FOR_KEYS).await;
        if let Err(error) = tenant.reload_keys().await {
            tracing::warn!("the signing keys stay as they were: {}", error_message(&error.into()));
        }
    }
}

/// Serves the metrics, if they are to be. Never returns.
async fn serve_metrics(metrics: Option<(TcpListener, PrometheusHandle)>, readiness: Readiness) {
    if let Some((listener, handle)) = metrics {
        metrics::serve(listener, handle, readiness.router_of_metrics()).await;
    }
    std::future::pending::<()>().await;
}

/// Rotates the signing keys of the database.
///
/// # Errors
/// When there is no such database, or when it fails.
async fn rotate_keys(database: &str) -> anyhow::Result<()> {
    databases::require_file(database)?;
    let store = open(database).await?;
    let kid = tenant::rotate_keys(&store, &Clock::system()).await?;
    store.close().await;
    writeln!(
        stdout(),
        "Tokens are signed with the key {kid} from now on. The servers on this database learn that within a minute, or at SIGHUP."
    )
    .context("the keys are rotated, but standard output cannot be written to")
}

async fn open(database: &str) -> anyhow::Result<Store> {
    Store::open(database).await.with_context(|| cannot_open(database))
}

fn cannot_open(database: &str) -> String {
    format!("the database {} cannot be opened", store::shown(database))
}

/// Returns how the database is named to a person.
fn database_name(database: &str) -> String {
    store::file_of(database).map_or_else(|| store::shown(database), |path| path.display().to_string())
}
