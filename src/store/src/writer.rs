//! The writer: runs units of work one after the other and commits those that wait together.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use model::UserId;
use tokio::sync::{mpsc, oneshot};

use crate::damage::Damage;
use crate::database_file::DatabaseFile;
use crate::engine::Control;
use crate::error::Error;
use crate::unit::Unit;

/// The maximum number of units in one commit. It bounds how long the first of them waits for the others. A server of PostgreSQL
/// keeps 64 savepoints of a transaction where every other one sees them at once.
const UNITS_PER_COMMIT: usize = 64;

/// The number of units whose users are read together. It bounds the memory for users with many identities.
const READ_TOGETHER: usize = 16;

/// How often the units of a commit are tried, if other servers are in the way or a unit is undone.
const ATTEMPTS: u32 = 5;

/// How the changes of one unit are undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Undo {
    /// With those of all units of the commit, which run again.
    Together,
    /// By a savepoint around each unit, which costs time in each of them.
    Alone,
}

/// A unit of work as a future that borrows its unit: write `|unit| Box::pin(async move { … })`.
pub type Work<'u, T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'u>>;

/// A message to the writer.
pub(crate) enum Command {
    Run(Box<dyn Job>),
    Stop,
}

/// A unit of work with its caller.
pub(crate) trait Job: Send {
    /// Whether the caller has gone, so that nobody would learn that the change was made.
    fn is_abandoned(&self) -> bool;

    /// The user that the unit reads first.
    fn reads(&self) -> Option<&UserId>;

    /// Runs the unit and keeps its result. Returns whether to keep the changes. `again` says that it may have to run once more.
    fn run<'j>(
        &'j mut self,
        unit: &'j mut Unit,
        again: bool,
    ) -> Pin<Box<dyn Future<Output = bool> + Send + 'j>>;

    /// Sends the result to the caller, or the error of the commit.
    fn settle(self: Box<Self>, outcome: Result<(), Error>);
}

/// A closure, its result, and the channel to its caller.
pub(crate) struct Closure<T, E, F> {
    reads: Option<UserId>,
    work: Option<F>,
    result: Option<Result<T, E>>,
    caller: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> Closure<T, E, F> {
    pub(crate) fn new(reads: Option<UserId>, work: F, caller: oneshot::Sender<Result<T, E>>) -> Self {
        Self { reads, work: Some(work), result: None, caller }
    }
}

impl<T, E, F> Job for Closure<T, E, F>
where
    F: for<'u> FnOnce(&'u mut Unit) -> Work<'u, T, E> + Clone + Send,
    T: Send,
    E: From<Error> + Send,
{
    fn is_abandoned(&self) -> bool {
        self.caller.is_closed()
    }

    fn reads(&self) -> Option<&UserId> {
        self.reads.as_ref()
    }

    fn run<'j>(
        &'j mut self,
        unit: &'j mut Unit,
        again: bool,
    ) -> Pin<Box<dyn Future<Output = bool> + Send + 'j>> {
        self.result = None;
        let work = if again { self.work.clone() } else { self.work.take() };
        Box::pin(async move {
            let Some(work) = work else { return false };
            self.result = catch_panic(work(unit)).await;
            matches!(self.result, Some(Ok(_)))
        })
    }

    fn settle(self: Box<Self>, outcome: Result<(), Error>) {
        let result = match (outcome, self.result) {
            // A unit that did not run has no result, and one that ran is undone.
            (Err(error), None | Some(Ok(_))) => Err(error.into()),
            (_, Some(result)) => result,
            // A caller without an answer gets `Error::Closed`: its unit panicked.
            (Ok(()), None) => return,
        };
        // The caller may have been dropped meanwhile. The change is kept.
        let _ = self.caller.send(result);
    }
}

/// Returns the output of `work`, or `None` if it panicked. The writer continues with the other units.
async fn catch_panic<T, E>(mut work: Work<'_, T, E>) -> Option<Result<T, E>> {
    poll_fn(|context| {
        let polled = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context)));
        polled.map_or(Poll::Ready(None), |polled| polled.map(Some))
    })
    .await
}

