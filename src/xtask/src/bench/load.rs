//! Load by wrk: one thread that keeps a number of connections busy, with scripts that make the requests.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::tool;

/// The program, and its package on Debian.
const WRK: &str = "wrk";

/// The end of each script.
const DONE: &str = include_str!("scripts/done.lua");

/// Which requests are made.
#[derive(Clone, Copy, Debug)]
pub(super) enum Script {
    Same,
    Unlink,
    UnlinkPeer,
    User,
}

impl Script {
    fn text(self) -> &'static str {
        match self {
            Self::Same => include_str!("scripts/same.lua"),
            Self::Unlink => include_str!("scripts/unlink.lua"),
            Self::UnlinkPeer => include_str!("scripts/unlink-peer.lua"),
            Self::User => include_str!("scripts/user.lua"),
        }
    }
}

/// How much load, and for how long.
#[derive(Clone, Copy, Debug)]
pub(super) struct Load {
    pub(super) connections: u32,
    pub(super) seconds: u32,
}

/// What was answered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Answered {
    /// How many requests were made; those of them on their way at the end are not answered.
    pub(super) sent: u64,
    pub(super) requests: u64,
    /// Requests a second.
    pub(super) rate: f64,
    /// The time that half of the requests, and 99 of 100, took at most, in milliseconds.
    pub(super) p50: f64,
    pub(super) p99: f64,
    /// The bytes of an answer, with its head.
    pub(super) bytes: u64,
}

/// Installs wrk if it is missing.
///
/// # Errors
/// When it is missing and cannot be installed.
pub(super) fn ensure_generator() -> Result<()> {
    // Without arguments it prints how it is called, and fails.
    let is_there = || Command::new(WRK).output().is_ok();
    if !is_there() {
        tool::install_debians(&[WRK])?;
    }
    if !is_there() {
        bail!("{WRK} was not found, which makes the load; install it and start again");
    }
    Ok(())
}

impl Load {
    /// Sends requests to a server on loopback. The script is written into `folder`.
    ///
    /// # Errors
    /// When a request was refused or not answered: then it is not known what was measured.
    pub(super) fn run(
        self,
        script: Script,
        arguments: &[&str],
        port: u16,
        folder: &Path,
    ) -> Result<Answered> {
        let file = folder.join("script.lua");
        fs::write(&file, format!("{}\n{DONE}", script.text()))?;
        let mut wrk = Command::new(WRK);
        let (connections, seconds) = (self.connections, self.seconds);
        wrk.args(["-t1", &format!("-c{connections}"), &format!("-d{seconds}s"), "--timeout", "30s", "-s"]);
        wrk.arg(&file).arg(format!("http://localhost:{port}")).arg("--").args(arguments);
        let output = tool::output(&mut wrk)?;
        Answered::parse(&output).with_context(|| format!("the load of {script:?} on port {port}"))
    }
}

impl Answered {
    fn parse(output: &str) -> Result<Self> {
        let line = output.lines().rev().find(|line| line.starts_with('{'));
        let printed: Value = serde_json::from_str(line.context("wrk printed no result")?)?;
        let number = |name: &str| printed[name].as_u64().with_context(|| format!("wrk printed no {name}"));
        let (refused, broken) = (number("refused")?, number("broken")?);
        let requests = number("requests")?;
        if refused + broken > 0 || requests == 0 {
            bail!("{refused} requests were refused and {broken} not answered, of {requests}");
        }
        let microseconds = |name: &str| Ok::<_, anyhow::Error>(float(number(name)?));
        Ok(Self {
            sent: number("sent")?,
            requests,
            rate: float(requests) / microseconds("microseconds")? * 1e6,
            p50: microseconds("p50")? / 1e3,
            p99: microseconds("p99")? / 1e3,
            bytes: number("bytes")? / requests,
        })
    }
}

/// A count as a number to calculate with; counts here are far below 2^53.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub(super) fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(refused: u64) -> String {
        format!(
            "Running 2s test\n  300 requests in 2.00s\n\n{{\"sent\":310,\"requests\":300,\"microseconds\":2000000,\
             \"bytes\":60000,\"refused\":{refused},\"broken\":0,\"p50\":1500,\"p99\":9000}}\n"
        )
    }

    #[test]
    fn the_last_line_of_the_generator_is_read() {
        let expected = Answered { sent: 310, requests: 300, rate: 150.0, p50: 1.5, p99: 9.0, bytes: 200 };
        assert_eq!(Answered::parse(&line(0)).unwrap(), expected);
    }

    #[test]
    fn a_measurement_with_refused_requests_is_none() {
        let error = Answered::parse(&line(3)).unwrap_err();
        assert_eq!(error.to_string(), "3 requests were refused and 0 not answered, of 300");
        assert!(Answered::parse("unable to connect").is_err());
    }
}
