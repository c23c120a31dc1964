//! Numbered steps with a title, their progress, and the time they took, shown to the person who waits.

use std::cell::Cell;
use std::fmt;
use std::io::{IsTerminal, Write, stdout};
use std::time::{Duration, Instant};

use anyhow::Result;

/// How often a running step shows its progress without a terminal.
const STILL_WORKING: Duration = Duration::from_secs(20);

/// Measures the time since it was started.
#[derive(Clone, Copy)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts to measure.
    #[expect(
        clippy::disallowed_methods,
        reason = "times builds for the person who waits; no rule depends on it"
    )]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// Returns the time since the start.
    pub(crate) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

impl fmt::Display for Stopwatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&spoken(self.elapsed()))
    }
}

/// Formats a duration for people: `0.4 s`, `42 s`, `3 min 05 s`.
pub(crate) fn spoken(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", duration.as_secs_f32()),
        10..60 => format!("{seconds} s"),
        _ => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

/// A sequence of numbered steps.
pub(crate) struct Steps {
    total: usize,
    begun: usize,
}

impl Steps {
    /// A sequence of `total` steps.
    pub(crate) fn of(total: usize) -> Self {
        Self { total, begun: 0 }
    }

    /// Runs one step and prints how long it took.
    ///
    /// # Errors
    /// Those of `work`.
    pub(crate) fn take<T>(&mut self, title: &str, work: impl FnOnce(&Step) -> Result<T>) -> Result<T> {
        self.begun += 1;
        let step = Step {
            title: format!("{}/{} {title} …", self.begun, self.total),
            watch: Stopwatch::start(),
            terminal: stdout().is_terminal(),
            last_said: Cell::new(Duration::ZERO),
        };
        if step.terminal {
            step.draw("");
        } else {
            println!("{}", step.title);
        }
        let done = work(&step);
        let ending = if done.is_ok() { "" } else { ", failed" };
        if step.terminal {
            println!("\r\x1b[2K{} {}{ending}", step.title, step.watch);
        } else {
            println!("    {}{ending}", step.watch);
        }
        done
    }
}

/// A running step.
pub(crate) struct Step {
    title: String,
    watch: Stopwatch,
    terminal: bool,
    last_said: Cell<Duration>,
}

impl Step {
    /// Shows the progress: in place on a terminal, every [`STILL_WORKING`] elsewhere.
    pub(crate) fn show(&self, what: &str) {
        if self.terminal {
            self.draw(what);
        } else if self.watch.elapsed() >= self.last_said.get() + STILL_WORKING {
            self.last_said.set(self.watch.elapsed());
            println!("    {}: {what}", self.watch);
        }
    }

    fn draw(&self, what: &str) {
        print!("\r\x1b[2K{} {} {what}", self.title, self.watch);
        // A closed terminal must not stop a build.
        let _ = stdout().flush();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_the_way_a_person_says_them() {
        assert_eq!(spoken(Duration::from_millis(420)), "0.4 s");
        assert_eq!(spoken(Duration::from_secs(42)), "42 s");
        assert_eq!(spoken(Duration::from_secs(185)), "3 min 05 s");
    }
}
