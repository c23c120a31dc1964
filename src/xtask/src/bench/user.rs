//! Reading one user, against a server that does nothing.

use anyhow::Result;

use super::context::{CONNECTIONS, Context};
use super::load::Script;
use super::measurement::{Outcome, Row, Target};
use super::population::Population;
use super::tenant::USER;

/// The users, and how many linked logins they have.
const USERS: u64 = 1_000;
const LINKED: [u64; 2] = [15, 2];

/// Measures `GET /api/v2/users/{id}` against a bare axum server, by the same generator.
///
/// # Errors
/// When a side does not start or answers something else.
pub(super) fn against_hello(context: &Context) -> Result<Outcome> {
    let folder = context.empty_folder("hello")?;
    let hello = context.programs.start_peer("hello", &folder)?;
    let mut rows = Vec::new();
    for linked in LINKED {
        let population = Population::of(USERS, linked);
        let tenant = context.databases.start(population, &context.folder.join("runs/user"))?;
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for run in 0..context.runs(5) {
            ours.push(tenant.read(context.load(), population, USER)?.rate);
            theirs.push(context.load().run(Script::Same, &["GET", "/"], hello.port, &folder)?.rate);
            println!("    run {}: {:.0}/s, hello {:.0}/s", run + 1, ours[run], theirs[run]);
        }
        rows.push(Row {
            what: format!("GET user, {linked} linked logins, {CONNECTIONS} connections"),
            unit: "/s".to_owned(),
            ours,
            against: "a bare axum \"hello\"".to_owned(),
            theirs,
            target: Some(Target::RatioAtLeast(0.4)),
        });
    }
    Ok(Outcome { rows, ..Outcome::default() })
}
