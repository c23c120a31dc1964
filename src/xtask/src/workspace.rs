//! Where things are, and the Rust parts that must be there before anything is built.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::tool;

/// The target that browsers run.
pub(crate) const BROWSER_TARGET: &str = "wasm32-unknown-unknown";

/// The folders of this checkout.
pub(crate) struct Workspace {
    /// The folder with the workspace's `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Cargo's output folder, which a person may have moved.
    pub(crate) target: PathBuf,
}

impl Workspace {
    /// Asks cargo for the folders.
    ///
    /// # Errors
    /// When cargo cannot be run, or its answer names no folder.
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

    /// The built site, where the server and `include_dir!` look for it.
    pub(crate) fn site(&self) -> PathBuf {
        self.root.join("target/site")
    }

    /// The server's binary for development.
    pub(crate) fn server(&self) -> PathBuf {
        self.target.join("debug/linked-accounts")
    }

    /// A cargo call from the root of the workspace.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        self.command("cargo", arguments)
    }

    /// The cargo call that compiles one program for development. It chooses the features of dependencies as the tests
    /// of the whole workspace do (`--package` alone would choose fewer), so that both use one compilation of them.
    pub(crate) fn program(&self, name: &str) -> Command {
        self.cargo(&["build", "--workspace", "--bin", name])
    }

    /// A call of `program` from the root of the workspace.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&self.root);
        command
    }

    /// Makes sure that the standard library for the browser target is there; says so when it adds it.
    ///
    /// # Errors
    /// When it is missing and rustup is not there or refuses, with what to do.
    pub(crate) fn ensure_browser_target(&self) -> Result<()> {
        let libraries = tool::output(
            &mut self.command("rustc", &["--print", "target-libdir", "--target", BROWSER_TARGET]),
        )?;
        if PathBuf::from(libraries.trim()).is_dir() {
            return Ok(());
        }
        self.rustup(&["target", "add", BROWSER_TARGET])
    }

    /// Makes sure that rustfmt and clippy are there; says so when it adds one.
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
            bail!("`{call}` failed; its message stands above. Check the network, then start again");
        }
        Ok(())
    }
}