/// What the writer looks at before and after each commit.
pub(crate) struct Guard {
    /// The files, where the database is a file.
    pub(crate) file: Option<Arc<DatabaseFile>>,
    pub(crate) damage: Damage,
}

impl Guard {
    fn check(&self) -> Result<(), Error> {
        self.check_identity()?;
        self.damage.check()
    }

    fn check_identity(&self) -> Result<(), Error> {
        self.file.as_ref().map_or(Ok(()), |file| file.check_identity())
    }
}

/// Runs units of work until [`Command::Stop`].
///
/// Each transaction takes all units that wait. Few units are undone after they changed something; if one is, all run again, with
/// a savepoint around each. Results are sent only after the
/// commit. Nothing is committed to a file that was deleted, replaced or damaged, and nothing is acknowledged that was.
pub(crate) async fn write_units(mut unit: Unit, mut waiting: mpsc::Receiver<Command>, guard: Guard) {
    while let Some(command) = waiting.recv().await {
        let Command::Run(first) = command else {
            waiting.close();
            continue;
        };
        let mut jobs = vec![first];
        let mut outcome = write_batch(&mut unit, &mut jobs, &mut waiting, &guard, Undo::Together).await;
        for _ in 1..ATTEMPTS {
            if !matches!(outcome, Err(Error::Serialization)) {
                break;
            }
            outcome = write_batch(&mut unit, &mut jobs, &mut waiting, &guard, Undo::Alone).await;
        }
        if let Err(error) = &outcome {
            tracing::error!(error = error as &dyn std::error::Error, "a commit failed");
        }
        for job in jobs {
            job.settle(outcome.clone());
        }
        if waiting.is_empty() {
            unit.connection().tidy();
        }
    }
}

/// Runs `jobs` and the units that wait behind them in one transaction, and adds those to `jobs`. Removes those that nobody waits
/// for, and drops them.
async fn write_batch(
    unit: &mut Unit,
    jobs: &mut Vec<Box<dyn Job>>,
    waiting: &mut mpsc::Receiver<Command>,
    guard: &Guard,
    undo: Undo,
) -> Result<(), Error> {
    let outcome = run_batch(unit, jobs, waiting, guard, undo).await;
    if outcome.is_err() {
        let _ = unit.connection().control(Control::Rollback).await;
    }
    outcome
}

/// Adds the units that wait to those of a commit, up to its limit.
fn receive(jobs: &mut Vec<Box<dyn Job>>, waiting: &mut mpsc::Receiver<Command>) {
    while jobs.len() < UNITS_PER_COMMIT {
        match waiting.try_recv() {
            Ok(Command::Run(job)) => jobs.push(job),
            Ok(Command::Stop) => waiting.close(),
            Err(_) => break,
        }
    }
}

/// Returns the users that units will read first.
fn users_of(jobs: &[Box<dyn Job>]) -> Vec<UserId> {
    jobs.iter().filter(|job| !job.is_abandoned()).filter_map(|job| job.reads().cloned()).collect()
}

