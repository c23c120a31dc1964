//! The server: compiles it, and replaces this process by it.

use std::ffi::OsString;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::tool::{self, Build};
use crate::workspace::Workspace;

/// The name of the program.
pub(crate) const NAME: &str = "linked-accounts";

/// The cargo command that compiles the server for development.
pub(crate) fn compilation(workspace: &Workspace) -> Build {
    Build { what: "the server", command: workspace.program(NAME) }
}

/// The cargo command that compiles the server for release, with the files of `target/site` inside.
pub(crate) fn release(workspace: &Workspace) -> Build {
    let arguments = ["build", "-p", "server", "--profile", "packaged", "--features", "embedded-site"];
    Build { what: "the server", command: workspace.cargo(&arguments) }
}

/// The C compiler for the target of [`static_release`], which some crates need.
const MUSL_COMPILER: &str = "musl-gcc";

/// As [`release`], for any Linux of this processor: the program needs no libraries beside it. Installs what is missing.
/// Returns the target as well, which names the folder of the program.
///
/// # Errors
/// On other systems, or when the compiler or the target are missing and cannot be installed.
pub(crate) fn static_release(workspace: &Workspace) -> Result<(Build, String)> {
    if !cfg!(target_os = "linux") {
        bail!("a static program can be made on Linux only");
    }
    let target = format!("{}-unknown-linux-musl", std::env::consts::ARCH);
    workspace.ensure_target(&target)?;
    let has_compiler = || tool::output(Command::new(MUSL_COMPILER).arg("-dumpversion")).is_ok();
    if !has_compiler() {
        tool::install_debians(&["musl-tools"])?;
    }
    if !has_compiler() {
        bail!("{MUSL_COMPILER} was not found; install it (Debian: musl-tools) and start again");
    }
    let mut build = release(workspace);
    let variable = format!("CC_{}", target.replace('-', "_"));
    build.command.args(["--target", &target]).env(variable, MUSL_COMPILER);
    Ok((build, target))
}

/// Replaces this process by the server, on the built site, so that Ctrl-C and SIGTERM reach it directly. Returns only
/// with an error.
///
/// # Errors
/// When it cannot be started.
pub(crate) fn replace_by_server(workspace: &Workspace, arguments: &[OsString]) -> Result<()> {
    let program = workspace.server();
    let mut command = Command::new(&program);
    command.arg("serve").arg("--site").arg(workspace.site()).args(arguments);
    replace_by(&mut command).with_context(|| format!("{} could not be started", program.display()))
}

#[cfg(unix)]
fn replace_by(command: &mut Command) -> Result<()> {
    Err(std::os::unix::process::CommandExt::exec(command).into())
}

#[cfg(not(unix))]
fn replace_by(command: &mut Command) -> Result<()> {
    let status = command.status()?;
    anyhow::ensure!(status.success(), "the server ended with {status}");
    Ok(())
}
