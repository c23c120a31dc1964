//! Durable unlinks: against better-auth on the same disk, and with a million users against a thousand.

use anyhow::{Result, bail};

use super::context::{CONNECTIONS, Context};
use super::http;
use super::load::{Answered, Load, Script};
use super::measurement::{Outcome, Row, Target};
use super::population::Population;
use super::running::Running;

/// How many linked logins a person has, on both sides.
const LINKED: u64 = 40;
/// The people of ours and of better-auth, who are enough for one run, and for all.
const PEOPLE: u64 = 2_000;
const PEERS_PEOPLE: u64 = 500;

/// Measures unlinking against better-auth: in turn, with the same generator and number of logins.
///
/// # Errors
/// When a side does not start or answers something else.
pub(super) fn against_peer(context: &Context) -> Result<Outcome> {
    let population = Population::of(PEOPLE, LINKED);
    let folder = context.empty_folder("better-auth")?;
    let arguments = [folder.display().to_string(), PEERS_PEOPLE.to_string(), LINKED.to_string()];
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let peer = Peer {
        running: context.programs.start_script("better-auth", &folder, &arguments)?,
        requests: folder.join("requests.tsv").display().to_string(),
        folder,
        all: PEERS_PEOPLE * LINKED,
    };
    let (mut ours, mut theirs, mut peers_place) = (Vec::new(), Vec::new(), 0);
    for run in 0..context.runs(5) {
        // A run leaves few logins, so that each has a database of its own.
        let tenant = context.databases.start(population, &context.folder.join("runs/unlink"))?;
        ours.push(tenant.unlink(context.load(), population, &mut 0)?);
        drop(tenant);
        theirs.push(peer.unlink(context.load(), &mut peers_place)?);
        println!("    run {}: {:.0}/s, better-auth {:.0}/s", run + 1, ours[run].rate, theirs[run].rate);
    }
    let column = |side: &[Answered], value: fn(&Answered) -> f64| side.iter().map(value).collect::<Vec<_>>();
    let row = |what: &str, unit: &str, value: fn(&Answered) -> f64, target| Row {
        what: format!("{what}, {CONNECTIONS} connections"),
        unit: unit.to_owned(),
        ours: column(&ours, value),
        against: "better-auth, same disk".to_owned(),
        theirs: column(&theirs, value),
        target: Some(target),
    };
    Ok(Outcome {
        rows: vec![
            row("durable unlinks", "/s", |side| side.rate, Target::RatioAtLeast(25.0)),
            row("the slowest of 100 unlinks (p99)", "ms", |side| side.p99, Target::RatioAtMost(0.1)),
        ],
        notes: vec![format!(
            "Both sides: SQLite with a write-ahead log and synchronous = FULL, people with {LINKED} linked logins, each request \
             unlinks another one; the rows are counted afterwards."
        )],
        ..Outcome::default()
    })
}

struct Peer {
    running: Running,
    requests: String,
    folder: std::path::PathBuf,
    all: u64,
}

impl Peer {
    /// As that of the tenant.
    fn unlink(&self, load: Load, place: &mut u64) -> Result<Answered> {
        let before = self.linked()?;
        let arguments = [self.requests.as_str(), &place.to_string()];
        let answered = load.run(Script::UnlinkPeer, &arguments, self.running.port, &self.folder)?;
        *place += answered.sent;
        if *place > self.all {
            bail!("better-auth unlinks faster than this benchmark has logins to unlink; raise their number");
        }
        let gone = before - self.linked()?;
        if gone < answered.requests || gone > answered.sent {
            bail!("{} requests were answered, but {gone} linked accounts are gone", answered.requests);
        }
        Ok(answered)
    }

    fn linked(&self) -> Result<u64> {
        Ok(http::text(self.running.port, "GET /linked", &[], "")?.trim().parse()?)
    }
}

/// Measures unlinking with a million users against a thousand: the same thousand people unlink the same logins.
///
/// # Errors
/// When the server does not start or answers something else.
pub(super) fn with_a_million(context: &Context) -> Result<Outcome> {
    let load = Load { seconds: context.seconds.min(3), ..context.load() };
    let measure = |users: u64, name: &str| {
        let population = Population::with_people(users);
        let tenant = context.databases.start(population, &context.folder.join("runs").join(name))?;
        Ok::<_, anyhow::Error>(tenant.unlink(load, population, &mut 0)?.rate)
    };
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for run in 0..context.runs(5) {
        ours.push(measure(1_000_000, "million")?);
        theirs.push(measure(1_000, "thousand")?);
        println!("    run {}: {:.0}/s, with a thousand users {:.0}/s", run + 1, ours[run], theirs[run]);
    }
    let row = Row {
        what: format!("durable unlinks with 1,000,000 users, {CONNECTIONS} connections"),
        unit: "/s".to_owned(),
        ours,
        against: "the same with 1,000".to_owned(),
        theirs,
        target: Some(Target::RatioAtLeast(0.8)),
    };
    Ok(Outcome { rows: vec![row], ..Outcome::default() })
}
