//! The log on standard error. Nothing waits for it: lines that nobody takes are dropped and counted.

use std::backtrace::Backtrace;
use std::io::{self, BufWriter, IsTerminal, Write, stderr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use clap::ValueEnum;
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

/// The most lines that wait for a reader. Further ones are dropped.
const WAITING_LINES: usize = 1024;
/// The most bytes of lines that are written at once: a pipe that several processes write to takes that many undivided (`PIPE_BUF`).
const WRITTEN_AT_ONCE: usize = 4096;
/// The pause before a full pipe that does not wait is tried again.
const FULL_PIPE_PAUSE: Duration = Duration::from_millis(10);
/// The time between two looks at the number of dropped lines.
const REPORT_INTERVAL: Duration = Duration::from_secs(5);

/// How long one write may last at the end of the process before the lines that wait are given up.
const STUCK_AFTER: Duration = Duration::from_millis(500);

/// The form of the lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// Lines for people, in colour on a terminal.
    #[default]
    Text,
    /// One JSON object per line, for programs.
    Json,
}

/// The log. On drop the lines that wait are written, unless nobody reads them.
pub(crate) struct Log {
    worker: Option<WorkerGuard>,
    dropped: ErrorCounter,
    writes: Arc<AtomicU64>,
}

/// Standard error, with a count that is odd during a write.
struct Output(Arc<AtomicU64>);

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.fetch_add(1, Ordering::SeqCst);
        let written = loop {
            match stderr().write(bytes) {
                // Another process has made the pipe one that does not wait.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    std::thread::sleep(FULL_PIPE_PAUSE);
                }
                // Other errors are ignored: there is nowhere else to report them.
                Err(_) => break bytes.len(),
                Ok(written) => break written,
            }
        };
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        stderr().flush()
    }
}

/// Starts the log, which has lines of this form about what passes the filter. Panics are written to it as well, because the standard hook waits for whoever reads standard error.
pub(crate) fn start(filter: &Targets, format: LogFormat) -> Log {
    let builder = NonBlockingBuilder::default().lossy(true).buffered_lines_limit(WAITING_LINES);
    let count = Arc::new(AtomicU64::new(0));
    // The thread of the log flushes once no line waits: many lines are one write under load, and each is one otherwise.
    let output = BufWriter::with_capacity(WRITTEN_AT_ONCE, Output(Arc::clone(&count)));
    let (writer, worker) = builder.thread_name("log").finish(output);
    let dropped = writer.error_counter();
    let lines = fmt::layer().with_writer(writer).log_internal_errors(false);
    let lines = match format {
        LogFormat::Text => lines.with_ansi(stderr().is_terminal()).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).boxed(),
    };
    tracing_subscriber::registry().with(lines.with_filter(filter.clone())).init();
    std::panic::set_hook(Box::new(|panic| {
        let message = panic.payload_as_str().unwrap_or_default();
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let backtrace = Backtrace::capture().to_string();
        tracing::error!(%place, ?message, ?backtrace, "a panic");
    }));
    Log { worker: Some(worker), dropped, writes: count }
}

impl Drop for Log {
    fn drop(&mut self) {
        let worker = self.worker.take();
        let before = self.writes.load(Ordering::SeqCst);
        if before % 2 == 1 {
            std::thread::sleep(STUCK_AFTER);
            if self.writes.load(Ordering::SeqCst) == before {
                // The guard would wait for the writer, and complain on standard output.
                std::mem::forget(worker);
            }
        }
    }
}

impl Log {
    /// Says in the log how many lines were dropped, once somebody reads it again. Never returns.
    pub(crate) async fn report_dropped_lines(&self) {
        let mut reported = 0;
        loop {
            tokio::time::sleep(REPORT_INTERVAL).await;
            let dropped = self.dropped.dropped_lines();
            if dropped > reported {
                tracing::warn!(
                    "{} lines of the log were dropped, because nobody read them",
                    dropped - reported
                );
                // The sentence may have been dropped as well.
                if self.dropped.dropped_lines() == dropped {
                    reported = dropped;
                }
            }
        }
    }
}
