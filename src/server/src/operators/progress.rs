//! How far a long command is: a bar on a terminal, a line a minute elsewhere. Both are on standard error.

use std::fmt::Write;
use std::io::{IsTerminal, stderr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use tokio::time::{Instant, interval_at};

use super::output;

/// The time between two lines.
const INTERVAL: Duration = Duration::from_mins(1);

/// The progress of a command.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    what: &'static str,
    done: AtomicU64,
    total: Option<u64>,
    started: Instant,
}

impl Progress {
    /// Begins with nothing done of `total`, if that is known.
    pub(crate) fn new(what: &'static str, total: Option<u64>) -> Self {
        let bar = stderr().is_terminal().then(|| {
            let (bar, template) = match total {
                Some(total) => (
                    ProgressBar::new(total),
                    "{bar:30} {human_pos}/{human_len} {msg}  {rate} a second  {eta} left",
                ),
                None => (ProgressBar::new_spinner(), "{spinner} {human_pos} {msg}  {rate} a second"),
            };
            bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(4));
            let style =
                ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
            // A text that cannot be written is not shown.
            let rate = |state: &ProgressState, text: &mut dyn Write| {
                let _ = write!(text, "{:.0}", state.per_sec());
            };
            bar.set_style(style.with_key("rate", rate));
            bar.set_message(what);
            bar
        });
        Self { bar, what, done: AtomicU64::new(0), total, started: Instant::now() }
    }

    /// Counts one more.
    pub(crate) fn add(&self, number: u64) {
        self.done.fetch_add(number, Ordering::Relaxed);
        if let Some(bar) = &self.bar {
            bar.inc(number);
        }
    }

    /// Tells what is going on until it is dropped: what `paused_for` says on the bar, or a line a minute.
    pub(crate) async fn report(&self, paused_for: impl Fn() -> Option<Duration>) {
        let every = if self.bar.is_some() { Duration::from_millis(500) } else { INTERVAL };
        let mut ticks = interval_at(Instant::now() + every, every);
        loop {
            ticks.tick().await;
            let pause =
                paused_for().map(|time| format!(", waiting {} s as the tenant asks", time.as_secs().max(1)));
            let pause = pause.unwrap_or_default();
            match &self.bar {
                Some(bar) => bar.set_message(format!("{}{pause}", self.what)),
                None => output::notice(&format!("{}{pause}", self.line(self.started.elapsed()))),
            }
        }
    }

    /// Returns the line after `elapsed`.
    fn line(&self, elapsed: Duration) -> String {
        let (done, seconds) = (self.done.load(Ordering::Relaxed), elapsed.as_secs().max(1));
        let rate = done / seconds;
        match self.total {
            None => format!("{done} {}, {rate} a second", self.what),
            Some(total) => {
                let left =
                    (total.saturating_sub(done)).checked_mul(seconds).and_then(|left| left.checked_div(done));
                let left =
                    left.map_or_else(String::new, |left| format!(", about {} min left", left.div_ceil(60)));
                format!("{done} of {total} {}, {rate} a second{left}", self.what)
            }
        }
    }

    /// Removes the bar.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_line_says_how_much_is_done_how_fast_and_how_long_it_takes() {
        let progress = Progress::new("identities", Some(20_000));
        progress.add(3000);
        assert_eq!(
            progress.line(Duration::from_mins(1)),
            "3000 of 20000 identities, 50 a second, about 6 min left"
        );
        let open = Progress::new("users", None);
        open.add(120);
        assert_eq!(open.line(Duration::from_mins(1)), "120 users, 2 a second");
        assert_eq!(
            Progress::new("identities", Some(5)).line(Duration::ZERO),
            "0 of 5 identities, 0 a second"
        );
    }
}
