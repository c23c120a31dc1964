//! The tests in the engines that people have besides Chromium's: Firefox, and WebKit.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::browser;
use crate::counts::Counts;
use crate::tool;
use crate::workspace::Workspace;

/// Debian's packages of both engines, and of a display that nobody sees for the one that needs one.
const DEBIANS: [&str; 3] = ["firefox-esr", "webkit2gtk-driver", "xvfb"];

/// The folder below which Debian has WebKit's browser.
const LIBRARIES: &str = "/usr/lib";

/// Installs what is missing and runs the tests in both engines: in Playwright's own builds where they are, else in those
/// of the system.
///
/// # Errors
/// When Node.js, the npm packages or an engine are missing and cannot be installed, with what to do.
pub(crate) fn tests(workspace: &Workspace) -> Result<Counts> {
    let folder = workspace.root.join("end2end");
    browser::ensure_packages(&folder, "the browser tests")?;
    let has_playwrights = |engine| browser::playwrights(&folder, engine).is_ok_and(|path| path.is_file());
    let mut variables: Vec<(&str, PathBuf)> = Vec::new();
    let is_missing = || {
        !has_playwrights("firefox") && firefox().is_none() || !has_playwrights("webkit") && webkit().is_none()
    };
    if is_missing() {
        tool::install_debians(&DEBIANS)?;
    }
    if is_missing() {
        bail!(
            "Firefox or WebKit is missing; run `npx playwright install firefox webkit` in end2end, or install {}",
            DEBIANS.join(", ")
        );
    }
    if let Some(firefox) = firefox().filter(|_| !has_playwrights("firefox")) {
        println!("Testing in {}", firefox.display());
        variables.push(("LINKED_ACCOUNTS_FIREFOX", firefox));
    }
    if let Some((driver, program)) = webkit().filter(|_| !has_playwrights("webkit")) {
        println!("Testing in {}", program.display());
        variables.extend([("LINKED_ACCOUNTS_WEBKIT_DRIVER", driver), ("LINKED_ACCOUNTS_WEBKIT", program)]);
    }
    let report = workspace.target.join("engines.json");
    if report.exists() {
        fs::remove_file(&report)?;
    }
    let mut playwright = browser::node(
        &folder,
        &[browser::PLAYWRIGHT, "test", "--config=engines.config.ts", "--reporter=list,json"],
    );
    playwright
        .envs(variables)
        .env("LINKED_ACCOUNTS_SERVER", workspace.server())
        .env("PLAYWRIGHT_JSON_OUTPUT_FILE", &report);
    let (status, _) = tool::run_streaming(&mut playwright)?;
    let report = fs::read_to_string(&report).context("Playwright stopped before its tests; see above")?;
    Ok(Counts::of_playwright(&report)?.with_status(status.success()))
}

/// Returns the system's Firefox.
fn firefox() -> Option<PathBuf> {
    browser::of_the_system(&["firefox-esr", "firefox"])
}

/// Returns the system's driver of WebKit, and the browser that it drives.
fn webkit() -> Option<(PathBuf, PathBuf)> {
    // Neither says its version.
    let driver = browser::on_path("WebKitWebDriver").into_iter().next()?;
    browser::on_path("Xvfb").first()?;
    let mini_browsers = fs::read_dir(LIBRARIES).ok()?.flatten().flat_map(|machine| {
        let folders = fs::read_dir(machine.path()).into_iter().flatten().flatten();
        folders.filter(|folder| folder.file_name().to_string_lossy().starts_with("webkit2gtk-4"))
    });
    let program =
        mini_browsers.map(|folder| folder.path().join("MiniBrowser")).find(|path| Path::is_file(path))?;
    Some((driver, program))
}
