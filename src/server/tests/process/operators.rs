//! The operators' commands, as they are run: against the demo tenant, and what they print.

mod commands;
mod faulty_proxy;
#[cfg(unix)]
mod many;

use std::path::Path;
use std::process::{Command, Output};

use crate::{MACHINE, MACHINE_SECRET, Server, program_as};

/// What a command printed, and how it ended.
struct Ran {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

/// Returns an operator's command for `server`, run in `folder`.
fn operator(folder: &Path, server: &Server, task: &str, arguments: &[&str]) -> Command {
    operator_at(folder, &server.base, task, arguments)
}

/// The same, for a tenant at any address.
fn operator_at(folder: &Path, domain: &str, task: &str, arguments: &[&str]) -> Command {
    let mut command = program_as(folder, task, arguments);
    command.env("LINKED_ACCOUNTS_MANAGEMENT_DOMAIN", domain);
    command.env("LINKED_ACCOUNTS_MANAGEMENT_CLIENT_ID", MACHINE);
    command.env("LINKED_ACCOUNTS_MANAGEMENT_CLIENT_SECRET", MACHINE_SECRET);
    command
}

/// Runs a command to its end. The port of the server, which is another one in each run, is written as PORT.
fn ran(mut command: Command, server: &Server) -> Ran {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let port = server.base.rsplit(':').next().unwrap().to_owned();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().replace(&port, "PORT");
    Ran { code: status.code(), stdout: text(stdout), stderr: text(stderr) }
}

impl Ran {
    /// What a person sees: the output, the notices, the exit code unless it is 0.
    fn shown(&self) -> String {
        let code = match self.code {
            Some(0) => String::new(),
            code => format!("exit code {}\n", code.unwrap()),
        };
        format!("{}{}{code}", self.stdout, self.stderr)
    }
}
