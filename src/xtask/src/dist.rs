//! `cargo xtask dist`: writes what is deployed into `target/dist`.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::bundle::{self, Profile};
use crate::folder::{empty, files_below};
use crate::site::{self, kilobytes};
use crate::step::Steps;
use crate::workspace::Workspace;
use crate::{hosting, server, tool};

/// The licences of the program and of what it has inside. They stand beside it, as they demand.
const LICENCES: [&str; 3] = ["LICENSE-APACHE", "LICENSE-MIT", "src/tenant/data/LICENSE-common-passwords"];

/// What operators put beside the program.
const PACKAGING: [&str; 2] =
    ["src/server/packaging/linked-accounts.service", "src/server/packaging/Containerfile"];

/// The shells for which completions are written, and the names of their files.
const COMPLETIONS: [(&str, &str); 3] =
    [("bash", "linked-accounts.bash"), ("fish", "linked-accounts.fish"), ("zsh", "_linked-accounts")];

/// Writes the static site, the release binary with that site embedded, their licences, and what operators need: manual pages,
/// completions, a unit for systemd, a container file, configurations of static hosts. With `is_static` the binary needs no libraries, as in a container.
///
/// # Errors
/// When a build fails or a file cannot be written. The folder of the previous run stays as it was then.
pub(crate) fn write(is_static: bool) -> Result<()> {
    let workspace = Workspace::find()?;
    workspace.ensure_browser_target()?;
    let (build, program) = if is_static {
        let (build, target) = server::static_release(&workspace)?;
        (build, workspace.target.join(target).join("packaged/linked-accounts"))
    } else {
        (server::release(&workspace), workspace.target.join("packaged/linked-accounts"))
    };
    let mut steps = Steps::of(4);
    steps.take("Compiling the page", |step| {
        tool::build(vec![bundle::compilation(&workspace, Profile::Small)], step)
    })?;
    let site = steps.take("Assembling the site", |_| site::assemble(&workspace, Profile::Small))?;
    site.check_budget()?;
    steps.take("Compiling the server with the site inside", |step| tool::build(vec![build], step))?;
    let folder = workspace.root.join("target/dist");
    let binary = folder.join("linked-accounts");
    steps.take("Copying", |_| {
        let fresh = folder.with_extension("new");
        empty(&fresh)?;
        for from in files_below(&workspace.site())? {
            let to = fresh.join("site").join(from.strip_prefix(workspace.site())?);
            fs::create_dir_all(to.parent().context("a file of the site has no folder")?)?;
            fs::copy(&from, &to)?;
        }
        fs::copy(&program, fresh.join("linked-accounts"))?;
        for file in LICENCES.iter().chain(&PACKAGING).map(Path::new) {
            let name = file.file_name().context("a file has no name")?;
            fs::copy(workspace.root.join(file), fresh.join(name))?;
        }
        hosting::write(&workspace.root, &workspace.site(), &fresh.join("hosting"))?;
        // The folder of the image that belongs to its user.
        fs::create_dir_all(fresh.join("data"))?;
        describe(&program, &fresh)?;
        empty(&folder)?;
        Ok(fs::rename(&fresh, &folder)?)
    })?;
    let bytes = usize::try_from(fs::metadata(&binary)?.len())?;
    println!(
        "\n{}\n\nStatic site: {}\nConfigurations of hosts for it: {}\nServer with the site inside: {} ({})",
        site.table(),
        folder.join("site").display(),
        folder.join("hosting").display(),
        binary.display(),
        kilobytes(bytes)
    );
    Ok(())
}

/// Writes the manual pages and the completions, as the program prints them.
fn describe(program: &Path, folder: &Path) -> Result<()> {
    tool::output(Command::new(program).arg("man").arg(folder.join("man")))?;
    fs::create_dir_all(folder.join("completions"))?;
    for (shell, file) in COMPLETIONS {
        let script = tool::output(Command::new(program).args(["completions", shell]))?;
        fs::write(folder.join("completions").join(file), script)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_licence_in_the_repository_is_given_with_the_program() {
        let root = Workspace::find().unwrap().root;
        let mut found: Vec<_> = files_below(&root.join("src")).unwrap();
        found.extend(fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path()));
        found.retain(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("LICEN")));
        let mut given = LICENCES.map(|licence| root.join(licence));
        found.sort();
        given.sort();
        assert_eq!(found, given);
    }
}
