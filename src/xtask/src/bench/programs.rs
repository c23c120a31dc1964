//! What the benchmarks run: our release server, and the peers in Rust and JavaScript.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};

use super::running::Running;
use crate::bundle::{self, Profile};
use crate::site;
use crate::step::Steps;
use crate::tool::{self, Build};
use crate::workspace::Workspace;
use crate::{browser, server};

/// The longest time for a peer to listen; better-auth hashes the passwords of its people before.
const START_LIMIT: Duration = Duration::from_mins(5);

/// The programs that are built.
pub(super) struct Programs {
    /// Our server.
    pub(super) server: PathBuf,
    release: PathBuf,
    /// The folder of the peers in JavaScript.
    pub(super) scripts: PathBuf,
}

/// Builds the server with the page inside, and the peers in Rust.
///
/// # Errors
/// When something does not compile.
pub(super) fn build(workspace: &Workspace, with_page: bool) -> Result<()> {
    let is_site_there = workspace.site().join("index.html").is_file();
    let mut peers = workspace.cargo(&["build", "--release", "-p", "server", "-p", "peers"]);
    peers.args(["--features", "server/embedded-site"]);
    let builds = vec![Build { what: "the server and the peers", command: peers }];
    if with_page || !is_site_there {
        workspace.ensure_browser_target()?;
        let mut steps = Steps::of(3);
        steps.take("Compiling the page", |step| {
            tool::build(vec![bundle::compilation(workspace, Profile::Small)], step)
        })?;
        steps.take("Assembling the site", |_| site::assemble(workspace, Profile::Small))?;
        steps.take("Compiling the server and the peers", |step| tool::build(builds, step))?;
    } else {
        Steps::of(1).take("Compiling the server and the peers", |step| tool::build(builds, step))?;
    }
    Ok(())
}

impl Programs {
    /// The programs where [`build`] puts them.
    pub(super) fn of(workspace: &Workspace) -> Self {
        let release = workspace.target.join("release");
        Self { server: release.join(server::NAME), release, scripts: workspace.root.join("end2end/peers") }
    }

    /// A command of a peer in Rust.
    pub(super) fn peer(&self, name: &str) -> Command {
        Command::new(self.release.join(name))
    }

    /// Starts a peer in Rust on a port of its own, which is its first argument.
    ///
    /// # Errors
    /// When it does not listen.
    pub(super) fn start_peer(&self, name: &str, folder: &Path) -> Result<Running> {
        let port = tool::free_port()?;
        let mut command = self.peer(name);
        command.arg(port.to_string());
        Running::start(command, port, &folder.join(format!("{name}.log")), START_LIMIT)
    }

    /// Starts a peer in JavaScript on a port of its own, which is its first argument. Installs what is missing.
    ///
    /// # Errors
    /// When it does not listen.
    pub(super) fn start_script(&self, name: &str, folder: &Path, arguments: &[&str]) -> Result<Running> {
        self.ensure_packages()?;
        let port = tool::free_port()?;
        let mut command = browser::node(&self.scripts, &[&format!("{name}.js"), &port.to_string()]);
        command.args(arguments);
        Running::start(command, port, &folder.join(format!("{name}.log")), START_LIMIT)
    }

    /// Installs the npm packages of the peers, and compiles the database of one.
    ///
    /// # Errors
    /// When npm fails.
    pub(super) fn ensure_packages(&self) -> Result<()> {
        browser::ensure_packages(&self.scripts, "the peers")?;
        let compiled = "node_modules/better-sqlite3/build/Release/better_sqlite3.node";
        if !self.scripts.join(compiled).is_file() {
            println!("Compiling SQLite for better-auth: `npm rebuild better-sqlite3`");
            let mut rebuild = Command::new("npm");
            rebuild.args(["rebuild", "better-sqlite3"]).current_dir(&self.scripts);
            if !tool::run_streaming(&mut rebuild)?.0.success() {
                bail!("`npm rebuild better-sqlite3` failed; see its message above");
            }
        }
        Ok(())
    }
}
