//! Runs other programs: for their output, with their output shown as it comes, or as builds with their progress.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write, stderr, stdout};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::step::{Step, Stopwatch};

/// Runs a program and returns its standard output.
///
/// # Errors
/// When it cannot be started or fails; the error has its standard error output.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let name = name_of(command);
    let output = command.output().with_context(|| format!("{name} could not be started"))?;
    if !output.status.success() {
        bail!("{name} failed ({}): {}", output.status, String::from_utf8_lossy(&output.stderr).trim());
    }
    String::from_utf8(output.stdout).with_context(|| format!("{name} printed something that is not text"))
}

/// Runs a program and shows its output as it comes. Returns its status, and its standard output for counting.
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
    let mut output = Vec::new();
    if let Some(mut pipe) = child.stdout.take() {
        let mut buffer = [0; 8192];
        loop {
            match pipe.read(&mut buffer)? {
                0 => break,
                length => {
                    stdout().write_all(&buffer[..length])?;
                    stdout().flush()?;
                    output.extend_from_slice(&buffer[..length]);
                }
            }
        }
    }
    Ok((child.wait()?, String::from_utf8_lossy(&output).into_owned()))
}

/// Runs a program with its output in a file, whose folder is made. Returns the output, and whether it succeeded.
///
/// # Errors
/// When it cannot be started, or the file cannot be written.
pub(crate) fn run_quietly(command: &mut Command, file: &Path) -> Result<(String, bool)> {
    let name = name_of(command);
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let output = fs::File::create(file)?;
    let status = command
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output)
        .status()
        .with_context(|| format!("{name} could not be started"))?;
    Ok((String::from_utf8_lossy(&fs::read(file)?).into_owned(), status.success()))
}

/// Runs a program with its output shown, and ends it when it takes longer than `limit`. Returns whether it succeeded.
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

/// Installs Debian packages, on Debian as root only. Returns whether it did.
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
            bail!("apt-get failed; see its message above. Install {} and start again", packages.join(", "));
        }
    }
    Ok(true)
}

/// Returns a port of this machine that nothing listens on.
///
/// # Errors
/// When there is none.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// One cargo build among those that [`build`] runs at the same time.
pub(crate) struct Build {
    /// What is built, as the middle of a sentence: `the page`.
    pub(crate) what: &'static str,
    /// The cargo call.
    pub(crate) command: Command,
}

/// A message of the thread that reads the output of a build.
enum Message {
    Line(String),
    End,
}

/// Runs cargo builds concurrently and shows the progress of each.
///
/// # Errors
/// When one fails. The others are ended then, and the output of the compiler is printed.
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
            // The receiver is gone when another build failed first.
            let _ = sender.send((index, Message::End));
        });
        running.push(Running {
            what,
            child,
            output: String::new(),
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
                    eprint!("\n{}", running[index].output);
                    let what = running[index].what;
                    bail!("{what} could not be built ({status}); see the message of the compiler above");
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => bail!("cargo ended without a message; start again"),
        }
        step.show(&running.iter().map(Running::progress).collect::<Vec<_>>().join(" · "));
    }
    Ok(())
}

struct Running {
    what: &'static str,
    child: Child,
    output: String,
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
            self.output.push_str(line);
            self.output.push('\n');
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

/// Kills a child process and waits for it. A process that has ended already is no error.
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
