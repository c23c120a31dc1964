//! A run over a list: several users at once, the rows of one user in their order.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::StreamExt;
use futures_util::stream;
use model::UserId;

use crate::outcome::Outcome;
use crate::unlink::{Stopped, Unlinking, UserRows};
use crate::unlink_list::Row;

/// What became of the rows of a run.
#[derive(Debug)]
pub struct Report {
    /// The outcome of each row, in the order of the list; `None` for those that were not reached.
    pub outcomes: Vec<Option<Outcome>>,
    /// Why the run ended before the list did.
    pub stopped: Option<Stopped>,
}

impl Report {
    /// Returns the number of rows that are done.
    #[must_use]
    pub fn done(&self) -> usize {
        self.outcomes.iter().flatten().filter(|outcome| outcome.is_done()).count()
    }
}

/// Does what the rows say, with at most `concurrency` users at once, and calls `tell` with each outcome. Ends early when
/// `stop` becomes true.
pub async fn run(
    unlinking: &Unlinking<'_>,
    rows: &[Row],
    concurrency: usize,
    stop: &AtomicBool,
    tell: &(dyn Fn(&Row, &Outcome) + Sync),
) -> Report {
    let mut order: Vec<&UserId> = Vec::new();
    let mut places: HashMap<&UserId, Vec<usize>> = HashMap::new();
    for (place, row) in rows.iter().enumerate() {
        let of_user = places.entry(&row.user_id).or_default();
        if of_user.is_empty() {
            order.push(&row.user_id);
        }
        of_user.push(place);
    }
    let users = order.into_iter().map(|user_id| {
        let places = &places[user_id];
        async move {
            let mut user = UserRows::new(unlinking, user_id);
            let mut done = Vec::with_capacity(places.len());
            for place in places {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                match user.process(&rows[*place]).await {
                    Ok(outcome) => {
                        tell(&rows[*place], &outcome);
                        done.push((*place, outcome));
                    }
                    Err(stopped) => return (done, Some(stopped)),
                }
            }
            (done, None)
        }
    });
    let mut users = stream::iter(users).buffer_unordered(concurrency.max(1));
    let mut report = Report { outcomes: vec![None; rows.len()], stopped: None };
    while let Some((done, stopped)) = users.next().await {
        for (place, outcome) in done {
            report.outcomes[place] = Some(outcome);
        }
        if stopped.is_some() {
            // Those that are under way come to an end, which the journal then has.
            stop.store(true, Ordering::Relaxed);
            report.stopped = report.stopped.or(stopped);
        }
    }
    drop(users);
    if let Err(error) = unlinking.journal.flush().await {
        report.stopped.get_or_insert(error.into());
    }
    report
}
