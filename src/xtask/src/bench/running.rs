//! Servers that run for a benchmark, each on a port of its own on loopback.

use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::step::Stopwatch;
use crate::tool;

/// The longest time to end by itself after it was asked to.
const END_LIMIT: Duration = Duration::from_mins(1);

/// A running server. It is ended when it is dropped.
pub(super) struct Running {
    child: Child,
    pub(super) port: u16,
}

impl Running {
    /// Starts a server with its output in a file, and waits until it listens on `port`.
    ///
    /// # Errors
    /// When it ends or does not listen within `limit`, with its output.
    pub(super) fn start(mut command: Command, port: u16, log: &Path, limit: Duration) -> Result<Self> {
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("LINKED_ACCOUNTS_") {
                command.env_remove(name);
            }
        }
        let output = fs::File::create(log)?;
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let program = command.get_program().to_string_lossy().into_owned();
        let child = command.spawn().with_context(|| format!("{program} could not be started"))?;
        let mut running = Self { child, port };
        let watch = Stopwatch::start();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if watch.elapsed() > limit || running.child.try_wait()?.is_some() {
                bail!("{program} does not listen: {}", fs::read_to_string(log)?);
            }
            thread::park_timeout(Duration::from_millis(20));
        }
        Ok(running)
    }

    /// Asks the server to end, and waits until it has: what it keeps is complete then.
    ///
    /// # Errors
    /// When it does not end.
    pub(super) fn stop(mut self) -> Result<()> {
        tool::output(Command::new("kill").args(["-TERM", &self.child.id().to_string()]))?;
        let watch = Stopwatch::start();
        while self.child.try_wait()?.is_none() {
            if watch.elapsed() > END_LIMIT {
                bail!("a server does not end");
            }
            thread::park_timeout(Duration::from_millis(20));
        }
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        tool::end(&mut self.child);
    }
}
