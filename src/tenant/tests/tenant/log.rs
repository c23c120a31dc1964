//! The log of the code under test.
//!
//! All tests share one subscriber, because `tracing` remembers for the whole process whether anybody wants an event: with a
//! subscriber of one thread alone, the first test of another thread that comes by decides that nobody does.

use std::cell::RefCell;
use std::io::{Result, Write};
use std::sync::Once;

thread_local! {
    /// What this thread has logged since its [`collect`].
    static LINES: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

struct Lines;

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        LINES.with_borrow_mut(|lines| {
            if let Some(lines) = lines {
                lines.extend(bytes);
            }
        });
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

/// Begins to collect what this thread logs.
pub(crate) fn collect() {
    static SUBSCRIBER: Once = Once::new();
    SUBSCRIBER.call_once(|| {
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(|| Lines).finish();
        tracing::subscriber::set_global_default(subscriber).unwrap();
    });
    LINES.set(Some(Vec::new()));
}

/// Returns what this thread has logged since [`collect`].
pub(crate) fn collected() -> String {
    String::from_utf8(LINES.take().unwrap_or_default()).unwrap()
}
