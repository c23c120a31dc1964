//! The Python environments of the clients that are written in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::tool;
use crate::workspace::Workspace;

/// Returns the file that lists the packages of an environment.
pub(super) fn listed(folder: &Path, requirements: &str) -> PathBuf {
    folder.join("python").join(format!("{requirements}.txt"))
}

/// Returns the Python of an environment with the packages that `requirements` lists. Creates the environment when it
/// is missing or older than the list.
pub(super) fn environment(workspace: &Workspace, folder: &Path, requirements: &str) -> Result<PathBuf> {
    let environment = workspace.target.join("clients").join(requirements);
    let python = environment.join("bin/python");
    let (list, installed) = (listed(folder, requirements), environment.join("installed.txt"));
    let wanted = fs::read_to_string(&list)?;
    if fs::read_to_string(&installed).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    println!("Installing {requirements} into target/clients");
    if environment.exists() {
        fs::remove_dir_all(&environment)?;
    }
    let make = || tool::output(Command::new("python3").args(["-m", "venv"]).arg(&environment));
    if let Err(error) = make() {
        // Debian has `venv` in a package of its own.
        tool::install_debians(&["python3-venv"])?;
        make().with_context(|| {
            format!(
                "the clients in Python need Python 3.11 or newer with venv; install it and start again ({error:#})"
            )
        })?;
    }
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "-r"])
        .arg(&list);
    if !tool::run_streaming(&mut pip)?.0.success() {
        bail!("pip could not install {requirements}; see its message above");
    }
    fs::write(installed, wanted)?;
    Ok(python)
}
