//! The command `doctor`: collects what it needs from the options and the environment, and prints the report.

use std::io::{IsTerminal, Write, stdout};
use std::process::ExitCode;

use anyhow::Context;
use doctor::finding::Severity;
use doctor::http_client::HttpClient;
use doctor::probe::{Credentials, probe};
use doctor::report::Report;
use doctor::target::Target;
use doctor::text::text;
use tenant::Clock;

use crate::bootstrap;
use crate::doctor_options::{DoctorOptions, SECRET_VARIABLE};
use crate::invalid_options::InvalidOptions;

/// Looks at the set-up, prints the report, and returns what the exit code is to be.
///
/// # Errors
/// [`InvalidOptions`] for options and files; anything else for the environment, such as a closed standard output.
pub(crate) async fn examine(options: &DoctorOptions) -> anyhow::Result<ExitCode> {
    let (page, audience) = (options.page.as_deref(), options.audience.as_deref());
    let target =
        Target::new(&options.domain, &options.client_id, page, audience).map_err(InvalidOptions::from)?;
    let credentials = credentials(options)?;
    let client = HttpClient::new(&bootstrap::authorities(options.ca.as_deref())?)?;
    let clock = Clock::system();
    let seen = probe(&client, target, credentials.as_ref(), || clock.now().seconds()).await;
    let report = Report::of(&seen);
    let written = if options.json {
        serde_json::to_string_pretty(&report).map(|json| json + "\n")?
    } else {
        text(&seen, &report, stdout().is_terminal())
    };
    stdout().write_all(written.as_bytes()).context("standard output cannot be written to")?;
    let warnings = if options.fail_on_warnings { report.count(Severity::Warning) } else { 0 };
    let is_broken = report.count(Severity::Error) + warnings > 0;
    Ok(if is_broken { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Returns the credentials for the Management API, if the options name a client.
fn credentials(options: &DoctorOptions) -> Result<Option<Credentials>, InvalidOptions> {
    let Some(client_id) = options.management_client_id.clone() else { return Ok(None) };
    let secret = match &options.management_client_secret_file {
        Some(path) => bootstrap::read_text(path)?.trim().to_owned(),
        None => std::env::var_os(SECRET_VARIABLE)
            .map(|secret| secret.to_string_lossy().into_owned())
            .unwrap_or_default(),
    };
    if secret.is_empty() {
        return Err(InvalidOptions::SecretMissing);
    }
    Ok(Some(Credentials { client_id, client_secret: secret }))
}
