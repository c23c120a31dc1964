//! Durable unlinks on PostgreSQL, against its plain driver on the same server.

use anyhow::{Context as _, Result};

use super::context::{CONNECTIONS, Context};
use super::measurement::{Outcome, Row, Target};
use super::population::Population;
use super::tenant::Tenant;
use crate::{postgres, tool};

/// The people, who are enough for all runs, and their linked logins; as many logins as the peer's people have.
const PEOPLE: u64 = 4_000;
const LINKED: u64 = 40;

/// Measures unlinking on PostgreSQL against one transaction after the other by its driver, and as many at once as ours.
///
/// # Errors
/// When PostgreSQL cannot be started, or a side answers something else than it should.
pub(super) fn against_driver(context: &Context) -> Result<Outcome> {
    let folder = context.empty_folder("unlink-postgres")?;
    let server = postgres::start(&context.folder.join("runs/postgres"))?;
    let population = Population::of(PEOPLE, LINKED);
    let users = folder.join("users.json");
    population.write(&users)?;
    let tenant = Tenant::start(&context.programs.server, &folder, &server.url, Some(&users))?;
    let commits = |connections: u32| {
        let mut peer = context.programs.peer("postgres-commits");
        peer.args([&server.url, &connections.to_string(), &context.seconds.to_string()]);
        tool::output(&mut peer)?.trim().parse::<f64>().context("the peer printed no rate")
    };
    let (mut ours, mut one, mut many, mut place) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for run in 0..context.runs(5) {
        ours.push(tenant.unlink(context.load(), population, &mut place)?.rate);
        one.push(commits(1)?);
        many.push(commits(CONNECTIONS)?);
        println!(
            "    run {}: {:.0}/s, the driver {:.0}/s, with {CONNECTIONS} connections {:.0}/s",
            run + 1,
            ours[run],
            one[run],
            many[run]
        );
    }
    let row = |against: String, theirs, target| Row {
        what: format!("durable unlinks on PostgreSQL, {CONNECTIONS} connections"),
        unit: "/s".to_owned(),
        ours: ours.clone(),
        against,
        theirs,
        target,
    };
    Ok(Outcome {
        rows: vec![
            row("the plain driver, one commit each".to_owned(), one, Some(Target::RatioAtLeast(3.0))),
            row(format!("the plain driver, one commit each, {CONNECTIONS} connections"), many, None),
        ],
        notes: vec![
            "The driver's transactions have four prepared statements and no rules, sessions or HTTP around them; PostgreSQL writes \
             each commit to disk (fsync), but may write those of several connections at once."
                .to_owned(),
        ],
        ..Outcome::default()
    })
}
