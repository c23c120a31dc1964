//! The folders of the workspace, and the parts of Rust that a build needs.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::tool;

/// The compilation target of the page.
pub(crate) const BROWSER_TARGET: &str = "wasm32-unknown-unknown";

/// The folders of this checkout.
pub(crate) struct Workspace {
    /// The folder with the workspace's `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Cargo's output folder, which may be configured to be elsewhere.
    pub(crate) target: PathBuf,
}

impl Workspace {
    /// Finds the folders through `cargo metadata`.
    ///
    /// # Errors
    /// When cargo cannot be run, or its output names no folder.
    pub(crate) fn find() -> Result<Self> {
        let mut command = Command::new("cargo");
        command
            .args(["metadata", "--no-deps", "--format-version", "1"])
            .current_dir(env!("CARGO_MANIFEST_DIR"));
        let metadata: Value = serde_json::from_str(&tool::output(&mut command)?)?;
        let folder = |key: &str| {
            metadata[key]
                .as_str()
                .map(PathBuf::from)
                .with_context(|| format!("cargo metadata names no {key}"))
        };
        Ok(Self { root: folder("workspace_root")?, target: folder("target_directory")? })
    }

    /// The folder of the built site, which the server reads, and its build script.
    pub(crate) fn site(&self) -> PathBuf {
        self.root.join("target/site")
    }

    /// The server's binary for development.
    pub(crate) fn server(&self) -> PathBuf {
        self.target.join("debug/linked-accounts")
    }

    /// A cargo command in the root of the workspace.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        self.command("cargo", arguments)
    }

    /// The cargo command that compiles one program for development. It chooses the features of dependencies as the tests
    /// of the whole workspace do (`--package` alone would choose fewer), so that both use one compilation of them.
    pub(crate) fn program(&self, name: &str) -> Command {
        self.cargo(&["build", "--workspace", "--bin", name])
    }

    /// A command of `program` in the root of the workspace.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&self.root);
        command
    }

    /// Installs the standard library of the browser target if it is missing, and prints that it does.
    ///
    /// # Errors
    /// When it is missing and rustup is missing or fails, with what to do.
    pub(crate) fn ensure_browser_target(&self) -> Result<()> {
        self.ensure_target(BROWSER_TARGET)
    }

    /// Installs Rust's libraries for a target if they are missing, and prints that it does.
    ///
    /// # Errors
    /// As [`Workspace::ensure_browser_target`].
    pub(crate) fn ensure_target(&self, target: &str) -> Result<()> {
        let libraries =
            tool::output(&mut self.command("rustc", &["--print", "target-libdir", "--target", target]))?;
        if PathBuf::from(libraries.trim()).is_dir() {
            return Ok(());
        }
        self.rustup(&["target", "add", target])
    }

    /// Installs a component such as rustfmt if it is missing, and prints that it does.
    ///
    /// # Errors
    /// As [`Workspace::ensure_browser_target`].
    pub(crate) fn ensure_component(&self, component: &str, subcommand: &str) -> Result<()> {
        if tool::output(&mut self.cargo(&[subcommand, "--version"])).is_ok() {
            return Ok(());
        }
        self.rustup(&["component", "add", component])
    }

    fn rustup(&self, arguments: &[&str]) -> Result<()> {
        let call = format!("rustup {}", arguments.join(" "));
        println!("{} is missing here: running `{call}`", arguments.last().unwrap_or(&"a part of Rust"));
        if tool::output(&mut self.command("rustup", &["--version"])).is_err() {
            bail!(
                "rustup was not found, so `{call}` cannot be run; add this part of Rust the way \
                 your Rust was installed, or install rustup (https://rustup.rs), then start again"
            );
        }
        let status = self.command("rustup", arguments).status().context("rustup could not be started")?;
        if !status.success() {
            bail!("`{call}` failed; see its message above. Check the network, then start again");
        }
        Ok(())
    }
}
