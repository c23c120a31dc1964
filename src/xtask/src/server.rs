//! The server: compiles it, and replaces this process by it.

use std::ffi::OsString;
use std::process::Command;

use anyhow::{Context, Result};

use crate::tool::Build;
use crate::workspace::Workspace;

/// The cargo command that compiles the server for development.
pub(crate) fn compilation(workspace: &Workspace) -> Build {
    Build { what: "the server", command: workspace.program("linked-accounts") }
}

/// The cargo command that compiles the server for release, with the files of `target/site` inside.
pub(crate) fn release(workspace: &Workspace) -> Build {
    let arguments = ["build", "-p", "server", "--release", "--features", "embedded-site"];
    Build { what: "the server", command: workspace.cargo(&arguments) }
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