async fn run_batch(
    unit: &mut Unit,
    jobs: &mut Vec<Box<dyn Job>>,
    waiting: &mut mpsc::Receiver<Command>,
    guard: &Guard,
    undo: Undo,
) -> Result<(), Error> {
    guard.damage.check()?;
    unit.connection().take_conflict();
    unit.connection().restore().await?;
    unit.connection().control(Control::Begin).await?;
    // `read` is the place of the first unit whose user is not read yet.
    let (mut next, mut read) = (0, 0);
    while next < UNITS_PER_COMMIT {
        if next == read {
            receive(jobs, waiting);
            read = jobs.len().min(next + READ_TOGETHER);
            if unit.connection().is_shared() {
                unit.read_ahead(users_of(&jobs[next..read])).await?;
            }
        }
        if next == jobs.len() {
            break;
        }
        if jobs[next].is_abandoned() {
            drop(jobs.remove(next));
            read -= 1;
            continue;
        }
        if undo == Undo::Alone {
            unit.connection().control(Control::BeginUnit).await?;
        }
        unit.connection().take_change();
        let again = undo == Undo::Together || unit.connection().is_shared();
        let keep = jobs[next].run(unit, again).await;
        let is_undone = !keep
            && undo == Undo::Together
            && (unit.connection().take_change() || !unit.connection().is_in_transaction());
        // Nothing of the transaction is kept then, so that each of its units runs again.
        if unit.connection().take_conflict() || is_undone {
            return Err(Error::Serialization);
        }
        if undo == Undo::Alone {
            let end = if keep { Control::KeepUnit } else { Control::UndoUnit };
            unit.connection().control(end).await?;
        }
        next += 1;
    }
    // The file may go at any moment: before the commit nothing is written then, after it nothing is acknowledged.
    guard.check()?;
    let committed = unit.connection().control(Control::Commit).await;
    if unit.connection().take_conflict() {
        return Err(Error::Serialization);
    }
    committed?;
    guard.check_identity()
}

#[cfg(test)]
mod tests {
    use model::{Identity, Profile};

    use super::*;
    use crate::UserRow;
    use crate::database::{Opening, open_unit};

    fn user(id: &str) -> UserRow {
        let user_id = UserId::new(id);
        let key = user_id.as_identity_key().unwrap();
        let identity = Identity {
            profile_data: None,
            connection: model::ConnectionName::new("Users"),
            user_id: key.user_id,
            provider: key.provider,
            is_social: false,
        };
        UserRow::new(user_id, Profile::default(), vec![identity], 0)
    }

    fn job<F>(caller: oneshot::Sender<Result<(), Error>>, work: F) -> Box<dyn Job>
    where
        F: for<'u> FnOnce(&'u mut Unit) -> Work<'u, (), Error> + Clone + Send + 'static,
    {
        Box::new(Closure::new(None, work, caller))
    }

    /// A full disk makes `SQLite` undo a whole transaction in the middle of it.
    #[tokio::test]
    async fn what_is_acknowledged_of_a_commit_that_finds_the_disk_full_is_there_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let address = format!("sqlite:{}", folder.path().join("tenant.db").display());
        let (mut unit, _) = open_unit(&address, Opening::Shared).await.unwrap();
        let pages = unit.connection().fetch(crate::query::query("PRAGMA page_count")).await.unwrap();
        let most = pages[0].get::<i64>("page_count").unwrap() + 4;
        unit.connection().batch(&format!("PRAGMA max_page_count = {most}")).await.unwrap();
        let mut users = ["auth0|1", "auth0|2", "auth0|3"].map(user);
        // Its first statement fails, so that the unit has changed nothing by itself.
        users[1].user_metadata =
            Some(serde_json::Map::from_iter([("x".to_owned(), "x".repeat(100_000).into())]));
        let (units, waiting) = mpsc::channel(8);
        let mut outcomes = Vec::new();
        for user in users.clone() {
            let (caller, outcome) = oneshot::channel::<Result<(), Error>>();
            let job = job(caller, move |unit| Box::pin(async move { unit.insert_user(&user).await }));
            units.send(Command::Run(job)).await.unwrap();
            outcomes.push(outcome);
        }
        units.send(Command::Stop).await.unwrap();
        write_units(unit, waiting, Guard { file: None, damage: Damage::default() }).await;
        let (mut unit, _) = open_unit(&address, Opening::Shared).await.unwrap();
        for (user, outcome) in users.iter().zip(outcomes) {
            let is_acknowledged = outcome.await.unwrap().is_ok();
            let found = unit.find_user(&user.user_id).await.unwrap();
            assert_eq!(found.is_some(), is_acknowledged, "{}", user.user_id);
        }
        assert_eq!(unit.find_user(&users[1].user_id).await.unwrap(), None);
    }
}
