//! `cargo xtask watch`: builds on each change, restarts the server, and has the browser reload.
//!
//! The page learns of a new build by a script of its own, `/reload.js`, which compares `/build.txt` each second. Both
//! are in the site that this command assembles and in no other; the page's content security policy allows them,
//! because they come from its own origin.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::mpsc::channel;
use std::time::Duration;

use anyhow::{Context, Result};
use notify::event::ModifyKind;
use notify::{Event, EventKind, RecursiveMode, Watcher, recommended_watcher};

use crate::bundle::Profile;
use crate::step::Steps;
use crate::workspace::Workspace;
use crate::{bundle, server, site, tool};

/// The folders whose changes count.
const WATCHED: [&str; 3] = ["src", "style", "public"];

/// How long no further change must come before a build.
const DEBOUNCE: Duration = Duration::from_millis(300);

/// Builds and starts the server with `arguments`, and does so again on each change. Returns only with an error.
///
/// # Errors
/// When the folders cannot be watched.
pub(crate) fn run(arguments: &[OsString]) -> Result<()> {
    let workspace = Workspace::find()?;
    workspace.ensure_browser_target()?;
    let (sender, changes) = channel();
    let mut watcher = recommended_watcher(sender)?;
    for folder in WATCHED {
        let folder = workspace.root.join(folder);
        watcher
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
            let event = changes.recv().context("the folders are no longer watched")?;
            if let Some(path) = changed_source(event.as_ref().ok()) {
                let path = path.strip_prefix(&workspace.root).unwrap_or(path);
                println!("\n{} changed", path.display());
                break;
            }
        }
        // An editor writes several files, or one in several steps.
        while changes.recv_timeout(DEBOUNCE).is_ok() {}
    }
}

/// Returns the changed file of an event that asks for a build. A build itself reads files, which is an event as well,
/// and so is a change of a file's times.
fn changed_source(event: Option<&Event>) -> Option<&Path> {
    let is_change =
        |kind: &EventKind| !kind.is_access() && !matches!(kind, EventKind::Modify(ModifyKind::Metadata(_)));
    let event = event.filter(|event| is_change(&event.kind))?;
    event.paths.iter().map(PathBuf::as_path).find(|path| path.extension().is_none_or(|end| end != "md"))
}

fn build(workspace: &Workspace) -> Result<()> {
    let mut steps = Steps::of(2);
    steps.take("Compiling the page and the server", |step| {
        let builds = vec![bundle::compilation(workspace, Profile::Watch), server::compilation(workspace)];
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

#[cfg(test)]
mod tests {
    use notify::event::{AccessKind, CreateKind};

    use super::*;

    #[test]
    fn changes_ask_for_a_build_and_reads_and_documents_do_not() {
        let event = |kind, path: &str| Event::new(kind).add_path(PathBuf::from(path));
        let modified = EventKind::Modify(ModifyKind::Any);
        assert!(changed_source(Some(&event(modified, "style/base.css"))).is_some());
        assert!(
            changed_source(Some(&event(EventKind::Create(CreateKind::File), "src/app/src/a.rs"))).is_some()
        );
        assert!(
            changed_source(Some(&event(EventKind::Access(AccessKind::Any), "src/app/index.html"))).is_none()
        );
        assert!(changed_source(Some(&event(modified, "src/README.md"))).is_none());
        assert!(changed_source(None).is_none());
    }
}
