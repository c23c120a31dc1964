//! Running other programs: for their answer, watched while they build, or with their output shown live.

use std::io::{BufRead, BufReader, Read, Write, stderr, stdout};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::step::{Step, Stopwatch};

/// What a program printed on standard output.
///
/// # Errors
/// When it cannot be started or fails; the error carries what it said on standard error.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let name = name_of(command);
    let output = command.output().with_context(|| format!("{name} could not be started"))?;
    if !output.status.success() {
        bail!("{name} failed ({}): {}", output.status, String::from_utf8_lossy(&output.stderr).trim());
    }
    String::from_utf8(output.stdout).with_context(|| format!("{name} answered something that is not text"))
}

/// Runs a program with its output shown as it comes; gives back whether it succeeded and all it said on
/// standard output, for counting.
///
/// # Errors
/// When it cannot be started.
pub(crate) fn run_streaming(command: &mut Command) -> Result<(ExitStatus, String)> {
    let name = name_of(command);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("{name} could not be started"))?;
    let mut said = Vec::new();
    if let Some(mut pipe) = child.stdout.take() {
        let mut buffer = [0; 8192];
        loop {
            match pipe.read(&mut buffer)? {
                0 => break,
                length => {
                    stdout().write_all(&buffer[..length])?;
                    stdout().flush()?;
                    said.extend_from_slice(&buffer[..length]);
                }
            }
        }
    }
    Ok((child.wait()?, String::from_utf8_lossy(&said).into_owned()))
}

/// Runs a program with its output shown, and ends it when it takes longer than `limit`; says whether it succeeded.
///
/// # Errors
/// When it cannot be started.
pub(crate) fn run_with_limit(command: &mut Command, limit: Duration) -> Result<bool> {
    let name = name_of(command);
    let mut child =
        command.stdin(Stdio::null()).spawn().with_context(|| format!("{name} could not be started"))?;
    let watch = Stopwatch::start();
    while watch.elapsed() < limit {
        if let Some(status) = child.try_wait()? {
            return Ok(status.success());
        }
        thread::park_timeout(Duration::from_millis(200));
    }
    end(&mut child);
    Ok(false)
}

/// Installs Debian packages where this is Debian and we may; says whether it did.
///
/// # Errors
/// When apt-get fails.
pub(crate) fn install_debians(packages: &[&str]) -> Result<bool> {
    let root = output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    if !root || !Path::new("/etc/debian_version").exists() {
        return Ok(false);
    }
    let install = [&["install", "--yes", "--no-install-recommends"], packages].concat();
    for arguments in [&["update"][..], &install] {
        println!("Installing what is missing from Debian: `apt-get {}`", arguments.join(" "));
        let mut apt = Command::new("apt-get");
        let (status, _) = run_streaming(apt.args(arguments).env("DEBIAN_FRONTEND", "noninteractive"))?;
        if !status.success() {
            bail!(
                "apt-get failed; its message stands above. Install {} and start again",
                packages.join(", ")
            );
        }
    }
    Ok(true)
}

/// One cargo build among those that [`build`] runs at the same time.
pub(crate) struct Build {
    /// What is built, as the middle of a sentence: `the page`.
    pub(crate) what: &'static str,
    /// The cargo call.
    pub(crate) command: Command,
}

/// What the thread that reads a build's messages passes on.
enum Message {
    Line(String),
    End,
}

/// Runs cargo builds at the same time and shows how far each one is.
///
/// # Errors
/// When one fails: the others are ended, and what the compiler said is printed first.
pub(crate) fn build(builds: Vec<Build>, step: &Step) -> Result<()> {
    let (sender, messages) = channel();
    let mut running = Vec::new();
    for (index, Build { what, mut command }) in builds.into_iter().enumerate() {
        let mut child = command
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("{} could not be started", name_of(&command)))?;
        let pipe = child.stderr.take().context("cargo has no standard error")?;
        let sender = sender.clone();
        thread::spawn(move || {
            for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                if sender.send((index, Message::Line(line))).is_err() {
                    return;
                }
            }
            // Nobody listens any more when another build failed first.
            let _ = sender.send((index, Message::End));
        });
        running.push(Running {
            what,
            child,
            said: String::new(),
            packages: 0,
            latest: String::new(),
            ended: false,
        });
    }
    while running.iter().any(|build| !build.ended) {
        match messages.recv_timeout(Duration::from_secs(1)) {
            Ok((index, Message::Line(line))) => running[index].read_line(&line),
            Ok((index, Message::End)) => {
                running[index].ended = true;
                let status = running[index].child.wait()?;
                if !status.success() {
                    for build in running.iter_mut().filter(|build| !build.ended) {
                        end(&mut build.child);
                    }
                    eprint!("\n{}", running[index].said);
                    let what = running[index].what;
                    bail!("{what} could not be built ({status}); what the compiler said stands above");
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => bail!("cargo went away without a word; start again"),
        }
        step.show(&running.iter().map(Running::progress).collect::<Vec<_>>().join(" · "));
    }
    Ok(())
}

struct Running {
    what: &'static str,
    child: Child,
    said: String,
    packages: usize,
    latest: String,
    ended: bool,
}

impl Running {
    fn read_line(&mut self, line: &str) {
        if let Some(package) = line.trim_start().strip_prefix("Compiling ") {
            self.packages += 1;
            package.split(' ').next().unwrap_or_default().clone_into(&mut self.latest);
        } else {
            self.said.push_str(line);
            self.said.push('\n');
        }
    }

    fn progress(&self) -> String {
        match (self.ended, self.packages) {
            (true, _) => format!("{}: done", self.what),
            (false, 0) => format!("{}: preparing", self.what),
            (false, packages) => format!("{}: {packages} packages, {}", self.what, self.latest),
        }
    }
}

/// Ends a child and waits for it; one that is gone already is fine.
pub(crate) fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
    let _ = stderr().flush();
}

fn name_of(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let call = words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
    format!("`{call}`")
}
