//! The writer task: runs units of work one after the other and commits those that wait together.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use sqlx::{AnyPool, Executor};
use tokio::sync::mpsc;

use crate::damage::Damage;
use crate::database_file::DatabaseFile;
use crate::error::Error;
use crate::unit::Unit;

/// The maximum number of units in one commit. It bounds how long the first of them waits for the others.
const UNITS_PER_COMMIT: usize = 256;

/// A unit of work as a future that borrows its unit: write `|unit| Box::pin(async move { … })`.
pub type Work<'u, T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'u>>;

/// Sends a unit's result to its caller. Called with the outcome of the commit.
pub(crate) type Settle = Box<dyn FnOnce(Result<(), Error>) + Send>;

/// The outcome of a unit before its commit.
pub(crate) struct Done {
    /// Whether to keep the unit's changes.
    pub(crate) keep: bool,
    pub(crate) settle: Settle,
}

/// A message to the writer task.
pub(crate) enum Command {
    Run(Job),
    Stop,
}

pub(crate) type Job =
    Box<dyn for<'u> FnOnce(&'u mut Unit) -> Pin<Box<dyn Future<Output = Done> + Send + 'u>> + Send>;

/// Runs units of work until [`Command::Stop`].
///
/// Each transaction takes all units that wait, with a savepoint around each. Results are sent only after the
/// commit. Nothing is committed to a file that was deleted, replaced or damaged, and nothing is acknowledged that was.
pub(crate) async fn write_units(
    writers: AnyPool,
    mut unit: Unit,
    mut waiting: mpsc::Receiver<Command>,
    file: Arc<DatabaseFile>,
    damage: Damage,
) {
    while let Some(command) = waiting.recv().await {
        let Command::Run(first) = command else {
            waiting.close();
            continue;
        };
        let (settles, outcome) = write_batch(&mut unit, first, &mut waiting, &file, &damage).await;
        if let Err(error) = &outcome {
            tracing::error!(error = error as &dyn std::error::Error, "a commit failed");
            let _ = execute(&mut unit, "ROLLBACK").await;
        }
        for settle in settles {
            settle(outcome.clone());
        }
    }
    drop(unit);
    writers.close().await;
}

/// Runs `first` and the units that wait behind it in one transaction.
async fn write_batch(
    unit: &mut Unit,
    first: Job,
    waiting: &mut mpsc::Receiver<Command>,
    file: &DatabaseFile,
    damage: &Damage,
) -> (Vec<Settle>, Result<(), Error>) {
    let mut settles = Vec::new();
    let mut outcome = damage.check();
    if outcome.is_ok() {
        outcome = execute(unit, "BEGIN IMMEDIATE").await;
    }
    let mut next = Some(first);
    while let Some(job) = next {
        if outcome.is_ok() {
            outcome = execute(unit, "SAVEPOINT unit").await;
        }
        // Outside a transaction each statement of the job would commit by itself.
        if outcome.is_err() {
            drop(job);
            break;
        }
        let done = catch_panic(job(unit)).await;
        let keep = done.as_ref().is_some_and(|done| done.keep);
        settles.extend(done.map(|done| done.settle));
        outcome = execute(unit, if keep { "RELEASE unit" } else { "ROLLBACK TO unit" }).await;
        next = match (settles.len() < UNITS_PER_COMMIT).then(|| waiting.try_recv()) {
            Some(Ok(Command::Run(job))) => Some(job),
            Some(Ok(Command::Stop)) => {
                waiting.close();
                None
            }
            _ => None,
        };
    }
    // The file may go at any moment: before the commit nothing is written then, after it nothing is acknowledged.
    outcome = outcome.and_then(|()| file.check_identity()).and_then(|()| damage.check());
    if outcome.is_ok() {
        outcome = execute(unit, "COMMIT").await.and_then(|()| file.check_identity());
    }
    (settles, outcome)
}

/// Returns the output of `work`, or `None` if it panicked. The caller of a unit that panicked gets
/// [`Error::Closed`], because its channel is dropped; the writer continues with the other units.
async fn catch_panic(mut work: Pin<Box<dyn Future<Output = Done> + Send + '_>>) -> Option<Done> {
    poll_fn(|context| {
        let polled = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context)));
        polled.map_or(Poll::Ready(None), |polled| polled.map(Some))
    })
    .await
}

async fn execute(unit: &mut Unit, statement: &'static str) -> Result<(), Error> {
    unit.connection().execute(statement).await?;
    Ok(())
}
