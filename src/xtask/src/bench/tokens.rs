//! Machine tokens, against the signatures that their library makes, and another server that signs such tokens.

use std::thread;

use anyhow::{Context as _, Result};

use super::context::{CONNECTIONS, Context};
use super::load::{Script, float};
use super::measurement::{Outcome, Row, Target};
use super::population::Population;
use crate::tool;

/// Measures machine tokens by the client credentials grant, signed by RS256 with a key of 2048 bits on all sides.
///
/// # Errors
/// When a side does not start or answers something else.
pub(super) fn against_signatures(context: &Context) -> Result<Outcome> {
    let folder = context.empty_folder("tokens")?;
    let tenant = context.databases.start(Population::of(1_000, 2), &folder.join("tenant"))?;
    let mock = context.programs.start_script("oauth2-mock-server", &folder, &[])?;
    let cores = float(u64::try_from(thread::available_parallelism()?.get())?);
    let (mut ours, mut signatures, mut mocks) = (Vec::new(), Vec::new(), Vec::new());
    for run in 0..context.runs(5) {
        ours.push(tenant.request_tokens(context.load())?.rate);
        let mut signing = context.programs.peer("signing-rate");
        let printed = tool::output(signing.arg(context.seconds.to_string()))?;
        signatures.push(printed.trim().parse::<f64>().context("the peer printed no rate")? * cores);
        let form = "application/x-www-form-urlencoded";
        let body = "grant_type=client_credentials&client_id=bench&client_secret=bench";
        let arguments = ["POST", "/token", form, body];
        mocks.push(context.load().run(Script::Same, &arguments, mock.port, &folder)?.rate);
        println!(
            "    run {}: {:.0}/s, signatures on all cores {:.0}/s, oauth2-mock-server {:.0}/s",
            run + 1,
            ours[run],
            signatures[run],
            mocks[run]
        );
    }
    let row = |against: String, theirs, target| Row {
        what: format!("machine tokens, {CONNECTIONS} connections"),
        unit: "/s".to_owned(),
        ours: ours.clone(),
        against,
        theirs,
        target: Some(target),
    };
    let all = format!("the library's signatures on one thread, times {cores} cores");
    Ok(Outcome {
        rows: vec![
            row(all, signatures, Target::RatioAtLeast(0.8)),
            row("oauth2-mock-server".to_owned(), mocks, Target::RatioAtLeast(8.0)),
        ],
        notes: vec![
            "oauth2-mock-server (npm) stands for localauth0, which crates.io does not have.".to_owned(),
            "The generator runs on the same cores as the server, so that tokens cannot reach all signatures."
                .to_owned(),
        ],
        ..Outcome::default()
    })
}
