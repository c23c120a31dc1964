//! `cargo xtask watch`: builds on each change, restarts the server, and has the browser reload.
//!
//! The page learns of a new build by a script of its own, `/reload.js`, which compares `/build.txt` each second. Both
//! are in the site that this command assembles and in no other; the page's content security policy allows them,
//! because they come from its own origin.

use std::ffi::OsString;
use std::process::{Child, Command};
use std::sync::mpsc::channel;
use std::time::Duration;

use anyhow::{Context, Result};
use notify_debouncer_mini::new_debouncer;
use notify_debouncer_mini::notify::RecursiveMode;

use crate::site::Profile;
use crate::step::Steps;
use crate::workspace::Workspace;
use crate::{server, site, tool};

/// The folders whose changes count.
const WATCHED: [&str; 3] = ["src", "style", "public"];

/// How long to collect changes before a build.
const DEBOUNCE: Duration = Duration::from_millis(300);

/// Builds and starts the server with `arguments`, and does so again on each change. Returns only with an error.
///
/// # Errors
/// When the folders cannot be watched.
pub(crate) fn run(arguments: &[OsString]) -> Result<()> {
    let workspace = Workspace::find()?;
    workspace.ensure_browser_target()?;
    let (sender, changes) = channel();
    let mut watcher = new_debouncer(DEBOUNCE, sender)?;
    for folder in WATCHED {
        let folder = workspace.root.join(folder);
        watcher
            .watcher()
            .watch(&folder, RecursiveMode::Recursive)
            .with_context(|| format!("{} cannot be watched", folder.display()))?;
    }
    let mut running = None;
    loop {
        match build(&workspace) {
            Ok(()) => {
                drop(running.take());
                running = Some(Running::start(&workspace, arguments)?);
            }
            Err(error) => eprintln!("error: {error:#}\nThe last version goes on. Waiting for a change …"),
        }
        loop {
            let events = changes.recv().context("the folders are no longer watched")?;
            let paths = events.map(|events| events.into_iter().map(|event| event.path).collect::<Vec<_>>());
            let counts = paths.iter().flatten().find(|path| path.extension().is_none_or(|end| end != "md"));
            if let Some(path) = counts {
                let path = path.strip_prefix(&workspace.root).unwrap_or(path);
                println!("\n{} changed", path.display());
                break;
            }
        }
        // What changed in the meantime is in the same build.
        while changes.try_recv().is_ok() {}
    }
}

fn build(workspace: &Workspace) -> Result<()> {
    let mut steps = Steps::of(2);
    steps.take("Compiling the page and the server", |step| {
        let builds = vec![site::compilation(workspace, Profile::Watch), server::compilation(workspace)];
        tool::build(builds, step)
    })?;
    steps.take("Assembling the site", |_| site::assemble(workspace, Profile::Watch)).map(|_| ())
}

/// The server of the last build. It ends when it is dropped: what it has acknowledged is on disk.
struct Running(Child);

impl Running {
    fn start(workspace: &Workspace, arguments: &[OsString]) -> Result<Self> {
        let program = workspace.server();
        let mut command = Command::new(&program);
        command.arg("serve").arg("--site").arg(Profile::Watch.site(workspace)).args(arguments);
        command.spawn().map(Self).with_context(|| format!("{} could not be started", program.display()))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        tool::end(&mut self.0);
    }
}
