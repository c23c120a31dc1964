//! The server that the tests of one client use.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::tool;
use crate::workspace::Workspace;

/// The number of ports among which the one of an application is chosen, from 10000 on.
const CANDIDATES: usize = 20_000;

/// A running server with the tenant of the clients. It is stopped when it is dropped.
pub(super) struct Tenant {
    process: Child,
    pub(super) origin: String,
    /// The origin at which an application may listen: the tenant file names it as a callback.
    pub(super) web: String,
    pub(super) authority: PathBuf,
    pub(super) log: PathBuf,
}

impl Tenant {
    /// Starts the server on a free port, with a new database and a new local authority in `folder`, which is emptied.
    /// `index` tells tenants apart that run at the same time.
    ///
    /// # Errors
    /// When the server does not start, with its log.
    pub(super) fn start(workspace: &Workspace, clients: &Path, folder: &Path, index: usize) -> Result<Self> {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        fs::create_dir_all(folder)?;
        let web = format!("http://localhost:{}", port_of_application(index)?);
        let (authority, log) = (folder.join("tls"), folder.join("log.txt"));
        let mut command = Command::new(workspace.server());
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("LINKED_ACCOUNTS_") {
                command.env_remove(name);
            }
        }
        command.current_dir(folder).args(["serve", "--listen", "127.0.0.1:0", "--tls-self-signed"]);
        command.arg(&authority).arg("--tenant").arg(clients.join("tenant.yaml"));
        command.arg("--users").arg(clients.join("users.json")).arg("--site").arg(workspace.site());
        command
            .env("WEB_ORIGIN", &web)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(fs::File::create(&log)?);
        let mut process = command.spawn().context("the server could not be started")?;
        let greeting = process.stdout.take().context("the server has no standard output")?;
        let mut tenant =
            Self { process, origin: String::new(), web, authority: authority.join("authority.pem"), log };
        for line in BufReader::new(greeting).lines() {
            if let Some(origin) = line?.strip_prefix("Listening on ") {
                origin.clone_into(&mut tenant.origin);
                return Ok(tenant);
            }
        }
        bail!("the server did not start: {}", fs::read_to_string(&tenant.log)?);
    }
}

impl Drop for Tenant {
    fn drop(&mut self) {
        tool::end(&mut self.process);
    }
}

/// Returns a port on which nobody listens. It is below those that the system chooses for connections, so that it stays
/// free until the application listens.
fn port_of_application(index: usize) -> Result<u16> {
    let first = std::process::id() as usize * 64 + index;
    let ports = (0..CANDIDATES).map(|step| 10_000 + (first + step * 64) % CANDIDATES);
    ports
        .filter_map(|port| u16::try_from(port).ok())
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .context("there is no free port for an application")
}
